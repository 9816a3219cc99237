use std::fmt;
use std::time::Duration;

use crate::ReturnId;
use crate::call::Call;
use crate::decode::DecodeError;
use crate::transport::TransportError;
use crate::value::open_enum::open_enum;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed, and what that means for whoever made it.
///
/// Three questions are answered without reading any text: what went wrong ([`Error::kind`]),
/// whether Loop may have done it all the same ([`Error::effect`]), and when a repeat could help
/// ([`Error::retry_after`]). Nothing here holds a key, an address with its query, or a body.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    call: Call,
    return_id: Option<ReturnId>,
    status: Option<u16>,
    effect: Effect,
    kind: ErrorKind,
    retry_after: Option<Duration>,
    attempts: u32,
}

/// What a failed call did on Loop's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Not one byte of the request left: repeating it is safe.
    NotSent,
    /// Loop answered, and the answer says that it did not do it.
    NotApplied,
    /// It may have been done: a time-out, a lost connection, a 5xx, an answer nobody can read.
    /// Look at the return before anything else; never repeat a process call.
    Unknown,
}

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 401 or 403: the key is wrong or lacks the scope. Nothing will work until it is mended.
    Unauthorized(Message),
    /// 429: the key's budget is used up; see [`Error::retry_after`].
    RateLimited,
    /// Loop understood and declined, often with HTTP status 200.
    Refused(Message),
    /// Loop has no such return, or whatever was asked for, for this key.
    NotFound(Message),
    /// Loop found fault with the request (400, 409, 422).
    Invalid(Message),
    /// Loop or something before it failed (5xx), or answered with a status nobody documents; a
    /// call that answers `true` also when anything else came with status 200.
    Server(Message),
    /// The answer is not what Loop documents.
    Unreadable(DecodeError),
    /// A report that cannot be read to its end: it breaks off, or something else follows or stands
    /// in its place. The rows before it are good; what is missing is not known.
    Incomplete(DecodeError),
    /// The answer is larger than this client reads.
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// A redirect. The key is sent to its configured origin and nowhere else.
    Redirected,
    /// The connection failed.
    Transport(TransportError),
    /// A page link that must not be followed.
    Paging(PagingFault),
    /// The input of the call is out of Loop's bounds, found before anything was sent.
    Input(&'static str),
}

/// Why paging stopped short. Streams give the rows that were read and then the fault; a page by
/// itself is an error as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PagingFault {
    /// It points at another host: the key must not go there.
    #[error("the link to the next page leaves the configured API address")]
    ForeignLink,
    /// There is a next page, or may be one, but no cursor that could be asked for it with.
    #[error("the link to the next page has no cursor")]
    NoCursor,
    /// The same cursor or page came again, so the pages go in circles.
    #[error("the pages repeat themselves")]
    Loop,
}

/// What Loop said: bounded, on one line, and with anything removed that looks like an e-mail
/// address, a telephone number or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Loop's code, where it gave one.
    pub code: Option<ErrorCode>,
    /// Loop's words, or what was found instead of them.
    pub text: String,
}

impl Message {
    /// For test doubles and other implementations of this client's ports.
    #[must_use]
    pub fn new(code: Option<ErrorCode>, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{} [{code}]", self.text),
            None => f.write_str(&self.text),
        }
    }
}

open_enum! {
    /// A code in an error of Loop's. An open set.
    ///
    /// Rests on <https://docs.loopreturns.com/api-reference/error-codes>.
    ErrorCode, "an error code" {
        /// The state of the return does not allow it.
        UnprocessableReturn = "UNPROCESSABLE_RETURN",
        /// Flagged, and the merchant does not let flagged returns be processed.
        UnprocessableFlaggedReturn = "UNPROCESSABLE_FLAGGED_RETURN",
        /// No order with that id.
        OrderNotFound = "ORDER_NOT_FOUND",
        /// The key is not good for this.
        NotAuthorized = "NOT_AUTHORIZED",
        /// No such thing.
        NotFound = "NOT_FOUND",
        /// The gateway's word for a bad or missing key, or a missing scope.
        GatewayUnauthorized = "GEN-UNAUTHORIZED",
        /// Unexpected failure on Loop's side.
        UnexpectedError = "UNEXPECTED_ERROR",
        /// The plan's number of destinations is used up.
        DestinationLimitExceeded = "DESTINATION_LIMIT_EXCEEDED",
        /// Listing webhook subscriptions failed.
        FailedToGetWebhooks = "FAILED_TO_GET_WEBHOOKS",
        /// Creating a webhook subscription failed.
        FailedToCreateWebhook = "FAILED_TO_CREATE_WEBHOOK",
        /// Updating a webhook subscription failed.
        FailedToUpdateWebhook = "FAILED_TO_UPDATE_WEBHOOK",
        /// Deleting a webhook subscription failed.
        FailedToDeleteWebhook = "FAILED_TO_DELETE_WEBHOOK",
        /// Making a sample of a webhook failed.
        FailedToGetSampleWebhook = "FAILED_TO_GET_SAMPLE_WEBHOOK",
        /// A label is wanted for a return that does not exist.
        ReturnNotFound = "return_not_found",
        /// The return has a label already.
        LabelAlreadyExists = "label_already_exists",
        /// The return is of a kind that has no label.
        ReturnCannotReceiveLabel = "return_cannot_receive_label",
        /// The carrier made no label.
        LabelGenerationFailed = "label_generation_failed",
        /// Unexpected failure while a label was made.
        InternalError = "internal_error",
    }
}

