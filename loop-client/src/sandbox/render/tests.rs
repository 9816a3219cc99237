use serde_json::{Map, Value, json};

use super::*;
use crate::sandbox::model::State;
use crate::sandbox::shopper::{NewLine, NewReturn};
use crate::sandbox::world::{Event, Settings, World};

fn at(seconds: i64) -> Moment {
    Moment::parse("2026-03-01 10:00:00").unwrap().plus(seconds)
}

fn world() -> World {
    let settings = Settings {
        flag_moves_to_review: true,
        allow_flagged_to_process: false,
    };
    World::new(settings, 100)
}

fn plain() -> NewReturn {
    NewReturn::new("#8078")
        .line(NewLine::new("").price("20.00"))
        .line(NewLine::new("B").price("5.50").title("Boot").variant("Red"))
}

fn rendered(order: NewReturn) -> (Value, Value, Value, Vec<Value>) {
    let mut world = world();
    let id = world.create(order, at(0));
    let event = world.take_events().pop().unwrap();
    let record = world.get(id).unwrap();
    (
        list_row(record, at(0)),
        details(record, at(0)),
        webhook("return", &event).unwrap(),
        asn_rows(record).collect(),
    )
}

#[test]
fn ids_are_text_on_the_list_and_numbers_on_details() {
    let (list, details, webhook, asn) = rendered(plain().destination_id(7));
    assert_eq!(list["id"], "100");
    assert_eq!(details["id"], 100);
    assert_eq!(webhook["id"], "100");
    assert_eq!(asn[0]["id"], 100);
    assert_eq!(asn[1]["id"], 100);
    for key in ["order_id", "provider_order_id", "order_number"] {
        assert!(list[key].is_string(), "{key}");
        assert!(details[key].is_u64(), "{key}");
        assert!(webhook[key].is_string(), "{key}");
    }
    for key in ["line_item_id", "provider_line_item_id", "variant_id"] {
        assert!(list["line_items"][0][key].is_string(), "{key}");
        assert!(details["line_items"][0][key].is_u64(), "{key}");
        assert!(webhook["line_items"][0][key].is_string(), "{key}");
    }
    assert_eq!(list["destination_id"], 7);
    assert_eq!(asn[0]["destination_id"], "7");
    assert_eq!(list["order_number"], "7078");
    assert_eq!(details["provider_order_number"], 8078);
}

#[test]
fn every_date_form_stands_where_the_reference_has_it() {
    let mut world = world();
    let id = world.create(plain(), at(0));
    let line = world.get(id).unwrap().lines[0].line_item_id;
    world.remove_line(id, line, at(1));
    world.set_state(id, State::Closed, at(2));
    let record = world.get(id).unwrap();
    let list = list_row(record, at(2));
    assert_eq!(list["created_at"], "2026-03-01T10:00:00+00:00");
    assert_eq!(list["edited_at"], "2026-03-01T10:00:01.000Z");
    assert_eq!(list["updated_at"], "2026-03-01T10:00:02+00:00");
    assert_eq!(list["line_items"][0]["returned_at"], "2026-03-01 10:00:00");
    let details = details(record, at(2));
    assert_eq!(details["created_at"], "2026-03-01 10:00:00");
    assert_eq!(details["edited_at"], "2026-03-01 10:00:01");
    assert_eq!(
        details["line_items"][0]["returned_at"],
        "2026-03-01T10:00:00.000Z"
    );
    let asn = asn_rows(record).next().unwrap();
    assert_eq!(asn["closed_at"], "2026-03-01T10:00:02Z");
}

#[test]
fn missing_values_take_three_forms() {
    let (list, details, webhook, asn) = rendered(plain());
    for key in [
        "carrier",
        "tracking_number",
        "label_status",
        "label_updated_at",
    ] {
        assert_eq!(list[key], "N/A", "{key}");
    }
    for key in [
        "customer",
        "destination_id",
        "return_method",
        "label_url",
        "edited_at",
    ] {
        assert_eq!(list[key], Value::Null, "{key}");
    }
    assert_eq!(list["line_items"][0]["sku"], "");
    assert_eq!(list["line_items"][0]["barcode"], "N/A");
    assert_eq!(details["line_items"][0]["barcode"], "");
    assert_eq!(details["line_items"][0]["variant_title"], Value::Null);
    assert_eq!(webhook["carrier"], "");
    assert_eq!(webhook["tracking_number"], "N/A");
    assert_eq!(asn[0]["label_updated_at"], Value::Null);
    assert_eq!(list["labels"], json!([]));
}

#[test]
fn a_tracking_number_brings_a_label() {
    let order = plain().carrier("UPS").tracking("1Z999");
    let (list, details, webhook, asn) = rendered(order);
    for form in [&list, &details, &webhook] {
        assert_eq!(form["tracking_number"], "1Z999");
        assert_eq!(form["labels"][0]["carrier"], "UPS");
        assert!(form["labels"][0]["line_items"][0].is_u64());
    }
    assert!(list["label_rate"].is_u64());
    assert!(asn[0]["label_rate"].is_string());
}

