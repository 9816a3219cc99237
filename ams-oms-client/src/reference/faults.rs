//! What can be made to go wrong with the in-memory OMS.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::OmsError;

/// One of the calls of [`Oms`](crate::Oms) that can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OmsCall {
    /// [`create_rma`](crate::Oms::create_rma)
    CreateRma,
    /// [`get_rma`](crate::Oms::get_rma)
    GetRma,
    /// [`amend_rma`](crate::Oms::amend_rma)
    AmendRma,
    /// [`cancel_rma`](crate::Oms::cancel_rma)
    CancelRma,
    /// [`changes`](crate::Oms::changes)
    Changes,
    /// [`list_open`](crate::Oms::list_open)
    ListOpen,
}

/// Something that goes wrong in a call of a [`MemoryOms`](crate::MemoryOms), or that is merely
/// unpleasant: see [`inject`](crate::MemoryOms::inject).
///
/// Slow calls, repeated and reordered changes and empty pages are within the contract, and
/// whoever uses an OMS has to live with them. The others are what happens to the best of systems.
#[derive(Clone, Debug)]
pub struct Fault(Kind);

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Transient(Option<Duration>),
    AmbiguousUndone,
    AmbiguousDone,
    Auth,
    CursorLost,
    StaleRead,
    RepeatedChanges,
    ReorderedChanges,
    EmptyPage,
    Slow(Hook),
}

impl Fault {
    /// [`Transient`](OmsError::Transient), and nothing was done.
    #[must_use]
    pub fn transient() -> Self {
        Self(Kind::Transient(None))
    }

    /// [`Transient`](OmsError::Transient) with the delay that the system asks for.
    #[must_use]
    pub fn transient_after(retry_after: Duration) -> Self {
        Self(Kind::Transient(Some(retry_after)))
    }

    /// [`Ambiguous`](OmsError::Ambiguous): the request was lost and nothing was done.
    #[must_use]
    pub fn ambiguous_undone() -> Self {
        Self(Kind::AmbiguousUndone)
    }

    /// [`Ambiguous`](OmsError::Ambiguous): it was done and the answer was lost.
    #[must_use]
    pub fn ambiguous_done() -> Self {
        Self(Kind::AmbiguousDone)
    }

    /// [`Auth`](OmsError::Auth), and nothing was done.
    #[must_use]
    pub fn auth() -> Self {
        Self(Kind::Auth)
    }

    /// [`CursorLost`](OmsError::CursorLost), for `changes` that are asked for with a cursor.
    #[must_use]
    pub fn cursor_lost() -> Self {
        Self(Kind::CursorLost)
    }

    /// `get_rma` tells what was true before the RMA's last change: `None` if that was its
    /// creation.
    #[must_use]
    pub fn stale_read() -> Self {
        Self(Kind::StaleRead)
    }

    /// A page of `changes` begins with the last change before it, as far as the limit leaves
    /// room for another one.
    #[must_use]
    pub fn repeated_changes() -> Self {
        Self(Kind::RepeatedChanges)
    }

    /// A page of `changes` comes in reverse order.
    #[must_use]
    pub fn reordered_changes() -> Self {
        Self(Kind::ReorderedChanges)
    }

    /// A page of `changes` is empty and says that there is more. The page after it never is.
    #[must_use]
    pub fn empty_page() -> Self {
        Self(Kind::EmptyPage)
    }

    /// The call waits for a future that is made anew each time, and is then answered as usual.
    /// No clock is involved unless you bring one.
    #[must_use]
    pub fn slow<F, W>(wait: F) -> Self
    where
        F: Fn() -> W + Send + Sync + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        Self(Kind::Slow(Hook(Arc::new(move || Box::pin(wait())))))
    }
}

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Clone)]
pub(super) struct Hook(Arc<dyn Fn() -> Wait + Send + Sync>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// The faults that wait for their calls.
#[derive(Default)]
pub(super) struct Faults(Mutex<BTreeMap<OmsCall, Plan>>);

#[derive(Default)]
struct Plan {
    next: VecDeque<(u32, Kind)>,
    always: Option<Kind>,
}

impl Faults {
    fn plans(&self) -> MutexGuard<'_, BTreeMap<OmsCall, Plan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, call: OmsCall, times: u32, fault: Fault) {
        if times > 0 {
            let mut plans = self.plans();
            plans
                .entry(call)
                .or_default()
                .next
                .push_back((times, fault.0));
        }
    }

    pub(super) fn always(&self, call: OmsCall, fault: Fault) {
        self.plans().entry(call).or_default().always = Some(fault.0);
    }

    pub(super) fn clear(&self) {
        self.plans().clear();
    }

    pub(super) fn left(&self) -> u64 {
        let plans = self.plans();
        let waiting = plans.values().flat_map(|plan| &plan.next);
        waiting.map(|(times, _)| u64::from(*times)).sum()
    }

    fn take(&self, call: OmsCall) -> Option<Kind> {
        let mut plans = self.plans();
        let plan = plans.get_mut(&call)?;
        let Some((times, fault)) = plan.next.front_mut() else {
            return plan.always.clone();
        };
        *times = times.saturating_sub(1);
        let (left, fault) = (*times, fault.clone());
        if left == 0 {
            plan.next.pop_front();
        }
        Some(fault)
    }

    /// Does what the call does, with the fault that waits for it. What only this call can get
    /// wrong is handed on to the effect.
    pub(super) async fn meet<R>(
        &self,
        call: OmsCall,
        effect: impl FnOnce(Option<Kind>) -> Result<R, OmsError> + Send,
    ) -> Result<R, OmsError> {
        match self.take(call) {
            Some(Kind::Transient(None)) => Err(OmsError::transient("injected")),
            Some(Kind::Transient(Some(delay))) => Err(OmsError::transient_after("injected", delay)),
            Some(Kind::AmbiguousUndone) => Err(OmsError::ambiguous("injected")),
            Some(Kind::AmbiguousDone) => {
                // A refusal is lost like any other answer.
                drop(effect(None));
                Err(OmsError::ambiguous("injected"))
            }
            Some(Kind::Auth) => Err(OmsError::auth("injected")),
            Some(Kind::Slow(hook)) => {
                (hook.0)().await;
                effect(None)
            }
            other => effect(other),
        }
    }
}
