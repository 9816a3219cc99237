//! **The smallest honest integration without webhooks**: it pulls what is new in Loop, makes the
//! RMAs, and settles what the warehouse is done with. It is whole by itself, because webhooks only
//! make it faster. For a cron job, or to begin with.
//!
//! ```text
//! cargo run --example poller                                       # no account: a stand-in
//! LOOP_API_KEY=... POLL_SECONDS=300 cargo run --example poller
//! ```
//!
//! The variables are those of `account.rs`. **What to change:** `account.rs`, for your own `Oms`;
//! and see `service` for what production needs besides.

#[path = "../account.rs"]
mod account;

use std::time::Duration;

use account::{Account, Outcome, now, shop, variable};
use ams_loop_bridge::LookResult;

#[tokio::main]
async fn main() -> Outcome<()> {
    let account = Account::open().await?;
    let bridge = &account.bridge;
    if let Some(sandbox) = &account.stand_in {
        shop(sandbox);
    }
    // A pass that is under way when Ctrl-C comes is finished.
    let mut stop = tokio::spawn(tokio::signal::ctrl_c());
    let version = account.client.version().as_str();
    println!("asking Loop's API, version {version}");
    let every = Duration::from_secs(variable("POLL_SECONDS", "300").parse()?);
    loop {
        // A failure is told and tried again: whatever was written down is safe.
        match bridge.pull(now()).await {
            Ok(report) => println!(
                "pulled {} returns, {} new",
                report.returns,
                report.new.len()
            ),
            Err(error) => eprintln!("pull: {error}"),
        }
        match bridge.settle(now()).await {
            Ok(report) => {
                for look in &report.looks {
                    if let LookResult::Decided(decision) = &look.result {
                        println!("{}: {}", look.key.rma_number, decision.explanation);
                    }
                }
                for failure in &report.failures {
                    eprintln!("{}: {}", failure.key.rma_number, failure.error);
                }
            }
            Err(error) => eprintln!("settle: {error}"),
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = &mut stop => return Ok(()),
        }
    }
}
