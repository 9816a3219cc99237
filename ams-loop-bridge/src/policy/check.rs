use std::collections::BTreeSet;

use loop_client::{ConditionGrade, DispositionOutcome};

use super::{ConditionWords, Policy};
use crate::words::{is_among, is_happy_returns, same_word};

/// A policy that contradicts itself, or would do harm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
#[non_exhaustive]
pub struct InvalidPolicy {
    /// The field, with those above it, such as `pull.overlap_minutes`.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Policy {
    /// Whether the settings make sense, alone and together.
    ///
    /// # Errors
    /// The first field that does not.
    ///
    /// ```
    /// use ams_loop_bridge::Policy;
    ///
    /// let mut policy = Policy::default();
    /// assert_eq!(policy.check(), Ok(()));
    /// policy.process_outcomes.insert("refund".to_owned());
    /// let error = policy.check().unwrap_err();
    /// assert_eq!(error.field, "process_outcomes");
    /// assert_eq!(error.problem, "has no effect while process_returns is off");
    /// ```
    pub fn check(&self) -> Result<(), InvalidPolicy> {
        let refuse = |field, problem| Err(InvalidPolicy { field, problem });
        for (field, words) in [
            ("process_outcomes", &self.process_outcomes),
            ("not_shipped_outcomes", &self.not_shipped_outcomes),
            ("not_shipped_methods", &self.not_shipped_methods),
            ("in_store_providers", &self.in_store_providers),
        ] {
            if words.iter().any(|word| word.trim().is_empty()) {
                return refuse(field, "holds a blank word");
            }
        }
        if !self.process_returns && !self.process_outcomes.is_empty() {
            return refuse(
                "process_outcomes",
                "has no effect while process_returns is off",
            );
        }
        if self.process_outcomes.iter().any(|word| word.contains('+')) {
            return refuse(
                "process_outcomes",
                "names parts such as refund; a mixed outcome is processed if all its parts are named",
            );
        }
        if is_among(&self.not_shipped_outcomes, "default") {
            return refuse(
                "not_shipped_outcomes",
                "would leave out every line: default is the ordinary outcome",
            );
        }
        if have_a_word_in_common(&self.not_shipped_methods, &self.in_store_providers) {
            return refuse(
                "not_shipped_methods",
                "names a method that in_store_providers names as well",
            );
        }
        let elsewhere = || {
            self.not_shipped_methods
                .iter()
                .chain(&self.in_store_providers)
        };
        if self.expect_happy_returns && elsewhere().any(|word| is_happy_returns(word)) {
            return refuse(
                "expect_happy_returns",
                "is on, and another field says that nothing of them comes",
            );
        }
        if self.flag_overdue && self.overdue_after_days == 0 {
            return refuse(
                "flag_overdue",
                "has no effect while overdue_after_days is 0",
            );
        }
        if self.process_deadline_hours == 0 {
            return refuse("process_deadline_hours", "must be at least 1");
        }
        self.check_inspection()?;
        if !self.pull.returns_list && !self.pull.asn_report {
            return refuse(
                "pull",
                "asks for nothing, and a lost webhook would be a lost return",
            );
        }
        if self.pull.first_look_back_hours == 0 {
            return refuse("pull.first_look_back_hours", "must be at least 1");
        }
        if self.pull.overlap_minutes == 0 {
            return refuse(
                "pull.overlap_minutes",
                "must be at least 1, or what Loop shows late is never seen",
            );
        }
        Ok(())
    }

    fn check_inspection(&self) -> Result<(), InvalidPolicy> {
        for (field, words) in [
            ("inspection.available", &self.inspection.available),
            ("inspection.damaged", &self.inspection.damaged),
            ("inspection.missing", &self.inspection.missing),
        ] {
            if !are_sendable(words) {
                let problem = "has a blank text, or one of more than 100 characters";
                return Err(InvalidPolicy { field, problem });
            }
        }
        Ok(())
    }
}

/// The limits are Loop's.
fn are_sendable(words: &ConditionWords) -> bool {
    let category = words.category.iter().flat_map(|category| {
        [
            Some(category.subject.as_str()),
            Some(category.title.as_str()),
            category.grade.as_ref().map(ConditionGrade::as_str),
            category.category_name.as_deref(),
            category.category_parent.as_deref(),
        ]
        .into_iter()
        .flatten()
    });
    category
        .chain([words.grade.as_str()])
        .chain(words.disposition.as_ref().map(DispositionOutcome::as_str))
        .all(|text| !text.trim().is_empty() && text.chars().count() <= 100)
}

fn have_a_word_in_common(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    one.iter()
        .any(|word| other.iter().any(|known| same_word(word, known)))
}
