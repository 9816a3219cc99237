//! The condition of a unit, which one version of Loop's API calls by a word and the next
//! describes by an object.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::value::open_enum::open_enum;
use crate::value::scalar::{lenient, present};
use crate::{ApiVersion, input};

open_enum! {
    /// A grade, as text. An open set.
    ConditionGrade, "a condition grade" {
        /// The best of Loop's four.
        GradeA = "grade_a",
        /// The second of Loop's four.
        GradeB = "grade_b",
        /// The third of Loop's four.
        GradeC = "grade_c",
        /// The last of Loop's four.
        GradeD = "grade_d",
        /// Not what was to come back.
        IncorrectItem = "incorrect_item",
        /// Not in the box.
        Missing = "missing",
        /// Worth nothing.
        Junk = "junk",
    }
}

/// In which condition a unit is. Which form Loop takes depends on the version of its API, and the
/// client sends only the form that [`Client::version`](crate::Client::version) takes; answers are
/// read in both. With [`ApiVersion::Other`] it sends what it is given.
///
/// Rests on
/// <https://docs.loopreturns.com/integration-guides/migration-2026-07-to-2026-10>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ConditionCategory {
    /// A word, in versions `2026-07` and `v1`.
    Grade(ConditionGrade),
    /// A category of the merchant's, in versions `2026-10` and `unstable`.
    Subject(ConditionSubject),
}

impl From<ConditionGrade> for ConditionCategory {
    fn from(grade: ConditionGrade) -> Self {
        Self::Grade(grade)
    }
}

impl From<ConditionSubject> for ConditionCategory {
    fn from(subject: ConditionSubject) -> Self {
        Self::Subject(subject)
    }
}

/// A category of the merchant's, found by its subject and title. **Loop makes a new category of a
/// pair it does not know**, so a misspelling is not refused.
///
/// ```
/// use loop_client::{ConditionGrade, ConditionSubject};
///
/// let mint = ConditionSubject::new("Item condition grade", "Grade A")
///     .grade(ConditionGrade::GradeA);
/// assert_eq!(mint.title, "Grade A");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConditionSubject {
    /// What is judged. At most 100 characters, as each text here.
    #[serde(deserialize_with = "present")]
    pub subject: String,
    /// What it was found to be.
    #[serde(deserialize_with = "present")]
    pub title: String,
    /// The word of older versions for it.
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub grade: Option<ConditionGrade>,
    /// Name of the category.
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub category_name: Option<String>,
    /// What the category belongs to.
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub category_parent: Option<String>,
}

impl ConditionSubject {
    /// By the pair that tells it from others.
    #[must_use]
    pub fn new(subject: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            title: title.into(),
            grade: None,
            category_name: None,
            category_parent: None,
        }
    }

    /// With the word of older versions for it.
    #[must_use]
    pub fn grade(mut self, grade: ConditionGrade) -> Self {
        self.grade = Some(grade);
        self
    }

    /// With the name of the category.
    #[must_use]
    pub fn category_name(mut self, name: impl Into<String>) -> Self {
        self.category_name = Some(name.into());
        self
    }

    /// With what the category belongs to.
    #[must_use]
    pub fn category_parent(mut self, parent: impl Into<String>) -> Self {
        self.category_parent = Some(parent.into());
        self
    }

    fn check(&self) -> Result<(), &'static str> {
        const LONGEST: usize = 100;
        input::not_blank(&self.subject, "a category needs a subject")?;
        input::not_blank(&self.title, "a category needs a title")?;
        let optional = [
            self.grade.as_ref().map(ConditionGrade::as_str),
            self.category_name.as_deref(),
            self.category_parent.as_deref(),
        ];
        [self.subject.as_str(), self.title.as_str()]
            .into_iter()
            .chain(optional.into_iter().flatten())
            .try_for_each(|text| {
                input::at_most(
                    text,
                    LONGEST,
                    "each text of a category has at most 100 characters",
                )
            })
    }
}

impl ConditionCategory {
    /// Whether `version` takes this form, as far as known, and its texts are within their limits.
    pub(super) fn check(&self, version: &ApiVersion) -> Result<(), &'static str> {
        match (self, version.as_str()) {
            (Self::Grade(_), "2026-10" | "unstable") => Err(
                "this version of Loop's API takes a category as subject and title, not as a grade",
            ),
            (Self::Subject(_), "2026-07" | "v1") => Err(
                "this version of Loop's API takes a category as a grade, not as subject and title",
            ),
            (Self::Grade(_), _) => Ok(()),
            (Self::Subject(subject), _) => subject.check(),
        }
    }
}

/// Either form. The unit was graded, so a category that cannot be read must not make a failure of
/// it.
pub(super) fn read<'de, D: Deserializer<'de>>(d: D) -> Result<Option<ConditionCategory>, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::Object(fields) => ConditionSubject::deserialize(Value::Object(fields))
            .ok()
            .map(ConditionCategory::Subject),
        Value::String(word) => lenient::<_, ConditionGrade>(Value::String(word))
            .ok()
            .flatten()
            .map(ConditionCategory::Grade),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    })
}
