//! Loop's webhooks: verify the raw bytes, then decode by topic.
//!
//! Nothing here depends on a web framework: bytes and the header's value in, an event out.
//!
//! ```
//! use loop_client::webhook::{Event, WebhookVerifier, sign};
//!
//! let verifier = WebhookVerifier::new(["the merchant's webhook secret"])?;
//!
//! // What arrives over HTTP: the header `X-Loop-Signature` and the body's exact bytes.
//! let body = br#"{"topic":"return","trigger":"return.created","id":"99904598","state":"open"}"#;
//! let header = sign(b"the merchant's webhook secret", body);
//!
//! verifier.verify([header.as_bytes()], body)?;
//! let Event::Return(event) = Event::decode(body)? else { panic!("topic return") };
//! assert_eq!(event.data.id.to_string(), "99904598");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Receiving
//!
//! With axum, for example. What counts is that the body stays as it came, that the webhook is
//! written down before it is answered, and that Loop hears of an error only where sending again
//! can help: it may switch a subscription off that fails too often.
//!
//! ```
//! use axum::body::Bytes;
//! use axum::extract::State;
//! use axum::http::{HeaderMap, StatusCode};
//! use loop_client::webhook::{Event, SignatureError, WebhookVerifier};
//!
//! async fn receive(
//!     State(verifier): State<WebhookVerifier>,
//!     headers: HeaderMap,
//!     body: Bytes,
//! ) -> StatusCode {
//!     match verifier.verify_request(&headers, &body) {
//!         Ok(()) => {}
//!         Err(SignatureError::TooLarge) => return StatusCode::PAYLOAD_TOO_LARGE,
//!         Err(_) => return StatusCode::UNAUTHORIZED,
//!     }
//!     let stored = match Event::decode(&body) {
//!         Ok(Event::Return(event)) => store(event.data.id),
//!         Ok(Event::ProcessingFailed(failure)) => store(failure.return_id),
//!         // Not of interest here; or unreadable, and no better when sent again.
//!         Ok(_) | Err(_) => Ok(()),
//!     };
//!     stored.map_or(StatusCode::SERVICE_UNAVAILABLE, |()| StatusCode::OK)
//! }
//!
//! // Writes down that the return has news; another task reads its details and acts.
//! # fn store(_: loop_client::ReturnId) -> std::io::Result<()> { Ok(()) }
//!
//! # fn example() -> Result<(), loop_client::webhook::InvalidSecret> {
//! let verifier = WebhookVerifier::new(["the merchant's webhook secret"])?;
//! let app: axum::Router = axum::Router::new()
//!     .route("/webhooks/loop", axum::routing::post(receive))
//!     .with_state(verifier);
//! # Ok(())
//! # }
//! ```

mod event;
mod older_names;
mod one_pass;
mod payloads;
mod signature;
mod verifier;

pub use event::{Event, ReturnEvent, Topic, Trigger, UnknownEvent};
pub use payloads::{
    GiftCardRequest, HappyReturnsShipment, LabelAddresses, LabelRequest, LabelUpdate, Parcel,
    Price, ProcessingFailed, Product, Restock, RestockItem,
};
pub use signature::sign;
pub use verifier::{InvalidSecret, SignatureError, WebhookVerifier};
