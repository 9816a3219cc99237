//! How a failure is answered.

use std::fmt::Display;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::http::operation::Operation;
use crate::http::problem::{Class, Problem};
use crate::{InvalidRma, OmsError, RmaSnapshot};

/// A snapshot that makes no sense has no JSON. That is the system's failure behind, not a moment's.
pub(super) fn sound(snapshot: RmaSnapshot) -> Result<RmaSnapshot, OmsError> {
    match snapshot.validate() {
        Ok(()) => Ok(snapshot),
        Err(error) => Err(
            OmsError::malformed("the system behind told what makes no sense").with_source(error),
        ),
    }
}

/// A failure with its status.
pub(super) struct Failure {
    status: StatusCode,
    problem: Box<Problem>,
}

impl Failure {
    /// The failure of an operation. A class that the contract does not know of it is a mistake of
    /// the system behind: a "not found" from a creation, say, must not reach anybody as that.
    pub(super) fn of(operation: Operation) -> impl FnOnce(OmsError) -> Self {
        move |error| {
            let mut problem = Problem::from(match error {
                OmsError::Conflict { existing } => {
                    sound(*existing).map_or_else(|error| error, OmsError::conflict)
                }
                error => error,
            });
            if !operation.may_fail_with(problem.class) {
                let name = operation.name();
                problem = Problem::new(
                    Class::Malformed,
                    "malformed",
                    format!("the system behind answered {name} with a failure that it cannot have"),
                );
            }
            Self::new(usual_status(problem.class), problem)
        }
    }

    fn new(status: StatusCode, problem: Problem) -> Self {
        Self {
            status,
            problem: Box::new(problem),
        }
    }

    fn rejected(status: StatusCode, code: &str, detail: impl Display) -> Self {
        Self::new(
            status,
            Problem::new(Class::Rejected, code, detail.to_string()),
        )
    }

    pub(super) fn bad_request(code: &str, detail: impl Display) -> Self {
        Self::rejected(StatusCode::BAD_REQUEST, code, detail)
    }

    pub(super) fn invalid_content(detail: impl Display, field: Option<String>) -> Self {
        let mut failure =
            Self::rejected(StatusCode::UNPROCESSABLE_ENTITY, "invalid_content", detail);
        failure.problem.field = field;
        failure
    }

    pub(super) fn invalid_rma(error: &InvalidRma) -> Self {
        let mut failure = Self::rejected(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error);
        failure.problem.field = Some("lines".to_owned());
        failure.problem.line_item_id = error.line_ref().cloned();
        failure
    }

    pub(super) fn other_rma() -> Self {
        Self::rejected(
            StatusCode::UNPROCESSABLE_ENTITY,
            "address_differs",
            "merchant and rma_number must be the same in the address and in the body",
        )
    }

    pub(super) fn too_large() -> Self {
        Self::rejected(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("the body has more than {} bytes", super::LARGEST_REQUEST),
        )
    }

    pub(super) fn no_key() -> Self {
        let detail = "one bearer key that is known here is needed";
        Self::new(
            StatusCode::UNAUTHORIZED,
            Problem::new(Class::Auth, "auth", detail),
        )
    }

    pub(super) fn forbidden(detail: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            Problem::new(Class::Auth, "auth", detail),
        )
    }
}

/// Rejected, not "not found": the latter says that an RMA does not exist.
pub(super) async fn no_such_path() -> Failure {
    let detail = "the contract has no such path";
    Failure::rejected(StatusCode::NOT_FOUND, "no_such_path", detail)
}

pub(super) async fn no_such_method() -> Failure {
    let detail = "the contract has this path without this method";
    Failure::rejected(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", detail)
}

fn usual_status(class: Class) -> StatusCode {
    match class {
        Class::Transient => StatusCode::SERVICE_UNAVAILABLE,
        Class::Ambiguous => StatusCode::GATEWAY_TIMEOUT,
        // Not the caller's key: the one that this service has for the system behind.
        Class::Auth => StatusCode::FORBIDDEN,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::Conflict | Class::TooLate => StatusCode::CONFLICT,
        Class::Rejected | Class::Partial => StatusCode::UNPROCESSABLE_ENTITY,
        Class::Unsupported => StatusCode::NOT_IMPLEMENTED,
        Class::Malformed => StatusCode::BAD_GATEWAY,
        Class::CursorLost => StatusCode::GONE,
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let retry_after = self.problem.retry_after_seconds;
        let mut response = (self.status, Json(self.problem)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
