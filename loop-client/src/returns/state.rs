use crate::value::open_enum::open_enum;

open_enum! {
    /// Where a return stands in Loop. An open set: treat `Unknown` as "do nothing that cannot
    /// be undone".
    ReturnState, "a return state" {
        /// Not yet, or not fully, processed. A flagged return may still read `open`.
        Open = "open",
        /// Processed, or closed by hand; nothing more can be done.
        Closed = "closed",
        /// Cancelled; no outcome, and the items can be returned again.
        Cancelled = "cancelled" | "canceled",
        /// Not sent back in time.
        Expired = "expired",
        /// Processing is blocked until the merchant acts.
        Review = "review" | "needs review" | "needs_review",
    }
}

impl ReturnState {
    /// The states the returns list can be asked for. It hides `review` and `cancelled` from a
    /// call that names none.
    pub const ALL: [ReturnState; 5] = [
        Self::Open,
        Self::Review,
        Self::Closed,
        Self::Cancelled,
        Self::Expired,
    ];
}
