//! Joins [Loop Returns](https://www.loopreturns.com) to a warehouse's order management system
//! (OMS).
//!
//! A shopper starts a return in Loop; the bridge makes an RMA in the OMS whose number is Loop's
//! return id. When the warehouse has received everything into available stock, Loop is told to
//! process the return, if the merchant wants that; when units are damaged or missing, Loop is
//! told to hold it, with a note that says why.
//!
//! # The parts
//!
//! - [`Policy`]: what one merchant wants.
//! - [`map_return`], [`map_asn`]: from Loop's payload to the RMA, or to why none is owed. Pure.
//! - [`decide()`]: from what both sides say to what is owed to Loop. Pure.
//! - [`ledger`]: what was intended, sent, and seen confirmed. Durable.
//! - [`Bridge`]: a thin shell that reads, decides, writes down and acts.
//!
//! The pure parts can be used without the shell.
//!
//! ```
//! use ams_loop_bridge::ledger::MemoryLedger;
//! use ams_loop_bridge::{Bridge, Policy};
//! use ams_oms_client::MemoryOms;
//! use loop_client::webhook::WebhookVerifier;
//! use loop_client::{ApiKey, Client, Timestamp};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(ApiKey::new("the merchant's key")?)?;
//! let bridge = Bridge::new("acme".parse()?, client, MemoryOms::new(), MemoryLedger::new())
//!     .with_policy(Policy::processing())
//!     .with_webhooks(WebhookVerifier::new(["the merchant's webhook secret"])?);
//!
//! let now = Timestamp::from(std::time::SystemTime::now());
//! # let (signature, body): (&[u8], &[u8]) = (b"", b"");
//! let reply = bridge.accept_webhook([signature], body, now).await; // when a webhook arrives
//! bridge.pull(now).await?; // every few minutes
//! bridge.settle(now).await?; // every minute
//! # Ok(())
//! # }
//! ```
//!
//! # How it stays safe
//!
//! - A process call leaves at most once, unless it is *proven* that the first had no effect: no
//!   byte was sent, or Loop answered 401, 429 or with a refusal it documents. A time-out, a 5xx
//!   or an answer nobody can read proves nothing. An outcome that stays unknown ends in a flag.
//! - The intent is durable before the call leaves, and intents are compare-and-swap, so a crash
//!   or a second worker changes nothing about that.
//! - Nothing is processed unless every unit that Loop's API (not a webhook) lists was received
//!   as available, the RMA is complete, and the merchant has it enabled. No lines at all is not
//!   "all lines".
//! - What is unknown (a state, a condition, an answer) waits, flags or escalates.
//! - Everything that waits is in the ledger, with what it waits for.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod bridge;
mod decide;
pub mod ledger;
mod map;
mod policy;
mod port;

pub use bridge::{
    Bridge, BridgeError, Failure, Look, LookResult, PullReport, SettleReport, WebhookOutcome,
    WebhookReply,
};
pub use decide::{
    Action, Decision, Facts, Fingerprint, History, LineFacts, ProcessRecord, Reason, Unexpected,
    decide,
};
pub use map::{Contradiction, Incomplete, Mapping, NotOwed, Remark, map_asn, map_return};
pub use policy::{Policy, PullPolicy, Surplus};
pub use port::{AsnStream, LoopApi};

/// Compiles the example of the repository's README as a test.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../../README.md")]
struct Readme;
