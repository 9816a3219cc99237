use std::fs;
use std::io;
use std::time::{Duration, Instant};

/// What a process has used, by Linux's `/proc`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Processor time of all its threads, in user and kernel mode.
    pub cpu: Duration,
    /// The same of its children that have ended and were waited for.
    pub cpu_of_children: Duration,
    /// Bytes in memory.
    pub resident: u64,
    /// Most bytes it ever had in memory.
    pub peak: u64,
}

impl Usage {
    /// Of the process `pid`; `"self"` is this one.
    ///
    /// # Errors
    /// Where there is no such process, or no `/proc`.
    pub fn of(pid: &str) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The second field is a name in brackets, which may hold anything.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<u64> = after_name
            .split_whitespace()
            .map(|field| field.parse().unwrap_or_default())
            .collect();
        let ticks = |from: usize| -> Duration {
            let ticks: u64 = fields.iter().skip(from).take(2).sum();
            // Linux reports in hundredths of a second, whatever its own clock is.
            Duration::from_millis(ticks.saturating_mul(10))
        };
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let kilobytes = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name));
            let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
            number.unwrap_or_default().saturating_mul(1024)
        };
        Ok(Self {
            cpu: ticks(11),
            cpu_of_children: ticks(13),
            resident: kilobytes("VmRSS:"),
            peak: kilobytes("VmHWM:"),
        })
    }
}

/// Time since a moment, of the clock and of this process's processor.
#[derive(Debug)]
pub struct Stopwatch {
    began: Instant,
    cpu: Duration,
}

impl Stopwatch {
    /// Begins now.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn start() -> io::Result<Self> {
        let cpu = Usage::of("self")?.cpu;
        Ok(Self {
            began: Instant::now(),
            cpu,
        })
    }

    /// The clock's time and the processor's since then.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn stop(self) -> io::Result<(Duration, Duration)> {
        let wall = self.began.elapsed();
        Ok((wall, Usage::of("self")?.cpu.saturating_sub(self.cpu)))
    }
}
