//! What goes on by itself for one merchant: the recurring pull, settling, the comparison, and the
//! look at what is open. Each merchant has its own, so that nobody waits for another's troubles.

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use ams_loop_bridge::ledger::{CursorName, LedgerError};
use ams_loop_bridge::{Bridge, BridgeError, Look, LookResult};
use loop_client::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use crate::merchant::Merchant;
use crate::overview::{findings, scan, settled_since};
use crate::stop::Stop;
use crate::storage::Storage;
use crate::{now, with_causes};

/// A merchant whose ledger or OMS cannot be opened is tried again after this.
const OPEN_AGAIN: Duration = Duration::from_secs(15);
/// Webhooks come in bursts; one settling pass does for all of a second.
const AFTER_NEWS: Duration = Duration::from_secs(1);
/// Returns older than this are compared no more, unless they are open.
const COMPARED: Duration = Duration::from_secs(60 * 24 * 3600);
/// After the stop a pull has this long to end by itself.
const PULL_MAY_FINISH: Duration = Duration::from_secs(5);
/// A comparison that failed is tried again after this.
const COMPARE_AGAIN: Duration = Duration::from_secs(300);
/// The look at what is open takes at most this part of the time.
const SHARE_OF_SCANS: u32 = 20;
const LONGEST_SCAN_PAUSE: Duration = Duration::from_secs(60);

/// Everything of one merchant, until the stop.
pub(crate) async fn keep_running(
    merchant: Arc<Merchant>,
    storage: Arc<Storage>,
    workers: NonZeroUsize,
    stop: Stop,
) {
    let begin = || {
        let (merchant, storage) = (merchant.clone(), storage.clone());
        run(merchant, storage, workers, stop.clone()).in_current_span()
    };
    begun_again(begin, &merchant, stop.clone()).await;
}

/// A defect in one merchant's work ends nobody else's, and its own is begun again.
async fn begun_again<F: Future<Output = ()> + Send + 'static>(
    begin: impl Fn() -> F,
    merchant: &Merchant,
    mut stop: Stop,
) {
    loop {
        // Dropped with this one when the time for a stop is over.
        let mut task = JoinSet::new();
        task.spawn(begin());
        match task.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                tracing::error!("a defect ended this merchant's work; it begins again");
                merchant.status().stopped = Some("a defect ended its work".to_owned());
            }
            _ => return,
        }
        if unless_stopped(&mut stop, sleep(OPEN_AGAIN)).await.is_none() {
            return;
        }
    }
}

async fn run(
    merchant: Arc<Merchant>,
    storage: Arc<Storage>,
    workers: NonZeroUsize,
    mut stop: Stop,
) {
    let Some(bridge) = open(&merchant, &storage, &mut stop).await else {
        return;
    };
    if let Err(error) = warn(&merchant, &bridge).await {
        tracing::error!(%error, "the ledger cannot be read");
    }
    tracing::info!("serving");
    let (pulled, first_pull) = watch::channel(false);
    let settling = (0..workers.get()).map(|_| settle(&merchant, &bridge, stop.clone()));
    let end = async {
        stop.clone().asked_for().await;
        bridge.wind_down();
    };
    tokio::join!(
        pull(&merchant, &bridge, pulled, stop.clone()),
        futures_util::future::join_all(settling),
        compare(&merchant, &bridge, first_pull, stop.clone()),
        look_at_what_is_open(&merchant, &bridge, stop.clone()),
        end,
    );
    tracing::info!("stopped");
}

/// What whoever starts it should know before anything is done.
async fn warn(merchant: &Merchant, bridge: &Bridge) -> Result<(), LedgerError> {
    let passed = bridge.ledger().cursor(merchant.id(), CursorName::Policy);
    if passed.await?.is_none() {
        tracing::warn!(
            "the ledger is new; if there is another for this merchant, stop: two are two refunds"
        );
    }
    if bridge.policy_has_changed().await? {
        tracing::warn!("another policy than before: what was left to the merchant is decided anew");
    }
    if !bridge.ledger_is_trusted().await? {
        tracing::warn!(
            "the ledger is an older copy: nothing is processed until both sides were compared"
        );
    }
    Ok(())
}

