//! The end of every scenario: the books of both sides, the log, and all that was shown. It shares
//! no code with what it audits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::canaries;
use crate::log;
use crate::loop_side::Truth;
use crate::oms_side::{Goods, SKUS};

/// What is excused.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mercy {
    /// So many good returns may have ended with a person, and so many flags may have been sent
    /// again: as often as somebody was killed, or lost the ledger, at work.
    pub(crate) deaths: usize,
}

/// One merchant's.
pub(crate) struct Books<'a> {
    pub(crate) name: &'a str,
    pub(crate) book: &'a BTreeMap<u64, Goods>,
    pub(crate) truth: &'a BTreeMap<u64, Truth>,
    pub(crate) rmas: &'a BTreeSet<u64>,
    /// Returns that are with a person without that Loop knows it.
    pub(crate) escalated: &'a BTreeSet<u64>,
}

/// Breaches of the rules, in words.
pub(crate) fn judge(books: &Books<'_>, mercy: Mercy) -> Vec<String> {
    let Books {
        name,
        book,
        truth,
        rmas,
        escalated,
    } = books;
    let mut faults = Vec::new();
    let (mut persons, mut flags_again) = (0, 0);
    for (id, goods) in *book {
        let mut check = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{name} {id} ({goods:?}): {what}"));
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
                let is_with_a_person = it.flagged || escalated.contains(id);
                persons += usize::from(is_with_a_person);
                check(
                    is_with_a_person,
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
    }
    for stranger in rmas.iter().filter(|id| !book.contains_key(id)) {
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
    faults
}

/// Where the log is silent: it has to tell of the decision over every return, but for those that
/// were `left` to somebody else.
pub(crate) fn untold(
    Books { name, book, .. }: &Books<'_>,
    log: &[Value],
    left: impl Fn(u64) -> bool,
) -> Vec<String> {
    let about = |line: &&Value| log::merchant(line) == Some(*name);
    let decided: BTreeSet<u64> = log
        .iter()
        .filter(about)
        .filter(|line| line["message"] == "decided")
        .filter_map(log::return_id)
        .collect();
    let received = book.iter().filter(|(_, goods)| **goods != Goods::OnTheWay);
    let untold = received.filter(|(id, _)| !decided.contains(id) && !left(**id));
    let untold = untold.map(|(id, _)| format!("{name} {id}: the log tells of no decision"));
    let is_nameless =
        |line: &&Value| log::return_id(line).is_some() && log::merchant(line).is_none();
    let nameless = log.iter().filter(is_nameless);
    let nameless = nameless.map(|line| format!("about a return of nobody's: {line}"));
    untold.chain(nameless).collect()
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
