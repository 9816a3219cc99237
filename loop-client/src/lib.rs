//! A typed client for the [Loop Returns](https://www.loopreturns.com) API: returns and what a
//! warehouse tells Loop of them, the ASN report, notes, grades and dispositions, labels,
//! destinations, webhooks and the rest of what Loop documents ([all calls](guide::endpoints)).
//!
//! It is made for programs that move money. An error says what Loop may have done all the same
//! ([`Error::effect`]), a call that must not be repeated is not repeated ([`Returns::process`]),
//! keys and personal data do not show in any `Debug`, and a field that Loop spells in four ways
//! reads as one.
//!
//! # Start here
//!
//! ```no_run
//! use loop_client::{ApiKey, Client};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(ApiKey::new(std::env::var("LOOP_API_KEY")?)?)?;
//! let ret = client.returns().get("99904598".parse()?).await?;
//! println!("{} is {:?} with {} units", ret.id, ret.state, ret.lines().len());
//! # Ok(())
//! # }
//! ```
//!
//! | I want to | Read |
//! | --- | --- |
//! | receive webhooks | [receive webhooks](guide::receive_webhooks), the module [`webhook`] |
//! | list returns, once or on a schedule | [list returns](guide::list_returns) |
//! | process, flag, cancel or annotate a return | [`Returns`], [`Notes`]; first [errors](guide::errors) |
//! | know what to do about a failure | [errors](guide::errors) |
//! | stay within the call budget, and watch it | [calls per minute, and retries](guide::rate_limit) |
//! | try and test without an account | [test without an account](guide::test_without_an_account) |
//! | find the method for an endpoint, and its scope | [endpoints](guide::endpoints) |
//! | call what has no method | [`Client::raw`] |
//! | join Loop to a warehouse | the crate [`ams-loop-bridge`](https://docs.rs/ams-loop-bridge) |
//!
//! # What the client does by itself
//!
//! - It repeats what is safe to repeat, and nothing else ([`RetryPolicy`]), and stays within the
//!   key's call budget ([`RateLimit`]).
//! - It walks lists over pages, states and windows without following Loop's links.
//! - It decides by the body whether a call succeeded, because Loop refuses with status 200.
//! - It follows no redirect and sends the key to the configured address only; plain HTTP is
//!   refused unless it is loopback or [asked for by name](ClientBuilder::allow_plain_http).
//!
//! # Not here
//!
//! OAuth flows (give the client a key), draft returns and bulk operations ([`Client::raw`] calls
//! them), and any opinion about what to refund: that is the bridge's.
//!
//! # Features
//!
//! | Feature | | Brings |
//! | --- | --- | --- |
//! | `rustls` | on by default | the built-in HTTP transport with rustls; needs a Tokio runtime, as do the three below it |
//! | `rustls-no-provider` | | the same with the process's provider of cryptography. Alone it needs `rustls::crypto::CryptoProvider::install_default` before the first client is built, or building it panics |
//! | `native-tls` | | the same with the system's TLS |
//! | `reqwest` | | the transport without TLS, for stand-ins on loopback; the three above switch it on |
//! | `sandbox` | | a stateful stand-in for Loop on loopback, that misbehaves on command |
//!
//! Without any, bring your own [`transport::Transport`] and [`Runtime`].
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod call;
mod carts;
mod client;
mod config;
mod decode;
mod deep_links;
mod destinations;
mod error;
mod grading;
pub mod guide;
mod happy_returns;
mod input;
mod labels;
mod limit;
mod listings;
mod notes;
mod observer;
mod orders;
mod page;
mod raw;
mod reports;
mod request;
mod retry;
mod returns;
mod runtime;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod scope;
pub mod transport;
mod value;
pub mod webhook;
mod webhooks;

pub use call::Call;
pub use carts::{Cart, Carts};
pub use client::{Client, ClientBuilder};
pub use config::{ApiKey, ApiVersion, ConfigError};
pub use decode::DecodeError;
pub use deep_links::{DeepLink, DeepLinks, QrCode, QrFormat, QrLink};
pub use destinations::{
    Destination, DestinationAddress, DestinationType, Destinations, NewDestination,
};
pub use error::{Effect, Error, ErrorCode, ErrorKind, Message, PagingFault, Result};
pub use grading::{
    AssessedItem, Assessment, ConditionCategory, ConditionGrade, ConditionSubject,
    DispositionOutcome, Grade, GradedItem, Grading,
};
pub use happy_returns::{HappyReturns, Shipment, ShipmentItem};
pub use labels::{
    CreatedLabel, LabelAddress, LabelError, LabelErrorReason, LabelRate, LabelRequest,
    LabelRequestAddresses, LabelRequestStatus, LabelRequests, LabelRequestsQuery, LabelStatus,
    Labels, NewLabel,
};
pub use limit::RateLimit;
pub use listings::{Listing, ListingType, Listings, NewListing};
pub use notes::{LONGEST_NOTE, Note, Notes};
pub use observer::{Observation, Observer, WaitReason};
pub use orders::Orders;
pub use page::Page;
pub use raw::{Raw, RawRequest};
pub use reports::{AsnRow, Reports};
pub use retry::RetryPolicy;
pub use returns::{
    Address, CurrencyType, CustomerDetail, Exchange, FraudCategory, FraudReport, Label, LineItem,
    ListPosition, Outcome, Refund, Return, ReturnLookup, ReturnMethod, ReturnState, Returns,
    ReturnsFilter, ReturnsPage, ReturnsQuery,
};
pub use runtime::Runtime;
pub use scope::Scope;
pub use value::{
    Amount, CartToken, DestinationId, ExternalId, HappyReturnsShipmentId, InvalidAmount, InvalidId,
    InvalidPathText, InvalidTimestamp, LabelId, LabelRequestId, LineItemId, ListingId, OrderId,
    Personal, RawJson, ReturnId, ShipmentId, ShopId, Timestamp, WebhookId,
};
pub use webhooks::{Subscription, SubscriptionStatus, Webhooks};

/// Compiles the README's example as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
