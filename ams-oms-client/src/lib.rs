//! The contract between a returns bridge and an order management system (OMS).
//!
//! A warehouse announces a return as an *RMA*: which lines, how many units of each. Later it
//! receives the parcels and knows what really came. This crate says, in types and in one trait,
//! what a bridge needs to create such RMAs and to read such facts. It knows nothing of any shop
//! platform or of any particular OMS, and HTTP is one way among others.
//!
//! # Start here
//!
//! | You want | Use |
//! | --- | --- |
//! | to connect your own system, step by step | [plug in your OMS](guide::plug_in_your_oms) |
//! | to say what is coming back | [`Rma`] of [`RmaLine`]s, keyed by [`RmaKey`] |
//! | to read what has come | [`RmaSnapshot`] of [`ReceivedLine`]s with their [`UnitCounts`] |
//! | to talk to an OMS | [`Oms`] |
//! | to know what to do about a failure | the classes of [`OmsError`]; [`Retrying`] where repeating is safe |
//! | an OMS in another language or process | `HttpOms` (feature `http`), for any service that keeps the OpenAPI document `OPENAPI` |
//! | to be such a service | the module `server` (feature `http-server`) on top of any [`Oms`] |
//! | an OMS for tests, demonstrations and small sites | `MemoryOms` (feature `memory`), `SqliteOms` (feature `sqlite`) |
//! | to see what happens on a bad day | the faults of `MemoryOms`: `Fault`, `OmsCall` |
//! | to check your own implementation | the module `conformance` (feature `conformance`) |
//!
//! Three rules run through all of it:
//!
//! - A snapshot is absolute and cumulative. A newer one replaces an older one; nothing is ever
//!   added up by its reader. Counts may go down, because warehouses correct themselves.
//! - What is not known never authorises anything: an unknown state is [`RmaState::Unknown`], an
//!   unknown condition is [`Condition::Held`], never available.
//! - The merchant is part of every key, so one tenant's RMA can never be taken for another's.
//!
//! # An OMS to try it with
//!
//! `MemoryOms` and `SqliteOms` are complete. Beside [`Oms`] they implement `Warehouse`, the part
//! that people with scanners do: parcels arrive, units are received as available, damaged or
//! held, or never come.
//!
//! ```
//! # #[cfg(feature = "memory")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::num::NonZeroU32;
//! use ams_oms_client::{
//!     Condition, ItemRef, LineRef, MemoryOms, MerchantId, Oms, ReceiptId, ReceivedUnits, Rma,
//!     RmaKey, RmaLine, Warehouse, WarehouseWork,
//! };
//!
//! let oms = MemoryOms::new();
//! let key = RmaKey::new(MerchantId::new("acme")?, "99904598".parse()?);
//! let line = RmaLine::new(LineRef::new("1")?, NonZeroU32::MIN).with_sku("TEE-S");
//! oms.create_rma(&Rma::new(key.clone(), vec![line])?).await?;
//!
//! let units = vec![ReceivedUnits::new(
//!     ItemRef::Sku("TEE-S".to_owned()),
//!     Condition::Available,
//!     NonZeroU32::MIN,
//! )];
//! let receipt_id = ReceiptId::new("dock-4-0001")?;
//! let snapshot = oms.apply(&key, WarehouseWork::Receive { receipt_id, units }).await?;
//! assert!(snapshot.is_complete());
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "memory"))]
//! # fn main() {}
//! ```
//!
//! # Not here
//!
//! Any endpoint of AMS's own OMS, of which no public description exists; decisions about money,
//! which are the bridge's; retries inside an [`Oms`] ([`Retrying`] wraps one).
//!
//! # Features
//!
//! None is on by default, and then the crate is the contract alone.
//!
//! - `memory`: `MemoryOms`, lost when the process ends.
//! - `conformance`: the suite for implementations of [`Oms`]. Adds no dependency.
//! - `http`: `HttpOms`. For `https` one of `rustls`, `rustls-no-provider` and `native-tls`, each of
//!   which switches `http` on.
//! - `http-server`: `server`, an axum router.
//! - `sqlite`: `SqliteOms`, one durable file, safe under several processes. Compiles SQLite.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod capabilities;
#[cfg(feature = "conformance")]
pub mod conformance;
mod counts;
mod error;
mod event;
mod ext;
mod feed;
pub mod guide;
#[cfg(any(feature = "http", feature = "http-server"))]
mod http;
mod id;
mod oms;
mod receipt;
#[cfg(any(feature = "memory", feature = "sqlite"))]
mod reference;
mod retrying;
mod rma;
mod snapshot;
mod state;
mod text;
mod warehouse;

/// The attribute that an `impl Oms for ...` block needs, re-exported so that implementers use
/// the version this crate was built with.
pub use async_trait::async_trait;
pub use capabilities::{Capabilities, ChangeFeed};
pub use counts::{Condition, UnitCounts};
pub use error::{BoxError, OmsError, RejectedLine};
pub use event::{EventHint, OmsEvent};
pub use ext::OmsExt;
pub use feed::{ChangeCursor, ChangePage, RmaChange};
#[cfg(feature = "http-server")]
pub use http::server;
#[cfg(feature = "http")]
pub use http::{HttpOms, HttpOmsBuilder, InvalidHttpOms};
#[cfg(any(feature = "http", feature = "http-server"))]
pub use http::{NOTICE_SIGNATURE, OPENAPI, sign_notice};
pub use id::{InvalidId, LineRef, MerchantId, ReceiptId, RmaKey, RmaNumber};
pub use oms::{CancelOutcome, CreateOutcome, Oms};
pub use receipt::{ItemRef, Receipt, ReceivedUnits};
#[cfg(feature = "sqlite")]
pub use reference::SqliteOms;
#[cfg(feature = "memory")]
pub use reference::{Fault, MemoryOms, OmsCall};
pub use retrying::Retrying;
pub use rma::{InvalidRma, Parcel, Rma, RmaLine};
pub use snapshot::{ReceivedLine, RmaSnapshot, RmaVersion, UnexpectedItem};
pub use state::RmaState;
pub use warehouse::{Warehouse, WarehouseWork};

/// Compiles the README's example as a test.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;
