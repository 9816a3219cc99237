//! The decision table in the docs: every row is what the code decides.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use ams_loop_bridge::{Decision, History, Policy, ProcessRecord, decide};
use ams_oms_client::RmaSnapshot;
use loop_client::Return;
use serde_json::Value;

use crate::cases::{self, Case};
use crate::support::{fresh, on};

fn decided(case: &Case) -> Decision {
    decide(&case.policy, &case.ret, case.rma.as_ref(), &case.history)
}

#[test]
fn every_case_of_the_table_is_decided() {
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for case in cases::all() {
        assert!(names.insert(case.name), "{} comes twice", case.name);
        let found = decided(&case);
        let wanted = (case.action, &case.reason, case.note);
        if (found.action, &found.reason, found.note.as_deref()) != wanted {
            wrong.push(format!(
                "{}: wanted {wanted:?}, found {:?} {:?} {:?}",
                case.name, found.action, found.reason, found.note
            ));
        }
        assert_eq!(found.explanation, found.reason.to_string(), "{}", case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// With `UPDATE_DOCS` set, the file is written instead.
#[test]
fn the_table_in_the_docs_is_what_the_code_decides() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/decision-table.md");
    let written = written();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &written).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(
        kept == written,
        "{} is out of date: UPDATE_DOCS=1 cargo test --workspace --test core",
        file.display()
    );
}

/// What a field changes is shown by a row. Only `plan_rma`, `inspect` and the shell look at the
/// others.
#[test]
fn every_field_of_the_policy_has_a_row() {
    let table = written();
    let policy = serde_json::to_value(on()).unwrap();
    for field in policy.as_object().unwrap().keys() {
        let elsewhere = ["cancel_rma", "inspection", "process_attempt_id", "pull"];
        let elsewhere = elsewhere.contains(&field.as_str());
        assert_eq!(
            !elsewhere,
            table.contains(&format!("`{field}` =")),
            "{field}"
        );
    }
}

/// A row for each thing that can be decided, so that none is left without an example.
#[test]
fn every_reason_has_a_row() {
    let source = include_str!("../../src/decide/reason.rs");
    let body = source.split_once("pub enum Reason {").unwrap().1;
    let body = body.split_once("\n}\n").unwrap().0;
    let declared: BTreeSet<&str> = body
        .lines()
        .filter_map(|line| line.strip_prefix("    ")?.strip_suffix(','))
        .chain(
            body.lines()
                .filter_map(|line| line.strip_prefix("    ")?.strip_suffix(" {")),
        )
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| line.split_once('(').map_or(line, |(name, _)| name))
        .collect();
    let shown: BTreeSet<String> = cases::all()
        .iter()
        .map(|case| {
            let debug = format!("{:?}", case.reason);
            let name = debug.split(|c: char| !c.is_ascii_alphanumeric()).next();
            name.unwrap().to_owned()
        })
        .collect();
    let shown: BTreeSet<&str> = shown.iter().map(String::as_str).collect();
    assert!(declared.len() > 30, "{declared:?}");
    assert_eq!(declared, shown);
    for case in cases::all() {
        // As it is stored, with or without what goes with it.
        let stored = match serde_json::to_value(&case.reason).unwrap() {
            Value::String(code) => code,
            Value::Object(fields) => fields.keys().next().unwrap().clone(),
            other => panic!("{other}"),
        };
        assert_eq!(case.reason.code(), stored);
    }
}

