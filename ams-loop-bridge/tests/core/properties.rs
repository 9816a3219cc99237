//! What must hold for every combination of what both sides say.

use ams_loop_bridge::{Action, Decision, History, Policy, ProcessRecord, Surplus, decide};
use ams_oms_client::RmaSnapshot;
use loop_client::Return;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{HOUR, RETURN, at, line, product, read, ret, return_json, rma, row, stray};
use crate::support::{after, fresh, on, proptest_config, some_fingerprint, with};
use Action::{Flag, Process};

/// A combination of everything `decide` looks at. Rows carry line references, all or none of
/// them; without, there is one row per product.
#[derive(Debug, Clone)]
struct World {
    policy: Policy,
    state: Option<&'static str>,
    lines: Vec<Value>,
    rma_state: &'static str,
    rows: Vec<Value>,
    strays: Vec<Value>,
    history: History,
}

impl World {
    fn ret(&self) -> Return {
        let mut json = return_json(RETURN, "open", &self.lines);
        json["state"] = json!(self.state);
        read(json)
    }

    fn rma(&self) -> RmaSnapshot {
        rma(self.rma_state, &self.rows, &self.strays)
    }

    fn decide(&self) -> Decision {
        decide(&self.policy, &self.ret(), Some(&self.rma()), &self.history)
    }