async fn open(merchant: &Merchant, storage: &Storage, stop: &mut Stop) -> Option<Bridge> {
    loop {
        match unless_stopped(stop, merchant.open(storage)).await? {
            Ok(bridge) => {
                merchant.status().stopped = None;
                return Some(bridge);
            }
            Err(error) => {
                let error = with_causes(&*error);
                tracing::error!(%error, "cannot be served yet");
                merchant.status().stopped = Some(error);
            }
        }
        unless_stopped(stop, sleep(OPEN_AGAIN)).await?;
    }
}

async fn pull(merchant: &Merchant, bridge: &Bridge, pulled: watch::Sender<bool>, mut stop: Stop) {
    let every = merchant.settings.schedule.pull;
    let mut pause = Duration::ZERO;
    while unless_stopped(&mut stop, sleep(pause)).await.is_some() {
        let began = now();
        let stopped = async {
            stop.asked_for().await;
            sleep(PULL_MAY_FINISH).await;
        };
        // It may be waiting for the call budget, and it sends nothing, so it can be cut off.
        let result = tokio::select! {
            result = bridge.pull(began) => result,
            () = stopped => return,
        };
        if let Some(report) = note(merchant, "pull", began, result) {
            merchant.status().last_pull = Some(began);
            tracing::info!(
                returns = report.returns,
                asn_rows = report.asn_rows,
                new = report.new.len(),
                "pulled"
            );
            for key in &report.new {
                tracing::info!(return_id = key.rma_number.get(), "found by a pull");
            }
            count(merchant, &report.looks);
            for row in &report.unreadable {
                tracing::warn!(%row, "a row could not be read");
            }
            if merchant.pull_found(report.new.len()) {
                tracing::warn!(
                    "pulls find new returns and no webhook comes: the subscription may be inactive"
                );
            }
            pulled.send_replace(true);
        }
        pause = jittered(every);
    }
}

async fn settle(merchant: &Merchant, bridge: &Bridge, mut stop: Stop) {
    let every = merchant.settings.schedule.settle;
    let mut pause = Duration::ZERO;
    let due = async |pause| {
        tokio::select! {
            () = sleep(pause) => {}
            () = async { merchant.news.notified().await; sleep(AFTER_NEWS).await } => {}
        }
    };
    while unless_stopped(&mut stop, due(pause)).await.is_some() {
        let began = now();
        let result = bridge.settle(began).await;
        if let Some(report) = note(merchant, "settle", began, result) {
            merchant.status().last_settle = Some(began);
            count(merchant, &report.looks);
        }
        pause = jittered(every);
    }
}

fn count(merchant: &Merchant, looks: &[Look]) {
    for look in looks {
        if let LookResult::Decided(decision) = &look.result {
            let (action, reason) = (decision.action.code(), decision.reason.code());
            merchant.metrics.decision(action, reason);
        }
    }
}

