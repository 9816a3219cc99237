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
//! How to receive them, with a web framework and subscriptions:
//! [receive webhooks](crate::guide::receive_webhooks).

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
