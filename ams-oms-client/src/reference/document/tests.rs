use proptest::prelude::*;

use super::*;
use crate::{MerchantId, RmaKey, RmaNumber};

fn units(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

fn line_ref(text: &str) -> LineRef {
    LineRef::new(text).unwrap()
}

fn rma(lines: &[(&str, &str, u32)]) -> Rma {
    let key = RmaKey::new(MerchantId::new("acme").unwrap(), RmaNumber::new(7).unwrap());
    let lines = lines
        .iter()
        .map(|(r, sku, n)| crate::RmaLine::new(line_ref(r), units(*n)).with_sku(*sku))
        .collect();
    Rma::new(key, lines).unwrap()
}

fn document(lines: &[(&str, &str, u32)]) -> Document {
    Document::announce(rma(lines))
}

fn receive(id: &str, what: &[(ItemRef, Condition, u32)]) -> WarehouseWork {
    WarehouseWork::Receive {
        receipt_id: ReceiptId::new(id).unwrap(),
        units: what
            .iter()
            .map(|(item, condition, n)| ReceivedUnits::new(item.clone(), *condition, units(*n)))
            .collect(),
    }
}

fn sku(text: &str) -> ItemRef {
    ItemRef::Sku(text.to_owned())
}

fn line(text: &str) -> ItemRef {
    ItemRef::Line(line_ref(text))
}

/// Does the work, which must be accepted, and returns the document after it.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the work is written where it is done"
)]
fn done(document: &Document, work: WarehouseWork) -> Document {
    let next = document.work(&work).unwrap();
    next.unwrap_or_else(|| document.clone())
}

fn all_done(document: &Document, work: impl IntoIterator<Item = WarehouseWork>) -> Document {
    work.into_iter()
        .fold(document.clone(), |document, work| done(&document, work))
}

/// (available, damaged, held, missing) of each line.
fn counts(document: &Document) -> Vec<(u32, u32, u32, u32)> {
    document
        .lines
        .iter()
        .map(|line| {
            let c = line.counts;
            (c.available, c.damaged, c.held, c.missing)
        })
        .collect()
}

fn missing(line: &str, n: u32) -> WarehouseWork {
    WarehouseWork::ReportMissing {
        line_ref: line_ref(line),
        quantity: units(n),
    }
}

fn code(result: Result<Option<Document>, OmsError>) -> String {
    match result {
        Err(OmsError::Rejected { code, .. }) => code,
        other => panic!("expected a rejection, got {other:?}"),
    }
}

use Condition::{Available, Damaged, Held};

#[test]
fn shared_skus_fill_lines_in_order_and_surplus_stays_on_the_first() {
    let document = document(&[("1", "A", 1), ("2", "A", 2), ("3", "B", 1)]);
    for (quantity, expected) in [
        (1, [1, 0, 0]),
        (2, [1, 1, 0]),
        (3, [1, 2, 0]),
        (5, [3, 2, 0]),
    ] {
        let after = done(&document, receive("r", &[(sku("A"), Available, quantity)]));
        let available: Vec<u32> = after.lines.iter().map(|l| l.counts.available).collect();
        assert_eq!(available, expected, "{quantity} units");
        assert!(after.unexpected.is_empty());
    }
}

#[test]
fn a_line_filled_by_reference_is_passed_over_by_sku() {
    let after = all_done(
        &document(&[("1", "A", 1), ("2", "A", 1)]),
        [
            receive("r1", &[(line("1"), Damaged, 1)]),
            receive("r2", &[(sku("A"), Available, 1)]),
        ],
    );
    assert_eq!(counts(&after), [(0, 1, 0, 0), (1, 0, 0, 0)]);
}

#[test]
fn units_go_to_outstanding_lines_before_missing_ones_are_found() {
    let start = done(&document(&[("1", "A", 1), ("2", "A", 1)]), missing("1", 1));
    let first = done(&start, receive("r1", &[(sku("A"), Available, 1)]));
    assert_eq!(counts(&first), [(0, 0, 0, 1), (1, 0, 0, 0)]);
    let second = done(&first, receive("r2", &[(sku("A"), Available, 1)]));
    assert_eq!(counts(&second), [(1, 0, 0, 0), (1, 0, 0, 0)]);
}

