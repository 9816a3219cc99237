//! Every combination of a bounded world is put to `decide` and held against an oracle that was
//! written a second time, from the documents and in plain counts (`oracle.rs`): I1, I2, I3, I6 and
//! I8 by name, and the action of every combination.
//!
//! The product of everything is some hundred billions, so it is cut into strata. Why they stand for
//! the whole: goods reach a decision through a handful of questions only (complete? all available?
//! a surplus? damaged? arrived? a line unheard of?). So all that is not goods is crossed in full,
//! over goods that answer these questions in each way that matters; and all goods are crossed with
//! all that decides over the answers.
//!
//! | Test | Combinations | Goods | Crossed with |
//! | --- | --- | --- | --- |
//! | `zero_lines` | 84,672 | nothing is owed, or Loop does not tell, in seven ways; a good unit, a damaged one, none | every state of Loop (7) x every header state and no RMA (8) x every call and flag (24) x three policies |
//! | `zero_lines_whatever_else` | 580,608 | the shopper keeps everything, and a good unit came | everything: states of Loop x header states x policies (144) x ledgers (72) |
//! | `one_line_without_rma` | 145,152 | one line | everything |
//! | `one_line_whatever_else` | 2,177,280 | one line: good, a surplus, damaged, outstanding, unheard of | everything |
//! | `one_line_whatever_came` | 816,480 | one line: 0 to 2 units in each bucket, in eight kinds of row, without a stray, with a good one, with a damaged one | every state of Loop x every header state x two policies x (not sent and every flag, unconfirmed, not known) |
//! | `evidence_of_another_return` | 6,048 | one good line, of another return or merchant | every state of Loop x every header state x every call and flag x two policies |
//! | `when_goods_are_overdue` | 2,520 | one line: outstanding, or one of two damaged | every state of Loop x the states of receiving x five ways of being overdue or not x (not sent, not known) x every flag x two policies |
//! | `two_lines` | 493,224 | 0 to 2 units in each bucket of each line; AA and AB, by line and by product; and a row for one of them only | open, closed, cancelled x in progress, completed x two policies x flagged for this or never |
//! | `three_lines` | 1,005,017 | 0 to 2 units in each bucket of each line; AAA, AAB and ABC, by line and by product | open and fresh; completed with one policy, and, without what differs only in SKUs or order, in progress with the other |
//!
//! - "By product": a row per product and no line references. Its buckets run from 0 to twice the
//!   number of its lines, as the sums would.
//! - Every policy: each combination of the switches that `decide` looks at, as far as
//!   `Policy::check` lets it pass: process (all, this outcome, another one, nothing), surplus, early
//!   flags, overdue (not yet, said, flagged), and what may follow a cancelled or vanished RMA. The
//!   two policies are the article's with refunds enabled, and one with all other switches on.
//! - Every ledger: what became of the process call (eight, the deadline to the second on both sides)
//!   x flagged never, for these facts, for others x noted that goods came, that destinations are
//!   split, neither.
//!
//! Left to `tests/decide.rs`: rows by line and by product in one RMA, barcodes, more than three
//! lines, the texts. Each test asserts how many combinations it put, so that none shrinks unseen.
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "../common/mod.rs"]
mod common;
mod oracle;
mod run;
mod world;

use run::{Stratum, different_notes_have_different_fingerprints};
use world::{
    Allowed, Call, Flagged, Goods, Header, Listed, Overdue, Past, Row, Shape, Stands, Stray,
    Switches, Whose,
};

/// From 0 to 2 units in each bucket.
const ANY: [u32; 4] = [2; 4];
const AS_GIVEN: [u32; 4] = [0; 4];

/// A row on which nothing is counted yet.
fn row(names: Option<u64>, sku: char, expected: u32) -> Row {
    Row {
        names,
        sku,
        expected,
        available: 0,
        damaged: 0,
        held: 0,
        missing: 0,
    }
}

/// Line 1, of which one unit is awaited, with these counts.
fn counted([available, damaged, held, missing]: [u32; 4]) -> Row {
    Row {
        available,
        damaged,
        held,
        missing,
        ..row(Some(1), 'A', 1)
    }
}

fn listed(listed: Listed, rows: Vec<Row>) -> Goods {
    Goods {
        listed,
        whose: Whose::ThisReturn,
        rows,
        stray: Stray::None,
    }
}

/// One unit per letter is to come.
fn shipped(skus: &'static str, rows: Vec<Row>) -> Goods {
    listed(Listed::Shipped(skus), rows)
}

/// A row per line, which it names.
fn by_line(skus: &'static str) -> Shape {
    let lines = (1..).zip(skus.chars());
    let rows: Vec<Row> = lines.map(|(id, sku)| row(Some(id), sku, 1)).collect();
    Shape {
        most: vec![ANY; rows.len()],
        in_one_order: false,
        goods: shipped(skus, rows),
    }
}

