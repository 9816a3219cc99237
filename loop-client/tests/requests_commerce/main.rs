//! What each call sends, to the byte of its address and the value of its body, and what it makes
//! of Loop's documented answers. No network, no clock.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod carts;
mod destinations;
mod happy_returns;
mod listings;
mod orders;
mod paging;
mod raw;
mod returns;
mod script;
mod webhooks;
