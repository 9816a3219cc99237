//! Every sentence of the AMS article that says what the integration does, in the order of the
//! article, each as a test named after it: between a stand-in for Loop, whose webhooks arrive over
//! HTTP, and an OMS.

use std::net::Ipv4Addr;
use std::num::NonZeroU32;

use ams_loop_bridge::ledger::{Ledger as _, Outcome, SqliteLedger};
use ams_loop_bridge::{Bridge, Policy, Reason};
use ams_oms_client::{
    Condition, ItemRef, MerchantId, Oms as _, ReceiptId, ReceivedUnits, RmaKey, RmaSnapshot,
    RmaState, SqliteOms, Warehouse as _, WarehouseWork,
};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;
use loop_client::sandbox::{NewLine, NewReturn, ReturnTruth, Sandbox, SandboxBuilder};
use loop_client::webhook::{Topic, Trigger, WebhookVerifier};
use loop_client::{ApiKey, Client, Timestamp};
use tempfile::TempDir;

/// One merchant's instance: their Loop account, their bridge, and the warehouse's OMS.
struct Instance {
    sandbox: Sandbox,
    client: Client,
    merchant: MerchantId,
    oms: SqliteOms,
    ledger: SqliteLedger,
    bridge: Bridge,
    _folder: TempDir,
}

/// Where Loop's webhooks arrive.
async fn accept(State(bridge): State<Bridge>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signatures = headers
        .get_all(WebhookVerifier::HEADER)
        .iter()
        .map(HeaderValue::as_bytes);
    let reply = bridge.accept_webhook(signatures, &body, now()).await;
    StatusCode::from_u16(reply.status()).unwrap()
}

impl Instance {
    async fn new(policy: Policy) -> Self {
        Self::with(Sandbox::builder(), policy).await
    }

    async fn with(sandbox: SandboxBuilder, policy: Policy) -> Self {
        let folder = TempDir::new().unwrap();
        let oms = SqliteOms::open(folder.path().join("oms")).await.unwrap();
        Self::of("acme", sandbox, policy, oms, folder).await
    }

    async fn of(
        merchant: &str,
        sandbox: SandboxBuilder,
        policy: Policy,
        oms: SqliteOms,
        folder: TempDir,
    ) -> Self {
        let sandbox = sandbox.start().await.unwrap();
        let merchant: MerchantId = merchant.parse().unwrap();
        let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
            .base_url(sandbox.base_url())
            .build()
            .unwrap();
        let ledger = SqliteLedger::open(folder.path().join("ledger"))
            .await
            .unwrap();
        let bridge = Bridge::new(
            merchant.clone(),
            client.clone(),
            oms.clone(),
            ledger.clone(),
        )
        .with_policy(policy)
        .unwrap()
        .with_webhooks(WebhookVerifier::new([sandbox.webhook_secret()]).unwrap());
        Self {
            sandbox,
            client,
            merchant,
            oms,
            ledger,
            bridge,
            _folder: folder,
        }
    }

