//! The examples that Loop's documentation prints, read where they lie.

use std::path::Path;

use loop_client::webhook::{Event, Trigger};
use loop_client::{ReturnState, Subscription};
use serde_json::Value;

/// A kind of files and the check of what one means.
type Row = (&'static str, fn(&[u8]));

/// How the files of a kind are named, and what one must mean.
const KINDS: &[Row] = &[
    ("return-processing", |body| {
        let Event::ProcessingFailed(failed) = event(body) else {
            panic!()
        };
        assert_eq!(failed.return_id.get(), 1673);
        assert_eq!(failed.return_state, Some(ReturnState::Open));
        assert_eq!(failed.source.as_deref(), Some("warehouse"));
    }),
    ("return", |body| {
        let Event::Return(event) = event(body) else {
            panic!()
        };
        let ret = event.data;
        assert_eq!(event.trigger, Some(Trigger::ReturnCreated));
        assert_eq!((ret.id.get(), ret.shop_id.unwrap().get()), (1673, 12345));
        assert_eq!(ret.state, Some(ReturnState::Open));
        assert_eq!(ret.created_at.unwrap().to_string(), "2023-05-01T12:00:00Z");
        assert_eq!(ret.address.unwrap().zip.unwrap().reveal(), "90210");
        assert_eq!(ret.refunds[0].amount.unwrap().cents(), Some(2000));
        assert_eq!(
            ret.labels[0].tracking_number.as_deref(),
            Some("123456789101112")
        );
        assert_eq!(ret.line_items, None, "the page is cut before them");
    }),
    ("label-request", |body| {
        let Event::LabelRequest(request) = event(body) else {
            panic!()
        };
        assert_eq!(request.id.as_str(), "5fc3126e-68c5-45f8-81b5-35e3d67027c2");
        assert_eq!(request.return_id.get(), 1001);
        assert_eq!(request.parcel.unwrap().width, Some(10.9));
        assert_eq!(
            request.products[0].price.as_ref().unwrap().amount,
            Some(100)
        );
    }),
    ("label", |body| {
        let Event::Label(label) = event(body) else {
            panic!()
        };
        assert_eq!(
            (label.return_id.get(), label.shop_id.unwrap().get()),
            (12345, 9876)
        );
        assert_eq!(label.order_id.unwrap().as_str(), "1234567890");
        assert_eq!(label.label_status.as_deref(), Some("in_transit"));
        assert_eq!(
            label.label_updated_at.unwrap().to_string(),
            "2019-04-01T12:00:00Z"
        );
    }),
    ("restock", |body| {
        let Event::Restock(restock) = event(body) else {
            panic!()
        };
        assert_eq!(restock.return_id.get(), 12345);
        let [item] = &restock.restock_items[..] else {
            panic!()
        };
        assert_eq!(item.variant_id.as_ref().unwrap().as_str(), "459875465");
        assert_eq!(item.available_adjustment, Some(1));
    }),
    ("giftcard", |body| {
        let Event::GiftCard(card) = event(body) else {
            panic!()
        };
        assert_eq!(card.return_id.unwrap().get(), 23456);
        assert_eq!(card.total_credit_issued.unwrap().cents(), Some(2350));
        assert_eq!(card.gift_card_bonus_credit.unwrap().cents(), Some(100));
    }),
    ("happy-returns-shipment", |body| {
        let Event::HappyReturnsShipment(shipment) = event(body) else {
            panic!()
        };
        assert_eq!(shipment.loop_shipment_id.get(), 123);
        assert_eq!(
            shipment.happy_returns_shipment_id.unwrap().as_str(),
            "67891"
        );
    }),
    ("webhook-subscription", |body| {
        let subscription: Subscription = serde_json::from_slice(body).unwrap();
        assert_eq!(
            (subscription.id.get(), subscription.shop_id.unwrap().get()),
            (12345, 65432)
        );
        assert_eq!(subscription.trigger, Trigger::ReturnCreated);
        assert_eq!(subscription.url, "https://example.com/webhook");
    }),
    // What errors mean depends on the call and the status: see `payloads::answers`.
    ("webhook-error", |body| {
        let error: Value = serde_json::from_slice(body).unwrap();
        assert!(error.get("error").is_some() || error.get("errors").is_some());
        assert!(Event::decode(body).is_err(), "an error is no event");
    }),
];

fn event(body: &[u8]) -> Event {
    Event::decode(body).unwrap()
}

#[test]
fn every_documented_sample_decodes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/loop-api/samples");
    if !folder.is_dir() {
        println!("SKIPPED: {} is not there", folder.display());
        return;
    }
    let mut read = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        println!("{name}");
        let kind = name.trim_end_matches(|c: char| c == '-' || c.is_ascii_digit());
        let (_, check) = KINDS
            .iter()
            .find(|(known, _)| *known == kind)
            .unwrap_or_else(|| panic!("{} is of no known kind", path.display()));
        check(&std::fs::read(&path).unwrap());
        read += 1;
    }
    assert!(read > 0, "{} is empty", folder.display());
}
