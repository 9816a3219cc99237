use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;

use super::{Body, Deadline, Transport, TransportError};

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept: one that the other side has closed in the meantime would
/// lose a request that nobody may repeat.
const IDLE: Duration = Duration::from_secs(15);
/// How long nothing may arrive while an answer is read.
const SILENCE: Duration = Duration::from_secs(30);

/// The built-in transport.
#[derive(Debug, Clone)]
pub(crate) struct ReqwestTransport(reqwest::Client);

impl ReqwestTransport {
    /// `https_only` is off only for a loopback stand-in or on explicit request.
    pub(crate) fn new(https_only: bool) -> Result<Self, TransportError> {
        let builder = reqwest::Client::builder()
            // A redirect would carry the key to another origin, even when marked sensitive.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // Ours decides what may be repeated.
            .retry(reqwest::retry::never())
            .https_only(https_only)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("loop-client/", env!("CARGO_PKG_VERSION")));
        // A proxy of the environment only tunnels https, but reads plain HTTP, the key included.
        let builder = if https_only {
            builder
        } else {
            builder.no_proxy()
        };
        #[cfg(any(
            feature = "rustls",
            feature = "rustls-no-provider",
            feature = "native-tls"
        ))]
        let builder = builder.tls_version_min(reqwest::tls::Version::TLS_1_2);
        builder.build().map(Self).map_err(|error| {
            TransportError::not_sent("the HTTP client could not be built")
                .with_source(error.without_url())
        })
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        let deadline = request.extensions().get::<Deadline>().copied();
        let (parts, body) = request.into_parts();
        let mut call = self
            .0
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body);
        if let Some(Deadline(limit)) = deadline {
            call = call.timeout(limit);
        }
        let answer = call.send().await.map_err(explain)?;
        let mut response = http::Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            *headers = answer.headers().clone();
        }
        let pieces = answer.bytes_stream().map(|piece| piece.map_err(explain));
        response.body(Body::new(pieces)).map_err(|error| {
            TransportError::maybe_sent("the answer has impossible headers").with_source(error)
        })
    }
}

fn explain(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let kind = if error.is_connect() || error.is_builder() {
        TransportError::not_sent("no connection could be made")
    } else if error.is_timeout() {
        TransportError::maybe_sent("no answer in time")
    } else {
        TransportError::maybe_sent("the connection broke")
    };
    kind.with_source(error)
}
