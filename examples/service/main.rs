//! **The production shape**, for a team that wants to ship: many merchants in one process, their
//! webhooks, the recurring pull of what webhooks missed, settling, and confirmation.
//!
//! ```text
//! cargo run --example service                                      # no account: shows itself
//! cargo run --example service -- --config service.toml --check     # what is wrong with it?
//! cargo run --release --example service -- --config service.toml
//! ```
//!
//! [`service.toml`](https://github.com/ams-fulfillment/loop-returns-sdk/blob/main/examples/service/service.toml)
//! beside this file is a configuration to start from. Without one, `LOOP_API_KEY` (with
//! `LOOP_WEBHOOK_SECRET` and `MERCHANT`) makes it serve one merchant, with refunds off.
//! `LOOP_BASE_URL` points every merchant at a stand-in for Loop. `DATABASE_URL` puts the ledgers
//! into PostgreSQL, where any number of these processes may share them; otherwise each merchant has
//! a SQLite file, which processes on one machine may share.
//!
//! | Where | What |
//! | --- | --- |
//! | `POST /webhooks/loop/{merchant}` | Loop's webhooks, signed with that merchant's secret |
//! | `GET /healthz`, `GET /readyz` | whether it runs; whether webhooks can be recorded, tried out |
//! | `GET /metrics` | counters for Prometheus |
//! | `GET /` | for people: what waits, is flagged, owed or stale, and why |
//!
//! There is no TLS and no login here: put a proxy in front, and let it pass `/webhooks/` only, or
//! give `operator_listen` an address of its own for the page and the metrics. Logs are JSON on
//! standard error. SIGTERM or Ctrl-C finishes what is under way; to be killed loses nothing either.
//!
//! **What to change:** the OMS. `storage.rs` opens the SQLite reference or a service that keeps the
//! HTTP contract of `ams-oms-client`; put your own `Oms` there.

mod args;
mod config;
mod counted_oms;
mod demo;
mod http;
mod logs;
mod merchant;
mod metrics;
mod overview;
mod page;
mod reach;
mod seldom;
mod stop;
mod storage;
mod tasks;

use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use loop_client::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use args::Args;
use config::Settings;
use demo::Demo;
use merchant::Merchant;
use metrics::Metrics;
use stop::Signals;
use storage::Storage;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let (demo, mut settings) = match settings(&args).await {
        Ok(found) => found,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    if args.check {
        print!("fine: {} merchants\n{settings}", settings.merchants.len());
        return ExitCode::SUCCESS;
    }
    let _logging = logs::start(args.log);
    settings.listen = args.listen.unwrap_or(settings.listen);
    match run(settings, demo).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            tracing::error!(%problem, "ended");
            ExitCode::FAILURE
        }
    }
}

/// From the file, from the environment, or for a demonstration.
async fn settings(args: &Args) -> Outcome<(Option<Demo>, Settings)> {
    // What is no text is not unset: whoever set it meant something, and is told.
    let environment = |name: &str| Some(std::env::var_os(name)?.into_string().unwrap_or_default());
    if let Some(path) = &args.config {
        return Ok((None, config::load(path, &environment)?));
    }
    if let Some(settings) = config::from_environment(&environment)? {
        print!("LOOP_API_KEY without --config: one merchant\n{settings}");
        return Ok((None, settings));
    }
    println!("No configuration and no LOOP_API_KEY: a demonstration on a stand-in for Loop.");
    let (demo, settings) = Demo::prepare().await?;
    Ok((Some(demo), settings))
}

async fn run(settings: Settings, demo: Option<Demo>) -> Outcome<()> {
    let mut signals = Signals::listen()?;
    let (stopper, stop) = stop::stop();
    let metrics = Arc::new(Metrics::new());
    let merchants: Vec<Arc<Merchant>> = settings
        .merchants
        .into_iter()
        .map(|of_merchant| {
            let metrics = metrics.of(&of_merchant.id);
            Arc::new(Merchant::new(of_merchant, metrics))
        })
        .collect();
    let service = http::Service::new(merchants.clone(), metrics);

    let mut under_way = JoinSet::new();
    let (listener, base) = bind(settings.listen).await?;
    let (public, operators) = match settings.operator_listen {
        None => (service.for_all(), None),
        Some(address) => (service.public(), Some(bind(address).await?)),
    };
    say(&format!("listening on {base}"));
    under_way.spawn(http::serve(listener, public, stop.clone()));
    if let Some((listener, base)) = operators {
        say(&format!("operator pages on {base}"));
        under_way.spawn(http::serve(listener, service.for_operators(), stop.clone()));
    }

    let storage = Arc::new(Storage::new(settings.state, settings.database));
    for merchant in merchants {
        let span = tracing::info_span!("merchant", merchant = %merchant.id());
        let (storage, stop) = (storage.clone(), stop.clone());
        let all = tasks::keep_running(merchant, storage, settings.workers, stop);
        under_way.spawn(all.instrument(span));
    }
    if let Some(demo) = demo {
        tokio::spawn(async move {
            if let Err(error) = demo.play(&base).await {
                tracing::error!(%error, "the demonstration ended");
            }
        });
    }

    let mut is_whole = true;
    tokio::select! {
        signal = signals.next() => tracing::info!(signal, "stopping"),
        ended = under_way.join_next() => {
            tracing::error!(?ended, "a part of the service ended by itself: stopping");
            is_whole = false;
        }
    }
    service.leave();
    tokio::select! {
        () = tokio::time::sleep(settings.grace) => {}
        _ = signals.next() => {}
    }
    stopper.stop();
    drain(under_way, settings.drain, &mut signals).await?;
    is_whole
        .then_some(())
        .ok_or("a part of the service had ended by itself".into())
}

/// Waits for what is under way, for so long; a second signal ends it at once.
async fn drain(
    mut under_way: JoinSet<()>,
    longest: Duration,
    signals: &mut Signals,
) -> Outcome<()> {
    let all = async { while under_way.join_next().await.is_some() {} };
    tokio::select! {
        () = all => {
            tracing::info!("stopped; nothing was cut off");
            Ok(())
        }
        () = tokio::time::sleep(longest) => {
            Err("stopped after the time for it was over; what was cut off is taken up again".into())
        }
        _ = signals.next() => Err("told again to stop, so it stopped at once".into()),
    }
}

async fn bind(address: SocketAddr) -> Outcome<(TcpListener, String)> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("{address}: {error}"))?;
    let base = format!("http://{}", listener.local_addr()?);
    Ok((listener, base))
}

/// Where nobody reads, it still serves.
fn say(line: &str) {
    let mut out = io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).ok();
}

fn now() -> Timestamp {
    Timestamp::now()
}

/// An error with its causes, which say where the trouble is; none of them holds a secret.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Some errors say all of their cause already.
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
