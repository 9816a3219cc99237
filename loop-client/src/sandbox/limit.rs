//! The rate limit of one key.

const MINUTE_MILLIS: i64 = 60_000;

/// Counts the requests of a minute that begins with its first request, as a Laravel throttle
/// does. Loop documents the number of requests per minute and nothing about the minute.
#[derive(Debug)]
pub(super) struct Limiter {
    limit: u32,
    began: Option<i64>,
    used: u32,
}

/// What the headers of an answer say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    pub(super) exceeded: bool,
}

impl Limiter {
    pub(super) fn per_minute(limit: u32) -> Limiter {
        Limiter {
            limit,
            began: None,
            used: 0,
        }
    }

    pub(super) fn admit(&mut self, now_millis: i64) -> Allowance {
        let over = self
            .began
            .is_none_or(|began| now_millis.saturating_sub(began) >= MINUTE_MILLIS);
        if over {
            self.began = Some(now_millis);
            self.used = 0;
        }
        let exceeded = self.used >= self.limit;
        if !exceeded {
            self.used = self.used.saturating_add(1);
        }
        Allowance {
            limit: self.limit,
            remaining: self.limit.saturating_sub(self.used),
            exceeded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_down_refuses_and_recovers_after_a_minute() {
        let mut limiter = Limiter::per_minute(2);
        // (now, remaining, exceeded)
        let table = [
            (1_000, 1, false),
            (1_500, 0, false),
            (60_999, 0, true),
            (61_000, 1, false),
            (61_000, 0, false),
            (61_000, 0, true),
        ];
        for (now, remaining, exceeded) in table {
            let expected = Allowance {
                limit: 2,
                remaining,
                exceeded,
            };
            assert_eq!(limiter.admit(now), expected, "at {now}");
        }
    }

    #[test]
    fn a_limit_of_zero_refuses_everything() {
        assert!(Limiter::per_minute(0).admit(0).exceeded);
    }
}
