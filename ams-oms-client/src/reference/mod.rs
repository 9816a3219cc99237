//! Two complete order management systems over one pure core.
//!
//! [`document`] holds every rule of an RMA's life, [`operations`] what each call does to a stored
//! document, [`cursor`] how a place in the change feed is written down. The stores around them
//! load, save and count, and decide nothing.

mod cursor;
mod document;
#[cfg(feature = "memory")]
mod faults;
#[cfg(feature = "memory")]
mod memory;
mod operations;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "memory")]
pub use faults::{Fault, OmsCall};
#[cfg(feature = "memory")]
pub use memory::MemoryOms;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteOms;
