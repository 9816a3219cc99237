//! A program that does nothing, built from nothing.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use loop_ams_benches::Usage;
use serde_json::Value;

use crate::subjects::Subject;

pub(crate) struct Built {
    /// That were compiled for it.
    pub(crate) crates: usize,
    /// Of cargo and all that it started.
    pub(crate) cpu: Duration,
}

/// Builds it in debug mode, as its user waits for it, after all sources are there.
pub(crate) fn clean(subject: &Subject) -> Built {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Its own workspace, whatever is above it.
    let manifest = format!(
        "[package]\nname = \"hello\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}",
        subject.manifest(),
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(folder.join("src")).unwrap();
    let uses: String = subject
        .uses()
        .map(|it| format!("use {it} as _;\n"))
        .collect();
    let program = format!("{uses}fn main() {{\n    println!(\"hello\");\n}}\n");
    fs::write(folder.join("src/main.rs"), program).unwrap();
    run(folder, &["fetch"], subject.name);

    let began = Instant::now();
    let before = Usage::of("self").unwrap().cpu_of_children;
    let messages = run(
        folder,
        &["build", "--offline", "--message-format=json"],
        subject.name,
    );
    let cpu = Usage::of("self").unwrap().cpu_of_children - before;
    let crates = packages(&messages).len() - 1;
    println!(
        "{}: {crates} crates, {:.0} CPU seconds, {:.0} by the clock",
        subject.name,
        cpu.as_secs_f64(),
        began.elapsed().as_secs_f64(),
    );
    Built { crates, cpu }
}

fn run(folder: &Path, arguments: &[&str], what: &str) -> String {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(arguments)
        .arg("--quiet")
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    // What the one who runs the benchmarks has set for their own builds.
    for theirs in ["CARGO_INCREMENTAL", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS"] {
        command.env_remove(theirs);
    }
    let output = command.output().expect("cargo runs");
    assert!(
        output.status.success(),
        "{what}: cargo {arguments:?} failed"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Of which something was compiled.
fn packages(messages: &str) -> BTreeSet<String> {
    let package = |line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_compiled = message.get("reason")? == "compiler-artifact";
        let package = message.get("package_id")?.as_str()?;
        is_compiled.then(|| package.to_owned())
    };
    messages.lines().filter_map(package).collect()
}
