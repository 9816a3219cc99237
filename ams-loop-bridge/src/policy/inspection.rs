use loop_client::{ConditionGrade, ConditionSubject, DispositionOutcome};
use serde::{Deserialize, Serialize};

/// What is told to Loop about the condition of the goods, beside what it is to do with the
/// return. Grades and dispositions move no money, and Loop may have to switch the feature on.
///
/// Rests on <https://docs.loopreturns.com/integration-guides/grading-and-disposition>. Loop
/// documents no word for damaged goods: which grade and disposition mean it is the merchant's to
/// say, and the defaults are what fits best.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct InspectionPolicy {
    /// Whether each unit's grade is sent, once, when the RMA is first seen complete.
    pub grades: bool,
    /// Whether each unit's disposition is sent, once, when the RMA is first seen complete.
    pub dispositions: bool,
    /// What is said of a unit in available stock.
    pub available: ConditionWords,
    /// What is said of a damaged unit.
    pub damaged: ConditionWords,
    /// What is said of a unit that did not come.
    pub missing: ConditionWords,
}

/// What is said of a unit in one condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ConditionWords {
    /// In versions `2026-07` and `v1` of Loop's API.
    pub grade: ConditionGrade,
    /// From version 2026-10 on. **Loop makes a new category of a pair it does not know.** Without
    /// one, the grade has no category but its description.
    #[serde(default)]
    pub category: Option<ConditionSubject>,
    /// What becomes of the unit; without one, nothing is said.
    #[serde(default)]
    pub disposition: Option<DispositionOutcome>,
}

impl ConditionWords {
    /// A grade, and no category or disposition.
    #[must_use]
    pub fn new(grade: ConditionGrade) -> Self {
        Self {
            grade,
            category: None,
            disposition: None,
        }
    }
}

impl Default for InspectionPolicy {
    fn default() -> Self {
        // The one pair that Loop documents as built in.
        let grade_a =
            ConditionSubject::new("Item condition grade", "Grade A").grade(ConditionGrade::GradeA);
        Self {
            grades: false,
            dispositions: false,
            available: ConditionWords {
                category: Some(grade_a),
                disposition: Some(DispositionOutcome::BackToStock),
                ..ConditionWords::new(ConditionGrade::GradeA)
            },
            damaged: ConditionWords {
                disposition: Some(DispositionOutcome::ResaleHold),
                ..ConditionWords::new(ConditionGrade::GradeD)
            },
            missing: ConditionWords {
                disposition: Some(DispositionOutcome::Missing),
                ..ConditionWords::new(ConditionGrade::Missing)
            },
        }
    }
}
