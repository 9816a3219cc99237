//! The protocol as `stateright` walks it, and the mistakes that can be planted in it.

use stateright::{Model, Property};

use crate::action::{self, Action};
use crate::state::{Answer, At, Ret, State, Worker};
use crate::{audit, properties};

/// The protocol over one return or two, perhaps with mistakes in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protocol {
    pub(crate) returns: &'static [Ret],
    pub(crate) mistakes: &'static [Mistake],
}

/// What somebody might take out or put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// The intent is written down with the answer.
    IntentAfterSend,
    /// A process request whose answer was lost is sent again.
    BlindRetry,
    /// A failure webhook makes way for a second request.
    FailureRearms,
    /// The intent compares neither the fence nor the revision, only the process record.
    IntentWithoutCompare,
    /// The intent is written over whatever stands there.
    IntentOverAnything,
    /// What became of a look is recorded whoever holds the claim by now.
    RecordWithoutFence,
    /// A request is sent however long ago the claim ran out: a clock that stands still.
    SendWithoutClock,
    /// A dead worker's claim stands for ever.
    ClaimForEver,
    /// What is unknown waits for ever.
    NoDeadline,
}

pub(crate) const WORKERS: [Worker; 2] = [Worker::A, Worker::B];

impl Protocol {
    pub(crate) fn has(&self, mistake: Mistake) -> bool {
        self.mistakes.contains(&mistake)
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for worker in WORKERS {
            match state.look(worker) {
                None => action::claims(state, worker, self.returns, actions),
                Some(look) => {
                    action::steps(state, worker, look, actions);
                    if self.has(Mistake::BlindRetry) && look.at == At::Answered(Answer::Unknown) {
                        actions.push(Action::Retry(worker));
                    }
                }
            }
        }
        for &ret in self.returns {
            action::events(state, ret, actions);
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut after = *before;
        self.apply(&mut after, action);
        audit::note(before, action, &mut after);
        if self.returns.len() == after.returns.len() {
            after = after.representative();
        }
        (after != *before).then_some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }

    /// A third request is of no interest; without a mistake there is no second.
    fn within_boundary(&self, state: &State) -> bool {
        state.returns.iter().all(|ret| ret.requests() <= 2)
    }
}
