//! What `/metrics` says, in Prometheus' text form.

/// Every sample: its name with its labels, and its value.
#[derive(Debug)]
pub(crate) struct Metrics(Vec<(String, f64)>);

impl Metrics {
    pub(crate) fn read(text: &str) -> Self {
        let read = |line: &str| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(
            lines
                .map(|line| read(line).unwrap_or_else(|| panic!("not a sample: {line:?}")))
                .collect(),
        )
    }

    /// The sum of the samples of a name (without the prefix of all) that have all of these labels.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.samples(name, labels).iter().sum()
    }

    /// Whether they come to this number.
    pub(crate) fn count(&self, name: &str, labels: &[(&str, &str)], expected: usize) -> bool {
        let expected = f64::from(u32::try_from(expected).unwrap());
        (self.sum(name, labels) - expected).abs() < 0.5
    }

    pub(crate) fn has(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        !self.samples(name, labels).is_empty()
    }

    fn samples(&self, name: &str, labels: &[(&str, &str)]) -> Vec<f64> {
        let name = format!("loop_ams_{name}{{");
        let has = |sample: &str, (label, value): &(&str, &str)| {
            ['{', ',']
                .iter()
                .any(|before| sample.contains(&format!("{before}{label}=\"{value}\"")))
        };
        let fits = |sample: &str| {
            sample.starts_with(&name) && labels.iter().all(|label| has(sample, label))
        };
        let found = self.0.iter().filter(|(sample, _)| fits(sample));
        found.map(|(_, value)| *value).collect()
    }
}
