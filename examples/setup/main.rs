//! **The doctor: can this merchant's integration run?** For the AMS engineer who has got a key from
//! a merchant, before anything is deployed and whenever something does not work.
//!
//! ```text
//! cargo run --example setup              # no account: a stand-in for Loop plays a shop
//! cargo run --example setup -- --fix     # the same, with the subscriptions that it lacks
//!
//! export LOOP_API_KEY=... LOOP_WEBHOOK_SECRET=...
//! cargo run --example setup -- --webhook-url https://bridge.example.com/webhooks/loop/acme
//! ```
//!
//! It prints what is fine, what is missing or wrong, what that means, and what to click in Loop's
//! admin. The checks only read, with one call for each scope of the key and a webhook of a topic
//! that the bridge ignores. `--fix` makes the webhook subscriptions that are missing and touches no
//! other; a second time it makes none, nor for an address that is another merchant's. No key and no
//! secret is ever printed.
//!
//! | Environment | |
//! | --- | --- |
//! | `LOOP_API_KEY` | the merchant's key; without it the stand-in is used |
//! | `LOOP_BASE_URL` | another address than Loop's own, such as that of `loop_sandbox` |
//! | `LOOP_WEBHOOK_SECRET` | to see whether the service verifies signatures |
//! | `MERCHANT` | the merchant's id in the service, `acme` unless given |
//!
//! | Exit code | |
//! | --- | --- |
//! | 0 | everything that is needed and was checked is fine |
//! | 1 | something that is needed is missing or wrong, or could not be found out |
//! | 2 | bad arguments or a bad environment |
//!
//! Needed are the key, the scope Returns and the ASN report; with `--webhook-url` also the
//! subscriptions and the endpoint, with `--fix` also the scope Developer Tools. A key without
//! Developer Tools is no failure otherwise: the subscriptions, which nobody can see then, are made
//! by hand. Without arguments the stand-in lacks subscriptions, so the exit code is 1.
//!
//! **What to change:** [`checks::subscriptions`], for the webhooks that your service listens to,
//! and [`checks::scopes`], for the calls that it makes.

mod args;
mod checks;
mod demo;
mod report;
mod settings;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use ams_oms_client::MerchantId;
use args::Args;
use clap::Parser as _;
use demo::Demo;
use loop_client::Timestamp;
use report::{Report, wrapped};
use settings::{Account, Settings};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(shown) => {
            // Help is one of them. Where nobody reads it, nobody is there to be told.
            shown.print().ok();
            return ExitCode::from(u8::try_from(shown.exit_code()).unwrap_or(2));
        }
    };
    let settings = match Settings::read(&args, settings::environment) {
        Ok(settings) => settings,
        Err(problem) => {
            eprintln!("setup: {problem}");
            return ExitCode::from(2);
        }
    };
    match run(settings, &mut io::stdout()).await {
        Ok(report) if report.is_fine() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("setup: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Checks, and prints what came out.
async fn run(settings: Settings, out: &mut dyn Write) -> Outcome<Report> {
    let Settings {
        account,
        merchant,
        version,
        fix,
    } = settings;
    let report = match account {
        Some(account) => {
            say(out, &account, &merchant);
            checks::run(&account, &merchant, fix, now()).await
        }
        None => {
            let what = "LOOP_API_KEY is not set: a stand-in for Loop plays a shop on this machine.";
            writeln!(out, "{what}").ok();
            let demo = Demo::start(&merchant, version).await?;
            say(out, demo.account(), &merchant);
            let mut report = checks::run(demo.account(), &merchant, fix, now()).await;
            report.push(demo.round_trip().await?);
            report
        }
    };
    // Where nobody reads, the exit code still tells.
    write!(out, "{report}").ok();
    Ok(report)
}

/// What is asked, before the answers, which may take a while.
fn say(out: &mut dyn Write, account: &Account, merchant: &MerchantId) {
    let version = account.client.version().as_str();
    let address = &account.address;
    let text =
        format!("Merchant {merchant} (MERCHANT), on Loop's API at {address}, version {version}.");
    write!(out, "{}", wrapped("", &text)).ok();
    out.flush().ok();
}

fn now() -> Timestamp {
    Timestamp::now()
}
