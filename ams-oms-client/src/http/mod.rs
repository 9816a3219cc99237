//! The contract over HTTP and JSON.
//!
//! [`OPENAPI`] is the contract, [`operation`] and [`problem`] are what client and server have in
//! common. Neither knows the other.

#[cfg(feature = "http")]
mod answer;
#[cfg(feature = "http")]
mod builder;
#[cfg(feature = "http")]
mod client;
mod mac;
mod notice;
mod operation;
mod problem;
#[cfg(feature = "http-server")]
pub mod server;
mod words;

#[cfg(feature = "http")]
pub use builder::{HttpOmsBuilder, InvalidHttpOms};
#[cfg(feature = "http")]
pub use client::HttpOms;
pub use notice::{NOTICE_SIGNATURE, sign_notice};

/// The contract of [`Oms`](crate::Oms) over HTTP, as an OpenAPI 3.1 document in JSON.
///
/// Whoever serves it, in whatever language, is reached with `HttpOms` (feature `http`). The
/// module `server` (feature `http-server`) serves it on top of any [`Oms`](crate::Oms).
pub const OPENAPI: &str = include_str!("../../openapi.json");