#[test]
fn totals_follow_the_outcome() {
    // (outcome, refund, gift card, exchange total, exchanges)
    let table = [
        ("refund", "25.50", "0.00", "0.00", 0),
        ("credit", "0.00", "25.50", "0.00", 0),
        ("exchange", "0.00", "0.00", "25.50", 2),
        ("upsell", "0.00", "0.00", "25.50", 2),
        ("exchange+refund", "5.50", "0.00", "20.00", 1),
        ("exchange+credit", "0.00", "5.50", "20.00", 1),
    ];
    for (outcome, refund, gift_card, exchange, exchanges) in table {
        let (list, details, webhook, asn) = rendered(plain().outcome(outcome));
        for form in [&list, &details, &webhook] {
            assert_eq!(form["refund"], refund, "{outcome}");
            assert_eq!(form["gift_card"], gift_card, "{outcome}");
            assert_eq!(form["exchange_total"], exchange, "{outcome}");
            assert_eq!(form["return_total"], "25.50", "{outcome}");
            let sent = form["exchanges"].as_array().unwrap().len();
            assert_eq!(sent, exchanges, "{outcome}");
        }
        assert_eq!(asn[0]["outcome"], outcome);
    }
}

#[test]
fn refunds_and_exchange_orders_appear_when_carried_out() {
    let mut world = world();
    let id = world.create(plain().outcome("exchange+refund"), at(0));
    let before = details(world.get(id).unwrap(), at(0));
    assert_eq!(before["refunds"], json!([]));
    assert_eq!(before["exchange_order_id"], Value::Null);

    world.process(id, Map::new()).unwrap();
    world.process(id, Map::new()).unwrap();
    world.carry_out_all(at(60));
    let record = world.get(id).unwrap();
    let after = details(record, at(60));
    assert_eq!(after["refunds"].as_array().unwrap().len(), 2);
    assert!(after["exchange_order_id"].is_u64());
    assert_eq!(after["exchanges"][0]["exchange_order_name"], "EXC-8078-1");
    assert_eq!(
        after["outcomes_processed_at"]["refund_processed"]["date"],
        "2026-03-01 10:01:00.000000"
    );
    assert_eq!(after["was_processed"], false);
    let hours_later = details(record, at(60 + WAS_PROCESSED_LAG_SECONDS));
    assert_eq!(hours_later["was_processed"], true);
}

#[test]
fn titles_join_product_and_variant() {
    let (list, details, ..) = rendered(plain());
    assert_eq!(list["line_items"][1]["title"], "Boot - Red");
    assert_eq!(details["line_items"][1]["title"], "Boot - Red");
    assert_eq!(details["line_items"][1]["line_item_title"], "Boot");
    assert_eq!(details["line_items"][1]["variant_title"], "Red");
}

#[test]
fn a_return_method_is_an_object_a_value_or_a_bare_text() {
    let (list, _, webhook, asn) = rendered(plain().return_method("loop-pos"));
    assert_eq!(list["return_method"], json!({"provider": "loop-pos"}));
    assert_eq!(webhook["return_method"]["provider"], "loop-pos");
    assert_eq!(asn[0]["return_method"], "loop-pos");

    let method = json!({"provider": "happy-returns", "state": "new"});
    let (list, ..) = rendered(plain().return_method(method.clone()));
    assert_eq!(list["return_method"], method);

    let (list, ..) = rendered(plain().field("return_method", "prepaid"));
    assert_eq!(list["return_method"], "prepaid");
}

#[test]
fn fields_of_a_test_replace_those_of_loop() {
    let order = plain().field("state", "needs review").field("new_key", 1);
    let (list, details, webhook, _) = rendered(order);
    for form in [list, details, webhook] {
        assert_eq!(form["state"], "needs review");
        assert_eq!(form["new_key"], 1);
    }
}

#[test]
fn the_topic_chooses_the_webhook_body() {
    let mut world = world();
    let bare = world.create(plain(), at(0));
    world.create(plain().tracking("1Z"), at(0));
    world.process(bare, Map::new()).unwrap();
    world.fail_oldest(bare, "declined");
    let events: Vec<Event> = world.take_events();
    let [created, labelled, label, failed] = events.as_slice() else {
        panic!("four events, not {}", events.len());
    };
    assert_eq!(webhook("label", created), None, "there is no label yet");
    for event in [labelled, label] {
        let body = webhook("label", event).unwrap();
        assert_eq!(
            (&body["id"], &body["label_status"]),
            (&json!(101), &json!("pre_transit"))
        );
    }
    assert_eq!(label.trigger.as_str(), "label.created");
    assert_eq!(webhook("return.processing", created), None);
    assert_eq!(webhook("restock", created), None);
    let failure = webhook("return.processing", failed).unwrap();
    assert_eq!(failure["return_id"], 100);
    assert_eq!(failure["return_state"], "open");
    assert_eq!(failure["message"], "declined");
    let body = webhook("return", failed).unwrap();
    assert_eq!(body["topic"], "return");
    assert_eq!(body["trigger"], "return.processing.failed");
}

#[test]
fn an_order_name_without_a_number_still_has_one() {
    let (list, ..) = rendered(NewReturn::new("wholesale"));
    assert_eq!(list["provider_order_number"], list["order_id"]);
}
