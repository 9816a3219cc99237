//! Answers that are no success, by the form of their bodies. Pure.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

pub(super) const NO_RETURN: &str = "No return found with this ID.";

/// Status and body of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Refused {
    fn new(status: StatusCode, body: Value) -> Refused {
        Refused { status, body }
    }

    /// Of return actions (with status 200), deep links and carts.
    pub(super) fn errors_message(status: StatusCode, message: &str) -> Refused {
        Refused::new(status, json!({ "errors": { "message": message } }))
    }

    /// Of removing line items from a return of another shop.
    pub(super) fn errors_list_message(status: StatusCode, message: &str) -> Refused {
        Refused::new(status, json!({ "errors": [{ "message": message }] }))
    }

    /// Of removing line items.
    pub(super) fn error_message(status: StatusCode, message: &str) -> Refused {
        Refused::new(status, json!({ "error": { "message": message } }))
    }

    /// Of returns that cannot be changed.
    pub(super) fn message(status: StatusCode, message: &str) -> Refused {
        Refused::new(status, json!({ "message": message }))
    }

    /// Of Laravel's validation: every field that failed, with the sentence about it.
    pub(super) fn invalid(fields: Vec<(String, String)>) -> Refused {
        let errors: Map<String, Value> = fields
            .into_iter()
            .map(|(field, message)| (field, json!([message])))
            .collect();
        Refused::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            json!({ "message": "The given data was invalid.", "errors": errors }),
        )
    }

    /// Of deep links and allowlists.
    pub(super) fn errors_texts(status: StatusCode, texts: &[&str]) -> Refused {
        Refused::new(status, json!({ "errors": texts }))
    }

    /// Of destinations and label requests.
    pub(super) fn coded(status: StatusCode, code: &str, message: &str) -> Refused {
        Refused::new(status, json!({ "code": code, "message": message }))
    }

    /// Of labels whose request is not there.
    pub(super) fn errors_text(status: StatusCode, text: &str) -> Refused {
        Refused::new(status, json!({ "errors": text }))
    }

    /// As destinations say it, also where the form of a 404 is not known.
    pub(super) fn not_found(what: &str) -> Refused {
        let message = format!("The {what} could not be found.");
        Refused::coded(StatusCode::NOT_FOUND, "NOT_FOUND", &message)
    }
}
