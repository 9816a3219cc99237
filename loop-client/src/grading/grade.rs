use serde::{Deserialize, Serialize};

use super::category::{self, ConditionCategory};
use super::{Inspection, read_links, write_number};
use crate::value::scalar::lenient;
use crate::value::timestamp::read as time;
use crate::{ApiVersion, LineItemId, Personal, Timestamp, input};

/// In which condition one unit is.
///
/// ```
/// use loop_client::{ConditionSubject, Grade, LineItemId};
///
/// let line: LineItemId = "7".parse()?;
/// let grade = Grade::new(line, "A scratch on the lid")
///     .category(ConditionSubject::new("Item condition grade", "Grade B"))
///     .image("https://example.com/lid.jpg");
/// # Ok::<(), loop_client::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Grade {
    #[serde(serialize_with = "write_number")]
    line_item_id: LineItemId,
    description: Personal,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_category: Option<ConditionCategory>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Personal>,
    #[serde(flatten)]
    inspection: Inspection,
}

impl Grade {
    /// The unit, and its condition in words: at most 255 characters.
    pub fn new(line_item_id: LineItemId, description: impl Into<Personal>) -> Self {
        Self {
            line_item_id,
            description: description.into(),
            condition_category: None,
            images: Vec::new(),
            inspection: Inspection::default(),
        }
    }

    /// The condition by category, in the form that the version of Loop's API takes.
    pub fn category(mut self, category: impl Into<ConditionCategory>) -> Self {
        self.condition_category = Some(category.into());
        self
    }

    /// Who inspected it: an e-mail address of at most 100 characters.
    pub fn return_processor(mut self, email: impl Into<Personal>) -> Self {
        self.inspection.return_processor = Some(email.into());
        self
    }

    /// More in words: at most 65,535 characters.
    pub fn note(mut self, note: impl Into<Personal>) -> Self {
        self.inspection.note = Some(note.into());
        self
    }

    /// Adds the address of a picture: at most 5 of them, each of at most 2,048 characters.
    pub fn image(mut self, url: impl Into<Personal>) -> Self {
        self.images.push(url.into());
        self
    }

    /// When it was inspected; sent in UTC and whole seconds.
    pub fn inspected_at(mut self, time: Timestamp) -> Self {
        self.inspection.inspected_at = Some(time);
        self
    }

    pub(super) fn check(&self, version: &ApiVersion) -> Result<(), &'static str> {
        let description = self.description.reveal();
        input::not_blank(description, "a grade needs a description")?;
        input::at_most(description, 255, "a description has at most 255 characters")?;
        if let Some(category) = &self.condition_category {
            category.check(version)?;
        }
        if self.images.len() > 5 {
            return Err("a grade has at most 5 images");
        }
        for image in &self.images {
            input::not_blank(image.reveal(), "the address of an image is blank")?;
            input::at_most(
                image.reveal(),
                2_048,
                "the address of an image has at most 2,048 characters",
            )?;
        }
        self.inspection.check()
    }
}

/// A grade as Loop recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GradedItem {
    /// The unit.
    pub line_item_id: LineItemId,
    /// The condition in words.
    #[serde(default, deserialize_with = "lenient")]
    pub description: Option<Personal>,
    /// The condition by category, in either form.
    #[serde(default, deserialize_with = "category::read")]
    pub condition_category: Option<ConditionCategory>,
    /// Who inspected it.
    #[serde(default, deserialize_with = "lenient")]
    pub return_processor: Option<Personal>,
    /// More in words.
    #[serde(default, deserialize_with = "lenient")]
    pub note: Option<Personal>,
    /// Addresses of pictures.
    #[serde(default, deserialize_with = "read_links")]
    pub images: Vec<Personal>,
    /// When it was inspected.
    #[serde(default, deserialize_with = "time")]
    pub inspected_at: Option<Timestamp>,
}
