//! Notes on a return's timeline: where the reason of a flag goes, because a flag takes none.

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::client::Client;
use crate::decode::{self, DecodeError};
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::request::ApiRequest;
use crate::value::record::required_objects;
use crate::value::scalar::{optional, verbatim};
use crate::value::timestamp::read as time;
use crate::{ExternalId, ReturnId, Timestamp};

/// The longest note that is sure to be taken, in characters: the documentation says "less than
/// 255".
pub const LONGEST_NOTE: usize = 254;

/// A note. Its text is whatever a person or a system wrote; treat it as personal data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Note {
    /// Loop's id of the note.
    #[serde(default, deserialize_with = "optional")]
    pub id: Option<ExternalId>,
    /// The text; empty when Loop has none.
    #[serde(default, deserialize_with = "verbatim")]
    pub content: String,
    /// When it was written.
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
}

impl std::fmt::Debug for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Note")
            .field("id", &self.id)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

/// Calls about the notes of one return; see [`Client::notes`]. Scope: Returns.
#[derive(Debug)]
pub struct Notes<'a> {
    client: &'a Client,
    id: ReturnId,
}

impl<'a> Notes<'a> {
    pub(crate) fn new(client: &'a Client, id: ReturnId) -> Self {
        Self { client, id }
    }

    /// All notes. Loop says "none" with status 422 and the body `false`; that is an empty list.
    ///
    /// `GET /warehouse/return/{id}/notes`. Scope: Returns. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/get-return-notes.md>.
    ///
    /// # Errors
    /// What [any call can fail with](crate::guide::errors#any-call).
    pub async fn list(&self) -> Result<Vec<Note>> {
        let request = ApiRequest::on(Call::ListNotes, self.id);
        self.client.fetch_with(&request, read).await
    }

    /// Adds a note of at most [`LONGEST_NOTE`] characters.
    ///
    /// `POST /warehouse/return/{id}/note`. Scope: Returns. Not safe to repeat: a repeat adds a
    /// second note, so look for it in [`Notes::list`] after an error with [`Effect::Unknown`].
    /// Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/create-return-note.md>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`], with nothing sent, when the text is blank or too long;
    /// [`ErrorKind::NotFound`] when this key sees no such return, and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn create(&self, content: &str) -> Result<()> {
        let problem = if content.trim().is_empty() {
            Some("a note must say something")
        } else if content.chars().count() > LONGEST_NOTE {
            Some("a note holds at most 254 characters")
        } else {
            None
        };
        if let Some(what) = problem {
            let kind = ErrorKind::Input(what);
            return Err(Error::new(
                Call::CreateNote,
                Some(self.id),
                None,
                Effect::NotSent,
                kind,
            ));
        }
        let request = ApiRequest::on(Call::CreateNote, self.id)
            .json(&serde_json::json!({ "content": content }));
        self.client.act(&request).await
    }
}

/// Three shapes: an object with `notes`, a bare list, and `false` for none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Bare(#[serde(deserialize_with = "required_objects")] Vec<Note>),
    Wrapped {
        #[serde(deserialize_with = "required_objects")]
        notes: Vec<Note>,
    },
    None(IsFalse),
}

/// The boolean, or the word.
#[derive(Deserialize)]
#[serde(try_from = "serde_json::Value")]
struct IsFalse;

impl TryFrom<serde_json::Value> for IsFalse {
    type Error = &'static str;

    fn try_from(value: serde_json::Value) -> Result<Self, &'static str> {
        if value == false || value == "false" {
            Ok(Self)
        } else {
            Err("expected notes")
        }
    }
}

fn read(body: &[u8]) -> Result<Vec<Note>, DecodeError> {
    Ok(match decode::from_slice(body)? {
        Answer::Bare(notes) | Answer::Wrapped { notes } => notes,
        Answer::None(IsFalse) => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_notes() {
        for (body, count) in [
            (
                r#"{"notes":[{"id":123,"content":"a","created_at":"2023-11-07T05:31:56Z"}]}"#,
                Some(1),
            ),
            (
                r#"[{"id":"7","content":"a","created_at":"2023-11-07 05:31:56"},{"id":8,"content":"b","new":1}]"#,
                Some(2),
            ),
            ("[]", Some(0)),
            ("false", Some(0)),
            ("\"false\"", Some(0)),
            ("true", None),
            ("{}", None),
            ("", None),
        ] {
            assert_eq!(
                read(body.as_bytes()).ok().map(|notes| notes.len()),
                count,
                "{body}"
            );
        }
    }
}
