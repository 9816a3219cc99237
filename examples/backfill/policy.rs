//! The merchant's policy, and whether it is the one that the ledger was settled by.

use std::path::Path;

use ams_loop_bridge::{Bridge, Policy};

use crate::environment::{Problem, Variables, policy_file};

/// The policy in a file, or the default one, with which refunds are off. The option wins.
pub(crate) fn read(option: Option<&Path>, variables: Variables<'_>) -> Result<Policy, Problem> {
    match (option, variables("POLICY_FILE")) {
        (Some(file), _) => policy_file("--policy", file),
        (None, Some(file)) => policy_file("POLICY_FILE", Path::new(&file)),
        (None, None) => Ok(Policy::default()),
    }
}

/// Refuses a policy that is not the one of the ledger's last pass: by settling with it once,
/// everything that was left to the merchant would be decided anew, and refunded if it says so.
pub(crate) async fn check(bridge: &Bridge) -> Result<(), Problem> {
    match bridge.policy_has_changed().await {
        Ok(false) => Ok(()),
        Ok(true) => Err(Problem::Setup(
            "the ledger was last settled by another policy: give the service's by --policy or \
             POLICY_FILE, or --new-policy to have what rests on it decided anew"
                .to_owned(),
        )),
        Err(error) => Err(Problem::Failed(format!(
            "the policy could not be compared: {error}"
        ))),
    }
}
