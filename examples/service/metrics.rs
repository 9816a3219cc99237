//! What is counted, for Prometheus.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use ams_oms_client::MerchantId;
use loop_client::{Error, Observation, Observer, Timestamp};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

type Labels = Vec<(&'static str, String)>;
type Counts = Family<Labels, Counter>;
type Seconds = Family<Labels, Counter<f64, AtomicU64>>;
type Level = Family<Labels, Gauge<f64, AtomicU64>>;

/// All merchants' counters.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    of_merchants: Families,
}

#[derive(Debug, Clone, Default)]
struct Families {
    webhooks: Counts,
    rmas: Counts,
    decisions: Counts,
    loop_calls: Counts,
    loop_waits: Seconds,
    oms_calls: Counts,
    passes: Counts,
    open: Level,
    oldest: Level,
    last_success: Level,
    webhooks_missed: Counts,
    trouble: Level,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("loop_ams");
        let it = Families::default();
        let counts = [
            (
                "webhooks",
                "Webhooks received, by what became of them",
                &it.webhooks,
            ),
            (
                "rmas",
                "RMAs asked of the OMS, by what became of it",
                &it.rmas,
            ),
            (
                "decisions",
                "Decisions that were carried out, by action and reason",
                &it.decisions,
            ),
            (
                "loop_calls",
                "Requests to Loop, by endpoint and how they ended",
                &it.loop_calls,
            ),
            (
                "oms_calls",
                "Calls to the OMS, by operation and how they ended",
                &it.oms_calls,
            ),
            (
                "passes",
                "Pulls, settling passes and comparisons, by how they ended",
                &it.passes,
            ),
            (
                "webhooks_missed",
                "Returns that a pull found before any webhook told of them",
                &it.webhooks_missed,
            ),
        ];
        for (name, help, counts) in counts {
            registry.register(name, help, counts.clone());
        }
        registry.register_with_unit(
            "loop_wait",
            "Time that calls to Loop waited, for the call budget or before another attempt",
            Unit::Seconds,
            it.loop_waits.clone(),
        );
        registry.register(
            "trouble",
            "1 while something of the merchant does not go on, as the page says",
            it.trouble.clone(),
        );
        registry.register(
            "open_returns",
            "Returns that are not settled",
            it.open.clone(),
        );
        registry.register_with_unit(
            "oldest_unsettled",
            "Age of the oldest return that is not settled",
            Unit::Seconds,
            it.oldest.clone(),
        );
        registry.register_with_unit(
            "last_success_timestamp",
            "When a pass last succeeded",
            Unit::Seconds,
            it.last_success.clone(),
        );
        Self {
            registry,
            of_merchants: it,
        }
    }

    pub(crate) fn of(&self, merchant: &MerchantId) -> MerchantMetrics {
        MerchantMetrics {
            merchant: merchant.to_string(),
            families: self.of_merchants.clone(),
        }
    }

    /// In the text format of `OpenMetrics`, which Prometheus reads.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// One merchant's counters.
#[derive(Debug, Clone)]
pub(crate) struct MerchantMetrics {
    merchant: String,
    families: Families,
}

impl MerchantMetrics {
    fn labels<const N: usize>(&self, more: [(&'static str, &str); N]) -> Labels {
        let more = more.map(|(name, value)| (name, value.to_owned()));
        let mut labels = vec![("merchant", self.merchant.clone())];
        labels.extend(more);
        labels
    }

    pub(crate) fn webhook(&self, outcome: &str) {
        let labels = self.labels([("outcome", outcome)]);
        self.families.webhooks.get_or_create(&labels).inc();
    }

    pub(crate) fn webhooks_missed(&self, returns: usize) {
        let returns = u64::try_from(returns).unwrap_or(u64::MAX);
        let labels = self.labels([]);
        self.families
            .webhooks_missed
            .get_or_create(&labels)
            .inc_by(returns);
    }

    pub(crate) fn rma(&self, outcome: &str) {
        let labels = self.labels([("outcome", outcome)]);
        self.families.rmas.get_or_create(&labels).inc();
    }

    pub(crate) fn decision(&self, action: &str, reason: &str) {
        let labels = self.labels([("action", action), ("reason", reason)]);
        self.families.decisions.get_or_create(&labels).inc();
    }

    pub(crate) fn oms_call(&self, call: &str, outcome: &str) {
        let labels = self.labels([("call", call), ("outcome", outcome)]);
        self.families.oms_calls.get_or_create(&labels).inc();
    }

    pub(crate) fn pass(&self, pass: &str, outcome: &str) {
        let labels = self.labels([("pass", pass), ("outcome", outcome)]);
        self.families.passes.get_or_create(&labels).inc();
    }

    pub(crate) fn succeeded(&self, pass: &str, now: Timestamp) {
        let labels = self.labels([("pass", pass)]);
        let epoch = Duration::from_secs(u64::try_from(now.unix_seconds()).unwrap_or(0));
        self.families
            .last_success
            .get_or_create(&labels)
            .set(epoch.as_secs_f64());
    }

    pub(crate) fn trouble(&self, is_there: bool) {
        let labels = self.labels([]);
        let level = if is_there { 1.0 } else { 0.0 };
        self.families.trouble.get_or_create(&labels).set(level);
    }

    /// How many returns are open, and since when the oldest one is.
    pub(crate) fn open(&self, open: u64, oldest: Option<Timestamp>, now: Timestamp) {
        let labels = self.labels([]);
        let age = oldest.map_or(Duration::ZERO, |since| now.since(since));
        // Counts of returns are far below where a float loses ones.
        let open = Duration::from_secs(open).as_secs_f64();
        self.families.open.get_or_create(&labels).set(open);
        let age = age.as_secs_f64();
        self.families.oldest.get_or_create(&labels).set(age);
    }
}

/// Counts the requests that leave for Loop, and how long calls wait.
impl Observer for MerchantMetrics {
    fn observe(&self, seen: &Observation<'_>) {
        match seen {
            Observation::Attempt { call, error, .. } => {
                let outcome = error.map_or("ok", |error: &Error| error.kind().name());
                let labels = self.labels([("call", call.name()), ("outcome", outcome)]);
                self.families.loop_calls.get_or_create(&labels).inc();
            }
            Observation::Wait { reason, time, .. } => {
                let labels = self.labels([("reason", reason.name())]);
                let waits = self.families.loop_waits.get_or_create(&labels);
                waits.inc_by(time.as_secs_f64());
            }
            _ => {}
        }
    }
}
