//! What keeps one client from using up the service.

use std::time::Duration;

/// Loop's webhooks have some KiB; with 60 lines some ten times that.
pub(super) const BODY: usize = 512 * 1024;
/// With [`BODY`] this bounds the memory that bodies can take, at 128 MiB.
pub(super) const CONNECTIONS: usize = 256;
/// For the request's head, and for a connection that asks for nothing.
pub(super) const HEAD: Duration = Duration::from_secs(10);
/// For the whole body.
pub(super) const READING: Duration = Duration::from_secs(10);
/// While nothing of an answer is taken.
pub(super) const WRITING: Duration = Duration::from_secs(10);
/// For a place among the merchant's webhooks. How long Loop waits for an answer is not documented;
/// together with [`RECORDING`] and [`MAKING`] it is no more than the five seconds that others wait
/// at least.
pub(super) const TURN: Duration = Duration::from_secs(1);
/// For writing the news down, which takes a moment.
pub(super) const RECORDING: Duration = Duration::from_secs(2);
/// For making the RMA, which can wait.
pub(super) const MAKING: Duration = Duration::from_secs(2);
