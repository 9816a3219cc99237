//! **An OMS of your own, whole: CSV files in a folder, as an EDI-style drop has them.** For whoever
//! has to connect a system that takes and gives files, or wants to see how little that takes.
//!
//! ```text
//! cargo run --example custom_oms
//! ```
//!
//! The conformance suite judges [`FolderOms`], and its report is printed. Then the bridge settles
//! two returns with it, the sandbox playing Loop: one comes in good order and is processed, one is
//! damaged and is flagged. The exit code is 1 if a rule fails or a return ends otherwise.
//!
//! **What to change:** [`oms`], the whole implementation, under 250 lines: how files are exchanged,
//! what is in them, and your warehouse's words. [`dock`] plays that warehouse. Whoever drops a file
//! does it as `Folder::put` does; where a warehouse cannot, let what fetches its files do it. Slow
//! files belong on a blocking pool.

mod dock;
mod oms;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, num::NonZeroU32, path::Path};
use std::{fs, io};

use ams_loop_bridge::{Bridge, Policy, ledger::MemoryLedger, rma_key};
use ams_oms_client::{BoxError, Condition, ItemRef, MemoryOms, ReceivedUnits};
use ams_oms_client::{Warehouse as _, WarehouseWork, conformance};
use dock::Dock;
use loop_client::sandbox::{NewLine, NewReturn, Sandbox};
use loop_client::{ApiKey, Client, Timestamp};
use oms::FolderOms;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let root = tempfile::tempdir()?;
    run(root.path()).await
}

async fn run(root: &Path) -> Result<(), BoxError> {
    let dock = Dock(FolderOms(root.to_owned()), MemoryOms::new());
    let report = conformance::run(&dock.0, &dock).await;
    println!("{report}\n");
    report.into_result()?;
    settle(&dock, root).await
}

/// Two returns, from the shopper's request to what becomes of them in Loop.
async fn settle(dock: &Dock, root: &Path) -> Result<(), BoxError> {
    let sandbox = Sandbox::start().await?;
    let submit = |sku| sandbox.create_return(NewReturn::new("#1001").line(NewLine::new(sku)));
    let (good, bad) = (submit("TEE-S"), submit("MUG"));
    let client = Client::builder(ApiKey::new(sandbox.api_key())?).base_url(sandbox.base_url());
    let (client, oms, ledger) = (client.build()?, dock.0.clone(), MemoryLedger::new());
    let bridge = Bridge::new("acme".parse()?, client, oms, ledger);
    let bridge = bridge.with_policy(Policy::processing())?;

    bridge.pull(Timestamp::now()).await?;
    for (id, sku, condition) in [
        (good, "TEE-S", Condition::Available),
        (bad, "MUG", Condition::Damaged),
    ] {
        let key = rma_key(bridge.merchant(), id.try_into()?);
        let unit = ReceivedUnits::new(ItemRef::Sku(sku.into()), condition, NonZeroU32::MIN);
        let (receipt_id, units) = (format!("dock-{id}").parse()?, vec![unit]);
        let receive = WarehouseWork::Receive { receipt_id, units };
        dock.apply(&key, receive).await?;
        dock.apply(&key, WarehouseWork::Close).await?;
    }
    let files = fs::read_dir(root.join("acme"))?.map(|file| Ok(file?.path()));
    for file in files.collect::<io::Result<BTreeSet<_>>>()? {
        println!("{}\n{}", file.display(), fs::read_to_string(&file)?);
    }
    for _ in 0..4 {
        bridge.settle(Timestamp::now()).await?;
    }
    for it in sandbox.truth() {
        let end = (it.refunds, it.flagged);
        println!("Loop {}: {}, (refunds, flagged) {end:?}", it.id, it.state);
        if end != (u32::from(it.id == good), it.id == bad) {
            return Err(format!("{} should have ended otherwise", it.id).into());
        }
    }
    Ok(())
}
