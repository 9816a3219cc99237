//! Which returns of a range something can be owed for, by Loop's list.

use std::collections::BTreeMap;
use std::time::Duration;

use ams_loop_bridge::ledger::{Entry, Ledger, Outcome, RmaRecord};
use ams_loop_bridge::{Mapping, NotOwed, Policy, map_return, rma_key};
use ams_oms_client::{MerchantId, Oms};
use loop_client::{Client, Return, ReturnId, ReturnState, ReturnsFilter, ReturnsQuery, Timestamp};

use crate::progress::Progress;
use crate::state::Work;
use crate::{Problem, with_causes};

/// Loop's clock and ours.
const SLACK: Duration = Duration::from_secs(300);

/// Returns whose time, of this kind, is from `from` to before `to`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) by: ReturnsFilter,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Range {
    /// Whether both ends of Loop's window belong to it is not documented, so each row is looked at.
    fn holds(&self, ret: &Return) -> bool {
        let time = match self.by {
            ReturnsFilter::CreatedAt => ret.created_at,
            ReturnsFilter::UpdatedAt => ret.updated_at,
        };
        time.is_none_or(|time| self.from <= time && time < self.to)
    }

    /// The range, and what changed while it was read since `began`: a return that changes its
    /// state meanwhile may be on none of the pages. What is asked for by its time of change has
    /// left the range then.
    fn queries(&self, began: Timestamp, now: Timestamp) -> [Option<ReturnsQuery>; 2] {
        let Self { by, from, to } = *self;
        match by {
            ReturnsFilter::CreatedAt => [
                Some(ReturnsQuery::created(from, to)),
                Some(ReturnsQuery::updated(began.minus(SLACK), now)),
            ],
            ReturnsFilter::UpdatedAt => [Some(ReturnsQuery::updated(from, to)), None],
        }
    }
}

/// What is to be done about a return of the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Something may be owed, or the row does not tell.
    Look,
    /// Nothing can be owed, and the ledger knows.
    Known,
    /// Nothing is owed, for this reason, and nobody but Loop knows the return: there is no need
    /// that anybody else does.
    Nothing(NotOwed),
}

/// Pure: what a row means beside what the ledger knows.
pub(crate) fn need(
    merchant: &MerchantId,
    policy: &Policy,
    ret: &Return,
    known: Option<&Entry>,
) -> Need {
    let mapping = map_return(merchant, policy, ret);
    let Some(entry) = known else {
        return match mapping {
            Mapping::NotOwed { why, .. } => Need::Nothing(why),
            _ => Need::Look,
        };
    };
    let outcome = entry.settlement.as_ref().map(|settled| settled.outcome);
    let agrees = match outcome {
        Some(Outcome::Closed) if entry.rma == RmaRecord::NotOwed => mapping.not_owed().is_some(),
        Some(Outcome::Closed | Outcome::Processed) => ret.state == Some(ReturnState::Closed),
        _ => false,
    };
    if agrees && entry.due_at().is_none() {
        Need::Known
    } else {
        Need::Look
    }
}

/// Reads Loop's list.
pub(crate) struct Planner<'a> {
    pub(crate) merchant: &'a MerchantId,
    pub(crate) policy: &'a Policy,
    pub(crate) client: &'a Client,
    pub(crate) oms: &'a dyn Oms,
    pub(crate) ledger: &'a dyn Ledger,
    pub(crate) progress: &'a Progress,
    pub(crate) stop: &'a dyn Fn() -> bool,
    pub(crate) now: &'a dyn Fn() -> Timestamp,
}

impl Planner<'_> {
    /// Writes into `work` what there is to do. `false` when it was asked to stop.
    pub(crate) async fn plan(&self, range: Range, work: &mut Work) -> Result<bool, Problem> {
        let began = (self.now)();
        let mut needs = BTreeMap::<ReturnId, Need>::new();
        for query in range.queries(began, (self.now)()).into_iter().flatten() {
            let mut position = None;
            loop {
                if (self.stop)() {
                    return Ok(false);
                }
                let page = self.client.returns().page(&query, position.as_ref()).await;
                let page = page.map_err(|error| {
                    let error = with_causes(&error);
                    Problem::Failed(format!("nothing was started: Loop: {error}"))
                })?;
                for row in page.rows {
                    match row {
                        Ok(ret) if range.holds(&ret) => {
                            // What comes again has changed.
                            needs.insert(ret.id, self.need(&ret).await?);
                        }
                        Ok(_) => {}
                        // Its details may be readable.
                        Err(error) => match error.return_id() {
                            Some(id) => drop(needs.insert(id, Need::Look)),
                            None => work.unreadable.push(with_causes(&error)),
                        },
                    }
                }
                self.progress.listed(needs.len());
                position = page.next;
                if position.is_none() {
                    break;
                }
            }
        }
        for (id, need) in needs {
            match need {
                Need::Look => work.left.push(id),
                Need::Known => work.done.push(id),
                Need::Nothing(why) => *work.not_owed.entry(why.to_string()).or_default() += 1,
            }
        }
        Ok(true)
    }

    async fn need(&self, ret: &Return) -> Result<Need, Problem> {
        let key = rma_key(self.merchant, ret.id);
        let known = match self.ledger.load(&key).await {
            Ok(known) => known,
            // The look tells what is the matter with it.
            Err(error) if error.is_about_one_entry() => return Ok(Need::Look),
            Err(error) => {
                let error = with_causes(&error);
                return Err(Problem::Failed(format!("nothing was started: {error}")));
            }
        };
        Ok(
            match need(self.merchant, self.policy, ret, known.as_ref()) {
                Need::Nothing(why) => match self.oms.get_rma(&key).await {
                    Ok(None) => Need::Nothing(why),
                    // The warehouse expects goods for it, or does not say: then the look finds out.
                    Ok(Some(_)) | Err(_) => Need::Look,
                },
                need => need,
            },
        )
    }
}
