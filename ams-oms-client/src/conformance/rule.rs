//! A rule and its check.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use super::stage::Stage;
use super::verdict::{Checked, Stop, fail};
use super::{
    Outcome, WarehouseDriver, announcing, changing, correcting, feed, honesty, listing, receiving,
    tenants, texts,
};
use crate::Oms;

/// One sentence of the contract that can be checked.
#[derive(Clone, Copy)]
pub struct Rule {
    id: &'static str,
    sentence: &'static str,
    check: Check,
}

type Check = for<'a> fn(&'a Stage<'a>) -> Verdict<'a>;
type Verdict<'a> = Pin<Box<dyn Future<Output = Checked> + Send + 'a>>;

impl Rule {
    /// All rules, in the order in which they are checked.
    ///
    /// ```
    /// use ams_oms_client::conformance::Rule;
    ///
    /// for rule in Rule::all() {
    ///     println!("{}: {}", rule.id(), rule.sentence());
    /// }
    /// ```
    pub fn all() -> impl Iterator<Item = Rule> {
        [
            announcing::RULES,
            tenants::RULES,
            changing::RULES,
            receiving::RULES,
            correcting::RULES,
            feed::RULES,
            listing::RULES,
            texts::RULES,
            honesty::RULES,
        ]
        .into_iter()
        .flatten()
        .copied()
    }

    /// The rule with this id.
    #[must_use]
    pub fn named(id: &str) -> Option<Self> {
        Self::all().find(|rule| rule.id == id)
    }

    /// Its name, for machines: lower case with hyphens. It stays when the sentence is reworded.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.id
    }

    /// What it says, for people.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        self.sentence
    }

    pub(super) const fn new(id: &'static str, sentence: &'static str, check: Check) -> Self {
        Self {
            id,
            sentence,
            check,
        }
    }

    pub(super) async fn check(
        self,
        oms: &dyn Oms,
        dock: &dyn WarehouseDriver,
        prefix: &str,
    ) -> Outcome {
        // Rules share no numbers, so that a leak is seen by the rule on leaks alone.
        let place = Self::all().take_while(|rule| rule.id != self.id).count();
        let verdict = match Stage::new(oms, dock, prefix, self.id, place) {
            Ok(stage) => unwinding((self.check)(&stage)).await,
            Err(stop) => Err(stop),
        };
        match verdict {
            Ok(()) => Outcome::Passed,
            Err(Stop::Failed(evidence)) => Outcome::Failed(evidence),
            Err(Stop::Skipped(reason)) => Outcome::Skipped(reason),
        }
    }
}

/// Makes a panic of the system under test a failure of the rule that met it.
async fn unwinding(mut check: Verdict<'_>) -> Checked {
    poll_fn(|context| {
        // After a panic the future is dropped and nothing of it is looked at again.
        let polled = catch_unwind(AssertUnwindSafe(|| check.as_mut().poll(context)));
        polled.unwrap_or_else(|panic| Poll::Ready(fail(format!("it panicked: {}", text(&*panic)))))
    })
    .await
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

/// Ids are unique, so they tell rules apart.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_short_plain_and_unique() {
        let mut ids = BTreeSet::new();
        for rule in Rule::all() {
            // Longer ids would not fit into the names of merchants, nor into the table.
            assert!(rule.id.len() <= 32, "{}", rule.id);
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(rule.id.chars().all(plain), "{}", rule.id);
            assert!(ids.insert(rule.id), "{}", rule.id);
            assert!(rule.sentence.ends_with('.'), "{}", rule.id);
            assert_eq!(Rule::named(rule.id), Some(rule));
        }
        assert_eq!(Rule::named("no-such-rule"), None);
    }

    #[tokio::test]
    async fn panics_become_evidence() {
        for verdict in [
            unwinding(Box::pin(async { panic!("at the disco") })).await,
            unwinding(Box::pin(async { panic!("{} of {}", 1, "two") })).await,
        ] {
            let Err(Stop::Failed(evidence)) = verdict else {
                panic!("{verdict:?}");
            };
            assert!(
                ["it panicked: at the disco", "it panicked: 1 of two"].contains(&evidence.as_str())
            );
        }
    }
}
