//! What is true of every return, as the shoppers and the people in the warehouse know it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What becomes of a return, outside of Loop and the OMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Plan {
    Good,
    /// Good, and in two parcels.
    InTwo,
    /// The merchant takes a line out, and what is left is good.
    Edited,
    Damaged,
    Missing,
    /// The shopper cancels, and nothing comes.
    Cancelled,
    /// The shopper keeps the goods.
    Kept,
    /// Nothing comes until the end.
    OnTheWay,
}

impl Plan {
    pub(crate) fn is_good(self) -> bool {
        matches!(self, Self::Good | Self::InTwo | Self::Edited)
    }

    /// What is left to happen after the shopper has submitted it.
    pub(crate) fn steps(self) -> VecDeque<Step> {
        use Step::{CancelInLoop, Close, Receive, ReceiveFirst, ReceiveRest, RemoveFirst};
        let steps: &[Step] = match self {
            Self::Good => &[Receive, Close],
            Self::InTwo => &[ReceiveFirst, ReceiveRest, Close],
            Self::Edited => &[RemoveFirst, Receive, Close],
            Self::Damaged => &[Step::ReceiveFirstDamaged, ReceiveRest, Close],
            Self::Missing => &[ReceiveRest, Close],
            Self::Cancelled => &[CancelInLoop],
            Self::Kept | Self::OnTheWay => &[],
        };
        steps.iter().copied().collect()
    }
}

/// Something that happens to a return, after a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    RemoveFirst,
    CancelInLoop,
    /// Every unit that is still expected, in good order.
    Receive,
    ReceiveFirst,
    ReceiveFirstDamaged,
    ReceiveRest,
    Close,
}

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) plan: Plan,
    /// By line; each has another.
    pub(crate) skus: Vec<&'static str>,
    pub(crate) steps: VecDeque<Step>,
    /// When it was submitted, by the shared clock.
    pub(crate) since: i64,
    /// When the next of them happens, by the shared clock.
    pub(crate) due: i64,
    /// Whether the warehouse has, or is about to have, all goods that will ever come.
    pub(crate) all_here: bool,
    /// Loop could not process it.
    pub(crate) failed_in_loop: bool,
}

/// Every return, by its id.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<BTreeMap<u64, Case>>);

impl Book {
    pub(crate) fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Case>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether all goods are there and in good order.
    pub(crate) fn is_good(&self, id: u64) -> bool {
        let book = self.lock();
        book.get(&id)
            .is_some_and(|case| case.all_here && case.plan.is_good())
    }
}
