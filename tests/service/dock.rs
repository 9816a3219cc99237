//! The people at the dock, and what they see of the RMAs.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use ams_loop_bridge::ledger::RmaRecord;
use ams_oms_client::{MerchantId, Oms as _, RmaKey, RmaNumber, SqliteOms, Warehouse as _};
use futures_util::StreamExt as _;

use crate::merchant::Merchant;
use crate::oms_side::Goods;
use crate::patience::{hold, until};
use crate::town::Town;

impl Town {
    /// The goods of these returns arrive, once their RMAs are there and that is written down. In
    /// truth days lie between; goods that come in the same moment leave the bridge in doubt whether
    /// it has forgotten something, and a person has to look.
    pub(crate) async fn receive(&self, merchant: &str, ids: &[u64]) {
        const AT_ONCE: usize = 8;
        let mut all = self.merchants.iter();
        let merchant = all.find(|it| it.name() == merchant).unwrap();
        until("RMAs to be made", async || {
            let rmas = self.rmas(merchant).await;
            let missing: Vec<_> = ids.iter().filter(|id| !rmas.contains(id)).collect();
            hold(missing.is_empty(), || format!("{missing:?}"))
        })
        .await;
        until("RMAs to be written down", async || {
            let entries = self.entries(merchant.name()).await;
            let entries = entries.map_err(|error| error.to_string())?;
            let is_known = |id| entries.get(id).is_some_and(|it| it.rma == RmaRecord::Made);
            let missing: Vec<_> = ids.iter().filter(|id| !is_known(id)).collect();
            hold(missing.is_empty(), || format!("{missing:?}"))
        })
        .await;
        let (name, book) = (merchant.name(), &merchant.book);
        if merchant.traits.has_own_oms {
            let oms = self.own_oms(name).await;
            for id in ids {
                unpack(&oms, name, *id, book[id]).await;
            }
        } else {
            let work = ids.iter().map(|id| self.oms.receive(name, *id, book[id]));
            let work = futures_util::stream::iter(work).buffer_unordered(AT_ONCE);
            work.collect::<()>().await;
        }
    }

    /// The numbers of all RMAs of a merchant.
    pub(crate) async fn rmas(&self, merchant: &Merchant) -> BTreeSet<u64> {
        if !merchant.traits.has_own_oms {
            return self.oms.rmas(merchant.name()).await;
        }
        let all = NonZeroU32::new(1000).unwrap();
        let oms = self.own_oms(merchant.name()).await;
        let name = merchant.name().parse().unwrap();
        let page = oms.changes(&name, None, all).await.unwrap();
        assert!(!page.more);
        page.changes.iter().map(|it| it.rma_number.get()).collect()
    }

    async fn own_oms(&self, merchant: &str) -> SqliteOms {
        let file = self.state.join(format!("{merchant}.oms.sqlite"));
        SqliteOms::open(file).await.unwrap()
    }
}

/// At the dock of a merchant whose OMS is a file.
async fn unpack(oms: &SqliteOms, merchant: &str, id: u64, goods: Goods) {
    let merchant: MerchantId = merchant.parse().unwrap();
    let key = RmaKey::new(merchant, RmaNumber::new(id).unwrap());
    for work in goods.work(id) {
        let work = serde_json::from_value(work).unwrap();
        oms.apply(&key, work).await.unwrap();
    }
}
