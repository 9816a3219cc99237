//! What a warehouse found when it looked at a returned unit: condition and disposition. Pure.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use reqwest::Url;
use serde_json::{Value, json};

use super::form::Form;
use super::moment::Moment;
use super::refused::Refused;

const MOST_ITEMS: usize = 30;
const MOST_IMAGES: usize = 5;
const LONGEST_LINK: usize = 2048;
const LONGEST_NOTE: usize = 65_535;
const LONGEST_NAME: usize = 100;
const LONGEST_DESCRIPTION: usize = 255;

const GRADES: [&str; 7] = [
    "grade_a",
    "grade_b",
    "grade_c",
    "grade_d",
    "incorrect_item",
    "missing",
    "junk",
];

const OUTCOMES: [&str; 5] = [
    "back_to_stock",
    "resale_hold",
    "recycle",
    "donate",
    "missing",
];

/// How a version of the API writes `condition_category`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CategoryForm {
    /// `"grade_a"`, until 2026-07.
    Text,
    /// An object with subject and title, since 2026-10.
    Object,
}

/// A condition category as the version wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Category {
    Text(String),
    Object(CategoryObject),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct CategoryObject {
    subject: String,
    title: String,
    grade: Option<String>,
    name: Option<String>,
    parent: Option<String>,
}

impl Category {
    fn read(form: &mut Form<'_>, wanted: CategoryForm) -> Option<Category> {
        const FIELD: &str = "condition_category";
        match wanted {
            CategoryForm::Text => form.one_of(FIELD, &GRADES).map(Category::Text),
            CategoryForm::Object => {
                if !form.get(FIELD)?.is_object() {
                    form.refuse(
                        FIELD,
                        "The condition category must be an object.".to_owned(),
                    );
                    return None;
                }
                let mut object = form.required_object(FIELD);
                let read = CategoryObject {
                    subject: object.required_text("subject", LONGEST_NAME),
                    title: object.required_text("title", LONGEST_NAME),
                    grade: object.text("grade", LONGEST_NAME),
                    name: object.text("category_name", LONGEST_NAME),
                    parent: object.text("category_parent", LONGEST_NAME),
                };
                form.absorb(object);
                Some(Category::Object(read))
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Category::Text(grade) => json!(grade),
            Category::Object(object) => json!({
                "subject": object.subject,
                "title": object.title,
                "grade": object.grade,
                "category_name": object.name,
                "category_parent": object.parent,
            }),
        }
    }

    /// List and details did not change with 2026-10: they show the former text, or the title of a
    /// category that has none.
    fn former(&self) -> &str {
        match self {
            Category::Text(grade) => grade,
            Category::Object(object) => object.grade.as_ref().unwrap_or(&object.title),
        }
    }
}

/// The categories of the shop. A pair of subject and title that nobody used before makes a new one.
#[derive(Debug)]
pub(super) struct Categories(BTreeMap<(String, String), CategoryObject>);

impl Categories {
    /// The only built-in one whose title is known.
    pub(super) fn built_in() -> Categories {
        let object = CategoryObject {
            subject: "Item condition grade".to_owned(),
            title: "Grade A".to_owned(),
            grade: Some("grade_a".to_owned()),
            name: None,
            parent: None,
        };
        let mut categories = Categories(BTreeMap::new());
        categories.settle(object);
        categories
    }

    fn settle(&mut self, wanted: CategoryObject) -> CategoryObject {
        let pair = (wanted.subject.clone(), wanted.title.clone());
        self.0.entry(pair).or_insert(wanted).clone()
    }

    /// Every pair of subject and title.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        self.0.keys().cloned().collect()
    }
}

/// What a grading said about one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    description: String,
    category: Option<Category>,
    return_processor: Option<String>,
    note: Option<String>,
    images: Vec<String>,
    inspected_at: Option<String>,
}

impl Condition {
    fn read(form: &mut Form<'_>, wanted: CategoryForm) -> Condition {
        Condition {
            description: form.required_text("description", LONGEST_DESCRIPTION),
            category: Category::read(form, wanted),
            return_processor: form.text("return_processor", LONGEST_NAME),
            note: form.text("note", LONGEST_NOTE),
            images: images(form),
            inspected_at: date(form, "inspected_at"),
        }
    }

    /// A matched category is the one that the shop has, with the fields it was made with.
    pub(super) fn settle(&mut self, categories: &mut Categories) {
        if let Some(Category::Object(object)) = &mut self.category {
            *object = categories.settle(object.clone());
        }
    }

    fn answer(&self, line_item_id: u64) -> Value {
        json!({
            "line_item_id": line_item_id,
            "description": self.description,
            "condition_category": self.category.as_ref().map(Category::json),
            "return_processor": self.return_processor,
            "note": self.note,
            "images": self.images,
            "inspected_at": self.inspected_at,
        })
    }

    /// The shorter of the two key sets that were seen.
    pub(super) fn short(&self) -> Value {
        json!({
            "description": self.description,
            "category": self.category.as_ref().map(Category::former),
            "return_processor": self.return_processor,
            "note": self.note,
            "inspected_at": self.inspected_at,
        })
    }

