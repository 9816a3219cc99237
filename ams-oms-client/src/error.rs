//! Failures, by what the caller should do about them.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::{InvalidRma, LineRef, RmaSnapshot, RmaState};

/// Any error, kept as the cause of an [`OmsError`].
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// Why an OMS did not do what it was asked.
///
/// The variants are classes: each says what the caller should do. Telling the class is the
/// implementation's job, because a status code seldom tells it: many systems answer 200 with the
/// failure in the body.
///
/// No message quotes names, addresses, credentials or bodies, so all of them may be logged and
/// shown. Implementers keep that up in the `detail` texts that they write **and in the cause**
/// behind [`source`](Error::source): a bridge logs it and keeps it in its ledger. Leave out bodies,
/// names, and addresses with queries.
///
/// Build them with the constructors, which leave room for further fields.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OmsError {
    /// Nothing was done, and the same call may succeed later.
    ///
    /// **Do:** call again, after `retry_after` if it is given, with growing pauses otherwise.
    #[error("the order management system cannot do this now: {detail}")]
    #[non_exhaustive]
    Transient {
        /// What went wrong, without personal data.
        detail: String,
        /// How long the system asks to be left alone.
        retry_after: Option<Duration>,
        /// The cause.
        source: Option<BoxError>,
    },

    /// The request went out and its effect is not known.
    ///
    /// **Do:** read the RMA with [`get_rma`](crate::Oms::get_rma) before sending anything again.
    #[error("it is not known whether the order management system did it: {detail}")]
    #[non_exhaustive]
    Ambiguous {
        /// What went wrong, without personal data.
        detail: String,
        /// The cause.
        source: Option<BoxError>,
    },

    /// The credentials were refused.
    ///
    /// **Do:** stop this merchant, not the others, and tell a person.
    #[error("the order management system refused the credentials: {detail}")]
    #[non_exhaustive]
    Auth {
        /// What went wrong, without the credentials.
        detail: String,
        /// The cause.
        source: Option<BoxError>,
    },

    /// There is no such RMA, or not any more.
    ///
    /// **Do:** create it, or find out who removed it.
    #[error("no such RMA")]
    NotFound,

    /// The RMA exists and expects other goods.
    ///
    /// **Do:** compare with `existing`, then amend it or tell a person. Never create again under
    /// another number.
    #[error("{} exists with other goods, in state {}", existing.key, existing.state)]
    #[non_exhaustive]
    Conflict {
        /// What the OMS has.
        existing: Box<RmaSnapshot>,
    },

    /// The RMA has come too far for this.
    ///
    /// **Do:** read it and decide anew. Repeating the call is pointless.
    #[error("too late: the RMA is already {state}")]
    #[non_exhaustive]
    TooLate {
        /// How far it has come.
        state: RmaState,
    },

    /// The OMS understood the request and refuses its content, for instance an unknown SKU.
    ///
    /// **Do:** correct the named part, or tell a person. Repeating the call is pointless.
    #[error("the order management system refuses it: {}", Refusal { code, field: field.as_deref(), line_ref: line_ref.as_ref() })]
    #[non_exhaustive]
    Rejected {
        /// The OMS's word for the reason, stable enough to match on.
        code: String,
        /// Which field, if the OMS says it.
        field: Option<String>,
        /// Which line, if the OMS says it.
        line_ref: Option<LineRef>,
    },

    /// Some lines were taken and others were not.
    ///
    /// **Do:** read the RMA, correct the rejected lines, then amend it; otherwise tell a person.
    #[error("{} lines were taken and {} refused", accepted.len(), rejected.len())]
    #[non_exhaustive]
    Partial {
        /// The lines that the OMS now has.
        accepted: Vec<LineRef>,
        /// The lines that it has not, with the reason.
        rejected: Vec<RejectedLine>,
    },

    /// This OMS, or its adapter, does not have the operation.
    ///
    /// **Do:** go another way; ask [`capabilities`](crate::Oms::capabilities) beforehand.
    #[error("the order management system does not support {operation}")]
    #[non_exhaustive]
    Unsupported {
        /// The name of the [`Oms`](crate::Oms) method.
        operation: &'static str,
    },

    /// The OMS answered something that cannot be understood.
    ///
    /// **Do:** tell a person. After a write, treat it like
    /// [`Ambiguous`](OmsError::Ambiguous): it may have taken effect.
    #[error("the order management system's answer makes no sense: {detail}")]
    #[non_exhaustive]
    Malformed {
        /// What is wrong with it, without personal data.
        detail: String,
        /// The cause.
        source: Option<BoxError>,
    },

    /// The change cursor is not one of this OMS and merchant, or no longer.
    ///
    /// **Do:** read [`changes`](crate::Oms::changes) from the start (`None`), or look at
    /// everything in [`list_open`](crate::Oms::list_open) and then start anew. Until then
    /// changes may be missed.
    #[error("the change cursor is not known here: start from the beginning")]
    CursorLost,
}

