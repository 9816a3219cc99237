//! What our crates cost their users: a clean build of a program that depends on one of them, beside
//! known crates of the kind, and the size of `examples/webhook_receiver`.
//!
//! ```text
//! COST=1 cargo bench --workspace --bench cost    # eleven clean builds: half an hour or more
//! ```
//!
//! It builds the newest releases of the others, as a user who starts today gets them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot run says so and stops"
)]

mod build;
mod size;
mod subjects;

use std::env;

use loop_ams_benches::{Table, example, ratio};

use build::Built;
use subjects::{SUBJECTS, YARDSTICK};

fn main() {
    if env::var_os("COST").is_none_or(|it| it != "1") {
        println!("cost: skipped, for it makes eleven clean builds. COST=1 runs it.");
        return;
    }
    let yardstick = build::clean(&YARDSTICK);
    let mut table = Table::new(&["depends on", "crates", "CPU seconds", "ratio"]);
    let mut note = |name: &str, built: &Built| {
        table.row([
            name.to_owned(),
            built.crates.to_string(),
            format!("{:.0}", built.cpu.as_secs_f64()),
            ratio(built.cpu.as_secs_f64() / yardstick.cpu.as_secs_f64()),
        ]);
    };
    note(YARDSTICK.name, &yardstick);
    for subject in &SUBJECTS {
        note(subject.name, &build::clean(subject));
    }
    println!("\n## A clean debug build\n\n{table}");

    let program = example("webhook_receiver", env!("CARGO_TARGET_TMPDIR")).unwrap();
    println!(
        "## The release binary of `webhook_receiver`\n\n{}",
        size::of(&program)
    );
}
