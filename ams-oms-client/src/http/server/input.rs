//! Reading requests: whatever comes in, either a value of ours or a clear refusal.

use axum::body::Bytes;
use axum::extract::{self, FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::access::check_merchant;
use super::failure::Failure;
use crate::{MerchantId, RmaKey, RmaNumber};

/// The merchant in the address, whom the key is for.
pub(super) struct MerchantOf(pub(super) MerchantId);

impl<S: Send + Sync> FromRequestParts<S> for MerchantOf {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Path(merchant) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Failure::bad_request("invalid_merchant", "the address is not UTF-8"))?;
        merchant_of(parts, merchant).map(Self)
    }
}

/// The RMA in the address, of a merchant whom the key is for.
pub(super) struct About(pub(super) RmaKey);

impl<S: Send + Sync> FromRequestParts<S> for About {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Path((merchant, number)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| Failure::bad_request("invalid_merchant", "the address is not UTF-8"))?;
        let merchant = merchant_of(parts, merchant)?;
        let number: RmaNumber = number
            .parse()
            .map_err(|error| Failure::bad_request("invalid_rma_number", error))?;
        Ok(Self(RmaKey::new(merchant, number)))
    }
}

fn merchant_of(parts: &Parts, text: String) -> Result<MerchantId, Failure> {
    let merchant =
        MerchantId::new(text).map_err(|error| Failure::bad_request("invalid_merchant", error))?;
    check_merchant(parts, &merchant)?;
    Ok(merchant)
}

/// What stands behind the question mark.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let extract::Query(query) = extract::Query::from_request_parts(parts, state)
            .await
            .map_err(|_| {
                let detail = "a query parameter is not what the contract says, or came twice";
                Failure::bad_request("invalid_query", detail)
            })?;
        Ok(Self(query))
    }
}

/// The JSON of a body, whatever its content type says.
pub(super) struct Content<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Content<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|refused| match refused.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Failure::too_large(),
                _ => Failure::bad_request("unreadable_body", "the body broke off"),
            })?;
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut input).map_err(|error| {
        let field = error.path().to_string();
        refused(error.inner(), Some(field).filter(|field| field != "."))
    })?;
    input.end().map_err(|error| refused(&error, None))?;
    Ok(value)
}

/// `serde_json` quotes values in its messages, so only the place is taken from it.
fn refused(error: &serde_json::Error, field: Option<String>) -> Failure {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        Category::Data => Failure::invalid_content(
            format!("the body is not what the contract says, at {place}"),
            field,
        ),
        Category::Syntax | Category::Eof | Category::Io => {
            Failure::bad_request("malformed_json", format!("the body is no JSON, at {place}"))
        }
    }
}
