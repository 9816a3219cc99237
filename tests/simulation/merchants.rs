//! Several merchants on one ledger (I9). One has its key refused for days, data that nobody can
//! read and a flood of returns; each step of the others has to be the one it would have taken
//! alone.

use ams_loop_bridge::ledger::{CursorName, Entry, Ledger as _, LedgerError, MemoryLedger, Stored};
use ams_oms_client::MerchantId;
use futures_util::FutureExt as _;

use super::outage::Side;
use super::planted::Plant;
use super::run::{Report, Setting, drawn, report};
use super::search::{first, number};
use super::sim::{DAY, Sim};
use super::world::World;

const MERCHANTS: [&str; 3] = ["acme", "bolt", "cove"];

impl Sim {
    fn owner(&self, merchant: &MerchantId) -> MerchantId {
        if self.has(Plant::MerchantsShareRows) {
            MerchantId::new("acme").expect("a name")
        } else {
            merchant.clone()
        }
    }

    /// What the common ledger shows of this merchant must be its own.
    pub(crate) fn shows<T: PartialEq>(&mut self, shown: Option<Result<T, LedgerError>>, own: &T) {
        let shown = shown.expect("it answers at once").expect("it is there");
        if shown != *own {
            self.audit
                .accuse(0, "I9: a merchant is shown what is another's");
        }
    }

    pub(crate) fn share_entry(&mut self, next: &Entry) {
        let Some(common) = self.book.common.clone() else {
            return;
        };
        let mut entry = next.clone();
        entry.revision -= 1;
        entry.key.merchant = self.owner(&entry.key.merchant);
        let stored = common.store(&entry).now_or_never().expect("at once");
        if !matches!(stored, Ok(Stored::Yes)) {
            let id = next.key.rma_number.get();
            self.audit
                .accuse(id, "I9: another merchant's row is in the way");
        }
    }

    pub(crate) fn share_cursor(&mut self, merchant: &MerchantId, name: CursorName, value: &str) {
        let owner = self.owner(merchant);
        if let Some(common) = self.book.common.clone() {
            let stored = common.store_cursor(&owner, name, value).now_or_never();
            stored.expect("at once").expect("it is stored");
        }
    }
}

/// The world of the merchant in that place.
fn world(seed: u64, place: usize, common: Option<&MemoryLedger>, plant: Option<Plant>) -> World {
    let setting = Setting {
        plant,
        // The second is the one with all the trouble.
        returns: (place == 1).then_some(40),
        ..Setting::default()
    };
    let seed = seed * 10 + u64::try_from(place).unwrap();
    drawn(seed, setting, |sim| {
        sim.merchant = MERCHANTS[place];
        sim.faults.restored = 0;
        sim.book.common = common.cloned();
        if place == 1 {
            sim.outages.set(Side::LoopKey, DAY);
            sim.shop.poisoned.extend(1..=20);
        }
    })
}

fn together(seed: u64, plant: Option<Plant>) -> Vec<Report> {
    let common = MemoryLedger::new();
    let worlds = (0..MERCHANTS.len()).map(|place| world(seed, place, Some(&common), plant));
    let mut worlds: Vec<World> = worlds.collect();
    // The clock is the same for all: whoever has the earliest event goes on.
    while let Some(next) = worlds
        .iter_mut()
        .filter_map(|world| Some((world.next_at()?, world)))
        .min_by_key(|(at, _)| *at)
    {
        next.1.step_of_life();
    }
    worlds.iter().map(report).collect()
}

#[test]
fn merchants_on_one_ledger_do_not_know_of_each_other() {
    let seeds = number("SIM_MERCHANTS").unwrap_or(10);
    for seed in first()..first() + seeds {
        for (place, report) in together(seed, None).into_iter().enumerate() {
            let mut alone = world(seed, place, None, None);
            while alone.next_at().is_some() {
                alone.step_of_life();
            }
            let name = MERCHANTS[place];
            assert_eq!(report.violation, None, "seed {seed}, {name}");
            let alone = super::run::report(&alone);
            assert_eq!(report.hash, alone.hash, "I9: seed {seed}, {name}");
        }
    }
}

#[test]
fn rows_that_merchants_share_are_found() {
    let found = (0..5).any(|seed| {
        let mut reports = together(seed, Some(Plant::MerchantsShareRows)).into_iter();
        reports.any(|report| report.violation.is_some_and(|what| what.contains("I9")))
    });
    assert!(found);
}
