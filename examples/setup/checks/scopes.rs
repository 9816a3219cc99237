//! Which scopes the key has, as far as the integration may use them. There is no call known that
//! tells them, so each is tried.

use loop_client::Scope;

use super::ADMIN;
use super::answers::{Answers, Closed};
use crate::report::{Line, Section, State};

pub(crate) fn section(answers: &Answers, fix: bool) -> Section {
    let lines = if answers.key_is_known() {
        vec![
            returns(answers.returns.as_ref().err()),
            asn(answers),
            scope(answers.orders.as_ref().err(), Scope::Orders, UNUSED).optional(),
            scope(answers.carts.as_ref().err(), Scope::Carts, UNUSED).optional(),
            developer_tools(answers.webhooks.as_ref().err(), fix),
            destinations(answers.destinations.as_ref().err()),
            others(),
        ]
    } else {
        let meaning = "Loop shows them for a key that it takes.";
        vec![Line::new(State::NotChecked, "Scopes", meaning)]
    };
    Section::new(
        "Scopes of the key, each tried by a call that changes nothing",
        lines,
    )
}

const UNUSED: &str = "recommended by AMS's article; the bridge makes no call that needs it.";

/// `None` is a call that was let in.
fn scope(closed: Option<&Closed>, scope: Scope, use_of_it: &str) -> Line {
    let what = scope.to_string();
    match closed {
        None => Line::new(State::Ok, what, use_of_it),
        Some(closed) if closed.lacks_scope() => Line::new(State::Missing, what, use_of_it),
        Some(closed) => {
            let meaning = format!("not known: {}.", closed.why());
            Line::new(State::Unknown, what, meaning).step(AGAIN)
        }
    }
}

const AGAIN: &str = "Run setup again in some minutes; if it says the same, ask Loop's support.";

fn give(scope: Scope) -> String {
    format!("Have the merchant make a key with the scope {scope} in {ADMIN}.")
}

/// What is said to a return needs this scope too, and would change it.
fn returns(closed: Option<&Closed>) -> Line {
    let use_of_it = "needed, for the returns list, process, flag, notes and grades. The list was \
        read; the others would change a return.";
    let line = scope(closed, Scope::Returns, use_of_it);
    match line.state {
        State::Missing => Line::new(
            State::Missing,
            line.what,
            "needed, for the returns list, process, flag, notes and grades.",
        )
        .step(give(Scope::Returns)),
        _ => line,
    }
}

/// The article's "Report".
fn asn(answers: &Answers) -> Line {
    let what = "ASN report";
    match &answers.asn {
        Ok(()) => {
            let meaning = "needed, and it can be read. AMS's article asks for a scope Report: Loop \
                documents none, the report goes with Returns.";
            Line::new(State::Ok, what, meaning)
        }
        Err(closed) if closed.lacks_scope() && answers.returns.is_err() => {
            Line::new(State::Missing, what, "needed; it goes with Returns.")
                .step(give(Scope::Returns))
        }
        Err(closed) if closed.lacks_scope() => {
            let meaning = "needed; Loop documents it under Returns, and yet this key may not read \
                it. Perhaps it is the scope Report of AMS's article after all.";
            Line::new(State::Missing, what, meaning).step(format!(
                "Have the merchant look for a scope Report in {ADMIN}; without one, set \
                 pull.asn_report = false in the merchant's policy."
            ))
        }
        Err(closed) => {
            let meaning = format!("not known: {}.", closed.why());
            Line::new(State::Unknown, what, meaning).step(AGAIN)
        }
    }
}

fn developer_tools(closed: Option<&Closed>, fix: bool) -> Line {
    let use_of_it = "to see the webhook subscriptions, and to make them by --fix.";
    let line = scope(closed, Scope::DeveloperTools, use_of_it);
    match (line.state, fix) {
        (State::Missing, true) => line.step(give(Scope::DeveloperTools)),
        (_, true) => line,
        (_, false) => line.optional(),
    }
}

fn destinations(closed: Option<&Closed>) -> Line {
    let use_of_it = "to read the ids of the places that returns go to.";
    let line = scope(closed, Scope::DestinationsRead, use_of_it).optional();
    match line.state {
        State::Missing => line.step(format!(
            "If the merchant's returns go to several places: {}",
            give(Scope::DestinationsRead)
        )),
        _ => line,
    }
}

fn others() -> Line {
    let meaning = "the bridge makes no call that needs one, and those that only write have no \
        call that changes nothing.";
    Line::new(State::NotChecked, "Other scopes", meaning)
}
