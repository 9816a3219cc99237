//! A failure as it travels.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{LineRef, OmsError, RejectedLine, RmaSnapshot, RmaState};

/// The classes of [`OmsError`], by the words of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Class {
    Transient,
    Ambiguous,
    Auth,
    NotFound,
    Conflict,
    TooLate,
    Rejected,
    Partial,
    Unsupported,
    Malformed,
    CursorLost,
}

impl Class {
    /// The statuses that a failure of this class can have.
    #[cfg(feature = "http")]
    pub(super) fn has_status(self, status: u16) -> bool {
        match self {
            Self::Transient => matches!(status, 429 | 503),
            Self::Ambiguous => status == 504,
            Self::Auth => matches!(status, 401 | 403),
            Self::NotFound => status == 404,
            Self::Conflict | Self::TooLate => status == 409,
            Self::Rejected => matches!(status, 400 | 404 | 405 | 413 | 422),
            Self::Partial => status == 422,
            Self::Unsupported => status == 501,
            Self::Malformed => status == 502,
            Self::CursorLost => status == 410,
        }
    }
}

/// The body of every answer that is no success.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Problem {
    pub(super) class: Class,
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) line_item_id: Option<LineRef>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<RmaState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) existing: Option<Box<RmaSnapshot>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry_after_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) accepted: Option<Vec<LineRef>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rejected: Option<Vec<Refused>>,
}

/// A [`RejectedLine`] as it travels.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Refused {
    line_item_id: LineRef,
    code: String,
}

#[cfg(feature = "http-server")]
impl Problem {
    pub(super) fn new(class: Class, code: &str, detail: impl Into<String>) -> Self {
        Self {
            class,
            code: code.to_owned(),
            detail: detail.into(),
            field: None,
            line_item_id: None,
            state: None,
            existing: None,
            retry_after_seconds: None,
            accepted: None,
            rejected: None,
        }
    }
}

#[cfg(feature = "http-server")]
impl From<OmsError> for Problem {
    fn from(error: OmsError) -> Self {
        let text = error.to_string();
        match error {
            OmsError::Transient {
                detail,
                retry_after,
                ..
            } => Self {
                retry_after_seconds: retry_after.map(whole_seconds),
                ..Self::new(Class::Transient, "transient", detail)
            },
            OmsError::Ambiguous { detail, .. } => Self::new(Class::Ambiguous, "ambiguous", detail),
            OmsError::Auth { detail, .. } => Self::new(Class::Auth, "auth", detail),
            OmsError::NotFound => Self::new(Class::NotFound, "not_found", text),
            OmsError::Conflict { existing } => Self {
                existing: Some(existing),
                ..Self::new(Class::Conflict, "conflict", text)
            },
            OmsError::TooLate { state } => Self {
                state: Some(state),
                ..Self::new(Class::TooLate, "too_late", text)
            },
            OmsError::Rejected {
                code,
                field,
                line_ref,
            } => Self {
                field,
                line_item_id: line_ref,
                ..Self::new(Class::Rejected, &code, text)
            },
            OmsError::Partial { accepted, rejected } => Self {
                accepted: Some(accepted),
                rejected: Some(rejected.into_iter().map(Refused::from).collect()),
                ..Self::new(Class::Partial, "partial", text)
            },
            OmsError::Unsupported { .. } => Self::new(Class::Unsupported, "unsupported", text),
            OmsError::Malformed { detail, .. } => Self::new(Class::Malformed, "malformed", detail),
            OmsError::CursorLost => Self::new(Class::CursorLost, "cursor_lost", text),
        }
    }
}

/// Rounded up, so that nobody comes back too early.
#[cfg(feature = "http-server")]
fn whole_seconds(span: Duration) -> u64 {
    let begun = u64::from(span.subsec_nanos() > 0);
    span.as_secs().saturating_add(begun)
}

#[cfg(feature = "http")]
impl Problem {
    /// The failure it tells of; `None` when it lacks what its class cannot do without.
    pub(super) fn into_error(self, operation: &'static str) -> Option<OmsError> {
        let Self { code, detail, .. } = self;
        Some(match self.class {
            Class::Transient => match self.retry_after_seconds {
                Some(seconds) => OmsError::transient_after(detail, Duration::from_secs(seconds)),
                None => OmsError::transient(detail),
            },
            Class::Ambiguous => OmsError::ambiguous(detail),
            Class::Auth => OmsError::auth(detail),
            Class::NotFound => OmsError::NotFound,
            Class::Conflict => OmsError::conflict(*self.existing?),
            Class::TooLate => OmsError::too_late(self.state?),
            Class::Rejected if code.trim().is_empty() => return None,
            Class::Rejected => OmsError::Rejected {
                code,
                field: self.field,
                line_ref: self.line_item_id,
            },
            Class::Partial => {
                let rejected = self.rejected?.into_iter().map(RejectedLine::from);
                OmsError::partial(self.accepted?, rejected.collect())
            }
            Class::Unsupported => OmsError::unsupported(operation),
            Class::Malformed => OmsError::malformed(detail),
            Class::CursorLost => OmsError::CursorLost,
        })
    }

    /// Passes every free text through `clean`.
    pub(super) fn cleaned(mut self, clean: impl Fn(&str) -> String) -> Self {
        self.code = clean(&self.code);
        self.detail = clean(&self.detail);
        self.field = self.field.as_deref().map(&clean);
        for refused in self.rejected.iter_mut().flatten() {
            refused.code = clean(&refused.code);
        }
        self
    }
}

impl From<RejectedLine> for Refused {
    fn from(line: RejectedLine) -> Self {
        Self {
            line_item_id: line.line_ref,
            code: line.code,
        }
    }
}

impl From<Refused> for RejectedLine {
    fn from(refused: Refused) -> Self {
        Self {
            line_ref: refused.line_item_id,
            code: refused.code,
        }
    }
}
