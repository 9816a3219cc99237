//! A stand-in for Loop that runs by itself, for whoever writes an integration in any language:
//! Loop's API on one port, and on another the people, the chance and the bad luck that Loop's API
//! does not have. No account, no network; state is in memory and gone at the end.
//!
//! ```text
//! cargo run --example loop_sandbox
//! ```
//!
//! It prints the base address, the key, the webhook secret and lines to paste, of which these
//! lose the answer to a refund and tell what really happened:
//!
//! ```text
//! curl -d '{"order":"#1001","lines":[{"sku":"SHIRT-S","price":"78.00"}]}' http://127.0.0.1:4011/returns
//! curl -d '{"fault":"lost_reply","method":"POST","path":"/warehouse/return/{id}/process","times":1}' http://127.0.0.1:4011/faults
//! curl -X POST -H 'X-Authorization: sandbox-api-key' http://127.0.0.1:4010/api/2026-10/warehouse/return/99904598/process
//! curl http://127.0.0.1:4011/truth
//! ```
//!
//! **What to change:** the addresses, by `--api` and `--control` or by the variables
//! `LOOP_SANDBOX_API` and `LOOP_SANDBOX_CONTROL` (port 0 takes any), and when refunds are carried
//! out, by `--immediate` or `--process-after`; `--help` names the rest. Both sides are for trusted
//! machines only: whoever reaches the control side may do everything. Ctrl-C ends it.

mod args;
mod control;
mod faults;
mod guide;
mod shop;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::process::ExitCode;

use axum::Router;
use tokio::net::TcpListener;

use args::Setup;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("loop_sandbox: {problem}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Outcome<()> {
    let Some(setup) = args::parse(std::env::args().skip(1), |name| std::env::var(name).ok())?
    else {
        println!("{}", args::USAGE);
        return Ok(());
    };
    let started = start(&setup).await?;
    println!("{}", started.guide);
    axum::serve(started.listener, started.router)
        .with_graceful_shutdown(async {
            // Where Ctrl-C cannot be heard, stopping at once is better than never.
            tokio::signal::ctrl_c().await.ok();
        })
        .await?;
    println!("Stopped.");
    Ok(())
}

/// Loop's side serves already, the control side is ready to.
struct Started {
    listener: TcpListener,
    router: Router,
    guide: String,
}

async fn start(setup: &Setup) -> Outcome<Started> {
    let sandbox = setup
        .builder()
        .start()
        .await
        .map_err(|error| format!("{}: {error}", setup.api))?;
    let listener = TcpListener::bind(setup.control)
        .await
        .map_err(|error| format!("{}: {error}", setup.control))?;
    let guide = guide::text(&sandbox, &format!("http://{}", listener.local_addr()?));
    Ok(Started {
        listener,
        router: control::router(sandbox),
        guide,
    })
}
