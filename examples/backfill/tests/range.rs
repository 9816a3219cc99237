//! Which returns belong to a range.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ams_loop_bridge::Policy;
use loop_client::ReturnsFilter;
use loop_client::sandbox::NewLine;

use super::world::{DAY, World, all, at, range, two_units};
use crate::args::Wanted;

#[tokio::test]
async fn the_begin_belongs_to_it_and_the_end_does_not() {
    let world = World::new().await;
    // At midnight of the 2nd to the 6th of June.
    let returns = world.submit(5);
    world.time.pass(DAY);
    world.set_state(returns[0], "review");
    world.time.pass(DAY);
    let changed = Wanted::Range {
        by: ReturnsFilter::UpdatedAt,
        from: at("2026-06-06"),
        to: Some(at("2026-06-07T00:00:02Z")),
    };
    for (wanted, expected) in [
        (
            range("2026-06-03", Some("2026-06-05")),
            &[1usize, 2] as &[usize],
        ),
        (range("2026-06-05T00:00:01Z", None), &[4]),
        (range("2026-06-06T00:00:01Z", None), &[]),
        // A window of Loop's is at most 120 days long.
        (range("2025-01-01", Some("2026-06-02T00:00:01Z")), &[0]),
        (changed, &[0, 4]),
    ] {
        let mut job = world.job(wanted.clone(), Policy::default());
        job.dry_run = true;
        let text = job.run().await.unwrap().text;
        let told: Vec<&str> = text
            .lines()
            .filter_map(|it| it.strip_prefix("would "))
            .collect();
        let made = |at: &usize| format!("make RMA {}", returns[*at]);
        let mut expected: Vec<String> = expected.iter().map(made).collect();
        if expected.is_empty() {
            expected.push("do nothing".to_owned());
        }
        assert_eq!(told, expected, "{wanted:?}");
    }
}

#[tokio::test]
async fn a_return_that_moves_while_the_list_is_read_is_found() {
    let world = World::new().await;
    let returns = world.submit(3);
    world.set_state(returns[1], "review");
    let mut job = world.job(all(), Policy::default());
    // When the open ones were read, and those in review not yet, it is on none of the pages.
    let sandbox = world.sandbox.clone();
    let (pages, id) = (AtomicUsize::new(0), returns[1].get());
    job.stop = Box::new(move || {
        if pages.fetch_add(1, Ordering::Relaxed) == 1 {
            assert!(sandbox.set_state(id, "open"));
        }
        false
    });
    assert_eq!(job.run().await.unwrap().problem, None);
    assert!(world.rma(returns[1]).await.is_some());
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_told_of() {
    let world = World::new().await;
    let returns = world.submit(2);
    world.submit_one(two_units().field("id", "a secret"));
    let unreadable = world.submit_one(two_units().field("line_items", "a secret"));
    world.time.pass(Duration::from_secs(1));
    let report = world.job(all(), Policy::default()).run().await.unwrap();
    let text = report.text;
    assert!(report.problem.unwrap().starts_with("1 of 3 returns failed"));
    assert!(text.contains("unreadable: "), "{text}");
    assert!(text.contains(&format!("failed {unreadable}: ")), "{text}");
    assert!(!text.contains("a secret"), "{text}");
    assert!(world.rma(returns[1]).await.is_some(), "it stops no other");
}

#[tokio::test]
async fn what_the_warehouse_knows_is_looked_at_although_none_is_owed() {
    let world = World::new().await;
    let returns = world.submit(2);
    world.backfill(all(), Policy::default()).await;
    for id in &returns {
        world.set_state(*id, "cancelled");
    }
    let kept = world.submit_one(two_units());
    world.set_state(kept, "cancelled");
    let only_kept = two_units().line(NewLine::new("MUG").outcome("keep"));
    let some_kept = world.submit_one(only_kept);
    world.time.pass(Duration::from_secs(1));
    // The ledger got lost, the warehouse still has the RMAs.
    let world = World {
        ledger: ams_loop_bridge::ledger::MemoryLedger::new(),
        ..world
    };
    let text = world.backfill(all(), Policy::default()).await;
    for id in returns {
        assert!(world.entry(id).await.is_some(), "{text}");
    }
    assert!(!text.contains("besides"), "they are of the range: {text}");
    assert_eq!(world.entry(kept).await, None);
    assert_eq!(world.rma(some_kept).await.unwrap().lines.len(), 2);
}
