//! Reads what Loop answered. Success is decided by the body: Loop refuses with status 200, and
//! answers with some eighteen shapes of error.

mod headers;
mod words;

use serde_json::Value;

use crate::call::Call;
use crate::error::{Effect, ErrorCode, ErrorKind, Message};

pub(crate) use headers::{allowance, retry_after};
use words::{envelope, says_something, shape};

/// What an answer's error means.
pub(crate) type Failure = (Effect, ErrorKind);

/// For calls that answer `true`, as a boolean or as text, when Loop accepts them. Anything else
/// is a refusal.
pub(crate) fn accepted(call: Call, status: u16, body: &[u8]) -> Result<(), Failure> {
    let value = serde_json::from_slice::<Value>(body).ok();
    let is_true = match &value {
        Some(Value::Bool(answer)) => *answer,
        Some(Value::String(answer)) => answer.trim() == "true",
        _ => false,
    };
    if is_true && (200..300).contains(&status) {
        return Ok(());
    }
    Err(explain(call, status, value.as_ref(), body))
}

/// For calls that answer with data: an error hides in it, whatever the status.
pub(crate) fn data(call: Call, status: u16, body: &[u8]) -> Result<(), Failure> {
    if (200..300).contains(&status) && !looks_like_error(call, body) {
        return Ok(());
    }
    if call == Call::ListNotes && status == 422 && is_false(body) {
        return Ok(());
    }
    Err(failure(call, status, body))
}

/// For calls whose success is any good status, with or without a body, that holds no error. Words
/// alone are none: Loop says "queued" in words, too.
pub(crate) fn done(call: Call, status: u16, body: &[u8]) -> Result<(), Failure> {
    // A page of HTML with a good status is some proxy's, not Loop's.
    let says_no = is_false(body)
        || body.trim_ascii_start().starts_with(b"<")
        || error_in(body).is_some_and(|value| !is_only_a_message(&value));
    if (200..300).contains(&status) && !says_no {
        return Ok(());
    }
    Err(failure(call, status, body))
}

/// `false` is how Loop says that a return has no notes.
fn is_false(body: &[u8]) -> bool {
    matches!(body.trim_ascii(), b"false" | b"\"false\"")
}

/// What an answer that is no success means.
pub(crate) fn failure(call: Call, status: u16, body: &[u8]) -> Failure {
    explain(
        call,
        status,
        serde_json::from_slice(body).ok().as_ref(),
        body,
    )
}

/// Whether a body with a good status is an error all the same. Errors are small, so that a page
/// of rows is not parsed twice.
fn looks_like_error(call: Call, body: &[u8]) -> bool {
    error_in(body).is_some_and(|value| {
        let words_are_data =
            call.is_custom() || (call == Call::GenerateLabel && is_only_a_message(&value));
        // A label request has both an id and the errors that were reported on it.
        value.get("id").is_none() && (names_an_error(&value) || !words_are_data)
    })
}

/// A small object that holds an error, or nothing but words.
fn error_in(body: &[u8]) -> Option<Value> {
    const LARGEST_ERROR: usize = 16 << 10;
    if body.len() > LARGEST_ERROR {
        return None;
    }
    let value: Value = serde_json::from_slice(body).ok()?;
    let fields = value.as_object()?;
    let only_words = fields.contains_key("message")
        && fields
            .keys()
            .all(|key| matches!(key.as_str(), "message" | "code" | "error" | "errors"));
    (names_an_error(&value) || only_words).then_some(value)
}

fn names_an_error(value: &Value) -> bool {
    ["error", "errors"]
        .iter()
        .any(|key| value.get(*key).is_some_and(says_something))
}

/// Words without an error beside them, and without a code.
fn is_only_a_message(value: &Value) -> bool {
    !names_an_error(value) && !value.get("code").is_some_and(says_something)
}

