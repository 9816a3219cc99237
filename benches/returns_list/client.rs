//! The process that is measured.

use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::http;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use loop_ams_benches::{Case, Stopwatch, Table, ratio, take_turns};
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
    let (mut walked, mut decoded) = (Spent::default(), Spent::default());
    let mut rows = 0;
    let mut walk = pin!(client.returns().pages(query(), None));
    // In turn, so that a busy machine is busy for both.
    for some in pages.chunks(10) {
        let began = Stopwatch::start().unwrap();
        for _ in some {
            let page = walk.next().await.unwrap().unwrap();
            rows += page.rows.iter().filter(|row| row.is_ok()).count();
            black_box(page.rows);
        }
        walked.add(began);
        let began = Stopwatch::start().unwrap();
        for page in some {
            decode(page);
        }
        decoded.add(began);
    }
    assert!(walk.next().await.is_none());
    assert_eq!(rows, RETURNS as usize);

    let mut table = Table::new(&["", "seconds", "CPU seconds", "CPU µs/row", "CPU ratio"]);
    for (name, spent) in [
        ("the same bytes decoded from memory", &decoded),
        ("walked through, over HTTP", &walked),
    ] {
        let Spent { wall, cpu } = spent;
        table.row([
            name.to_owned(),
            format!("{wall:.2}"),
            format!("{cpu:.2}"),
            format!("{:.1}", cpu * 1e6 / f64::from(RETURNS)),
            ratio(cpu / decoded.cpu),
        ]);
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

/// Seconds, of the clock and of the processor.
#[derive(Default)]
struct Spent {
    wall: f64,
    cpu: f64,
}

impl Spent {
    fn add(&mut self, began: Stopwatch) {
        let (wall, cpu) = began.stop().unwrap();
        self.wall += wall.as_secs_f64();
        self.cpu += cpu.as_secs_f64();
    }
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

/// The least that could be done: `serde_json`, with the rows' type, over a page that is all there.
fn decode(page: &[u8]) -> usize {
    #[derive(Deserialize)]
    struct Page {
        returns: Vec<Return>,
        #[serde(rename = "nextPageUrl")]
        next: Option<String>,
    }
    // Faster than `from_slice`, which looks for UTF-8 in every text.
    let text = std::str::from_utf8(page).unwrap();
    let page: Page = serde_json::from_str(text).unwrap();
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
