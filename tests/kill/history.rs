//! What happened, in one order: every call that reached a stand-in, what became of it, and what
//! was done to the workers. The verdict rests on it.

use std::sync::{Mutex, PoisonError};

/// One worker process from its start to its death.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Life(pub(crate) u32);

/// What a call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deed {
    ReadReturn,
    ListReturns,
    Process,
    Flag,
    ReadNotes,
    WriteNote,
    /// Of Loop's, about no single return.
    OtherOfLoop,
    CreateRma,
    ReadRma,
    AmendRma,
    CancelRma,
    /// Of the OMS's, about no single RMA.
    OtherOfOms,
}

impl Deed {
    pub(crate) fn has_an_effect(self) -> bool {
        match self {
            Self::Process
            | Self::Flag
            | Self::WriteNote
            | Self::CreateRma
            | Self::AmendRma
            | Self::CancelRma => true,
            Self::ReadReturn
            | Self::ListReturns
            | Self::ReadNotes
            | Self::OtherOfLoop
            | Self::ReadRma
            | Self::OtherOfOms => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) deed: Deed,
    /// The return, or the RMA of the same number; 0 for none.
    pub(crate) id: u64,
}

/// What a stand-in made of a call, whether or not anybody heard of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    /// A new RMA.
    Created,
    /// Turned down, in Loop's or the OMS's own words.
    Declined,
    /// Anything else.
    Failed(u16),
    /// The call never reached it: it was on its way when its sender died.
    NotReached,
}

/// When a worker died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    /// At any.
    Random,
    /// Right after its start.
    Newborn,
    /// Its call was on its way, and was lost with it.
    OnItsWay,
    /// Its call had arrived, and was carried out after its death.
    Arrived,
    /// Its call was carried out, and it never heard the answer.
    Unheard,
    /// It had been answered a moment ago.
    Heard,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    Invoked {
        life: Life,
        call: Call,
    },
    /// `call` is the place in the history where it was invoked.
    Answered {
        call: usize,
        answer: Answer,
    },
    Killed {
        life: Life,
        moment: Moment,
        /// Whether a call of its was under way.
        in_a_call: bool,
    },
    /// A worker ended that nobody killed.
    Ended {
        life: Life,
        how: String,
    },
    /// The last goods of this return are about to be booked.
    LastGoods {
        id: u64,
    },
    /// The database is about to be cut off.
    DatabaseGoes,
    /// It can be used again.
    DatabaseIsBack,
}

#[derive(Debug, Default)]
pub(crate) struct History {
    events: Mutex<Vec<Event>>,
}

impl History {
    /// Gives back the event's place.
    pub(crate) fn push(&self, event: Event) -> usize {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(event);
        events.len() - 1
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.clone()
    }

    pub(crate) fn len(&self) -> usize {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.len()
    }
}
