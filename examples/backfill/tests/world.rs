//! A merchant with returns, a warehouse and a ledger, at a time that moves only when somebody
//! waits.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ams_loop_bridge::ledger::{Entry, Ledger as _, MemoryLedger};
use ams_loop_bridge::{Policy, rma_key};
use ams_oms_client::{
    Condition, ItemRef, MemoryOms, MerchantId, Oms as _, ReceiptId, ReceivedUnits, RmaKey,
    RmaSnapshot, Warehouse as _, WarehouseWork, async_trait,
};
use loop_client::sandbox::{NewLine, NewReturn, Processing, Sandbox};
use loop_client::{ApiKey, Client, RateLimit, ReturnId, ReturnsFilter, Runtime, Timestamp};
use tempfile::TempDir;

use crate::Problem;
use crate::args::Wanted;
use crate::connect::Connected;
use crate::job::{Job, Report};
use crate::meter::Meter;
use crate::progress::Progress;
use crate::state::Asked;

/// A clock for everybody: who sleeps moves it.
#[derive(Debug, Clone, Default)]
pub(super) struct Time(Arc<AtomicU64>);

impl Time {
    pub(super) fn pass(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::Relaxed);
    }

    fn passed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn now(&self) -> Timestamp {
        at("2026-06-01").plus(self.passed())
    }
}

#[async_trait]
impl Runtime for Time {
    fn elapsed(&self) -> Duration {
        self.passed()
    }

    async fn sleep(&self, duration: Duration) {
        // Not a moment less, or what waits would ask again at the same time.
        self.pass(duration + Duration::from_millis(1));
    }

    fn random(&self) -> u64 {
        7
    }
}

pub(super) struct World {
    pub(super) time: Time,
    pub(super) sandbox: Sandbox,
    pub(super) oms: MemoryOms,
    pub(super) ledger: MemoryLedger,
    pub(super) folder: TempDir,
}

pub(super) const DAY: Duration = Duration::from_secs(86_400);

impl World {
    pub(super) async fn new() -> Self {
        Self::with_limit(10_000).await
    }

