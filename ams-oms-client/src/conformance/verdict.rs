//! How a check ends before its time.

use crate::OmsError;

use super::tell;

/// Why a check stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The rule does not hold; with the evidence.
    Failed(String),
    /// The rule cannot be judged here; with the reason.
    Skipped(String),
}

pub(super) type Checked<T = ()> = Result<T, Stop>;

pub(super) fn fail<T>(evidence: impl Into<String>) -> Checked<T> {
    Err(Stop::Failed(evidence.into()))
}

pub(super) fn skip<T>(reason: impl Into<String>) -> Checked<T> {
    Err(Stop::Skipped(reason.into()))
}

/// Goes on when `holds`, and fails with the evidence otherwise.
pub(super) fn ensure(holds: bool, evidence: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { fail(evidence()) }
}

/// Goes on when the capability is declared. Whether what is declared is true, and what is not
/// declared is absent, are rules of their own.
pub(super) fn needs(declared: bool, capability: &str) -> Checked {
    if declared {
        Ok(())
    } else {
        skip(format!("the capability {capability} is not declared"))
    }
}

/// Lets every answer pass but `Unsupported`, which the rules on capabilities judge.
pub(super) fn offered<T>(answer: Result<T, OmsError>) -> Checked<Result<T, OmsError>> {
    match answer {
        Err(OmsError::Unsupported { operation }) => {
            skip(format!("{operation} answers Unsupported"))
        }
        answer => Ok(answer),
    }
}

/// The value of a call that has to succeed.
pub(super) fn done<T>(what: &str, answer: Result<T, OmsError>) -> Checked<T> {
    answer.or_else(|error| fail(format!("{what} answers {}", tell::error(&error))))
}
