use ams_oms_client::RmaKey;
use loop_client::Timestamp;
use serde::{Deserialize, Serialize};

use super::Fingerprint;

/// What became of the one process call that a return gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
#[non_exhaustive]
pub enum ProcessRecord {
    /// None was sent, or it is proven that it had no effect.
    #[default]
    NotSent,
    /// It was about to be sent, or was sent, and no answer proves what happened.
    Unknown {
        /// When it was about to be sent.
        since: Timestamp,
    },
    /// Loop said `true`: queued, not done.
    Accepted {
        /// When it was sent.
        since: Timestamp,
    },
    /// Loop declined, in words that it documents.
    Refused {
        /// Loop's words.
        message: String,
    },
    /// Loop reported that processing failed.
    Failed,
    /// The ledger has no record of what was sent: the RMA was there before the entry.
    NotRecorded,
}

/// What was done about a return before, and when we are looking.
///
/// ```
/// use ams_loop_bridge::{History, ProcessRecord};
/// use ams_oms_client::RmaKey;
/// use loop_client::Timestamp;
///
/// let key = RmaKey::new("acme".parse()?, "99904598".parse()?);
/// let now = Timestamp::from_unix_seconds(1_800_000_000);
/// let mut history = History::none(key, now);
/// history.process = ProcessRecord::Accepted { since: now };
/// # Ok::<(), ams_oms_client::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// Whose history it is: merchant and RMA number, which is Loop's return id. Evidence about
    /// any other return is none.
    pub key: RmaKey,
    /// The time of this look.
    pub now: Timestamp,
    /// Since when goods are expected; `None` when that is not known.
    pub expected_since: Option<Timestamp>,
    /// The process call.
    pub process: ProcessRecord,
    /// The facts the return was last flagged for.
    pub flagged: Option<Fingerprint>,
    /// Whether the RMA was in the OMS before.
    pub rma_was_made: bool,
    /// Whether goods were received for it, as far as was seen at an earlier look.
    pub goods_were_received: bool,
    /// Whether the ASN report has named several destinations for the units of this return.
    pub split_destinations: bool,
}

impl History {
    /// Of a return that nothing was done about yet, but that its RMA was made.
    #[must_use]
    pub fn none(key: RmaKey, now: Timestamp) -> Self {
        Self {
            key,
            now,
            expected_since: None,
            process: ProcessRecord::NotSent,
            flagged: None,
            rma_was_made: true,
            goods_were_received: false,
            split_destinations: false,
        }
    }
}
