//! What many looks need, with few calls: a page of Loop's list shows hundreds of returns for the
//! price of one.

use std::collections::HashMap;
use std::time::Duration;

use loop_client::{Return, ReturnId, ReturnState, ReturnsQuery, Timestamp};

use super::Bridge;
use super::look::Known;
use crate::ledger::{Entry, RmaRecord};
use crate::map::return_id;

/// From so many on the list may be cheaper than asking for each return.
const MANY: usize = 8;
/// A page of the list has to save so many calls at least.
const WORTH_A_PAGE: usize = 4;
/// Loop's clock and ours.
const SLACK: Duration = Duration::from_secs(300);
/// No look waits for longer than this for what others need.
const GATHERING: Duration = Duration::from_secs(20);
/// What was read longer ago than this is read again.
const FRESH: Duration = Duration::from_secs(120);

/// Entries with what is known for the looks at them.
pub(super) struct Prepared {
    pub(super) entries: Vec<(Entry, Known)>,
    /// By the clock, when what is known began to be read.
    pub(super) read_at: Duration,
}

impl Bridge {
    /// Reads the RMAs of entries, and for those that Loop has to be asked about the list, when
    /// that takes fewer calls. What could not be read this way is left to each look.
    pub(super) async fn prepare(&self, due: Vec<Entry>, now: Timestamp) -> Prepared {
        let read_at = self.clock.elapsed();
        let mut entries: Vec<(Entry, Known)> =
            due.into_iter().map(|it| (it, Known::default())).collect();
        if entries.len() < MANY {
            return Prepared { entries, read_at };
        }
        let mut asked = HashMap::<ReturnId, (usize, Timestamp)>::new();
        for (at, (entry, known)) in entries.iter_mut().enumerate() {
            if self.clock.elapsed().saturating_sub(read_at) > GATHERING {
                break;
            }
            if entry.rma != RmaRecord::Made || entry.is_claimed(now) {
                continue;
            }
            // What fails here fails at its look, where it is noted.
            known.snapshot = self.oms.get_rma(&entry.key).await.unwrap_or_default();
            if let Some(submitted) = entry.submitted_at
                && self.needs_loop(entry, known.snapshot.as_ref(), now)
            {
                asked.insert(return_id(&entry.key), (at, submitted));
            }
        }
        for (at, ret) in self.read_together(&asked).await {
            if let Some((_, known)) = entries.get_mut(at) {
                known.ret = Some(ret);
            }
        }
        Prepared { entries, read_at }
    }

    /// What is known of an entry when its turn comes.
    pub(super) fn still_fresh(&self, known: Known, read_at: Duration) -> Known {
        if self.clock.elapsed().saturating_sub(read_at) <= FRESH {
            known
        } else {
            Known::default()
        }
    }

    async fn read_together(
        &self,
        asked: &HashMap<ReturnId, (usize, Timestamp)>,
    ) -> Vec<(usize, Return)> {
        let mut found = HashMap::new();
        let submitted = || asked.values().map(|(_, submitted)| *submitted);
        if asked.len() < MANY {
            return Vec::new();
        }
        let (Some(first), Some(last)) = (submitted().min(), submitted().max()) else {
            return Vec::new();
        };
        // What is not open is asked for by itself.
        let query =
            ReturnsQuery::created(first.minus(SLACK), last.plus(SLACK)).states([ReturnState::Open]);
        let mut position = None;
        for _ in 0..asked.len() / WORTH_A_PAGE {
            let page = self.loop_api.returns_page(&query, position.as_ref());
            let page = match page.await {
                Ok(page) => page,
                Err(error) => {
                    tracing::debug!(%error, "the list could not be read");
                    break;
                }
            };
            for ret in page.rows.into_iter().flatten() {
                if let Some((at, _)) = asked.get(&ret.id) {
                    found.insert(*at, ret);
                }
            }
            position = page.next;
            if position.is_none() || found.len() == asked.len() {
                break;
            }
        }
        found.into_iter().collect()
    }
}
