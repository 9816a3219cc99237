//! The process that is measured.

use std::hint::black_box;
use std::pin::pin;
use std::time::Instant;

use futures_util::StreamExt as _;
use loop_ams_benches::{Stopwatch, Usage, median};
use loop_client::{ApiKey, AsnRow, Client, Error, ErrorKind, Timestamp};

use super::server::row_text;

/// Rows of the slice that is decoded over and over: about 8 MB.
const ROWS_IN_MEMORY: u64 = 10_000;

/// Reads the whole report and prints what that took.
#[tokio::main(flavor = "current_thread")]
pub async fn read(port: &str, rows: u64) {
    let began = Instant::now();
    let client = client(port, rows, "all");
    assert_eq!(report(&client).await.unwrap(), rows);
    let wall = began.elapsed();
    let Usage { cpu, peak, .. } = Usage::of("self").unwrap();
    println!("{} {} {peak}", wall.as_secs_f64(), cpu.as_secs_f64());
}

/// A report that breaks off is an error, wherever that is.
#[tokio::main(flavor = "current_thread")]
pub async fn read_cut_reports(port: &str) {
    let row = row_text(0).len();
    for keep in [0, 1, 2, row, row + 1, row + 2, 50 * (row + 1), 65_536] {
        match report(&client(port, 1000, &keep.to_string())).await {
            Err(error) if matches!(error.kind(), ErrorKind::Incomplete(_)) => {}
            other => panic!("{keep} bytes of a report: {other:?}"),
        }
    }
}

/// Reads the report and decodes the same rows from memory, in turn. Prints the median over the
/// rounds of decoding's time by the client's: wall clock, and processor.
#[tokio::main(flavor = "current_thread")]
pub async fn compare(port: &str, rows: u64, rounds: usize) {
    // A value after the other, as `StreamDeserializer` reads them, instead of a list.
    let texts: Vec<String> = (0..ROWS_IN_MEMORY).map(row_text).collect();
    let text = texts.join("\n");
    let client = client(port, rows, "all");
    let mut wall = Vec::new();
    let mut cpu = Vec::new();
    for _ in 0..rounds {
        let read = Stopwatch::start().unwrap();
        assert_eq!(report(&client).await.unwrap(), rows);
        let read = read.stop().unwrap();
        let memory = Stopwatch::start().unwrap();
        let mut decoded = 0;
        while decoded < rows {
            decoded += decode(text.as_bytes());
        }
        let memory = memory.stop().unwrap();
        wall.push(memory.0.as_secs_f64() / read.0.as_secs_f64());
        cpu.push(memory.1.as_secs_f64() / read.1.as_secs_f64());
    }
    println!("{} {}", median(wall), median(cpu));
}

/// The least that could be done: `serde_json`, with the rows' type, over bytes that are all there.
fn decode(bytes: &[u8]) -> u64 {
    // Faster than `from_slice`, which looks for UTF-8 in every text.
    let text = std::str::from_utf8(bytes).unwrap();
    let mut rows = 0;
    for row in serde_json::Deserializer::from_str(text).into_iter::<AsnRow>() {
        black_box(row.unwrap());
        rows += 1;
    }
    rows
}

fn client(port: &str, rows: u64, keep: &str) -> Client {
    Client::builder(ApiKey::new("key").unwrap())
        .base_url(format!("http://127.0.0.1:{port}/{rows}/{keep}/api"))
        .build()
        .unwrap()
}

async fn report(client: &Client) -> Result<u64, Error> {
    let day = (
        Timestamp::from_unix_seconds(1_790_000_000),
        Timestamp::from_unix_seconds(1_790_086_400),
    );
    let mut found = pin!(client.reports().asn(day.0, day.1));
    let mut read = 0;
    while let Some(row) = found.next().await {
        black_box(row?);
        read += 1;
    }
    Ok(read)
}
