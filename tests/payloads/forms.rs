//! One return, told in each of Loop's forms, is one RMA.

use ams_loop_bridge::{Mapping, NotOwed, Policy, Remark, map_asn, map_return};
use ams_oms_client::{MerchantId, Rma};
use loop_client::webhook::{Event, Trigger};
use loop_client::{AsnRow, Return, ReturnState};
use serde_json::{Value, json};

use super::{assert_all_named, fixture, fixture_return};

fn merchant() -> MerchantId {
    "brandt".parse().unwrap()
}

fn webhook(name: &str) -> (Option<Trigger>, Return) {
    match Event::decode(&fixture(name)).unwrap() {
        Event::Return(event) => (event.trigger, event.data),
        other => panic!("{name}: {other:?}"),
    }
}

fn asn() -> Vec<AsnRow> {
    let rows: Vec<Value> = serde_json::from_slice(&fixture("asn/several-returns.json")).unwrap();
    rows.iter()
        .map(|row| AsnRow::decode(row.to_string().as_bytes()).unwrap())
        .collect()
}

fn owed(mapping: Mapping) -> Rma {
    match mapping {
        Mapping::Owed { rma, remarks } => {
            // Loop documents no list of methods, so any that comes is named.
            let named = |remark: &Remark| *remark == Remark::UnlistedMethod("loop-mail".to_owned());
            assert!(remarks.iter().all(named), "{remarks:?}");
            rma
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_form_gives_the_same_rma() {
    let merchant = merchant();
    let policy = Policy::default();
    let from_asn = map_asn(&merchant, &policy, &asn())
        .remove(&"41870233".parse().unwrap())
        .unwrap();
    let of_return = |ret: &Return| map_return(&merchant, &policy, ret);
    let mug = |id: &str| {
        json!({
            "line_item_id": id, "sku": "MUG-ENAMEL-BLU", "barcode": "5901234123457", "quantity": 1,
        })
    };
    let expected = json!([
        mug("880145501"),
        mug("880145502"),
        { "line_item_id": "880145503", "sku": "SOCK-WOOL-42", "barcode": null, "quantity": 1 },
    ]);
    for (form, mapping) in [
        (
            "webhook of 2020",
            of_return(&webhook("forms/webhook-2020.json").1),
        ),
        (
            "current webhook",
            of_return(&webhook("forms/webhook-current.json").1),
        ),
        (
            "list row",
            of_return(&fixture_return("forms/list-row.json")),
        ),
        ("details", of_return(&fixture_return("forms/details.json"))),
        ("ASN rows", from_asn),
    ] {
        let rma = owed(mapping);
        assert_eq!(rma.rma_number.to_string(), "41870233", "{form}");
        assert_eq!(rma.merchant, merchant, "{form}");
        assert_eq!(rma.order_name.as_deref(), Some("#58213"), "{form}");
        let mut lines = serde_json::to_value(&rma.lines).unwrap();
        for line in lines.as_array_mut().unwrap() {
            // Details split the variant off the title.
            let title = line.as_object_mut().unwrap().remove("title").unwrap();
            let title = title.as_str().unwrap();
            assert!(
                title.starts_with("Enamel Mug") || title.starts_with("Wool Socks"),
                "{form}"
            );
        }
        assert_eq!(lines, expected, "{form}");
    }
    assert_all_named(
        "forms",
        [
            "webhook-2020.json",
            "webhook-current.json",
            "list-row.json",
            "details.json",
            "list-row-closed-2022.json",
        ],
    );
}

#[test]
fn the_forms_agree_on_all_that_they_have_in_common() {
    let details = fixture_return("forms/details.json");
    let mut row = fixture_return("forms/list-row.json");
    let (trigger, mut current) = webhook("forms/webhook-current.json");
    let (_, old) = webhook("forms/webhook-2020.json");

    assert_eq!(
        trigger,
        Some(Trigger::LabelCreated),
        "a mixed pair of topic and trigger"
    );
    for (form, ret) in [("old", &old), ("current", &current), ("list", &row)] {
        assert_eq!(ret.state, Some(ReturnState::Open), "{form}");
        assert_eq!(ret.created_at, details.created_at, "{form}");
        assert_eq!(ret.order_id, details.order_id, "{form}");
        assert_eq!(ret.order_number, details.order_number, "{form}");
        assert_eq!(
            ret.provider_order_id.as_ref().unwrap().number(),
            details.provider_order_id.as_ref().unwrap().number(),
            "{form}"
        );
        assert_eq!(ret.refund.unwrap().cents(), Some(4006), "{form}");
        assert_eq!(ret.customer, details.customer, "{form}");
        for (line, known) in ret.lines().iter().zip(details.lines()) {
            assert_eq!(line.reason(), known.reason(), "{form}");
            assert_eq!(line.parent_reason(), known.parent_reason(), "{form}");
            assert_eq!(line.returned_at, known.returned_at, "{form}");
            assert_eq!(line.variant_id, known.variant_id, "{form}");
            assert_eq!(line.exchange_variant, known.exchange_variant, "{form}");
        }
    }
    assert_eq!(row.updated_at, details.updated_at);
    assert_eq!(row.destination_id, details.destination_id);
    assert_eq!(row.outcome, details.outcome);
    assert_eq!(row.label_rate, details.label_rate);
    assert_eq!(row.labels, details.labels);
    // The number that the webhook has in place of the text is the same number.
    assert_eq!(current.labels, row.labels);
    assert_eq!(current.exchanges, row.exchanges);
    assert_eq!(
        current.status_page_url.take().unwrap().reveal(),
        row.status_page_url.take().unwrap().reveal(),
        "escaped slashes"
    );
    assert_eq!(
        current.address.unwrap().city.unwrap().reveal(),
        "Düluth",
        "an escaped letter"
    );
    assert_eq!(old.tracking_number, None, "the label came later");
}

#[test]
fn a_closed_row_of_2022_means_what_its_author_meant() {
    let ret = fixture_return("forms/list-row-closed-2022.json");
    let line = &ret.lines()[0];
    assert_eq!(line.price.unwrap().cents(), Some(-5990));
    assert_eq!(line.returned_at, ret.created_at, "without a zone it is UTC");
    assert_eq!((&line.sku, &line.barcode), (&None, &None));
    assert_eq!(ret.exchanges[0].sku, None);
    assert_eq!(line.exchange_variant, ret.exchanges[0].variant_id);
    assert_eq!(
        ret.exchanges[0]
            .exchange_order_id
            .as_ref()
            .unwrap()
            .as_str(),
        "40120558"
    );
    assert_eq!(ret.destination_id.unwrap().get(), 1188);
    assert_eq!(
        (&ret.carrier, &ret.tracking_number, &ret.label_status),
        (&None, &None, &None)
    );
    assert_eq!(ret.label_updated_at, None);
    assert_eq!(
        map_return(&merchant(), &Policy::default(), &ret).not_owed(),
        Some(&NotOwed::Closed)
    );
}

#[test]
fn an_asn_report_is_one_answer_per_return() {
    let rows = asn();
    let mut mapped = map_asn(&merchant(), &Policy::default(), &rows);
    let mut take = |id: &str| mapped.remove(&id.parse().unwrap()).unwrap();

    let parcels: Vec<_> = owed(take("41870233"))
        .parcels
        .into_iter()
        .filter_map(|parcel| parcel.tracking_number)
        .collect();
    assert_eq!(parcels, ["3404341610940215", "3404341610940222"]);
    let hats = owed(take("41870300"));
    assert_eq!((hats.units(), hats.parcels.len()), (2, 0));
    assert_eq!(take("29514408").not_owed(), Some(&NotOwed::Closed));
    assert!(mapped.is_empty());
}
