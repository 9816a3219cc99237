//! The programs under test, built from the present code, so that `cargo test` needs nothing else.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

const NAMES: [&str; 3] = ["service", "loop_sandbox", "oms_server"];

/// Where one of the examples is. The first to ask waits for the build.
pub(crate) fn program(name: &str) -> &'static Path {
    static BUILT: OnceLock<Result<BTreeMap<String, PathBuf>, String>> = OnceLock::new();
    match BUILT.get_or_init(build) {
        Ok(built) => &built[name],
        Err(problem) => panic!("{problem}"),
    }
}

fn build() -> Result<BTreeMap<String, PathBuf>, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    // The same packages as a test run of the workspace has, so that nothing is built twice.
    command.args(["build", "--workspace", "--locked", "--message-format=json"]);
    for name in NAMES {
        command.args(["--example", name]);
    }
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    if let Some(target) = Path::new(env!("CARGO_TARGET_TMPDIR")).parent() {
        command.arg("--target-dir").arg(target);
    }
    // What cargo tells a test about its package would look to build scripts like a change.
    for (name, _) in env::vars_os() {
        if is_about_this_package(&name) {
            command.env_remove(name);
        }
    }
    let output = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the examples cannot be built:\n{errors}"));
    }
    let built = executables(&String::from_utf8_lossy(&output.stdout));
    match NAMES.iter().find(|name| !built.contains_key(**name)) {
        Some(missing) => Err(format!("cargo did not say where it built {missing}")),
        None => Ok(built),
    }
}

fn is_about_this_package(variable: &OsString) -> bool {
    let variable = variable.to_string_lossy();
    [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
        "CARGO_PRIMARY_",
    ]
    .iter()
    .any(|prefix| variable.starts_with(prefix))
        || ["OUT_DIR", "CARGO_TARGET_TMPDIR"].contains(&variable.as_ref())
}

/// By name, out of cargo's messages, one JSON object a line.
fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        let is_example = message["target"]["kind"][0] == "example";
        if let (true, Some(name), Some(path)) = (
            is_example,
            message["target"]["name"].as_str(),
            message["executable"].as_str(),
        ) {
            found.insert(name.to_owned(), path.into());
        }
    }
    found
}
