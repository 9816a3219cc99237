//! What the suite found.

use std::error::Error;
use std::fmt;

use super::Rule;

/// The verdict on each rule. Prints as a table.
#[derive(Clone, Debug)]
#[must_use = "a report that nobody reads hides what failed"]
pub struct Report {
    prefix: String,
    results: Vec<RuleResult>,
}

/// A rule and the verdict on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleResult {
    /// The rule.
    pub rule: Rule,
    /// The verdict.
    pub outcome: Outcome,
}

/// The verdict on one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rule holds.
    Passed,
    /// The rule does not hold; with the evidence, in words.
    Failed(String),
    /// The rule cannot be judged on this system; with the reason, in words.
    Skipped(String),
}

impl Report {
    pub(super) fn new(prefix: String, results: Vec<RuleResult>) -> Self {
        Self { prefix, results }
    }

    /// Every rule that was checked, in order.
    #[must_use]
    pub fn results(&self) -> &[RuleResult] {
        &self.results
    }

    /// What the names of the merchants began with.
    #[must_use]
    pub fn merchant_prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether no rule failed. Skipped ones do not count, and a report on no rule at all, as of a
    /// misspelt one, is not passed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        !self.results.is_empty() && self.failed().next().is_none()
    }

    /// The rules that failed, with the evidence.
    pub fn failed(&self) -> impl Iterator<Item = (Rule, &str)> {
        self.results
            .iter()
            .filter_map(|result| match &result.outcome {
                Outcome::Failed(evidence) => Some((result.rule, evidence.as_str())),
                Outcome::Passed | Outcome::Skipped(_) => None,
            })
    }

    /// The rules that were skipped, with the reason.
    pub fn skipped(&self) -> impl Iterator<Item = (Rule, &str)> {
        self.results
            .iter()
            .filter_map(|result| match &result.outcome {
                Outcome::Skipped(reason) => Some((result.rule, reason.as_str())),
                Outcome::Passed | Outcome::Failed(_) => None,
            })
    }

    /// For the end of a test, with `?` or as its last expression.
    ///
    /// # Errors
    /// [`Broken`] when a rule failed, or none was checked.
    pub fn into_result(self) -> Result<(), Broken> {
        if self.is_passed() {
            Ok(())
        } else {
            Err(Broken { report: self })
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for RuleResult { rule, outcome } in &self.results {
            let (verdict, remark) = match outcome {
                Outcome::Passed => ("passed", None),
                Outcome::Failed(evidence) => ("FAILED", Some(evidence)),
                Outcome::Skipped(reason) => ("skipped", Some(reason)),
            };
            writeln!(f, "{verdict:<8} {:<32} {}", rule.id(), rule.sentence())?;
            if let Some(remark) = remark {
                writeln!(f, "{:8} {:32} > {remark}", "", "")?;
            }
        }
        self.summary(f)
    }
}

impl Report {
    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, skipped) = (self.failed().count(), self.skipped().count());
        write!(
            f,
            "{} rules: {} passed, {failed} failed, {skipped} skipped; merchants {}*",
            self.results.len(),
            self.results.len() - failed - skipped,
            self.prefix,
        )
    }
}

/// At least one rule failed, or none was checked. Prints the failed rules with their evidence, in
/// `Debug` too, because that is what a test shows.
#[derive(Clone)]
pub struct Broken {
    report: Report,
}

impl Broken {
    /// The whole report.
    #[must_use = "the report is all that this is about"]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (rule, evidence) in self.report.failed() {
            writeln!(f, "{}: {}", rule.id(), rule.sentence())?;
            writeln!(f, "  > {evidence}")?;
        }
        self.report.summary(f)
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the contract is not kept")?;
        fmt::Display::fmt(self, f)
    }
}

impl Error for Broken {}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcomes: Vec<Outcome>) -> Report {
        let results = Rule::all()
            .zip(outcomes)
            .map(|(rule, outcome)| RuleResult { rule, outcome })
            .collect();
        Report::new("ci".into(), results)
    }

    #[test]
    fn only_failures_break_it() {
        let skipped = || Outcome::Skipped("no feed".into());
        assert!(
            report(vec![Outcome::Passed, skipped()])
                .into_result()
                .is_ok()
        );
        assert!(!report(vec![]).is_passed());

        let broken = report(vec![skipped(), Outcome::Failed("7 units of 5".into())])
            .into_result()
            .unwrap_err();
        let ids: Vec<_> = Rule::all().map(Rule::id).collect();
        for shown in [format!("{broken}"), format!("{broken:?}")] {
            assert!(shown.contains("7 units of 5"), "{shown}");
            assert!(shown.contains(ids[1]), "{shown}");
            assert!(!shown.contains(ids[0]), "{shown}");
        }
    }

    #[test]
    fn the_table_has_a_row_for_each_rule_and_a_sum() {
        let report = report(vec![
            Outcome::Passed,
            Outcome::Failed("because".into()),
            Outcome::Skipped("elsewhere".into()),
        ]);
        let shown = report.to_string();
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines.len(), 6, "{shown}");
        assert!(lines[0].starts_with("passed "), "{shown}");
        assert!(lines[1].starts_with("FAILED "), "{shown}");
        assert!(lines[2].ends_with("> because"), "{shown}");
        assert!(lines[4].ends_with("> elsewhere"), "{shown}");
        assert_eq!(
            lines[5],
            "3 rules: 1 passed, 1 failed, 1 skipped; merchants ci*"
        );
    }
}
