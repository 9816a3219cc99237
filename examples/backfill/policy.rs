//! The merchant's policy, and whether it is the one that the ledger was settled by.

use std::path::Path;

use ams_loop_bridge::{Bridge, Policy};

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
pub(crate) async fn check(bridge: &Bridge) -> Result<(), Problem> {
    match bridge.policy_has_changed().await {
        Ok(false) => Ok(()),
        Ok(true) => Err(Problem::Setup(
            "the ledger was last settled by another policy: give the service's by --policy, \
             or --new-policy to have what rests on it decided anew"
                .to_owned(),
        )),
        Err(error) => Err(Problem::Failed(format!(
            "the policy could not be compared: {error}"
        ))),
    }
}
