//! The contract.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Capabilities, ChangeCursor, ChangePage, EventHint, MerchantId, OmsError, OmsEvent, Rma, RmaKey,
    RmaNumber, RmaSnapshot,
};

/// An order management system, seen by one who announces returns and reads their receipt.
///
/// Object-safe: use it as `Arc<dyn Oms>`. `Arc` and `Box` of an implementation implement it too.
/// An implementation has no opinion on retries; it tells the class of each failure (see
/// [`OmsError`]) and the caller decides. No method has a default, so a wrapper that forgets one
/// does not compile.
///
/// A future may be dropped before it is ready, as time-outs do. The operation then counts as
/// ambiguous: it may or may not take effect.
#[async_trait]
pub trait Oms: Send + Sync + fmt::Debug {
    /// Creates the RMA unless it exists; **idempotent on (merchant, RMA number)**.
    ///
    /// Money depends on it: [`Created`](CreateOutcome::Created) means that there was no such RMA, so
    /// that no goods can have come for it and nothing was ever sent to the shop about it. Keep
    /// RMAs under the whole [`RmaKey`], and give back the key that is stored.
    ///
    /// May be repeated after a crash at any point, and be called by several workers at once: one
    /// of them gets [`Created`](CreateOutcome::Created), the others
    /// [`AlreadyExists`](CreateOutcome::AlreadyExists). An existing RMA of the
    /// [same goods](Rma::same_goods) is a success in whatever state it is, cancelled included.
    ///
    /// # Errors
    /// [`Conflict`](OmsError::Conflict) with the stored snapshot when the existing RMA expects
    /// other goods; nothing was changed then. Otherwise any class but `NotFound` and `TooLate`.
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError>;

    /// Reads what is known now. `None` when the RMA never existed or was purged.
    ///
    /// # Errors
    /// Only `Transient`, `Auth` and `Malformed` make sense here.
    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError>;

    /// Replaces the expected lines, and the information for people, of an RMA of which nothing
    /// has arrived yet.
    ///
    /// Idempotent: when the RMA already expects these goods, that is a success even after
    /// arrival, and nothing changes.
    ///
    /// # Errors
    /// [`NotFound`](OmsError::NotFound); [`TooLate`](OmsError::TooLate) once anything arrived or
    /// when it was cancelled; [`Unsupported`](OmsError::Unsupported) when the system cannot.
    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError>;

    /// Cancels an RMA of which nothing has arrived yet. Idempotent.
    ///
    /// `reason` is for people.
    ///
    /// # Errors
    /// [`NotFound`](OmsError::NotFound); [`TooLate`](OmsError::TooLate) once anything arrived;
    /// [`Unsupported`](OmsError::Unsupported) when the system cannot.
    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError>;

    /// One page of the merchant's RMAs that changed since the cursor; from the very beginning
    /// when there is none.
    ///
    /// A feed that is always empty means that receipts are never noticed: an OMS without a feed
    /// answers `Unsupported`, and every open RMA is read instead. While `more` is set, `next`
    /// differs from the cursor asked with.
    ///
    /// *At least once*: whoever follows `next` from page to page, for ever, sees every RMA after
    /// its last change. Changes may be repeated, in any order, and a page may be empty. Creation
    /// and cancellation are changes. `limit` is the largest page the caller wants; a smaller one
    /// is legal.
    ///
    /// # Errors
    /// [`CursorLost`](OmsError::CursorLost) when the cursor is not of this OMS and merchant, or
    /// too old: read from the start, or fall back to [`list_open`](Oms::list_open).
    /// [`Unsupported`](OmsError::Unsupported) when there is no feed.
    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError>;

    /// The merchant's RMAs that are neither completed nor cancelled, by ascending number, above
    /// `after`. For reconciliation.
    ///
    /// At most `limit` of them. The end is reached when the answer is empty; go on with its last
    /// number as `after` otherwise.
    ///
    /// # Errors
    /// [`Unsupported`](OmsError::Unsupported) when the system cannot list.
    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError>;

    /// Reads a notice that this OMS sent of its own accord: which RMAs to look at again.
    ///
    /// It checks whatever proves that the notice is genuine, and asks nobody: it only decodes.
    /// What it returns is a hint, never a fact; a notice about nothing of ours is an empty list.
    ///
    /// # Errors
    /// [`Auth`](OmsError::Auth) when the notice is not genuine, [`Malformed`](OmsError::Malformed)
    /// when it cannot be read, [`Unsupported`](OmsError::Unsupported) when this OMS sends none.
    fn decode_event(&self, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError>;

    /// What this OMS can do. Does not change during the life of the value, and costs nothing.
    fn capabilities(&self) -> Capabilities;
}

/// What became of a request to create an RMA. Both are successes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreateOutcome {
    /// It did not exist and does now.
    Created(RmaSnapshot),
    /// It existed and expects the same goods. It may have come far in the meantime.
    AlreadyExists(RmaSnapshot),
}

impl CreateOutcome {
    /// The RMA as it is stored now.
    #[must_use]
    pub fn snapshot(&self) -> &RmaSnapshot {
        match self {
            Self::Created(snapshot) | Self::AlreadyExists(snapshot) => snapshot,
        }
    }
}

/// What became of a request to cancel an RMA. Both are successes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It was open and is cancelled now.
    Cancelled,
    /// It was cancelled before.
    AlreadyCancelled,
}

macro_rules! forward_oms {
    ($($pointer:ty),*) => {$(
        #[async_trait]
        impl<T: Oms + ?Sized> Oms for $pointer {
            async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
                (**self).create_rma(rma).await
            }

            async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
                (**self).get_rma(key).await
            }

            async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
                (**self).amend_rma(rma).await
            }

            async fn cancel_rma(
                &self,
                key: &RmaKey,
                reason: &str,
            ) -> Result<CancelOutcome, OmsError> {
                (**self).cancel_rma(key, reason).await
            }

            async fn changes(
                &self,
                merchant: &MerchantId,
                cursor: Option<&ChangeCursor>,
                limit: NonZeroU32,
            ) -> Result<ChangePage, OmsError> {
                (**self).changes(merchant, cursor, limit).await
            }

            async fn list_open(
                &self,
                merchant: &MerchantId,
                after: Option<RmaNumber>,
                limit: NonZeroU32,
            ) -> Result<Vec<RmaNumber>, OmsError> {
                (**self).list_open(merchant, after, limit).await
            }

            fn decode_event(&self, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
                (**self).decode_event(event)
            }

            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }
        }
    )*};
}

forward_oms!(Arc<T>, Box<T>);
