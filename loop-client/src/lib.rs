//! A typed client for the [Loop Returns](https://www.loopreturns.com) API: returns and what a
//! warehouse tells Loop of them, the ASN report, notes, grades and dispositions, labels,
//! destinations, webhooks and the rest of what Loop documents ([all calls](#calls)).
//!
//! It is made for programs that move money. An error says what Loop may have done all the same
//! ([`Error::effect`]), a call that must not be repeated is not repeated ([`Returns::process`]),
//! keys and personal data do not show in any `Debug`, and a field that Loop spells in four ways
//! reads as one.
//!
//! ```no_run
//! use loop_client::{ApiKey, Client, Effect, ErrorKind};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(ApiKey::new(std::env::var("LOOP_API_KEY")?)?)?;
//! let id = "99904598".parse()?;
//! match client.returns().process(id).await {
//!     Ok(()) => println!("{id} is queued; closed once Loop is done"),
//!     Err(error) if error.effect() == Effect::Unknown => println!("look before you leap: {error}"),
//!     Err(error) => match error.kind() {
//!         ErrorKind::Refused(why) => println!("Loop declined: {why}"),
//!         _ => println!("nothing happened: {error}"),
//!     },
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What went wrong
//!
//! An [`Error`] answers without reading any text: which call and which return, what kind of
//! failure ([`Error::kind`]), whether Loop may have done it all the same ([`Error::effect`]),
//! whether the same call could succeed later ([`Error::is_transient`]) and when
//! ([`Error::retry_after`]). Success is decided by the body, because Loop refuses with status 200.
//!
//! | [`Effect`] | It means | Before the same call again |
//! | --- | --- | --- |
//! | `NotSent` | not one byte left | nothing: repeat it |
//! | `NotApplied` | Loop answered that it did not do it | mend what it complains of |
//! | `Unknown` | a lost answer, a 5xx, an answer nobody can read | look at the return; never process again |
//!
//! # What the client does by itself
//!
//! - It repeats what is safe to repeat, with growing waits at random, within a deadline, and with
//!   retries that all clones share, so that an outage is not multiplied ([`RetryPolicy`]).
//! - It stays within the key's call budget, heeds what Loop's headers say of it, pauses after a
//!   429, and keeps a fifth for whoever waits while a long pull runs ([`RateLimit`],
//!   [`Client::in_background`]).
//! - It walks the returns list over pages, states and windows of any length without following
//!   Loop's links ([`Returns::list`]), or page by page from a place that can be stored
//!   ([`Returns::pages`], [`ListPosition`]).
//! - It follows no redirect and sends the key to the configured address only; plain HTTP is
//!   refused unless it is loopback or [asked for by name](ClientBuilder::allow_plain_http).
//!
//! # Watching it
//!
//! Every call is a `tracing` span `loop_call` with a `loop_attempt` for each request, at level
//! debug; an [`Observer`] is told the same for metrics. The fields are the call's name, the
//! return's id, statuses, names of failures, counts and times, and nothing else.
//!
//! # Without an account
//!
//! The feature `sandbox` brings a stateful stand-in for Loop on loopback, that misbehaves on
//! command. Or bring a [`transport::Transport`] and a [`Runtime`] of your own, for another HTTP
//! client as for tests.
//!
//! # Not here
//!
//! OAuth flows (give the client a key), draft returns and bulk operations ([`Client::raw`] calls
//! them), and any opinion about what to refund: that is the bridge's.
//!
//! # Features
//!
//! `rustls` (default), `rustls-no-provider` and `native-tls` choose the TLS of the built-in HTTP
//! transport and switch `reqwest` on. With `rustls-no-provider` alone install a provider of
//! cryptography for the process (`rustls::crypto::CryptoProvider::install_default`) before the
//! first client is built, or building it panics. `reqwest` alone speaks plain HTTP, for stand-ins on
//! loopback. Without any, bring your own [`transport::Transport`] and [`Runtime`]. `sandbox` is a
//! stateful stand-in for Loop for tests.
#![doc = include_str!("../docs/endpoints.md")]
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
