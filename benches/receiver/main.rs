//! Webhooks through HTTP: processor time and memory of `examples/webhook_receiver`, and of the same
//! work on Node's http server and on `FastAPI`.
//!
//! ```text
//! cargo bench --workspace --bench receiver                     # some minutes
//! WEBHOOKS=1000000 cargo bench --workspace --bench receiver    # its memory, for longer
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark that cannot run says so and stops"
)]

mod load;
mod memory;
mod serve;
mod server;

use std::env;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use loop_ams_benches::{Interpreter, Table, example, megabytes, peer, ratio, role};

use load::webhooks;
use serve::{MAP, RECORD};
use server::Server;

/// The first argument of a process that plays a role.
const SERVE: &str = "serve";
/// Keeps files in memory: what a disk waits for is not there.
const NO_DISK: &str = "/dev/shm";

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, serve, role] = &arguments[..]
        && serve == SERVE
    {
        return serve::serve_as(role);
    }
    let receiver = example("webhook_receiver", env!("CARGO_TARGET_TMPDIR")).unwrap();
    println!("## Verify, parse, map, answer 200\n");
    compare(&mut forgetting(), 5, 4_000);
    if Path::new(NO_DISK).is_dir() {
        durable(&receiver, &folder_in(Path::new(NO_DISK)), 5, 2_000);
    }
    durable(&receiver, &folder_in(&env::temp_dir()), 3, 100);
    memory::measure(&receiver);
}

fn forgetting() -> Vec<Server> {
    let mut servers = vec![Server::start(
        "axum, our crates",
        role(&[SERVE, MAP]).unwrap(),
    )];
    if let Some(command) = peer(Interpreter::Node, "receiver.mjs") {
        servers.push(Server::start("Node http", command));
    }
    if let Some(command) = fast_api() {
        servers.push(Server::start("FastAPI, uvicorn", command));
    }
    servers
}

fn durable(receiver: &Path, folder: &tempfile::TempDir, rounds: u64, each: u64) {
    let folder = folder.path();
    println!(
        "## The same, written down in {}: one synchronised write there takes {:.0} µs\n",
        folder.parent().unwrap().display(),
        synchronised_write(folder),
    );
    let mut recording = role(&[SERVE, RECORD]).unwrap();
    recording.env("STATE", folder);
    let mut servers = vec![Server::start(
        "axum, our crates: `record_webhook`",
        recording,
    )];
    servers.push(Server::start(
        "`webhook_receiver`: and the RMA in the OMS",
        webhook_receiver(receiver, folder),
    ));
    if let Some(mut command) = peer(Interpreter::Node, "receiver.mjs") {
        command.arg(folder);
        servers.push(Server::start("Node http, a file", command));
    }
    if let Some(mut command) = fast_api() {
        command.arg(folder);
        servers.push(Server::start("FastAPI, uvicorn, SQLite", command));
    }
    compare(&mut servers, rounds, each);
}

/// Every server takes `each` webhooks in each of the rounds, one server after the other.
fn compare(servers: &mut [Server], rounds: u64, each: u64) {
    let mut ids = 90_000_000_u64..;
    let mut next = |how_many| {
        let ids: Vec<u64> = ids.by_ref().take(how_many).collect();
        webhooks(ids)
    };
    let each = usize::try_from(each).unwrap();
    for server in &mut *servers {
        server.warm_up(next(each / 2));
    }
    for _ in 0..rounds {
        for server in &mut *servers {
            server.take(next(each));
        }
    }
    let mut table = Table::new(&[
        "",
        "CPU per webhook, µs",
        "ratio",
        "webhooks a second",
        "memory at rest, MB",
        "memory at most, MB",
    ]);
    let first = servers[0].cpu_per_request();
    for server in &*servers {
        table.row([
            server.name.to_owned(),
            format!("{:.0}", server.cpu_per_request()),
            ratio(server.cpu_per_request() / first),
            format!("{:.0}", server.per_second()),
            megabytes(server.memory_at_rest()),
            megabytes(server.usage().peak),
        ]);
    }
    println!("{table}");
}

fn webhook_receiver(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env("LISTEN", "127.0.0.1:0")
        .env("LOOP_API_KEY", "no-key")
        // A webhook asks Loop for nothing.
        .env("LOOP_BASE_URL", "http://127.0.0.1:9")
        .env("LEDGER_FILE", folder.join("ledger.sqlite"))
        .env("OMS_FILE", folder.join("oms.sqlite"));
    for theirs in [
        "DATABASE_URL",
        "MERCHANT",
        "OMS_KEY",
        "OMS_URL",
        "POLICY_FILE",
    ] {
        command.env_remove(theirs);
    }
    command
}

fn fast_api() -> Option<Command> {
    let command = peer(Interpreter::Python, "receiver.py")?;
    let found = Command::new(command.get_program())
        .args(["-c", "import fastapi, uvicorn"])
        .output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(command);
    }
    println!("skipped receiver.py: it needs fastapi and uvicorn");
    None
}

fn folder_in(parent: &Path) -> tempfile::TempDir {
    tempfile::tempdir_in(parent).unwrap()
}

/// Microseconds.
fn synchronised_write(folder: &Path) -> f64 {
    const TIMES: u32 = 50;
    let mut file = File::create(folder.join("probe")).unwrap();
    let began = Instant::now();
    for _ in 0..TIMES {
        file.write_all(&[0; 4096]).unwrap();
        file.sync_data().unwrap();
    }
    began.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
}

/// Where a long run keeps its files.
fn no_disk() -> PathBuf {
    let path = PathBuf::from(NO_DISK);
    if path.is_dir() { path } else { env::temp_dir() }
}
