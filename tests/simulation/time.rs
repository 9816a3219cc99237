//! The clock and the random numbers that the bridge is given: virtual, and drawn from the seed.

use std::time::Duration;

use ams_loop_bridge::{Clock, Randomness};

use super::sim::Shared;

#[derive(Debug)]
pub(crate) struct ClockPort(pub(crate) Shared);

impl Clock for ClockPort {
    fn elapsed(&self) -> Duration {
        // The simulation's time begins at zero and does not go back, whatever the workers' clocks
        // say of the date.
        let now = self.0.with(|sim| sim.now);
        Duration::from_secs(u64::try_from(now).unwrap_or_default())
    }
}

#[derive(Debug)]
pub(crate) struct DicePort(pub(crate) Shared);

impl Randomness for DicePort {
    fn next(&self) -> u64 {
        self.0.with(|sim| sim.rng.next())
    }
}
