//! Short names for what decisions are made of.

use ams_loop_bridge::{Decision, Fingerprint, History, Policy, ProcessRecord, decide};
use ams_oms_client::RmaSnapshot;
use proptest::prelude::ProptestConfig;

use crate::common::{Counts, RETURN, at, key, line, ret, rma, row};

pub(crate) const GOOD: Counts = [1, 1, 0, 0, 0];
pub(crate) const OUTSTANDING: Counts = [1, 0, 0, 0, 0];
pub(crate) const DAMAGED: Counts = [1, 0, 1, 0, 0];
pub(crate) const HELD: Counts = [1, 0, 0, 1, 0];
pub(crate) const MISSING: Counts = [1, 0, 0, 0, 1];

/// 10,000 cases of each property; `PROPTEST_CASES=1000000` for a million.
pub(crate) fn proptest_config() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: if asked { usual.cases } else { 10_000 },
        failure_persistence: None,
        // Some properties set a fifth of what is made aside.
        max_global_rejects: u32::MAX,
        ..usual
    }
}

pub(crate) fn on() -> Policy {
    Policy::processing()
}

pub(crate) fn with(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = on();
    change(&mut policy);
    assert_eq!(policy.check(), Ok(()));
    policy
}

pub(crate) fn fresh() -> History {
    History::none(key(RETURN), at(0))
}

pub(crate) fn flagged_for(decision: &Decision) -> History {
    let mut history = fresh();
    history.flagged = Some(decision.fingerprint.clone());
    history
}

pub(crate) fn after(process: ProcessRecord) -> History {
    let mut history = fresh();
    history.process = process;
    history
}

pub(crate) fn some_fingerprint() -> Fingerprint {
    decide(&on(), &ret("open", &[line(1, "A")]), None, &fresh()).fingerprint
}

/// What the warehouse says of `A` on line 1 and `B` on line 2.
pub(crate) fn two(state: &str, a: Counts, b: Counts) -> RmaSnapshot {
    rma(state, &[row(1, "A", a), row(2, "B", b)], &[])
}
