//! The bridge is killed after each of its steps in turn and started again on the same files. It
//! must end as if nothing had happened.
//!
//! A step is one call of the bridge's to Loop, the OMS or the ledger: the call takes effect, and
//! the bridge dies before it learns of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ams_loop_bridge::ledger::{CursorName, Entry, Ledger, LedgerError, Stored};
use ams_loop_bridge::{AsnStream, LoopApi, ProcessRecord};
use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, MerchantId, Oms,
    OmsError, Rma, RmaKey, RmaNumber, RmaSnapshot, SqliteOms, async_trait,
};
use loop_client::sandbox::Sandbox;
use loop_client::{Error, ListPosition, Return, ReturnId, ReturnsPage, ReturnsQuery, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::receiver::Receiver;
use crate::report::{Totals, totals};
use crate::shoppers::{self, Case, Goods};
use crate::{Outcome, audit, bridge, connect, now, subscribe, warehouse};

/// What kind of step the bridge died after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Any call but the one below.
    Ordinary,
    /// The intent to process was written, and the process call has not left.
    ProcessIntended,
}

/// A life that ends after a number of steps.
#[derive(Debug, Clone)]
struct Life {
    steps: Arc<AtomicU64>,
    last: Option<u64>,
    died_after: Arc<Mutex<Option<Step>>>,
    dead: watch::Sender<bool>,
}

impl Life {
    fn new(last: Option<u64>) -> Self {
        Self {
            steps: Arc::default(),
            last,
            died_after: Arc::default(),
            dead: watch::Sender::new(false),
        }
    }

    async fn after<T>(&self, step: Step, answer: T) -> T {
        let taken = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
        if self.last.is_some_and(|last| taken >= last) {
            if Some(taken) == self.last {
                *self.died_after.lock().expect("not poisoned") = Some(step);
            }
            self.dead.send_replace(true);
            std::future::pending::<()>().await;
        }
        answer
    }

    async fn ends(&self) {
        self.dead
            .subscribe()
            .wait_for(|dead| *dead)
            .await
            .expect("the sender is here");
    }
}

/// Something the bridge calls, during one life of the bridge.
#[derive(Debug)]
struct Mortal<T> {
    inner: T,
    life: Life,
}

/// Forwards a call and counts it as a step.
macro_rules! step {
    ($self:ident . $call:ident ( $($argument:expr),* )) => {{
        let answer = $self.inner.$call($($argument),*).await;
        $self.life.after(Step::Ordinary, answer).await
    }};
}

#[async_trait]
impl<T: LoopApi> LoopApi for Mortal<T> {
    async fn get_return(&self, id: ReturnId) -> Result<Return, Error> {
        step!(self.get_return(id))
    }
    async fn returns_page(
        &self,
        query: &ReturnsQuery,
        position: Option<&ListPosition>,
    ) -> Result<ReturnsPage, Error> {
        step!(self.returns_page(query, position))
    }
    fn asn(&self, from: Timestamp, to: Timestamp) -> AsnStream {
        self.inner.asn(from, to)
    }
    async fn process(&self, id: ReturnId) -> Result<(), Error> {
        step!(self.process(id))
    }
    async fn flag(&self, id: ReturnId) -> Result<(), Error> {
        step!(self.flag(id))
    }
    async fn notes(&self, id: ReturnId) -> Result<Vec<String>, Error> {
        step!(self.notes(id))
    }
    async fn add_note(&self, id: ReturnId, text: &str) -> Result<(), Error> {
        step!(self.add_note(id, text))
    }
}

#[async_trait]
impl<T: Oms> Oms for Mortal<T> {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        step!(self.create_rma(rma))
    }
    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        step!(self.get_rma(key))
    }
    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        step!(self.amend_rma(rma))
    }
    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        step!(self.cancel_rma(key, reason))
    }
    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        step!(self.changes(merchant, cursor, limit))
    }
    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        step!(self.list_open(merchant, after, limit))
    }
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}