fn explain(call: Call, status: u16, value: Option<&Value>, body: &[u8]) -> Failure {
    let documented = value.and_then(envelope);
    let is_envelope = documented.is_some();
    let message = documented.unwrap_or_else(|| Message {
        code: None,
        text: shape(value, body),
    });
    match status {
        // Turned away at the door, as documented for every call.
        401 => (Effect::NotApplied, ErrorKind::Unauthorized(message)),
        429 => (Effect::NotApplied, ErrorKind::RateLimited),
        300..400 => (Effect::Unknown, ErrorKind::Redirected),
        _ if status < 500 && is_envelope => {
            let proven = is_documented_refusal(call, status, &message);
            let effect = if proven {
                Effect::NotApplied
            } else {
                Effect::Unknown
            };
            (effect, classify(status, message))
        }
        403 => (Effect::Unknown, ErrorKind::Unauthorized(message)),
        404 => (Effect::Unknown, ErrorKind::NotFound(message)),
        400 | 409 | 422 => (Effect::Unknown, ErrorKind::Invalid(message)),
        // Also a 200 with `false`, HTML, or anything else that no page documents.
        _ => (Effect::Unknown, ErrorKind::Server(message)),
    }
}

fn classify(status: u16, message: Message) -> ErrorKind {
    let no_such = ["No return found", "No cart found"]
        .iter()
        .any(|start| message.text.starts_with(start))
        || message.code == Some(ErrorCode::NotFound);
    match status {
        _ if no_such => ErrorKind::NotFound(message),
        403 => ErrorKind::Unauthorized(message),
        404 => ErrorKind::NotFound(message),
        400 | 409 | 422 => ErrorKind::Invalid(message),
        _ => ErrorKind::Refused(message),
    }
}

/// Whether this answer proves that the call did nothing. For calls that cannot be undone only
/// what Loop documents counts; an answer nobody has seen proves nothing.
fn is_documented_refusal(call: Call, status: u16, message: &Message) -> bool {
    if call.is_safe_to_repeat() {
        return true;
    }
    let known_code = matches!(
        message.code,
        Some(ErrorCode::UnprocessableReturn | ErrorCode::UnprocessableFlaggedReturn)
    );
    let text = message.text.as_str();
    let known_text = text == "No return found with this ID."
        || (text.starts_with("Return is ")
            && (text.ends_with(" and therefore cannot be processed.")
                || text.ends_with(" and cannot be processed.")));
    match call {
        Call::RemoveLineItems => match status {
            200 => known_text,
            // The return is of another shop.
            403 => true,
            // It removes first and processes then, so that only what is said of the lines counts.
            422 => [
                "The line item id field is required.",
                "Return cannot be modified.",
                "There are no line items that qualify for removal",
                "Not all line items qualify for removal",
            ]
            .iter()
            .any(|known| text.trim_end_matches('.') == known.trim_end_matches('.')),
            _ => false,
        },
        _ if call.is_irreversible() => status == 200 && (known_code || known_text),
        // What these create is checked before anything is written; carts say so with 200.
        _ => known_text || matches!(status, 400 | 403 | 404 | 409 | 422) || is_cart(call),
    }
}

