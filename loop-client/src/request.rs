//! Requests as data, built by pure functions and readable without a server.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, header};

use crate::ReturnId;
use crate::call::Call;
use crate::config::Endpoint;
use crate::transport::Deadline;
use crate::value::PathParam;

/// A call that ends with its answer takes no longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// One call. Its path holds only literals and ids that cannot be anything but one segment, so no
/// input can lead it elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ApiRequest {
    pub(crate) call: Call,
    pub(crate) return_id: Option<ReturnId>,
    method: Method,
    path: Vec<String>,
    query: Vec<(String, String)>,
    body: Option<String>,
    ids_as_text: bool,
}

/// Parameters and body may hold an e-mail address or a postcode, and so may a path of the caller's.
impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = (!self.call.is_custom()).then_some(&self.path);
        f.debug_struct("ApiRequest")
            .field("method", &self.method)
            .field("path", &path)
            .finish_non_exhaustive()
    }
}

impl ApiRequest {
    /// For an endpoint without ids in its path.
    pub(crate) fn new(call: Call) -> Self {
        Self::with_ids(call, &[])
    }

    /// For an endpoint with ids in its path, in their order.
    pub(crate) fn with_ids(call: Call, ids: &[&dyn PathParam]) -> Self {
        let (method, template) = call.route();
        let mut ids = ids.iter();
        let path = template
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| match segment.strip_prefix('{') {
                Some(_) => ids
                    .next()
                    .map_or_else(|| segment.to_owned(), |id| id.segment()),
                None => segment.to_owned(),
            })
            .collect();
        Self::custom(call, method, path)
    }

    /// For an endpoint that has no row in [`Call`]; its segments were checked.
    pub(crate) fn custom(call: Call, method: Method, path: Vec<String>) -> Self {
        Self {
            call,
            return_id: None,
            method,
            path,
            query: Vec::new(),
            body: None,
            ids_as_text: false,
        }
    }

    /// For a call about one return, whose id stands in the path.
    pub(crate) fn on(call: Call, id: ReturnId) -> Self {
        Self::with_ids(call, &[&id]).about(id)
    }

    pub(crate) fn about(mut self, id: ReturnId) -> Self {
        self.return_id = Some(id);
        self
    }

    pub(crate) fn query(mut self, key: impl Into<String>, value: &dyn ToString) -> Self {
        self.query.push((key.into(), value.to_string()));
        self
    }

    pub(crate) fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    /// Asks for ids as text, so that none is cut to 53 bits on the way through other software.
    pub(crate) fn ids_as_text(mut self) -> Self {
        self.ids_as_text = true;
        self
    }

    /// `None` when the address is longer than an address can be, which only a parameter from
    /// outside can make it. The exchange has to end within `left`.
    pub(crate) fn build(
        &self,
        endpoint: &Endpoint,
        left: Duration,
    ) -> Option<http::Request<Bytes>> {
        let url = endpoint.url(&self.path, &self.query);
        let mut request = http::Request::new(Bytes::from(self.body.clone().unwrap_or_default()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = url.as_str().parse().ok()?;
        let headers = request.headers_mut();
        headers.insert("x-authorization", endpoint.key());
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if self.ids_as_text {
            headers.insert(
                "x-loop-global-identifier-type",
                HeaderValue::from_static("string"),
            );
        }
        if self.body.is_some() {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
        } else if self.method == Method::POST || self.method == Method::PUT {
            // Some proxies refuse a POST that states no length.
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        // A report may be long; it is bounded by the transport's silence limit instead.
        if self.call != Call::AsnReport {
            let within = ANSWER_WITHIN.min(left).max(Duration::from_millis(1));
            request.extensions_mut().insert(Deadline(within));
        }
        Some(request)
    }
}
