//! **The smallest honest integration**, for a cron job: pulls, makes the RMAs, and settles.
//!
//! ```text
//! cargo run --example poller                                       # no account: a stand-in
//! LOOP_API_KEY=... POLL_SECONDS=0 cargo run --example poller       # once; 1 if anything failed
//! ```
//!
//! The variables are those of `account.rs`. **What to change:** `account.rs`, for your own `Oms`.

#[path = "../account.rs"]
mod account;
#[cfg(test)]
mod tests;

use std::{process::ExitCode, time::Duration};

use account::environment::{self, Problem, Variables, with_causes};
use account::{Account, now, program, shop, text_or};
use ams_loop_bridge::{Bridge, LookResult};

#[tokio::main]
async fn main() -> ExitCode {
    program("poller", run(&environment::of_the_process)).await
}

async fn run(variables: Variables<'_>) -> Result<(), Problem> {
    let no_number = |_| Problem::Setup("POLL_SECONDS is not a number of seconds".to_owned());
    let seconds = text_or(variables, "POLL_SECONDS", "300")?;
    let every = Duration::from_secs(seconds.parse().map_err(no_number)?);
    let account = Account::open(variables).await?;
    account.stand_in.iter().for_each(shop);
    // A return that is at work when Ctrl-C comes is finished.
    let (bridge, interrupt) = (account.bridge.clone(), tokio::signal::ctrl_c());
    let mut stop = tokio::spawn(async move { interrupt.await.map(|()| bridge.wind_down()) });
    println!("Loop's API {}", account.client.version().as_str());
    loop {
        // A failure is told and tried again: whatever was written down is safe.
        let passed = pass(&account.bridge).await;
        if every.is_zero() {
            return passed.map_err(Problem::Failed);
        }
        passed.unwrap_or_else(|why| eprintln!("poller: {why}"));
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = &mut stop => return Ok(()),
        }
    }
}

/// Pulls and settles once. Says what was done, and gives back what failed, if something did.
async fn pass(bridge: &Bridge) -> Result<(), String> {
    let mut failures = Vec::new();
    match bridge.pull(now()).await {
        Ok(report) => {
            println!(
                "pulled {} returns, {} new",
                report.returns,
                report.new.len()
            );
            failures.extend(report.unreadable.iter().map(|row| format!("pull: {row}")));
        }
        Err(error) => failures.push(format!("pull: {}", with_causes(&error))),
    }
    match bridge.settle(now()).await {
        Ok(report) => {
            for look in &report.looks {
                if let LookResult::Decided(it) = &look.result {
                    let (number, action) = (&look.key.rma_number, it.action.code());
                    println!("{number}: {action}: {}", it.explanation);
                }
            }
            for it in &report.failures {
                failures.push(format!("{}: {}", it.key.rma_number, with_causes(&it.error)));
            }
        }
        Err(error) => failures.push(format!("settle: {}", with_causes(&error))),
    }
    failures.is_empty().then_some(()).ok_or(failures.join("\n"))
}
