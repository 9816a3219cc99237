//! Bugs that are planted in the ports, to show that the auditor sees what they lead to. Each
//! stands for one that the bridge, or what it stands on, could have.

/// What is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plant {
    /// The ledger shows a call that is under way as not sent: process is sent again while unknown.
    UnknownIsSentAgain,
    /// The ledger acknowledges an intent and does not store it.
    IntentIsNotStored,
    /// The ledger acknowledges one write in fifty without storing it.
    AcknowledgesLostWrites,
    /// Loop's client says "not applied" of a lost answer: a blind retry.
    LostMeansNotApplied,
    /// The ledger's compare and swap lets everybody through.
    EveryWriterWins,
    /// The ledger keeps a failed processing as not sent: a failure webhook re-arms process.
    FailureReArms,
    /// The ledger does not tell that an older copy was put in its place.
    RestoreIsNotSeen,
    /// The ledger shows every return as free to everybody.
    ClaimsAreNotSeen,
    /// Nor does it show that the return was claimed by somebody else since.
    FenceIsNotSeen,
    /// The ledger does not store what an entry waits for.
    ReasonIsNotStored,
    OddConditionIsGood,
    OddStateIsComplete,
    /// The OMS says that it is done while it counts.
    PartialIsComplete,
    MissingIsGood,
    DamageIsGood,
    /// Loop's client takes what the shopper keeps for what is shipped back, and the warehouse finds
    /// it all.
    KeptIsShipped,
    /// The OMS makes an RMA without a look whether there is one.
    CreatesWithoutLookUp,
    /// The OMS looks for an RMA where it is not shown yet, and makes another.
    CreatesAgainWhileHidden,
    /// The OMS's feed loses a change between two pages.
    FeedSkipsAtPageEdge,
    PullsWithoutOverlap,
    /// The cursor of a pull moves before its pages are stored.
    CursorBeforePage,
    WebhooksOnly,
    /// Loop's client puts the secret into an error's words.
    ErrorTellsSecret,
    /// The ledger keeps all merchants' rows as one's. `merchants` looks for it.
    MerchantsShareRows,
}

impl Plant {
    /// Each, with the rule that its finder names and how many seeds finding it may take: about
    /// three times the worst of 21 searches, see `README.md`.
    pub(crate) const ALL: [(Self, &'static [&'static str], u64); 23] = [
        (Self::UnknownIsSentAgain, &["I1"], 50),
        (Self::IntentIsNotStored, &["I7", "I1"], 10),
        (Self::AcknowledgesLostWrites, &["I1", "I3", "I7", "L3"], 40),
        (Self::LostMeansNotApplied, &["I1"], 170),
        (Self::EveryWriterWins, &["I1", "I3", "I7"], 60),
        (Self::FailureReArms, &["I1"], 230),
        (Self::RestoreIsNotSeen, &["I1"], 1750),
        (Self::ClaimsAreNotSeen, &["I7", "I3"], 10),
        (Self::FenceIsNotSeen, &["I7", "I3"], 10),
        (Self::ReasonIsNotStored, &["I5"], 10),
        (Self::OddConditionIsGood, &["I2", "I3"], 70),
        (Self::OddStateIsComplete, &["I8", "I3"], 60),
        (Self::PartialIsComplete, &["I2", "I3"], 20),
        (Self::MissingIsGood, &["I2", "I3"], 60),
        (Self::DamageIsGood, &["I2", "I3"], 20),
        (Self::KeptIsShipped, &["I6"], 60),
        (Self::CreatesWithoutLookUp, &["I4"], 30),
        (Self::CreatesAgainWhileHidden, &["I4"], 300),
        (Self::FeedSkipsAtPageEdge, &["L2", "I3"], 450),
        (Self::PullsWithoutOverlap, &["L1", "L3"], 820),
        (Self::CursorBeforePage, &["L1", "L3"], 380),
        (Self::WebhooksOnly, &["L1", "L3"], 60),
        (Self::ErrorTellsSecret, &["I11"], 10),
    ];
}
