//! That no state is a dead end or a trap: a way out is shown from each.

use crate::action::{Action, Fate};
use crate::decide::Decision;
use crate::protocol::{Protocol, WORKERS};
use crate::state::{At, Effect, Look, LoopState, Ret, State, Worker};

/// Walks one way from `from` to where all workers are idle and every return is settled. No worker
/// crashes on it, and Loop helps as little as it can: it answers a flag, but no process call; its
/// queued work is never done, and no webhook comes.
///
/// `stateright`'s own `eventually` is not sound where a path can come back to a state, and here a
/// crash can always undo a step.
pub(crate) fn settles_alone(model: &Protocol, from: &State) -> bool {
    const MORE_THAN_ENOUGH: usize = 100;
    let mut state = *from;
    for _ in 0..MORE_THAN_ENOUGH {
        let Some(action) = next(model, &state) else {
            return true;
        };
        model.apply(&mut state, action);
    }
    false
}

/// `None` when all is settled.
fn next(model: &Protocol, state: &State) -> Option<Action> {
    let busy = |worker| Some(end_the_look(state, worker, state.look(worker)?));
    WORKERS.into_iter().find_map(busy).or_else(|| {
        let mut open = model.returns.iter().filter(|ret| !state.at(**ret).settled);
        open.next().map(|ret| look_again(state, *ret))
    })
}

fn end_the_look(state: &State, worker: Worker, look: Look) -> Action {
    let loop_state = state.at(look.on).loop_state;
    match look.at {
        At::Claimed { .. } => Action::Look(worker, loop_state),
        At::Decided(Decision::Process | Decision::Flag) => Action::Intend(worker),
        At::Intended(_) => Action::CheckClock(worker),
        At::Checked(Effect::Process) => Action::Send(worker, Fate::QueuedUnanswered),
        At::Checked(Effect::Flag) if loop_state == LoopState::Closed => {
            Action::Send(worker, Fate::FlagDeclined)
        }
        At::Checked(Effect::Flag) => Action::Send(worker, Fate::FlaggedStaysOpen),
        At::Decided(Decision::Settle | Decision::Wait) | At::Answered(_) => Action::Record(worker),
    }
}

/// When all workers are idle.
fn look_again(state: &State, ret: Ret) -> Action {
    let entry = state.at(ret);
    if entry.claimed {
        Action::ClaimRunsOut(ret)
    } else if entry.awaits_deadline() && !entry.overdue {
        Action::DeadlinePasses(ret)
    } else {
        Action::Claim(Worker::A, ret)
    }
}
