//! The whole flow between a stand-in for Loop and an OMS, where the story is not simply "sent
//! back and received": what the quickstart does not play.

use std::num::NonZeroU32;
use std::time::Duration;

use ams_loop_bridge::ledger::{Ledger as _, MemoryLedger, Outcome};
use ams_loop_bridge::{Bridge, NotOwed, Policy, ProcessRecord, Reason};
use ams_oms_client::{
    Condition, ItemRef, MemoryOms, MerchantId, Oms as _, ReceiptId, ReceivedUnits, RmaKey,
    RmaState, Warehouse as _, WarehouseWork,
};
use loop_client::sandbox::{NewLine, NewReturn, Processing, ReturnTruth, Sandbox};
use loop_client::webhook::{WebhookVerifier, sign};
use loop_client::{ApiKey, Client, DestinationId, RetryPolicy, Timestamp};

struct World {
    sandbox: Sandbox,
    oms: MemoryOms,
    ledger: MemoryLedger,
    bridge: Bridge,
}

impl World {
    async fn new(policy: Policy) -> Self {
        Self::with(Sandbox::builder().start().await.expect("a sandbox"), policy)
    }

    fn with(sandbox: Sandbox, policy: Policy) -> Self {
        let client = Client::builder(ApiKey::new(sandbox.api_key()).expect("a key"))
            .base_url(sandbox.base_url())
            .retry(RetryPolicy::never())
            .build()
            .expect("a client");
        let (oms, ledger) = (MemoryOms::new(), MemoryLedger::new());
        let bridge = Bridge::new(merchant(), client, oms.clone(), ledger.clone())
            .with_policy(policy)
            .expect("a policy")
            .with_webhooks(WebhookVerifier::new([sandbox.webhook_secret()]).expect("a secret"));
        Self {
            sandbox,
            oms,
            ledger,
            bridge,
        }
    }

    async fn pull_and_settle(&self) {
        self.pull_and_settle_at(now()).await;
    }

    async fn pull_and_settle_at(&self, at: Timestamp) {
        self.bridge.pull(at).await.expect("a pull");
        let report = self.bridge.settle(at).await.expect("a settlement");
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        self.sandbox.webhooks_delivered().await;
    }

    async fn receive(&self, id: u64, sku: &str, condition: Condition) {
        let units = vec![ReceivedUnits::new(
            ItemRef::Sku(sku.into()),
            condition,
            NonZeroU32::MIN,
        )];
        let receipt_id = ReceiptId::new(format!("{id}-{sku}")).expect("an id");
        self.work(id, WarehouseWork::Receive { receipt_id, units })
            .await;
    }

    async fn work(&self, id: u64, work: WarehouseWork) {
        self.oms.apply(&key(id), work).await.expect("work");
    }

    async fn webhook(&self, body: &str) -> u16 {
        let signature = sign(self.sandbox.webhook_secret().as_bytes(), body.as_bytes());
        self.bridge
            .accept_webhook([signature.as_bytes()], body.as_bytes(), now())
            .await
            .status()
    }

    fn truth(&self, id: u64) -> ReturnTruth {
        self.sandbox
            .truth()
            .into_iter()
            .find(|it| it.id == id)
            .expect("a return")
    }

    async fn rma_state(&self, id: u64) -> Option<RmaState> {
        self.oms
            .get_rma(&key(id))
            .await
            .expect("an answer")
            .map(|rma| rma.state)
    }

    async fn ending(&self, id: u64) -> (Option<Outcome>, Option<Reason>) {
        let entry = self
            .ledger
            .load(&key(id))
            .await
            .expect("an answer")
            .expect("an entry");
        (
            entry.settlement.map(|it| it.outcome),
            entry.decision.map(|it| it.reason),
        )
    }

    fn requests(&self) -> usize {
        self.sandbox
            .calls()
            .iter()
            .filter(|call| call.method == "POST")
            .count()
    }
}

fn merchant() -> MerchantId {
    "acme".parse().expect("a merchant")
}

fn key(id: u64) -> RmaKey {
    RmaKey::new(merchant(), id.to_string().parse().expect("a number"))
}

fn now() -> Timestamp {
    Timestamp::now()
}

fn two_units() -> NewReturn {
    NewReturn::new("#1001")
        .outcome("refund")
        .line(NewLine::new("TEE"))
        .line(NewLine::new("CAP"))
}

