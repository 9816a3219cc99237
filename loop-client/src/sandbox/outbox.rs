//! Webhook deliveries: who waits for them, and the task that makes them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::truth::{Delivery, DeliveryOutcome};

/// The oldest documentation: up to three more attempts. It names no waiting time, and waiting
/// would only slow tests down.
const ATTEMPTS: u32 = 4;

/// Loop's own time limit is not documented.
const TIMEOUT: Duration = Duration::from_secs(5);

/// One webhook for one subscription, ready to be sent.
#[derive(Debug)]
pub(super) struct Dispatch {
    pub(super) return_id: u64,
    pub(super) topic: String,
    pub(super) trigger: &'static str,
    pub(super) url: String,
    pub(super) body: Vec<u8>,
    pub(super) signature: String,
    pub(super) lost: bool,
}

/// The sending end: hand in a dispatch, read what became of it.
#[derive(Debug)]
pub(super) struct Outbox {
    sender: mpsc::UnboundedSender<(Dispatch, Outstanding)>,
    /// Counts what is still to be done, so that a test can wait for it instead of sleeping.
    outstanding: watch::Sender<usize>,
    log: Log,
}

type Log = Arc<Mutex<Vec<Delivery>>>;

/// A piece of outstanding work; done when it is dropped, even if its task was cancelled.
#[derive(Debug)]
pub(super) struct Outstanding(watch::Sender<usize>);

impl Drop for Outstanding {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Outbox {
    /// Starts the delivering task on the current runtime.
    pub(super) fn start() -> std::io::Result<(Outbox, AbortHandle)> {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .no_proxy()
            .build()
            .map_err(std::io::Error::other)?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let log = Log::default();
        let task = tokio::spawn(deliver_all(http, receiver, Arc::clone(&log)));
        let outbox = Outbox {
            sender,
            outstanding: watch::Sender::new(0),
            log,
        };
        Ok((outbox, task.abort_handle()))
    }

    pub(super) fn send(&self, dispatch: Dispatch) {
        // It fails once the task ended with its runtime: nothing will ever be delivered then.
        self.sender.send((dispatch, self.expect())).ok();
    }

    /// Announces work that will hand in dispatches later.
    pub(super) fn expect(&self) -> Outstanding {
        self.outstanding
            .send_modify(|count| *count = count.saturating_add(1));
        Outstanding(self.outstanding.clone())
    }

    pub(super) async fn idle(&self) {
        let mut outstanding = self.outstanding.subscribe();
        // It fails only without a sender, and `self` holds one.
        outstanding.wait_for(|count| *count == 0).await.ok();
    }

    pub(super) fn log(&self) -> Vec<Delivery> {
        let log = self.log.lock();
        log.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One after the other, in the order of the events.
async fn deliver_all(
    http: reqwest::Client,
    mut receiver: mpsc::UnboundedReceiver<(Dispatch, Outstanding)>,
    log: Log,
) {
    while let Some((dispatch, outstanding)) = receiver.recv().await {
        let (attempts, outcome) = if dispatch.lost {
            (0, DeliveryOutcome::Lost)
        } else {
            deliver(&http, &dispatch).await
        };
        let delivery = Delivery {
            return_id: dispatch.return_id,
            topic: dispatch.topic,
            trigger: dispatch.trigger.to_owned(),
            url: dispatch.url,
            attempts,
            outcome,
        };
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(delivery);
        // Whoever waits finds the delivery in the log.
        drop(outstanding);
    }
}

async fn deliver(http: &reqwest::Client, dispatch: &Dispatch) -> (u32, DeliveryOutcome) {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let sent = http
            .post(&dispatch.url)
            .header(CONTENT_TYPE, "application/json")
            .header("X-Loop-Signature", &dispatch.signature)
            .body(dispatch.body.clone())
            .send()
            .await;
        let (done, outcome) = match sent {
            Ok(answer) => (
                answer.status().is_success(),
                DeliveryOutcome::Status(answer.status().as_u16()),
            ),
            Err(error) => (false, DeliveryOutcome::Failed(error.to_string())),
        };
        if done || attempt == ATTEMPTS {
            return (attempt, outcome);
        }
    }
}