impl Error {
    /// For implementations of this client's ports and for test doubles. `effect` decides whether
    /// a call that moves money may be repeated: claim [`Effect::NotSent`] or
    /// [`Effect::NotApplied`] only for what is certain.
    #[must_use]
    pub fn new(
        call: Call,
        return_id: Option<ReturnId>,
        status: Option<u16>,
        effect: Effect,
        kind: ErrorKind,
    ) -> Self {
        Self(Box::new(Inner {
            call,
            return_id,
            status,
            effect,
            kind,
            retry_after: None,
            attempts: 1,
        }))
    }

    /// With the wait that Loop asked for.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_effect(mut self, effect: Effect) -> Self {
        self.0.effect = effect;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// How often the call was tried, this failure included.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Which call failed.
    #[must_use]
    pub fn call(&self) -> Call {
        self.0.call
    }

    /// Which return the call was about.
    #[must_use]
    pub fn return_id(&self) -> Option<ReturnId> {
        self.0.return_id
    }

    /// The HTTP status, when there was an answer. Success and failure do not follow from it.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Whether Loop may have done it all the same, by any of the attempts: a repeated delete whose
    /// first answer was lost, and which then finds nothing, is [`Effect::Unknown`].
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.0.effect
    }

    /// Loop's code, where it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.kind.message()?.code.as_ref()
    }

    /// Whether the same call could succeed later with nobody changing anything. It says nothing
    /// about whether repeating it is harmless: that is [`Error::effect`].
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match &self.0.kind {
            ErrorKind::RateLimited
            | ErrorKind::Server(_)
            | ErrorKind::Transport(_)
            | ErrorKind::Unreadable(_)
            | ErrorKind::Incomplete(_) => true,
            ErrorKind::Unauthorized(_)
            | ErrorKind::Refused(_)
            | ErrorKind::NotFound(_)
            | ErrorKind::Invalid(_)
            | ErrorKind::TooLarge { .. }
            | ErrorKind::Redirected
            | ErrorKind::Paging(_)
            | ErrorKind::Input(_) => false,
        }
    }

    /// How long Loop asked to wait before the next call, in its header `Retry-After`: seconds, or a
    /// date, which is measured against the answer's own `Date`. When the call was not sent for want
    /// of a place in the call budget, how long until there is one.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl ErrorKind {
    /// A short name for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unauthorized(_) => "unauthorized",
            Self::RateLimited => "rate_limited",
            Self::Refused(_) => "refused",
            Self::NotFound(_) => "not_found",
            Self::Invalid(_) => "invalid",
            Self::Server(_) => "server",
            Self::Unreadable(_) => "unreadable",
            Self::Incomplete(_) => "incomplete",
            Self::TooLarge { .. } => "too_large",
            Self::Redirected => "redirected",
            Self::Transport(_) => "transport",
            Self::Paging(_) => "paging",
            Self::Input(_) => "input",
        }
    }

    pub(crate) fn message(&self) -> Option<&Message> {
        match self {
            Self::Unauthorized(message)
            | Self::Refused(message)
            | Self::NotFound(message)
            | Self::Invalid(message)
            | Self::Server(message) => Some(message),
            Self::RateLimited
            | Self::Unreadable(_)
            | Self::Incomplete(_)
            | Self::TooLarge { .. }
            | Self::Redirected
            | Self::Transport(_)
            | Self::Paging(_)
            | Self::Input(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.call)?;
        if let Some(id) = self.0.return_id {
            write!(f, " of return {id}")?;
        }
        f.write_str(": ")?;
        match &self.0.kind {
            ErrorKind::Unauthorized(message) => {
                f.write_str("the key is refused or lacks ")?;
                match self.0.call.scope() {
                    Some(scope) => write!(f, "the scope {scope}: {message}")?,
                    None => write!(f, "a scope: {message}")?,
                }
            }
            ErrorKind::RateLimited => match self.0.retry_after {
                Some(wait) => write!(
                    f,
                    "the key's call budget is used up for {} s",
                    wait.as_millis().div_ceil(1000)
                )?,
                None => f.write_str("the key's call budget is used up")?,
            },
            ErrorKind::Refused(message) => write!(f, "Loop declined: {message}")?,
            ErrorKind::NotFound(message) => write!(f, "not found: {message}")?,
            ErrorKind::Invalid(message) => write!(f, "Loop found fault: {message}")?,
            ErrorKind::Server(message) => write!(f, "Loop failed: {message}")?,
            ErrorKind::Unreadable(_) => f.write_str("the answer is not what Loop documents")?,
            ErrorKind::Incomplete(_) => f.write_str("the report is not whole")?,
            ErrorKind::TooLarge { limit } => write!(f, "the answer exceeds {limit} bytes")?,
            ErrorKind::Redirected => f.write_str("a redirect was not followed")?,
            ErrorKind::Transport(_) => f.write_str("the connection failed")?,
            ErrorKind::Paging(_) => f.write_str("paging stopped")?,
            ErrorKind::Input(what) => f.write_str(what)?,
        }
        if let Some(status) = self.0.status {
            write!(f, " (HTTP {status})")?;
        }
        if self.0.effect == Effect::Unknown && !self.0.call.is_safe_to_repeat() {
            f.write_str("; it may have taken effect")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Unreadable(source) | ErrorKind::Incomplete(source) => Some(source),
            ErrorKind::Transport(source) => Some(source),
            ErrorKind::Paging(source) => Some(source),
            ErrorKind::Unauthorized(_)
            | ErrorKind::RateLimited
            | ErrorKind::Refused(_)
            | ErrorKind::NotFound(_)
            | ErrorKind::Invalid(_)
            | ErrorKind::Server(_)
            | ErrorKind::TooLarge { .. }
            | ErrorKind::Redirected
            | ErrorKind::Input(_) => None,
        }
    }
}
