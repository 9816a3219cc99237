//! What can happen.

use crate::decide::Decision;
use crate::state::{Answer, At, Effect, Goods, Look, LoopState, Ret, State, Worker};

/// One step of a worker, or one event around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Claim(Worker, Ret),
    /// Reads the OMS and Loop, which may show `open` for some time after it is not, and decides.
    Look(Worker, LoopState),
    Intend(Worker),
    CheckClock(Worker),
    Send(Worker, Fate),
    /// The look ends: its answer or its decision is recorded and the claim released, in one change.
    Record(Worker),
    /// Only of [`crate::protocol::Mistake::BlindRetry`].
    Retry(Worker),
    Crash(Worker),
    ClaimRunsOut(Ret),
    DeadlinePasses(Ret),
    /// A webhook, a pull, or the OMS's feed of changes.
    News(Ret),
    /// It names no attempt. It may be late, repeated, or of somebody else's attempt, and so it may
    /// come at any time.
    FailureWebhook(Ret),
    GoodsTurnBad(Ret),
    /// Loop carries out a process request that it was sent before.
    LoopRefunds(Ret),
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Queued,
    /// It may be carried out much later, or never.
    QueuedUnanswered,
    NotApplied,
    Refused,
    Flagged,
    /// Not every flagged return needs to move to `review`.
    FlaggedStaysOpen,
    FlaggedUnanswered,
    FlagNeverArrives,
    FlagDeclined,
}

impl Fate {
    const OF_PROCESS: &[Self] = &[
        Self::Queued,
        Self::QueuedUnanswered,
        Self::NotApplied,
        Self::Refused,
    ];
    const OF_FLAG: &[Self] = &[
        Self::Flagged,
        Self::FlaggedStaysOpen,
        Self::FlaggedUnanswered,
        Self::FlagNeverArrives,
    ];
    const OF_FLAG_ON_CLOSED: &[Self] = &[Self::FlagDeclined, Self::FlagNeverArrives];

    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Queued => Answer::Accepted,
            Self::QueuedUnanswered => Answer::Unknown,
            Self::NotApplied => Answer::NotApplied,
            Self::Refused => Answer::Refused,
            Self::Flagged | Self::FlaggedStaysOpen => Answer::Flagged,
            Self::FlaggedUnanswered | Self::FlagNeverArrives => Answer::FlagUnknown,
            Self::FlagDeclined => Answer::FlagDeclined,
        }
    }
}

/// An idle worker may look at any return that nobody holds, due or not.
pub(crate) fn claims(state: &State, worker: Worker, returns: &[Ret], actions: &mut Vec<Action>) {
    let free = returns.iter().filter(|ret| !state.at(**ret).claimed);
    actions.extend(free.map(|ret| Action::Claim(worker, *ret)));
}

/// How a look can go on.
pub(crate) fn steps(state: &State, worker: Worker, look: Look, actions: &mut Vec<Action>) {
    let loop_state = state.at(look.on).loop_state;
    actions.push(Action::Crash(worker));
    match look.at {
        At::Claimed { .. } => {
            actions.push(Action::Look(worker, loop_state));
            if loop_state != LoopState::Open {
                actions.push(Action::Look(worker, LoopState::Open));
            }
        }
        At::Decided(Decision::Process | Decision::Flag) => actions.push(Action::Intend(worker)),
        At::Decided(Decision::Settle | Decision::Wait) | At::Answered(_) => {
            actions.push(Action::Record(worker));
        }
        At::Intended(_) => actions.push(Action::CheckClock(worker)),
        At::Checked(effect) => {
            let fates = match (effect, loop_state) {
                (Effect::Process, _) => Fate::OF_PROCESS,
                (Effect::Flag, LoopState::Closed) => Fate::OF_FLAG_ON_CLOSED,
                (Effect::Flag, LoopState::Open | LoopState::Review) => Fate::OF_FLAG,
            };
            actions.extend(fates.iter().map(|fate| Action::Send(worker, *fate)));
        }
    }
}

/// What can happen to a return whatever the workers do.
pub(crate) fn events(state: &State, ret: Ret, actions: &mut Vec<Action>) {
    let entry = state.at(ret);
    let possible = [
        (entry.claimed, Action::ClaimRunsOut(ret)),
        (
            entry.awaits_deadline() && !entry.overdue,
            Action::DeadlinePasses(ret),
        ),
        (true, Action::News(ret)),
        (entry.record.awaits_loop(), Action::FailureWebhook(ret)),
        (
            entry.goods == Goods::Good && state.goods_matter(ret),
            Action::GoodsTurnBad(ret),
        ),
        (entry.pending > 0, Action::LoopRefunds(ret)),
    ];
    let possible = possible.into_iter().filter(|(is, _)| *is);
    actions.extend(possible.map(|(_, action)| action));
}
