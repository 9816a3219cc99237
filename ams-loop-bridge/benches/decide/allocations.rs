//! How often a decision allocates: `cargo bench --workspace --bench decide_allocations`.
//! Apart from the times, which counting makes longer.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark ends by panicking and has no readers of its docs"
)]

mod cases;

#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}