/// One line that an OMS did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedLine {
    /// Which line.
    pub line_ref: LineRef,
    /// The OMS's word for the reason.
    pub code: String,
}

impl RejectedLine {
    /// The line, and the OMS's word for the reason.
    #[must_use]
    pub fn new(line_ref: LineRef, code: impl Into<String>) -> Self {
        Self {
            line_ref,
            code: code.into(),
        }
    }
}

impl OmsError {
    /// A [`Transient`](OmsError::Transient) failure.
    #[must_use]
    pub fn transient(detail: impl Into<String>) -> Self {
        Self::Transient {
            detail: detail.into(),
            retry_after: None,
            source: None,
        }
    }

    /// A [`Transient`](OmsError::Transient) failure with the delay that the system asked for.
    #[must_use]
    pub fn transient_after(detail: impl Into<String>, retry_after: Duration) -> Self {
        Self::Transient {
            detail: detail.into(),
            retry_after: Some(retry_after),
            source: None,
        }
    }

    /// An [`Ambiguous`](OmsError::Ambiguous) failure.
    #[must_use]
    pub fn ambiguous(detail: impl Into<String>) -> Self {
        Self::Ambiguous {
            detail: detail.into(),
            source: None,
        }
    }

    /// An [`Auth`](OmsError::Auth) failure.
    #[must_use]
    pub fn auth(detail: impl Into<String>) -> Self {
        Self::Auth {
            detail: detail.into(),
            source: None,
        }
    }

    /// A [`Conflict`](OmsError::Conflict) with what is stored.
    #[must_use]
    pub fn conflict(existing: RmaSnapshot) -> Self {
        Self::Conflict {
            existing: Box::new(existing),
        }
    }

    /// [`TooLate`](OmsError::TooLate), because of this state.
    #[must_use]
    pub fn too_late(state: RmaState) -> Self {
        Self::TooLate { state }
    }

    /// A [`Rejected`](OmsError::Rejected) request as a whole.
    #[must_use]
    pub fn rejected(code: impl Into<String>) -> Self {
        Self::Rejected {
            code: code.into(),
            field: None,
            line_ref: None,
        }
    }

    /// A [`Rejected`](OmsError::Rejected) field.
    #[must_use]
    pub fn rejected_field(code: impl Into<String>, field: impl Into<String>) -> Self {
        Self::Rejected {
            code: code.into(),
            field: Some(field.into()),
            line_ref: None,
        }
    }

    /// A [`Rejected`](OmsError::Rejected) line.
    #[must_use]
    pub fn rejected_line(code: impl Into<String>, line_ref: LineRef) -> Self {
        Self::Rejected {
            code: code.into(),
            field: None,
            line_ref: Some(line_ref),
        }
    }

    /// A [`Partial`](OmsError::Partial) success.
    #[must_use]
    pub fn partial(accepted: Vec<LineRef>, rejected: Vec<RejectedLine>) -> Self {
        Self::Partial { accepted, rejected }
    }

    /// An [`Unsupported`](OmsError::Unsupported) operation, by the name of the method.
    #[must_use]
    pub fn unsupported(operation: &'static str) -> Self {
        Self::Unsupported { operation }
    }

