//! What it costs to take a webhook: to verify it, to decode it and to map it to an RMA, beside the
//! least that its two unavoidable parts could cost, and beside the same work in Node and Python.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark that cannot do its work has nothing to show"
)]

mod floor;
mod ours;
mod peers;

use std::hint::black_box;
use std::time::Duration;

use loop_ams_benches::{Case, Table, Timed, ratio, return_webhook, take_turns};
use loop_client::webhook::sign;

use ours::Intake;

const SECRET: &str = "5a4d0b0c5ec2e7a1b1f4c0d2e3a49586";

/// A webhook as it arrives.
pub(crate) struct Webhook {
    pub(crate) body: Vec<u8>,
    pub(crate) signature: String,
}

fn main() {
    let intake = Intake::new(SECRET);
    // A turn is shorter than the time that a busy machine lets a process run in one piece.
    for (lines, times) in [(2, 20), (60, 2)] {
        let body = return_webhook(99_904_598, lines).into_bytes();
        let signature = sign(SECRET.as_bytes(), &body);
        let webhook = Webhook { body, signature };
        intake.check(&webhook);
        println!("A return of {lines} lines, {} bytes:\n", webhook.body.len());
        println!("{}", beside_the_floor(&intake, &webhook, times));
        println!("{}", peers::beside_ours(&intake, &webhook, times));
    }
}

fn beside_the_floor(intake: &Intake, webhook: &Webhook, times: u32) -> Table {
    let Webhook { body, signature } = webhook;
    let event = intake.decode(body);
    let floors = || {
        [
            Case::new("floor: HMAC-SHA256, then `serde_json::from_slice`", || {
                floor::verify(SECRET, signature, body);
                black_box(floor::from_slice(black_box(body)));
            }),
            Case::new(
                "floor: HMAC-SHA256, then `str::from_utf8` and `serde_json::from_str`",
                || {
                    floor::verify(SECRET, signature, body);
                    black_box(floor::from_str(black_box(body)));
                },
            ),
        ]
    };
    // The faster of the two is what all else is compared with.
    let mut cases: Vec<Case<'_>> = floors().into();
    if take_turns(201, times, &mut floors())
        .iter()
        .skip(1)
        .any(|second| second.ratio < 1.0)
    {
        cases.reverse();
    }
    cases.extend([
        Case::new("**ours: verify, decode, map**", || {
            black_box(intake.take(black_box(webhook)));
        }),
        Case::new("of it `WebhookVerifier::verify_request`", || {
            intake.verify(black_box(webhook));
        }),
        Case::new("of it `Event::decode`", || {
            black_box(intake.decode(black_box(body)));
        }),
        Case::new("of it `map_return`", || {
            black_box(intake.map(black_box(&event)));
        }),
    ]);
    let mut table = Table::new(&["", "time per webhook", "ratio to the floor"]);
    for Timed {
        name,
        once,
        ratio: to_floor,
    } in take_turns(1001, times, &mut cases)
    {
        table.row([name.to_owned(), micros(once), ratio(to_floor)]);
    }
    table
}

/// A short time as it is printed.
pub(crate) fn micros(time: Duration) -> String {
    format!("{:.2} µs", time.as_secs_f64() * 1e6)
}