#[tokio::test]
async fn returns_without_goods_for_this_warehouse_get_no_rma_and_are_closed_with_the_reason() {
    let here = DestinationId::new(7).expect("not zero");
    let mut policy = Policy::processing();
    policy.destinations.insert(here);
    let world = World::new(policy).await;
    let line = || NewLine::new("TEE");
    let to = |id| NewReturn::new("#1001").destination_id(id);
    let cases = [
        (
            to(8).line(line()),
            Some(NotOwed::OtherDestination(
                DestinationId::new(8).expect("id"),
            )),
        ),
        (
            to(7).line(line().outcome("keep")),
            Some(NotOwed::NothingShipsBack),
        ),
        (to(7), Some(NotOwed::NothingShipsBack)),
        (
            to(7).line(line()).return_method("loop-pos"),
            Some(NotOwed::InStore),
        ),
        (to(7).line(line()), None),
    ];
    let cases = cases.map(|(new, why)| (world.sandbox.create_return(new), why));
    world.pull_and_settle().await;
    for (id, why) in cases {
        let rma = world.rma_state(id).await;
        match why {
            None => assert_eq!(rma, Some(RmaState::Announced), "{id}"),
            Some(why) => {
                assert_eq!(rma, None, "{id}");
                let ending = (Some(Outcome::Closed), Some(Reason::NotOwed(why)));
                assert_eq!(world.ending(id).await, ending, "{id}");
            }
        }
        assert_eq!(world.truth(id).process_requests, 0, "{id}");
    }
}

#[tokio::test]
async fn a_webhook_that_does_not_name_the_destination_makes_the_bridge_ask() {
    let mut policy = Policy::processing();
    policy
        .destinations
        .insert(DestinationId::new(7).expect("not zero"));
    let world = World::new(policy).await;
    for (destination, expected) in [(7, Some(RmaState::Announced)), (8, None)] {
        let id = world
            .sandbox
            .create_return(two_units().destination_id(destination));
        let body = format!(
            r#"{{"topic":"return","trigger":"return.created","id":"{id}","state":"open",
                "line_items":[{{"line_item_id":"1","sku":"TEE"}}]}}"#
        );
        assert_eq!(world.webhook(&body).await, 200);
        assert_eq!(
            world.rma_state(id).await,
            None,
            "the webhook alone does not say"
        );
        world.bridge.settle(now()).await.expect("a settlement");
        assert_eq!(
            world.rma_state(id).await,
            expected,
            "destination {destination}"
        );
    }
}

#[tokio::test]
async fn a_change_in_loop_is_carried_to_the_rma_while_nothing_has_arrived() {
    let world = World::new(Policy::processing()).await;
    let (edited, cancelled) = (
        world.sandbox.create_return(two_units()),
        world.sandbox.create_return(two_units()),
    );
    world.pull_and_settle().await;
    let removed = world.truth(edited).line_item_ids[1];
    assert!(world.sandbox.remove_line(edited, removed));
    assert!(world.sandbox.set_state(cancelled, "cancelled"));
    world.pull_and_settle().await;

    let rma = world
        .oms
        .get_rma(&key(edited))
        .await
        .expect("an answer")
        .expect("an RMA");
    assert_eq!(rma.lines.len(), 1, "the removed line is expected no more");
    assert_eq!(world.rma_state(cancelled).await, Some(RmaState::Cancelled));

    world.receive(edited, "TEE", Condition::Available).await;
    world.pull_and_settle().await;
    world.pull_and_settle().await;
    assert_eq!(world.truth(edited).refunds, 1);
    assert_eq!(world.truth(cancelled).process_requests, 0);
}

#[tokio::test]
async fn goods_for_a_return_that_loop_has_given_up_are_a_persons_business() {
    for state in ["cancelled", "expired", "review", "something-new"] {
        let world = World::new(Policy::processing()).await;
        let id = world.sandbox.create_return(two_units());
        world.pull_and_settle().await;
        world.receive(id, "TEE", Condition::Available).await;
        world.sandbox.set_state(id, state);
        world.receive(id, "CAP", Condition::Available).await;
        world.pull_and_settle().await;
        world.pull_and_settle().await;
        assert_eq!(
            world.ending(id).await.0,
            Some(Outcome::Escalated),
            "{state}"
        );
        assert_eq!(world.truth(id).process_requests, 0, "{state}");
        assert!(!world.truth(id).flagged, "{state}");
        assert!(
            world.truth(id).notes.len() <= 1,
            "{state}: {:?}",
            world.truth(id).notes
        );
    }
}

#[tokio::test]
async fn with_refunds_off_good_goods_are_left_to_the_merchant_until_they_are_switched_on() {
    let world = World::new(Policy::default()).await;
    let (good, bad) = (
        world.sandbox.create_return(two_units()),
        world.sandbox.create_return(two_units()),
    );
    world.pull_and_settle().await;
    for id in [good, bad] {
        world.receive(id, "TEE", Condition::Available).await;
    }
    world.receive(good, "CAP", Condition::Available).await;
    world.receive(bad, "CAP", Condition::Damaged).await;
    world.pull_and_settle().await;
    assert_eq!(world.truth(good).process_requests, 0);
    assert_eq!(
        world.ending(good).await,
        (Some(Outcome::Closed), Some(Reason::ProcessingDisabled))
    );
    assert!(world.truth(bad).flagged, "flagging does not depend on it");

    let World {
        sandbox,
        oms,
        ledger,
        bridge,
    } = world;
    let bridge = bridge.with_policy(Policy::processing()).expect("a policy");
    let world = World {
        sandbox,
        oms,
        ledger,
        bridge,
    };
    world.pull_and_settle().await;
    world.pull_and_settle().await;
    assert_eq!(world.truth(good).refunds, 1);
    assert_eq!(world.truth(bad).refunds, 0);
}