#[test]
fn items_are_found_by_barcode_too() {
    let mut promise = rma(&[("1", "", 1)]);
    promise.lines[0].barcode = Some("4006381333931".into());
    let document = Document::announce(promise);
    let scan = |code: &str| receive(code, &[(ItemRef::Barcode(code.into()), Available, 1)]);
    assert_eq!(
        counts(&done(&document, scan("4006381333931"))),
        [(1, 0, 0, 0)]
    );
    let other = done(&document, scan("9999999999994"));
    assert_eq!(counts(&other), [(0, 0, 0, 0)]);
    assert_eq!(
        other.unexpected[0].barcode.as_deref(),
        Some("9999999999994")
    );
}

#[test]
fn foreign_skus_become_unexpected_and_help_no_line() {
    let after = all_done(
        &document(&[("1", "A", 1)]),
        [
            receive("r1", &[(sku("X"), Available, 1), (sku("X"), Held, 1)]),
            receive("r2", &[(sku("X"), Available, 2)]),
        ],
    );
    assert_eq!(counts(&after), [(0, 0, 0, 0)]);
    let seen: Vec<_> = after
        .unexpected
        .iter()
        .map(|item| (item.sku.as_deref(), item.condition, item.quantity.get()))
        .collect();
    assert_eq!(seen, [(Some("X"), Available, 3), (Some("X"), Held, 1)]);
}

#[test]
fn a_repeated_receipt_is_recognised_by_its_content() {
    let start = document(&[("1", "A", 2), ("2", "B", 1)]);
    let first = done(
        &start,
        receive("r", &[(sku("A"), Available, 2), (sku("B"), Damaged, 1)]),
    );
    let same = [
        receive("r", &[(sku("B"), Damaged, 1), (sku("A"), Available, 2)]),
        receive(
            "r",
            &[
                (sku("A"), Available, 1),
                (sku("A"), Available, 1),
                (sku("B"), Damaged, 1),
            ],
        ),
    ];
    // Reopening what is open changes nothing: the document as it is.
    for then in [
        WarehouseWork::Reopen,
        WarehouseWork::Close,
        WarehouseWork::Cancel,
    ] {
        let later = done(&first, then);
        for repeat in &same {
            assert_eq!(later.work(repeat).unwrap(), None);
        }
    }
    for other in [
        receive("r", &[(sku("A"), Available, 2)]),
        receive("r", &[(sku("A"), Available, 2), (sku("B"), Held, 1)]),
        receive("r", &[(sku("A"), Available, 3), (sku("B"), Damaged, 1)]),
        receive("r", &[(line("1"), Available, 2), (sku("B"), Damaged, 1)]),
    ] {
        assert_eq!(code(first.work(&other)), "receipt_differs");
    }
}

#[test]
fn work_that_makes_no_sense_is_rejected() {
    let start = all_done(
        &document(&[("1", "A", 2)]),
        [receive("r1", &[(sku("A"), Available, 1)])],
    );
    let regrade = |line, from, to, n| WarehouseWork::Regrade {
        line_ref: line_ref(line),
        from,
        to,
        quantity: units(n),
    };
    let unreceive = |line, condition, n| WarehouseWork::Unreceive {
        line_ref: line_ref(line),
        condition,
        quantity: units(n),
    };
    for (work, expected) in [
        (receive("r2", &[]), "empty_receipt"),
        (receive("r2", &[(sku(" "), Available, 1)]), "blank_item"),
        (receive("r2", &[(line("9"), Available, 1)]), "unknown_line"),
        (missing("9", 1), "unknown_line"),
        (missing("1", 2), "exceeds_outstanding"),
        (regrade("1", Available, Available, 1), "same_condition"),
        (regrade("1", Available, Damaged, 2), "exceeds_received"),
        (regrade("1", Held, Available, 1), "exceeds_received"),
        (regrade("9", Held, Available, 1), "unknown_line"),
        (unreceive("1", Available, 2), "exceeds_received"),
        (unreceive("1", Damaged, 1), "exceeds_received"),
        (
            receive("r2", &[(sku("A"), Available, u32::MAX)]),
            "too_many_units",
        ),
        (
            receive("r2", &[(sku("X"), Held, u32::MAX), (sku("X"), Held, 1)]),
            "too_many_units",
        ),
    ] {
        assert_eq!(code(start.work(&work)), expected, "{work:?}");
    }
}

