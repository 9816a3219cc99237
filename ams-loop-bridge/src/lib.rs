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
//! - [`plan_rma`]: from a changed return to what changes about its RMA. Pure.
//! - [`decide()`]: from what both sides say to what is owed to Loop, case by case in the
//!   [decision table](decision_table). Pure, as are the questions around it: what a state says of
//!   an earlier call ([`process_status`], [`flag_status`]), when to look again ([`next_look`]),
//!   and what to say of the goods ([`inspect()`]).
//! - [`ledger`]: what was intended, sent, and seen confirmed. Durable.
//! - [`Bridge`]: a thin shell that reads, decides, writes down and acts; [`Bridge::reconcile`] and
//!   [`Bridge::dry_run`] are for when something is stuck.
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
//!     .with_policy(Policy::processing())?
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
//! # The rules of money
//!
//! What holds whatever breaks, and the test that shows it (in this crate's `tests/` where no
//! other place is named).
//!
//! | Rule | | Test |
//! | --- | --- | --- |
//! | I1 One process | Once a process call was sent whose outcome is not *proven not applied* (no byte was sent, 401, 429, or a refusal that Loop documents), none is ever sent again for that return. Time-outs, 5xx and unreadable answers prove nothing. What stays unknown for [`Policy::process_deadline_hours`] ends in a flag. | `shell::no_fault_refunds_twice`, `shell::dropped_at_every_await`, `shell::a_failure_never_re_arms`, `shell::a_lost_ledger_never_refunds_again`, `shell::restored`, `model`; `examples/quickstart/restart.rs` |
//! | I2 Evidence | No process unless every unit that Loop's API (not a webhook) lists was received as available, so that nothing more is awaited, and the merchant has it enabled. | `core::properties::processing_is_always_justified_and_never_forgotten`, `exhaustive` |
//! | I3 Bad goods | A return with a damaged or missing unit is never processed; it is flagged, once per set of facts, with a note that names line, SKU and counts. | `core::table::every_case_of_the_table_is_decided`, `exhaustive`, `shell::damage_is_noted_then_flagged_once` |
//! | I4 One RMA | Its number is the return's id, so making it twice makes one. | `tests/flow.rs`, `shell::a_pull_finds_every_state` |
//! | I5 Nothing silent | What waits, and for what, is in the ledger ([`ledger::Entry::waiting_for`]); what ended has a [`ledger::Settlement`] and a reason. | `examples/quickstart/audit.rs` |
//! | I6 Zero is not all | A return without lines to ship back is never processed. | `core::attacks::a_payload_that_says_too_little_or_too_much_never_processes`, `exhaustive` |
//! | I7 Intent first | A durable, compare-and-swapped intent stands in the ledger before a message leaves for Loop. | `shell::no_failing_write_refunds_twice`, `shell::many_workers_process_and_flag_once`, `shell::claims`, `model` |
//! | I8 Unknown never authorises | An unknown state, condition or answer waits, flags or escalates. | `core::properties::processing_is_always_justified_and_never_forgotten`, `exhaustive`, `shell::a_flag_that_may_have_arrived_keeps_a_return_from_being_processed` |
//! | I9 Isolation | A bridge is one merchant's; one poisoned return blocks no other, and a merchant for whom nothing works is left alone for growing pauses. | `shell::one_blocks_no_other`, `shell::claims::a_merchant_whose_key_is_refused_is_left_alone_for_a_while`, `ledger` |
//! | I10 Budget | Never more calls in any 60 seconds than the client's limit. | `loop-client/src/limit.rs` |
//! | I11 Secrets | A key goes to its configured origin and nowhere else, and is never printed. | `loop-client/tests/client.rs` |
//!
//! Between the intent and the process call nobody can know after a crash whether the call left.
//! Such a return is never processed again: it ends with a person. That is the price of I1.
//!
//! Not promised: that two *different* ledgers for one merchant are noticed, or a snapshot of the
//! disk beneath a PostgreSQL server; and the call budget is per client, not shared by several
//! processes, so give each its part.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod bridge;
mod decide;
mod digest;
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
    plan_rma,
};
pub use policy::{ConditionWords, InspectionPolicy, InvalidPolicy, Policy, PullPolicy, Surplus};
pub use port::{AsnStream, Clock, LoopApi, Randomness, SystemClock, SystemRandomness};

/// The decision table: what [`decide()`] answers, case by case. Checked against the code by the
/// test `core::table::the_table_in_the_docs_is_what_the_code_decides`.
///
#[doc = include_str!("../docs/decision-table.md")]
pub mod decision_table {}
