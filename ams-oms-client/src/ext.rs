//! What every user of an [`Oms`] would write, once.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use async_trait::async_trait;

use crate::{ChangeCursor, MerchantId, Oms, OmsError, RmaNumber, RmaVersion};

/// Conveniences on top of [`Oms`], for its users; implementers have nothing to do with it.
#[async_trait]
pub trait OmsExt: Oms {
    /// All open RMAs of a merchant, page after page of [`list_open`](Oms::list_open).
    ///
    /// # Errors
    /// As `list_open`, and [`Malformed`](OmsError::Malformed) when its pages do not ascend.
    ///
    /// ```
    /// # #[cfg(feature = "memory")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use ams_oms_client::{MemoryOms, MerchantId, OmsExt};
    ///
    /// let open = MemoryOms::new().all_open(&MerchantId::new("acme")?).await?;
    /// assert!(open.is_empty());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "memory"))]
    /// # fn main() {}
    /// ```
    async fn all_open(&self, merchant: &MerchantId) -> Result<Vec<RmaNumber>, OmsError> {
        let mut open = Vec::new();
        loop {
            let after = open.last().copied();
            let page = self.list_open(merchant, after, PAGE).await?;
            if page.is_empty() {
                return Ok(open);
            }
            for number in page {
                if open.last().is_some_and(|last| *last >= number) {
                    return Err(OmsError::malformed("open RMAs are not in ascending order"));
                }
                open.push(number);
            }
        }
    }

    /// Follows the feed from `cursor` to its present end: every RMA that changed with the last
    /// version told, and where to go on. Store the new cursor only after the changes have been
    /// dealt with durably.
    ///
    /// # Errors
    /// As [`changes`](Oms::changes), and [`Malformed`](OmsError::Malformed) when a page with more
    /// to come does not move the cursor.
    async fn all_changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
    ) -> Result<(BTreeMap<RmaNumber, RmaVersion>, ChangeCursor), OmsError> {
        let mut changed = BTreeMap::new();
        let mut cursor = cursor.cloned();
        loop {
            let page = self.changes(merchant, cursor.as_ref(), PAGE).await?;
            changed.extend(
                page.changes
                    .into_iter()
                    .map(|change| (change.rma_number, change.version)),
            );
            if !page.more {
                return Ok((changed, page.next));
            }
            if cursor.as_ref() == Some(&page.next) {
                return Err(OmsError::malformed("the change feed does not move on"));
            }
            cursor = Some(page.next);
        }
    }
}

impl<T: Oms + ?Sized> OmsExt for T {}

/// Large enough to be few calls, small enough for any system.
const PAGE: NonZeroU32 = match NonZeroU32::new(200) {
    Some(rows) => rows,
    None => NonZeroU32::MIN,
};