/// For each state, which work is accepted, and the state after it (or too late).
#[test]
fn states_follow_the_table() {
    use RmaState::{Announced, Arrived, Cancelled, Completed, InProgress};
    let announced = document(&[("1", "A", 2)]);
    let arrived = done(&announced, WarehouseWork::Arrive);
    let in_progress = done(&arrived, receive("r1", &[(sku("A"), Available, 1)]));
    let completed = done(&in_progress, WarehouseWork::Close);
    let cancelled = done(&in_progress, WarehouseWork::Cancel);

    let work = [
        WarehouseWork::Arrive,
        receive("r2", &[(sku("A"), Available, 1)]),
        missing("1", 1),
        WarehouseWork::Close,
        WarehouseWork::Reopen,
        WarehouseWork::Cancel,
    ];
    for (start, expected) in [
        (
            &announced,
            [
                Some(Arrived),
                Some(InProgress),
                Some(InProgress),
                Some(Completed),
                Some(Announced),
                Some(Cancelled),
            ],
        ),
        (
            &arrived,
            [
                Some(Arrived),
                Some(InProgress),
                Some(InProgress),
                Some(Completed),
                Some(Arrived),
                Some(Cancelled),
            ],
        ),
        (
            &in_progress,
            [
                Some(InProgress),
                Some(InProgress),
                Some(InProgress),
                Some(Completed),
                Some(InProgress),
                Some(Cancelled),
            ],
        ),
        (
            &completed,
            [None, None, None, Some(Completed), Some(InProgress), None],
        ),
        (&cancelled, [None, None, None, None, None, Some(Cancelled)]),
    ] {
        for (work, expected) in work.iter().zip(expected) {
            let got = match start.work(work) {
                Ok(next) => Some(next.unwrap_or_else(|| start.clone()).state),
                Err(OmsError::TooLate { state }) => {
                    assert_eq!(state, start.state);
                    None
                }
                Err(other) => panic!("{other}"),
            };
            assert_eq!(got, expected, "{} {work:?}", start.state);
        }
    }

    // Corrections are possible after completion, and not after cancellation.
    let regrade = WarehouseWork::Regrade {
        line_ref: line_ref("1"),
        from: Available,
        to: Damaged,
        quantity: units(1),
    };
    assert_eq!(counts(&done(&completed, regrade.clone())), [(0, 1, 0, 0)]);
    assert!(matches!(
        cancelled.work(&regrade),
        Err(OmsError::TooLate { state: Cancelled })
    ));
}

#[test]
fn amending_replaces_the_lines_until_something_arrives() {
    let start = document(&[("1", "A", 1)]);
    let other = rma(&[("1", "A", 2), ("2", "B", 1)]);

    let amended = start.amend(&other).unwrap().unwrap();
    assert_eq!(amended.lines.len(), 2);
    assert_eq!(amended.lines[0].counts.expected, 2);
    assert_ne!(amended.version(), start.version());
    assert_eq!(amended.amend(&other).unwrap(), None);

    let mut informed = other.clone();
    informed.outcome = Some("exchange".into());
    let informed = amended.amend(&informed).unwrap().unwrap();
    assert_eq!(informed.rma().outcome.as_deref(), Some("exchange"));

    let arrived = done(&amended, WarehouseWork::Arrive);
    assert_eq!(arrived.amend(&other).unwrap(), None);
    assert!(matches!(
        arrived.amend(&rma(&[("1", "A", 1)])),
        Err(OmsError::TooLate {
            state: RmaState::Arrived
        })
    ));
    let cancelled = amended.cancel("gone").unwrap().unwrap();
    assert!(matches!(
        cancelled.amend(&other),
        Err(OmsError::TooLate {
            state: RmaState::Cancelled
        })
    ));
}

