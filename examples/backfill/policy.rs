//! The merchant's policy, and whether it is the one that the ledger was settled by.

use std::path::Path;

use ams_loop_bridge::ledger::{CursorName, Ledger, MemoryLedger};
use ams_loop_bridge::{Bridge, Policy};
use ams_oms_client::{MemoryOms, MerchantId};
use loop_client::{Client, Timestamp};

use crate::Problem;

/// The policy in a file, or the default one, with which refunds are off.
pub(crate) fn read(file: Option<&Path>) -> Result<Policy, String> {
    let Some(file) = file else {
        return Ok(Policy::default());
    };
    let name = file.display();
    let bytes = std::fs::read(file).map_err(|error| format!("--policy {name}: {error}"))?;
    // Its author has to find the field, and nothing in it is about a person.
    serde_json::from_slice(&bytes).map_err(|error| format!("--policy {name}: {error}"))
}

/// Refuses a policy that is not the one of the ledger's last pass: by settling with it once,
/// everything that was left to the merchant would be decided anew, and refunded if it says so.
pub(crate) async fn check(
    policy: &Policy,
    merchant: &MerchantId,
    ledger: &dyn Ledger,
    client: &Client,
    now: Timestamp,
) -> Result<(), Problem> {
    let failed =
        |error: String| Problem::Failed(format!("the policy could not be compared: {error}"));
    let last = ledger.cursor(merchant, CursorName::Processing).await;
    let Some(last) = last.map_err(|error| failed(error.to_string()))? else {
        return Ok(());
    };
    // How a pass writes its policy down is the bridge's business, so a bridge without anything to
    // do makes one.
    let empty = MemoryLedger::new();
    let idle = Bridge::new(
        merchant.clone(),
        client.clone(),
        MemoryOms::new(),
        empty.clone(),
    )
    .with_policy(policy.clone())
    .map_err(|error| Problem::Setup(format!("--policy: {error}")))?;
    idle.settle(now)
        .await
        .map_err(|error| failed(error.to_string()))?;
    let ours = empty.cursor(merchant, CursorName::Processing).await;
    if ours.map_err(|error| failed(error.to_string()))? == Some(last) {
        return Ok(());
    }
    Err(Problem::Setup(
        "the ledger was last settled by another policy: give the service's by --policy, \
         or --new-policy to have what rests on it decided anew"
            .to_owned(),
    ))
}
