//! What a person reads.

use ams_loop_bridge::{Action, Bridge, rma_key};
use ams_oms_client::{RmaSnapshot, SqliteOms};
use loop_client::sandbox::Sandbox;

use crate::Outcome;
use crate::audit::{self, Ending};
use crate::shoppers::Case;

/// The last line, as numbers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) returns: usize,
    pub(crate) rmas: usize,
    pub(crate) processed: usize,
    pub(crate) flagged: usize,
    pub(crate) waiting: usize,
    pub(crate) violations: usize,
}

pub(crate) fn say(line: &str) {
    println!("  {line}");
}

pub(crate) fn action(action: Action) -> String {
    match action {
        Action::Nothing => "done".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// Prints how everything ended.
pub(crate) async fn table(
    sandbox: &Sandbox,
    oms: &SqliteOms,
    bridge: &Bridge,
    cases: &[Case],
) -> Outcome<Totals> {
    let endings = audit::endings(sandbox, oms, bridge.merchant()).await?;
    let numbers = audit::rma_numbers(oms, bridge.merchant()).await?;
    let violations = audit::violations(cases, &endings, &numbers);
    println!(
        "\n{:<10} {:<5} {:<15} {:<34} {:<9} {:<63} final state in Loop",
        "RMA number", "lines", "outcome asked", "received", "decision", "why"
    );
    for ending in &endings {
        println!("{}", row(bridge, ending).await?);
    }
    for violation in &violations {
        println!("VIOLATION {violation}");
    }
    let totals = totals(&endings, numbers.len(), violations.len());
    let Totals {
        returns,
        rmas,
        processed,
        flagged,
        waiting,
        violations,
    } = totals;
    println!(
        "\nreturns={returns} rmas={rmas} processed={processed} flagged={flagged} \
         waiting={waiting} violations={violations}"
    );
    Ok(totals)
}

pub(crate) fn totals(endings: &[Ending], rmas: usize, violations: usize) -> Totals {
    let count = |of: fn(&Ending) -> bool| endings.iter().filter(|ending| of(ending)).count();
    Totals {
        returns: endings.len(),
        rmas,
        processed: count(|it| it.in_loop.refunds > 0),
        flagged: count(|it| it.in_loop.flagged && it.in_loop.refunds == 0),
        waiting: count(|it| !it.in_loop.flagged && it.in_loop.refunds == 0),
        violations,
    }
}

async fn row(bridge: &Bridge, ending: &Ending) -> Outcome<String> {
    let truth = &ending.in_loop;
    let key = rma_key(bridge.merchant(), truth.id.try_into()?);
    let entry = bridge.ledger().load(&key).await?;
    let settled = entry.as_ref().and_then(|entry| entry.settlement.as_ref());
    let decision = settled.map_or_else(
        || "waiting".to_owned(),
        |settlement| format!("{:?}", settlement.outcome).to_lowercase(),
    );
    let why = entry.and_then(|entry| match entry.settlement {
        Some(_) => entry
            .acted_on
            .or(entry.decision)
            .map(|decision| decision.explanation),
        None => entry.waiting_for,
    });
    let received = ending
        .in_oms
        .as_ref()
        .map_or_else(|| "no RMA".to_owned(), received);
    Ok(format!(
        "{:<10} {:<5} {:<15} {received:<34} {decision:<9} {:<63} {}",
        truth.id,
        truth.line_item_ids.len(),
        truth.outcome,
        why.unwrap_or_default(),
        truth.state,
    ))
}

fn received(rma: &RmaSnapshot) -> String {
    let sum = |of: fn(&ams_oms_client::UnitCounts) -> u64| -> u64 {
        rma.lines.iter().map(|line| of(&line.counts)).sum()
    };
    let unexpected: u64 = rma
        .unexpected
        .iter()
        .map(|it| u64::from(it.quantity.get()))
        .sum();
    let missing = match rma.is_complete() {
        true => sum(|it| it.outstanding() + u64::from(it.missing)),
        false => 0,
    };
    let good = sum(|it| it.available.min(it.expected).into());
    let mut text = format!("{good} of {} good", sum(|it| it.expected.into()));
    for (units, what) in [
        (sum(|it| it.damaged.into()), "damaged"),
        (sum(|it| it.held.into()), "on hold"),
        (missing, "missing"),
        (sum(ams_oms_client::UnitCounts::surplus), "extra"),
        (unexpected, "foreign"),
    ] {
        if units > 0 {
            text.push_str(&format!(", {units} {what}"));
        }
    }
    text
}
