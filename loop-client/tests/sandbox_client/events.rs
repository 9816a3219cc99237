//! Webhooks on their whole way: subscribed by the client, sent by the sandbox, verified and
//! decoded by their topic.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use loop_client::sandbox::{NewLine, NewReturn, OnWebhook, WebhookFault};
use loop_client::webhook::{Event, SignatureError, Topic, Trigger, WebhookVerifier};
use loop_client::{Amount, ExternalId, Personal, ReturnId, ReturnState, SubscriptionStatus};

use crate::shop::{Shop, nobody, shirts};

/// Every trigger with the topic that is made for it, and one mixed pair.
const PAIRS: [(Topic, Trigger); 12] = [
    (Topic::Return, Trigger::ReturnCreated),
    (Topic::Return, Trigger::ReturnUpdated),
    (Topic::Return, Trigger::ReturnClosed),
    (Topic::Return, Trigger::LabelCreated),
    (Topic::Label, Trigger::LabelCreated),
    (Topic::Label, Trigger::LabelUpdated),
    (Topic::Restock, Trigger::RestockRequested),
    (Topic::GiftCard, Trigger::GiftCardRequested),
    (Topic::HappyReturnsShipment, Trigger::ShipmentProcessed),
    (Topic::LabelRequest, Trigger::LabelRequestIssued),
    (Topic::LabelRequest, Trigger::LabelRequestCancelled),
    (Topic::ReturnProcessing, Trigger::ProcessingFailed),
];

#[derive(Clone)]
struct Receiver {
    verifier: WebhookVerifier,
    events: Arc<Mutex<Vec<Event>>>,
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) {
    let signatures = headers.get_all(WebhookVerifier::HEADER).iter();
    let signatures: Vec<&[u8]> = signatures.map(http::HeaderValue::as_bytes).collect();
    let verified = receiver.verifier.verify(signatures.clone(), &body);
    verified.unwrap();
    let other = WebhookVerifier::new(["another secret"]).unwrap();
    let forged = other.verify(signatures, &body);
    assert_eq!(forged, Err(SignatureError::Mismatch));
    let event = Event::decode(&body).unwrap();
    receiver.events.lock().unwrap().push(event);
}

/// A shop whose every webhook comes to a receiver.
struct Subscribed {
    shop: Shop,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Subscribed {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let receiver = Receiver {
            verifier: WebhookVerifier::new([shop.sandbox.webhook_secret()]).unwrap(),
            events: Arc::default(),
        };
        let events = Arc::clone(&receiver.events);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(receiver);
        tokio::spawn(async move { axum::serve(listener, router).await });
        for (topic, trigger) in &PAIRS {
            let made = shop.client.webhooks().create(topic, trigger, &url).await;
            made.unwrap();
        }
        Self { shop, events }
    }

