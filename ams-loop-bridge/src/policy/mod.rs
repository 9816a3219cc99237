mod check;
mod inspection;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use loop_client::DestinationId;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use check::InvalidPolicy;
pub use inspection::{ConditionWords, InspectionPolicy};

use crate::digest::Digest;
use crate::words::is_among;

/// What one merchant wants. The default is what the AMS article describes, with refunds off
/// until the merchant has them enabled.
///
/// Words of Loop's, such as outcomes and methods, are compared without regard to case; blanks and
/// `-` count as `_`. What a field changes is shown by the rows of the
/// [decision table](crate::guide::decision_table) that name it; `cancel_rma` changes what
/// [`plan_rma`](crate::plan_rma) answers, `inspection` what [`inspect`](crate::inspect()) does, and
/// `pull` what the bridge asks Loop for.
///
/// Read from a file, it is checked as [`Policy::check`] does.
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
#[serde(default, deny_unknown_fields, remote = "Self")]
#[non_exhaustive]
pub struct Policy {
    /// Whether Loop is told to process a return all of whose units are available. Off: such a
    /// return is closed in the ledger with the reason, and the merchant processes it by hand.
    /// Flagging does not depend on it.
    ///
    /// Switching it on also processes every return that was left while it was off and is still
    /// open in Loop. Close what was paid out elsewhere in Loop before that.
    pub process_returns: bool,
    /// Which outcomes are processed, such as `refund` or `exchange`; none means that all are. A
    /// mixed outcome such as `exchange+refund` is processed if all of its parts are named, one
    /// that Loop does not name is not. What is left out is left to the merchant.
    pub process_outcomes: BTreeSet<String>,
    /// Loop's ids of the destinations that are this warehouse; none means that all are. A return
    /// for another destination gets no RMA.
    pub destinations: BTreeSet<DestinationId>,
    /// What units beyond the expected ones, or of a foreign SKU, mean when everything expected
    /// is available.
    pub surplus: Surplus,
    /// Whether damage is flagged while other units may still arrive. A flag blocks a later
    /// process, so the default waits for the complete RMA.
    pub flag_early: bool,
    /// After how many days an RMA that is not complete is called overdue; 0 for never.
    pub overdue_after_days: u32,
    /// Whether an overdue RMA is flagged. Without it, being overdue is only said.
    pub flag_overdue: bool,
    /// Line outcomes of units that stay with the shopper or go elsewhere. Loop documents no list
    /// of outcomes.
    pub not_shipped_outcomes: BTreeSet<String>,
    /// Return methods, by provider or kind, with which nothing is shipped back. Loop documents no
    /// list of methods.
    pub not_shipped_methods: BTreeSet<String>,
    /// Return methods, by provider or kind, of goods handed over in a shop, which never reach the
    /// warehouse.
    pub in_store_providers: BTreeSet<String>,
    /// Whether goods handed over at a Happy Returns bar come to this warehouse in bulk. Loop
    /// carries out such returns by itself, hours after the goods were handed over.
    pub expect_happy_returns: bool,
    /// Whether an RMA for which nothing has arrived is cancelled when its return is cancelled in
    /// Loop, or changed there so that the shopper keeps every unit.
    pub cancel_rma: bool,
    /// Whether a return is cancelled in Loop when its RMA was cancelled in the warehouse and
    /// nothing has arrived. The shopper then gets nothing, and may return the goods anew. Decided
    /// by [`decide`](crate::decide()), and refused by
    /// [`Bridge::with_policy`](crate::Bridge::with_policy), which does not carry it out.
    pub cancel_in_loop: bool,
    /// Whether an RMA that is gone from the warehouse's system is made again, if nothing was ever
    /// received for it. Decided by [`decide`](crate::decide()), and refused by
    /// [`Bridge::with_policy`](crate::Bridge::with_policy), which does not carry it out.
    pub recreate_rma: bool,
    /// After how many hours a process call without a visible result is given up: the return is
    /// flagged for a person, never processed again. At least 1.
    pub process_deadline_hours: u32,
    /// Whether a process call carries an id of its own, which is looked for in the return's notes
    /// when the answer got lost. Loop's documentation says that what the call carries becomes a
    /// note; that it can be read back was not seen. The id also appears in orders that processing
    /// makes.
    pub process_attempt_id: bool,
    /// What is told to Loop about the goods themselves.
    pub inspection: InspectionPolicy,
    /// What is asked of Loop on a schedule.
    pub pull: PullPolicy,
}

/// What units beyond the expected ones mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Surplus {
    /// The shopper gets what is owed; the surplus is noted in Loop.
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
    /// How many hours the very first pull looks back. At least 1.
    pub first_look_back_hours: u32,
    /// How many minutes each pull overlaps the one before: Loop's clock is not ours, and what a
    /// read shows can lag behind. At least 1.
    pub overlap_minutes: u32,
}

impl Default for Policy {
    fn default() -> Self {
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            process_returns: false,
            process_outcomes: BTreeSet::new(),
            destinations: BTreeSet::new(),
            surplus: Surplus::default(),
            flag_early: false,
            overdue_after_days: 60,
            flag_overdue: false,
            not_shipped_outcomes: set(&["keep", "keep_item", "donate", "donated"]),
            not_shipped_methods: set(&["keep", "keep_item", "donate", "no_ship_back"]),
            in_store_providers: set(&["loop-pos"]),
            expect_happy_returns: true,
            cancel_rma: true,
            cancel_in_loop: false,
            recreate_rma: false,
            process_deadline_hours: 24,
            process_attempt_id: false,
            inspection: InspectionPolicy::default(),
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

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, s)
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        /// A list would be read by position, and `[true]` switch refunds on.
        struct ByName;

        impl<'de> Visitor<'de> for ByName {
            type Value = Policy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a policy, field by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Policy, A::Error> {
                Policy::deserialize(MapAccessDeserializer::new(fields))
            }
        }

        let policy = d.deserialize_map(ByName)?;
        policy.check().map_err(serde::de::Error::custom)?;
        Ok(policy)
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
        !is_among(&self.not_shipped_outcomes, outcome)
    }

    /// Whether the merchant wants a return with this outcome processed, whatever its goods.
    pub(crate) fn processes(&self, outcome: Option<&loop_client::Outcome>) -> bool {
        self.process_outcomes.is_empty()
            || outcome.is_some_and(|outcome| {
                let mut parts = outcome.parts().peekable();
                parts.peek().is_some() && parts.all(|part| is_among(&self.process_outcomes, part))
            })
    }

    /// Tells policies apart that decide or map differently.
    pub(crate) fn digest(&self) -> String {
        let mut digest = Digest::new("policy v1");
        let deciding = Self {
            pull: PullPolicy::default(),
            ..self.clone()
        };
        // Every field of it can be written as JSON.
        let text = serde_json::to_string(&deciding).unwrap_or_default();
        digest.text(Some(&text));
        digest.finish()
    }

    pub(crate) fn process_deadline(&self) -> Duration {
        hours(self.process_deadline_hours.max(1))
    }

    /// How old an RMA is when it is overdue.
    pub(crate) fn overdue_after(&self) -> Option<Duration> {
        (self.overdue_after_days > 0).then(|| hours(self.overdue_after_days) * 24)
    }
}

impl PullPolicy {
    pub(crate) fn first_look_back(&self) -> Duration {
        hours(self.first_look_back_hours)
    }

    pub(crate) fn overlap(&self) -> Duration {
        Duration::from_secs(u64::from(self.overlap_minutes) * 60)
    }
}

fn hours(hours: u32) -> Duration {
    Duration::from_secs(u64::from(hours) * 3600)
}