fn any_item() -> impl Strategy<Value = ItemRef> {
    prop_oneof![
        prop::sample::select(vec!["1", "2", "3", "9"]).prop_map(line),
        prop::sample::select(vec!["A", "B", "X"]).prop_map(sku),
    ]
}

fn any_condition() -> impl Strategy<Value = Condition> {
    prop::sample::select(vec![Available, Damaged, Held])
}

fn any_quantity() -> impl Strategy<Value = NonZeroU32> {
    prop_oneof![9 => 1u32..4, 1 => Just(u32::MAX)].prop_map(units)
}

fn any_line() -> impl Strategy<Value = LineRef> {
    prop::sample::select(vec!["1", "2", "3", "9"]).prop_map(line_ref)
}

fn any_work() -> impl Strategy<Value = WarehouseWork> {
    let found = (any_item(), any_condition(), any_quantity())
        .prop_map(|(item, condition, quantity)| ReceivedUnits::new(item, condition, quantity));
    prop_oneof![
        1 => Just(WarehouseWork::Arrive),
        6 => (0u8..20, prop::collection::vec(found, 0..4)).prop_map(|(id, units)| {
            let receipt_id = ReceiptId::new(format!("r{id}")).unwrap();
            WarehouseWork::Receive { receipt_id, units }
        }),
        2 => (any_line(), any_quantity())
            .prop_map(|(line_ref, quantity)| WarehouseWork::ReportMissing { line_ref, quantity }),
        2 => (any_line(), any_condition(), any_condition(), any_quantity()).prop_map(
            |(line_ref, from, to, quantity)| WarehouseWork::Regrade { line_ref, from, to, quantity }
        ),
        2 => (any_line(), any_condition(), any_quantity()).prop_map(
            |(line_ref, condition, quantity)| WarehouseWork::Unreceive {
                line_ref, condition, quantity
            }
        ),
        1 => Just(WarehouseWork::Close),
        1 => Just(WarehouseWork::Reopen),
        1 => Just(WarehouseWork::Cancel),
    ]
}

/// Units that are here by this document: on lines and unexpected.
fn here(document: &Document) -> u64 {
    let on_lines: u64 = document.lines.iter().map(|l| l.counts.received()).sum();
    let unexpected: u64 = document
        .unexpected
        .iter()
        .map(|item| u64::from(item.quantity.get()))
        .sum();
    on_lines + unexpected
}

proptest! {
    #[test]
    fn no_unit_appears_or_vanishes(work in prop::collection::vec(any_work(), 0..40)) {
        let promise = [("1", "A", 2), ("2", "A", 1), ("3", "B", 1)];
        let mut document = document(&promise);
        let mut balance = 0u64;
        for work in work {
            let Ok(next) = document.work(&work) else { continue };
            let Some(next) = next else {
                prop_assert_eq!(document.work(&work).unwrap(), None);
                continue;
            };
            prop_assert_eq!(next.revision, document.revision + 1);
            match &work {
                WarehouseWork::Receive { units, .. } => {
                    balance += units.iter().map(|u| u64::from(u.quantity.get())).sum::<u64>();
                    // Whatever was accepted once is recognised from then on.
                    prop_assert_eq!(next.work(&work).unwrap(), None);
                }
                WarehouseWork::Unreceive { quantity, .. } => balance -= u64::from(quantity.get()),
                WarehouseWork::Arrive
                | WarehouseWork::ReportMissing { .. }
                | WarehouseWork::Regrade { .. }
                | WarehouseWork::Close
                | WarehouseWork::Reopen
                | WarehouseWork::Cancel => {}
            }
            prop_assert_eq!(here(&next), balance);
            for (line, (_, _, expected)) in next.lines.iter().zip(promise) {
                prop_assert_eq!(line.counts.expected, expected);
                let room = u64::from(expected).saturating_sub(line.counts.received());
                prop_assert!(u64::from(line.counts.missing) <= room, "{:?}", line.counts);
            }
            let json = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), next.clone());
            document = next;
        }
    }
}
