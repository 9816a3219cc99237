//! What an observer outside of the conversation can know: what really happened to each return,
//! which calls arrived, which webhooks left.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::faults::FaultId;

/// What really happened to one return, whatever any answer or webhook said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReturnTruth {
    /// The Loop return id.
    pub id: u64,
    /// The present state: `open`, `closed`, `cancelled`, `expired`, `review`, or any text given
    /// to [`Sandbox::set_state`](super::Sandbox::set_state).
    pub state: String,
    /// Whether the return is held for the merchant's review by a flag.
    pub flagged: bool,
    /// Accepted flag calls.
    pub flag_calls: u32,
    /// The notes of the timeline, oldest first.
    pub notes: Vec<String>,
    /// Process requests that reached the return, accepted or refused. One that was turned away
    /// before, by the key check or the rate limit, is not counted; it stands in
    /// [`Sandbox::calls`](super::Sandbox::calls).
    pub process_requests: u32,
    /// Process requests that were answered with `true`.
    pub process_accepted: u32,
    /// How often the outcomes were carried out, by process requests and by removals of lines. More
    /// than one means that the shopper got refund, exchange or credit more than once.
    pub refunds: u32,
    /// The present lines.
    pub line_item_ids: Vec<u64>,
    /// The SKU of each present line, in the same order.
    pub skus: Vec<String>,
    /// The outcome that the shopper asked for.
    pub outcome: String,
    /// The category of the fraud report, while there is one: no call of the API reads it.
    pub fraud_category: Option<String>,
}

/// One HTTP request that reached the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RecordedCall {
    /// The HTTP method, `GET` or `POST` for example.
    pub method: String,
    /// Path and query as they arrived.
    pub path: String,
    /// The status of the answer; 0 if the connection was closed without one, by
    /// [`Fault::lost_reply`](super::Fault::lost_reply) or `lost_request`.
    pub status: u16,
    /// The return id, if the path names one (`/warehouse/return/{id}/…`, `/returns/{id}/…`).
    pub return_id: Option<u64>,
    /// The fault that hit it, if any.
    pub fault: Option<FaultId>,
}

/// One webhook that was due to one subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Delivery {
    /// The return that the webhook is about; 0 for `happy.returns.shipment`, which is about no
    /// single one.
    pub return_id: u64,
    /// The subscription's topic: it decides the form of the body.
    pub topic: String,
    /// What happened.
    pub trigger: String,
    /// Where the webhook went.
    pub url: String,
    /// How often it was sent; 0 if it was lost, or its subscription deactivated.
    pub attempts: u32,
    /// How the last attempt ended.
    pub outcome: DeliveryOutcome,
    /// How long the receiver asked to wait between the attempts, as far as
    /// [`WebhookRetries`](super::WebhookRetries) heeds it. The sandbox did not wait. Serialized in
    /// whole seconds.
    #[serde(serialize_with = "seconds")]
    pub asked_to_wait: Duration,
    /// Whether it was held and released before it was sent.
    pub was_held: bool,
}

/// How a webhook delivery ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryOutcome {
    /// The receiver answered with this status; 2xx is success.
    Status(u16),
    /// No answer came: connection refused, reset, timed out.
    Failed(String),
    /// Never sent, because of
    /// [`Sandbox::lose_webhooks_of`](super::Sandbox::lose_webhooks_of) or
    /// [`WebhookFault::Drop`](super::WebhookFault::Drop).
    Lost,
    /// Never sent, because its subscription was deactivated while it waited; see
    /// [`SandboxBuilder::deactivate_failing_webhooks`](super::SandboxBuilder::deactivate_failing_webhooks).
    Deactivated,
}

impl Delivery {
    /// Whether the receiver took the webhook.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.outcome.is_success()
    }
}

impl DeliveryOutcome {
    pub(super) fn is_success(&self) -> bool {
        match self {
            DeliveryOutcome::Status(status) => (200..300).contains(status),
            DeliveryOutcome::Failed(_) | DeliveryOutcome::Lost | DeliveryOutcome::Deactivated => {
                false
            }
        }
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}
