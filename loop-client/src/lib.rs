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
//! # Calls
//!
//! | Call | Endpoint | Scope | Safe to repeat |
//! | --- | --- | --- | --- |
//! | [`Returns::list`], [`Returns::page`], [`Returns::pages`] | `GET /warehouse/return/list` | Returns | yes |
//! | [`Returns::get`], [`Returns::find`] | `GET /warehouse/return/details` | Returns | yes |
//! | [`Returns::process`], [`Returns::process_with`] | `POST /warehouse/return/{id}/process` | Returns | **never** |
//! | [`Returns::flag`] | `POST /warehouse/return/{id}/flag` | Returns | no |
//! | [`Returns::cancel`] | `POST /warehouse/return/{id}/cancel` | Returns | no |
//! | [`Returns::close`] | `POST /warehouse/return/{id}/close` | Returns | no |
//! | [`Returns::remove_line_items`] | `POST /warehouse/return/{id}/remove` | Returns | **never** |
//! | [`Returns::report_fraud`] | `POST /returns/{id}/fraud-report` | Returns | no |
//! | [`Returns::withdraw_fraud_report`] | `DELETE /returns/{id}/fraud-report` | Returns | yes |
//! | [`Notes::list`] | `GET /warehouse/return/{id}/notes` | Returns | yes |
//! | [`Notes::create`] | `POST /warehouse/return/{id}/note` | Returns | no |
//! | [`Grading::grade`] | `POST /dispositioning/grade` | Returns | no |
//! | [`Grading::assess`] | `POST /dispositioning/assess` | Returns | no |
//! | [`DeepLinks::create`] | `POST /order/link` | Orders | no |
//! | [`DeepLinks::create_qr`] | `POST /order/qr` | Orders | no |
//! | [`Labels::generate`] | `POST /returns/{id}/labels` | Returns | no |
//! | [`Labels::regenerate`] | `POST /returns/{id}/labels/regenerate` | Returns | no |
//! | [`Labels::create`] | `POST /labels` | Labels (Write) | no |
//! | [`Labels::update_status`] | `PUT /labels/{id}` | Labels (Write) | yes |
//! | [`LabelRequests::list`], [`LabelRequests::stream`] | `GET /label-requests` | Label Requests (Read) | yes |
//! | [`LabelRequests::get`] | `GET /label-requests/{id}` | Label Requests (Read) | yes |
//! | [`LabelRequests::report_error`] | `POST /label-requests/{id}/errors` | Label Requests (Write) | no |
//! | [`Reports::asn`] | `GET /warehouse/reporting/asn` | Returns | yes |
//! | [`Webhooks::list`] | `GET /webhooks` | Developer Tools | yes |
//! | [`Webhooks::create`] | `POST /webhooks` | Developer Tools | no |
//!
//! # Features
//!
//! `rustls` (default), `rustls-no-provider` and `native-tls` choose the TLS of the built-in HTTP
//! transport and switch `reqwest` on. `reqwest` alone speaks plain HTTP, for stand-ins on
//! loopback. Without any, bring your own [`transport::Transport`] and [`Runtime`]. `sandbox` is a
//! stateful stand-in for Loop for tests.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod call;
mod client;
mod config;
mod decode;
mod deep_links;
mod error;
mod grading;
mod input;
mod labels;
mod limit;
mod notes;
mod observer;
mod orders;
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
pub use client::{Client, ClientBuilder};
pub use config::{ApiKey, ApiVersion, ConfigError};
pub use decode::DecodeError;
pub use deep_links::{DeepLink, DeepLinks, QrCode, QrFormat, QrLink};
pub use error::{Effect, Error, ErrorCode, ErrorKind, Message, PagingFault, Result};
pub use grading::{
    AssessedItem, Assessment, ConditionCategory, ConditionGrade, ConditionSubject,
    DispositionOutcome, Grade, GradedItem, Grading,
};
pub use labels::{
    CreatedLabel, LabelAddress, LabelError, LabelErrorReason, LabelRate, LabelRequest,
    LabelRequestAddresses, LabelRequestStatus, LabelRequests, LabelRequestsQuery, LabelStatus,
    Labels, NewLabel,
};
pub use limit::RateLimit;
pub use notes::{LONGEST_NOTE, Note, Notes};
pub use observer::{Observation, Observer, WaitReason};
pub use orders::Orders;
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
    Personal, ReturnId, ShipmentId, ShopId, Timestamp, WebhookId,
};
pub use webhooks::{Subscription, SubscriptionStatus, Webhooks};
