//! What people see while it works: a bar where standard error is a terminal, else a line for each
//! step.

use std::cell::Cell;
use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{FormattedDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

// The prefix is what the meter says of waits, the message what is said here.
const NOTHING: &str = "{prefix}";
const LISTING: &str = "{spinner} {msg}  {prefix}";
const WORKING: &str = "{bar:30} {pos} of {len} returns, {speed}{msg}  {prefix}";
const TICK: Duration = Duration::from_millis(200);

pub(crate) struct Progress {
    bar: ProgressBar,
    /// A line for each step.
    lines: bool,
    /// What is said besides goes to standard output.
    speaks: bool,
    /// How many were done before this run.
    before: Cell<usize>,
}

impl Progress {
    pub(crate) fn to_people(shown: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let target = if shown && terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            bar: ProgressBar::with_draw_target(None, target).with_style(style(NOTHING)),
            lines: shown && !terminal,
            speaks: true,
            before: Cell::new(0),
        }
    }

    #[cfg(test)]
    pub(crate) fn to_nobody() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            lines: false,
            speaks: false,
            before: Cell::new(0),
        }
    }

    /// Shares the line that is drawn.
    pub(crate) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// A line that stays.
    pub(crate) fn say(&self, line: &str) {
        if self.speaks {
            // Where nobody reads, it still works.
            self.bar.suspend(|| writeln!(io::stdout(), "{line}").ok());
        }
    }

    pub(crate) fn listing(&self) {
        self.bar.set_style(style(LISTING));
        self.bar.set_message("reads Loop's list");
        self.bar.enable_steady_tick(TICK);
    }

    pub(crate) fn listed(&self, returns: usize) {
        let found = format!("reads Loop's list: {returns} returns");
        self.bar.set_message(found);
    }

    pub(crate) fn working(&self, done: usize, of: usize) {
        self.before.set(done);
        let speed = move |state: &ProgressState, text: &mut dyn fmt::Write| {
            let (before, done, of) = (count(done), state.pos(), state.len().unwrap_or(0));
            write!(text, "{}", speed(before, done, of, state.elapsed())).ok();
        };
        self.bar.set_message("");
        self.bar.set_style(style(WORKING).with_key("speed", speed));
        self.bar.set_length(count(of));
        self.bar.set_position(count(done));
        self.bar.reset_elapsed();
        self.bar.enable_steady_tick(TICK);
    }

    pub(crate) fn worked(&self, done: usize, of: usize, waited: Duration) {
        let waited = match waited.as_secs() {
            0 => String::new(),
            seconds => format!(", waited {seconds} s for Loop's call limit"),
        };
        self.bar.set_message(waited.clone());
        self.bar.set_position(count(done));
        if self.lines {
            let before = count(self.before.get());
            let speed = speed(before, count(done), count(of), self.bar.elapsed());
            let line = format!("backfill: {done} of {of} returns, {speed}{waited}");
            writeln!(io::stderr(), "{line}").ok();
        }
    }

    pub(crate) fn ended(&self) {
        self.bar.finish_and_clear();
    }
}

/// Rate and remaining time. Both are averages of this run: the call limit lets many calls through
/// at once, and then none for a while.
fn speed(before: u64, done: u64, of: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs().max(1);
    let now_done = done.saturating_sub(before);
    let rate = now_done.saturating_mul(60) / seconds;
    match of
        .saturating_sub(done)
        .saturating_mul(seconds)
        .checked_div(now_done)
    {
        Some(left) => {
            let left = FormattedDuration(Duration::from_secs(left));
            format!("{rate} a minute, {left} left")
        }
        None => "the first under way".to_owned(),
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn count(returns: usize) -> u64 {
    u64::try_from(returns).unwrap_or(u64::MAX)
}
