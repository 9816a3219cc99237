//! What must hold in every state, and what must happen in some.

use stateright::{Expectation, Property};

use crate::audit::Rule;
use crate::decide::Decision;
use crate::protocol::Protocol;
use crate::settles::settles_alone;
use crate::state::{At, Claim, Effect, Look, Record, Return, State};

// The invariants, by the names that the crate's documentation gives them.
pub(crate) const ONE_REFUND: &str = "I1 One process: at most one refund per return";
pub(crate) const ONE_REQUEST: &str = "I1 One process: once a process call was sent whose outcome \
     is not proven not applied, none is ever sent again for that return";
pub(crate) const BAD_GOODS: &str =
    "I3 Bad goods: no process is intended for goods that the ledger knows to be bad";
pub(crate) const INTENT_FIRST: &str =
    "I7 Intent first: a durable intent stands in the ledger before a process call leaves";
pub(crate) const FENCING: &str = "a worker that lost its claim changes nothing in the ledger";
pub(crate) const NO_REARMING: &str = "a failure webhook never makes way for a second call";
pub(crate) const SETTLES: &str =
    "I5 Nothing silent: from every state, the bridge and time alone settle every return";

pub(crate) fn all() -> Vec<Property<Protocol>> {
    let mut all = Vec::new();
    all.extend(must_hold().map(|(name, holds)| property(Expectation::Always, name, holds)));
    all.extend(must_happen().map(|(name, is)| property(Expectation::Sometimes, name, is)));
    all
}

type Condition = fn(&Protocol, &State) -> bool;

fn property(
    expectation: Expectation,
    name: &'static str,
    condition: Condition,
) -> Property<Protocol> {
    Property {
        expectation,
        name,
        condition,
    }
}

fn must_hold() -> impl Iterator<Item = (&'static str, Condition)> {
    let all: [(_, Condition); 7] = [
        (ONE_REFUND, |_, state| {
            state.returns.iter().all(|ret| ret.refunds <= 1)
        }),
        (ONE_REQUEST, |_, state| {
            state.returns.iter().all(|ret| ret.requests() <= 1)
        }),
        (BAD_GOODS, |_, state| Rule::NoBadGoods.holds(state)),
        (INTENT_FIRST, |_, state| Rule::IntentFirst.holds(state)),
        (FENCING, |_, state| Rule::Fencing.holds(state)),
        (NO_REARMING, |_, state| Rule::NoRearming.holds(state)),
        (SETTLES, settles_alone),
    ];
    all.into_iter()
}

/// So that no model passes because nothing happens in it.
fn must_happen() -> impl Iterator<Item = (&'static str, Condition)> {
    let all: [(_, Condition); 8] = [
        ("every return is refunded and settled", |model, state| {
            every(model, state, |ret| ret.refunds == 1 && ret.settled)
        }),
        ("every return is flagged and settled", |model, state| {
            every(model, state, |ret| ret.flagged && ret.settled)
        }),
        (
            "an answer is lost, and the state tells of the refund",
            |_, state| {
                let told = |ret: &Return| ret.record == Record::Unknown && ret.refunds == 1;
                state
                    .returns
                    .iter()
                    .any(|ret| told(ret) && ret.settled && !ret.flagged)
            },
        ),
        (
            "a worker dies between its intent and its call",
            |_, state| {
                let left = |ret: &Return| ret.record == Record::Unknown && ret.requests() == 0;
                state.looks().count() == 0 && state.returns.iter().any(left)
            },
        ),
        ("news overtake a decision to process", |_, state| {
            let decided = At::Decided(Decision::Process);
            let overtaken = |look: Look| look.claim == Claim::Overtaken && look.at == decided;
            state.looks().any(overtaken)
        }),
        ("a claim is lost while its holder lives", |_, state| {
            state.looks().any(|look| look.claim == Claim::Lost)
        }),
        (
            "a frozen worker sends process after its claim was lost",
            |_, state| frozen_at(state, Effect::Process).count() > 0,
        ),
        (
            "and even after somebody else has flagged the return",
            |_, state| frozen_at(state, Effect::Process).any(|look| state.at(look.on).flagged),
        ),
    ];
    all.into_iter()
}

fn every(model: &Protocol, state: &State, is: fn(&Return) -> bool) -> bool {
    model.returns.iter().all(|ret| is(state.at(*ret)))
}

/// All that such a worker can do is to send, or to crash.
fn frozen_at(state: &State, effect: Effect) -> impl Iterator<Item = Look> {
    let frozen = move |look: &Look| look.claim == Claim::Lost && look.at == At::Checked(effect);
    state.looks().filter(frozen)
}
