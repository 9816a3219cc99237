//! From what both sides say of a return to what Loop would be told.

use ams_loop_bridge::{Decision, Facts, History, LineFacts, Mapping, Policy, decide, map_return};
use ams_oms_client::RmaSnapshot;
use loop_client::{Return, Timestamp};

use crate::answer::Answer;
use crate::input::Input;

/// As if nothing had been done about the return before.
pub(crate) fn decided(policy: &Policy, ret: &Input, rma: &Input) -> Result<Answer, String> {
    let details = Return::decode(ret.bytes()).map_err(|error| ret.unreadable(&error))?;
    let rma: RmaSnapshot = rma.decode("an ams_oms_client::RmaSnapshot")?;
    let history = History::none(rma.key.clone(), Timestamp::now());
    let decision = decide(policy, &details, Some(&rma), &history);
    Ok(Answer {
        why: reasoning(policy, &details, &rma, &decision),
        json: serde_json::to_value(&decision).map_err(|error| error.to_string())?,
    })
}

/// The way from the facts to the answer, as one would tell it.
fn reasoning(policy: &Policy, ret: &Return, rma: &RmaSnapshot, decision: &Decision) -> Vec<String> {
    let id = ret.id;
    let state = ret
        .state
        .as_ref()
        .map_or("of no state", |state| state.as_str());
    let mut why = vec![format!("In Loop, return {id} is {state}.")];
    if let Mapping::Owed { remarks, .. } | Mapping::NotOwed { remarks, .. } =
        map_return(&rma.key.merchant, policy, ret)
    {
        why.extend(remarks.iter().map(|remark| format!("There, {remark}.")));
    }
    let done = if rma.is_complete() {
        "nothing more is awaited"
    } else {
        "more is awaited"
    };
    why.push(format!(
        "In the warehouse, RMA {} is {}: {done}.",
        rma.key.rma_number, rma.state
    ));
    why.extend(told(&decision.facts));
    why.push(format!(
        "So: {}, because {}.",
        format!("{:?}", decision.action).to_lowercase(),
        decision.explanation
    ));
    if let Some(note) = &decision.note {
        why.push(format!("Written in Loop: {note}"));
    }
    why
}

fn told(facts: &Facts) -> Vec<String> {
    let of_line = |line: &LineFacts| {
        let mut text = format!(
            "Line {} ({}): {} of {} available",
            line.line_item_id,
            line.sku
                .as_deref()
                .or(line.barcode.as_deref())
                .unwrap_or("no SKU"),
            line.available,
            line.expected
        );
        for (units, what) in [
            (line.damaged, "damaged"),
            (line.held, "on hold"),
            (line.missing, "missing"),
            (line.outstanding, "not received"),
        ] {
            if units > 0 {
                text.push_str(&format!(", {units} {what}"));
            }
        }
        if !line.known_to_oms {
            text.push_str(", and the warehouse does not know the line");
        }
        if line.ambiguous {
            text.push_str(", though which of several equal lines it is cannot be told");
        }
        text + "."
    };
    let unexpected = facts.unexpected.iter().map(|unit| {
        format!(
            "Nobody expects {} of {}{}.",
            unit.quantity,
            unit.item.as_deref().unwrap_or("no SKU"),
            if unit.available {
                ""
            } else {
                ", not in good order"
            }
        )
    });
    facts.lines.iter().map(of_line).chain(unexpected).collect()
}