    /// The longer of the two key sets that were seen.
    pub(super) fn long(&self) -> Value {
        json!({
            "description": self.description,
            "condition_category": self.category.as_ref().map(Category::former),
            "return_processor": self.return_processor,
            "note": self.note,
            "inspected_at": self.inspected_at,
            "images": self.images,
        })
    }
}

/// What is to happen with one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Disposition {
    outcome: String,
    return_processor: Option<String>,
    note: Option<String>,
    inspected_at: Option<String>,
}

impl Disposition {
    fn read(form: &mut Form<'_>) -> Disposition {
        Disposition {
            outcome: form.required_one_of("disposition_outcome", &OUTCOMES),
            return_processor: form.text("return_processor", LONGEST_NAME),
            note: form.text("note", LONGEST_NOTE),
            inspected_at: date(form, "inspected_at"),
        }
    }

    fn answer(&self, line_item_id: u64) -> Value {
        json!({
            "line_item_id": line_item_id,
            "disposition_outcome": self.outcome,
            "return_processor": self.return_processor,
            "note": self.note,
            "inspected_at": self.inspected_at,
        })
    }

    /// The key set that was seen beside [`Condition::short`].
    pub(super) fn short(&self) -> Value {
        json!({
            "outcome": self.outcome,
            "return_processor": self.return_processor,
            "note": self.note,
            "inspected_at": self.inspected_at,
        })
    }

    /// The key set that was seen beside [`Condition::long`].
    pub(super) fn long(&self) -> Value {
        json!({
            "disposition_outcome": self.outcome,
            "return_processor": self.return_processor,
            "note": self.note,
            "inspected_at": self.inspected_at,
        })
    }
}

/// What a call says about one line item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item<T> {
    /// Where it stands in the call, for the name of a wrong field.
    pub(super) position: usize,
    pub(super) line_item_id: u64,
    pub(super) found: T,
}

impl Item<Condition> {
    pub(super) fn json(&self) -> Value {
        self.found.answer(self.line_item_id)
    }
}

impl Item<Disposition> {
    pub(super) fn json(&self) -> Value {
        self.found.answer(self.line_item_id)
    }
}

pub(super) fn read_grading(
    body: &Value,
    wanted: CategoryForm,
) -> Result<Vec<Item<Condition>>, Refused> {
    read_items(body, |form| Condition::read(form, wanted))
}

pub(super) fn read_assessment(body: &Value) -> Result<Vec<Item<Disposition>>, Refused> {
    read_items(body, Disposition::read)
}

fn read_items<T>(body: &Value, read: impl Fn(&mut Form<'_>) -> T) -> Result<Vec<Item<T>>, Refused> {
    let mut form = Form::of(body);
    let items = match form.get("items") {
        Some(Value::Array(items)) if items.len() > MOST_ITEMS => {
            let text = format!("The items may not have more than {MOST_ITEMS} items.");
            form.refuse("items", text);
            return form.finish(Vec::new());
        }
        Some(Value::Array(items)) if !items.is_empty() => items.as_slice(),
        Some(Value::Array(_)) | None => {
            form.refuse("items", "The items field is required.".to_owned());
            &[]
        }
        Some(_) => {
            form.refuse("items", "The items must be an array.".to_owned());
            &[]
        }
    };
    let mut all = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let mut item = Form::nested(item, format!("items.{position}."));
        all.push(Item {
            position,
            line_item_id: item.required_id("line_item_id"),
            found: read(&mut item),
        });
        form.absorb(item);
    }
    form.finish(all)
}

fn images(form: &mut Form<'_>) -> Vec<String> {
    const FIELD: &str = "images";
    let images = match form.get(FIELD) {
        None => return Vec::new(),
        Some(Value::Array(images)) => images,
        Some(_) => {
            form.refuse(FIELD, "The images must be an array.".to_owned());
            return Vec::new();
        }
    };
    if images.len() > MOST_IMAGES {
        let text = format!("The images may not have more than {MOST_IMAGES} items.");
        form.refuse(FIELD, text);
    }
    let mut links = Vec::new();
    for (position, image) in images.iter().enumerate() {
        let link = image
            .as_str()
            .filter(|link| link.chars().count() <= LONGEST_LINK && Url::parse(link).is_ok());
        match link {
            Some(link) => links.push(link.to_owned()),
            None => form.refuse(
                &format!("{FIELD}.{position}"),
                format!("The {FIELD}.{position} format is invalid."),
            ),
        }
    }
    links
}

/// Kept as it was written: the documentation calls it ISO 8601 and shows another form.
fn date(form: &mut Form<'_>, field: &str) -> Option<String> {
    let text = form.text(field, LONGEST_NAME)?;
    if Moment::parse(&text).is_none() {
        let name = field.replace('_', " ");
        form.refuse(field, format!("The {name} is not a valid date."));
    }
    Some(text)
}

/// A line item that the shop does not have: since 2026-10 this has a status of its own.
pub(super) fn foreign_line(form: CategoryForm, position: usize) -> Refused {
    match form {
        CategoryForm::Object => {
            Refused::message(StatusCode::FORBIDDEN, "This action is unauthorized.")
        }
        CategoryForm::Text => {
            let field = format!("items.{position}.line_item_id");
            let text = format!("The selected {field} is invalid.");
            Refused::invalid(vec![(field, text)])
        }
    }
}

#[cfg(test)]
mod tests;
