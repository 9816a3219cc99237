use std::collections::BTreeSet;
use std::time::Duration;

use loop_client::DestinationId;
use serde::{Deserialize, Serialize};

/// What one merchant wants. The default is what the AMS article describes, with refunds off
/// until the merchant has them enabled.
///
/// ```
/// use ams_loop_bridge::Policy;
///
/// let policy: Policy = serde_json::from_str(r#"{ "process_returns": true }"#)?;
/// assert!(policy.process_returns);
/// assert!(serde_json::from_str::<Policy>(r#"{ "proces_returns": true }"#).is_err(), "a typo");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// Whether Loop is told to process a return all of whose units are available. Off: such a
    /// return is closed in the ledger with the reason, and the merchant processes it by hand.
    /// Flagging does not depend on it.
    ///
    /// Switching it on also processes every return that was left while it was off and is still
    /// open in Loop. Close what was paid out elsewhere in Loop before that.
    pub process_returns: bool,
    /// Loop's ids of the destinations that are this warehouse; none means that all are. A return
    /// for another destination gets no RMA.
    pub destinations: BTreeSet<DestinationId>,
    /// What units beyond the expected ones, or of a foreign SKU, mean when everything expected
    /// is available.
    pub surplus: Surplus,
    /// Whether damage is flagged while other units may still arrive. A flag blocks a later
    /// process, so the default waits for the complete RMA.
    pub flag_early: bool,
    /// Line outcomes of units that stay with the shopper or go elsewhere. Compared without
    /// regard to case; blanks and `-` count as `_`. Loop documents no list of outcomes.
    pub not_shipped_outcomes: BTreeSet<String>,
    /// Return methods of goods handed over in a shop, which never reach the warehouse.
    pub in_store_providers: BTreeSet<String>,
    /// After how many hours a process call without a visible result is given up: the return is
    /// flagged for a person, never processed again. At least 1.
    pub process_deadline_hours: u32,
    /// What is asked of Loop on a schedule.
    pub pull: PullPolicy,
}

/// What units beyond the expected ones mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surplus {
    /// The shopper gets what is owed; the surplus is noted in the decision.
    #[default]
    Process,
    /// A person looks at it.
    Flag,
}

/// What is asked of Loop on a schedule, because webhooks get lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PullPolicy {
    /// The returns list, by time of change.
    pub returns_list: bool,
    /// The ASN report.
    pub asn_report: bool,
    /// How many hours the very first pull looks back.
    pub first_look_back_hours: u32,
    /// How many minutes each pull overlaps the one before: Loop's clock is not ours, and what a
    /// read shows can lag behind.
    pub overlap_minutes: u32,
}

impl Default for Policy {
    fn default() -> Self {
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            process_returns: false,
            destinations: BTreeSet::new(),
            surplus: Surplus::default(),
            flag_early: false,
            not_shipped_outcomes: set(&["keep", "keep_item", "donate", "donated"]),
            in_store_providers: set(&["loop-pos"]),
            process_deadline_hours: 24,
            pull: PullPolicy::default(),
        }
    }
}

impl Default for PullPolicy {
    fn default() -> Self {
        Self {
            returns_list: true,
            asn_report: true,
            first_look_back_hours: 7 * 24,
            overlap_minutes: 15,
        }
    }
}

impl Policy {
    /// The default, with Loop told to process complete and good returns.
    #[must_use]
    pub fn processing() -> Self {
        Self {
            process_returns: true,
            ..Self::default()
        }
    }

    /// Whether a line with this outcome is shipped back at all.
    pub(crate) fn ships_back(&self, outcome: &str) -> bool {
        let word = canonical(outcome);
        !self
            .not_shipped_outcomes
            .iter()
            .any(|known| canonical(known) == word)
    }

    pub(crate) fn is_in_store(&self, provider: &str) -> bool {
        self.in_store_providers
            .iter()
            .any(|known| canonical(known) == canonical(provider))
    }

    pub(crate) fn process_deadline(&self) -> Duration {
        Duration::from_secs(u64::from(self.process_deadline_hours.max(1)) * 3600)
    }
}

impl PullPolicy {
    pub(crate) fn first_look_back(&self) -> Duration {
        Duration::from_secs(u64::from(self.first_look_back_hours) * 3600)
    }

    pub(crate) fn overlap(&self) -> Duration {
        Duration::from_secs(u64::from(self.overlap_minutes) * 60)
    }
}

fn canonical(word: &str) -> String {
    word.trim().to_lowercase().replace([' ', '-'], "_")
}