fn written() -> String {
    let mut text = String::from(
        "Every row is a case that the test `core::table` decides: a return in Loop, what the \
         warehouse says of its RMA, and what the policy and the ledger say where they differ from \
         a merchant with `process_returns` on and a return that nothing was done about. \
         Quantities are units; `A` and `B` are SKUs, and `1 A 0 of 1 + 1 damaged` reads: line 1, SKU A, 0 \
         of 1 expected units available, 1 damaged.\n\n\
         | Case | Loop | Warehouse | Policy, ledger | Decision | Reason | Note in Loop |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for case in cases::all() {
        let cells = [
            case.name.to_owned(),
            loop_says(&case.ret),
            case.rma.as_ref().map_or("no RMA".to_owned(), oms_says),
            besides(&case, &decided(&case)),
            format!("**{:?}**", case.action),
            case.reason.to_string(),
            case.note.unwrap_or_default().to_owned(),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _infallible = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

/// The state, the lines, and what else differs from a plain return.
fn loop_says(ret: &Return) -> String {
    let state = ret
        .state
        .as_ref()
        .map_or("no state", |state| state.as_str());
    let mut said = vec![match &ret.line_items {
        None => format!("{state}: lines not listed"),
        Some(lines) if lines.is_empty() => format!("{state}: no lines"),
        Some(lines) => {
            let lines: Vec<String> = lines
                .iter()
                .map(|line| {
                    let sku = line.sku.as_deref().unwrap_or("-");
                    match line.outcome.as_deref() {
                        None | Some("default") => format!("{} {sku}", line.line_item_id),
                        Some(outcome) => format!("{} {sku} ({outcome})", line.line_item_id),
                    }
                })
                .collect();
            format!("{state}: {}", lines.join(", "))
        }
    }];
    said.extend(
        ret.outcome
            .as_ref()
            .filter(|outcome| outcome.as_str() != "refund")
            .map(|outcome| format!("outcome {}", outcome.as_str())),
    );
    said.extend(ret.return_type.as_ref().map(|it| format!("type {it}")));
    said.extend(ret.destination_id.map(|id| format!("destination {id}")));
    said.extend(
        ret.return_method
            .as_ref()
            .and_then(|method| Some(format!("method {}", method.provider.as_ref()?))),
    );
    if ret.is_gift_return == Some(true) {
        said.push("a gift".to_owned());
    }
    if ret.id.get() != crate::common::RETURN {
        said.push("another return".to_owned());
    }
    said.join("; ")
}

fn oms_says(rma: &RmaSnapshot) -> String {
    let counts: Vec<String> = rma
        .lines
        .iter()
        .map(|row| {
            let of_line = row
                .line_ref
                .as_ref()
                .map_or(String::new(), |id| format!("{id} "));
            let sku = row.sku.as_deref().unwrap_or("-");
            let c = row.counts;
            let mut text = format!("{of_line}{sku} {} of {}", c.available, c.expected);
            for (units, what) in [
                (c.damaged, "damaged"),
                (c.held, "held"),
                (c.missing, "missing"),
            ] {
                if units > 0 {
                    let _infallible = write!(text, " + {units} {what}");
                }
            }
            text
        })
        .chain(rma.unexpected.iter().map(|item| {
            let sku = item.sku.as_deref().unwrap_or("-");
            format!("not expected: {} {sku} {}", item.quantity, item.condition)
        }))
        .collect();
    let counts = if counts.is_empty() {
        "no rows".to_owned()
    } else {
        counts.join(", ")
    };
    format!("{}: {counts}", rma.raw_state)
}

/// What policy and ledger say that is not the usual.
fn besides(case: &Case, decision: &Decision) -> String {
    let mut said = Vec::new();
    let usual = serde_json::to_value(on()).unwrap();
    let policy = serde_json::to_value::<&Policy>(&case.policy).unwrap();
    for (field, value) in policy.as_object().unwrap() {
        if usual[field] != *value {
            let value = match value {
                Value::Array(words) => {
                    let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
                    words.join(", ")
                }
                Value::String(word) => word.clone(),
                other => other.to_string(),
            };
            said.push(format!("`{field}` = {value}"));
        }
    }
    said.extend(ledger_says(&case.history, decision));
    said.join("; ")
}

fn ledger_says(history: &History, decision: &Decision) -> Vec<String> {
    let usual = fresh();
    let mut said = Vec::new();
    let ago = |since| {
        let seconds = history.now.since(since).as_secs();
        match (seconds / 3600, seconds) {
            (0, seconds) => format!("{seconds} s ago"),
            (hours, seconds) if seconds % 3600 == 0 => format!("{hours} h ago"),
            (hours, seconds) => format!("{hours} h {} s ago", seconds % 3600),
        }
    };
    said.extend(match &history.process {
        ProcessRecord::NotSent => None,
        ProcessRecord::Unknown { since } => {
            Some(format!("process sent {}, no answer", ago(*since)))
        }
        ProcessRecord::Accepted { since } => Some(format!("process queued {}", ago(*since))),
        ProcessRecord::Refused { .. } => Some("process declined".to_owned()),
        ProcessRecord::Failed => Some("processing failed".to_owned()),
        _ => Some("not known what was sent".to_owned()),
    });
    if let Some(flagged) = &history.flagged {
        let which = if *flagged == decision.fingerprint {
            "these"
        } else {
            "other"
        };
        said.push(format!("flagged for {which} facts"));
    }
    if history.rma_was_made != usual.rma_was_made {
        said.push("the RMA was not made yet".to_owned());
    }
    if history.goods_were_received {
        said.push("goods were received before".to_owned());
    }
    if history.split_destinations {
        said.push("the ASN report names several destinations".to_owned());
    }
    said.extend(
        history
            .expected_since
            .map(|since| format!("announced {}", ago(since))),
    );
    said
}
