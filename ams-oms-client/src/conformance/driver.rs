//! What the suite needs of the warehouse behind the system under test.

use async_trait::async_trait;

use crate::{ItemRef, MerchantId, OmsError, ReceiptId, RmaKey, RmaSnapshot, Warehouse};

/// The warehouse of the system under test, with two hooks for what only some systems need.
///
/// The hooks have defaults, so for most systems the implementation is empty.
#[async_trait]
pub trait WarehouseDriver: Warehouse {
    /// Called before the merchant is first used, and before items with these SKUs are: registers
    /// what the system insists on knowing. Has to be idempotent. Does nothing by default.
    ///
    /// # Errors
    /// Any; the rule then fails, or is skipped when the class is
    /// [`Unsupported`](OmsError::Unsupported).
    async fn prepare(&self, _merchant: &MerchantId, _skus: &[&str]) -> Result<(), OmsError> {
        Ok(())
    }

    /// Receives one unit in a condition that is written in the system's own words, here one that
    /// it does not know. `Unsupported` by default.
    ///
    /// Worth implementing wherever conditions are free text or a list that can grow: the rule
    /// behind it shows that a new word never makes units available.
    ///
    /// # Errors
    /// As [`apply`](Warehouse::apply).
    async fn receive_in_words(
        &self,
        _key: &RmaKey,
        _receipt_id: &ReceiptId,
        _item: &ItemRef,
        _condition: &str,
    ) -> Result<RmaSnapshot, OmsError> {
        Err(OmsError::unsupported("receive_in_words"))
    }
}

/// The reference systems take conditions as values, so the words are read as a connector for a
/// system with words would read them.
#[cfg(any(feature = "memory", feature = "sqlite", feature = "http"))]
macro_rules! reference_driver {
    ($oms:ty) => {
        #[async_trait]
        impl WarehouseDriver for $oms {
            async fn receive_in_words(
                &self,
                key: &RmaKey,
                receipt_id: &ReceiptId,
                item: &ItemRef,
                condition: &str,
            ) -> Result<RmaSnapshot, OmsError> {
                let condition = crate::Condition::from_text(condition);
                let unit =
                    crate::ReceivedUnits::new(item.clone(), condition, std::num::NonZeroU32::MIN);
                let work = crate::WarehouseWork::Receive {
                    receipt_id: receipt_id.clone(),
                    units: vec![unit],
                };
                self.apply(key, work).await
            }
        }
    };
}

#[cfg(feature = "memory")]
reference_driver!(crate::MemoryOms);
#[cfg(feature = "sqlite")]
reference_driver!(crate::SqliteOms);

#[cfg(feature = "http")]
reference_driver!(crate::HttpOms);
