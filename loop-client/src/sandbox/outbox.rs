//! Webhook deliveries: who waits for them, and the task that makes them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::faults::{ReleaseOrder, reorder};
use super::retries::{WebhookRetries, retry_after};
use super::subscriptions::SharedSubscriptions;
use super::truth::{Delivery, DeliveryOutcome};

/// Loop's own time limit is not documented.
const TIMEOUT: Duration = Duration::from_secs(5);

/// One webhook for one subscription, ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Dispatch {
    pub(super) return_id: u64,
    pub(super) subscription_id: u64,
    pub(super) topic: String,
    pub(super) trigger: &'static str,
    pub(super) url: String,
    pub(super) body: Vec<u8>,
    pub(super) signature: String,
    pub(super) lost: bool,
    pub(super) was_held: bool,
}

/// The sending end: hand in a dispatch, read what became of it.
#[derive(Debug)]
pub(super) struct Outbox {
    sender: mpsc::UnboundedSender<(Dispatch, Outstanding)>,
    /// Counts what is still to be done, so that a test can wait for it instead of sleeping.
    outstanding: watch::Sender<usize>,
    held: Mutex<Vec<Dispatch>>,
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
    pub(super) fn start(
        retries: WebhookRetries,
        subscriptions: SharedSubscriptions,
    ) -> std::io::Result<(Outbox, AbortHandle)> {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .no_proxy()
            .build()
            .map_err(std::io::Error::other)?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let log = Log::default();
        let courier = Courier {
            http,
            retries,
            subscriptions,
        };
        let task = tokio::spawn(deliver_all(courier, receiver, Arc::clone(&log)));
        let outbox = Outbox {
            sender,
            outstanding: watch::Sender::new(0),
            held: Mutex::default(),
            log,
        };
        Ok((outbox, task.abort_handle()))
    }

    /// Queues or holds a dispatch, so many times. One that is lost is lost once.
    pub(super) fn accept(&self, dispatch: &Dispatch, copies: u32) {
        if dispatch.lost {
            self.send(dispatch.clone());
            return;
        }
        for _ in 0..copies {
            if dispatch.was_held {
                lock(&self.held).push(dispatch.clone());
            } else {
                self.send(dispatch.clone());
            }
        }
    }

    pub(super) fn held(&self) -> usize {
        lock(&self.held).len()
    }

    pub(super) fn release(&self, order: ReleaseOrder) -> usize {
        let mut held = std::mem::take(&mut *lock(&self.held));
        let count = held.len();
        reorder(&mut held, order);
        for dispatch in held {
            self.send(dispatch);
        }
        count
    }

    fn send(&self, dispatch: Dispatch) {
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
        lock(&self.log).clone()
    }
}

/// The data is plain, so that a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One after the other, in the order of the events.
async fn deliver_all(
    courier: Courier,
    mut receiver: mpsc::UnboundedReceiver<(Dispatch, Outstanding)>,
    log: Log,
) {
    while let Some((dispatch, outstanding)) = receiver.recv().await {
        let end = courier.deliver(&dispatch).await;
        lock(&log).push(Delivery {
            return_id: dispatch.return_id,
            topic: dispatch.topic,
            trigger: dispatch.trigger.to_owned(),
            url: dispatch.url,
            attempts: end.attempts,
            outcome: end.outcome,
            asked_to_wait: end.asked_to_wait,
            was_held: dispatch.was_held,
        });
        // Whoever waits finds the delivery in the log.
        drop(outstanding);
    }
}

/// What makes the attempts.
struct Courier {
    http: reqwest::Client,
    retries: WebhookRetries,
    subscriptions: SharedSubscriptions,
}

/// How a delivery ended.
struct End {
    attempts: u32,
    outcome: DeliveryOutcome,
    asked_to_wait: Duration,
}

impl Courier {
    async fn deliver(&self, dispatch: &Dispatch) -> End {
        let mut end = End {
            attempts: 0,
            outcome: DeliveryOutcome::Lost,
            asked_to_wait: Duration::ZERO,
        };
        if dispatch.lost {
            return end;
        }
        end.outcome = DeliveryOutcome::Deactivated;
        while !self.gave_up(dispatch) {
            end.attempts += 1;
            let (outcome, retry_after) = self.attempt(dispatch).await;
            let succeeded = outcome.is_success();
            end.outcome = outcome;
            self.subscriptions
                .with(|all| all.attempted(dispatch.subscription_id, succeeded));
            let next = self.retries.next_wait(end.attempts, retry_after);
            let (false, Some(wait)) = (succeeded, next) else {
                break;
            };
            end.asked_to_wait = end.asked_to_wait.saturating_add(wait);
        }
        end
    }

    fn gave_up(&self, dispatch: &Dispatch) -> bool {
        self.subscriptions
            .with(|all| all.is_deactivated(dispatch.subscription_id))
    }

    async fn attempt(&self, dispatch: &Dispatch) -> (DeliveryOutcome, Option<Duration>) {
        let sent = self
            .http
            .post(&dispatch.url)
            .header(CONTENT_TYPE, "application/json")
            .header("X-Loop-Signature", &dispatch.signature)
            .body(dispatch.body.clone())
            .send()
            .await;
        match sent {
            Ok(answer) => (
                DeliveryOutcome::Status(answer.status().as_u16()),
                retry_after(answer.headers()),
            ),
            Err(error) => (DeliveryOutcome::Failed(error.to_string()), None),
        }
    }
}
