//! Which goods are owed to this warehouse, whatever form Loop tells the return in.

use std::collections::BTreeSet;

use ams_loop_bridge::{
    Contradiction, Incomplete, Mapping, NotOwed, Policy, Remark, map_asn, map_return,
};
use ams_oms_client::Rma;
use loop_client::webhook::Event;
use loop_client::{AsnRow, DestinationId, LineItemId, Return};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{RETURN, line, merchant, read, return_id};

use crate::support::proptest_config;

fn mapped(policy: &Policy, json: Value) -> Mapping {
    map_return(&merchant(), policy, &read(json))
}

fn id(id: u64) -> LineItemId {
    LineItemId::new(id).unwrap()
}

fn destination(id: u64) -> DestinationId {
    DestinationId::new(id).unwrap()
}

fn with(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

/// The lines that are expected, and what was remarked; or why nothing is.
fn brief(mapping: Mapping) -> (Result<Vec<String>, NotOwed>, Vec<Remark>) {
    match mapping {
        Mapping::Owed { rma, remarks } => {
            let lines = rma.lines.iter();
            (
                Ok(lines.map(|line| line.line_ref.to_string()).collect()),
                remarks,
            )
        }
        Mapping::NotOwed { why, remarks } => (Err(why), remarks),
        other => panic!("{other:?}"),
    }
}

/// A return with the lines 1 and 2 and these fields.
fn fields(fields: &Value) -> Value {
    let mut json =
        json!({"id": RETURN, "state": "open", "line_items": [line(1, "A"), line(2, "B")]});
    for (key, value) in fields.as_object().unwrap() {
        json[key] = value.clone();
    }
    json
}

#[test]
fn which_lines_are_owed_and_what_is_remarked() {
    let both = || Ok(vec!["1".to_owned(), "2".to_owned()]);
    let ours = || with(|policy| policy.destinations = [destination(5), destination(7)].into());
    let plain = Policy::default;
    let bars_elsewhere = || with(|policy| policy.expect_happy_returns = false);
    let method = |word: &str| Remark::UnlistedMethod(word.to_owned());
    let outcome = |of: &str| {
        json!({"line_items": [line(1, "A"),
        {"line_item_id": 2, "sku": "B", "outcome": of}]})
    };
    let left_out = |of: &str| Remark::NotShippedBack(id(2), of.to_owned());
    let first = || Ok(vec!["1".to_owned()]);
    for (policy, json, expected) in [
        (plain(), json!({}), (both(), vec![])),
        // States.
        (plain(), json!({"state": "review"}), (both(), vec![])),
        (
            plain(),
            json!({"state": "closed"}),
            (Err(NotOwed::Closed), vec![]),
        ),
        (
            plain(),
            json!({"state": "cancelled"}),
            (Err(NotOwed::Cancelled), vec![]),
        ),
        (
            plain(),
            json!({"state": "expired"}),
            (Err(NotOwed::Expired), vec![]),
        ),
        (
            plain(),
            json!({"state": "partial"}),
            (
                both(),
                vec![Remark::UnknownState(Some("partial".to_owned()))],
            ),
        ),
        (
            plain(),
            json!({"state": "N/A"}),
            (both(), vec![Remark::UnknownState(None)]),
        ),
        // Outcomes and types: every one sends goods back.
        (
            plain(),
            json!({"outcome": "exchange+credit+upsell"}),
            (both(), vec![]),
        ),
        (
            plain(),
            json!({"outcome": "refund+crypto"}),
            (both(), vec![Remark::UnknownOutcome("crypto".to_owned())]),
        ),
        (plain(), json!({"type": "warranty"}), (both(), vec![])),
        (
            plain(),
            json!({"type": "rental"}),
            (both(), vec![Remark::UnknownType("rental".to_owned())]),
        ),
        (
            plain(),
            json!({"is_gift_return": true, "customer": null, "address": null}),
            (both(), vec![]),
        ),
        (
            plain(),
            json!({"exchanges": [{"exchange_id": 1, "sku": "A-XL"}]}),
            (both(), vec![]),
        ),
        // Line outcomes.
        (plain(), outcome("keep"), (first(), vec![left_out("keep")])),
        (
            plain(),
            outcome("Keep-Item"),
            (first(), vec![left_out("Keep-Item")]),
        ),
        (
            plain(),
            outcome(" DONATED "),
            (first(), vec![left_out(" DONATED ")]),
        ),
        (
            plain(),
            outcome("recycle"),
            (
                both(),
                vec![Remark::UnknownLineOutcome(id(2), "recycle".to_owned())],
            ),
        ),
        (plain(), outcome("Default"), (both(), vec![])),
        // Methods.
        (
            plain(),
            json!({"return_method": {"provider": "Loop POS"}}),
            (Err(NotOwed::InStore), vec![]),
        ),
        (
            plain(),
            json!({"return_method": "loop-pos"}),
            (Err(NotOwed::InStore), vec![]),
        ),
        (
            plain(),
            json!({"return_method": {"provider": "x", "method_type": "Donate"}}),
            (Err(NotOwed::NoShipBackMethod("Donate".to_owned())), vec![]),
        ),
        (
            plain(),
            json!({"return_method": {"provider": "happy_returns"}}),
            (both(), vec![]),
        ),
        (
            bars_elsewhere(),
            json!({"return_method": {"provider": "Happy Returns"}}),
            (Err(NotOwed::HappyReturns), vec![]),
        ),
        (
            bars_elsewhere(),
            json!({"return_method": {"provider": "x", "method_type": "HappyReturns"}}),
            (Err(NotOwed::HappyReturns), vec![]),
        ),
        (
            plain(),
            json!({"return_method": {"provider": "pigeon"}}),
            (both(), vec![method("pigeon")]),
        ),
        (
            plain(),
            json!({"return_method": {"method_type": "drop off"}}),
            (both(), vec![method("drop off")]),
        ),
        (plain(), json!({"return_method": {}}), (both(), vec![])),
        // Destinations.
        (plain(), json!({"destination_id": 6}), (both(), vec![])),
        (ours(), json!({"destination_id": "7"}), (both(), vec![])),
        (
            ours(),
            json!({"destination_id": 6}),
            (Err(NotOwed::OtherDestination(destination(6))), vec![]),
        ),
        (
            ours(),
            json!({"destination_id": 6, "line_items": null}),
            (Err(NotOwed::OtherDestination(destination(6))), vec![]),
        ),
        // Lines.
        (
            plain(),
            json!({"line_items": []}),
            (Err(NotOwed::NothingShipsBack), vec![]),
        ),
        (
            plain(),
            json!({"line_items": [{"line_item_id": 2, "sku": "K", "outcome": "donate"}]}),
            (Err(NotOwed::NothingShipsBack), vec![left_out("donate")]),
        ),
        (
            plain(),
            json!({"line_items": [{"line_item_id": 1}, line(2, "B")]}),
            (both(), vec![Remark::Unrecognisable(id(1))]),
        ),
        (
            plain(),
            json!({"line_items": [line(2, "B"), line(1, "A"), line(2, "B")]}),
            (both(), vec![Remark::RepeatedLine(id(2))]),
        ),
    ] {
        assert_eq!(brief(mapped(&policy, fields(&json))), expected, "{json}");
    }
    for (policy, json, expected) in [
        (
            plain(),
            json!({"line_items": null}),
            Mapping::Incomplete(Incomplete::NoLines),
        ),
        (
            ours(),
            json!({}),
            Mapping::Incomplete(Incomplete::NoDestination),
        ),
        (
            plain(),
            json!({"line_items": [line(1, "A"), line(1, "B")]}),
            Mapping::Contradictory(Contradiction::OneLineTwoProducts(id(1))),
        ),
    ] {
        assert_eq!(mapped(&policy, fields(&json)), expected, "{json}");
    }
}

#[test]
fn words_are_compared_without_case_and_separators_in_any_script() {
    let policy = with(|policy| {
        policy.not_shipped_outcomes = ["Behält der Käufer".to_owned(), "x y".to_owned()].into();
    });
    let kept = |outcome: &str| {
        let line = json!({"line_item_id": 1, "sku": "A", "outcome": outcome});
        let json = json!({"id": RETURN, "state": "open", "line_items": [line]});
        mapped(&policy, json).not_owed() == Some(&NotOwed::NothingShipsBack)
    };
    for word in ["behält der käufer", "BEHÄLT-DER_KÄUFER", " X_Y ", "x-y"] {
        assert!(kept(word), "{word}");
    }
    for word in [
        "behalt der kaufer",
        "behält",
        "behält der käufer nicht",
        "xy",
        "x__y",
        "é",
    ] {
        assert!(!kept(word), "{word}");
    }
}

/// What is remarked is for people, and a word that could be about one of them is not shown.
#[test]
fn remarks_are_sentences_without_personal_data() {
    let said = |json: Value| -> Vec<String> {
        let (_, remarks) = brief(mapped(&Policy::default(), fields(&json)));
        remarks.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        said(
            json!({"state": "partial", "type": "rental", "outcome": "crypto",
            "return_method": "pigeon", "line_items": [
                {"line_item_id": 1, "outcome": "recycle"},
                {"line_item_id": 2, "sku": "B", "outcome": "keep"},
                line(3, "C"), line(3, "C")]})
        ),
        [
            r#"the state "partial" is not known here"#,
            r#"the return is of an unknown type, "rental""#,
            r#"the return has an unknown outcome, "crypto""#,
            r#"the goods are expected, by the return method "pigeon""#,
            r#"line item 1 is expected, with an unknown outcome "recycle""#,
            r#"line item 2 is left out: its outcome is "keep""#,
            "line item 1 has neither SKU nor barcode",
            "line item 3 came more than once and counts each time",
        ]
    );
    let personal = "Ottilie@example.net";
    let all = said(
        json!({"state": personal, "type": personal, "outcome": personal,
        "return_method": personal,
        "line_items": [{"line_item_id": 1, "sku": "A", "outcome": personal}]}),
    );
    assert_eq!(all.len(), 5, "{all:?}");
    for sentence in all {
        assert!(
            sentence.contains("of a form that is not shown"),
            "{sentence}"
        );
        assert!(!sentence.contains("ttilie"), "{sentence}");
    }
}

#[test]
fn every_parcel_with_a_number_is_announced_once() {
    let parcels = |fields: Value| -> Vec<(Option<String>, Option<String>)> {
        match mapped(&Policy::default(), self::fields(&fields)) {
            Mapping::Owed { rma, .. } => rma
                .parcels
                .into_iter()
                .map(|parcel| (parcel.carrier, parcel.tracking_number))
                .collect(),
            other => panic!("{other:?}"),
        }
    };
    let parcel =
        |carrier: Option<&str>, number: &str| (carrier.map(str::to_owned), Some(number.to_owned()));
    assert_eq!(
        parcels(json!({"carrier": "UPS", "tracking_number": "N/A"})),
        []
    );
    assert_eq!(
        parcels(json!({"carrier": "UPS", "tracking_number": "1Z1"})),
        [parcel(Some("UPS"), "1Z1")]
    );
    let labels = json!([
        {"carrier": "DHL", "tracking_number": 12},
        {"carrier": "DHL", "tracking_number": ""},
        {"carrier": null, "tracking_number": "1Z1"},
        {"carrier": "DHL", "tracking_number": "12"},
    ]);
    assert_eq!(
        parcels(json!({"carrier": "UPS", "tracking_number": "1Z1", "labels": labels})),
        [parcel(Some("DHL"), "12"), parcel(None, "1Z1")]
    );
}

#[test]
fn an_asn_report_may_split_a_return_over_destinations() {
    let ours = with(|policy| policy.destinations = [destination(5)].into());
    let map = |policy: &Policy, destinations: &[Value]| {
        let rows: Vec<AsnRow> = (1u64..)
            .zip(destinations)
            .map(|(id, destination)| {
                let row = json!({"id": RETURN, "return_line_item_id": id, "sku": "A",
                    "state": "open", "destination_id": destination});
                AsnRow::decode(row.to_string().as_bytes()).unwrap()
            })
            .collect();
        map_asn(&merchant(), policy, &rows)
            .remove(&return_id(RETURN))
            .unwrap()
    };
    let here = || json!("5");
    assert_eq!(
        brief(map(&ours, &[here(), json!("6"), here()])),
        (
            Ok(vec!["1".to_owned(), "3".to_owned()]),
            vec![Remark::OtherDestination(id(2), destination(6))]
        )
    );
    let elsewhere = brief(map(&ours, &[json!(6), json!(8)]));
    assert_eq!(elsewhere.0, Err(NotOwed::OtherDestination(destination(6))));
    assert_eq!(elsewhere.1.len(), 2, "each unit is named");
    assert_eq!(
        map(&ours, &[here(), Value::Null]),
        Mapping::Incomplete(Incomplete::NoDestination)
    );
    let all = brief(map(&Policy::default(), &[json!(5), json!(6), Value::Null]));
    assert_eq!(all.0.map(|lines| lines.len()), Ok(3));
}

#[test]
fn an_asn_report_lists_a_unit_once_for_each_of_its_parcels() {
    let map = |rows: &[Value]| {
        let rows: Vec<AsnRow> = rows
            .iter()
            .map(|row| {
                let mut row = row.clone();
                row["id"] = json!(RETURN);
                row["state"] = json!("open");
                AsnRow::decode(row.to_string().as_bytes()).unwrap()
            })
            .collect();
        map_asn(&merchant(), &Policy::default(), &rows)
            .remove(&return_id(RETURN))
            .unwrap()
    };
    let row = |id: u64, sku: &str, barcode: &str, parcel: &str| {
        json!({"return_line_item_id": id, "sku": sku, "barcode": barcode, "carrier": "UPS",
            "tracking_number": parcel})
    };
    let Mapping::Owed { rma, remarks } = map(&[
        row(1, "A", "400", "P1"),
        row(2, "A", "400", "P1"),
        row(1, "A", "400", "P2"),
    ]) else {
        panic!()
    };
    assert_eq!((rma.units(), rma.parcels.len(), remarks), (2, 2, vec![]));
    for other in [row(1, "B", "400", "P2"), row(1, "A", "401", "P2")] {
        assert_eq!(
            map(&[row(1, "A", "400", "P1"), other]),
            Mapping::Contradictory(Contradiction::OneLineTwoProducts(id(1)))
        );
    }
}

// ---- One return in each of Loop's forms ----------------------------------------------------

/// A return as its author meant it.
#[derive(Debug, Clone)]
struct Meant {
    state: &'static str,
    outcome: Option<&'static str>,
    kind: Option<&'static str>,
    method: Option<&'static str>,
    destination: Option<u64>,
    tracking: Option<&'static str>,
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    id: u64,
    sku: Option<&'static str>,
    barcode: Option<&'static str>,
    outcome: Option<&'static str>,
}

/// Absence has many spellings.
fn or(text: Option<&str>, absent: Value) -> Value {
    text.map_or(absent, |text| json!(text))
}

impl Meant {
    fn lines(&self, id: fn(u64) -> Value, absent: &Value) -> Vec<Value> {
        self.lines
            .iter()
            .map(|line| {
                json!({"line_item_id": id(line.id), "sku": or(line.sku, absent.clone()),
                    "barcode": or(line.barcode, absent.clone()), "title": "Tee - M",
                    "outcome": or(line.outcome, absent.clone())})
            })
            .collect()
    }

    fn list_row(&self) -> Return {
        read(json!({
            "id": RETURN.to_string(), "state": self.state, "order_name": "#1001",
            "outcome": self.outcome, "type": self.kind, "destination_id": self.destination,
            "return_method": self.method, "carrier": "UPS",
            "tracking_number": or(self.tracking, json!("N/A")),
            "line_items": self.lines(|id| json!(id.to_string()), &json!("")),
        }))
    }

    fn details(&self) -> Return {
        let method = self
            .method
            .map(|provider| json!({"provider": provider, "state": "new"}));
        read(json!({
            "id": RETURN, "state": self.state, "order_name": "#1001",
            "outcome": self.outcome, "type": self.kind, "destination_id": self.destination,
            "return_method": method, "carrier": "UPS",
            "tracking_number": or(self.tracking, json!("")),
            "labels": self.tracking.map(|number| json!({"carrier": "UPS", "tracking_number": number}))
                .into_iter().collect::<Vec<_>>(),
            "line_items": self.lines(|id| json!(id), &json!("N/A")),
        }))
    }

    /// Names neither outcome nor destination.
    fn webhook(&self) -> Return {
        let body = json!({
            "topic": "return", "trigger": "return.created", "id": RETURN, "state": self.state,
            "order_name": "#1001", "type": self.kind,
            "return_method": self.method.map(|provider| json!({"provider": provider})),
            "carrier": "UPS", "tracking_number": self.tracking,
            "line_items": self.lines(|id| json!(id.to_string()), &Value::Null),
        });
        match Event::decode(body.to_string().as_bytes()).unwrap() {
            Event::Return(event) => event.data,
            other => panic!("{other:?}"),
        }
    }

    /// Names neither the lines' outcomes nor the type.
    fn asn(&self) -> Vec<AsnRow> {
        let rows = self.lines.iter().map(|line| {
            let row = json!({
                "id": RETURN, "return_line_item_id": line.id.to_string(), "title": "Tee - M",
                "sku": or(line.sku, json!("")), "barcode": line.barcode, "state": self.state,
                "order_name": "#1001", "outcome": self.outcome, "return_method": self.method,
                "destination_id": self.destination.map(|id| id.to_string()), "carrier": "UPS",
                "tracking_number": self.tracking,
            });
            AsnRow::decode(row.to_string().as_bytes()).unwrap()
        });
        rows.collect()
    }
}

fn meant() -> impl Strategy<Value = Meant> {
    let ids = prop::collection::btree_set(1u64..1_000_000, 1..6);
    let choice = |words: &'static [Option<&'static str>]| prop::sample::select(words);
    let line = (
        choice(&[Some("A"), Some("B"), None]),
        choice(&[Some("400"), Some("401"), None]),
        choice(&[
            None,
            Some("default"),
            Some("default"),
            Some("keep"),
            Some("odd"),
        ]),
    );
    (
        ids,
        prop::collection::vec(line, 6),
        prop::sample::select(vec![
            "open",
            "open",
            "review",
            "needs review",
            "closed",
            "cancelled",
            "expired",
            "new word",
        ]),
        choice(&[
            None,
            Some("refund"),
            Some("exchange+credit"),
            Some("crypto"),
        ]),
        choice(&[None, Some("standard"), Some("warranty"), Some("rental")]),
        choice(&[None, None, Some("loop-pos"), Some("pigeon"), Some("keep")]),
        prop::option::of(5u64..7),
        choice(&[None, Some("1Z999")]),
    )
        .prop_map(
            |(ids, lines, state, outcome, kind, method, destination, tracking)| Meant {
                state,
                outcome,
                kind,
                method,
                destination,
                tracking,
                lines: ids
                    .into_iter()
                    .zip(lines)
                    .map(|(id, (sku, barcode, outcome))| Line {
                        id,
                        sku,
                        barcode,
                        outcome,
                    })
                    .collect(),
            },
        )
}

