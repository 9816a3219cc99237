//! An independent look at how both sides ended up. It knows Loop's truth and the warehouse's
//! records, and nothing of how the bridge decides.

use std::num::NonZeroU32;

use ams_oms_client::{MerchantId, Oms, RmaKey, RmaNumber, RmaSnapshot, RmaState};
use loop_client::sandbox::{ReturnTruth, Sandbox};

use crate::Outcome;
use crate::shoppers::Case;

/// One return as both sides show it.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) in_loop: ReturnTruth,
    pub(crate) in_oms: Option<RmaSnapshot>,
}

/// How all returns ended.
pub(crate) async fn endings(
    sandbox: &Sandbox,
    oms: &dyn Oms,
    merchant: &MerchantId,
) -> Outcome<Vec<Ending>> {
    let mut endings = Vec::new();
    for in_loop in sandbox.truth() {
        let number = RmaNumber::new(in_loop.id).ok_or("return ids are not zero")?;
        let in_oms = oms.get_rma(&RmaKey::new(merchant.clone(), number)).await?;
        endings.push(Ending { in_loop, in_oms });
    }
    Ok(endings)
}

/// Every RMA number in the OMS.
pub(crate) async fn rma_numbers(oms: &dyn Oms, merchant: &MerchantId) -> Outcome<Vec<u64>> {
    let limit = NonZeroU32::new(1000).ok_or("not zero")?;
    let mut cursor = None;
    let mut numbers = std::collections::BTreeSet::new();
    loop {
        let page = oms.changes(merchant, cursor.as_ref(), limit).await?;
        numbers.extend(page.changes.iter().map(|change| change.rma_number.get()));
        if !page.more {
            return Ok(numbers.into_iter().collect());
        }
        cursor = Some(page.next);
    }
}

/// Breaches of the rules of money, in words; see the crate docs of `ams-loop-bridge`.
pub(crate) fn violations(cases: &[Case], endings: &[Ending], rma_numbers: &[u64]) -> Vec<String> {
    let mut found = Vec::new();
    for case in cases {
        match endings
            .iter()
            .find(|ending| ending.in_loop.id == case.return_id)
        {
            Some(ending) => {
                let breaches = breaches(case, ending);
                found.extend(
                    breaches
                        .into_iter()
                        .map(|it| format!("{}: {it}", case.return_id)),
                );
            }
            None => found.push(format!("{}: gone from Loop", case.return_id)),
        }
    }
    let known: Vec<u64> = cases.iter().map(|case| case.return_id).collect();
    for number in rma_numbers.iter().filter(|number| !known.contains(number)) {
        found.push(format!("{number}: an RMA that belongs to no return"));
    }
    found
}

fn breaches(case: &Case, Ending { in_loop, in_oms }: &Ending) -> Vec<String> {
    let Some(rma) = in_oms else {
        return vec!["I4: no RMA".to_owned()];
    };
    let count = |of: fn(&ams_oms_client::UnitCounts) -> u32| -> usize {
        rma.lines
            .iter()
            .map(|line| usize::try_from(of(&line.counts)).unwrap_or(0))
            .sum()
    };
    let (expected, available) = (
        count(|it| it.expected),
        count(|it| it.available.min(it.expected)),
    );
    let done = rma.state == RmaState::Completed;
    let good = expected > 0 && available == expected && expected == case.sent.len();
    let note = in_loop.notes.join("\n");
    let mut found = Vec::new();
    let mut check = |holds: bool, rule: &str| {
        if !holds {
            found.push(rule.to_owned());
        }
    };

    check(
        in_loop.process_requests <= 1,
        "I1: more than one process request",
    );
    check(in_loop.refunds <= 1, "I1: refunded more than once");
    check(
        in_loop.refunds == 0 || (done && good),
        "I2: refunded without evidence",
    );
    check(
        good || in_loop.process_requests == 0,
        "I3: processed although goods are bad",
    );
    check(
        expected == case.sent.len(),
        "I4: the RMA expects other units than were sent",
    );
    check(
        !done || (in_loop.refunds == 1) != in_loop.flagged,
        "I5: complete, and not exactly one of processed and flagged",
    );
    check(
        !done || good == (in_loop.refunds == 1),
        "I5: good goods not processed",
    );
    check(
        done || (in_loop.refunds == 0 && !in_loop.flagged),
        "I2: acted before completion",
    );
    check(
        in_loop.flag_calls <= 1 && in_loop.notes.len() <= 1,
        "I3: flagged more than once",
    );
    check(
        in_loop.refunds == 0 || in_loop.state == "closed",
        "I5: processed and not closed",
    );
    if in_loop.flagged {
        for line in rma
            .lines
            .iter()
            .filter(|line| line.counts.available < line.counts.expected)
        {
            let line_ref = line
                .line_ref
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            let named = [line_ref.as_str(), line.sku.as_deref().unwrap_or_default()]
                .iter()
                .all(|name| note.contains(name));
            check(named, "I3: the note does not name a bad line and its SKU");
        }
    }
    found
}
