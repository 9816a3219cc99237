//! The quirks of Loop's payloads that concern decoding: one fixture each, and what it means.

use ams_loop_bridge::{Incomplete, Mapping, NotOwed, Policy, Remark, map_return};
use loop_client::{LineItem, Return, ReturnState};

use super::{assert_all_named, fixture_return};

fn line(ret: &Return) -> &LineItem {
    &ret.lines()[0]
}

fn map(ret: &Return) -> Mapping {
    map_return(&"brandt".parse().unwrap(), &Policy::default(), ret)
}

/// How many units the RMA expects, and what was remarked.
fn owed(ret: &Return) -> (u32, Vec<Remark>) {
    match map(ret) {
        Mapping::Owed { rma, remarks } => (rma.units(), remarks),
        other => panic!("{other:?}"),
    }
}

/// A file and the check of its meaning.
type Row = (&'static str, fn(&Return));

const QUIRKS: &[Row] = &[
    ("ids-as-text.json", plain_ids),
    ("ids-as-numbers.json", plain_ids),
    ("ids-above-2-53.json", |ret| {
        assert_eq!(ret.id.get(), 9_007_199_254_740_993);
        assert_eq!(
            ret.provider_order_id.as_ref().unwrap().as_str(),
            "9007199254740995"
        );
        assert_eq!(line(ret).line_item_id.get(), u64::MAX);
    }),
    ("ids-as-gid.json", |ret| {
        assert_eq!(
            ret.provider_order_id.as_ref().unwrap().number(),
            Some(5_533_017_746_291)
        );
        assert_eq!(
            line(ret).variant_id.as_ref().unwrap().as_str(),
            "gid://shopify/ProductVariant/883"
        );
    }),
    ("three-date-forms.json", |ret| {
        assert_eq!(ret.created_at.unwrap().to_string(), "2026-04-02T03:04:05Z");
        assert_eq!(ret.updated_at, ret.created_at);
        assert_eq!(ret.edited_at, ret.created_at);
        assert_eq!(ret.label_updated_at, None);
    }),
    ("absent-as-na.json", absent),
    ("absent-as-empty-text.json", absent),
    ("absent-as-null.json", absent),
    ("absent-keys.json", absent),
    ("absent-lists.json", |ret| {
        assert!(ret.refunds.is_empty() && ret.exchanges.is_empty());
        assert!(ret.labels[0].line_items.is_empty());
    }),
    ("absent-objects.json", |ret| {
        assert_eq!(ret.address, None);
        assert_eq!(owed(ret), (1, vec![]));
    }),
    ("unknown-keys.json", |ret| {
        assert_eq!(owed(ret), (1, vec![]));
    }),
    ("unknown-enum-values.json", |ret| {
        assert_eq!(ret.state, Some(ReturnState::Unknown("partial".into())));
        let outcome = ret.outcome.as_ref().unwrap();
        assert_eq!(outcome.as_str(), "shop_cash+Refund");
        assert_eq!(outcome.parts().collect::<Vec<_>>(), ["shop_cash", "Refund"]);
        assert_eq!(ret.label_status.as_deref(), Some("held_at_customs"));
        let id = line(ret).line_item_id;
        assert_eq!(
            owed(ret),
            (
                1,
                vec![
                    Remark::UnknownState(Some("partial".into())),
                    Remark::UnknownType("recall".into()),
                    Remark::UnknownOutcome("shop_cash".into()),
                    Remark::UnknownLineOutcome(id, "recycle".into()),
                ]
            )
        );
    }),
    ("state-needs-review.json", |ret| {
        assert_eq!(ret.state, Some(ReturnState::Review));
        assert_eq!(owed(ret), (1, vec![]));
    }),
    ("state-with-one-l.json", |ret| {
        assert_eq!(map(ret).not_owed(), Some(&NotOwed::Cancelled));
    }),
    ("state-absent.json", |ret| {
        assert_eq!(owed(ret), (1, vec![Remark::UnknownState(None)]));
    }),
    ("money.json", |ret| {
        let cents = |amount: Option<loop_client::Amount>| amount.unwrap().cents();
        assert_eq!(cents(ret.total), Some(7145));
        assert_eq!(cents(ret.refund), Some(3500));
        assert_eq!(cents(ret.upsell), Some(-325));
        assert_eq!(cents(ret.gift_card), Some(-50));
        assert_eq!(cents(ret.label_rate), Some(917));
        assert_eq!(cents(line(ret).price), Some(-8400));
        assert_eq!(cents(line(ret).tax), Some(620));
    }),
    ("php-dates.json", |ret| {
        assert_eq!(ret.edited_at, None);
        assert_eq!(owed(ret), (1, vec![]));
    }),
    ("numbers-for-text.json", |ret| {
        assert_eq!(ret.order_name.as_deref(), Some("4417"));
        assert_eq!(ret.tracking_number.as_deref(), Some("340434161094021"));
        let address = ret.address.as_ref().unwrap();
        assert_eq!(address.zip.as_ref().unwrap().reveal(), "55802");
        assert_eq!(address.phone.as_ref().unwrap().reveal(), "12185550177");
        assert_eq!(line(ret).sku.as_deref(), Some("4471"));
        assert_eq!(line(ret).barcode.as_deref(), Some("5901234123457"));
    }),
    ("return-method-object.json", |ret| {
        let method = ret.return_method.as_ref().unwrap();
        assert_eq!(method.method_type.as_deref(), Some("in_store"));
        assert_eq!(method.state, None);
        assert_eq!(map(ret).not_owed(), Some(&NotOwed::InStore));
    }),
    ("return-method-text.json", |ret| {
        assert_eq!(map(ret).not_owed(), Some(&NotOwed::InStore));
    }),
    ("return-method-empty-list.json", |ret| {
        assert_eq!(ret.return_method, None);
    }),
    ("reasons-of-the-list.json", |ret| {
        assert_eq!(
            (line(ret).reason(), line(ret).parent_reason()),
            (Some("Too large"), None)
        );
    }),
    ("reasons-of-details.json", reasons),
    ("reasons-as-objects.json", reasons),
    ("reasons-in-quotes.json", |ret| {
        assert_eq!(line(ret).reason(), Some("\"Too large\""), "kept as sent");
    }),
    ("no-line-items.json", |ret| {
        assert_eq!(ret.line_items, None);
        assert_eq!(map(ret), Mapping::Incomplete(Incomplete::NoLines));
    }),
    ("empty-line-items.json", |ret| {
        assert_eq!(map(ret).not_owed(), Some(&NotOwed::NothingShipsBack));
    }),
    ("destination-unreadable.json", |ret| {
        // It must not count as this warehouse where a merchant has several.
        let mut policy = Policy::default();
        policy.destinations = ["5".parse().unwrap()].into();
        assert_eq!(
            map_return(&"brandt".parse().unwrap(), &policy, ret),
            Mapping::Incomplete(Incomplete::NoDestination)
        );
        assert_eq!(owed(ret), (1, vec![]));
    }),
    ("units-of-one-order-line.json", |ret| {
        assert_eq!(owed(ret), (2, vec![]));
    }),
    ("repeated-line-item-id.json", |ret| {
        let id = line(ret).line_item_id;
        assert_eq!(owed(ret), (2, vec![Remark::RepeatedLine(id)]));
    }),
    ("graded-in-two-copies.json", |ret| {
        let [first, second] = ret.lines() else {
            panic!()
        };
        assert_eq!(first.condition.as_ref().unwrap().get()["category"], "B");
        assert_eq!(
            second.condition.as_ref().unwrap().get()["condition_category"],
            "Grade A"
        );
        assert_eq!(
            second.disposition.as_ref().unwrap().get()["disposition_outcome"],
            "restock"
        );
    }),
];

fn plain_ids(ret: &Return) {
    assert_eq!(ret.id.to_string(), "52000417");
    assert_eq!(ret.destination_id.unwrap().get(), 3071);
    assert_eq!(ret.shop_id.unwrap().get(), 20_417);
    assert_eq!(ret.order_id.as_ref().unwrap().as_str(), "6611");
    assert_eq!(
        ret.provider_order_id.as_ref().unwrap().as_str(),
        "5533017746291"
    );
    assert_eq!(line(ret).line_item_id.get(), 71_001);
    assert_eq!(
        line(ret).provider_line_item_id.as_ref().unwrap().as_str(),
        "881"
    );
}

/// However absence is spelled, it is the row that has only what must be there.
fn absent(ret: &Return) {
    let bare = br#"{"id":52000417,"state":"open","line_items":[{"line_item_id":71001}]}"#;
    assert_eq!(*ret, Return::decode(bare).unwrap());
    let id = line(ret).line_item_id;
    assert_eq!(owed(ret), (1, vec![Remark::Unrecognisable(id)]));
}

fn reasons(ret: &Return) {
    assert_eq!(
        (line(ret).reason(), line(ret).parent_reason()),
        (Some("Too large"), Some("Fit"))
    );
}

#[test]
fn every_quirk_means_what_the_reference_says() {
    for (file, check) in QUIRKS {
        println!("{file}"); // a failure shows it
        check(&fixture_return(&format!("quirks/{file}")));
    }
    assert_all_named("quirks", QUIRKS.iter().map(|row| row.0));
}
