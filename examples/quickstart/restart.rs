//! The bridge is killed after each of its steps in turn and started again on the same files. It
//! must end as if nothing had happened.
//!
//! A step is one call of the bridge's to Loop, the OMS or the ledger: the call takes effect, and
//! the bridge dies before it learns of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ams_loop_bridge::ledger::{CursorName, Entry, Ledger, LedgerError, SqliteLedger, Stored};
use ams_loop_bridge::{AsnStream, LoopApi, ProcessRecord};
use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, MerchantId,
    Oms, OmsError, OmsEvent, Rma, RmaKey, RmaNumber, RmaSnapshot, SqliteOms, async_trait,
};
use loop_client::sandbox::Sandbox;
use loop_client::{
    ApiVersion, Assessment, Client, Error, Grade, ListPosition, Return, ReturnId, ReturnsPage,
    ReturnsQuery, Timestamp,
};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::receiver::Receiver;
use crate::report::{Totals, totals};
use crate::shoppers::{self, Case, Goods};
use crate::{Outcome, audit, bridge, connect, now, subscribe, warehouse};

/// Where the bridge was when it died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Anywhere but below.
    Ordinary,
    /// The intent to process was written, and the process call had not left.
    ProcessIntended,
    /// It died on a webhook while the intent was being written or the process call was under way.
    Processing,
}

/// When the bridge dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// It does not.
    Never,
    /// After its nth step, of whatever kind.
    AfterStep(u64),
    /// After it wrote its nth intent to process. Webhooks and settling interleave, so counting
    /// all steps alone would not be sure to meet each of these.
    AfterIntent(u64),
}

/// One life of the bridge, counted in steps.
#[derive(Debug, Clone)]
struct Life {
    death: Death,
    steps: Arc<AtomicU64>,
    intents: Arc<AtomicU64>,
    /// Whether the bridge is between beginning to write an intent and the call's answer.
    processing: Arc<AtomicBool>,
    died_at: Arc<Mutex<Option<Place>>>,
    dead: watch::Sender<bool>,
}

impl Life {
    fn new(death: Death) -> Self {
        Self {
            death,
            steps: Arc::default(),
            intents: Arc::default(),
            processing: Arc::default(),
            died_at: Arc::default(),
            dead: watch::Sender::new(false),
        }
    }

