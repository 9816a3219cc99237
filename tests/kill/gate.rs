//! Where workers ask before each pass. In the storm it stands open; afterwards it lets everybody
//! through once at a time, so that the clock can be moved on while nobody is at work.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::history::Life;

/// No pass takes as long: whoever does is taken for hung.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) struct Gate(watch::Sender<State>);

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// Counts how often it let everybody through.
    round: u64,
    waiting: BTreeSet<Life>,
}

impl Gate {
    pub(crate) fn open() -> Self {
        Self(watch::Sender::default())
    }

    /// A worker is ready for its next pass.
    pub(crate) async fn pass(&self, life: Life) {
        let mut mine = 0;
        self.0.send_modify(|state| {
            mine = state.round;
            if state.closed {
                state.waiting.insert(life);
            }
        });
        let mut state = self.0.subscribe();
        let may_go = |state: &State| !state.closed || state.round > mine;
        // The sender is in `self`.
        let _state = state.wait_for(may_go).await.unwrap();
    }

    pub(crate) fn close(&self) {
        self.0.send_modify(|state| state.closed = true);
    }

    /// Waits until all of them wait. `false` when one does not come.
    pub(crate) async fn all_wait(&self, lives: &BTreeSet<Life>) -> bool {
        let mut state = self.0.subscribe();
        let all = state.wait_for(|state| lives.is_subset(&state.waiting));
        timeout(PATIENCE, all).await.is_ok()
    }

    /// Lets everybody through who waits, once.
    pub(crate) fn let_through(&self) {
        self.0.send_modify(|state| {
            state.round += 1;
            state.waiting.clear();
        });
    }
}
