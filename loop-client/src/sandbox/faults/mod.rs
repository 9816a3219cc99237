//! How a test makes the sandbox misbehave: which faults wait, and what they were meant for.
//! Nothing here knows of HTTP or of time, so a run repeats exactly.

mod calls;
mod unknown;
mod webhooks;

pub use calls::{Fault, On};
pub use webhooks::{OnWebhook, ReleaseOrder, WebhookFault};

pub(super) use calls::{Kind, RetryAfter};
pub(super) use unknown::{add_fields, change_values};
pub(super) use webhooks::reorder;

use serde::Serialize;

use calls::CallRule;
use webhooks::{Fate, WebhookRule};

use super::Sandbox;

/// Names one injected fault, until it is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FaultId(u64);

impl FaultId {
    /// As a number, for programs that pass it through text.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for FaultId {
    fn from(id: u64) -> FaultId {
        FaultId(id)
    }
}

/// How many of the things that match a fault it leaves alone, and how many it then hits.
#[derive(Clone, Copy, Debug, Default)]
struct Quota {
    skip: u32,
    /// None is without end.
    times: Option<u32>,
    hits: u32,
}

impl Quota {
    /// Something matches. Whether it is one to be hit.
    fn is_due(&mut self) -> bool {
        match self.skip.checked_sub(1) {
            Some(left) => {
                self.skip = left;
                false
            }
            None => self.times.is_none_or(|times| self.hits < times),
        }
    }

    fn hit(&mut self) {
        self.hits = self.hits.saturating_add(1);
    }
}

/// All faults that were injected and not cleared, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults {
    last_id: u64,
    calls: Vec<CallRule>,
    webhooks: Vec<WebhookRule>,
}

impl Faults {
    fn next_id(&mut self) -> FaultId {
        self.last_id = self.last_id.saturating_add(1);
        FaultId(self.last_id)
    }

    fn inject(&mut self, fault: Fault, on: On) -> FaultId {
        let id = self.next_id();
        self.calls.push(CallRule { id, fault, on });
        id
    }

    fn disturb(&mut self, fault: WebhookFault, on: OnWebhook) -> FaultId {
        let id = self.next_id();
        self.webhooks.push(WebhookRule { id, fault, on });
        id
    }

    /// The fault that hits this call, if any; `path` is without its query.
    pub(super) fn of_call(&mut self, method: &str, path: &str) -> Option<(FaultId, Fault)> {
        calls::choose(&mut self.calls, method, path)
    }

    /// What becomes of one webhook for one subscription.
    pub(super) fn of_webhook(&mut self, return_id: u64, trigger: &str) -> Fate {
        webhooks::fate(&mut self.webhooks, return_id, trigger)
    }

    fn hits(&self, id: FaultId) -> u32 {
        let calls = self.calls.iter().map(|rule| (rule.id, rule.on.quota.hits));
        let webhooks = self
            .webhooks
            .iter()
            .map(|rule| (rule.id, rule.on.quota.hits));
        calls
            .chain(webhooks)
            .find_map(|(known, hits)| (known == id).then_some(hits))
            .unwrap_or(0)
    }

    fn clear(&mut self, id: FaultId) -> bool {
        let before = self.calls.len() + self.webhooks.len();
        self.calls.retain(|rule| rule.id != id);
        self.webhooks.retain(|rule| rule.id != id);
        self.calls.len() + self.webhooks.len() < before
    }

    fn clear_all(&mut self) {
        self.calls.clear();
        self.webhooks.clear();
    }
}

/// Faults, at the test's command. All of them are deterministic, and none waits for a clock,
/// except [`Fault::slow_body`] for as long as it is told to.
impl Sandbox {
    /// From now on `fault` hits the calls that `on` describes, until its number is used up or it
    /// is cleared.
    ///
    /// Only calls with the right key and within the rate limit are hit. If several faults are
    /// due, the one that was injected first hits the call, and it alone: two faults that hit
    /// once each are a script of two calls.
    ///
    /// A call that was hit stands in [`Sandbox::calls`] with the fault's id.
    ///
    /// ```
    /// use loop_client::sandbox::{Fault, NewReturn, On, Processing, Sandbox};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = Sandbox::builder().processing(Processing::Held).start().await?;
    /// let id = sandbox.create_return(NewReturn::new("#1001"));
    /// let process = On::path("POST", "/warehouse/return/{id}/process");
    /// let lost = sandbox.inject(Fault::lost_reply(), process.clone().times(1));
    /// sandbox.inject(Fault::status(503), process);
    ///
    /// let call = reqwest::Client::new()
    ///     .post(format!("{}/2026-10/warehouse/return/{id}/process", sandbox.base_url()))
    ///     .header("X-Authorization", sandbox.api_key());
    /// let again = call.try_clone().ok_or("it has no body")?;
    /// assert!(call.send().await.is_err(), "the connection is closed");
    /// assert_eq!(again.send().await?.status(), 503);
    ///
    /// // The first was accepted all the same, the second never reached the return.
    /// assert_eq!(sandbox.truth()[0].process_accepted, 1);
    /// assert_eq!(sandbox.calls()[0].fault, Some(lost));
    /// sandbox.clear_faults();
    /// # Ok(())
    /// # }
    /// ```
    pub fn inject(&self, fault: Fault, on: On) -> FaultId {
        self.core().with_faults(|faults| faults.inject(fault, on))
    }

    /// From now on `fault` hits the webhooks that `on` describes, until its number is used up or
    /// it is cleared. Webhooks that are queued already are not hit.
    ///
    /// A webhook for two subscriptions counts twice. Every fault that is due hits: one can be
    /// held and delivered twice.
    pub fn disturb_webhooks(&self, fault: WebhookFault, on: OnWebhook) -> FaultId {
        self.core().with_faults(|faults| faults.disturb(fault, on))
    }

    /// How many calls or webhooks the fault has hit; 0 once it is cleared.
    #[must_use]
    pub fn fault_hits(&self, id: FaultId) -> u32 {
        self.core().with_faults(|faults| faults.hits(id))
    }

    /// Ends one fault. False if there is none with this id. Webhooks that it holds stay held.
    pub fn clear_fault(&self, id: FaultId) -> bool {
        self.core().with_faults(|faults| faults.clear(id))
    }

    /// Ends all faults. Webhooks that are held stay held, and
    /// [`lose_webhooks_of`](Sandbox::lose_webhooks_of) goes on.
    pub fn clear_faults(&self) {
        self.core().with_faults(Faults::clear_all);
    }

    /// How many webhooks are held by [`WebhookFault::Hold`].
    #[must_use]
    pub fn held_webhooks(&self) -> usize {
        self.core().outbox.held()
    }

    /// Queues the webhooks that are held, behind those that are queued already, and says how
    /// many there were. The fault that held them goes on for those to come.
    pub fn release_webhooks(&self, order: ReleaseOrder) -> usize {
        self.core().outbox.release(order)
    }
}

#[cfg(test)]
mod tests;
