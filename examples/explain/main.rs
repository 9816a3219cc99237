//! **What RMA would this payload create, what would Loop be told of it, and why?** For the
//! engineer who holds a webhook's body, a row of the returns list, a details object or an ASN
//! report in a file, or a return beside what the OMS says of its RMA, and wonders what the bridge
//! makes of it. Needs no account and no network; moves nothing.
//!
//! ```text
//! cargo run --example explain -- return tests/fixtures/forms/details.json
//! cargo run --example explain -- asn report.json --merchant acme --policy acme.json
//! cargo run --example explain -- decide --return details.json --rma rma.json --policy acme.json
//! pbpaste | cargo run --example explain -- webhook -
//! ```
//!
//! Standard output gets one JSON value: the RMA, or `{"skipped": "reason"}`; a list of such answers
//! for a list of returns and for an ASN report; with `decide`, the decision. The RMA's file holds
//! an `ams_oms_client::RmaSnapshot`, the policy's an `ams_loop_bridge::Policy`. Standard error says
//! why, without personal data. What cannot be read ends with exit code 2 and one line that says
//! where and what.
//!
//! **What to change:** nothing, to use it. To build on it, [`answer`] holds all there is to
//! know: decode, `map_return` or `map_asn`, and the arms of `Mapping`.

mod answer;
mod args;
mod decision;
mod input;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write as _};
use std::process::ExitCode;

use answer::Answer;
use args::{Form, Request};
use input::Input;

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1), &mut io::stdin().lock()) {
        Ok(Output { text, why }) => {
            why.iter().for_each(|line| say(line));
            print(&text)
        }
        Err(problem) => {
            say(&problem);
            ExitCode::from(2)
        }
    }
}

/// What a good run prints.
struct Output {
    text: String,
    why: Vec<String>,
}

fn run(args: impl Iterator<Item = OsString>, stdin: &mut dyn Read) -> Result<Output, String> {
    let Some(request) = args::parse(args)? else {
        return Ok(Output {
            text: args::USAGE.to_owned(),
            why: Vec::new(),
        });
    };
    let Answer { json, why } = match request {
        Request::Map {
            form,
            file,
            merchant,
            policy,
        } => {
            let policy = input::policy(policy.as_deref())?;
            let input = Input::read(&file, stdin)?;
            match form {
                Form::Webhook => answer::webhook(&merchant, &policy, &input),
                Form::Return => answer::returns(&merchant, &policy, &input),
                Form::Asn => answer::asn(&merchant, &policy, &input),
            }
        }
        Request::Decide { ret, rma, policy } => {
            let policy = input::policy(policy.as_deref())?;
            let ret = Input::read(&ret, stdin)?;
            let rma = Input::read(&rma, stdin)?;
            decision::decided(&policy, &ret, &rma)
        }
    }?;
    Ok(Output {
        text: format!("{json:#}"),
        why,
    })
}

/// One bounded line: names of files and of unknown enum values come from outside.
fn say(line: &str) {
    const LONGEST: usize = 500;
    let line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    // Where standard error is closed, nobody is there to be told.
    writeln!(io::stderr(), "{line}").ok();
}

fn print(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("standard output: {error}"));
            ExitCode::FAILURE
        }
    }
}
