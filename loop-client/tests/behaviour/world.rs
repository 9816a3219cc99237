//! What a world has to offer to the suite.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loop_client::{Client, LineItemId, ReturnId, Timestamp};

use super::support::VirtualTime;

/// What Loop, or whatever is before it, is like when a call arrives. What is not said is as it
/// should be: the key is good, the return is there and open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Situation {
    Open,
    /// Held by a flag, and still `open`.
    Flagged,
    Review,
    Closed,
    Cancelled,
    Expired,
    UnknownReturn,
    /// Details of a return that was not asked for.
    AnotherReturn,
    /// Loop declines with words that nobody has documented.
    NewRefusal,

    WrongKey,
    MissingScope,
    BudgetUsedUp,
    /// With `Retry-After: 7`.
    BudgetUsedUpWithAdvice,
    /// Used up for the first call only.
    BudgetFreesUp,
    /// With `Retry-After: 7` for the first call only.
    BudgetFreesUpAsAdvised,

    /// Not one byte can be sent.
    NoConnection,
    /// The first call cannot be sent.
    NoConnectionAtFirst,
    /// The first call cannot be sent, and the connection breaks before the answer to the second.
    NoConnectionThenReplyLost,
    /// 503, and nothing was done.
    DownBeforeEffect,
    /// 500 after it was done.
    DownAfterEffect,
    /// 503 for the first call only.
    DownAtFirst,
    /// It was done, and the connection breaks before the answer.
    ReplyLost,
    /// The same, for the first call only.
    FirstReplyLost,
    /// The connection breaks in the middle of the answer.
    CutReply,
    /// It was done, and half of the answer comes as if it were all of it.
    TruncatedReply,
    /// Cloudflare gives up waiting.
    EdgeTimeout,
    /// A page for people, with status 200.
    Html,
    SaysFalse,
    SaysNothing,
    Redirect,

    NoNotes,

    /// Five returns, two to a page.
    SeveralPages,
    /// An empty page in the middle.
    EmptyPage,
    CursorRepeats,
    ForeignLink,
    LinkWithoutCursor,
    /// One row of three cannot be read.
    BadRow,
    /// Three units of two returns are on their way.
    Report,
    /// The same, and the second row cannot be read.
    BadReportRow,
    /// The same as `Report`, and it ends in the middle of the last row.
    CutReport,
    /// The same as `CutReport`, and the connection breaks there.
    BrokenReport,
}

pub(crate) struct Scene {
    pub(crate) client: Client,
    /// The return to call about.
    pub(crate) id: ReturnId,
    /// One of its two lines.
    pub(crate) line: LineItemId,
    pub(crate) time: Arc<VirtualTime>,
    /// `POST /warehouse/return/1/process` and the like: what arrived since the scene was set, in
    /// order, without version and query.
    pub(crate) arrived: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    /// How often the shopper gets what the return owes, once all that was accepted is carried
    /// out; `None` where nobody keeps account of it.
    pub(crate) paid: Option<Box<dyn Fn() -> u32 + Send + Sync>>,
}

impl Scene {
    pub(crate) fn waited(&self) -> Duration {
        self.time.slept().iter().sum()
    }
}

#[async_trait]
pub(crate) trait World: Sync {
    /// A client in this situation; `None` when this world cannot bring it about.
    async fn scene(&self, situation: Situation) -> Option<Scene>;
}

/// When everything in these worlds happened, give or take an hour.
pub(crate) fn noon() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().unwrap()
}
