//! What the bridge needs of the world, as ports, so that a test can put anything in their place.
//! The OMS and the ledger are ports too; they have homes of their own.

mod clock;
mod loop_api;
mod randomness;

pub use clock::{Clock, SystemClock};
pub use loop_api::{AsnStream, LoopApi};
pub use randomness::{Randomness, SystemRandomness};