#[async_trait]
impl<T: Ledger> Ledger for Mortal<T> {
    async fn load(&self, key: &RmaKey) -> Result<Option<Entry>, LedgerError> {
        step!(self.load(key))
    }
    async fn store(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        let before = self
            .inner
            .load(&entry.key)
            .await?
            .map(|entry| entry.process);
        let answer = self.inner.store(entry).await;
        let intends = before == Some(ProcessRecord::NotSent)
            && matches!(entry.process, ProcessRecord::Unknown { .. });
        let step = if intends {
            Step::ProcessIntended
        } else {
            Step::Ordinary
        };
        self.life.after(step, answer).await
    }
    async fn due(
        &self,
        merchant: &MerchantId,
        now: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        step!(self.due(merchant, now, limit))
    }
    async fn list(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<Entry>, LedgerError> {
        step!(self.list(merchant, after, limit))
    }
    async fn cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
    ) -> Result<Option<String>, LedgerError> {
        step!(self.cursor(merchant, name))
    }
    async fn store_cursor(
        &self,
        merchant: &MerchantId,
        name: CursorName,
        value: &str,
    ) -> Result<(), LedgerError> {
        step!(self.store_cursor(merchant, name, value))
    }
}

/// What must be the same whether or not the bridge died.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Final {
    totals: Totals,
    /// By return: state in Loop, refunds, flag, notes, and the units in the OMS.
    returns: BTreeMap<u64, (String, u32, bool, Vec<String>, String)>,
    violations: Vec<String>,
}

struct Run {
    end: Final,
    steps: u64,
    died_after: Option<Step>,
}

/// Loop and the warehouse, which outlive the bridge, and the folder with everybody's files.
struct World {
    sandbox: Sandbox,
    oms: SqliteOms,
    folder: tempfile::TempDir,
    merchant: MerchantId,
    webhooks_to: Option<SocketAddr>,
}

impl World {
    async fn new() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self {
            sandbox: Sandbox::builder()
                .first_return_id(shoppers::FIRST_RETURN_ID)
                .rate_limit_per_minute(100_000)
                .start()
                .await?,
            oms: SqliteOms::open(folder.path().join("oms.sqlite")).await?,
            folder,
            merchant: "acme".parse()?,
            webhooks_to: None,
        })
    }

    /// One life of the bridge: `rounds` of pulling and settling, then an orderly end, or death.
    async fn live(&mut self, life: &Life, rounds: usize, now: Timestamp) -> Outcome<()> {
        let path: &Path = self.folder.path();
        let (client, ledger) = connect(&self.sandbox, path).await?;
        let bridge = bridge(
            &self.sandbox,
            &self.merchant,
            Mortal {
                inner: client.clone(),
                life: life.clone(),
            },
            Mortal {
                inner: SqliteOms::open(path.join("oms.sqlite")).await?,
                life: life.clone(),
            },
            Mortal {
                inner: ledger,
                life: life.clone(),
            },
        )?;
        let receiver = Receiver::start(bridge.clone(), self.webhooks_to, |_| {}).await?;
        let url = receiver.url();
        self.webhooks_to = Some(
            url.trim_start_matches("http://")
                .split('/')
                .next()
                .ok_or("url")?
                .parse()?,
        );
        subscribe(&client, &url).await?;
        let work = async {
            for _ in 0..rounds {
                self.sandbox.webhooks_delivered().await;
                bridge.pull(now).await?;
                bridge.settle(now).await?;
            }
            Ok(())
        };
        let ended = tokio::select! {
            ended = work => ended,
            () = life.ends() => Ok(()),
        };
        receiver.stop().await;
        ended
    }

    /// Lives one after the other until one reaches its end.
    async fn live_on(&mut self, life: &mut Life, rounds: usize, now: Timestamp) -> Outcome<()> {
        self.live(life, rounds, now).await?;
        if *life.dead.borrow() {
            // The same step count goes on, but nobody dies twice.
            *life = Life {
                last: None,
                dead: watch::Sender::new(false),
                ..life.clone()
            };
            self.live(life, rounds, now).await?;
        }
        Ok(())
    }
}

/// One of each way to end, webhooks lost and not.
fn cases() -> Vec<Case> {
    let mut cases = shoppers::cases();
    cases.truncate(7);
    for (case, goods) in cases.iter_mut().zip([
        Goods::AllGood,
        Goods::OneDamaged,
        Goods::InTwoParcels,
        Goods::OneMissing,
        Goods::OneTooMany,
        Goods::HalfWay,
        Goods::WrongItem,
    ]) {
        case.goods = goods;
    }
    cases
}

