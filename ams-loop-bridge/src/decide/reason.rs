use std::fmt;

use serde::{Deserialize, Serialize};

use crate::map::NotOwed;

/// Why an action was chosen. An open set, as it will grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// Every expected unit is available and the merchant has refunds enabled.
    AllAvailable,
    /// Every expected unit is available and the merchant processes by hand.
    ProcessingDisabled,
    /// A unit is damaged, missing or on hold although the RMA is complete.
    NotAllAvailable,
    /// A unit is damaged, and the merchant wants to know before the rest arrives.
    DamagedEarly,
    /// More arrived than was expected, and the merchant wants to see that.
    Surplus,
    /// Every expected unit is available, and the merchant processes such outcomes by hand.
    OutcomeLeftToMerchant,
    /// Every expected unit is available, and other units of the return go to another warehouse.
    SplitDestinations,
    /// The RMA is not complete.
    Receiving,
    /// The RMA is not complete, and it is long since the goods were announced.
    Overdue,
    /// The OMS has no RMA yet.
    NoRmaYet,
    /// The OMS had the RMA and has it no more.
    RmaVanished,
    /// The OMS had the RMA and has it no more, nothing was received for it, and the merchant wants
    /// such an RMA made again.
    RmaToBeMadeAgain,
    /// What was shown as evidence is the RMA of another return or merchant.
    RmaOfAnother,
    /// The RMA was cancelled in the OMS, and the return stands in Loop.
    RmaCancelled,
    /// Both sides have cancelled.
    CancelledOnBothSides,
    /// The OMS names a state that is not known here.
    UnknownRmaState(String),
    /// Loop names no state, or one that is not known here.
    UnknownLoopState(Option<String>),
    /// Loop expects a line that the OMS has not heard of.
    LineUnknownToOms,
    /// Nothing is to be received.
    NotOwed(NotOwed),
    /// Loop does not say enough.
    LoopIncomplete(String),
    /// Loop contradicts itself.
    LoopContradictory(String),
    /// It is closed in Loop, and the goods are all right.
    ClosedInLoop,
    /// It is closed in Loop, and the goods are not all right.
    BadGoodsAfterClose,
    /// It was cancelled in Loop, and nothing arrived.
    CancelledInLoop,
    /// It was cancelled in Loop, and goods arrived.
    GoodsForCancelled,
    /// It expired in Loop, and nothing arrived.
    ExpiredInLoop,
    /// It expired in Loop, and goods arrived.
    GoodsForExpired,
    /// It is in review for another reason than ours.
    InReview {
        /// Whether the goods are all right.
        good: bool,
    },
    /// It was flagged for these facts before.
    AlreadyFlagged,
    /// It was flagged before, and the goods are all right now.
    GoodAfterFlag,
    /// The process call was seen to have been carried out.
    Processed,
    /// The process call was made, and Loop has not shown its result yet.
    ProcessPending {
        /// Whether Loop said that it had queued it.
        accepted: bool,
    },
    /// The process call was made, and Loop has not shown its result in time.
    ProcessUnconfirmed,
    /// The process call was made, and the return is in review.
    InReviewAfterProcess,
    /// Loop reported that processing failed.
    ProcessingFailed,
    /// Loop declined to process.
    ProcessRefused(String),
    /// The ledger does not know whether a process call was made.
    HistoryNotKnown,
}