fn is_cart(call: Call) -> bool {
    matches!(
        call,
        Call::CreateCart | Call::GetCart | Call::ReplaceCart | Call::DeleteCart
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_means_true_and_nothing_else() {
        for body in ["true", "\"true\"", " true\n"] {
            assert!(
                accepted(Call::Process, 200, body.as_bytes()).is_ok(),
                "{body}"
            );
        }
        for body in [
            "false",
            "1",
            "\"yes\"",
            "[true]",
            "{}",
            "null",
            "",
            "<html>true</html>",
            "tru",
        ] {
            let (effect, _) = accepted(Call::Process, 200, body.as_bytes()).expect_err(body);
            assert_eq!(effect, Effect::Unknown, "{body}");
        }
        for status in [201, 500] {
            assert_eq!(
                accepted(Call::Process, status, b"true").is_ok(),
                status == 201
            );
        }
    }

    /// Every documented envelope: what it means, and whether it proves that nothing happened.
    #[test]
    fn every_envelope_is_understood() {
        let no_return = "No return found with this ID.";
        let state = "Return is closed and therefore cannot be processed.";
        for (call, status, body, kind, effect, code, text) in [
            (
                Call::Process,
                401,
                r#"{"error":{"code":"401","http_code":"GEN-UNAUTHORIZED","message":"Unauthorized."}}"#,
                "Unauthorized",
                Effect::NotApplied,
                Some("GEN-UNAUTHORIZED"),
                "Unauthorized.",
            ),
            (
                Call::Process,
                401,
                r#"{"errors":"Unauthorized."}"#,
                "Unauthorized",
                Effect::NotApplied,
                None,
                "Unauthorized.",
            ),
            (
                Call::Process,
                200,
                r#"{"errors":{"message":"No return found with this ID."}}"#,
                "NotFound",
                Effect::NotApplied,
                None,
                no_return,
            ),
            (
                Call::ReturnDetails,
                200,
                r#"{"error":{"message":"No return found with this ID."}}"#,
                "NotFound",
                Effect::NotApplied,
                None,
                no_return,
            ),
            (
                Call::Process,
                200,
                r#"{"errors":{"message":"Return is open and therefore cannot be processed.","code":"UNPROCESSABLE_FLAGGED_RETURN"}}"#,
                "Refused",
                Effect::NotApplied,
                Some("UNPROCESSABLE_FLAGGED_RETURN"),
                "Return is open and therefore cannot be processed.",
            ),
            (
                Call::Process,
                200,
                r#"{"errors":{"message":"Return is closed and therefore cannot be processed.","code":"UNPROCESSABLE_RETURN"}}"#,
                "Refused",
                Effect::NotApplied,
                Some("UNPROCESSABLE_RETURN"),
                state,
            ),
            (
                Call::Process,
                200,
                r#"{"message":"Return is closed and therefore cannot be processed."}"#,
                "Refused",
                Effect::NotApplied,
                None,
                state,
            ),
            (
                Call::Process,
                200,
                r#"{"content":"Return is expired and cannot be processed."}"#,
                "Refused",
                Effect::NotApplied,
                None,
                "Return is expired and cannot be processed.",
            ),
            (
                Call::Process,
                200,
                r#"{"errors":{"message":"A brand new way to say no"}}"#,
                "Refused",
                Effect::Unknown,
                None,
                "A brand new way to say no",
            ),
            (
                Call::Process,
                200,
                r#"{"ok":true}"#,
                "Server",
                Effect::Unknown,
                None,
                "answered with an object without an error (11 bytes)",
            ),
            (
                Call::Process,
                403,
                r#"{"errors":[{"message":"Not yours"}]}"#,
                "Unauthorized",
                Effect::Unknown,
                None,
                "Not yours",
            ),
            (
                Call::Process,
                403,
                "<html>",
                "Unauthorized",
                Effect::Unknown,
                None,
                "answered with HTML (6 bytes)",
            ),
            (
                Call::ListReturns,
                422,
                r#"{"message":"The given data was invalid.","errors":{"from":["The from is wrong."]}}"#,
                "Invalid",
                Effect::NotApplied,
                None,
                "The from is wrong.",
            ),
            (
                Call::CreateNote,
                422,
                r#"{"errors":{"message":"Content is required and must be less than 255 characters."}}"#,
                "Invalid",
                Effect::NotApplied,
                None,
                "Content is required and must be less than 255 characters.",
            ),
            (
                Call::ReturnDetails,
                400,
                r#"{"errors":["[\"errorCode1\"]"]}"#,
                "Invalid",
                Effect::NotApplied,
                Some("errorCode1"),
                "[\"errorCode1\"]",
            ),
            (
                Call::CreateDeepLink,
                400,
                r#"{"errors":["ORDER_NOT_FOUND"],"message":"No such order."}"#,
                "Invalid",
                Effect::NotApplied,
                Some("ORDER_NOT_FOUND"),
                "No such order.",
            ),
            (
                Call::GenerateLabel,
                409,
                r#"{"error":"label_already_exists","message":"One is enough."}"#,
                "Invalid",
                Effect::NotApplied,
                Some("label_already_exists"),
                "One is enough.",
            ),
            (
                Call::GenerateLabel,
                404,
                r#"{"error":"return_not_found"}"#,
                "NotFound",
                Effect::NotApplied,
                Some("return_not_found"),
                "return_not_found",
            ),
            (
                Call::CustomWrite,
                422,
                r#"{"errors":[{"code":"returns-unavailable-for-order","message":"Too late."}]}"#,
                "Invalid",
                Effect::Unknown,
                Some("returns-unavailable-for-order"),
                "Too late.",
            ),
            (
                Call::ReturnDetails,
                404,
                r#"{"code":"NOT_FOUND","message":"Nothing here."}"#,
                "NotFound",
                Effect::NotApplied,
                Some("NOT_FOUND"),
                "Nothing here.",
            ),
            (
                Call::ListWebhooks,
                404,
                r#"{"errors":{"code":"NOT_FOUND"}}"#,
                "NotFound",
                Effect::NotApplied,
                Some("NOT_FOUND"),
                "no message",
            ),
            (
                Call::ReturnDetails,
                422,
                "false",
                "Invalid",
                Effect::Unknown,
                None,
                "answered with false (5 bytes)",
            ),
            (
                Call::Process,
                500,
                r#"{"message":"Server Error"}"#,
                "Server",
                Effect::Unknown,
                None,
                "Server Error",
            ),
            (
                Call::Process,
                524,
                "<html>eliza@example.com</html>",
                "Server",
                Effect::Unknown,
                None,
                "answered with HTML (30 bytes)",
            ),
            (
                Call::Process,
                500,
                r#"{"message":"mail to eliza@example.com\nfailed"}"#,
                "Server",
                Effect::Unknown,
                None,
                "mail to [removed] failed",
            ),
        ] {
            let read = if call == Call::Process || call == Call::CreateNote {
                accepted
            } else {
                data
            };
            let (found_effect, found) = read(call, status, body.as_bytes()).expect_err(body);
            let (name, message) = match &found {
                ErrorKind::Unauthorized(message) => ("Unauthorized", message),
                ErrorKind::Refused(message) => ("Refused", message),
                ErrorKind::NotFound(message) => ("NotFound", message),
                ErrorKind::Invalid(message) => ("Invalid", message),
                ErrorKind::Server(message) => ("Server", message),
                ErrorKind::RateLimited
                | ErrorKind::Unreadable(_)
                | ErrorKind::Incomplete(_)
                | ErrorKind::TooLarge { .. }
                | ErrorKind::Redirected
                | ErrorKind::Transport(_)
                | ErrorKind::Paging(_)
                | ErrorKind::Input(_) => panic!("{body}: {found:?}"),
            };
            assert_eq!((name, found_effect), (kind, effect), "{status} {body}");
            assert_eq!(message.text, text, "{body}");
            assert_eq!(message.code.as_ref().map(ErrorCode::as_str), code, "{body}");
        }
        let limited = accepted(Call::Process, 429, b"").expect_err("refused");
        assert!(matches!(
            limited,
            (Effect::NotApplied, ErrorKind::RateLimited)
        ));
        let moved = accepted(Call::Process, 302, b"true").expect_err("refused");
        assert!(matches!(moved, (Effect::Unknown, ErrorKind::Redirected)));
    }

    #[test]
    fn data_is_not_mistaken_for_an_error() {
        for body in [
            "[]",
            r#"{"returns":[],"nextPageUrl":null}"#,
            r#"{"id":1,"errors":[]}"#,
            r#"{"errors":null}"#,
            r#"{"returns":[],"error":false}"#,
        ] {
            assert!(
                data(Call::ListReturns, 200, body.as_bytes()).is_ok(),
                "{body}"
            );
        }
    }

    /// "A bare message in a 2xx body is not by itself an error."
    #[test]
    fn words_alone_are_no_error_where_data_is_not_awaited() {
        for (call, body, good) in [
            (Call::RegenerateLabel, r#"{"message":"Queued"}"#, true),
            (
                Call::DeleteAllowlistEntry,
                r#"{"message":"Deleted."}"#,
                true,
            ),
            (Call::DeleteDestination, "\"Success\"", true),
            (Call::DeleteFraudReport, "", true),
            (
                Call::RegenerateLabel,
                r#"{"message":"No.","code":"NO"}"#,
                false,
            ),
            (
                Call::RegenerateLabel,
                r#"{"message":"No.","errors":["x"]}"#,
                false,
            ),
            (Call::RegenerateLabel, "<html>", false),
            (Call::RegenerateLabel, "false", false),
        ] {
            assert_eq!(done(call, 202, body.as_bytes()).is_ok(), good, "{body}");
            assert!(done(call, 500, body.as_bytes()).is_err(), "{body}");
        }
        let queued = br#"{"message":"Label generation queued"}"#;
        assert!(data(Call::GenerateLabel, 202, queued).is_ok());
        assert!(data(Call::GetDestination, 200, queued).is_err());
    }
}
