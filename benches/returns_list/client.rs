//! The process that is measured.

use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use axum::http;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use loop_ams_benches::{Case, Table, Usage, ratio, take_turns};
use loop_client::transport::{Body, Transport, TransportError};
use loop_client::{
    ApiKey, Client, ClientBuilder, Observation, Observer, RateLimit, Return, ReturnState,
    ReturnsQuery, Timestamp,
};
use serde::Deserialize;

use super::sandbox::{BEGIN, END, RETURNS, returns};

/// The most rows Loop gives at once, and the longest window it takes.
const LARGEST_PAGE: usize = 750;
const LONGEST_WINDOW: i64 = 120 * 86_400;

#[tokio::main(flavor = "current_thread")]
pub async fn measure(address: &str) {
    let pages = record(address).await;

    let calls = Arc::new(Calls::default());
    let client = builder(address)
        .observer(Arc::clone(&calls) as Arc<dyn Observer>)
        .build()
        .unwrap();
    let before = Usage::of("self").unwrap().cpu;
    let began = Instant::now();
    let rows = walk(&client).await;
    let wall = began.elapsed().as_secs_f64();
    let cpu = (Usage::of("self").unwrap().cpu - before).as_secs_f64();
    assert_eq!(rows, RETURNS);

    let before = Usage::of("self").unwrap().cpu;
    let began = Instant::now();
    let rows: usize = pages.iter().map(|page| decode(page)).sum();
    let memory_wall = began.elapsed().as_secs_f64();
    let memory_cpu = (Usage::of("self").unwrap().cpu - before).as_secs_f64();
    assert!(rows >= RETURNS as usize);

    let micros = |seconds: f64| format!("{:.2}", seconds * 1e6 / f64::from(RETURNS));
    let mut table = Table::new(&["", "seconds", "CPU seconds", "CPU µs/row", "CPU ratio"]);
    for (name, wall, cpu) in [
        (
            "the same bytes decoded from memory",
            memory_wall,
            memory_cpu,
        ),
        ("walked through, over HTTP", wall, cpu),
    ] {
        let [wall_text, cpu_text] = [wall, cpu].map(|it| format!("{it:.2}"));
        let times = ratio(cpu / memory_cpu);
        table.row([name.to_owned(), wall_text, cpu_text, micros(cpu), times]);
    }
    let bytes: usize = pages.iter().map(Bytes::len).sum();
    println!(
        "{RETURNS} returns, {} MB in {} pages\n\n{table}",
        bytes / 1_000_000,
        pages.len()
    );
    let made = calls.0.load(Ordering::Relaxed);
    println!(
        "calls made: {made}; the least possible: {}\n",
        least_calls()
    );

    without_network(address, pages);
}

/// The same pages, given to the client without a network: what reading costs on its own.
fn without_network(address: &str, pages: Vec<Bytes>) {
    let pages: Vec<Bytes> = pages
        .into_iter()
        .filter(|page| page.len() > 100_000)
        .take(30)
        .collect();
    let times = u32::try_from(pages.len()).unwrap();
    let replay = Arc::new(Replay {
        pages: pages.clone(),
        next: AtomicU64::new(0),
    });
    let client = builder(address).transport(replay).build().unwrap();
    let query = query();
    let mut decoded = pages.iter().cycle();
    let timed = take_turns(
        10,
        times,
        &mut [
            Case::new("decoded from memory", || {
                black_box(decode(decoded.next().unwrap()));
            }),
            Case::new("read by the client", || {
                let returns = client.returns();
                let page = returns.page(&query, None).now_or_never();
                let page = page.expect("nothing to wait for").unwrap();
                assert!(page.rows.iter().all(Result::is_ok));
                black_box(page.rows.len());
            }),
        ],
    );
    let mut table = Table::new(&["one page, without a network", "ms", "ratio"]);
    for case in timed {
        let millis = format!("{:.2}", case.once.as_secs_f64() * 1e3);
        table.row([case.name, &millis, &ratio(case.ratio)]);
    }
    println!("{table}");
}

async fn walk(client: &Client) -> u32 {
    let mut rows = pin!(client.returns().list(query()));
    let mut read = 0;
    while let Some(row) = rows.next().await {
        black_box(row.unwrap());
        read += 1;
    }
    read
}

fn query() -> ReturnsQuery {
    let time = Timestamp::from_unix_seconds;
    ReturnsQuery::created(time(BEGIN), time(END))
}

/// Rows by the largest page, rounded up, for each state and window; one for a window without rows.
fn least_calls() -> usize {
    let middle = BEGIN + LONGEST_WINDOW;
    let windows = [(BEGIN, middle), (middle, END)];
    let mut calls = 0;
    for state in ReturnState::ALL {
        for (from, to) in windows {
            let rows = returns()
                .filter(|(at, its)| (from..=to).contains(at) && *its == state.as_str())
                .count();
            calls += rows.div_ceil(LARGEST_PAGE).max(1);
        }
    }
    calls
}

/// The least that could be done: serde_json, with the rows' type, over a page that is all there.
fn decode(page: &[u8]) -> usize {
    #[derive(Deserialize)]
    struct Page {
        returns: Vec<Return>,
        #[serde(rename = "nextPageUrl")]
        next: Option<String>,
    }
    let page: Page = serde_json::from_slice(page).unwrap();
    black_box(page.next);
    black_box(page.returns).len()
}

fn builder(address: &str) -> ClientBuilder {
    Client::builder(ApiKey::new("sandbox-api-key").unwrap())
        .base_url(address)
        .rate_limit(RateLimit::per_minute(1_000_000))
}

/// Every page of a walk.
async fn record(address: &str) -> Vec<Bytes> {
    let recorder = Arc::new(Recorder::default());
    let transport = Arc::clone(&recorder) as Arc<dyn Transport>;
    let client = builder(address).transport(transport).build().unwrap();
    assert_eq!(walk(&client).await, RETURNS);
    std::mem::take(&mut *recorder.pages.lock().unwrap())
}

#[derive(Debug, Default)]
struct Recorder {
    http: reqwest::Client,
    pages: Mutex<Vec<Bytes>>,
}

#[async_trait]
impl Transport for Recorder {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        let (parts, _) = request.into_parts();
        let call = self.http.get(parts.uri.to_string()).headers(parts.headers);
        let page = call.send().await.unwrap().bytes().await.unwrap();
        self.pages.lock().unwrap().push(page.clone());
        Ok(http::Response::new(Body::full(page)))
    }
}

/// Gives recorded pages in turn.
#[derive(Debug)]
struct Replay {
    pages: Vec<Bytes>,
    next: AtomicU64,
}

#[async_trait]
impl Transport for Replay {
    async fn send(&self, _: http::Request<Bytes>) -> Result<http::Response<Body>, TransportError> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let turn = usize::try_from(turn).unwrap() % self.pages.len();
        Ok(http::Response::new(Body::full(self.pages[turn].clone())))
    }
}

#[derive(Debug, Default)]
struct Calls(AtomicU64);

impl Observer for Calls {
    fn observe(&self, seen: &Observation<'_>) {
        if let Observation::Attempt { .. } = seen {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