impl Reason {
    /// One stable word for it, for metrics and for filters: as it is stored, without what goes
    /// with it.
    ///
    /// ```
    /// assert_eq!(ams_loop_bridge::Reason::AllAvailable.code(), "all_available");
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AllAvailable => "all_available",
            Self::ProcessingDisabled => "processing_disabled",
            Self::NotAllAvailable => "not_all_available",
            Self::DamagedEarly => "damaged_early",
            Self::Surplus => "surplus",
            Self::OutcomeLeftToMerchant => "outcome_left_to_merchant",
            Self::SplitDestinations => "split_destinations",
            Self::Receiving => "receiving",
            Self::Overdue => "overdue",
            Self::NoRmaYet => "no_rma_yet",
            Self::RmaVanished => "rma_vanished",
            Self::RmaToBeMadeAgain => "rma_to_be_made_again",
            Self::RmaOfAnother => "rma_of_another",
            Self::RmaCancelled => "rma_cancelled",
            Self::CancelledOnBothSides => "cancelled_on_both_sides",
            Self::UnknownRmaState(_) => "unknown_rma_state",
            Self::UnknownLoopState(_) => "unknown_loop_state",
            Self::LineUnknownToOms => "line_unknown_to_oms",
            Self::NotOwed(_) => "not_owed",
            Self::LoopIncomplete(_) => "loop_incomplete",
            Self::LoopContradictory(_) => "loop_contradictory",
            Self::ClosedInLoop => "closed_in_loop",
            Self::BadGoodsAfterClose => "bad_goods_after_close",
            Self::CancelledInLoop => "cancelled_in_loop",
            Self::GoodsForCancelled => "goods_for_cancelled",
            Self::ExpiredInLoop => "expired_in_loop",
            Self::GoodsForExpired => "goods_for_expired",
            Self::InReview { .. } => "in_review",
            Self::AlreadyFlagged => "already_flagged",
            Self::GoodAfterFlag => "good_after_flag",
            Self::Processed => "processed",
            Self::ProcessPending { .. } => "process_pending",
            Self::ProcessUnconfirmed => "process_unconfirmed",
            Self::InReviewAfterProcess => "in_review_after_process",
            Self::ProcessingFailed => "processing_failed",
            Self::ProcessRefused(_) => "process_refused",
            Self::HistoryNotKnown => "history_not_known",
        }
    }

    /// The beginning of the note in Loop; `None` where no note is due.
    pub(super) fn headline(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotAllAvailable | Self::InReview { good: false } => "not all units are available",
            Self::DamagedEarly => "damaged units, the rest may still arrive",
            Self::Overdue => "the goods are overdue",
            Self::SplitDestinations => {
                "all units for this warehouse are available, others go elsewhere"
            }
            Self::AllAvailable => "all units are available, and more arrived than expected",
            Self::Surplus => "more arrived than expected",
            Self::BadGoodsAfterClose => "the return is closed, but not all units are available",
            Self::GoodsForCancelled => "goods arrived for a cancelled return",
            Self::GoodsForExpired => "goods arrived for an expired return",
            Self::InReview { good: true } => "the warehouse has all units available",
            Self::GoodAfterFlag => "all units are available by now, please review",
            Self::ProcessUnconfirmed => {
                "processing was requested and not confirmed, please check before paying out"
            }
            Self::ProcessingFailed => "Loop reported that processing failed, please check",
            Self::ProcessRefused(_) => "Loop declined to process",
            Self::InReviewAfterProcess => "processing was requested and ended in review",
            Self::UnknownLoopState(_) => "the warehouse is done, but does not know this state",
            Self::RmaCancelled => "the RMA is cancelled in the warehouse",
            _ => return None,
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllAvailable => f.write_str("every expected unit is in available stock"),
            Self::ProcessingDisabled => f.write_str(
                "every expected unit is in available stock, and the merchant processes by hand",
            ),
            Self::NotAllAvailable => {
                f.write_str("the RMA is complete, and units are damaged, missing or on hold")
            }
            Self::DamagedEarly => f.write_str("a unit is damaged; others may still arrive"),
            Self::Surplus => f.write_str("units arrived that nobody expected"),
            Self::Receiving => f.write_str("the warehouse is not done with the RMA"),
            Self::OutcomeLeftToMerchant => f.write_str(
                "every expected unit is in available stock, and the merchant processes such outcomes by hand",
            ),
            Self::SplitDestinations => f.write_str(
                "every unit for this warehouse is in available stock, and others go to another one",
            ),
            Self::Overdue => f.write_str("the goods are overdue"),
            Self::NoRmaYet => f.write_str("the RMA is not made yet"),
            Self::RmaOfAnother => f.write_str("the RMA shown belongs to another return"),
            Self::RmaVanished => f.write_str("the RMA is gone from the warehouse's system"),
            Self::RmaToBeMadeAgain => f.write_str(
                "the RMA is gone from the warehouse's system, nothing was received for it, and it is made again",
            ),
            Self::RmaCancelled => {
                f.write_str("the RMA is cancelled in the warehouse, and the return stands in Loop")
            }
            Self::CancelledOnBothSides => f.write_str("the return and its RMA are cancelled"),
            Self::UnknownRmaState(raw) => {
                write!(f, "the warehouse's state {raw:?} is not known here")
            }
            Self::UnknownLoopState(None) => f.write_str("Loop names no state"),
            Self::UnknownLoopState(Some(state)) => {
                write!(f, "Loop's state {state:?} is not known here")
            }
            Self::LineUnknownToOms => {
                f.write_str("Loop expects a line that the warehouse has not heard of")
            }
            Self::NotOwed(why) => why.fmt(f),
            Self::LoopIncomplete(what) | Self::LoopContradictory(what) => f.write_str(what),
            Self::ClosedInLoop => f.write_str("the return is already closed in Loop"),
            Self::BadGoodsAfterClose => f.write_str(
                "the return is already closed in Loop, and units are damaged, missing or on hold",
            ),
            Self::CancelledInLoop => f.write_str("the return was cancelled in Loop"),
            Self::ExpiredInLoop => f.write_str("the return expired in Loop, and nothing arrived"),
            Self::GoodsForCancelled => f.write_str("goods arrived for a cancelled return"),
            Self::GoodsForExpired => f.write_str("goods arrived for an expired return"),
            Self::InReview { good: true } => {
                f.write_str("every unit is available, and the return is in review")
            }
            Self::InReview { good: false } => {
                f.write_str("not every unit is available, and the return is in review")
            }
            Self::AlreadyFlagged => f.write_str("flagged for this already; a person decides"),
            Self::GoodAfterFlag => {
                f.write_str("every unit is available by now, but the return is flagged")
            }
            Self::Processed => f.write_str("processed: the return is closed in Loop"),
            Self::ProcessPending { accepted: true } => {
                f.write_str("Loop has queued the processing and not finished it")
            }
            Self::ProcessPending { accepted: false } => {
                f.write_str("the process call may or may not have arrived; it is never sent again")
            }
            Self::ProcessUnconfirmed => {
                f.write_str("the process call has shown no result in time; a person must check")
            }
            Self::InReviewAfterProcess => {
                f.write_str("the return went into review after the process call")
            }
            Self::ProcessingFailed => f.write_str("Loop reported that processing failed"),
            Self::ProcessRefused(message) => write!(f, "Loop declined to process: {message}"),
            Self::HistoryNotKnown => f.write_str(
                "every unit is available, but the ledger does not know what was sent before",
            ),
        }
    }
}
