//! What any OMS has to do, whatever it is made of. Every rule uses a merchant of its own.

mod announcing;
mod feed;
mod receiving;

use ams_oms_client::{Oms, RmaKey, RmaSnapshot, UnitCounts, Warehouse, WarehouseWork};

pub(crate) async fn run(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    announcing::run(oms, warehouse).await;
    receiving::run(oms, warehouse).await;
    feed::run(oms, warehouse).await;
}

/// Does the work, which has to succeed, and checks that reading tells the same as the answer.
async fn work(
    oms: &dyn Oms,
    warehouse: &dyn Warehouse,
    key: &RmaKey,
    work: WarehouseWork,
) -> RmaSnapshot {
    let answer = warehouse.apply(key, work).await.unwrap();
    assert_eq!(oms.get_rma(key).await.unwrap().as_ref(), Some(&answer));
    answer
}

/// Expected, available, damaged, held, missing.
fn counts(expected: u32, available: u32, damaged: u32, held: u32, missing: u32) -> UnitCounts {
    UnitCounts {
        expected,
        available,
        damaged,
        held,
        missing,
    }
}

fn counts_of(snapshot: &RmaSnapshot) -> Vec<UnitCounts> {
    snapshot.lines.iter().map(|line| line.counts).collect()
}