    /// A [`Malformed`](OmsError::Malformed) answer.
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::Malformed {
            detail: detail.into(),
            source: None,
        }
    }

    /// Keeps the cause, in the classes that have room for one: transient, ambiguous, auth and
    /// malformed. The others are complete in themselves and drop it.
    ///
    /// ```
    /// use std::error::Error;
    /// use ams_oms_client::OmsError;
    ///
    /// let cause = std::io::Error::other("connection reset");
    /// let error = OmsError::ambiguous("no answer to create").with_source(cause);
    /// assert!(error.source().is_some());
    /// assert!(!error.to_string().contains("reset"));
    /// ```
    #[must_use]
    pub fn with_source(mut self, cause: impl Into<BoxError>) -> Self {
        match &mut self {
            Self::Transient { source, .. }
            | Self::Ambiguous { source, .. }
            | Self::Auth { source, .. }
            | Self::Malformed { source, .. } => *source = Some(cause.into()),
            Self::NotFound
            | Self::Conflict { .. }
            | Self::TooLate { .. }
            | Self::Rejected { .. }
            | Self::Partial { .. }
            | Self::Unsupported { .. }
            | Self::CursorLost => {}
        }
        self
    }

    /// The class in one word, for logs and metrics.
    ///
    /// ```
    /// assert_eq!(ams_oms_client::OmsError::auth("the key was refused").name(), "auth");
    /// ```
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Transient { .. } => "transient",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Auth { .. } => "auth",
            Self::NotFound => "not_found",
            Self::Conflict { .. } => "conflict",
            Self::TooLate { .. } => "too_late",
            Self::Rejected { .. } => "rejected",
            Self::Partial { .. } => "partial",
            Self::Unsupported { .. } => "unsupported",
            Self::Malformed { .. } => "malformed",
            Self::CursorLost => "cursor_lost",
        }
    }

    /// Whether the same call, unchanged, may simply be repeated later.
    ///
    /// False for [`Ambiguous`](OmsError::Ambiguous): read first.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transient { .. })
    }

    /// Whether the OMS may have done some or all of it in spite of the error.
    #[must_use]
    pub fn may_have_taken_effect(&self) -> bool {
        matches!(
            self,
            Self::Ambiguous { .. } | Self::Malformed { .. } | Self::Partial { .. }
        )
    }

    /// How long the system asks to be left alone, if it does.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::Transient { retry_after, .. } = self {
            *retry_after
        } else {
            None
        }
    }
}

/// Refuses an RMA that makes no sense, with the code `no_lines`, `duplicate_line` or
/// `too_many_units`.
impl From<InvalidRma> for OmsError {
    fn from(invalid: InvalidRma) -> Self {
        Self::Rejected {
            code: invalid.code().to_owned(),
            field: Some("lines".to_owned()),
            line_ref: invalid.line_ref().cloned(),
        }
    }
}

/// Writes a refusal with only the parts that are known.
struct Refusal<'a> {
    code: &'a str,
    field: Option<&'a str>,
    line_ref: Option<&'a LineRef>,
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        if let Some(field) = self.field {
            write!(f, ", field {field}")?;
        }
        if let Some(line_ref) = self.line_ref {
            write!(f, ", line {line_ref}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_transient_failures_are_simply_repeated() {
        let line = || LineRef::new("1").unwrap();
        // (error, retryable, may have taken effect)
        for (error, retryable, effect) in [
            (OmsError::transient("busy"), true, false),
            (OmsError::ambiguous("time-out"), false, true),
            (OmsError::auth("401"), false, false),
            (OmsError::NotFound, false, false),
            (OmsError::too_late(RmaState::Arrived), false, false),
            (OmsError::rejected_line("unknown_sku", line()), false, false),
            (OmsError::partial(vec![line()], vec![]), false, true),
            (OmsError::unsupported("changes"), false, false),
            (OmsError::malformed("not JSON"), false, true),
            (OmsError::CursorLost, false, false),
        ] {
            assert_eq!(
                (error.is_retryable(), error.may_have_taken_effect()),
                (retryable, effect),
                "{error}"
            );
        }
        let asked = OmsError::transient_after("429", Duration::from_secs(7));
        assert_eq!(asked.retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(OmsError::transient("busy").retry_after(), None);
    }

    #[test]
    fn nonsense_is_refused_by_what_is_wrong_with_it() {
        let line_ref = LineRef::new("42").unwrap();
        let refused = OmsError::from(InvalidRma::DuplicateLine { line_ref });
        assert_eq!(
            refused.to_string(),
            "the order management system refuses it: duplicate_line, field lines, line 42"
        );
        assert!(!refused.is_retryable() && !refused.may_have_taken_effect());
    }

    #[test]
    fn refusals_name_only_what_is_known() {
        let line_ref = LineRef::new("42").unwrap();
        assert_eq!(
            OmsError::rejected("no").to_string(),
            "the order management system refuses it: no"
        );
        assert_eq!(
            OmsError::rejected_field("no", "sku").to_string(),
            "the order management system refuses it: no, field sku"
        );
        assert_eq!(
            OmsError::rejected_line("no", line_ref).to_string(),
            "the order management system refuses it: no, line 42"
        );
    }
}
