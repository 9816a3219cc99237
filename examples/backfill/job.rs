//! One run, from the checks to the table.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use ams_loop_bridge::{Bridge, DryRun, FindingKind};
use loop_client::Timestamp;

use crate::args::Wanted;
use crate::chunks::End;
use crate::connect::Connected;
use crate::meter::Meter;
use crate::plan::{Planner, Range};
use crate::progress::Progress;
use crate::state::{Asked, StateFile, Work};
use crate::summary::Summary;
use crate::{Problem, ledger, policy, with_causes};

/// Everything a run needs.
pub(crate) struct Job {
    pub(crate) connected: Connected,
    pub(crate) asked: Asked,
    pub(crate) dry_run: bool,
    pub(crate) new_policy: bool,
    pub(crate) restart: bool,
    /// How many returns are told to the ledger at a time.
    pub(crate) chunk: usize,
    pub(crate) meter: Arc<Meter>,
    pub(crate) progress: Progress,
    pub(crate) now: Box<dyn Fn() -> Timestamp>,
    pub(crate) stop: Box<dyn Fn() -> bool>,
}

/// What a run leaves behind.
#[derive(Debug)]
pub(crate) struct Report {
    /// The table, and what else there is to know.
    pub(crate) text: String,
    /// Why it is not all done.
    pub(crate) problem: Option<String>,
}

fn failed(error: &dyn std::error::Error) -> Problem {
    Problem::Failed(with_causes(error))
}

impl Job {
    pub(crate) async fn run(&self) -> Result<Report, Problem> {
        let report = self.run_with_progress().await;
        self.progress.ended();
        report
    }

    async fn run_with_progress(&self) -> Result<Report, Problem> {
        let Asked {
            merchant, policy, ..
        } = &self.asked;
        let Connected {
            client,
            oms,
            ledger,
            ..
        } = &self.connected;
        self.introduce().await?;
        let bridge = Bridge::new(
            merchant.clone(),
            client.clone(),
            oms.clone(),
            ledger.clone(),
        )
        .with_policy(policy.clone())
        .map_err(|error| Problem::Setup(format!("the policy: {error}")))?;
        if !self.new_policy {
            policy::check(&bridge).await?;
        }
        let dry = self.dry_run.then(|| bridge.dry_run());
        let bridge = dry.as_ref().map_or(&bridge, DryRun::bridge);

        // A dry run keeps no progress, and heeds none.
        let file = (!self.dry_run).then(|| StateFile::at(&self.connected.state));
        let epoch = ledger.epoch().await.map_err(|error| failed(&error))?;
        let earlier = match &file {
            Some(file) => self.earlier(file, &epoch)?,
            None => None,
        };
        self.compare_after_a_restore(bridge).await?;
        let mut work = match earlier {
            Some(work) => work,
            None => match self.begin(bridge, epoch).await? {
                Some(work) => work,
                None => {
                    return Err(Problem::Failed(
                        "interrupted; nothing was started".to_owned(),
                    ));
                }
            },
        };
        if let Some(file) = &file {
            file.save(&work).map_err(Problem::Failed)?;
        }

        self.progress.working(work.done.len(), work.total());
        let mut besides = HashSet::new();
        let end = self
            .work_off(bridge, file.as_ref(), &mut work, &mut besides)
            .await
            .map_err(Problem::Failed)?;
        let summary = Summary::gather(self, bridge.ledger(), &mut work, besides.len()).await;
        let goes_on = !work.left.is_empty() || !work.failed.is_empty();
        if let Some(file) = &file {
            let kept = if goes_on {
                file.save(&work)
            } else {
                file.remove()
            };
            kept.map_err(Problem::Failed)?;
        }
        Ok(Report {
            text: summary.text(dry.as_ref().map(DryRun::would_do).as_deref()),
            problem: self.problem(&end, &work, goes_on),
        })
    }

    async fn introduce(&self) -> Result<(), Problem> {
        let Connected {
            place,
            merchant,
            ledger,
            ..
        } = &self.connected;
        self.progress
            .say(&format!("Merchant {merchant}, on {place}."));
        if self.dry_run {
            self.progress
                .say("A dry run: nothing is sent, and nothing written.");
        }
        let refunds = if self.asked.policy.process_returns {
            "on: a return all of whose units are available is processed"
        } else {
            "off: a return all of whose units are available is left to the merchant"
        };
        self.progress
            .say(&format!("By the policy refunds are {refunds}."));
        let is_new = self.dry_run && !self.connected.is_demo() && {
            let is_new = ledger::is_new(&**ledger, merchant).await;
            is_new.map_err(|error| failed(&error))?
        };
        if is_new {
            self.progress.say(
                "The ledger knows nothing of this merchant, and but for the dry run it would be \
                 refused without --new-ledger.",
            );
        }
        Ok(())
    }