    async fn after<T>(&self, is_intent: bool, answer: T) -> T {
        let count = |counter: &AtomicU64, one: u64| counter.fetch_add(one, Ordering::SeqCst) + one;
        let steps = count(&self.steps, 1);
        let intents = count(&self.intents, u64::from(is_intent));
        let dies = match self.death {
            Death::Never => false,
            Death::AfterStep(last) => steps == last,
            Death::AfterIntent(last) => is_intent && intents == last,
        };
        if dies {
            let place = match (is_intent, self.processing.load(Ordering::SeqCst)) {
                (true, _) => Place::ProcessIntended,
                (false, true) => Place::Processing,
                (false, false) => Place::Ordinary,
            };
            *self.died_at.lock().expect("not poisoned") = Some(place);
            self.dead.send_replace(true);
        }
        // Whatever else was going on in the process dies with it.
        if *self.dead.borrow() {
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
        $self.life.after(false, answer).await
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
    async fn process(&self, id: ReturnId, attempt: Option<&str>) -> Result<(), Error> {
        let answer = self.inner.process(id, attempt).await;
        self.life.processing.store(false, Ordering::SeqCst);
        self.life.after(false, answer).await
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
    fn version(&self) -> ApiVersion {
        self.inner.version()
    }
    async fn grade(&self, items: &[Grade]) -> Result<(), Error> {
        step!(self.grade(items))
    }
    async fn assess(&self, items: &[Assessment]) -> Result<(), Error> {
        step!(self.assess(items))
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
    fn decode_event(&self, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        self.inner.decode_event(event)
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
        let intends = before == Some(ProcessRecord::NotSent)
            && matches!(entry.process, ProcessRecord::Unknown { .. });
        if intends {
            self.life.processing.store(true, Ordering::SeqCst);
        }
        let answer = self.inner.store(entry).await;
        self.life.after(intends, answer).await
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
    async fn archive(&self, entry: &Entry) -> Result<Stored, LedgerError> {
        step!(self.archive(entry))
    }
    async fn epoch(&self) -> Result<String, LedgerError> {
        step!(self.epoch())
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
    died_at: Option<Place>,
}

/// Loop and the warehouse, which outlive the bridge, and the folder with everybody's files.
struct World {
    sandbox: Sandbox,
    /// Outlives the bridge only because making one is slow and it remembers nothing.
    client: Client,
    oms: SqliteOms,
    folder: tempfile::TempDir,
    merchant: MerchantId,
    webhooks_to: Option<SocketAddr>,
}

impl World {
    async fn new() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let sandbox = Sandbox::builder()
            .first_return_id(shoppers::FIRST_RETURN_ID)
            .rate_limit_per_minute(100_000)
            .start()
            .await?;
        Ok(Self {
            client: connect(&sandbox)?,
            sandbox,
            oms: SqliteOms::open(folder.path().join("oms.sqlite")).await?,
            folder,
            merchant: "acme".parse()?,
            webhooks_to: None,
        })
    }

    /// One life of the bridge: `rounds` of pulling and settling, then an orderly end, or death.
    async fn live(&mut self, life: &Life, rounds: usize, now: Timestamp) -> Outcome<()> {
        let path: &Path = self.folder.path();
        let ledger = SqliteLedger::open(path.join("ledger.sqlite")).await?;
        let bridge = bridge(
            &self.sandbox,
            &self.merchant,
            Mortal {
                inner: self.client.clone(),
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
        subscribe(&self.client, &url).await?;
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
                death: Death::Never,
                dead: watch::Sender::new(false),
                ..life.clone()
            };
            self.live(life, rounds, now).await?;
        }
        Ok(())
    }
}

/// Each way to end; the last one's webhooks are lost.
fn cases() -> Vec<Case> {
    let goods = [
        Goods::AllGood,
        Goods::OneDamaged,
        Goods::HalfWay,
        Goods::OneTooMany,
    ];
    let cases: Vec<Case> = shoppers::cases()
        .into_iter()
        .zip(goods)
        .map(|(case, goods)| Case { goods, ..case })
        .collect();
    assert!(cases.last().is_some_and(|case| case.webhooks_lost));
    cases
}

/// The story of the quickstart with one parcel of each kind, and the bridge dying once.
async fn story(death: Death) -> Outcome<Run> {
    let cases = cases();
    let mut world = World::new().await?;
    let mut life = Life::new(death);

    // The bridge is up while shoppers submit, so that it can die on a webhook.
    world.live_on(&mut life, 1, now()).await?;
    shoppers::submit(&world.sandbox, &cases, |_| {});
    world.live_on(&mut life, 2, now()).await?;
    // Whoever died held a return for ten minutes.
    let later = |minutes: u64| now().plus(Duration::from_secs(minutes * 60));
    world.live_on(&mut life, 2, later(20)).await?;
    warehouse::receive(&world.oms, &world.merchant, &cases, |_| {}).await?;
    world.live_on(&mut life, 3, later(40)).await?;
    world.live_on(&mut life, 2, later(60)).await?;
    // Past the time in which a process call must show a result.
    world.live_on(&mut life, 2, later(26 * 60)).await?;
    world.live_on(&mut life, 2, later(27 * 60)).await?;

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
    let died_at = *life.died_at.lock().expect("not poisoned");
    Ok(Run {
        end: Final {
            totals: totals(&endings, numbers.len(), violations.len()),
            returns,
            violations,
        },
        steps: life.steps.load(Ordering::SeqCst),
        died_at,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_any_step_it_ends_the_same() {
    let undisturbed = story(Death::Never).await.expect("the story runs");
    assert_eq!(undisturbed.end.violations, Vec::<String>::new());
    let Totals {
        processed,
        flagged,
        waiting,
        ..
    } = undisturbed.end.totals;
    assert_eq!((processed, flagged, waiting), (2, 1, 1));

    let undisturbed = Arc::new(undisturbed);
    let mut deaths = (1..=2)
        .map(Death::AfterIntent)
        .chain((1..=undisturbed.steps).map(Death::AfterStep));
    let mut running = JoinSet::new();
    loop {
        while running.len() < 4
            && let Some(death) = deaths.next()
        {
            running.spawn(dies_once(death, undisturbed.clone()));
        }
        match running.join_next().await {
            Some(ended) => ended.expect("it ends the same"),
            None => break,
        }
    }
}

/// Runs the story with the bridge dying once, and compares.
async fn dies_once(death: Death, undisturbed: Arc<Run>) {
    let run = story(death).await.expect("the story runs");
    let unchanged = run.end == undisturbed.end;
    match (death, run.died_at) {
        // Inside the one step that must never be taken twice nobody can know whether the call
        // left, so that return ends with a person, and nothing else changes.
        (_, Some(Place::ProcessIntended)) => {
            assert_flagged_for_a_person(&run.end, &undisturbed.end, death);
        }
        (_, Some(Place::Processing)) if !unchanged => {
            assert_flagged_for_a_person(&run.end, &undisturbed.end, death);
        }
        (Death::AfterIntent(_), place) => panic!("{death:?}: died at {place:?}"),
        // A run can be over before the step comes.
        (_, Some(Place::Ordinary | Place::Processing) | None) => {
            assert_eq!(run.end, undisturbed.end, "{death:?}");
        }
    }
}

fn assert_flagged_for_a_person(end: &Final, undisturbed: &Final, death: Death) {
    let changed: Vec<u64> = undisturbed
        .returns
        .iter()
        .filter(|(id, ending)| end.returns.get(id) != Some(ending))
        .map(|(id, _)| *id)
        .collect();
    let [id] = changed[..] else {
        panic!("{death:?}: {changed:?} changed");
    };
    let (_, refunds, flagged, notes, units) = &end.returns[&id];
    assert_eq!((*refunds, *flagged), (0, true), "{death:?}");
    // A surplus was noted before.
    let (surplus, flag): (Vec<_>, Vec<_>) = notes
        .iter()
        .partition(|note| note.contains("more arrived than expected"));
    let [note] = &flag[..] else {
        panic!("{death:?}: {notes:?}")
    };
    assert!(note.contains("not confirmed"), "{death:?}: {note}");
    assert!(surplus.len() <= 1, "{death:?}: {notes:?}");
    assert_eq!(units, &undisturbed.returns[&id].4);
}
