//! What the benchmarks share: times taken in turn, so that a busy machine is busy for both; what a
//! process has used; payloads; programs in other languages.

mod example;
mod payload;
mod peer;
mod process;
mod role;
mod table;
mod turns;

pub use example::example;
pub use payload::{asn_row, return_row, return_webhook};
pub use peer::{Interpreter, peer};
pub use process::{Stopwatch, Usage};
pub use role::{role, serve};
pub use table::{Table, megabytes, ratio};
pub use turns::{Case, Timed, median, take_turns};
