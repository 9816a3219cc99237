//! Cutting a run at a numbered boundary: every call to Loop, the OMS and the ledger is one.

use std::future::pending;

use super::sim::{Shared, Sim};

/// What happens at a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// The process dies before anything leaves.
    Before,
    /// It takes effect, and the answer is an error that proves nothing.
    Lost,
    /// It takes effect, and the process dies before it hears the answer.
    After,
}

impl How {
    pub(crate) const ALL: [Self; 3] = [Self::Before, Self::Lost, Self::After];
}

/// Where a run is cut. The same cuts give the same run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cuts {
    /// Reads count as boundaries too, not only what changes something.
    pub(crate) reads: bool,
    pub(crate) at: [Option<(u64, How)>; 3],
    /// How many boundaries there were, up to now.
    pub(crate) seen: u64,
    /// How many there were when anything but a cursor last changed.
    pub(crate) last: u64,
}

impl Sim {
    fn cut(&mut self, changes: bool) -> Option<How> {
        if !changes && !self.cuts.reads {
            return None;
        }
        self.cuts.seen += 1;
        let seen = self.cuts.seen;
        let mut cuts = self.cuts.at.iter().flatten();
        cuts.find(|(at, _)| *at == seen).map(|(_, how)| *how)
    }
}

impl Shared {
    /// At every call, before anything leaves.
    pub(crate) async fn boundary(&self, changes: bool) -> Option<How> {
        let how = self.with(|sim| sim.cut(changes));
        if how == Some(How::Before) {
            self.die().await;
        }
        how
    }

    /// The process that is at work ends here.
    pub(crate) async fn die(&self) {
        self.with(|sim| sim.dying = true);
        pending::<()>().await;
    }
}
