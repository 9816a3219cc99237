//! Calls of Loop's API that this crate has no method for.

use http::Method;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::client::Client;
use crate::decode;
use crate::error::Result;
use crate::request::ApiRequest;
use crate::value::{InvalidPathText, check_path_text};

/// A call that this crate has no method for. It goes to the configured address and version, with
/// the key, the call budget, the reading of errors and the retries of every other call.
///
/// ```no_run
/// use loop_client::RawRequest;
///
/// # async fn example(client: loop_client::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let request = RawRequest::get(["draft-returns"])?.query("page", &2);
/// let drafts: serde_json::Value = client.raw().fetch(&request).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RawRequest(ApiRequest);

impl RawRequest {
    /// A read. It is repeated by itself after a failure that may pass.
    ///
    /// # Errors
    /// When a segment of the path is empty, only dots, or holds a slash or a blank.
    pub fn get<S: AsRef<str>>(path: impl IntoIterator<Item = S>) -> Result<Self, InvalidPathText> {
        Self::new(Call::CustomRead, Method::GET, path)
    }

    /// A call with an effect. It is repeated only when the first attempt certainly had none.
    ///
    /// # Errors
    /// As [`RawRequest::get`].
    pub fn post<S: AsRef<str>>(path: impl IntoIterator<Item = S>) -> Result<Self, InvalidPathText> {
        Self::new(Call::CustomWrite, Method::POST, path)
    }

    /// As [`RawRequest::post`], with the method PUT.
    ///
    /// # Errors
    /// As [`RawRequest::get`].
    pub fn put<S: AsRef<str>>(path: impl IntoIterator<Item = S>) -> Result<Self, InvalidPathText> {
        Self::new(Call::CustomWrite, Method::PUT, path)
    }

    /// As [`RawRequest::post`], with the method DELETE.
    ///
    /// # Errors
    /// As [`RawRequest::get`].
    pub fn delete<S: AsRef<str>>(
        path: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidPathText> {
        Self::new(Call::CustomWrite, Method::DELETE, path)
    }

    fn new<S: AsRef<str>>(
        call: Call,
        method: Method,
        path: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidPathText> {
        let path: Vec<String> = path
            .into_iter()
            .map(|segment| check_path_text(segment.as_ref()).map(str::to_owned))
            .collect::<Result<_, _>>()?;
        if path.is_empty() {
            return Err(InvalidPathText);
        }
        Ok(Self(ApiRequest::custom(call, method, path)))
    }

    /// Adds a parameter to the address.
    pub fn query(self, key: &str, value: &dyn ToString) -> Self {
        Self(self.0.query(key, value))
    }

    /// With a JSON body.
    pub fn json(self, body: &serde_json::Value) -> Self {
        Self(self.0.json(body))
    }
}

/// Calls that this crate has no method for; see [`Client::raw`]. The scope is the endpoint's; what
/// is made by [`RawRequest::get`] is taken for safe to repeat, and nothing else is. What they rest
/// on is yours: Loop's reference begins at <https://docs.loopreturns.com/api-reference/>.
#[derive(Debug)]
pub struct Raw<'a> {
    client: &'a Client,
}

impl<'a> Raw<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// The answer, read as `T`. An answer that holds `error` or `errors` fails whatever its
    /// status; what else is a refusal you have to know.
    ///
    /// # Errors
    /// What any call can fail with.
    pub async fn fetch<T: DeserializeOwned>(&self, request: &RawRequest) -> Result<T> {
        self.client.fetch_with(&request.0, decode::from_slice).await
    }

    /// For a call whose success is any good status, with or without a body, that holds no error.
    ///
    /// # Errors
    /// What any call can fail with.
    pub async fn complete(&self, request: &RawRequest) -> Result<()> {
        self.client.complete(&request.0).await
    }

    /// For a call that answers `true` when Loop accepts it; anything else fails.
    ///
    /// # Errors
    /// What any call can fail with, and [`ErrorKind::Refused`](crate::ErrorKind::Refused).
    pub async fn act(&self, request: &RawRequest) -> Result<()> {
        self.client.act(&request.0).await
    }
}