/// The story of the quickstart with one parcel of each kind, the bridge dying after step `last`.
async fn story(last: Option<u64>) -> Outcome<Run> {
    let cases = cases();
    let mut world = World::new().await?;
    let mut life = Life::new(last);

    // The bridge is up while shoppers submit, so that it can die on a webhook.
    world.live_on(&mut life, 1, now()).await?;
    shoppers::submit(&world.sandbox, &cases, |_| {});
    world.live_on(&mut life, 2, now()).await?;
    warehouse::receive(&world.oms, &world.merchant, &cases, |_| {}).await?;
    world.live_on(&mut life, 3, now()).await?;
    // Past the time in which a process call must show a result.
    world
        .live_on(&mut life, 2, now().plus(Duration::from_secs(25 * 3600)))
        .await?;

    let endings = audit::endings(&world.sandbox, &world.oms, &world.merchant).await?;
    let numbers = audit::rma_numbers(&world.oms, &world.merchant).await?;
    let violations = audit::violations(&cases, &endings, &numbers);
    let returns = endings
        .iter()
        .map(|it| {
            let truth = &it.in_loop;
            let units = it
                .in_oms
                .as_ref()
                .map(|rma| format!("{:?} {:?}", rma.state, rma.lines));
            let notes = truth.notes.clone();
            let end = (
                truth.state.clone(),
                truth.refunds,
                truth.flagged,
                notes,
                units.unwrap_or_default(),
            );
            (truth.id, end)
        })
        .collect();
    let died_after = *life.died_after.lock().expect("not poisoned");
    Ok(Run {
        end: Final {
            totals: totals(&endings, numbers.len(), violations.len()),
            returns,
            violations,
        },
        steps: life.steps.load(Ordering::SeqCst),
        died_after,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_any_step_it_ends_the_same() {
    let undisturbed = story(None).await.expect("the story runs");
    assert_eq!(undisturbed.end.violations, Vec::<String>::new());
    let Totals {
        processed,
        flagged,
        waiting,
        ..
    } = undisturbed.end.totals;
    assert_eq!((processed, flagged, waiting), (3, 3, 1));

    let undisturbed = Arc::new(undisturbed);
    let mut intents = 0;
    let mut next = 1..=undisturbed.steps;
    let mut running = JoinSet::new();
    loop {
        while running.len() < 4
            && let Some(last) = next.next()
        {
            running.spawn(killed_after(last, undisturbed.clone()));
        }
        match running.join_next().await {
            Some(step) => intents += usize::from(step.expect("it ends the same")),
            None => break,
        }
    }
    assert_eq!(
        intents, processed,
        "every process intent was once the last step"
    );
}

/// Runs the story with the bridge dying after step `last`, and compares. Whether that step was an
/// intent to process.
async fn killed_after(last: u64, undisturbed: Arc<Run>) -> bool {
    let run = story(Some(last)).await.expect("the story runs");
    // Inside the one step that must never be taken twice nobody can know whether the call left,
    // so that return ends with a person, and nothing else changes.
    if run.died_after == Some(Step::ProcessIntended) {
        assert_flagged_for_a_person(&run.end, &undisturbed.end, last);
        return true;
    }
    // Webhooks and settling interleave, so a run can be over before the step comes.
    assert_eq!(
        run.end, undisturbed.end,
        "killed after step {last}: {:?}",
        run.died_after
    );
    false
}

fn assert_flagged_for_a_person(end: &Final, undisturbed: &Final, last: u64) {
    let changed: Vec<u64> = undisturbed
        .returns
        .iter()
        .filter(|(id, ending)| end.returns.get(id) != Some(ending))
        .map(|(id, _)| *id)
        .collect();
    let [id] = changed[..] else {
        panic!("killed after step {last}: {changed:?} changed");
    };
    let (_, refunds, flagged, notes, units) = &end.returns[&id];
    assert_eq!((*refunds, *flagged), (0, true), "killed after step {last}");
    assert!(
        notes.iter().any(|note| note.contains("not confirmed")),
        "{notes:?}"
    );
    assert_eq!(units, &undisturbed.returns[&id].4);
}
