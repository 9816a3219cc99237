//! What there is: two returns, each as the ledger, Loop and the warehouse have it, and two workers.

use crate::decide::Decision;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct State {
    pub(crate) returns: [Return; 2],
    /// What each worker is at. An idle worker remembers nothing, and neither does one that crashed.
    pub(crate) workers: [Option<Look>; 2],
    /// What the auditor saw broken on the way here: a bit for each [`crate::audit::Rule`].
    pub(crate) broken: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worker {
    A,
    B,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Ret {
    First,
    Second,
}

/// One return, on all three sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Return {
    // The ledger's entry.
    pub(crate) record: Record,
    /// The deadline for the process request of `record` has passed.
    pub(crate) overdue: bool,
    /// The last claim has neither run out nor been released.
    pub(crate) claimed: bool,
    pub(crate) flagged: bool,
    pub(crate) settled: bool,
    // Loop.
    pub(crate) loop_state: LoopState,
    /// Process requests in the network or queued. Each may still be one more refund, or wait for
    /// ever: the bridge cannot tell that from work that Loop has given up.
    pub(crate) pending: u8,
    pub(crate) refunds: u8,
    // The warehouse.
    pub(crate) goods: Goods,
}

/// `ams_loop_bridge::ProcessRecord`, but for `NotRecorded`, with which nothing is ever sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Record {
    #[default]
    NotSent,
    Unknown,
    Accepted,
    Refused,
    Failed,
}

/// `loop_client::ReturnState`, as far as the bridge's own calls lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum LoopState {
    #[default]
    Open,
    Review,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Goods {
    #[default]
    Good,
    /// So the OMS says by now, but the ledger has not heard of it.
    Bad,
    /// And the ledger has heard of it.
    KnownBad,
}

/// A look of one worker at one return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Look {
    pub(crate) on: Ret,
    pub(crate) at: At,
    pub(crate) claim: Claim,
}

/// What a look has done last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum At {
    /// The claim stands in the ledger; `seen` is the record of the entry as it was claimed.
    Claimed {
        seen: Record,
    },
    Decided(Decision),
    /// The intent is in the ledger.
    Intended(Effect),
    /// The claim had time left by the worker's own clock. From here on nothing but a crash keeps
    /// the request from leaving, however long the worker is frozen.
    Checked(Effect),
    Answered(Answer),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Effect {
    Process,
    Flag,
}

/// What the worker knows of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Answer {
    Accepted,
    NotApplied,
    Refused,
    Unknown,
    Flagged,
    FlagDeclined,
    FlagUnknown,
}

/// What a look's claim is worth when the worker compares it with the entry. The ledger compares
/// numbers that only grow, `fence` and `revision`. All that matters is whether they are equal, so
/// the model needs no numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Claim {
    /// The fence and the revision are still the ones of the claim.
    Fresh,
    /// The fence is, but there was news since.
    Overtaken,
    /// Somebody else has claimed the return since.
    Lost,
}

/// The changes of an entry that concern the process request, as `ledger::Entry` has them.
impl Record {
    /// `Entry::intend_process`
    pub(crate) fn intend(&mut self) -> bool {
        let free = *self == Self::NotSent;
        if free {
            *self = Self::Unknown;
        }
        free
    }

    /// `Entry::note_process_accepted`
    pub(crate) fn accepted(&mut self) {
        self.answered(Self::Accepted);
    }

    /// `Entry::note_process_not_applied`
    pub(crate) fn not_applied(&mut self) {
        self.answered(Self::NotSent);
    }

    /// `Entry::note_process_refused`
    pub(crate) fn refused(&mut self) {
        self.answered(Self::Refused);
    }

    /// `Entry::note_process_failed`
    pub(crate) fn failed(&mut self) {
        if self.awaits_loop() {
            *self = Self::Failed;
        }
    }

    fn answered(&mut self, by: Self) {
        if *self == Self::Unknown {
            *self = by;
        }
    }

    pub(crate) fn awaits_loop(self) -> bool {
        matches!(self, Self::Unknown | Self::Accepted)
    }
}

impl Return {
    /// Process requests that were sent and not proven not applied.
    pub(crate) fn requests(&self) -> u8 {
        self.pending + self.refunds
    }

    pub(crate) fn awaits_deadline(&self) -> bool {
        self.record.awaits_loop() && !self.flagged
    }
}

impl Look {
    pub(crate) fn going_on_at(self, at: At) -> Self {
        let claim = match self.claim {
            Claim::Overtaken if !at.compares_the_revision() => Claim::Fresh,
            claim => claim,
        };
        Self { at, claim, ..self }
    }

    pub(crate) fn overtake(&mut self) {
        if self.claim == Claim::Fresh && self.at.compares_the_revision() {
            self.claim = Claim::Overtaken;
        }
    }
}

impl At {
    /// News matters up to the intent; after it only the fence is compared.
    fn compares_the_revision(self) -> bool {
        matches!(
            self,
            Self::Claimed { .. } | Self::Decided(Decision::Process | Decision::Flag)
        )
    }
}

impl State {
    pub(crate) fn at(&self, ret: Ret) -> &Return {
        &self.returns[ret as usize]
    }

    pub(crate) fn at_mut(&mut self, ret: Ret) -> &mut Return {
        &mut self.returns[ret as usize]
    }

    pub(crate) fn look(&self, worker: Worker) -> Option<Look> {
        self.workers[worker as usize]
    }

    pub(crate) fn looks(&self) -> impl Iterator<Item = Look> {
        self.workers.into_iter().flatten()
    }

    pub(crate) fn looks_on(&mut self, ret: Ret) -> impl Iterator<Item = &mut Look> {
        let all = self.workers.iter_mut().flatten();
        all.filter(move |look| look.on == ret)
    }

    /// Whether a process request for these goods may yet be intended, or intended again.
    pub(crate) fn goods_matter(&self, ret: Ret) -> bool {
        let may_take_back = |look: Look| {
            look.on == ret
                && matches!(
                    look.at,
                    At::Intended(Effect::Process)
                        | At::Checked(Effect::Process)
                        | At::Answered(Answer::NotApplied)
                )
        };
        match self.at(ret).record {
            Record::NotSent => true,
            Record::Unknown => self.looks().any(may_take_back),
            Record::Accepted | Record::Refused | Record::Failed => false,
        }
    }

    /// States that differ only in what nobody will read again are one state.
    pub(crate) fn forget_what_no_longer_matters(&mut self) {
        for ret in [Ret::First, Ret::Second] {
            let goods_matter = self.goods_matter(ret);
            let entry = self.at_mut(ret);
            if !goods_matter {
                entry.goods = Goods::Good;
            }
            // A flagged return is left to people, whatever Loop shows and however late it is.
            if entry.flagged {
                entry.loop_state = LoopState::Open;
            }
            entry.overdue &= entry.awaits_deadline();
        }
    }

    /// Workers are alike, and so are returns: of the four states that differ only in which is
    /// which, the least stands for all.
    pub(crate) fn representative(self) -> Self {
        let others = self.with_returns_swapped();
        self.min(self.with_workers_swapped())
            .min(others)
            .min(others.with_workers_swapped())
    }

    fn with_workers_swapped(mut self) -> Self {
        self.workers.swap(0, 1);
        self
    }

    fn with_returns_swapped(mut self) -> Self {
        self.returns.swap(0, 1);
        for look in self.workers.iter_mut().flatten() {
            look.on = match look.on {
                Ret::First => Ret::Second,
                Ret::Second => Ret::First,
            };
        }
        self
    }
}
