//! How often what breaks. Every rate is drawn by itself for each seed: off in some, high in
//! others, so that no fault hides behind another.

use super::rng::Rng;

/// Rates in ten thousandths, spans in seconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    pub(crate) not_sent: u64,
    pub(crate) lost_before: u64,
    pub(crate) lost_after: u64,
    /// The caller gives up, and the request takes effect up to ten minutes later.
    pub(crate) applied_late: u64,
    pub(crate) limited: u64,
    pub(crate) server_before: u64,
    pub(crate) server_applied: u64,
    /// HTML or a broken body with status 200, after the effect.
    pub(crate) unreadable: u64,
    /// `false` with status 200, without effect.
    pub(crate) said_false: u64,
    /// Slow answers, up to two minutes.
    pub(crate) slow: u64,
    /// How often, at a check each hour, a key is refused or a side gone for a while.
    pub(crate) outage: u64,
    pub(crate) stale: u64,
    pub(crate) stale_by: i64,
    /// How far behind the list and the report always are.
    pub(crate) lists_behind: i64,
    pub(crate) not_bumped: u64,
    /// A page begins with the last row of the one before.
    pub(crate) page_repeats: u64,
    /// Returns whose units go to several places.
    pub(crate) split: u64,
    pub(crate) process_late: u64,
    pub(crate) process_late_by: i64,
    pub(crate) process_never: u64,
    pub(crate) process_fails: u64,
    pub(crate) hook_dropped: u64,
    pub(crate) hook_doubled: u64,
    pub(crate) hook_late: u64,
    pub(crate) hook_replayed: u64,
    pub(crate) hook_forged: u64,
    /// With a body of another shop, well signed.
    pub(crate) hook_foreign: u64,
    /// The subscription is disabled for as long.
    pub(crate) hooks_off_for: i64,
    pub(crate) oms_transient: u64,
    pub(crate) oms_ambiguous: u64,
    pub(crate) rma_hidden_for: i64,
    pub(crate) feed_repeats: u64,
    pub(crate) feed_empty: u64,
    pub(crate) feed_lost: u64,
    pub(crate) store_fails: u64,
    pub(crate) store_lies: u64,
    pub(crate) read_fails: u64,
    /// Of a worker, each time one of its futures is polled.
    pub(crate) crash: u64,
    /// Of one future alone, as a time-out around it does.
    pub(crate) dropped: u64,
    /// Of the moments at which a worker would die or a future be dropped, how many pass.
    pub(crate) survived: u64,
    /// Once in a run, an older copy of the ledger is put in its place.
    pub(crate) restored: u64,
    pub(crate) clock_jump: u64,
    pub(crate) skew: i64,
}

impl Faults {
    pub(crate) fn drawn(rng: &mut Rng) -> Self {
        let mut rate = |most: u64| match rng.below(10) {
            0..4 => 0,
            4..8 => rng.below(most / 10 + 1),
            _ => rng.below(most + 1),
        };
        Self {
            not_sent: rate(3000),
            lost_before: rate(2000),
            lost_after: rate(3000),
            applied_late: rate(2000),
            limited: rate(3000),
            server_before: rate(2000),
            server_applied: rate(2000),
            unreadable: rate(2000),
            said_false: rate(2000),
            slow: rate(2000),
            outage: rate(500),
            stale: rate(10_000),
            stale_by: signed(rate(4000)) / 10,
            lists_behind: signed(rate(4000)) / 10,
            not_bumped: rate(3000),
            page_repeats: rate(3000),
            split: rate(1000),
            process_late: rate(6000),
            process_late_by: 30 * 3600,
            process_never: rate(3000),
            process_fails: rate(4000),
            hook_dropped: rate(6000),
            hook_doubled: rate(5000),
            hook_late: rate(5000),
            hook_replayed: rate(3000),
            hook_forged: rate(2000),
            hook_foreign: rate(1000),
            hooks_off_for: signed(rate(10_000)) * 20,
            oms_transient: rate(3000),
            oms_ambiguous: rate(3000),
            rma_hidden_for: signed(rate(4000)) / 10,
            feed_repeats: rate(3000),
            feed_empty: rate(3000),
            feed_lost: rate(500),
            store_fails: rate(1500),
            store_lies: rate(1000),
            read_fails: rate(1000),
            crash: rate(400),
            dropped: rate(200),
            survived: 0,
            restored: rate(10_000),
            clock_jump: rate(300),
            skew: signed(rate(3000)) / 10,
        }
    }

    /// What an ordinary month looks like, for the numbers that are measured.
    pub(crate) fn realistic() -> Self {
        Self {
            not_sent: 20,
            lost_before: 10,
            lost_after: 10,
            limited: 50,
            server_before: 20,
            server_applied: 5,
            slow: 50,
            stale: 5000,
            stale_by: 60,
            process_late: 200,
            process_late_by: 5 * 3600,
            process_fails: 10,
            hook_dropped: 50,
            hook_doubled: 200,
            hook_late: 200,
            oms_transient: 50,
            oms_ambiguous: 10,
            rma_hidden_for: 30,
            feed_repeats: 500,
            store_fails: 2,
            crash: 1,
            dropped: 1,
            survived: 9000,
            skew: 2,
            ..Self::default()
        }
    }
}

fn signed(rate: u64) -> i64 {
    i64::try_from(rate).unwrap_or(0)
}
