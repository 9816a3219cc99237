//! An [`Oms`] that tries again where that is safe.

use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, MerchantId,
    Oms, OmsError, OmsEvent, Rma, RmaKey, RmaNumber, RmaSnapshot,
};

/// Any [`Oms`], with calls repeated by the class of their failure.
///
/// | Failure | Reads, and [`create_rma`](Oms::create_rma) | Other writes |
/// | --- | --- | --- |
/// | transient | repeated | repeated |
/// | ambiguous | repeated: creating is idempotent by contract | **never** repeated |
/// | any other | given to the caller | given to the caller |
///
/// A creation that is repeated after an ambiguous failure may answer
/// [`AlreadyExists`](CreateOutcome::AlreadyExists) for an RMA that its first attempt created.
///
/// The pauses double, and are at least what the system asks for; when that is longer than the
/// longest pause, the failure goes to the caller at once. There is no clock in here: the caller
/// brings the function that waits. Many workers that meet the same outage should make it wait a
/// little more or less, each at random.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # fn example() {
/// use ams_oms_client::{MemoryOms, Retrying};
///
/// let oms = Retrying::new(MemoryOms::new(), tokio::time::sleep);
/// # }
/// ```
#[derive(Clone)]
pub struct Retrying<O> {
    oms: O,
    wait: Wait,
    attempts: NonZeroU32,
    first_pause: Duration,
    longest_pause: Duration,
}

type Wait = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl<O: Oms> Retrying<O> {
    /// At most 4 attempts in all, with pauses from half a second to 20 seconds.
    pub fn new<F, W>(oms: O, wait: F) -> Self
    where
        F: Fn(Duration) -> W + Send + Sync + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        Self {
            oms,
            wait: Arc::new(move |pause| Box::pin(wait(pause))),
            attempts: NonZeroU32::MIN.saturating_add(3),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(20),
        }
    }

    /// So many attempts in all; 1 means never again.
    #[must_use]
    pub fn attempts(mut self, attempts: NonZeroU32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The pause before the second attempt; each further one is twice as long, up to the longest.
    #[must_use]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest;
        self
    }

    async fn repeat<T, C>(&self, kind: Kind, call: impl Fn() -> C) -> Result<T, OmsError>
    where
        C: Future<Output = Result<T, OmsError>>,
    {
        let mut attempt = 1;
        loop {
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match self.pause(kind, &error, attempt) {
                Some(pause) => (self.wait)(pause).await,
                None => return Err(error),
            }
            attempt += 1;
        }
    }

    /// How long to wait after this attempt, the first being 1; `None` to give up.
    fn pause(&self, kind: Kind, error: &OmsError, attempt: u32) -> Option<Duration> {
        let again = match error {
            OmsError::Transient { .. } => true,
            OmsError::Ambiguous { .. } => kind == Kind::Harmless,
            _ => false,
        };
        if !again || attempt >= self.attempts.get() {
            return None;
        }
        let doubled = 2u32.saturating_pow(attempt.saturating_sub(1));
        let pause = self
            .first_pause
            .saturating_mul(doubled)
            .min(self.longest_pause);
        let asked = error.retry_after().unwrap_or_default();
        (asked <= self.longest_pause).then(|| pause.max(asked))
    }
}

/// What a call does when its first attempt had arrived after all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing more.
    Harmless,
    /// The contract wants the RMA read first.
    ReadFirst,
}

#[async_trait]
impl<O: Oms> Oms for Retrying<O> {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        self.repeat(Kind::Harmless, || self.oms.create_rma(rma))
            .await
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        self.repeat(Kind::Harmless, || self.oms.get_rma(key)).await
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        self.repeat(Kind::ReadFirst, || self.oms.amend_rma(rma))
            .await
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        self.repeat(Kind::ReadFirst, || self.oms.cancel_rma(key, reason))
            .await
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        self.repeat(Kind::Harmless, || self.oms.changes(merchant, cursor, limit))
            .await
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        self.repeat(Kind::Harmless, || {
            self.oms.list_open(merchant, after, limit)
        })
        .await
    }

    fn decode_event(&self, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        self.oms.decode_event(event)
    }

    fn capabilities(&self) -> Capabilities {
        self.oms.capabilities()
    }
}

impl<O: fmt::Debug> fmt::Debug for Retrying<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrying")
            .field("oms", &self.oms)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
