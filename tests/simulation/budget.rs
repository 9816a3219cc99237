//! The call budget (I10) and where the key goes (I11), which lie below the port that the other
//! runs simulate: several processes with real clients and one key, over a transport in memory, in
//! virtual time.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use loop_client::transport::{Body, Transport, TransportError};
use loop_client::{ApiKey, Client, RateLimit, ReturnId, Runtime};

use super::rng::Rng;
use super::search::{first, number};

const KEY: &str = "canary-of-the-key";
const HOST: &str = "api.loopreturns.com";
const A_KEY: usize = 300;
const MINUTE: Duration = Duration::from_secs(60);

/// What all processes share: the time, chance, and Loop.
struct Shop {
    now: Duration,
    rng: Rng,
    /// When a call left, and what was wrong with it.
    left: Vec<Duration>,
    wrong: Option<String>,
    wakes: Vec<Duration>,
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Shop>>);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the shop")
    }
}

impl Shared {
    fn with<R>(&self, act: impl FnOnce(&mut Shop) -> R) -> R {
        act(&mut self.0.lock().unwrap())
    }

    async fn wait(&self, pause: Duration) {
        let until = self.with(|shop| shop.now + pause);
        poll_fn(|_| {
            self.with(|shop| {
                if shop.now >= until {
                    return Poll::Ready(());
                }
                shop.wakes.push(until);
                Poll::Pending
            })
        })
        .await;
    }

    async fn wait_up_to(&self, millis: u64) {
        let pause = self.with(|shop| shop.rng.below(millis));
        self.wait(Duration::from_millis(pause)).await;
    }
}

#[async_trait]
impl Runtime for Shared {
    fn elapsed(&self) -> Duration {
        self.with(|shop| shop.now)
    }

    async fn sleep(&self, duration: Duration) {
        self.wait(duration).await;
    }

    fn random(&self) -> u64 {
        self.with(|shop| shop.rng.next())
    }
}

impl Shop {
    /// The auditor: no more than the key is allowed in any minute, and to one place.
    fn take(&mut self, request: &Request<Bytes>) {
        self.left.push(self.now);
        let within = |at: &&Duration| self.now - **at < MINUTE;
        let lately = self.left.iter().rev().take_while(within).count();
        let uri = request.uri();
        if lately > A_KEY {
            self.wrong = Some(format!("I10: {lately} calls in a minute"));
        }
        if uri.host() != Some(HOST) || uri.scheme_str() != Some("https") {
            self.wrong = Some(format!("I11: the key goes to {uri}"));
        }
        if uri.to_string().contains(KEY) {
            self.wrong = Some("I11: the key stands in an address".to_owned());
        }
    }

    fn answer(&mut self) -> Response<Body> {
        let answer = Response::builder();
        let advice = [
            "",
            "0",
            "-5",
            "7",
            "999999999",
            "Wed, 21 Oct 2015 07:28:00 GMT",
        ];
        let drawn = self.rng.below(20);
        let (answer, body) = match drawn {
            0 => {
                let place = usize::try_from(self.rng.below(6)).unwrap();
                (answer.status(429).header("Retry-After", advice[place]), "")
            }
            1 => {
                let elsewhere = "https://elsewhere.example/";
                (answer.status(302).header("Location", elsewhere), "")
            }
            2 => (answer.status(500), KEY),
            _ => (answer.status(200), "{\"id\": 1, \"state\": \"open\"}"),
        };
        answer.body(Body::full(body)).unwrap()
    }
}

#[async_trait]
impl Transport for Shared {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, TransportError> {
        self.with(|shop| shop.take(&request));
        self.wait_up_to(3000).await;
        let lost = self.with(|shop| shop.rng.chance(300));
        if lost {
            return Err(TransportError::maybe_sent("timed out"));
        }
        Ok(self.with(Shop::answer))
    }
}

fn client(shop: &Shared, calls: u32) -> Client {
    Client::builder(ApiKey::new(KEY).unwrap())
        .rate_limit(RateLimit::per_minute(calls))
        .transport(Arc::new(shop.clone()))
        .runtime(Arc::new(shop.clone()))
        .build()
        .unwrap()
}

/// Calls as fast as it may, and now and then pauses.
async fn work(shop: Shared, client: Client, until: Duration) {
    while shop.elapsed() < until {
        let id = ReturnId::new(1).unwrap();
        let said = match shop.with(|shop| shop.rng.below(8)) {
            0 => format!("{:?}", client.returns().flag(id).await),
            1 => {
                shop.wait_up_to(40_000).await;
                format!("{client:?}")
            }
            _ => match client.returns().get(id).await {
                Ok(ret) => format!("{ret:?}"),
                Err(error) => format!("{error} {error:?}"),
            },
        };
        if said.contains(KEY) {
            let wrong = format!("I11: {said}");
            shop.with(|shop| shop.wrong = Some(wrong));
        }
    }
}

/// Polls everybody, and then lets the time pass until somebody wants to go on.
fn run(seed: u64, processes: u32, calls_each: u32) -> (usize, Option<String>) {
    let shop = Shared(Arc::new(Mutex::new(Shop {
        now: Duration::ZERO,
        rng: Rng::new(seed),
        left: Vec::new(),
        wrong: None,
        wakes: Vec::new(),
    })));
    let until = MINUTE * 10;
    let mut tasks: Vec<Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
    for _ in 0..processes {
        let client = client(&shop, calls_each);
        for _ in 0..25 {
            tasks.push(Box::pin(work(shop.clone(), client.clone(), until)));
        }
    }
    while !tasks.is_empty() && shop.with(|shop| shop.wrong.is_none()) {
        let mut context = Context::from_waker(Waker::noop());
        tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
        shop.with(|shop| {
            let wakes = std::mem::take(&mut shop.wakes);
            shop.now = wakes.into_iter().min().unwrap_or(shop.now).max(shop.now);
        });
    }
    shop.with(|shop| (shop.left.len(), shop.wrong.clone()))
}

/// The README's rule: processes share a key by parts.
#[test]
fn no_key_is_used_more_often_than_it_may_be() {
    let mut calls = 0;
    for seed in first()..first() + number("SIM_BUDGET").unwrap_or(10) {
        let processes = 1 + u32::try_from(seed % 4).unwrap();
        let (made, wrong) = run(seed, processes, 300 / processes);
        assert_eq!(wrong, None, "seed {seed}");
        calls += made;
    }
    println!("{calls} calls");
    assert!(calls > 5_000, "the budget was never near");
}

/// The planted bug: each process thinks that the whole key is its own.
#[test]
fn a_budget_that_is_not_shared_is_found() {
    let found = (0..3).any(|seed| run(seed, 3, 300).1.is_some_and(|what| what.contains("I10")));
    assert!(found);
}
