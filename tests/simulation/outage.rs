//! What breaks for a while, and not for one call.

use super::sim::{DAY, Event, HOUR, MINUTE, Sim};

/// What is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Loop refuses the key.
    LoopKey,
    /// The OMS refuses its.
    OmsKey,
    Loop,
    Oms,
    /// The ledger can be read, and not written.
    LedgerIsReadOnly,
    Ledger,
}

impl Side {
    const ALL: [Self; 6] = [
        Self::LoopKey,
        Self::OmsKey,
        Self::Loop,
        Self::Oms,
        Self::LedgerIsReadOnly,
        Self::Ledger,
    ];
}

/// Until when each side is out.
#[derive(Debug, Default)]
pub(crate) struct Outages([i64; 6]);

impl Outages {
    pub(crate) fn set(&mut self, side: Side, until: i64) {
        self.0[side as usize] = until;
    }

    pub(crate) fn end(&mut self) {
        *self = Self::default();
    }
}

impl Sim {
    pub(crate) fn is_out(&self, side: Side) -> bool {
        self.now < self.outages.0[side as usize]
    }

    /// Perhaps something larger breaks in the hour that begins then.
    pub(crate) fn perhaps_breaks(&mut self, begins: i64) {
        let rate = self.faults.outage;
        if self.rng.chance(rate) {
            let drawn = usize::try_from(self.rng.below(6)).unwrap_or(0);
            self.schedule(begins, Event::Outage(Side::ALL[drawn]));
        }
    }

    /// Most are over soon.
    pub(crate) fn breaks(&mut self, side: Side) {
        let longest = if self.rng.chance(500) {
            2 * DAY
        } else {
            3 * HOUR
        };
        let until = self.now + self.rng.seconds(MINUTE, longest);
        self.note("out", 0, || format!("{side:?} until {until}"));
        self.outages.0[side as usize] = until;
    }
}
