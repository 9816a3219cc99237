//! A shop to try it on: a few dozen returns of two months, in every state.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use loop_client::sandbox::{NewLine, NewReturn, Sandbox};
use loop_client::{ReturnsFilter, Timestamp};

use crate::args::Wanted;

pub(crate) const WHAT: &str = "an embedded sandbox, because LOOP_API_KEY is not set: 36 returns of 60 days, none of them real";

const RETURNS: u64 = 36;
const DAY: Duration = Duration::from_secs(86_400);
const DAYS: u32 = 60;
const APART: Duration = Duration::from_secs(40 * 3600);

/// All of its returns.
pub(crate) fn range(now: Timestamp) -> Wanted {
    Wanted::Range {
        by: ReturnsFilter::CreatedAt,
        from: first_day(now),
        to: None,
    }
}

fn first_day(now: Timestamp) -> Timestamp {
    let midnight = now.unix_seconds() - now.unix_seconds().rem_euclid(86_400);
    Timestamp::from_unix_seconds(midnight).minus(DAY * DAYS)
}

/// Shoppers submit them one after the other, at a time that is the sandbox's own until then.
pub(crate) async fn start(now: Timestamp) -> io::Result<Sandbox> {
    const TODAY: i64 = 0;
    let time = Arc::new(AtomicI64::new(TODAY));
    let clock = {
        let time = Arc::clone(&time);
        move || match time.load(Ordering::Relaxed) {
            TODAY => Timestamp::now().unix_millis(),
            millis => millis,
        }
    };
    let sandbox = Sandbox::builder().now(Arc::new(clock)).start().await?;
    let mut at = first_day(now);
    for number in 0..RETURNS {
        time.store(at.unix_millis(), Ordering::Relaxed);
        submit(&sandbox, number);
        at = at.plus(APART);
    }
    time.store(TODAY, Ordering::Relaxed);
    Ok(sandbox)
}

fn submit(sandbox: &Sandbox, number: u64) {
    let new = NewReturn::new(format!("#{}", 1001 + number))
        .line(NewLine::new("TEE-BLK-M"))
        .line(NewLine::new("JEANS-32"));
    let new = match number % 9 {
        1 => new.outcome("exchange"),
        4 => NewReturn::new(format!("#{}", 1001 + number))
            .line(NewLine::new("MUG-CHIP").outcome("keep")),
        5 => new.return_method("loop-pos"),
        _ => new,
    };
    let id = sandbox.create_return(new);
    let ended = match number % 9 {
        2 | 3 => "closed",
        6 => "cancelled",
        7 => "expired",
        8 => "review",
        _ => return,
    };
    sandbox.set_state(id, ended);
}
