use serde_json::{Value, json};

use crate::sandbox::model::Note;

/// The form of the newest specification: a bare array, dates without a zone.
pub(in crate::sandbox) fn notes_bare(notes: &[Note]) -> Value {
    notes
        .iter()
        .map(|note| {
            json!({
                "id": note.id,
                "content": note.content,
                "created_at": note.created_at.with_space(),
            })
        })
        .collect()
}

/// The documented form of `v1`: an object, dates with a `Z`.
pub(in crate::sandbox) fn notes_wrapped(notes: &[Note]) -> Value {
    let notes: Vec<Value> = notes
        .iter()
        .map(|note| {
            json!({
                "id": note.id,
                "content": note.content,
                "created_at": note.created_at.with_z(),
            })
        })
        .collect();
    json!({ "notes": notes })
}