fn without_outcome(mapping: Mapping) -> Mapping {
    match mapping {
        Mapping::Owed {
            mut rma,
            mut remarks,
        } => {
            rma.outcome = None;
            remarks.retain(|remark| !matches!(remark, Remark::UnknownOutcome(_)));
            Mapping::Owed { rma, remarks }
        }
        Mapping::NotOwed { why, mut remarks } => {
            remarks.retain(|remark| !matches!(remark, Remark::UnknownOutcome(_)));
            Mapping::NotOwed { why, remarks }
        }
        other => other,
    }
}

/// What is left of a mapping when the lines' outcomes and the return's type are not known.
fn without_line_outcomes(mapping: &Mapping) -> Option<(&Rma, Vec<&Remark>)> {
    match mapping {
        Mapping::Owed { rma, remarks } => {
            let of_asn = |remark: &&Remark| {
                !matches!(
                    remark,
                    Remark::UnknownLineOutcome(..) | Remark::UnknownType(_)
                )
            };
            Some((rma, remarks.iter().filter(of_asn).collect()))
        }
        _ => None,
    }
}

proptest! {
    #![proptest_config(proptest_config())]

    #[test]
    fn every_form_of_a_return_maps_alike(meant in meant(), several in any::<bool>()) {
        let policy = with(|policy| {
            if several {
                policy.destinations = [destination(5)].into();
            }
        });
        let of = |ret: &Return| map_return(&merchant(), &policy, ret);
        let details = of(&meant.details());
        prop_assert_eq!(&of(&meant.list_row()), &details);

        let webhook = of(&meant.webhook());
        let known = matches!(&details, Mapping::NotOwed { why: NotOwed::OtherDestination(_), .. })
            || matches!(details, Mapping::Incomplete(Incomplete::NoDestination));
        if several && (known || matches!(details, Mapping::Owed { .. })) {
            prop_assert_eq!(webhook, Mapping::Incomplete(Incomplete::NoDestination));
        } else if !several {
            prop_assert_eq!(without_outcome(webhook), without_outcome(details.clone()));
        }

        let asn = map_asn(&merchant(), &policy, &meant.asn()).remove(&return_id(RETURN)).unwrap();
        let keeps = meant.lines.iter().any(|line| line.outcome == Some("keep"));
        match (&details, &asn) {
            // A unit that is kept looks like any other in the report.
            (Mapping::Owed { rma: fewer, .. }, Mapping::Owed { rma: more, .. }) if keeps => {
                let refs = |rma: &Rma| -> BTreeSet<String> {
                    rma.lines.iter().map(|line| line.line_ref.to_string()).collect()
                };
                prop_assert!(refs(fewer).is_subset(&refs(more)));
                prop_assert_eq!(refs(more).len(), meant.lines.len());
            }
            (Mapping::NotOwed { why: NotOwed::NothingShipsBack, .. }, found) => {
                prop_assert!(matches!(found, Mapping::Owed { .. }), "{:?}", found);
            }
            (Mapping::Owed { .. }, found) => {
                prop_assert_eq!(without_line_outcomes(&details), without_line_outcomes(found));
            }
            (Mapping::NotOwed { why, .. }, found) => prop_assert_eq!(Some(why), found.not_owed()),
            (wanted, found) => prop_assert_eq!(wanted, found),
        }
    }

    /// Every unit that is not expected is named, and every one that is stands in the RMA.
    #[test]
    fn no_unit_is_dropped_in_silence(meant in meant()) {
        let (lines, remarks) = match map_return(&merchant(), &Policy::default(), &meant.details()) {
            Mapping::Owed { rma, remarks } => (rma.lines, remarks),
            Mapping::NotOwed { why: NotOwed::NothingShipsBack, remarks } => (vec![], remarks),
            _ => return Ok(()),
        };
        for line in &meant.lines {
            let expected = lines.iter().any(|it| it.line_ref.as_str() == line.id.to_string());
            let named = remarks.iter().any(|remark| {
                matches!(remark, Remark::NotShippedBack(id, _) if id.get() == line.id)
            });
            prop_assert!(expected != named, "{line:?}");
        }
    }

    #[test]
    fn the_order_of_lines_does_not_change_the_rma(meant in meant(), by in 0usize..6) {
        let mut turned = meant.clone();
        turned.lines.rotate_left(by % meant.lines.len());
        let rma = |meant: &Meant| match map_return(&merchant(), &Policy::default(), &meant.details()) {
            Mapping::Owed { rma, .. } => Some(rma),
            _ => None,
        };
        prop_assert_eq!(rma(&meant), rma(&turned));
    }
}
