//! How long a decision takes: `cargo bench --workspace --bench decide`.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark ends by panicking and has no readers of its docs"
)]

mod cases;

fn main() {
    divan::main();
}
