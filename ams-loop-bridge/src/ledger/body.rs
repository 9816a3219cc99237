//! How an entry is written down: JSON, with the number of its form beside it.

use super::{Entry, LedgerError, Stored};

/// Counts the forms there were. Form 1 knew no claims. What a newer form says is not guessed at:
/// an old program that wrote such an entry back would forget what it did not understand.
pub(super) const FORM: i64 = 2;

pub(super) fn encode(entry: &Entry) -> Result<String, LedgerError> {
    serde_json::to_string(entry).map_err(|error| unreadable(error.to_string()))
}

fn decode(form: i64, revision: i64, body: &str) -> Result<Entry, LedgerError> {
    if !(1..=FORM).contains(&form) {
        return Err(unreadable(format!("an entry in form {form}")));
    }
    let revision = u64::try_from(revision).map_err(|error| unreadable(error.to_string()))?;
    let entry: Entry = serde_json::from_str(body).map_err(|error| unreadable(error.to_string()))?;
    Ok(Entry { revision, ..entry })
}

/// Form, revision and body, as a database has them.
pub(super) type Columns = (i64, i64, String);

pub(super) fn entry((form, revision, body): Columns) -> Result<Entry, LedgerError> {
    decode(form, revision, &body)
}

/// As [`readable_entries`], for a list that ends where nothing more comes.
pub(super) fn entries(rows: Vec<Columns>) -> Result<Vec<Entry>, LedgerError> {
    let is_the_end = rows.is_empty();
    let entries = readable_entries(rows);
    if entries.is_empty() && !is_the_end {
        return Err(unreadable("every entry of a page".to_owned()));
    }
    Ok(entries)
}

/// L4: an entry that cannot be read must not keep the others from being looked at.
pub(super) fn readable_entries(rows: Vec<Columns>) -> Vec<Entry> {
    let readable = |row| {
        entry(row)
            .inspect_err(|error| tracing::error!(%error, "an entry of the ledger is left alone"))
            .ok()
    };
    rows.into_iter().filter_map(readable).collect()
}

/// A count as a database keeps it.
pub(super) fn integer(count: u64) -> Result<i64, LedgerError> {
    i64::try_from(count).map_err(|_| unreadable(format!("count {count}")))
}

/// Of a statement that changes one row, if it still is what the caller loaded.
pub(super) fn stored(changed: usize) -> Stored {
    if changed == 1 {
        Stored::Yes
    } else {
        Stored::Stale
    }
}

fn unreadable(what: String) -> LedgerError {
    LedgerError::Unreadable { what }
}
