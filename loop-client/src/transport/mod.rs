//! The port through which requests leave. The built-in transport (feature `reqwest`) is one
//! implementation; bring your own to use another HTTP client or to test without a network.

#[cfg(feature = "reqwest")]
mod http_client;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;

#[cfg(feature = "reqwest")]
pub(crate) use http_client::ReqwestTransport;

/// Sends one request and brings back the answer. It must not follow redirects, must not repeat
/// a request that may have left, and must not log headers: one of them is the key.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends `request`. Its extensions hold a [`Deadline`] when the whole exchange, the reading of
    /// the answer included, must end within a time: an implementation has to see to that, because
    /// the client waits for it.
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError>;
}

/// A request extension: how long the exchange may take, body of the answer included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(pub Duration);

/// The body of an answer, as it arrives.
pub struct Body(Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>);

impl Body {
    /// From the pieces as they arrive.
    pub fn new(pieces: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static) -> Self {
        Self(Box::pin(pieces))
    }

    /// From bytes that are all there, as a scripted transport has them.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(futures_util::stream::once(async move { Ok(bytes) }))
    }
}

impl Stream for Body {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}

/// A connection that failed, or an exchange that took too long.
#[derive(Debug, thiserror::Error)]
#[error("{}{what}", if *.sent { "" } else { "before anything was sent: " })]
pub struct TransportError {
    sent: bool,
    what: &'static str,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// Not one byte of the request was written, such as when no connection could be made. Only
    /// for what is certain: a call that moves money may be repeated because of it.
    #[must_use]
    pub fn not_sent(what: &'static str) -> Self {
        Self {
            sent: false,
            what,
            source: None,
        }
    }

    /// The request, or a part of it, may have arrived.
    #[must_use]
    pub fn maybe_sent(what: &'static str) -> Self {
        Self {
            sent: true,
            what,
            source: None,
        }
    }

    /// Adds the cause. It must hold no address with a query and no header.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Whether the request, or a part of it, may have arrived.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.sent
    }
}