    pub(super) async fn with_limit(calls_per_minute: u32) -> Self {
        let time = Time::default();
        let clock = time.clone();
        let sandbox = Sandbox::builder()
            .rate_limit_per_minute(calls_per_minute)
            .processing(Processing::Held)
            .now(Arc::new(move || clock.now().unix_millis()))
            .start()
            .await
            .unwrap();
        Self {
            time,
            sandbox,
            oms: MemoryOms::new(),
            ledger: MemoryLedger::new(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Shoppers submit so many returns of two units, one a day.
    pub(super) fn submit(&self, returns: usize) -> Vec<ReturnId> {
        let submitted = (0..returns)
            .map(|_| {
                self.time.pass(DAY);
                self.submit_one(two_units())
            })
            .collect();
        // Now does not belong to a range that ends now.
        self.time.pass(Duration::from_secs(1));
        submitted
    }

    pub(super) fn submit_one(&self, new: NewReturn) -> ReturnId {
        self.sandbox.create_return(new).try_into().unwrap()
    }

    pub(super) fn set_state(&self, id: ReturnId, state: &str) {
        assert!(self.sandbox.set_state(id.get(), state));
    }

    /// The warehouse receives all units of an RMA in this condition, and is done with it.
    pub(super) async fn receive(&self, id: ReturnId, condition: Condition) {
        let key = self.key(id);
        let lines = self.rma(id).await.unwrap().lines;
        let units = lines
            .into_iter()
            .filter_map(|line| line.line_ref)
            .map(|line| ReceivedUnits::new(ItemRef::Line(line), condition, NonZeroU32::MIN))
            .collect();
        let receipt_id = ReceiptId::new("1").unwrap();
        for work in [
            WarehouseWork::Receive { receipt_id, units },
            WarehouseWork::Close,
        ] {
            self.oms.apply(&key, work).await.unwrap();
        }
    }

    pub(super) async fn rma(&self, id: ReturnId) -> Option<RmaSnapshot> {
        self.oms.get_rma(&self.key(id)).await.unwrap()
    }

    pub(super) async fn entry(&self, id: ReturnId) -> Option<Entry> {
        self.ledger.load(&self.key(id)).await.unwrap()
    }

    pub(super) fn key(&self, id: ReturnId) -> RmaKey {
        rma_key(&merchant(), id)
    }

    pub(super) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// How often Loop was asked for the details of a return.
    pub(super) fn details(&self) -> usize {
        let calls = self.sandbox.calls();
        let details = calls.iter().filter(|call| call.path.contains("/details"));
        details.count()
    }

    /// A run in steps of three returns.
    pub(super) fn job(&self, wanted: Wanted, policy: Policy) -> Job {
        self.job_with_limit(wanted, policy, 10_000)
    }

    pub(super) fn job_with_limit(&self, wanted: Wanted, policy: Policy, calls: u32) -> Job {
        let progress = Progress::to_nobody();
        let meter = Arc::new(Meter::new(progress.bar()));
        let client = Client::builder(ApiKey::new(self.sandbox.api_key()).unwrap())
            .base_url(self.sandbox.base_url())
            .rate_limit(RateLimit::per_minute(calls))
            .runtime(Arc::new(self.time.clone()))
            .observer(meter.clone())
            .build()
            .unwrap()
            .in_background();
        let time = self.time.clone();
        Job {
            connected: Connected {
                merchant: merchant(),
                client,
                oms: Arc::new(self.oms.clone()),
                ledger: Arc::new(self.ledger.clone()),
                state: self.state(),
                place: "a test".to_owned(),
                demo: None,
            },
            asked: Asked {
                merchant: merchant(),
                wanted,
                policy,
            },
            dry_run: false,
            new_policy: false,
            restart: false,
            chunk: 3,
            meter,
            progress,
            now: Box::new(move || time.now()),
            stop: Box::new(|| false),
        }
    }

    /// A run that is to end well.
    pub(super) async fn backfill(&self, wanted: Wanted, policy: Policy) -> String {
        let Report { text, problem } = self.job(wanted, policy).run().await.unwrap();
        assert_eq!(problem, None, "{text}");
        assert!(!self.state().exists(), "nothing is left to go on with");
        text
    }

    /// What Loop and the warehouse have in the end.
    pub(super) async fn ending(&self) -> (serde_json::Value, Vec<Option<RmaSnapshot>>) {
        let truth = self.sandbox.truth();
        let mut rmas = Vec::new();
        for ret in &truth {
            rmas.push(self.rma(ret.id.try_into().unwrap()).await);
        }
        (serde_json::to_value(truth).unwrap(), rmas)
    }
}

pub(super) fn two_units() -> NewReturn {
    NewReturn::new("#1001")
        .line(NewLine::new("TEE-M"))
        .line(NewLine::new("JEANS-32"))
}

pub(super) fn merchant() -> MerchantId {
    "acme".parse().unwrap()
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Everything up to now.
pub(super) fn all() -> Wanted {
    range("2026-05-01", None)
}

pub(super) fn range(from: &str, to: Option<&str>) -> Wanted {
    Wanted::Range {
        by: ReturnsFilter::CreatedAt,
        from: at(from),
        to: to.map(at),
    }
}

pub(super) fn ids(ids: &[ReturnId]) -> Wanted {
    Wanted::Ids(ids.iter().copied().collect())
}

/// Why a run did not start.
pub(super) async fn refused(job: Job) -> Problem {
    job.run().await.map(|report| report.text).unwrap_err()
}

/// The part of a report that several runs have in common with one.
pub(super) fn table(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("Calls to Loop"));
    lines.collect::<Vec<_>>().join("\n")
}
