//! How an entry is written down: JSON, with the number of its form beside it.

use super::{Entry, LedgerError};

/// Counts the forms there were. Form 1 knew no claims. What a newer form says is not guessed at:
/// an old program that wrote such an entry back would forget what it did not understand.
pub(super) const FORM: i64 = 2;

pub(super) fn encode(entry: &Entry) -> Result<String, LedgerError> {
    serde_json::to_string(entry).map_err(|error| unreadable(error.to_string()))
}

pub(super) fn decode(form: i64, revision: i64, body: &str) -> Result<Entry, LedgerError> {
    if !(1..=FORM).contains(&form) {
        return Err(unreadable(format!("an entry in form {form}")));
    }
    let revision = u64::try_from(revision).map_err(|error| unreadable(error.to_string()))?;
    let entry: Entry = serde_json::from_str(body).map_err(|error| unreadable(error.to_string()))?;
    Ok(Entry { revision, ..entry })
}

fn unreadable(what: String) -> LedgerError {
    LedgerError::Unreadable { what }
}
