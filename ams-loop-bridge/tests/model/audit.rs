//! Watches every step from outside and writes down what must never be. It knows nothing of how the
//! protocol keeps it.

use crate::action::Action;
use crate::state::{At, Claim, Effect, Goods, Record, Return, State, Worker};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Rule {
    IntentFirst = 1,
    NoBadGoods = 2,
    Fencing = 4,
    NoRearming = 8,
}

impl Rule {
    pub(crate) fn holds(self, state: &State) -> bool {
        state.broken & self as u8 == 0
    }
}

/// Adds what this step broke to what was broken before.
pub(crate) fn note(before: &State, action: Action, after: &mut State) {
    let broken = match action {
        Action::FailureWebhook(ret) if after.at(ret).record == Record::NotSent => {
            Rule::NoRearming as u8
        }
        Action::Look(worker, _)
        | Action::Intend(worker)
        | Action::CheckClock(worker)
        | Action::Send(worker, _)
        | Action::Record(worker)
        | Action::Retry(worker) => by_worker(before, action, worker, after),
        _ => 0,
    };
    after.broken |= broken;
}

fn by_worker(before: &State, action: Action, worker: Worker, after: &State) -> u8 {
    let Some(look) = before.look(worker) else {
        return 0;
    };
    let (was, is) = (before.at(look.on), after.at(look.on));
    let next = after.look(worker).map(|look| look.at);
    let without_intent = matches!(action, Action::Send(..))
        && look.at == At::Checked(Effect::Process)
        && was.record == Record::NotSent;
    let on_bad_goods = next == Some(At::Intended(Effect::Process)) && was.goods == Goods::KnownBad;
    let without_claim = look.claim == Claim::Lost && ledger_of(was) != ledger_of(is);
    [
        (Rule::IntentFirst, without_intent),
        (Rule::NoBadGoods, on_bad_goods),
        (Rule::Fencing, without_claim),
    ]
    .into_iter()
    .filter(|(_, is_broken)| *is_broken)
    .fold(0, |broken, (rule, _)| broken | rule as u8)
}

/// What only the holder of the claim may write.
fn ledger_of(entry: &Return) -> (Record, bool, bool, bool) {
    (entry.record, entry.claimed, entry.flagged, entry.settled)
}
