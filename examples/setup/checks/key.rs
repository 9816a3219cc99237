//! Whether Loop takes the key at all, and speaks the version.

use loop_client::ApiVersion;

use super::ADMIN;
use super::answers::{Answers, Closed};
use crate::report::{Line, Section, State};

pub(crate) fn section(answers: &Answers, version: &ApiVersion) -> Section {
    Section::new(
        "Key and version",
        vec![key(answers), speaks(answers, version)],
    )
}

fn key(answers: &Answers) -> Line {
    let what = "The key";
    if answers.key_is_known() {
        return Line::new(State::Ok, what, "Loop takes it.");
    }
    let closed = answers.closed();
    if closed.iter().all(|it| *it == Some(&Closed::Refused)) {
        let meaning = "Loop refuses every call (HTTP 401). It is mistyped or revoked, or has none \
             of the scopes that were tried.";
        return Line::new(State::Wrong, what, meaning).step(format!(
            "Get a new key from {ADMIN} with the scope Returns, and set LOOP_API_KEY to it."
        ));
    }
    let why = closed.into_iter().flatten().find(|it| !it.lacks_scope());
    let why = why.map(Closed::why).unwrap_or_default();
    let meaning = format!("not known: {why}.");
    Line::new(State::Unknown, what, meaning).step(match &answers.returns {
        Err(Closed::NoSuchCall) => LOOK_AT_VERSION,
        _ => {
            "See that this machine reaches Loop's API, and that LOOP_BASE_URL, if it is set, is \
             the address of one; then run setup again."
        }
    })
}

const LOOK_AT_VERSION: &str = "Look at --api-version (Loop documents 2026-10 and 2026-07) and at \
    LOOP_BASE_URL, if it is set.";

fn speaks(answers: &Answers, version: &ApiVersion) -> Line {
    let what = format!("Version {}", version.as_str());
    let closed = answers.closed();
    if closed.iter().any(Option::is_none) {
        let meaning = match version {
            ApiVersion::V1 => {
                "it answers. It is the old name of 2026-07 and will go: name a dated version."
            }
            ApiVersion::Unstable => "it answers. It is a preview: name a dated version.",
            ApiVersion::Other(name) if name == "latest" => {
                "it answers. Its meaning moves with each new version: name a dated one."
            }
            _ => "it answers.",
        };
        return Line::new(State::Ok, what, meaning);
    }
    if answers.returns == Err(Closed::NoSuchCall) {
        let meaning = "there is no list of returns at this address in this version (HTTP 404).";
        return Line::new(State::Wrong, what, meaning).step(LOOK_AT_VERSION);
    }
    Line::new(State::Unknown, what, "no call got as far.")
}
