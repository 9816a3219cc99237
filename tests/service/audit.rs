//! The end of every scenario: the books of both sides, the log, and all that was shown. It shares
//! no code with what it audits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::canaries;
use crate::log;
use crate::loop_side::Truth;
use crate::merchant::Merchant;
use crate::oms_side::{Goods, SKUS};

/// What is excused.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mercy {
    /// So many good returns may have ended with a person, and so many flags may have been sent
    /// again: as often as somebody was killed, or lost the ledger, at work.
    pub(crate) deaths: usize,
}

/// Breaches of the rules, in words.
pub(crate) fn judge(
    merchant: &Merchant,
    truth: &BTreeMap<u64, Truth>,
    rmas: &BTreeSet<u64>,
    log: &[Value],
    mercy: Mercy,
) -> Vec<String> {
    let mut faults = Vec::new();
    let (mut persons, mut flags_again) = (0, 0);
    for (id, goods) in &merchant.book {
        let mut check = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{} {id} ({goods:?}): {what}", merchant.name()));
            }
        };
        check(rmas.contains(id), "lost: it has no RMA");
        let it = &truth[id];
        check(
            it.process_requests <= 1,
            "doubled: more than one process request",
        );
        check(
            it.process_accepted <= 1,
            "doubled: processed more than once",
        );
        check(it.refunds <= 1, "doubled: refunded more than once");
        let texts: BTreeSet<_> = it.notes.iter().collect();
        check(
            texts.len() == it.notes.len(),
            "doubled: a note stands there twice",
        );
        flags_again += usize::try_from(it.flag_calls.saturating_sub(1)).unwrap();
        match goods {
            Goods::Good if it.refunds == 1 => {
                check(
                    it.state == "closed" && !it.flagged,
                    "refunded, and not closed",
                );
            }
            Goods::Good => {
                persons += usize::from(it.flagged);
                check(
                    it.flagged,
                    "lost: good, and neither refunded nor with a person",
                );
            }
            Goods::Damaged | Goods::Short => {
                check(it.refunds == 0, "refunded although goods are bad");
                check(it.flagged, "lost: bad, and not with a person");
                let says_why = it.notes.iter().any(|note| note.contains(SKUS[0]));
                check(says_why, "no note names the bad unit");
            }
            Goods::OnTheWay => {
                let untouched = it.process_requests == 0 && it.flag_calls == 0;
                check(untouched, "acted upon before its goods were there");
            }
        }
        let about: Vec<_> = log
            .iter()
            .filter(|line| concerns(line, merchant, *id))
            .collect();
        let is_decided = about.iter().any(|line| line["message"] == "decided");
        check(
            is_decided || *goods == Goods::OnTheWay,
            "the log tells of no decision",
        );
    }
    let name = merchant.name();
    for stranger in rmas.iter().filter(|id| !merchant.book.contains_key(id)) {
        faults.push(format!(
            "{name} {stranger}: an RMA that belongs to no return"
        ));
    }
    if persons > mercy.deaths {
        faults.push(format!(
            "{name}: {persons} good returns ended with a person"
        ));
    }
    if flags_again > mercy.deaths {
        faults.push(format!("{name}: {flags_again} flags were sent again"));
    }
    let nameless = log.iter().filter(|line| log::return_id(line).is_some());
    for line in nameless.filter(|line| log::merchant(line).is_none()) {
        faults.push(format!("a line about a return names no merchant: {line}"));
    }
    faults
}

fn concerns(line: &Value, merchant: &Merchant, id: u64) -> bool {
    log::return_id(line) == Some(id) && log::merchant(line) == Some(merchant.name())
}

/// Where a secret, or something about a person, was shown.
pub(crate) fn betrayed<'a>(shown: impl Iterator<Item = &'a String>) -> Vec<String> {
    let betrays = |text: &String| {
        let canary = canaries::found_in(text)?;
        let line = text.lines().find(|line| line.contains(canary))?;
        Some(format!("{canary} was shown: {line}"))
    };
    shown.filter_map(betrays).collect()
}
