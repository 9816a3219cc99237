//! The note that tells the merchant why a return was flagged. Loop takes fewer than 255
//! characters.

use std::fmt::Write as _;

use ams_oms_client::RmaKey;
use loop_client::LONGEST_NOTE;

use super::facts::{Facts, LineFacts, Unexpected};
use super::{Action, Reason};

/// The note that goes with a decision, if one is due.
pub(super) fn due(action: Action, reason: &Reason, key: &RmaKey, facts: &Facts) -> Option<String> {
    let is_due = match action {
        Action::Flag | Action::Escalate => true,
        // Nobody would learn of the surplus otherwise.
        Action::Process => !facts.unexpected.is_empty(),
        // Whoever reviews the return has read that the goods are bad.
        Action::Nothing => *reason == Reason::GoodAfterFlag,
        Action::Wait | Action::Cancel => false,
    };
    let headline = reason.headline().filter(|_| is_due)?;
    Some(compose(headline, key, facts))
}

/// Names line, SKU and counts, and nothing about a person. It is cut between entries, never
/// within one, and says how many were left out.
fn compose(headline: &str, key: &RmaKey, facts: &Facts) -> String {
    let mut note = format!("RMA {}: {headline}", key.rma_number);
    let entries: Vec<String> = facts
        .lines
        .iter()
        .filter(|line| line.available < line.expected)
        .map(|line| line_entry(line, facts.complete))
        .chain(facts.unexpected.iter().map(unexpected_entry))
        .collect();
    for (at, entry) in entries.iter().enumerate() {
        let separator = if at == 0 { ". " } else { "; " };
        let after = entries.len() - at - 1;
        let more = if after > 0 {
            format!(" and {after} more")
        } else {
            String::new()
        };
        if length(&note) + length(separator) + length(entry) + length(&more) > LONGEST_NOTE {
            let _infallible = write!(note, " and {} more", entries.len() - at);
            break;
        }
        note.push_str(separator);
        note.push_str(entry);
    }
    note
}

fn line_entry(line: &LineFacts, complete: bool) -> String {
    let mut text = format!(
        "line {} {}: ",
        line.line_item_id,
        item_name(line.sku.as_deref().or(line.barcode.as_deref()))
    );
    let _infallible = write!(text, "{} of {} available", line.available, line.expected);
    let (missing, outstanding) = line.not_received(complete);
    for (count, what) in [
        (line.damaged, "damaged"),
        (line.held, "on hold"),
        (missing, "missing"),
        (outstanding, "outstanding"),
    ] {
        if count > 0 {
            let _infallible = write!(text, ", {count} {what}");
        }
    }
    if line.ambiguous {
        // Which of several lines of one SKU the unit belongs to is a guess.
        text.push_str(", line ambiguous");
    }
    text
}

fn unexpected_entry(unit: &Unexpected) -> String {
    let condition = if unit.available {
        ""
    } else {
        " not in good order"
    };
    format!(
        "not expected {}: {}{condition}",
        item_name(unit.item.as_deref()),
        unit.quantity
    )
}

/// SKUs come from outside: bounded, on one line.
fn item_name(name: Option<&str>) -> String {
    const LONGEST: usize = 40;
    let Some(name) = name else {
        return "(no SKU)".to_owned();
    };
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    if name.chars().count() <= LONGEST {
        return name;
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

fn length(text: &str) -> usize {
    text.chars().count()
}
