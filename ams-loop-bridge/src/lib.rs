//! Joins [Loop Returns](https://www.loopreturns.com) to a warehouse's order management system
//! (OMS).
//!
//! A shopper starts a return in Loop; the bridge makes an RMA in the OMS whose number is Loop's
//! return id. When the warehouse has received everything into available stock, Loop is told to
//! process the return, if the merchant wants that; when nothing more is to come and units are
//! damaged or missing, Loop is told to hold it, with a note that says why.
//!
//! ```text
//!      Loop Returns                                                 the warehouse's OMS
//!    (HTTP, webhooks)                                              (REST, SOAP, files, EDI)
//!           │                                                                 │
//!      loop-client  ────────►   ams-loop-bridge   ◄────────  ams-oms-client   │
//!    typed API, webhooks,     pure: map, decide             the trait `Oms` ◄─┘
//!    sandbox for tests        durable: ledger               RMA model,
//!                             shell: Bridge                 SQLite, HTTP and memory references
//! ```
//!
//! # Start here
//!
//! A whole integration. It runs as it is, on stand-ins for Loop, the OMS and the ledger; the
//! comments say what takes their place.
//!
//! ```
//! use ams_loop_bridge::{Bridge, Policy, ledger::MemoryLedger, rma_key};
//! use ams_oms_client::{Condition, ItemRef, MemoryOms, ReceivedUnits};
//! use ams_oms_client::{Warehouse as _, WarehouseWork};
//! use loop_client::sandbox::{NewLine, NewReturn, Sandbox};
//! use loop_client::{ApiKey, Client, Timestamp};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start().await?;
//! let client = Client::builder(ApiKey::new(sandbox.api_key())?)
//!     .base_url(sandbox.base_url()) // leave it out for Loop's own address
//!     .build()?;
//! let oms = MemoryOms::new(); // your `Oms`
//! let ledger = MemoryLedger::new(); // SqliteLedger::open("/var/lib/loop/acme.sqlite").await?
//! let bridge = Bridge::new("acme".parse()?, client, oms.clone(), ledger)
//!     .with_policy(Policy::processing())?; // refunds are off without it
//!
//! // A shopper returns a shirt. Every few minutes: what is new in Loop? The RMA is made.
//! let id = sandbox.create_return(NewReturn::new("#1001").line(NewLine::new("TEE-S")));
//! bridge.pull(Timestamp::now()).await?;
//!
//! // The warehouse receives it in good order.
//! let key = rma_key(bridge.merchant(), id.try_into()?);
//! let shirt = ItemRef::Sku("TEE-S".to_owned());
//! let units = vec![ReceivedUnits::new(shirt, Condition::Available, std::num::NonZeroU32::MIN)];
//! let receipt_id = "dock-1".parse()?;
//! oms.apply(&key, WarehouseWork::Receive { receipt_id, units }).await?;
//!
//! // Every minute: decide, act, confirm. Loop is told to process the return.
//! bridge.settle(Timestamp::now()).await?;
//! sandbox.webhooks_delivered().await;
//! assert_eq!(sandbox.truth()[0].refunds, 1);
//! # Ok(())
//! # }
//! ```
//!
//! Then take a page of the [guide] for what you are about to do:
//!
//! | I want to | Read |
//! | --- | --- |
//! | understand the words, and the way of a return | [concepts](guide::concepts) |
//! | receive webhooks | [receive webhooks](guide::receive_webhooks) |
//! | poll | [poll](guide::poll) |
//! | know what is decided, and change it | [decide](mod@guide::decide), [decision table](guide::decision_table) |
//! | plug in our OMS | [plug in your OMS](ams_oms_client::guide::plug_in_your_oms) |
//! | run many workers | [run many workers](guide::run_many_workers) |
//! | test without an account | [test without an account](guide::test_without_an_account) |
//! | go live | [checklist](guide::go_live) |
//! | find out why something is stuck | [when something is stuck](guide::when_stuck) |
//! | copy a whole program | the [examples], from the smallest poller to a service for many merchants |
//! | call Loop otherwise | [`loop_client`] and its [endpoints](loop_client::guide::endpoints) |
//!
//! # The parts
//!
//! [`Policy`] is what one merchant wants. [`map_return`], [`map_asn`], [`plan_rma`], [`decide()`]
//! and [`inspect()`] are pure functions, and can be used by themselves. A [`ledger`] remembers what
//! was intended, sent and seen confirmed. [`Bridge`] is a thin shell that reads, decides, writes
//! down and acts. It spawns nothing and owns no clock and no executor.
//!
//! # What it promises
//!
//! - A process call, which moves money, leaves at most once, whatever crashes and whoever else is at
//!   work, unless it is *proven* that the first had no effect.
//! - Nothing is processed unless every expected unit is available and the merchant has it enabled.
//!   Damaged or missing units are flagged, once nothing more is to come.
//! - What is not known waits, is flagged or ends with a person, and all that waits can be listed.
//!
//! That rests on **one ledger for each merchant**, on a disk that keeps its word. All rules, the
//! tests that show them, the assumptions, the caveats and the questions that are open:
//! [guarantees](guide::guarantees).
//!
//! # When it fails
//!
//! [`BridgeError`], [`ledger::LedgerError`] and [`WebhookOutcome`] each have a row for every
//! variant, with what to do about it, under [errors](guide::errors).
//!
//! # Features
//!
//! | Feature | | Brings |
//! | --- | --- | --- |
//! | `sqlite` | on by default | `ledger::SqliteLedger`, one durable file. Compiles SQLite, with a C compiler |
//! | `postgres` | | `ledger::PostgresLedger`, for workers on several machines. Needs Tokio |
//!
//! TLS for the calls to Loop is a feature of [`loop_client`], which this crate uses without any:
//! depend on it yourself, as with `loop-client = "0.1"` for rustls.
//!
//! # Not here
//!
//! A web server, a scheduler, metrics and a page for people (the example `service` has them); what
//! a return is worth, which is Loop's; stock, which is the OMS's; payments and e-mails; any
//! endpoint of AMS's own OMS, of which no public description exists.
//!
//! [examples]: https://github.com/ams-fulfillment/loop-returns-sdk/blob/main/examples/README.md

#![cfg_attr(docsrs, feature(doc_cfg))]

mod bridge;
mod decide;
mod digest;
pub mod guide;
mod inspect;
pub mod ledger;
mod map;
mod policy;
mod port;
mod words;

pub use bridge::{
    Bridge, BridgeError, DryRun, Failure, Finding, FindingKind, Look, LookResult, PullReport,
    Reconciliation, SettleReport, WebhookOutcome, WebhookReply, WouldDo,
};
pub use decide::{
    Action, Decision, EffectStatus, Facts, Fingerprint, History, LineFacts, ProcessRecord, Reason,
    Unexpected, decide, flag_status, next_look, process_status,
};
pub use inspect::{Inspection, NotInspected, inspect};
pub use map::{
    Contradiction, Incomplete, LineChange, Mapping, NotOwed, Remark, RmaPlan, map_asn, map_return,
    plan_rma, return_id, rma_key,
};
pub use policy::{ConditionWords, InspectionPolicy, InvalidPolicy, Policy, PullPolicy, Surplus};
pub use port::{AsnStream, Clock, LoopApi, Randomness, SystemClock, SystemRandomness};
