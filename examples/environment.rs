//! What `poller`, `webhook_receiver` and `backfill` have in common: they are told by variables whom
//! they work for, and say in words and by their exit code what is wrong with those.

use std::error::Error;
use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

use ams_loop_bridge::Policy;

/// Finds a variable by its name.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Why a program did not do what it was started for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Arguments or environment: exit code 2.
    Setup(String),
    /// Something did not work: exit code 1.
    Failed(String),
}

impl Problem {
    /// Something is wrong with what is named.
    pub(crate) fn setup(what: impl Display, error: &dyn Error) -> Self {
        Self::Setup(format!("{what}: {}", with_causes(error)))
    }

    /// What did not work.
    pub(crate) fn failed(what: impl Display, error: &dyn Error) -> Self {
        Self::Failed(format!("{what}: {}", with_causes(error)))
    }

    /// Tells people, and whoever started the program.
    pub(crate) fn exit(&self, program: &str) -> ExitCode {
        let (code, text) = match self {
            Self::Setup(text) => (2, text),
            Self::Failed(text) => (1, text),
        };
        eprintln!("{program}: {text}");
        ExitCode::from(code)
    }
}

pub(crate) fn of_the_process(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// A variable's text. What is no text is a mistake, and not a variable that is not set.
pub(crate) fn text(variables: Variables<'_>, name: &str) -> Result<Option<String>, Problem> {
    variables(name)
        .map(OsString::into_string)
        .transpose()
        .map_err(|_| Problem::Setup(format!("{name} is no text")))
}

/// What stands for something real. `MERCHANT` and `POLICY_FILE` are good for a stand-in too.
const REAL: [&str; 7] = [
    "LOOP_BASE_URL",
    "LOOP_WEBHOOK_SECRET",
    "LEDGER_FILE",
    "DATABASE_URL",
    "OMS_FILE",
    "OMS_URL",
    "OMS_KEY",
];

/// For who is about to use the stand-in for Loop. Somebody who names a ledger and forgets the key
/// would find the stand-in's returns in it, and in the warehouse.
pub(crate) fn nothing_real(variables: Variables<'_>) -> Result<(), Problem> {
    let set = REAL.into_iter().filter(|name| variables(name).is_some());
    let set = set.collect::<Vec<_>>().join(", ");
    if set.is_empty() {
        return Ok(());
    }
    Err(Problem::Setup(format!(
        "set, although LOOP_API_KEY is not: {set}. Without a key a stand-in for Loop is used, \
         whose returns are made up and belong in nothing real. Set LOOP_API_KEY, or unset the rest"
    )))
}

/// The policy in a file that `what` names.
pub(crate) fn policy_file(what: &str, file: &Path) -> Result<Policy, Problem> {
    let name = file.display();
    let what = format!("{what} {name}");
    let bytes = std::fs::read(file).map_err(|error| Problem::setup(&what, &error))?;
    // Its author has to find the field, and nothing in it is about a person.
    serde_json::from_slice(&bytes).map_err(|error| Problem::setup(&what, &error))
}

/// An error with its causes, which say where the trouble is; none of them holds personal data.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