    fn expected(&self) -> Vec<(String, String)> {
        self.lines
            .iter()
            .filter(|line| line["outcome"] != "keep")
            .map(|line| {
                (
                    line["line_item_id"].to_string(),
                    line["sku"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    }

    /// Rows that speak of an expected line.
    fn relevant(&self) -> Vec<&Value> {
        let expected = self.expected();
        let names = |row: &&Value| {
            expected.iter().any(|(id, sku)| {
                row["sku"] == sku.as_str()
                    && (row["line_item_id"].is_null() || row["line_item_id"] == id.as_str())
            })
        };
        self.rows.iter().filter(names).collect()
    }

    /// Written a second time, not with the code under test.
    fn may_process(&self) -> bool {
        let n = |row: &Value, what: &str| row["counts"][what].as_u64().unwrap();
        let settled = |row: &Value| {
            n(row, "held") == 0
                && n(row, "available") + n(row, "damaged") + n(row, "missing") >= n(row, "expected")
        };
        let complete = self.rma_state == "completed"
            || (["announced", "arrived", "in_progress"].contains(&self.rma_state)
                && self.rows.iter().any(|row| n(row, "expected") > 0)
                && self.rows.iter().all(settled));
        let expected = self.expected();
        let every_unit = expected.iter().all(|(id, sku)| {
            let by_line = self
                .rows
                .iter()
                .find(|row| row["line_item_id"] == id.as_str() && row["sku"] == sku.as_str());
            match by_line {
                Some(row) => n(row, "available") >= 1,
                None => {
                    let of_product =
                        |row: &&Value| row["line_item_id"].is_null() && row["sku"] == sku.as_str();
                    let available: u64 = self
                        .rows
                        .iter()
                        .filter(of_product)
                        .map(|row| n(row, "available"))
                        .sum();
                    let wanted = expected.iter().filter(|(_, other)| other == sku).count();
                    available >= u64::try_from(wanted).unwrap()
                }
            }
        });
        let none_bad = self.relevant().iter().all(|row| {
            ["damaged", "held", "missing"]
                .iter()
                .all(|what| n(row, what) == 0)
        });
        // Nor among units that nobody expects.
        let none_bad_beside = self
            .rows
            .iter()
            .all(|row| n(row, "damaged") + n(row, "held") == 0)
            && self
                .strays
                .iter()
                .all(|stray| stray["condition"] == "available");
        let received: u64 = self.rows.iter().map(|row| n(row, "available")).sum();
        let surplus = !self.strays.is_empty() || received > u64::try_from(expected.len()).unwrap();
        self.policy.process_returns
            && self.state == Some("open")
            && complete
            && !expected.is_empty()
            && every_unit
            && none_bad
            && none_bad_beside
            && self.history.process == ProcessRecord::NotSent
            && self.history.flagged.is_none()
            && !(surplus && self.policy.surplus == Surplus::Flag)
    }
}

fn worlds() -> impl Strategy<Value = World> {
    // Mostly good, or next to nothing would ever be processed.
    let units = || {
        prop_oneof![
            6 => Just([1, 1, 0, 0, 0]),
            1 => Just([1, 2, 0, 0, 0]),
            2 => prop::array::uniform5(0u32..=2),
        ]
    };
    let lines = prop::collection::vec(
        (
            prop::sample::select(vec!["A", "A", "B", "C"]),
            prop::bool::weighted(0.15),
            prop::bool::weighted(0.95),
            units(),
        ),
        0..=4,
    );
    let policy =
        (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(surplus, early, process)| {
            with(|policy| {
                policy.surplus = if surplus {
                    Surplus::Flag
                } else {
                    Surplus::Process
                };
                policy.flag_early = early;
                policy.process_returns = process;
            })
        });
    let state = prop_oneof![
        8 => Just(Some("open")),
        4 => prop::sample::select(vec![None, Some("review"), Some("closed"), Some("cancelled"), Some("expired"), Some("odd")]),
    ];
    let rma_state = prop::sample::select(vec![
        "in_progress",
        "completed",
        "completed",
        "arrived",
        "announced",
        "cancelled",
        "odd",
    ]);
    let strays = prop::collection::vec(
        (
            prop::sample::select(vec!["A", "Z"]),
            1u32..3,
            prop::sample::select(vec!["available", "damaged"]),
        ),
        0..=2,
    );
    (lines, policy, state, rma_state, prop::bool::weighted(0.6), strays, histories()).prop_map(
        |(lines, policy, state, rma_state, by_line, strays, history)| {
            let mut rows: Vec<Value> = Vec::new();
            for (id, (sku, _, known, units)) in (1u64..).zip(&lines) {
                if by_line {
                    if *known {
                        rows.push(row(id, sku, *units));
                    }
                } else if let Some(row) = rows.iter_mut().find(|row| row["sku"] == *sku) {
                    for (key, more) in ["expected", "available", "damaged", "held", "missing"].iter().zip(units) {
                        row["counts"][key] = json!(row["counts"][key].as_u64().unwrap() + u64::from(*more));
                    }
                } else {
                    rows.push(product(sku, *units));
                }
            }
            World {
                lines: (1u64..)
                    .zip(&lines)
                    .map(|(id, (sku, kept, ..))| {
                        json!({"line_item_id": id, "sku": sku, "outcome": if *kept { "keep" } else { "default" }})
                    })
                    .collect(),
                strays: strays.iter().map(|(sku, n, condition)| stray(sku, *n, condition)).collect(),
                policy,
                state,
                rma_state,
                rows,
                history,
            }
        },
    )
}

fn histories() -> impl Strategy<Value = History> {
    let since = -30 * HOUR..=1;
    let process = prop_oneof![
        8 => Just(ProcessRecord::NotSent),
        1 => since.clone().prop_map(|s| ProcessRecord::Unknown { since: at(s) }),
        1 => since.prop_map(|s| ProcessRecord::Accepted { since: at(s) }),
        1 => Just(ProcessRecord::Refused { message: "no".to_owned() }),
        1 => Just(ProcessRecord::Failed),
        1 => Just(ProcessRecord::NotRecorded),
    ];
    (process, prop::bool::weighted(0.15), any::<bool>()).prop_map(|(process, flagged, made)| {
        let mut history = after(process);
        history.flagged = flagged.then(some_fingerprint);
        history.rma_was_made = made;
        history
    })
}

/// An order to put things in, from any bytes.
fn shuffle<T>(items: &mut [T], seed: &[u8]) {
    for (at, byte) in seed.iter().enumerate().take(items.len()) {
        items.swap(at, usize::from(*byte) % items.len());
    }
}

fn is_effect(action: Action) -> bool {
    matches!(action, Process | Flag)
}

proptest! {
    #![proptest_config(proptest_config())]

    #[test]
    fn processing_is_always_justified_and_never_forgotten(world in worlds()) {
        let found = world.decide();
        prop_assert_eq!(found.action == Process, world.may_process(), "{:?}", found);
    }

    #[test]
    fn the_order_of_lines_rows_and_strays_does_not_matter(world in worlds(), seed in any::<[u8; 12]>()) {
        let mut other = world.clone();
        shuffle(&mut other.lines, &seed[..4]);
        shuffle(&mut other.rows, &seed[4..8]);
        shuffle(&mut other.strays, &seed[8..]);
        prop_assert_eq!(world.decide(), other.decide());
    }

    #[test]
    fn the_order_of_several_rows_of_one_product_does_not_matter(
        wanted in 1u64..4,
        units in prop::collection::vec(prop::array::uniform5(0u32..=2), 1..4),
        seed in any::<[u8; 4]>(),
    ) {
        let lines: Vec<Value> = (1..=wanted).map(|id| line(id, "A")).collect();
        let mut rows: Vec<Value> = units.iter().map(|units| product("A", *units)).collect();
        let ret = ret("open", &lines);
        let one = decide(&on(), &ret, Some(&rma("completed", &rows, &[])), &fresh());
        shuffle(&mut rows, &seed);
        let other = decide(&on(), &ret, Some(&rma("completed", &rows, &[])), &fresh());
        prop_assert_eq!(one.action, other.action);
    }

    #[test]
    fn receipts_and_documents_do_not_matter(world in worlds(), documents in prop::collection::vec(any::<String>(), 0..8)) {
        let mut snapshot = world.rma();
        snapshot.documents = documents;
        snapshot.raw_state = "whatever".to_owned();
        let found = decide(&world.policy, &world.ret(), Some(&snapshot), &world.history);
        prop_assert_eq!(found.action, world.decide().action);
        prop_assert_eq!(found.facts, world.decide().facts);
    }

    #[test]
    fn more_damage_never_turns_anything_into_process(world in worlds(), which in any::<prop::sample::Index>()) {
        prop_assume!(!world.rows.is_empty());
        let mut worse = world.clone();
        let at = which.index(worse.rows.len());
        let units = &mut worse.rows[at]["counts"];
        let (available, damaged) = (units["available"].as_u64().unwrap(), units["damaged"].as_u64().unwrap());
        units["damaged"] = json!(damaged + 1);
        units["available"] = json!(available.saturating_sub(1));
        if worse.decide().action == Process {
            prop_assert_eq!(world.decide().action, Process);
            prop_assert!(!worse.relevant().contains(&&worse.rows[at]));
        }
    }

    #[test]
    fn switching_refunds_off_never_adds_an_effect(mut world in worlds()) {
        world.policy.process_returns = true;
        let enabled = world.decide();
        world.policy.process_returns = false;
        let disabled = world.decide();
        prop_assert_ne!(disabled.action, Process);
        if is_effect(disabled.action) || disabled.note.is_some() {
            prop_assert_eq!(&disabled, &enabled);
        }
    }

    #[test]
    fn a_repeated_decision_is_the_same(world in worlds()) {
        prop_assert_eq!(world.decide(), world.decide());
        let mut again = world.clone();
        let found = world.decide();
        if found.action == Flag {
            again.history.flagged = Some(found.fingerprint);
            prop_assert_ne!(again.decide().action, Flag);
        }
    }

    #[test]
    fn zero_lines_never_process(mut world in worlds()) {
        for line in &mut world.lines {
            line["outcome"] = json!("keep");
        }
        prop_assert_ne!(world.decide().action, Process);
        if world.history.process == ProcessRecord::NotSent {
            prop_assert_ne!(world.decide().action, Flag);
        }
    }

    #[test]
    fn unknown_states_never_process(world in worlds(), word in "[a-z]{1,12}") {
        prop_assume!(word != "open" && word != "completed" && word != "arrived" && word != "announced");
        let mut json = return_json(RETURN, &word, &world.lines);
        let found = decide(&world.policy, &read(json.clone()), Some(&world.rma()), &world.history);
        prop_assert_ne!(found.action, Process);
        json["state"] = json!("open");
        let unknown = rma(&word, &world.rows, &world.strays);
        let found = decide(&world.policy, &read(json), Some(&unknown), &world.history);
        prop_assert_ne!(found.action, Process);
    }

    #[test]
    fn after_a_process_call_there_is_never_another(
        world in worlds(),
        process in prop_oneof![
            (-1000 * HOUR..1000 * HOUR).prop_map(|s| ProcessRecord::Unknown { since: at(s) }),
            (-1000 * HOUR..1000 * HOUR).prop_map(|s| ProcessRecord::Accepted { since: at(s) }),
            any::<String>().prop_map(|message| ProcessRecord::Refused { message }),
            Just(ProcessRecord::Failed),
            Just(ProcessRecord::NotRecorded),
        ],
        flagged in any::<bool>(),
    ) {
        let mut world = world;
        world.history.process = process;
        world.history.flagged = flagged.then(some_fingerprint);
        prop_assert_ne!(world.decide().action, Process);
    }
}
