//! Webhooks of every topic but `return`, whose forms are in `forms`.

use loop_client::ReturnState;
use loop_client::webhook::{Event, Trigger};

use super::{assert_all_named, fixture};

const RETURN: &str = "41870233";
const ORDER: u64 = 6_120_447_893_021;

fn number(id: Option<&loop_client::ExternalId>) -> u64 {
    id.unwrap().number().unwrap()
}

fn cents(amount: Option<loop_client::Amount>) -> i64 {
    amount.unwrap().cents().unwrap()
}

/// A file and the check of its meaning.
type Row = (&'static str, fn(Event));

/// What each file means.
const WEBHOOKS: &[Row] = &[
    ("label.json", |event| {
        let Event::Label(label) = event else { panic!() };
        assert_eq!(label.return_id.to_string(), RETURN);
        assert_eq!(label.trigger, Some(Trigger::LabelUpdated));
        assert_eq!(label.label_status.as_deref(), Some("out_for_delivery"));
        assert_eq!(
            label.label_updated_at.unwrap().to_string(),
            "2026-03-12T06:20:05Z"
        );
        assert_eq!(number(label.shipment_id.as_ref()), 88_120_034);
    }),
    ("label-oldest.json", |event| {
        let Event::Label(label) = event else { panic!() };
        assert_eq!(label.return_id.to_string(), RETURN, "`return_id` for `id`");
        assert_eq!(
            label.label_updated_at.unwrap().to_string(),
            "2026-03-12T06:20:05Z"
        );
        assert_eq!((label.carrier, label.tracking_number), (None, None));
        assert_eq!((label.label_status, label.shop_id), (None, None));
        assert_eq!(number(label.provider_order_id.as_ref()), ORDER);
    }),
    ("restock.json", restock),
    ("restock-old.json", restock),
    ("giftcard.json", |event| {
        let Event::GiftCard(card) = event else {
            panic!()
        };
        assert_eq!(number(card.id.as_ref()), 990_017);
        assert_eq!(card.return_id.unwrap().to_string(), RETURN);
        assert_eq!(cents(card.total_credit_issued), 4400);
        assert_eq!(cents(card.gift_card_bonus_credit), 400);
        assert_eq!(card.external_order_number.as_deref(), Some("58213"));
    }),
    ("giftcard-out-of-stock.json", |event| {
        let Event::GiftCard(card) = event else {
            panic!()
        };
        assert_eq!((card.id, card.external_order_number), (None, None));
        assert_eq!(card.return_id.unwrap().to_string(), RETURN);
        assert_eq!(cents(card.total_credit_issued), 2400, "a number");
        assert_eq!(cents(card.gift_card_bonus_credit), 0, "the old name");
    }),
    ("happy-returns-shipment.json", |event| {
        let Event::HappyReturnsShipment(shipment) = event else {
            panic!()
        };
        assert_eq!(shipment.loop_shipment_id.get(), 7741);
        assert_eq!(
            shipment.happy_returns_shipment_id.unwrap().as_str(),
            "HR20077"
        );
    }),
    ("label-request-uuid.json", |event| {
        label_request(event, "b7e9d0c4-52f1-4d0e-a3c8-9f6a1b2c3d4e");
    }),
    ("label-request-number.json", |event| {
        label_request(event, "90417");
    }),
    ("return-processing.json", |event| {
        let Event::ProcessingFailed(failed) = event else {
            panic!()
        };
        assert_eq!(failed.return_id.to_string(), RETURN);
        assert_eq!(failed.return_state, Some(ReturnState::Review));
        assert_eq!(
            (failed.message, failed.source.as_deref()),
            (None, Some("api"))
        );
    }),
    ("unknown-topic.json", |event| {
        let Event::Unknown(unknown) = event else {
            panic!()
        };
        assert_eq!(unknown.topic.as_str(), "exchange.order");
        assert_eq!(unknown.trigger.unwrap().as_str(), "exchange.order.placed");
    }),
];

/// Numbers on the current page, text on the old one.
fn restock(event: Event) {
    let Event::Restock(restock) = event else {
        panic!()
    };
    assert_eq!(restock.return_id.to_string(), RETURN);
    assert_eq!(number(restock.provider_order_id.as_ref()), ORDER);
    let [item] = &restock.restock_items[..] else {
        panic!()
    };
    assert_eq!(item.available_adjustment, Some(2));
    assert_eq!(number(item.variant_id.as_ref()), 45_129_937_781_003);
    assert_eq!(item.inventory_management.as_deref(), Some("shopify"));
}

fn label_request(event: Event, id: &str) {
    let Event::LabelRequest(request) = event else {
        panic!()
    };
    assert_eq!(request.id.as_str(), id);
    assert_eq!(request.return_id.to_string(), RETURN);
    assert_eq!(request.parcel.unwrap().weight, Some(640.25));
    let addresses = request.addresses.unwrap();
    assert_eq!(
        addresses.destination.unwrap().zip.unwrap().reveal(),
        "89506"
    );
    assert_eq!(addresses.origin.unwrap().address2, None);
    let price = request.products[0].price.as_ref().unwrap();
    assert_eq!(
        (price.amount, price.currency.as_deref()),
        (Some(1850), Some("USD"))
    );
}

#[test]
fn every_topic_means_what_its_page_says() {
    for (file, check) in WEBHOOKS {
        println!("{file}"); // a failure shows it
        check(Event::decode(&fixture(&format!("webhooks/{file}"))).unwrap());
    }
    assert_all_named("webhooks", WEBHOOKS.iter().map(|row| row.0));
}
