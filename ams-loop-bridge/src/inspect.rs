//! What the warehouse found, in the words of Loop's grading and disposition calls.

use loop_client::{ApiVersion, Assessment, ConditionCategory, Grade, LineItemId};

use crate::decide::{Facts, LineFacts};
use crate::policy::{ConditionWords, InspectionPolicy};

/// What can be said to Loop about the units of a return, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// For [`loop_client::Grading::grade`]; one call takes at most 30.
    pub grades: Vec<Grade>,
    /// For [`loop_client::Grading::assess`]; one call takes at most 30.
    pub dispositions: Vec<Assessment>,
    /// The lines of which nothing is said, with the reason.
    pub left_out: Vec<(LineItemId, NotInspected)>,
}

/// Why nothing is said of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotInspected {
    /// Several lines are of one product, their units differ in condition, and the warehouse names
    /// no line: to give a condition to one of them would be a guess.
    Ambiguous,
    /// The units of the line differ in condition.
    SeveralConditions,
    /// The warehouse has not judged the unit.
    Held,
    /// The unit may still arrive.
    Outstanding,
}

/// Says of each line what the policy has words for, in the form that this version of Loop's API
/// takes: in `2026-07` and `v1` a grade is a word, from `2026-10` on a category.
///
/// Neither call is safe to repeat, and neither moves money.
///
/// ```
/// use ams_loop_bridge::{InspectionPolicy, History, Policy, decide, inspect};
/// use ams_oms_client::RmaSnapshot;
/// use loop_client::{ApiVersion, Return, Timestamp};
///
/// let ret: Return = serde_json::from_str(r#"{"id": 99904598, "state": "open",
///     "line_items": [{"line_item_id": 7, "sku": "TEE-M"}]}"#)?;
/// let received: RmaSnapshot = serde_json::from_str(r#"{
///     "merchant": "acme", "rma_number": "99904598", "state": "completed", "raw_state": "CLOSED",
///     "version": "3", "unexpected": [], "lines": [{"line_item_id": "7", "sku": "TEE-M",
///         "counts": {"expected": 1, "available": 0, "damaged": 1, "held": 0, "missing": 0}}]}"#)?;
/// let history = History::none(received.key.clone(), Timestamp::from_unix_seconds(1_800_000_000));
/// let decision = decide(&Policy::default(), &ret, Some(&received), &history);
///
/// let said = inspect(&InspectionPolicy::default(), &decision.facts, &ApiVersion::V2026_07);
/// assert_eq!(serde_json::to_value(&said.grades)?, serde_json::json!([
///     {"line_item_id": 7, "description": "Received damaged", "condition_category": "grade_d"}]));
/// assert_eq!(serde_json::to_value(&said.dispositions)?, serde_json::json!([
///     {"line_item_id": 7, "disposition_outcome": "resale_hold"}]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn inspect(words: &InspectionPolicy, facts: &Facts, version: &ApiVersion) -> Inspection {
    let mut said = Inspection::default();
    for line in &facts.lines {
        let (words, description) = match condition(line, facts.complete) {
            Ok(Condition::Available) => (&words.available, "Received into available stock"),
            Ok(Condition::Damaged) => (&words.damaged, "Received damaged"),
            Ok(Condition::Missing) => (&words.missing, "Not received"),
            Err(why) => {
                said.left_out.push((line.line_item_id, why));
                continue;
            }
        };
        let grade = Grade::new(line.line_item_id, description);
        said.grades.push(match category(words, version) {
            Some(category) => grade.category(category),
            None => grade,
        });
        if let Some(outcome) = &words.disposition {
            said.dispositions
                .push(Assessment::new(line.line_item_id, outcome.clone()));
        }
    }
    said
}

enum Condition {
    Available,
    Damaged,
    Missing,
}

/// The one condition that all units of the line are in.
fn condition(line: &LineFacts, complete: bool) -> Result<Condition, NotInspected> {
    if line.ambiguous {
        return Err(NotInspected::Ambiguous);
    }
    if line.held > 0 {
        return Err(NotInspected::Held);
    }
    let (missing, outstanding) = line.not_received(complete);
    match (line.available, line.damaged, missing, outstanding) {
        (_, _, _, 1..) => Err(NotInspected::Outstanding),
        (1.., 0, 0, 0) => Ok(Condition::Available),
        (0, 1.., 0, 0) => Ok(Condition::Damaged),
        (0, 0, 1.., 0) => Ok(Condition::Missing),
        _ => Err(NotInspected::SeveralConditions),
    }
}

fn category(words: &ConditionWords, version: &ApiVersion) -> Option<ConditionCategory> {
    match version {
        ApiVersion::V1 | ApiVersion::V2026_07 => Some(words.grade.clone().into()),
        _ => words.category.clone().map(ConditionCategory::from),
    }
}
