//! One run: the storm, the calm after it, and the evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ams_loop_bridge::ledger::Entry;
use ams_oms_client::server::{self, ServerKey};
use ams_oms_client::{ChangeCursor, MemoryOms, Oms as _, RmaSnapshot};
use axum::Router;
use loop_client::sandbox::{Processing, Sandbox};
use loop_client::webhook::{Topic, Trigger};
use loop_client::{ApiKey, Client};

use crate::book::{Book, Plan};
use crate::clock::SharedClock;
use crate::crew::Crew;
use crate::gate::Gate;
use crate::history::{Event, History};
use crate::killer::Killer;
use crate::orders::Orders;
use crate::postgres::PostgresServer;
use crate::rng::Rng;
use crate::store::{Store, entries};
use crate::tap::{self, Tap};
use crate::town::Town;
use crate::verdict::{Evidence, Verdict};
use crate::{merchant, rma_key, worker};

const OMS_KEY: &str = "the-key-of-the-oms";
/// In the storm a minute is a second, so that the claims of the dead run out.
const SPEED: i64 = 60;
/// How far the clock is moved on at once afterwards.
const STEP: Duration = Duration::from_secs(1200);
/// After so many steps everything must be over: three days.
const STEPS: u32 = 216;
/// Of so many accused returns the whole story is told.
const TRACES: usize = 3;
const DAY: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) seed: u64,
    pub(crate) workers: usize,
    pub(crate) kills: usize,
    pub(crate) planted: bool,
}

pub(crate) struct Run {
    setting: Setting,
    folder: tempfile::TempDir,
    store: Store,
    database: Option<Arc<PostgresServer>>,
    history: Arc<History>,
    crew: Arc<Crew>,
    gate: Arc<Gate>,
    killer: Arc<Killer>,
    town: Town,
}

impl Run {
    /// On PostgreSQL, or else on a SQLite file.
    pub(crate) async fn start(setting: Setting, database: Option<PostgresServer>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| -> PathBuf { folder.path().join(name) };
        let clock = SharedClock::start(file("clock"), SPEED);
        let sandbox = sandbox(&clock).await;
        let oms = MemoryOms::new();
        let oms_address = serve(server::router(
            Arc::new(oms.clone()),
            [ServerKey::new(OMS_KEY).unwrap()],
        ))
        .await;
        let webhooks = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/webhooks", webhooks.local_addr().unwrap());
        subscribe(&sandbox, &url).await;

        let listener = listener().await;
        let address = format!("http://{}", listener.local_addr().unwrap());
        let store = match &database {
            Some(server) => Store::Postgres(server.url("postgres", &server.database())),
            None => Store::Sqlite(file("ledger.sqlite")),
        };
        let history = Arc::new(History::default());
        let orders = Orders {
            life: 0,
            parent: std::process::id(),
            tap: address.clone(),
            loop_key: sandbox.api_key().to_owned(),
            webhook_secret: sandbox.webhook_secret().to_owned(),
            oms_key: OMS_KEY.to_owned(),
            clock: file("clock"),
            store: store.clone(),
            planted: setting.planted,
        };
        let crew = Arc::new(Crew::start(
            setting.workers,
            orders,
            webhooks,
            file("log"),
            Arc::clone(&history),
        ));
        let (book, gate) = (Arc::new(Book::default()), Arc::new(Gate::open()));
        let killer = Arc::new(Killer::new(
            setting.seed,
            setting.planted,
            Arc::clone(&book),
        ));
        let tap = Tap {
            address,
            loop_address: sandbox.base_url().trim_end_matches("/api").to_owned(),
            oms_address,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            history: Arc::clone(&history),
            killer: Arc::clone(&killer),
            crew: Arc::clone(&crew),
            gate: Arc::clone(&gate),
        };
        tokio::spawn(axum::serve(listener, tap::router(Arc::new(tap))).into_future());
        let town = Town {
            sandbox,
            oms,
            book,
            history: Arc::clone(&history),
            clock,
            rng: Rng::new(setting.seed ^ 1),
            unfinished: BTreeSet::new(),
            loop_is_slow: setting.planted,
            ticks: 0,
            open: 0,
        };
        Self {
            setting,
            folder,
            store,
            database: database.map(Arc::new),
            history,
            crew,
            gate,
            killer,
            town,
        }
    }