    /// What came since the last call. The sandbox counts a body that the receiver could not take.
    async fn received(&self) -> Vec<Event> {
        self.shop.sandbox.webhooks_delivered().await;
        let failed = self.shop.sandbox.deliveries();
        let failed: Vec<_> = failed.iter().filter(|it| !it.succeeded()).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    /// Makes everything happen that a webhook can tell of, and says to which return.
    async fn provoke(&self) -> ReturnId {
        let (shop, sandbox) = (&self.shop, &self.shop.sandbox);
        let new = NewReturn::new("#1001")
            .outcome("credit")
            .customer_email("shopper@example.com")
            .line(NewLine::new("SHIRT-S").price("78.00"));
        let id = shop.submit(new);
        shop.client.labels().generate(id).await.unwrap();
        assert!(sandbox.move_label(id.get(), "in_transit"));
        let request = sandbox.issue_label_request(id.get()).unwrap();
        assert!(sandbox.cancel_label_request(request));
        sandbox.record_shipment("HR-55", &[id.get()]);
        shop.client.returns().process(id).await.unwrap();
        assert!(sandbox.fail_processing(id.get(), "Out of stock."));
        shop.client.returns().process(id).await.unwrap();
        assert_eq!(sandbox.finish_processing(), 1);
        assert!(sandbox.request_restock(id.get()));
        assert!(sandbox.request_gift_card(id.get()));
        let nobody = nobody().get();
        assert!(!sandbox.request_restock(nobody) && !sandbox.request_gift_card(nobody));
        id
    }
}

fn trigger_of(event: &Event) -> Option<Trigger> {
    match event {
        Event::Return(event) => event.trigger.clone(),
        Event::Label(event) => event.trigger.clone(),
        Event::Restock(event) => event.trigger.clone(),
        Event::GiftCard(event) => event.trigger.clone(),
        Event::HappyReturnsShipment(event) => event.trigger.clone(),
        Event::LabelRequest(event) => event.trigger.clone(),
        Event::ProcessingFailed(event) => event.trigger.clone(),
        Event::Unknown(event) => event.trigger.clone(),
        _ => None,
    }
}

fn pairs_of(events: &[Event]) -> BTreeSet<(Topic, Option<Trigger>)> {
    let pair = |event: &Event| (event.topic(), trigger_of(event));
    events.iter().map(pair).collect()
}

fn all_pairs() -> BTreeSet<(Topic, Option<Trigger>)> {
    let pairs = PAIRS.into_iter();
    pairs
        .map(|(topic, trigger)| (topic, Some(trigger)))
        .collect()
}

#[tokio::test]
async fn every_topic_comes_signed_and_decodes_to_its_own_type() {
    let subscribed = Subscribed::new().await;
    let id = subscribed.provoke().await;
    let events = subscribed.received().await;
    assert_eq!(pairs_of(&events), all_pairs());
    for event in &events {
        assert_payload(&subscribed.shop, id, event);
    }
}

fn assert_payload(shop: &Shop, id: ReturnId, event: &Event) {
    let revealed = |text: &Option<Personal>| text.as_ref().map(|it| it.reveal().to_owned());
    match event {
        Event::Return(event) => {
            let found = &event.data;
            assert_eq!(found.id, id);
            assert_eq!(found.lines().len(), 1);
            assert_eq!(found.lines()[0].line_item_id, shop.lines(id)[0]);
            let state = match event.trigger {
                Some(Trigger::ReturnCreated | Trigger::LabelCreated) => ReturnState::Open,
                _ => ReturnState::Closed,
            };
            assert_eq!(found.state, Some(state), "{:?}", event.trigger);
            let has_label = event.trigger != Some(Trigger::ReturnCreated);
            assert_eq!(found.tracking_number.is_some(), has_label);
            let address = found.address.as_ref().unwrap();
            assert_eq!(revealed(&address.name).as_deref(), Some("Zoë Sandström"));
            assert_eq!(found.gift_card.and_then(Amount::cents), Some(7800));
        }
        Event::Label(label) => {
            assert_eq!(label.return_id, id);
            let status = match label.trigger {
                Some(Trigger::LabelCreated) => "new",
                _ => "in_transit",
            };
            assert_eq!(label.label_status.as_deref(), Some(status));
            assert_eq!(label.label_updated_at, Some(shop.now()));
            assert!(label.tracking_number.is_some() && label.shipment_id.is_some());
        }
        Event::Restock(restock) => {
            assert_eq!(restock.return_id, id);
            assert!(restock.order_id.is_some() && restock.provider_order_id.is_some());
            let [item] = &restock.restock_items[..] else {
                panic!("{restock:?}")
            };
            assert_eq!(item.available_adjustment, Some(1));
            assert_eq!(item.inventory_management.as_deref(), Some("shopify"));
            assert!(item.location_id.is_some() && item.variant_id.is_some());
            assert!(item.inventory_item_id.is_some());
        }
        Event::GiftCard(card) => {
            assert_eq!(card.return_id, Some(id));
            let credit = card.total_credit_issued.and_then(Amount::cents);
            assert_eq!(credit, Some(7800));
            assert_eq!(card.gift_card_subtotal, card.total_credit_issued);
            assert!(card.gift_card_bonus_credit.is_some_and(Amount::is_zero));
            assert!(card.gift_card_tax.is_some_and(Amount::is_zero));
            assert_eq!(
                revealed(&card.email).as_deref(),
                Some("shopper@example.com")
            );
            assert_eq!(card.external_order_name.as_deref(), Some("#1001"));
            assert_eq!(card.external_order_number.as_deref(), Some("1001"));
            assert!(card.id.is_some() && card.external_order_id.is_some());
            assert_eq!(card.currency.as_deref(), Some("USD"));
        }
        Event::HappyReturnsShipment(shipment) => {
            let name = shipment.happy_returns_shipment_id.as_ref();
            assert_eq!(name.map(ExternalId::as_str), Some("HR-55"));
        }
        Event::LabelRequest(request) => {
            assert_eq!(request.return_id, id);
            assert_eq!(request.created_at, Some(shop.now()));
            let addresses = request.addresses.as_ref().unwrap();
            let origin = addresses.origin.as_ref().unwrap();
            assert_eq!(revealed(&origin.state).as_deref(), Some("Illinois"));
            assert_eq!(revealed(&origin.zip).as_deref(), Some("62701"));
            assert_eq!(request.products.len(), 1);
            assert!(request.parcel.is_some());
        }
        Event::ProcessingFailed(failed) => {
            assert_eq!(failed.return_id, id);
            assert_eq!(failed.return_state, Some(ReturnState::Open));
            assert_eq!(revealed(&failed.message).as_deref(), Some("Out of stock."));
            assert_eq!(failed.source.as_deref(), Some("api"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_topic_decodes_with_fields_and_values_that_nobody_knows() {
    let subscribed = Subscribed::new().await;
    for fault in [WebhookFault::UnknownFields, WebhookFault::UnknownValues] {
        let any = OnWebhook::any();
        subscribed.shop.sandbox.disturb_webhooks(fault, any);
    }
    let id = subscribed.provoke().await;
    let events = subscribed.received().await;
    assert_eq!(pairs_of(&events), all_pairs());
    for event in &events {
        match event {
            Event::Return(event) => {
                assert_eq!(event.data.id, id);
                assert!(matches!(event.data.state, Some(ReturnState::Unknown(_))));
            }
            Event::ProcessingFailed(failed) => {
                assert!(matches!(failed.return_state, Some(ReturnState::Unknown(_))));
            }
            Event::Unknown(event) => panic!("{event:?}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn an_inactive_subscription_hears_nothing() {
    let subscribed = Subscribed::new().await;
    let webhooks = subscribed.shop.client.webhooks();
    let off = SubscriptionStatus::Inactive;
    for known in webhooks.list().await.unwrap() {
        let (topic, trigger) = (known.topic.unwrap(), known.trigger.unwrap());
        let updated = webhooks.update(known.id, &topic, &trigger, &known.url, &off);
        updated.await.unwrap();
    }
    subscribed.shop.submit(shirts());
    assert_eq!(subscribed.received().await, []);
}
