//! Requests as data, built by pure functions and readable without a server.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, header};

use crate::ReturnId;
use crate::call::Call;
use crate::config::Endpoint;
use crate::transport::Deadline;

/// A call that ends with its answer takes no longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// One call. Its path holds only literals and numeric ids, so no input can lead it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiRequest {
    pub(crate) call: Call,
    pub(crate) return_id: Option<ReturnId>,
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<String>,
}

impl ApiRequest {
    pub(crate) fn get<const N: usize>(call: Call, path: [&str; N]) -> Self {
        Self {
            call,
            return_id: None,
            method: Method::GET,
            path: path.map(str::to_owned).to_vec(),
            query: Vec::new(),
            body: None,
        }
    }

    pub(crate) fn post<const N: usize>(call: Call, path: [&str; N]) -> Self {
        Self {
            method: Method::POST,
            ..Self::get(call, path)
        }
    }

    pub(crate) fn about(mut self, id: ReturnId) -> Self {
        self.return_id = Some(id);
        self
    }

    pub(crate) fn query(mut self, key: &'static str, value: &dyn ToString) -> Self {
        self.query.push((key, value.to_string()));
        self
    }

    pub(crate) fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    pub(crate) fn build(&self, endpoint: &Endpoint) -> http::Request<Bytes> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let url = endpoint.url(&path, &self.query);
        let mut request = http::Request::new(Bytes::from(self.body.clone().unwrap_or_default()));
        *request.method_mut() = self.method.clone();
        // A `Url` of http or https is a valid `Uri`; an empty one would be refused, not misled.
        *request.uri_mut() = url.as_str().parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert("x-authorization", endpoint.key());
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if self.body.is_some() {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
        } else if self.method == Method::POST {
            // Some proxies refuse a POST that states no length.
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        // A report may be long; it is bounded by the transport's silence limit instead.
        if self.call != Call::AsnReport {
            request.extensions_mut().insert(Deadline(ANSWER_WITHIN));
        }
        request
    }
}
