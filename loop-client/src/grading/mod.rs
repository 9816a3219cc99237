//! What the warehouse found: the condition of a returned unit, and what becomes of it.

mod category;
mod disposition;
mod grade;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use category::{ConditionCategory, ConditionGrade, ConditionSubject};
pub use disposition::{AssessedItem, Assessment, DispositionOutcome};
pub use grade::{Grade, GradedItem};

use crate::call::Call;
use crate::client::Client;
use crate::decode::{self, DecodeError};
use crate::error::Result;
use crate::request::ApiRequest;
use crate::value::record::required_objects;
use crate::{LineItemId, Personal, Timestamp, input};

/// The most items in one call. An older guide of Loop's says 20.
const MOST_ITEMS: usize = 30;

/// Calls about grades and dispositions of returned units; see [`Client::grading`]. Scope: Returns.
///
/// Nothing says that a grade or a disposition processes, flags or refunds anything, and no state
/// of a return forbids them. Loop may have to switch the feature on. Whether a second grade of a
/// unit replaces the first or is added to it is not documented.
#[derive(Debug)]
pub struct Grading<'a> {
    client: &'a Client,
}

impl<'a> Grading<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Says in which condition units are: 1 to 30 in one call (an older guide says 20). Answers
    /// with what Loop recorded.
    ///
    /// `POST /dispositioning/grade`. Scope: Returns. Not safe to repeat. The form of the category
    /// depends on the version of Loop's API, see [`ConditionCategory`]. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/item-grading-and-disposition/grade-items>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input), with nothing sent, for no or too many items,
    /// a text beyond its limit, or the form of category that [`Client::version`] is known not to
    /// take; [`ErrorKind::Unauthorized`](crate::ErrorKind::Unauthorized), status 403, when a line
    /// is of another shop; [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when Loop finds fault
    /// with an item.
    pub async fn grade(&self, items: &[Grade]) -> Result<Vec<GradedItem>> {
        let version = self.client.version();
        self.send(Call::GradeItems, items, |item| item.check(version))
            .await
    }

    /// Says what becomes of units: 1 to 30 in one call. Answers with what Loop recorded.
    ///
    /// `POST /dispositioning/assess`. Scope: Returns. Not safe to repeat. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/item-grading-and-disposition/assess-dispositions>.
    ///
    /// # Errors
    /// As [`Grading::grade`], but for the category.
    pub async fn assess(&self, items: &[Assessment]) -> Result<Vec<AssessedItem>> {
        self.send(Call::AssessItems, items, Assessment::check).await
    }

    async fn send<I: Serialize, T: DeserializeOwned>(
        &self,
        call: Call,
        items: &[I],
        check: impl Fn(&I) -> Result<(), &'static str>,
    ) -> Result<Vec<T>> {
        count(items)
            .and_then(|()| items.iter().try_for_each(check))
            .map_err(|what| input::refused(call, None, what))?;
        let request = ApiRequest::new(call).json(&json!({ "items": items }));
        self.client.fetch_with(&request, read).await
    }
}

fn count<I>(items: &[I]) -> Result<(), &'static str> {
    match items.len() {
        0 => Err("no items"),
        1..=MOST_ITEMS => Ok(()),
        _ => Err("at most 30 items go in one call"),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, DecodeError> {
    #[derive(Deserialize)]
    #[serde(transparent, bound = "T: DeserializeOwned")]
    struct Items<T>(#[serde(deserialize_with = "required_objects")] Vec<T>);

    decode::from_slice(body).map(|Items(items)| items)
}

/// What a grade and a disposition share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Inspection {
    #[serde(skip_serializing_if = "Option::is_none")]
    return_processor: Option<Personal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Personal>,
    /// As Loop's example has it; whether other forms are read alike is not documented.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "write_spaced"
    )]
    inspected_at: Option<Timestamp>,
}

impl Inspection {
    fn check(&self) -> Result<(), &'static str> {
        input::optional_at_most(
            self.return_processor.as_ref(),
            100,
            "a return processor has at most 100 characters",
        )?;
        input::optional_at_most(
            self.note.as_ref(),
            65_535,
            "a note has at most 65,535 characters",
        )
    }
}

fn write_spaced<S: serde::Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(Timestamp::to_spaced_text).serialize(serializer)
}

/// Elsewhere a line's id is text; these two calls want a number.
fn write_number<S: serde::Serializer>(id: &LineItemId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(id.get())
}

/// Links in an answer. They only inform, so what is no link is left out.
fn read_links<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Vec<Personal>, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::Array(links) => links
            .iter()
            .filter_map(|link| link.as_str().map(Personal::from))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Vec::new()
        }
    })
}
