//! The endpoint that Loop sends webhooks to.

use std::net::{Ipv4Addr, SocketAddr};

use ams_loop_bridge::{Bridge, WebhookOutcome};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;
use loop_client::webhook::WebhookVerifier;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{Outcome, now};

/// A running webhook endpoint. It ends with the process, or by [`Receiver::stop`].
pub(crate) struct Receiver {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
}

#[derive(Clone)]
struct Endpoint {
    bridge: Bridge,
    stop: watch::Receiver<bool>,
    say: fn(&str),
}

impl Receiver {
    /// Listens on loopback, on `address` or else on any free port.
    pub(crate) async fn start(
        bridge: Bridge,
        address: Option<SocketAddr>,
        say: fn(&str),
    ) -> Outcome<Receiver> {
        let address = address.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let endpoint = Endpoint {
            bridge,
            stop: stopped.clone(),
            say,
        };
        let app = Router::new()
            .route("/webhooks/loop", post(accept))
            .with_state(endpoint);
        let server = tokio::spawn(
            axum::serve(listener, app)
                .with_graceful_shutdown(until(stopped))
                .into_future(),
        );
        Ok(Receiver {
            address,
            stop,
            server,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/webhooks/loop", self.address)
    }

    /// Takes no more webhooks, gives up those in the middle, and frees the port.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        // It was asked to end, so how it ended says nothing.
        let _ended = self.server.await;
    }
}

/// The whole integration of a web framework: headers and raw bytes in, a status out.
async fn accept(
    State(Endpoint { bridge, stop, say }): State<Endpoint>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signatures = headers
        .get_all(WebhookVerifier::HEADER)
        .iter()
        .map(HeaderValue::as_bytes);
    tokio::select! {
        reply = bridge.accept_webhook(signatures, &body, now()) => {
            match &reply.outcome {
                WebhookOutcome::Recorded(key) => say(&format!("webhook    {}  taken", key.rma_number)),
                other => say(&format!("webhook    not taken: {other:?}")),
            }
            StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
        // Dropping the bridge's work halfway loses nothing: Loop may send it again, and if not,
        // the next pull finds it.
        () = until(stop) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn until(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the end as well.
    let _gone = stop.wait_for(|stop| *stop).await;
}
