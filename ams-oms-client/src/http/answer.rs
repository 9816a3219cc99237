//! What an answer means. Pure.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::operation::Operation;
use super::problem::Problem;
use crate::OmsError;

/// An answer that arrived whole.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The header, if it is a number of seconds.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Reads a success, which has one of these statuses; anything else is the failure that it
    /// is. `clean` is applied to every free text of a failure.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        operation: Operation,
        successes: &[u16],
        clean: impl Fn(&str) -> String,
    ) -> Result<T, OmsError> {
        if !successes.contains(&self.status) {
            return Err(self.failure(operation, clean));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            OmsError::malformed(format!("the answer {} is not readable", self.status))
                .with_source(error)
        })
    }

    fn failure(&self, operation: Operation, clean: impl Fn(&str) -> String) -> OmsError {
        match self.told(operation, clean) {
            Some(OmsError::Transient {
                detail,
                retry_after,
                ..
            }) => transient(detail, retry_after.or(self.retry_after)),
            // Of a read there is no effect to be unsure of.
            Some(OmsError::Ambiguous { detail, .. }) if !operation.is_write() => {
                OmsError::transient(detail)
            }
            Some(error) => error,
            None => self.by_status(operation),
        }
    }

    /// The failure that the body tells of, if it is one of the contract and agrees with the
    /// status and the operation. Anything else was not written by who keeps the contract: a
    /// proxy's 404 is no proof that an RMA does not exist.
    fn told(&self, operation: Operation, clean: impl Fn(&str) -> String) -> Option<OmsError> {
        let problem: Problem = serde_json::from_slice(&self.body).ok()?;
        if !problem.class.has_status(self.status) || !operation.may_fail_with(problem.class) {
            return None;
        }
        problem.cleaned(clean).into_error(operation.name())
    }

    fn by_status(&self, operation: Operation) -> OmsError {
        let status = self.status;
        let detail = format!("status {status}, and no body that tells why");
        match status {
            401 | 403 => OmsError::auth(detail),
            408 | 500..=599 if operation.is_write() => OmsError::ambiguous(detail),
            408 | 429 | 500..=599 => transient(detail, self.retry_after),
            _ => OmsError::malformed(detail),
        }
    }
}

fn transient(detail: String, retry_after: Option<Duration>) -> OmsError {
    match retry_after {
        Some(span) => OmsError::transient_after(detail, span),
        None => OmsError::transient(detail),
    }
}