#[tokio::test]
async fn a_settled_world_is_left_alone() {
    let world = World::new(Policy::processing()).await;
    for (condition, copies) in [(Condition::Available, 3), (Condition::Damaged, 3)] {
        for _ in 0..copies {
            let id = world.sandbox.create_return(two_units());
            world.pull_and_settle().await;
            world.receive(id, "TEE", condition).await;
            world.receive(id, "CAP", Condition::Available).await;
        }
    }
    for _ in 0..3 {
        world.pull_and_settle().await;
    }
    let before = world.requests();
    for hours in 1..4 {
        world
            .pull_and_settle_at(now().plus(Duration::from_secs(hours * 3600)))
            .await;
    }
    assert_eq!(world.requests(), before, "nothing more was sent");
}

#[tokio::test]
async fn a_failure_reported_late_or_twice_never_leads_to_a_second_process_call() {
    let sandbox = Sandbox::builder()
        .processing(Processing::Held)
        .start()
        .await
        .expect("a sandbox");
    let world = World::with(sandbox, Policy::processing());
    let id = world.sandbox.create_return(two_units());
    world.pull_and_settle().await;
    world.receive(id, "TEE", Condition::Available).await;
    world.receive(id, "CAP", Condition::Available).await;
    world.pull_and_settle().await;
    assert_eq!(world.truth(id).process_accepted, 1);
    assert!(world.sandbox.fail_processing(id, "card expired"));
    let failure = format!(
        r#"{{"topic":"return.processing","trigger":"return.processing.failed","return_id":{id},
            "return_state":"open","message":"card expired","source":"warehouse"}}"#
    );
    for _ in 0..3 {
        assert_eq!(world.webhook(&failure).await, 200);
        world.pull_and_settle().await;
    }
    let entry = world
        .ledger
        .load(&key(id))
        .await
        .expect("an answer")
        .expect("an entry");
    assert_eq!(entry.process, ProcessRecord::Failed);
    let truth = world.truth(id);
    assert_eq!(
        (truth.process_requests, truth.flagged, truth.notes.len()),
        (1, true, 1)
    );
}

#[tokio::test]
async fn a_return_found_only_in_the_asn_report_gets_its_rma_from_its_details() {
    let mut policy = Policy::processing();
    policy.pull.returns_list = false;
    let world = World::new(policy).await;
    let kept = NewLine::new("MUG").outcome("keep");
    let id = world.sandbox.create_return(two_units().line(kept));
    let report = world.bridge.pull(now()).await.expect("a pull");
    assert_eq!(
        (report.asn_rows, report.new.as_slice()),
        (3, &[key(id)][..])
    );
    world.bridge.settle(now()).await.expect("a settlement");
    let rma = world
        .oms
        .get_rma(&key(id))
        .await
        .expect("an answer")
        .expect("an RMA");
    assert_eq!(
        rma.lines.len(),
        2,
        "the report does not say that one unit is kept"
    );
}

#[tokio::test]
async fn a_return_that_cannot_be_read_waits_in_the_ledger_and_blocks_no_other() {
    let world = World::new(Policy::processing()).await;
    let odd = two_units()
        .field("upsell", "$5")
        .field("labels", serde_json::json!({}));
    let broken = two_units().field("line_items", "what is this");
    let [odd, broken, fine] =
        [odd, broken, two_units()].map(|new| world.sandbox.create_return(new));
    let report = world.bridge.pull(now()).await.expect("a pull");
    assert_eq!(report.unreadable.len(), 1, "{:?}", report.unreadable);
    world.bridge.settle(now()).await.expect("a settlement");
    // What only informs must not cost the return.
    for id in [odd, fine] {
        assert_eq!(world.rma_state(id).await, Some(RmaState::Announced), "{id}");
    }
    let entry = world
        .ledger
        .load(&key(broken))
        .await
        .expect("an answer")
        .expect("an entry");
    let waiting_for = entry.waiting_for.expect("it waits");
    assert!(waiting_for.contains("line_items"), "{waiting_for}");
    assert!(!waiting_for.contains("what is this"), "{waiting_for}");
    assert!(entry.look_at.is_some(), "it is looked at again");
}
