//! What a return costs in calls to Loop, by counting them.

use ams_oms_client::Condition;
use loop_client::Call;

use crate::DAY;
use crate::common::{HOUR, MINUTE, at};
use crate::world::World;

/// Calls that are one return's own, and calls of lists that all share.
fn calls(world: &World, ids: std::ops::RangeInclusive<u64>) -> (usize, usize) {
    let own = [
        Call::ReturnDetails,
        Call::Process,
        Call::Flag,
        Call::ListNotes,
        Call::CreateNote,
    ];
    let mut own_calls = 0;
    for id in ids {
        own_calls += own
            .map(|call| world.api.count(call, id))
            .iter()
            .sum::<usize>();
    }
    (own_calls, world.api.pages())
}

/// Webhooks make the RMAs, the warehouse receives, and pulls run as ever. The evidence for all
/// comes with one page, and so does the confirmation.
#[tokio::test]
async fn a_clean_return_costs_one_call_and_its_share_of_two_pages() {
    const RETURNS: u64 = 500;
    let world = World::memory();
    world.api.shop(|shop| shop.page_size = 750);
    for id in 1..=RETURNS {
        world.announce(id, 0).await;
    }
    // As it is while goods are on their way, it costs nothing of its own, whatever the carrier
    // says.
    for id in 1..=RETURNS {
        let label = serde_json::json!({"topic": "label", "id": id});
        assert_eq!(world.hook(&label, MINUTE).await, 200);
    }
    for now in [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, HOUR] {
        world.pass(now).await;
    }
    assert_eq!(calls(&world, 1..=RETURNS).0, 0);
    for id in 1..=RETURNS {
        world.receive(id, Condition::Available).await;
    }
    let (_, before) = calls(&world, 1..=RETURNS);
    world.settle(DAY).await;
    let (own, pages) = calls(&world, 1..=RETURNS);
    assert_eq!((own, pages - before), (500, 1), "process calls, and a page");
    // Its webhook comes first, as it does, and the pull confirms.
    for id in 1..=RETURNS {
        world.hook(&world.return_webhook(id), DAY + MINUTE).await;
    }
    for now in [2 * MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, DAY] {
        world.pass(DAY + now).await;
    }
    let (own, _) = calls(&world, 1..=RETURNS);
    assert_eq!(own, 500, "nothing but the process calls");
    for id in 1..=RETURNS {
        assert!(world.entry(id).await.settlement.is_some(), "{id}");
    }
}

#[tokio::test]
async fn a_flagged_return_costs_a_note_and_a_flag() {
    let world = World::memory();
    world.api.shop(|shop| shop.page_size = 750);
    for id in 1..=20 {
        world.announce(id, 0).await;
    }
    for id in 1..=20 {
        world.receive(id, Condition::Damaged).await;
    }
    for now in [MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, DAY] {
        world.pass(now).await;
    }
    let made = world.api.shop(|shop| shop.calls.clone());
    assert_eq!(calls(&world, 1..=20).0, 40, "{made:?}");
}

/// A few at once are asked for one by one: that is fewer calls than reading the list.
#[tokio::test]
async fn a_return_by_itself_costs_a_look_at_its_details_besides() {
    let world = World::memory();
    world.announce(1, 0).await;
    world.receive(1, Condition::Available).await;
    for now in [MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, DAY] {
        world.pass(now).await;
    }
    assert_eq!(calls(&world, 1..=1).0, 2);
}

/// The disk is waited for twice: what the row shows is written with the claim, and what follows
/// from it.
#[tokio::test]
async fn a_pull_that_confirms_writes_a_return_down_twice() {
    let world = World::memory();
    world.announce(1, 0).await;
    world.receive(1, Condition::Available).await;
    world.settle(MINUTE).await;
    let before = world.entry(1).await;
    world.clock(2 * MINUTE);
    world.bridge().pull(at(2 * MINUTE)).await.unwrap();
    let after = world.entry(1).await;
    assert!(before.settlement.is_none() && after.settlement.is_some());
    assert_eq!(after.revision - before.revision, 2);
    // The same row again is no news.
    world.bridge().pull(at(3 * MINUTE)).await.unwrap();
    assert_eq!(world.entry(1).await, after);
}
