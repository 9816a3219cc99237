use std::time::{Duration, Instant};

/// One of the things that are compared.
pub struct Case<'a> {
    name: &'static str,
    run: Box<dyn FnMut() + 'a>,
}

impl<'a> Case<'a> {
    /// `run` does it once; what it makes it hands to [`std::hint::black_box`].
    pub fn new(name: &'static str, run: impl FnMut() + 'a) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }
}

impl std::fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// How long a case took.
#[derive(Debug, Clone)]
pub struct Timed {
    /// Which.
    pub name: &'static str,
    /// Once, in the median of all rounds.
    pub once: Duration,
    /// The median over all rounds of: this case's time by the first case's in the same round.
    pub ratio: f64,
}

/// Runs every case `times` times in each of `rounds` rounds, one after the other. A ratio is taken
/// within a round, so what else the machine does cancels out.
pub fn take_turns(rounds: u32, times: u32, cases: &mut [Case<'_>]) -> Vec<Timed> {
    let mut samples = vec![Vec::new(); cases.len()];
    // The first round fills caches.
    for round in 0..=rounds {
        for (case, samples) in cases.iter_mut().zip(&mut samples) {
            let began = Instant::now();
            for _ in 0..times {
                (case.run)();
            }
            if round > 0 {
                samples.push(began.elapsed().as_secs_f64() / f64::from(times));
            }
        }
    }
    let first = samples.first().cloned().unwrap_or_default();
    cases
        .iter()
        .zip(samples)
        .map(|(case, samples)| {
            let ratios = samples
                .iter()
                .zip(&first)
                .map(|(it, first)| it / first)
                .collect();
            Timed {
                name: case.name,
                once: Duration::from_secs_f64(median(samples)),
                ratio: median(ratios),
            }
        })
        .collect()
}

/// The middle one; 0 when there are none.
#[must_use]
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}
