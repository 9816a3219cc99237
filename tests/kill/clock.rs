//! Time as everybody in the test has it: Loop's stand-in, the warehouse and every worker process.
//! It runs faster than the machine's, and is moved on when everybody waits for it.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ams_loop_bridge::Clock;
use loop_client::Timestamp;

/// A clock in a small file that all processes read.
#[derive(Debug, Clone)]
pub(crate) struct SharedClock {
    file: PathBuf,
}

/// At `real` it was `shared`, and goes on `speed` times as fast; both in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Rate {
    real: i64,
    shared: i64,
    speed: i64,
}

impl Rate {
    fn now(self) -> i64 {
        let passed = real_millis().saturating_sub(self.real);
        self.shared
            .saturating_add(passed.saturating_mul(self.speed))
    }
}

impl SharedClock {
    /// Reads the clock that somebody set.
    pub(crate) fn reading(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// A new clock that shows the machine's time.
    pub(crate) fn start(file: impl Into<PathBuf>, speed: i64) -> Self {
        let clock = Self::reading(file);
        let now = real_millis();
        clock.set(now, speed);
        clock
    }

    pub(crate) fn millis(&self) -> i64 {
        self.rate().now()
    }

    pub(crate) fn now(&self) -> Timestamp {
        let millis = u64::try_from(self.millis()).unwrap();
        Timestamp::from(UNIX_EPOCH + Duration::from_millis(millis))
    }

    /// Moves it on, now.
    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        let rate = self.rate();
        self.set(rate.now() + by, rate.speed);
    }

    /// From now on it runs as fast as the machine's.
    pub(crate) fn slow_down(&self) {
        self.set(self.millis(), 1);
    }

    fn rate(&self) -> Rate {
        let text = fs::read_to_string(&self.file).expect("the clock is there");
        let mut numbers = text.split(' ').map(|number| number.parse().unwrap());
        Rate {
            real: numbers.next().unwrap(),
            shared: numbers.next().unwrap(),
            speed: numbers.next().unwrap(),
        }
    }

    /// Whole or not at all, for whoever reads meanwhile.
    fn set(&self, shared: i64, speed: i64) {
        let next = self.file.with_extension("next");
        let text = format!("{} {shared} {speed}", real_millis());
        fs::write(&next, text).unwrap();
        fs::rename(next, &self.file).unwrap();
    }
}

/// To the bridge as much time passes as to everybody else.
impl Clock for SharedClock {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.millis()).unwrap())
    }
}

fn real_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}