/// A row per product, with the sums of what `by_line` has.
fn by_product(skus: &'static str) -> Shape {
    let mut rows: Vec<Row> = Vec::new();
    for sku in skus.chars() {
        match rows.iter_mut().find(|row| row.sku == sku) {
            Some(row) => row.expected += 1,
            None => rows.push(row(None, sku, 1)),
        }
    }
    Shape {
        most: rows.iter().map(|row| [2 * row.expected; 4]).collect(),
        in_one_order: false,
        goods: shipped(skus, rows),
    }
}

/// The first line as the warehouse has it, whatever else Loop lists.
fn one_row(skus: &'static str, row: Row) -> Shape {
    Shape {
        goods: shipped(skus, vec![row]),
        most: vec![ANY],
        in_one_order: false,
    }
}

/// A row per product and condition, the good units in the first row.
fn by_condition() -> Shape {
    let rows = [1, 0, 0, 0].map(|expected| row(None, 'A', expected));
    Shape {
        goods: shipped("A", rows.to_vec()),
        most: vec![[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2]],
        in_one_order: false,
    }
}

fn with_each_stray(shapes: &[Shape]) -> Vec<Shape> {
    let with = |stray| {
        move |mut shape: Shape| {
            shape.goods.stray = stray;
            shape
        }
    };
    [Stray::None, Stray::Good, Stray::Damaged]
        .into_iter()
        .flat_map(|stray| shapes.iter().cloned().map(with(stray)))
        .collect()
}

/// Everything that is not goods.
fn everything(shapes: Vec<Shape>, headers: &[Header]) -> Stratum {
    Stratum {
        shapes,
        headers: headers.to_vec(),
        stands: Stands::ALL.to_vec(),
        switches: Switches::every(),
        pasts: Past::every(),
    }
}

/// Never flagged.
fn after(call: Call) -> Past {
    Past {
        call,
        ..Past::FRESH
    }
}

#[test]
fn zero_lines() {
    let recreates = Switches {
        process_returns: false,
        allowed: Allowed::RecreateRma,
        ..Switches::WISHES
    };
    let ways = [
        Listed::Kept,
        Listed::Empty,
        Listed::Unlisted,
        Listed::OneIdTwoProducts,
        Listed::OtherDestination,
        Listed::DestinationUnnamed,
        Listed::NoShipBack,
    ];
    let rows = [
        vec![counted([1, 0, 0, 0])],
        vec![counted([0, 1, 0, 0])],
        vec![],
    ];
    let shapes = ways.iter().flat_map(|way| {
        let goods = |rows: &Vec<Row>| listed(way.clone(), rows.clone());
        rows.iter().map(goods).map(Shape::fixed).collect::<Vec<_>>()
    });
    let stratum = Stratum {
        shapes: shapes.collect(),
        headers: Header::ALL.to_vec(),
        stands: Stands::ALL.to_vec(),
        switches: vec![Switches::ON, Switches::WISHES, recreates],
        pasts: Past::product(&Call::ALL).collect(),
    };
    assert_eq!(stratum.check(), 7 * 3 * 8 * 7 * 3 * 24);
}

#[test]
fn zero_lines_whatever_else() {
    let came = listed(Listed::Kept, vec![counted([1, 0, 0, 0])]);
    let stratum = everything(vec![Shape::fixed(came)], &Header::ALL);
    assert_eq!(stratum.check(), 8 * 7 * 144 * 72);
}

#[test]
fn one_line_without_rma() {
    let stratum = everything(
        vec![Shape::fixed(shipped("A", vec![]))],
        &[Header::Gone, Header::NotMade],
    );
    assert_eq!(stratum.check(), 2 * 7 * 144 * 72);
}

#[test]
fn one_line_whatever_else() {
    let rows = [
        vec![counted([1, 0, 0, 0])],
        vec![counted([2, 0, 0, 0])],
        vec![counted([0, 1, 0, 0])],
        vec![counted([0, 0, 0, 0])],
        vec![],
    ];
    let shapes = rows.map(|rows| Shape::fixed(shipped("A", rows)));
    let stratum = everything(shapes.to_vec(), &Header::WITH_RMA);
    assert_eq!(stratum.check(), 5 * 6 * 7 * 144 * 72);
}

#[test]
fn one_line_whatever_came() {
    let removed = Shape {
        goods: shipped("A", vec![counted([1, 0, 0, 0]), row(Some(9), 'Z', 1)]),
        most: vec![AS_GIVEN, ANY],
        in_one_order: false,
    };
    let stratum = Stratum {
        shapes: with_each_stray(&[
            by_line("A"),
            by_product("A"),
            by_condition(),
            // The warehouse expects another number than Loop does now.
            one_row("A", row(Some(1), 'A', 0)),
            one_row("A", row(Some(1), 'A', 2)),
            // Another product came under the line's id.
            one_row("A", row(Some(1), 'Z', 1)),
            // The line is good, and one that Loop has no more came as well.
            removed,
            // Only that one came.
            one_row("A", row(Some(9), 'Z', 1)),
        ]),
        headers: Header::WITH_RMA.to_vec(),
        stands: Stands::ALL.to_vec(),
        switches: vec![Switches::ON, Switches::WISHES],
        pasts: Past::product(&[Call::NotSent])
            .chain([Call::AcceptedLate, Call::NotKnown].map(after))
            .collect(),
    };
    assert_eq!(stratum.check(), 3 * 8 * 81 * 6 * 7 * 2 * 5);
}

