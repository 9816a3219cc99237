//! The one place where the pure parts meet the clock, the lock and the background work.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde_json::{Map, Value};

use super::builder::{Clock, Processing};
use super::faults::Faults;
use super::limit::{Allowance, Limiter};
use super::moment::Moment;
use super::outbox::{Dispatch, Outbox, Outstanding};
use super::refused::Refused;
use super::scopes::Scopes;
use super::shop::Shop;
use super::subscriptions::{SharedSubscriptions, Subscriptions};
use super::truth::RecordedCall;
use super::world::{Refusal, World};
use super::{php, render};
use crate::webhook::sign;

/// What the handles and the HTTP routes share.
pub(super) struct Core {
    pub(super) api_key: String,
    pub(super) webhook_secret: String,
    /// `http://host:port/api`: what Loop writes into page links.
    pub(super) base_url: String,
    pub(super) outbox: Outbox,
    pub(super) scopes: Scopes,
    clock: Clock,
    processing: Processing,
    subscriptions: SharedSubscriptions,
    inner: Mutex<Inner>,
}

/// What changes.
struct Inner {
    world: World,
    shop: Shop,
    faults: Faults,
    limiter: Limiter,
    calls: Vec<RecordedCall>,
    lost: BTreeSet<u64>,
}

/// What a core is made of.
pub(super) struct Parts {
    pub(super) api_key: String,
    pub(super) webhook_secret: String,
    pub(super) base_url: String,
    pub(super) outbox: Outbox,
    pub(super) clock: Clock,
    pub(super) processing: Processing,
    pub(super) scopes: Scopes,
    pub(super) world: World,
    pub(super) subscriptions: SharedSubscriptions,
    pub(super) rate_limit_per_minute: u32,
}

impl Core {
    pub(super) fn new(parts: Parts) -> Core {
        Core {
            api_key: parts.api_key,
            webhook_secret: parts.webhook_secret,
            base_url: parts.base_url,
            outbox: parts.outbox,
            scopes: parts.scopes,
            clock: parts.clock,
            processing: parts.processing,
            subscriptions: parts.subscriptions,
            inner: Mutex::new(Inner {
                world: parts.world,
                shop: Shop::new(),
                faults: Faults::default(),
                limiter: Limiter::per_minute(parts.rate_limit_per_minute),
                calls: Vec::new(),
                lost: BTreeSet::new(),
            }),
        }
    }

    /// Lets the state machine do one thing, and queues the webhooks that follow from it.
    pub(super) fn act<T>(&self, action: impl FnOnce(&mut World, Moment) -> T) -> T {
        let now = self.now();
        let mut inner = self.lock();
        let result = action(&mut inner.world, now);
        self.tell_subscribers(&mut inner);
        result
    }

    /// As [`act`](Core::act), for what concerns more of the shop than its returns.
    pub(super) fn act_on_shop<T>(
        &self,
        action: impl FnOnce(&mut World, &mut Shop, Moment) -> T,
    ) -> T {
        let now = self.now();
        let mut inner = self.lock();
        let Inner { world, shop, .. } = &mut *inner;
        let result = action(world, shop, now);
        self.tell_subscribers(&mut inner);
        result
    }

    /// Reads without changing anything.
    pub(super) fn read<T>(&self, reader: impl FnOnce(&World, Moment) -> T) -> T {
        let now = self.now();
        reader(&self.lock().world, now)
    }

    pub(super) fn with_subscriptions<T>(&self, action: impl FnOnce(&mut Subscriptions) -> T) -> T {
        self.subscriptions.with(action)
    }

    pub(super) fn with_faults<T>(&self, action: impl FnOnce(&mut Faults) -> T) -> T {
        action(&mut self.lock().faults)
    }

    /// Accepts or refuses a process request; how an accepted one goes on is set when the sandbox
    /// is built.
    pub(super) fn process(
        self: &Arc<Self>,
        id: u64,
        details: Map<String, Value>,
    ) -> Result<(), Refusal> {
        let job = self.act(|world, _| world.process(id, details))?;
        if let Some(job) = job {
            self.schedule(job);
        }
        Ok(())
    }

    /// Takes lines out of a return and then has it processed, as an accepted process request is.
    pub(super) fn remove_lines(
        self: &Arc<Self>,
        id: Option<u64>,
        line_item_ids: &str,
    ) -> Result<(), Refused> {
        let job = self.act(|world, now| world.remove_lines(id, line_item_ids, now))?;
        if let Some(job) = job {
            self.schedule(job);
        }
        Ok(())
    }

    fn schedule(self: &Arc<Self>, job: u64) {
        let (delay, outstanding) = match self.processing {
            Processing::Immediate => (Duration::ZERO, Some(self.outbox.expect())),
            Processing::After(delay) => (delay, None),
            Processing::Held => return,
        };
        tokio::spawn(carry_out_later(
            Arc::downgrade(self),
            job,
            delay,
            outstanding,
        ));
    }

    pub(super) fn admit(&self) -> Allowance {
        let now = (self.clock)();
        self.lock().limiter.admit(now)
    }

    pub(super) fn record(&self, call: RecordedCall) {
        self.lock().calls.push(call);
    }

    pub(super) fn calls(&self) -> Vec<RecordedCall> {
        self.lock().calls.clone()
    }

    pub(super) fn lose_webhooks_of(&self, id: u64) {
        self.lock().lost.insert(id);
    }

    fn now(&self) -> Moment {
        Moment::from_millis((self.clock)())
    }

    /// Bodies are made at the moment of the event: a webhook tells what was, not what is when it
    /// arrives.
    fn tell_subscribers(&self, inner: &mut Inner) {
        for event in inner.world.take_events() {
            let body = |topic: &str| render::webhook(topic, &event);
            self.tell(inner, event.trigger.as_str(), event.snapshot.id, body);
        }
        for notice in inner.shop.take_notices() {
            let body = |topic: &str| notice.body(topic);
            self.tell(inner, notice.trigger, notice.return_id, body);
        }
    }

    /// One event to every subscription that listens; `body_of` makes the body of a topic.
    fn tell(
        &self,
        inner: &mut Inner,
        trigger: &'static str,
        return_id: u64,
        body_of: impl Fn(&str) -> Option<Value>,
    ) {
        let listening = self
            .subscriptions
            .with(|all| all.listening(trigger).cloned().collect::<Vec<_>>());
        for subscription in listening {
            let Some(mut body) = body_of(&subscription.topic) else {
                continue;
            };
            let fate = inner.faults.of_webhook(return_id, trigger);
            fate.rewrite(&mut body);
            let body = php::encode(&body);
            let signature = sign(self.webhook_secret.as_bytes(), &body);
            let dispatch = Dispatch {
                return_id,
                subscription_id: subscription.id,
                topic: subscription.topic,
                trigger,
                url: subscription.url,
                body,
                signature,
                lost: fate.dropped || inner.lost.contains(&return_id),
                was_held: fate.held,
            };
            self.outbox.accept(&dispatch, fate.copies.max(1));
        }
    }

    /// A panic while the lock was held would be a fault of the sandbox; the state is plain data,
    /// so going on shows more than a second panic.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Weak, so that waiting work does not keep a sandbox alive that nobody holds any more.
async fn carry_out_later(
    core: Weak<Core>,
    job: u64,
    delay: Duration,
    outstanding: Option<Outstanding>,
) {
    if delay.is_zero() {
        // The answer `true` goes first.
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(delay).await;
    }
    if let Some(core) = core.upgrade() {
        core.act(|world, now| world.carry_out(job, now));
    }
    drop(outstanding);
}