    /// The load goes on until enough workers have died.
    pub(crate) async fn storm(&mut self) {
        let over = AtomicBool::new(false);
        let (town, database) = (&mut self.town, self.database.clone());
        let load = async {
            while !over.load(Ordering::SeqCst) {
                town.tick().await;
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        };
        let killing = async {
            let kills = self.setting.kills;
            self.killer.storm(&self.crew, kills).await;
            over.store(true, Ordering::SeqCst);
        };
        let restarts = async {
            if let Some(server) = database {
                restart_again_and_again(server, &self.history, self.setting.seed, &over).await;
            }
        };
        tokio::join!(load, killing, restarts);
    }

    /// Nothing fails any more. Step by step everything must come to its end, and stay there. Gives
    /// back how long the history was then.
    pub(crate) async fn calm(&mut self) -> Result<usize, String> {
        self.gate.close();
        self.town.clock.slow_down();
        if self.setting.planted {
            // The claims of the dead run out before Loop gets round to anything.
            self.step(STEP).await?;
        }
        let processing = self.town.keep_processing();
        let ended = self.settle_down().await;
        processing.abort();
        ended
    }

    async fn settle_down(&mut self) -> Result<usize, String> {
        for _ in 0..STEPS {
            self.town.hurry().await;
            self.step(STEP).await?;
            if self.is_over().await {
                // News of what was done last.
                self.step(STEP).await?;
                let over_at = self.history.len();
                for _ in 0..3 {
                    self.step(DAY).await?;
                }
                return Ok(over_at);
            }
        }
        Err(format!("not over after {STEPS} steps"))
    }

    /// Everybody makes one pass, at a later time.
    async fn step(&self, by: Duration) -> Result<(), String> {
        self.everybody_waits().await?;
        self.crew.muster();
        self.town.sandbox.webhooks_delivered().await;
        self.town.clock.advance(by);
        self.gate.let_through();
        self.everybody_waits().await
    }

    async fn everybody_waits(&self) -> Result<(), String> {
        if self.gate.all_wait(&self.crew.lives()).await {
            Ok(())
        } else {
            Err("a worker hangs".to_owned())
        }
    }

    async fn is_over(&self) -> bool {
        let entries = self.entries().await;
        let book = self.town.book.lock();
        book.iter().all(|(id, case)| {
            let entry = entries.get(id);
            let is_settled = entry.is_some_and(|entry| entry.settlement.is_some());
            case.steps.is_empty() && (is_settled || case.plan == Plan::OnTheWay)
        })
    }

    async fn entries(&self) -> BTreeMap<u64, Entry> {
        entries(&*self.store.open().await).await
    }

    async fn rmas(&self) -> BTreeMap<u64, RmaSnapshot> {
        let page = NonZeroU32::new(500).unwrap();
        let oms = &self.town.oms;
        let mut rmas = BTreeMap::new();
        let mut cursor: Option<ChangeCursor> = None;
        loop {
            let found = oms
                .changes(&merchant(), cursor.as_ref(), page)
                .await
                .unwrap();
            for change in found.changes {
                let id = change.rma_number.get();
                let rma = oms.get_rma(&rma_key(id)).await.unwrap().unwrap();
                rmas.insert(id, rma);
            }
            if !found.more {
                return rmas;
            }
            cursor = Some(found.next);
        }
    }

    /// Sends everybody home and judges.
    pub(crate) async fn verdict(&self, ended: Result<usize, String>) -> Verdict {
        self.crew.dismiss();
        let truth = self.town.sandbox.truth();
        let book = self.town.book.lock().clone();
        let evidence = Evidence {
            events: self.history.events(),
            book,
            truth: truth.into_iter().map(|truth| (truth.id, truth)).collect(),
            rmas: self.rmas().await,
            entries: self.entries().await,
            epochs: self.epochs(),
            over_at: ended.as_ref().map_or(usize::MAX, |at| *at),
        };
        let mut verdict = evidence.judge();
        verdict.violations.extend(ended.err());
        for id in verdict.accused.iter().take(TRACES) {
            verdict.traces.push(evidence.trace(*id).join("\n"));
        }
        verdict
    }

    fn epochs(&self) -> BTreeSet<String> {
        let log = fs::read(self.folder.path().join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let epochs = log
            .lines()
            .filter_map(|line| line.strip_prefix(worker::EPOCH));
        epochs.map(str::to_owned).collect()
    }

    /// What the workers complained of last.
    pub(crate) fn log(&self) -> String {
        tail(&self.folder.path().join("log"))
    }
}

/// The database crashes under everybody, every few seconds.
async fn restart_again_and_again(
    server: Arc<PostgresServer>,
    history: &History,
    seed: u64,
    over: &AtomicBool,
) {
    let mut rng = Rng::new(seed ^ 2);
    loop {
        for _ in 0..rng.seconds(10, 30) {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if over.load(Ordering::SeqCst) {
                return;
            }
        }
        history.push(Event::DatabaseGoes);
        let server = Arc::clone(&server);
        let restart = move || server.crash_and_restart();
        tokio::task::spawn_blocking(restart).await.unwrap();
        history.push(Event::DatabaseIsBack);
    }
}

fn tail(file: &Path) -> String {
    const LINES: usize = 40;
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let is_told = |line: &&str| !line.starts_with(worker::EPOCH);
    let lines: Vec<&str> = text.lines().filter(is_told).collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

/// Loop, which queues what it is to process, and is in no hurry.
async fn sandbox(clock: &SharedClock) -> Sandbox {
    let clock = clock.clone();
    Sandbox::builder()
        .processing(Processing::Held)
        .rate_limit_per_minute(10_000_000)
        .now(Arc::new(move || clock.millis()))
        .start()
        .await
        .unwrap()
}

async fn subscribe(sandbox: &Sandbox, url: &str) {
    let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
        .base_url(sandbox.base_url())
        .build()
        .unwrap();
    for (topic, trigger) in [
        (Topic::Return, Trigger::ReturnCreated),
        (Topic::Return, Trigger::ReturnUpdated),
        (Topic::Return, Trigger::ReturnClosed),
        (Topic::ReturnProcessing, Trigger::ProcessingFailed),
    ] {
        let webhooks = client.webhooks();
        webhooks.create(&topic, &trigger, url).await.unwrap();
    }
}

async fn listener() -> tokio::net::TcpListener {
    tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap()
}

/// Serves it until the test ends; gives back its address.
async fn serve(router: Router) -> String {
    let listener = listener().await;
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    address
}