    /// What an earlier run with the same arguments has left.
    fn earlier(&self, file: &StateFile, epoch: &str) -> Result<Option<Work>, Problem> {
        let Some(mut work) = file.load().map_err(Problem::Setup)? else {
            return Ok(None);
        };
        if self.restart {
            return Ok(None);
        }
        let name = file.path().display();
        let other = if work.asked != self.asked {
            Some("of a backfill with other arguments or another policy")
        } else if work.epoch != epoch {
            Some("of another ledger, or of one that an older copy was put in the place of")
        } else {
            None
        };
        if let Some(other) = other {
            return Err(Problem::Setup(format!(
                "{name} holds the progress {other}: give those, name another file by --state, \
                 or begin anew by --restart"
            )));
        }
        // What has failed is tried again, last.
        work.left.append(&mut work.failed);
        self.progress.say(&format!(
            "Goes on where it stopped: {} of {} returns are done, by {name}.",
            work.done.len(),
            work.total(),
        ));
        Ok(Some(work))
    }

    /// When an older copy was put in the place of the ledger, good returns would end with a person
    /// until both sides are compared. That does not depend on the range.
    async fn compare_after_a_restore(&self, bridge: &Bridge) -> Result<(), Problem> {
        let trusted = bridge.ledger_is_trusted().await;
        if trusted.map_err(|error| failed(&error))? {
            return Ok(());
        }
        self.progress.say(
            "The ledger is an older copy than the last that was used: both sides are compared.",
        );
        let now = (self.now)();
        let found = bridge
            .reconcile(now.minus(Duration::from_secs(1)), now, now)
            .await;
        for finding in found.map_err(|error| failed(&error))?.findings {
            if finding.kind == FindingKind::Odd {
                let (number, why) = (finding.key.rma_number, finding.explanation);
                self.progress.say(&format!("  {number}  {why}"));
            }
        }
        Ok(())
    }

    /// Finds out what there is to do. `None` when it was asked to stop.
    async fn begin(&self, bridge: &Bridge, epoch: String) -> Result<Option<Work>, Problem> {
        let now = (self.now)();
        let mut work = Work::new(self.asked.clone(), epoch, now);
        let (by, from, to) = match &self.asked.wanted {
            Wanted::Ids(ids) => {
                work.left.extend(ids);
                return Ok(Some(work));
            }
            Wanted::Range { by, from, to } => (*by, *from, to.map_or(now, |to| to.min(now))),
        };
        self.progress.listing();
        let planner = Planner {
            merchant: &self.asked.merchant,
            policy: &self.asked.policy,
            client: &self.connected.client,
            oms: &self.connected.oms,
            ledger: bridge.ledger(),
            progress: &self.progress,
            stop: &self.stop,
            now: &self.now,
        };
        if !planner.plan(Range { by, from, to }, &mut work).await? {
            return Ok(None);
        }
        let nothing: u64 = work.not_owed.values().sum();
        self.progress.say(&format!(
            "From {from} to {}: {} returns to look at; the ledger is done with {}; for {nothing} \
             nothing is owed.",
            Timestamp::from_unix_seconds(to.unix_seconds()),
            work.left.len(),
            work.done.len(),
        ));
        Ok(Some(work))
    }

    fn problem(&self, end: &End, work: &Work, goes_on: bool) -> Option<String> {
        let (left, failed) = (work.left.len(), work.failed.len());
        let what = match end {
            End::Interrupted => format!("interrupted; left: {left} returns"),
            End::Trouble(error) => format!("it did not go on: {error}; left: {left} returns"),
            End::Done if failed > 0 => format!("{failed} of {} returns failed", work.total()),
            End::Done if !work.unreadable.is_empty() => {
                format!("unreadable rows of Loop's list: {}", work.unreadable.len())
            }
            End::Done => return None,
        };
        let how = if goes_on && !self.dry_run && !self.connected.is_demo() {
            let state = self.connected.state.display();
            format!("; the same command goes on, and tries again what failed ({state})")
        } else {
            String::new()
        };
        Some(format!("{what}{how}"))
    }
}
