//! How a scenario ends: all is settled, perhaps some hours later, and the books are audited.

use std::collections::{BTreeMap, BTreeSet};

use ams_loop_bridge::ledger::Outcome;

use crate::audit::{self, Books, Mercy};
use crate::later;
use crate::log;
use crate::merchant::Merchant;
use crate::oms_side::Goods;
use crate::patience::{hold, until};
use crate::town::Town;

impl Town {
    /// Waits until all returns of these merchants have RMAs, and of those whose goods are there no
    /// more than so many are neither refunded nor with a person.
    pub(crate) async fn settled_but(&self, merchants: &[&str], leftover: usize) {
        let all = self.merchants.iter();
        for merchant in all.filter(|it| merchants.contains(&it.name())) {
            let what = format!("{} to be settled", merchant.name());
            until(&what, async || {
                let rmas = self.rmas(merchant).await;
                let without = merchant.book.keys().filter(|id| !rmas.contains(id)).count();
                let open = self.open(merchant).await;
                let is_done = without <= leftover && open.len() <= leftover;
                hold(is_done, || {
                    format!("{without} without an RMA, open {open:?}")
                })
            })
            .await;
        }
    }

    /// All of everybody.
    pub(crate) async fn settled(&self) {
        let names: Vec<_> = self.merchants.iter().map(Merchant::name).collect();
        self.settled_but(&names, 0).await;
    }

    /// Returns whose goods are there, and that are neither refunded nor with a person.
    async fn open(&self, merchant: &Merchant) -> BTreeMap<u64, Goods> {
        let truth = merchant.loop_side.truth().await;
        let received = merchant
            .book
            .iter()
            .filter(|(_, goods)| **goods != Goods::OnTheWay);
        let open = received.filter(|(id, _)| !truth[id].is_over());
        let mut open: BTreeMap<u64, Goods> = open.map(|(id, goods)| (*id, *goods)).collect();
        if !open.is_empty() && self.services.is_empty() {
            let escalated = self.escalated(merchant).await;
            open.retain(|id, _| !escalated.contains(id));
        }
        open
    }

    /// Returns that a person finds on the page only, because Loop could not be told.
    async fn escalated(&self, merchant: &Merchant) -> BTreeSet<u64> {
        let entries = self.entries(merchant.name()).await.unwrap().into_iter();
        let outcome = entries.map(|(id, entry)| (id, entry.settlement.map(|it| it.outcome)));
        let escalated = outcome.filter(|(_, outcome)| *outcome == Some(Outcome::Escalated));
        escalated.map(|(id, _)| id).collect()
    }

    /// As it would be some hours after the services have ended, when nobody is held up by the dead
    /// any more.
    pub(crate) async fn hours_later(&mut self) {
        for merchant in &self.merchants {
            let open = self.open(merchant).await;
            self.left
                .extend(open.keys().map(|id| (merchant.name(), *id)));
            let ledger = self.open_ledger(merchant.name()).await.unwrap();
            later::hours_later(ledger, merchant, &self.oms).await;
            let entries = self.entries(merchant.name()).await.unwrap();
            let open = self.open(merchant).await;
            let entries = open.keys().map(|id| format!("{id}: {:?}", entries.get(id)));
            self.hanging.extend(entries);
        }
    }

    /// The end: everybody goes home, and the books must be in order.
    pub(crate) async fn audit(mut self, mercy: Mercy) {
        self.look_around().await;
        self.stop_services().await;
        let mut faults = Vec::new();
        let mut lines = Vec::new();
        for printed in &self.printed {
            match log::read(&printed.log) {
                Ok(read) => lines.extend(read),
                Err(fault) => faults.push(fault),
            }
        }
        for merchant in &self.merchants {
            let name = merchant.name();
            let books = Books {
                name,
                book: &merchant.book,
                truth: &merchant.loop_side.truth().await,
                rmas: &self.rmas(merchant).await,
                escalated: &self.escalated(merchant).await,
            };
            faults.extend(audit::judge(&books, mercy));
            let left = |id| self.left.contains(&(name, id));
            faults.extend(audit::untold(&books, &lines, left));
        }
        let printed = self.printed.iter();
        let shown = printed.flat_map(|it| it.out.iter().chain(&it.log));
        faults.extend(audit::betrayed(shown.chain(&self.served)));
        let number = faults.len();
        assert!(faults.is_empty(), "{number} faults:\n{}", faults.join("\n"));
    }

    /// How many returns ended how, for people to read.
    pub(crate) async fn summary(&self) -> String {
        let mut endings = BTreeMap::<&str, usize>::new();
        for merchant in &self.merchants {
            for truth in merchant.loop_side.truth().await.values() {
                let ending = match truth {
                    it if it.refunds > 0 => "refunded",
                    it if it.flagged => "flagged",
                    _ => "open in Loop",
                };
                *endings.entry(ending).or_default() += 1;
            }
        }
        format!("{endings:?}")
    }
}