/// The first comparison follows the first pull: what is on the page is fresh soon after a start,
/// and a ledger that was restored from a copy is trusted again as soon as it can be.
async fn compare(
    merchant: &Merchant,
    bridge: &Bridge,
    mut first_pull: watch::Receiver<bool>,
    mut stop: Stop,
) {
    let schedule = merchant.settings.schedule;
    let pulled = first_pull.wait_for(|pulled| *pulled);
    if !matches!(unless_stopped(&mut stop, pulled).await, Some(Ok(_))) {
        return;
    }
    loop {
        let began = now();
        // It sends nothing and holds no return, so it need not be waited for.
        let compared = bridge.reconcile(began.minus(COMPARED), began, began);
        let Some(result) = unless_stopped(&mut stop, compared).await else {
            return;
        };
        let pause = match note(merchant, "reconcile", began, result) {
            Some(report) => {
                for finding in &report.findings {
                    tracing::warn!(
                        return_id = finding.key.rma_number.get(),
                        kind = ?finding.kind,
                        why = %finding.explanation,
                        "not as it should be"
                    );
                }
                let found = report.findings.len();
                tracing::info!(compared = report.compared, found, "compared");
                merchant
                    .status()
                    .overview
                    .take_findings(findings(&report, began));
                let archived = archive(bridge, began.minus(schedule.archive_after));
                if unless_stopped(&mut stop, archived).await.is_none() {
                    return;
                }
                schedule.reconcile
            }
            None => schedule.reconcile.min(COMPARE_AGAIN),
        };
        if unless_stopped(&mut stop, sleep(jittered(pause)))
            .await
            .is_none()
        {
            return;
        }
    }
}

async fn archive(bridge: &Bridge, before: Timestamp) {
    match bridge.archive(before).await {
        Ok(0) => {}
        Ok(archived) => tracing::info!(archived, "put away what is long settled"),
        Err(error) => tracing::warn!(%error, "what is long settled could not be put away"),
    }
}

async fn look_at_what_is_open(merchant: &Merchant, bridge: &Bridge, mut stop: Stop) {
    let mut pause = Duration::ZERO;
    while unless_stopped(&mut stop, sleep(pause)).await.is_some() {
        let began = Instant::now();
        match unless_stopped(&mut stop, look(merchant, bridge)).await {
            None => return,
            Some(Ok(())) => merchant.listed(Ok(())),
            Some(Err(error)) => {
                let error = with_causes(&error);
                tracing::warn!(%error, "what is open could not be listed");
                merchant.listed(Err(error));
            }
        }
        let usual = merchant.settings.schedule.settle.min(LONGEST_SCAN_PAUSE);
        pause = usual.max(began.elapsed() * SHARE_OF_SCANS);
    }
}

async fn look(merchant: &Merchant, bridge: &Bridge) -> Result<(), LedgerError> {
    let (id, at) = (merchant.id(), now());
    let scanned = scan(bridge.ledger(), id, at).await?;
    let found = {
        let overview = &mut merchant.status().overview;
        overview.take_scan(scanned);
        overview.found()
    };
    if let Some(found) = found {
        let settled = settled_since(bridge.ledger(), id, &found).await?;
        merchant.status().overview.forget(found.0, &settled);
    }
    Ok(())
}

/// Counts how a pass ended, and says what stops the merchant.
fn note<T>(
    merchant: &Merchant,
    pass: &'static str,
    began: Timestamp,
    result: Result<T, BridgeError>,
) -> Option<T> {
    match result {
        Ok(report) => {
            merchant.metrics.pass(pass, "ok");
            merchant.metrics.succeeded(pass, began);
            let mut status = merchant.status();
            status.failing.remove(pass);
            status.stopped = None;
            Some(report)
        }
        Err(BridgeError::BackedOff { until }) => {
            merchant.metrics.pass(pass, "backed_off");
            tracing::debug!(pass, %until, "left alone for a while");
            None
        }
        Err(error) => {
            merchant.metrics.pass(pass, "failed");
            let text = with_causes(&error);
            tracing::error!(pass, error = %text, "a pass failed");
            let mut status = merchant.status();
            if error.stops_the_merchant() {
                status.stopped = Some(text.clone());
            }
            status.failing.insert(pass, text);
            None
        }
    }
}

/// `None` when the stop came first.
async fn unless_stopped<T>(stop: &mut Stop, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.asked_for() => None,
        done = work => Some(done),
    }
}

/// A tenth more or less, so that merchants that started together do not go on together.
fn jittered(time: Duration) -> Duration {
    time.mul_f64(0.9 + 0.2 * fastrand::f64())
}

#[cfg(test)]
mod tests;
