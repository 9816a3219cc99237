//! **Brings the returns that Loop has already to the warehouse.** For the engineer who switches a
//! merchant on and finds months of returns in Loop, or who has to repair a stretch of time: the
//! webhooks were off, the warehouse's system was down.
//!
//! ```text
//! cargo run --example backfill                                 # no account: an embedded sandbox
//! cargo run --example backfill -- --calls-per-minute 20        # the same, and it has to wait
//!
//! export LOOP_API_KEY=... LEDGER_FILE=acme.ledger.sqlite OMS_FILE=acme.oms.sqlite MERCHANT=acme
//! cargo run --example backfill -- --from 2026-06-01 --to 2026-07-01 --policy policy.json
//! cargo run --example backfill -- --id 99904598 --id 99904599 --dry-run
//! cut -d, -f1 returns.csv | cargo run --example backfill -- --ids -
//! ```
//!
//! It makes the RMAs that are owed, settles what is due, and tells by decision what came of the
//! returns. Standard output gets a table, standard error the progress. The exit code is 0 when all
//! is done, 1 when something failed or it was interrupted, 2 when arguments or environment are
//! wrong and nothing was started. `--help` lists both. Without `LOOP_API_KEY` no variable may name
//! anything real, or made-up returns would get into it.
//!
//! **How it works.** First it lists the range (a call for 750 returns; windows over 120 days are
//! split by the client) and finds out which returns something can be owed for. Nothing can when no
//! RMA is owed and neither ledger nor warehouse knows the return: most of the closed ones. Of what
//! is left it tells the ledger, a few seconds' worth of calls at a time, and `Bridge::settle` does
//! the rest, as in a running service: it asks Loop for the return, makes the RMA, decides, acts.
//! What is given by id is looked at in any case. `Bridge::reconcile` is not used for this. It would
//! also take over every RMA that the ledger has not heard of, and ask Loop about closed returns.
//!
//! **What is settled besides.** `Bridge::settle` looks at *everything* that is due in the ledger,
//! not at the range alone. That is right for a backfill, because it is what a service on the same
//! ledger does every minute, by the same policy; a backlog is worked off first. How many that were
//! is told at the end. Where nothing but the range may move, use `--dry-run` to see what would: it
//! sends nothing and changes no entry, though to open a ledger that exists brings its form up to
//! date.
//!
//! **Money.** Processing follows the merchant's policy: give the one of the service, as JSON, by
//! `--policy` or else by `POLICY_FILE`; without both refunds are off. A ledger that was settled by
//! another policy is refused, because all that rests on the policy would be decided anew, unless
//! `--new-policy` says that this is meant. Two ledgers for one merchant are two refunds, so a
//! ledger that knows nothing of the merchant, as one does whose name is mistyped, is refused too,
//! unless `--new-ledger` says that nothing has ever served the merchant.
//!
//! **Beside a running service.** Share its ledger; each return is one worker's at a time. The call
//! budget is per process, so give each its part of Loop's 300 calls a minute
//! (`--calls-per-minute`, 120 unless given). What Loop's headers say of the key is heeded besides,
//! and a fifth of it is left to the service.
//!
//! **When it stops.** The progress is stored after each step, so the same command goes on where it
//! stopped, and tries what has failed again. Ctrl-C ends it after the step under way; a second one
//! at once, which is no worse than `kill -9`: the ledger sees to it that nothing is lost or done
//! twice. What was under way in that moment belongs to the dead worker for ten minutes.
//!
//! **What to change:** [`connect`], for an OMS of your own. [`plan`] and [`chunks`] are what a
//! backfill is; the rest is arguments, progress and the table.

mod args;
mod chunks;
mod connect;
mod demo;
#[path = "../environment.rs"]
mod environment;
mod ids;
mod job;
mod ledger;
mod meter;
mod plan;
mod policy;
mod progress;
mod state;
mod stop;
mod summary;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::Parser as _;
use loop_client::Timestamp;

use args::{Args, Wanted};
use environment::{Problem, Variables, with_causes};
use job::{Job, Report};
use meter::Meter;
use progress::Progress;
use state::Asked;

#[tokio::main]
async fn main() -> ExitCode {
    let args = match Args::try_parse_from(std::env::args_os()) {
        Ok(args) => args,
        Err(error) => {
            // Where nobody listens, the exit code says it all.
            error.print().ok();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let progress = Progress::to_people(!args.no_progress);
    let variables = &environment::of_the_process;
    match run(args, variables, &mut io::stdin().lock(), progress).await {
        Ok(Report { text, problem }) => {
            // Where the reader has seen enough, as `head` does, the work is done all the same.
            writeln!(io::stdout(), "\n{text}").ok();
            match problem {
                None => ExitCode::SUCCESS,
                Some(problem) => Problem::Failed(problem).exit("backfill"),
            }
        }
        Err(problem) => problem.exit("backfill"),
    }
}

async fn run(
    args: Args,
    variables: Variables<'_>,
    stdin: &mut dyn Read,
    progress: Progress,
) -> Result<Report, Problem> {
    // What is missing is told before anything is opened, because that may make it.
    let is_demo = variables("LOOP_API_KEY").is_none();
    let wanted = match Wanted::of(&args, stdin, now()).map_err(Problem::Setup)? {
        Some(wanted) => wanted,
        None if is_demo => demo::range(now()),
        None => {
            let problem = "which returns? --from TIME, --id ID or --ids FILE says it";
            return Err(Problem::Setup(problem.to_owned()));
        }
    };
    let policy = policy::read(args.policy.as_deref(), variables)?;
    let meter = Arc::new(Meter::new(progress.bar()));
    let connected = match is_demo {
        true => connect::to_the_sandbox(variables, &args, &meter, now()).await?,
        false => connect::to_the_account(variables, &args, &meter).await?,
    };
    let stop = stop::listen().map_err(|error| Problem::Failed(error.to_string()))?;
    let job = Job {
        asked: Asked {
            merchant: connected.merchant.clone(),
            policy,
            wanted,
        },
        connected,
        dry_run: args.dry_run,
        new_policy: args.new_policy,
        restart: args.restart,
        chunk: chunks::size(args.calls_per_minute),
        meter,
        progress,
        now: Box::new(now),
        stop: Box::new(move || stop.load(Ordering::Relaxed)),
    };
    job.run().await
}

fn now() -> Timestamp {
    Timestamp::now()
}
