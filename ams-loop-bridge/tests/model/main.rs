//! The protocol of intents and claims as a model, and `stateright` walks through all of it: two
//! returns, two workers, and everything that can come between any two of their steps. A worker may
//! crash or freeze anywhere, a claim may run out while its holder is alive, answers get lost, news
//! and failure webhooks come when they like, goods turn bad, Loop does its work late or never.
//!
//! ```text
//! cargo test --workspace --test model -- --nocapture
//! ```
//!
//! prints the number of states, and the shortest way to what each planted mistake breaks.
//!
//! # The protocol
//!
//! A look at a return is: *claim* it, *read* both sides, *decide*, write down the *intent*, look at
//! the *clock*, *send*, *record* the answer and release the claim. Claim, intent and record are
//! each one compare and swap of the ledger's entry.
//!
//! | Step or event of the model | In the code |
//! | --- | --- |
//! | `Claim` | `Bridge::claim`, `Entry::claim`: the fence grows, the claim has an end |
//! | `Look` | `Bridge::look`, `decide` |
//! | `Intend` | `Bridge::intend`, `Entry::intend`, `Entry::intend_process`: needs the fence and the revision of the claim, and for a process call a record that none was sent |
//! | `CheckClock` | `Bridge::may_send`, before each effect: with too little left of the claim, nothing is sent |
//! | `Send` | `Bridge::process`, `Bridge::flag` |
//! | `Record`, of an answer | `Bridge::change_held`, which needs the fence, with `Entry::note_process_accepted`, `note_process_not_applied`, `note_process_refused`; an unknown answer changes no record |
//! | `Record`, of a decision | `Bridge::conclude`, `Entry::note_decision`, `Entry::release` |
//! | `News`, `FailureWebhook` | `Bridge::hear`, `Entry::note_oms_news`, `note_loop_news`, `note_process_failed`: without a claim |
//! | `ClaimRunsOut`, then `Claim` | `Entry::claim` of the next worker; what the first writes then is refused with `LedgerError::ClaimLost` |
//! | `DeadlinePasses` | `Policy::process_deadline_hours` |
//!
//! `decide.rs` and the record in `state.rs` are held against the crate's own functions in
//! `conforms.rs`, case by case.
//!
//! # What it shows
//!
//! The properties stand in `properties.rs`. `GUARDS` below shows that each would be noticed if it
//! broke, and what holds up what:
//!
//! - `Entry::intend_process` by itself is enough for at most one refund: it holds when nothing else
//!   is compared, when a worker is frozen for as long as it likes, and when its clock stands still.
//! - What the intent compares besides keeps a decision from being carried out that news have
//!   overtaken, such as a process call for goods that are known to be bad by now.
//! - The fence at the record keeps a worker that lost its claim from ending the look of the one that
//!   has it.
//! - What no protocol can promise, as Loop takes no fence: a worker that froze after its look at the
//!   clock sends late, even when another has flagged the return since. It is one refund all the same.
//!
//! # What it leaves out
//!
//! - When an entry is due, and that news heard during a look make it due again: here any worker may
//!   look at any return that nobody holds, at any time. `tests/ledger` and the repository's
//!   `tests/shell` see to it.
//! - Notes, grades and the making of RMAs, which move no money, and `ProcessRecord::NotRecorded`, which
//!   lets no process call leave.
//! - The second look at the OMS right before the intent: it makes it less likely that goods turn bad
//!   unseen, and nothing here needs it.
//! - A look that fails, and a store that did what it was told but could not say so: both are a crash.
//! - That a flag counts only when Loop shows it: here it does when Loop has taken it.
//! - What people do in Loop. A flag that the network brings late is the flag of a frozen worker.
//! - Numbers: fences and revisions are only ever compared, so all that there is of them is whether
//!   they are equal. Goods are good or bad, and a flagged return is one, whatever for.
// Clippy's exception for tests does not reach their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod action;
mod audit;
#[path = "../common/mod.rs"]
mod common;
mod conforms;
mod decide;
mod properties;
mod protocol;
mod settles;
mod state;
mod step;

use std::collections::BTreeSet;

use properties::{BAD_GOODS, FENCING, INTENT_FIRST, NO_REARMING, ONE_REFUND, ONE_REQUEST, SETTLES};
use protocol::{Mistake, Protocol};
use state::Ret;
use stateright::{Checker, Expectation, Model};

/// The number is there to be noticed when the model changes. States that differ only in which of
/// the workers or returns is which count once.
#[test]
fn two_returns_two_workers_and_crashes() {
    let protocol = Protocol {
        returns: &[Ret::First, Ret::Second],
        mistakes: &[],
    };
    let checker = protocol.checker().threads(2).spawn_dfs().join();
    println!(
        "{} states, {} steps between them",
        checker.unique_state_count(),
        checker.state_count()
    );
    checker.assert_properties();
    assert_eq!(checker.unique_state_count(), 1_563_877);
}

/// Mistakes, and all that they break in the whole space of one return.
const GUARDS: &[(&[Mistake], &[&str])] = &[
    (&[], &[]),
    (
        &[Mistake::IntentAfterSend],
        &[ONE_REQUEST, ONE_REFUND, INTENT_FIRST],
    ),
    (&[Mistake::BlindRetry], &[ONE_REQUEST, ONE_REFUND]),
    (
        &[Mistake::FailureRearms],
        &[ONE_REQUEST, ONE_REFUND, INTENT_FIRST, NO_REARMING],
    ),
    (&[Mistake::IntentWithoutCompare], &[BAD_GOODS, FENCING]),
    (&[Mistake::IntentOverAnything], &[BAD_GOODS, FENCING]),
    (
        &[Mistake::IntentOverAnything, Mistake::SendWithoutClock],
        &[ONE_REQUEST, ONE_REFUND, INTENT_FIRST, BAD_GOODS, FENCING],
    ),
    (&[Mistake::RecordWithoutFence], &[FENCING]),
    (&[Mistake::SendWithoutClock], &[]),
    (
        &[
            Mistake::IntentWithoutCompare,
            Mistake::RecordWithoutFence,
            Mistake::SendWithoutClock,
        ],
        &[BAD_GOODS, FENCING],
    ),
    (&[Mistake::ClaimForEver], &[SETTLES]),
    (&[Mistake::NoDeadline], &[SETTLES]),
];

#[test]
fn each_mistake_breaks_what_its_guard_holds() {
    for &(mistakes, expected) in GUARDS {
        let protocol = Protocol {
            returns: &[Ret::First],
            mistakes,
        };
        let broken = broken_by(protocol);
        assert_eq!(broken, expected.iter().copied().collect(), "{mistakes:?}");
        for name in broken {
            println!(
                "{mistakes:?} breaks {name:?}:\n{}",
                shortest_way(protocol, name)
            );
        }
    }
}

fn broken_by(protocol: Protocol) -> BTreeSet<&'static str> {
    let found = protocol.checker().spawn_dfs().join().discoveries();
    let must_hold =
        |name: &&'static str| protocol.property(name).expectation == Expectation::Always;
    found.into_keys().filter(must_hold).collect()
}

/// `stateright` goes on a little after it has found something, so it is let go one step further
/// each time.
fn shortest_way(protocol: Protocol, name: &'static str) -> String {
    let within = |depth| {
        let checker = protocol.checker().target_max_depth(depth).spawn_bfs();
        checker.join().discovery(name)
    };
    (1..).find_map(within).expect("it is broken").to_string()
}
