//! A typed client for the [Loop Returns](https://www.loopreturns.com) warehouse and returns API:
//! list and read returns, read the ASN report, tell Loop to process or flag a return, write
//! notes, subscribe to webhooks and verify them.
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
//! # Features
//!
//! `rustls` (default), `rustls-no-provider` and `native-tls` choose the TLS of the built-in HTTP
//! transport and switch `reqwest` on. `reqwest` alone speaks plain HTTP, for stand-ins on
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