    /// Asks Loop for webhooks, as the setup does once.
    async fn subscribe(&self) {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let url = format!(
            "http://{}/webhooks/loop/acme",
            listener.local_addr().unwrap()
        );
        let app = axum::Router::new()
            .route("/webhooks/loop/acme", post(accept))
            .with_state(self.bridge.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        for trigger in [Trigger::ReturnCreated, Trigger::ReturnClosed] {
            self.client
                .webhooks()
                .create(&Topic::Return, &trigger, &url)
                .await
                .unwrap();
        }
    }

    /// A shopper submits a return in the merchant's portal.
    async fn submit(&self, new: NewReturn) -> u64 {
        let id = self.sandbox.create_return(new);
        self.sandbox.webhooks_delivered().await;
        id
    }

    fn key(&self, id: u64) -> RmaKey {
        RmaKey::new(self.merchant.clone(), id.to_string().parse().unwrap())
    }

    async fn rma(&self, id: u64) -> Option<RmaSnapshot> {
        self.oms.get_rma(&self.key(id)).await.unwrap()
    }

    async fn work(&self, id: u64, work: WarehouseWork) {
        self.oms.apply(&self.key(id), work).await.unwrap();
    }

    async fn receive(&self, id: u64, sku: &str, condition: Condition) {
        let units = vec![ReceivedUnits::new(
            ItemRef::Sku(sku.to_owned()),
            condition,
            NonZeroU32::MIN,
        )];
        let receipt_id = ReceiptId::new(format!("{id}-{sku}")).unwrap();
        self.work(id, WarehouseWork::Receive { receipt_id, units })
            .await;
    }

    /// The recurring jobs, as often as it takes.
    async fn run(&self) {
        for _ in 0..3 {
            self.bridge.pull(now()).await.unwrap();
            let report = self.bridge.settle(now()).await.unwrap();
            assert!(report.failures.is_empty(), "{:?}", report.failures);
            self.sandbox.webhooks_delivered().await;
        }
    }

    /// What Loop did about the return.
    fn truth(&self, id: u64) -> ReturnTruth {
        let mut all = self.sandbox.truth().into_iter();
        all.find(|truth| truth.id == id).unwrap()
    }

    async fn outcome(&self, id: u64) -> Option<Outcome> {
        let entry = self.ledger.load(&self.key(id)).await.unwrap().unwrap();
        entry.settlement.map(|settlement| settlement.outcome)
    }

    /// Messages to Loop that do something, by the last part of their path.
    fn messages(&self, id: u64) -> Vec<String> {
        let calls = self.sandbox.calls().into_iter();
        calls
            .filter(|call| call.method == "POST" && call.return_id == Some(id))
            .filter_map(|call| call.path.rsplit('/').next().map(str::to_owned))
            .collect()
    }
}

fn now() -> Timestamp {
    Timestamp::now()
}

fn tee_and_cap(outcome: &str) -> NewReturn {
    NewReturn::new("#1001")
        .outcome(outcome)
        .line(NewLine::new("TEE"))
        .line(NewLine::new("CAP"))
}

/// Pulls come without webhooks and webhooks without pulls; here are webhooks.
async fn with_webhooks(policy: Policy) -> Instance {
    let instance = Instance::new(policy).await;
    instance.subscribe().await;
    instance
}

#[tokio::test]
async fn the_integration_is_two_way_and_creates_return_records_when_a_return_is_initiated_in_loop()
{
    let ams = with_webhooks(Policy::processing()).await;
    let id = ams.submit(tee_and_cap("refund")).await;
    // One way.
    let rma = ams.rma(id).await.expect("a return record");
    assert_eq!((rma.state, rma.lines.len()), (RmaState::Announced, 2));
    // And the other.
    ams.receive(id, "TEE", Condition::Available).await;
    ams.receive(id, "CAP", Condition::Available).await;
    ams.run().await;
    assert_eq!(ams.truth(id).refunds, 1);
}

#[tokio::test]
async fn when_the_rma_is_complete_the_refund_message_or_flag_is_sent_back_to_loop() {
    let ams = with_webhooks(Policy::processing()).await;
    let good = ams.submit(tee_and_cap("refund")).await;
    let bad = ams.submit(tee_and_cap("refund")).await;
    ams.receive(good, "TEE", Condition::Available).await;
    ams.receive(bad, "TEE", Condition::Damaged).await;
    ams.run().await;
    for id in [good, bad] {
        assert_eq!(ams.messages(id), [""; 0], "the RMA is not complete");
    }
    ams.receive(good, "CAP", Condition::Available).await;
    ams.receive(bad, "CAP", Condition::Available).await;
    ams.run().await;
    assert_eq!(ams.messages(good), ["process"]);
    assert_eq!(ams.messages(bad), ["note", "flag"]);
}

#[tokio::test]
async fn it_pulls_asn_data_on_a_recurring_basis_using_it_to_create_rmas() {
    let mut policy = Policy::processing();
    policy.pull.returns_list = false;
    // No webhook ever comes.
    let ams = Instance::new(policy).await;
    let mut known = Vec::new();
    for _ in 0..3 {
        known.push(ams.submit(tee_and_cap("refund")).await);
        ams.run().await;
        for id in &known {
            assert!(ams.rma(*id).await.is_some(), "{id}");
        }
    }
    let asn = |path: &str| path.contains("/warehouse/reporting/asn");
    let asked = ams
        .sandbox
        .calls()
        .iter()
        .filter(|call| asn(&call.path))
        .count();
    assert_eq!(asked, 9, "once per pull");
    assert_eq!(
        ams.oms
            .list_open(&ams.merchant, None, NonZeroU32::MAX)
            .await
            .unwrap()
            .len(),
        3
    );
}

/// "Development for each instance": each merchant has an account, a key and settings of their own,
/// in front of one OMS.
#[tokio::test]
async fn each_merchant_is_an_instance_of_its_own() {
    let folder = TempDir::new().unwrap();
    let oms = SqliteOms::open(folder.path().join("oms")).await.unwrap();
    let instance = async |merchant, policy| {
        let sandbox = Sandbox::builder()
            .api_key(format!("key-of-{merchant}"))
            .webhook_secret(format!("secret-of-{merchant}"))
            .first_return_id(99_904_598);
        let folder = TempDir::new().unwrap();
        let instance = Instance::of(merchant, sandbox, policy, oms.clone(), folder).await;
        instance.subscribe().await;
        instance
    };
    let acme = instance("acme", Policy::processing()).await;
    let brandt = instance("brandt", Policy::default()).await;
    for ams in [&acme, &brandt] {
        let id = ams.submit(tee_and_cap("refund")).await;
        assert_eq!(id, 99_904_598, "the same number in both accounts");
        ams.receive(id, "TEE", Condition::Available).await;
    }
    acme.receive(99_904_598, "CAP", Condition::Available).await;
    brandt.receive(99_904_598, "CAP", Condition::Damaged).await;
    acme.run().await;
    brandt.run().await;
    assert_eq!(acme.messages(99_904_598), ["process"]);
    assert_eq!(brandt.messages(99_904_598), ["note", "flag"]);
}

#[tokio::test]
async fn a_customer_initiates_a_return_or_exchange_in_the_merchants_portal() {
    let ams = with_webhooks(Policy::processing()).await;
    for outcome in ["refund", "exchange", "credit", "exchange+refund"] {
        let id = ams.submit(tee_and_cap(outcome)).await;
        assert!(ams.rma(id).await.is_some(), "{outcome}");
        ams.receive(id, "TEE", Condition::Available).await;
        ams.receive(id, "CAP", Condition::Available).await;
        ams.run().await;
        assert_eq!(ams.messages(id), ["process"], "{outcome}");
        assert_eq!(ams.truth(id).refunds, 1, "{outcome}");
    }
}

#[tokio::test]
async fn return_created_triggers_a_webhook_that_is_used_to_automatically_create_the_rma() {
    let ams = with_webhooks(Policy::processing()).await;
    let id = ams.submit(tee_and_cap("refund")).await;
    assert!(ams.rma(id).await.is_some(), "without any other job");
    let delivery = &ams.sandbox.deliveries()[0];
    assert_eq!(
        (delivery.topic.as_str(), delivery.trigger.as_str()),
        ("return", "return.created")
    );
    assert!(delivery.succeeded());
    assert!(
        !ams.sandbox
            .calls()
            .iter()
            .any(|call| call.path.contains("/warehouse/")),
        "and without a call to Loop"
    );
}

#[tokio::test]
async fn the_rma_number_corresponds_to_the_loop_rma_id_in_the_url_not_to_the_rma_name() {
    let ams = with_webhooks(Policy::processing()).await;
    // Names that look like numbers, the order's among them.
    let new = NewReturn::new("#55555")
        .outcome("refund")
        .line(NewLine::new("TEE"))
        .field("package_reference", "66666")
        .field("order_number", "77777");
    let id = ams.submit(new).await;
    let open = ams
        .oms
        .list_open(&ams.merchant, None, NonZeroU32::MAX)
        .await
        .unwrap();
    let numbers: Vec<u64> = open.iter().map(|number| number.get()).collect();
    assert_eq!(numbers, [id]);
}

#[tokio::test]
async fn for_example_rma_99904598_is_admin_loopreturns_com_returns_99904598() {
    let sandbox = Sandbox::builder().first_return_id(99_904_598);
    let ams = Instance::with(sandbox, Policy::processing()).await;
    ams.subscribe().await;
    ams.submit(tee_and_cap("refund")).await;
    let open = ams
        .oms
        .list_open(&ams.merchant, None, NonZeroU32::MAX)
        .await
        .unwrap();
    let page = format!("https://admin.loopreturns.com/returns/{}", open[0]);
    assert_eq!(page, "https://admin.loopreturns.com/returns/99904598");
    assert_eq!(open[0].to_string(), "99904598");
}

#[tokio::test]
async fn when_enabled_the_refund_is_processed_when_all_items_are_received_into_available_status() {
    for (policy, second, processed) in [
        (Policy::processing(), Some(Condition::Available), true),
        (Policy::processing(), Some(Condition::Damaged), false),
        (Policy::processing(), Some(Condition::Held), false),
        (Policy::processing(), None, false),
        (Policy::default(), Some(Condition::Available), false),
    ] {
        let enabled = policy.process_returns;
        let ams = with_webhooks(policy).await;
        let id = ams.submit(tee_and_cap("refund")).await;
        ams.receive(id, "TEE", Condition::Available).await;
        if let Some(condition) = second {
            ams.receive(id, "CAP", condition).await;
        }
        ams.run().await;
        let truth = ams.truth(id);
        let what = format!("{enabled} {second:?}");
        assert_eq!(truth.process_requests, u32::from(processed), "{what}");
        assert_eq!(truth.refunds, u32::from(processed), "{what}");
        if processed {
            assert_eq!(truth.state, "closed", "{what}");
            assert_eq!(ams.outcome(id).await, Some(Outcome::Processed), "{what}");
        }
        if !enabled {
            let entry = ams.ledger.load(&ams.key(id)).await.unwrap().unwrap();
            let reason = entry.decision.map(|decision| decision.reason);
            assert_eq!(reason, Some(Reason::ProcessingDisabled));
            assert!(!truth.flagged);
        }
    }
}

#[tokio::test]
async fn a_flag_is_sent_if_items_are_received_as_damaged_or_are_missing_from_the_rma() {
    let damaged = "CAP: 0 of 1 available, 1 damaged";
    let missing = "CAP: 0 of 1 available, 1 missing";
    for (policy, second, said) in [
        (Policy::processing(), Some(Condition::Damaged), damaged),
        (Policy::processing(), None, missing),
        // Enabling refunds has nothing to do with it.
        (Policy::default(), Some(Condition::Damaged), damaged),
        (Policy::default(), None, missing),
    ] {
        let ams = with_webhooks(policy).await;
        let id = ams.submit(tee_and_cap("refund")).await;
        ams.receive(id, "TEE", Condition::Available).await;
        if let Some(condition) = second {
            ams.receive(id, "CAP", condition).await;
        }
        ams.work(id, WarehouseWork::Close).await;
        ams.run().await;
        assert_eq!(
            ams.messages(id),
            ["note", "flag"],
            "the reason, then once the flag"
        );
        let truth = ams.truth(id);
        assert_eq!((truth.flagged, truth.refunds), (true, 0));
        let [note] = &truth.notes[..] else {
            panic!("{:?}", truth.notes)
        };
        let line = truth.line_item_ids[1];
        assert!(note.contains(&format!("line {line} {said}")), "{note}");
        assert_eq!(ams.outcome(id).await, Some(Outcome::Flagged));
    }
}

#[tokio::test]
async fn loop_is_periodically_asked_whether_asns_are_available_and_if_they_are_they_are_pulled() {
    let ams = with_webhooks(Policy::processing()).await;
    ams.run().await;
    let report = ams.bridge.pull(now()).await.unwrap();
    assert_eq!(
        (report.asn_rows, report.new.len()),
        (0, 0),
        "there are none"
    );
    // Webhooks get lost.
    let id = ams.sandbox.create_return(tee_and_cap("refund"));
    ams.sandbox.lose_webhooks_of(id);
    ams.sandbox.webhooks_delivered().await;
    let report = ams.bridge.pull(now()).await.unwrap();
    assert_eq!(report.asn_rows, 2, "a row per unit");
    ams.run().await;
    assert!(ams.rma(id).await.is_some());
}

/// The ASN report, the reads and the actions are all under *Return*; no call needs the others.
#[tokio::test]
async fn the_key_needs_no_scopes_but_cart_return_order_and_report() {
    let sandbox = Sandbox::builder().scopes(["carts", "returns", "orders", "reports"]);
    let ams = Instance::with(sandbox, Policy::processing()).await;
    let (good, bad) = (
        ams.submit(tee_and_cap("refund")).await,
        ams.submit(tee_and_cap("exchange")).await,
    );
    ams.run().await;
    for (id, condition) in [(good, Condition::Available), (bad, Condition::Damaged)] {
        ams.receive(id, "TEE", Condition::Available).await;
        ams.receive(id, "CAP", condition).await;
    }
    ams.run().await;
    assert_eq!((ams.truth(good).refunds, ams.truth(bad).flagged), (1, true));
    assert!(ams.sandbox.calls().iter().all(|call| call.status != 401));
}
