//! What comes of each action.

use crate::action::{Action, Fate};
use crate::decide::{Decision, Evidence, decide};
use crate::protocol::{Mistake, Protocol};
use crate::state::{
    Answer, At, Claim, Effect, Goods, Look, LoopState, Record, Ret, Return, State, Worker,
};

impl Protocol {
    /// Carries out an action that is possible in this state.
    pub(crate) fn apply(&self, state: &mut State, action: Action) {
        match action {
            Action::Claim(worker, ret) => claim(state, worker, ret),
            Action::Look(worker, loop_state) => {
                go_on(state, worker, |look, ret| {
                    read_and_decide(look, ret, loop_state)
                });
            }
            Action::Intend(worker) => go_on(state, worker, |look, ret| self.intend(look, ret)),
            Action::CheckClock(worker) => {
                go_on(state, worker, |look, ret| self.check_clock(look, ret));
            }
            Action::Send(worker, fate) => go_on(state, worker, |_, ret| Some(send(ret, fate))),
            Action::Record(worker) => go_on(state, worker, |look, ret| {
                self.record(look, ret);
                None
            }),
            Action::Retry(worker) => {
                go_on(state, worker, |_, _| Some(At::Checked(Effect::Process)));
            }
            Action::Crash(worker) => go_on(state, worker, |_, _| None),
            Action::ClaimRunsOut(ret) => {
                state.at_mut(ret).claimed = self.has(Mistake::ClaimForEver);
            }
            Action::DeadlinePasses(ret) => {
                state.at_mut(ret).overdue = !self.has(Mistake::NoDeadline);
            }
            Action::News(ret) => hear(state, ret, |_| {}),
            Action::FailureWebhook(ret) => hear(state, ret, |entry| self.failure_webhook(entry)),
            Action::GoodsTurnBad(ret) => state.at_mut(ret).goods = Goods::Bad,
            Action::LoopRefunds(ret) => {
                let ret = state.at_mut(ret);
                ret.pending -= 1;
                ret.refunds += 1;
                ret.loop_state = LoopState::Closed;
            }
        }
        state.forget_what_no_longer_matters();
    }

    /// One compare and swap, right before the effect. It needs the fence and the revision of the
    /// claim, and for a process request a record that none was sent.
    fn intend(&self, look: Look, ret: &mut Return) -> Option<At> {
        let effect = match look.at {
            At::Decided(Decision::Process) => Effect::Process,
            At::Decided(Decision::Flag) => Effect::Flag,
            _ => return None,
        };
        let compares =
            !self.has(Mistake::IntentWithoutCompare) && !self.has(Mistake::IntentOverAnything);
        let overtaken = compares && look.claim != Claim::Fresh;
        if overtaken || !self.write_intent(effect, ret) {
            // Released, unless it is somebody else's by now.
            ret.claimed &= look.claim == Claim::Lost;
            return None;
        }
        Some(At::Intended(effect))
    }

    fn write_intent(&self, effect: Effect, ret: &mut Return) -> bool {
        match effect {
            Effect::Process if self.has(Mistake::IntentAfterSend) => return true,
            Effect::Process if self.has(Mistake::IntentOverAnything) => {
                ret.record = Record::Unknown;
            }
            Effect::Process if !ret.record.intend() => return false,
            // The decision with its facts is part of the intent.
            Effect::Flag if ret.goods == Goods::Bad => ret.goods = Goods::KnownBad,
            Effect::Process | Effect::Flag => {}
        }
        ret.settled = false;
        true
    }

    fn check_clock(&self, look: Look, ret: &Return) -> Option<At> {
        let At::Intended(effect) = look.at else {
            return None;
        };
        let has_time = look.claim != Claim::Lost && ret.claimed;
        Some(if has_time || self.has(Mistake::SendWithoutClock) {
            At::Checked(effect)
        } else {
            // Not a byte was written.
            At::Answered(match effect {
                Effect::Process => Answer::NotApplied,
                Effect::Flag => Answer::FlagUnknown,
            })
        })
    }

    fn record(&self, look: Look, ret: &mut Return) {
        if look.claim == Claim::Lost && !self.has(Mistake::RecordWithoutFence) {
            return;
        }
        let was_sent = matches!(look.at, At::Answered(Answer::Accepted | Answer::Unknown));
        if was_sent && self.has(Mistake::IntentAfterSend) {
            ret.record.intend();
        }
        match look.at {
            At::Answered(Answer::Accepted) => ret.record.accepted(),
            At::Answered(Answer::NotApplied) => ret.record.not_applied(),
            At::Answered(Answer::Refused) => ret.record.refused(),
            At::Answered(Answer::Flagged) => {
                ret.flagged = true;
                ret.settled = true;
            }
            At::Answered(Answer::FlagDeclined) | At::Decided(Decision::Settle) => {
                ret.settled = true;
            }
            At::Decided(Decision::Wait) => ret.settled = false,
            _ => {}
        }
        ret.claimed = false;
    }

    fn failure_webhook(&self, entry: &mut Return) {
        if self.has(Mistake::FailureRearms) && entry.record.awaits_loop() {
            entry.record = Record::NotSent;
        }
        entry.record.failed();
    }
}

/// A worker goes on with its look; with `None` it is idle again and remembers nothing.
fn go_on(state: &mut State, worker: Worker, step: impl FnOnce(Look, &mut Return) -> Option<At>) {
    let Some(look) = state.look(worker) else {
        return;
    };
    let next = step(look, state.at_mut(look.on));
    state.workers[worker as usize] = next.map(|at| look.going_on_at(at));
}

/// One compare and swap: whoever held the claim before holds it no more.
fn claim(state: &mut State, worker: Worker, ret: Ret) {
    for look in state.looks_on(ret) {
        look.claim = Claim::Lost;
    }
    let entry = state.at_mut(ret);
    entry.claimed = true;
    let seen = entry.record;
    state.workers[worker as usize] = Some(Look {
        on: ret,
        at: At::Claimed { seen },
        claim: Claim::Fresh,
    });
}

fn read_and_decide(look: Look, ret: &Return, loop_state: LoopState) -> Option<At> {
    let At::Claimed { seen } = look.at else {
        return None;
    };
    Some(At::Decided(decide(&Evidence {
        record: seen,
        flagged: ret.flagged,
        overdue: ret.overdue,
        loop_state,
        goods: ret.goods,
    })))
}

/// The request leaves and the answer comes, if any does. Whatever else happens between the two can
/// as well happen before or after: nobody can see the difference.
fn send(ret: &mut Return, fate: Fate) -> At {
    match fate {
        Fate::Queued | Fate::QueuedUnanswered => ret.pending += 1,
        Fate::Flagged | Fate::FlaggedUnanswered => ret.loop_state = LoopState::Review,
        Fate::NotApplied
        | Fate::Refused
        | Fate::FlaggedStaysOpen
        | Fate::FlagNeverArrives
        | Fate::FlagDeclined => {}
    }
    At::Answered(fate.answer())
}

/// News change an entry without a claim; whoever is about to intend must decide anew.
fn hear(state: &mut State, ret: Ret, change: impl FnOnce(&mut Return)) {
    let entry = state.at_mut(ret);
    if entry.goods == Goods::Bad {
        entry.goods = Goods::KnownBad;
    }
    change(entry);
    for look in state.looks_on(ret) {
        look.overtake();
    }
}