#[test]
fn evidence_of_another_return() {
    let good = || shipped("A", vec![counted([1, 0, 0, 0])]);
    let of = |whose| Shape::fixed(Goods { whose, ..good() });
    let stratum = Stratum {
        shapes: vec![
            of(Whose::RmaOfAnotherReturn),
            of(Whose::RmaOfAnotherMerchant),
            of(Whose::ReturnOfAnother),
        ],
        headers: Header::WITH_RMA.to_vec(),
        stands: Stands::ALL.to_vec(),
        switches: vec![Switches::ON, Switches::WISHES],
        pasts: Past::product(&Call::ALL).collect(),
    };
    assert_eq!(stratum.check(), 3 * 6 * 7 * 2 * 24);
}

#[test]
fn when_goods_are_overdue() {
    let damaged = Row {
        expected: 2,
        ..counted([0, 1, 0, 0])
    };
    let ways = [
        Overdue::NotYet,
        Overdue::Said,
        Overdue::Flagged,
        Overdue::SinceWhen,
        Overdue::Never,
    ];
    let overdue = |on: Switches| ways.map(|overdue| Switches { overdue, ..on });
    let stratum = Stratum {
        shapes: vec![
            Shape::fixed(shipped("A", vec![counted([0; 4])])),
            Shape::fixed(shipped("A", vec![damaged])),
        ],
        headers: vec![Header::Announced, Header::Arrived, Header::InProgress],
        stands: Stands::ALL.to_vec(),
        switches: [Switches::ON, Switches::WISHES]
            .into_iter()
            .flat_map(overdue)
            .collect(),
        pasts: Past::product(&[Call::NotSent, Call::NotKnown]).collect(),
    };
    assert_eq!(stratum.check(), 2 * 3 * 7 * 10 * 6);
}

#[test]
fn two_lines() {
    let flagged = |flagged| Past {
        flagged,
        ..Past::FRESH
    };
    let stratum = Stratum {
        shapes: vec![
            by_line("AA"),
            by_line("AB"),
            by_product("AA"),
            by_product("AB"),
            one_row("AA", row(Some(1), 'A', 1)),
            one_row("AB", row(Some(1), 'A', 1)),
            one_row("AB", row(None, 'A', 1)),
        ],
        headers: vec![Header::InProgress, Header::Completed],
        stands: vec![Stands::Open, Stands::Closed, Stands::Cancelled],
        switches: vec![Switches::ON, Switches::WISHES],
        pasts: vec![flagged(Flagged::Never), flagged(Flagged::ForThis)],
    };
    let goods = 3 * 81 * 81 + 5 * 5 * 5 * 5 + 3 * 81;
    assert_eq!(stratum.check(), goods * 2 * 3 * 2 * 2);
}

#[test]
fn three_lines() {
    let decided = |header, switches, shapes| Stratum {
        shapes,
        headers: vec![header],
        stands: vec![Stands::Open],
        switches: vec![switches],
        pasts: vec![Past::FRESH],
    };
    // Where all lines are equal, or none has to do with another, to swap them changes no fact.
    let in_one_order = |shape| Shape {
        in_one_order: true,
        ..shape
    };
    let completed = vec![
        in_one_order(by_line("AAA")),
        by_line("AAB"),
        in_one_order(by_line("ABC")),
        by_product("AAA"),
        by_product("AAB"),
        in_one_order(by_product("ABC")),
    ];
    let in_progress = vec![
        in_one_order(by_line("AAA")),
        by_product("AAA"),
        by_product("AAB"),
    ];
    let by_product = 7 * 7 * 7 * 7 + 5 * 5 * 5 * 5 * 81;
    let orderless = 83 * 82 * 81 / (3 * 2);
    assert_eq!(
        decided(Header::Completed, Switches::ON, completed).check(),
        81 * 81 * 81 + by_product + 3 * orderless
    );
    assert_eq!(
        decided(Header::InProgress, Switches::WISHES, in_progress).check(),
        by_product + orderless
    );
}

#[test]
fn a_flag_is_known_again_by_its_facts_alone() {
    let shapes = with_each_stray(&[by_line("A"), by_product("AA"), by_line("AB")]);
    assert_eq!(different_notes_have_different_fingerprints(&shapes), 21_798);
}
