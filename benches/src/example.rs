//! A program of `examples/`, built from the present code.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Builds `examples/{name}` for release and says where it is. `target_tmpdir` is what cargo calls
/// `CARGO_TARGET_TMPDIR`: beside it are the dependencies that are built already.
///
/// # Errors
/// Where cargo cannot be run, or cannot build it.
pub fn example(name: &str, target_tmpdir: &str) -> io::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // The same packages as a run of the benchmarks has, so that nothing is built twice.
    command.args(["build", "--workspace", "--locked", "--release"]);
    command.args(["--message-format=json", "--example", name]);
    if let Some(target) = Path::new(target_tmpdir).parent() {
        command.arg("--target-dir").arg(target);
    }
    // What cargo tells a benchmark about its package would look to build scripts like a change.
    for (variable, _) in env::vars_os() {
        if is_about_this_package(&variable.to_string_lossy()) {
            command.env_remove(variable);
        }
    }
    let output = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    let messages = String::from_utf8_lossy(&output.stdout);
    messages
        .lines()
        .find_map(|line| executable(line, name))
        .filter(|_| output.status.success())
        .ok_or_else(|| io::Error::other(format!("cargo has not built {name}")))
}

/// Out of one of cargo's messages.
fn executable(message: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = message.get("target")?;
    let is_it = target.get("name")? == name && target.pointer("/kind/0")? == "example";
    let path = message.get("executable")?.as_str()?;
    is_it.then(|| path.into())
}

fn is_about_this_package(variable: &str) -> bool {
    const PREFIXES: [&str; 5] = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
        "CARGO_PRIMARY_",
    ];
    PREFIXES.iter().any(|prefix| variable.starts_with(prefix))
        || ["OUT_DIR", "CARGO_TARGET_TMPDIR"].contains(&variable)
}
