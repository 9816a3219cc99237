//! The ASN report of a million rows, read through the client: memory, time beside that of decoding
//! the same rows from memory, and what JSON streamers of other languages need.
//!
//! Server, client and peers are processes of their own, so that each is measured alone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    unreachable_pub,
    reason = "a benchmark stops at the first thing that is wrong"
)]

mod client;
mod server;

use std::process::{Command, Stdio};

use loop_ams_benches::{Interpreter, Table, megabytes, peer, ratio, role, serve};

const PEERS: [(&str, Interpreter, &str); 2] = [
    ("Node, stream-json", Interpreter::Node, "asn_report.mjs"),
    ("Python, ijson", Interpreter::Python, "asn_report.py"),
];
const ROWS_OF_PEERS: u64 = 100_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["server"] => server::serve(),
        ["read", port, rows] => client::read(port, rows.parse().unwrap()),
        ["read-cut", port] => client::read_cut_reports(port),
        ["compare", port, rows, rounds] => {
            client::compare(port, rows.parse().unwrap(), rounds.parse().unwrap());
        }
        _ => measure(),
    }
}

fn measure() {
    let own_role = |arguments: &[&str]| role(arguments).unwrap();
    let (mut server, port) = serve(own_role(&["server"])).unwrap();
    let cut = own_role(&["read-cut", &port]).status().unwrap();
    assert!(
        cut.success(),
        "a report that breaks off passed for a whole one"
    );

    let mut sizes = Table::new(&["rows", "MB", "peak MB", "seconds", "CPU seconds", "rows/s"]);
    for rows in [10_000, 100_000, 1_000_000] {
        let [wall, cpu, peak] = numbers(&mut own_role(&["read", &port, &rows.to_string()]));
        let size: u64 = (0..rows)
            .map(|row| server::row_text(row).len() as u64 + 1)
            .sum();
        sizes.row([
            rows.to_string(),
            megabytes(size),
            megabytes(peak as u64),
            format!("{wall:.2}"),
            format!("{cpu:.2}"),
            format!("{:.0}", rows as f64 / wall),
        ]);
    }
    println!("{sizes}");

    let [wall, cpu] = numbers(&mut own_role(&["compare", &port, "1000000", "5"]));
    println!("Throughput by that of decoding from memory, a million rows, median of 5 rounds:");
    println!(
        "{} by the clock, {} by the processor\n",
        ratio(wall),
        ratio(cpu)
    );

    let mut peers = Table::new(&[
        "reader",
        "rows/s",
        "peak MB",
        "CPU seconds",
        "our time by its",
    ]);
    let rows = ROWS_OF_PEERS.to_string();
    let ours = numbers(&mut own_role(&["read", &port, &rows]));
    let mut row = |name: &str, [wall, cpu, peak]: [f64; 3]| {
        peers.row([
            name.to_owned(),
            format!("{:.0}", ROWS_OF_PEERS as f64 / wall),
            megabytes(peak as u64),
            format!("{cpu:.2}"),
            ratio(ours[0] / wall),
        ]);
    };
    row("loop-client", ours);
    for (name, interpreter, script) in PEERS {
        let url = format!("http://127.0.0.1:{port}/{rows}/all/report");
        let measured = peer(interpreter, script).and_then(|mut it| numbers_if_any(it.arg(url)));
        if let Some(measured) = measured {
            row(name, measured);
        }
    }
    println!("{peers}");
    server.kill().unwrap();
    server.wait().unwrap();
}

/// What a program prints, and nothing else.
fn numbers<const N: usize>(command: &mut Command) -> [f64; N] {
    numbers_if_any(command).unwrap_or_else(|| panic!("{command:?} failed"))
}

/// `None` when it failed, and has said why.
fn numbers_if_any<const N: usize>(command: &mut Command) -> Option<[f64; N]> {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|it| it.parse().unwrap())
        .collect();
    output.status.success().then(|| numbers.try_into().unwrap())
}
