//! The guide: a page for each task, and the tables. Which to read for what stands
//! [at the start](crate#start-here).
//!
//! To look up: [guarantees, assumptions and caveats](guarantees), [errors], the
//! [decision table](decision_table), and Loop's [endpoints](loop_client::guide::endpoints).

// The pages are read in this scope.
#[cfg(doc)]
use crate::*;

#[doc = include_str!("../docs/guide/concepts.md")]
pub mod concepts {}

#[doc = include_str!("../docs/guide/receive_webhooks.md")]
pub mod receive_webhooks {}

#[doc = include_str!("../docs/guide/poll.md")]
pub mod poll {}

#[doc = include_str!("../docs/guide/decide.md")]
pub mod decide {}

#[doc = include_str!("../docs/guide/run_many_workers.md")]
pub mod run_many_workers {}

#[doc = include_str!("../docs/guide/test_without_an_account.md")]
pub mod test_without_an_account {}

#[doc = include_str!("../docs/guide/go_live.md")]
pub mod go_live {}

#[doc = include_str!("../docs/guide/when_stuck.md")]
pub mod when_stuck {}

#[doc = include_str!("../docs/guide/guarantees.md")]
pub mod guarantees {}

#[doc = include_str!("../docs/guide/errors.md")]
pub mod errors {}

/// The decision table: what [`decide()`] answers, case by case. Checked against
/// the code by the test `core::table::the_table_in_the_docs_is_what_the_code_decides`.
///
#[doc = include_str!("../docs/decision-table.md")]
pub mod decision_table {}

#[cfg(test)]
mod tests {
    use crate::ledger::LedgerError;
    use crate::{BridgeError, FindingKind, WebhookOutcome};

    /// The paths of all variants. One that is not named here does not compile, so that whoever
    /// adds a failure also says what to do about it.
    macro_rules! variants {
        ($kind:ident: $($variant:ident)*) => {{
            fn _all_are_named(it: &$kind) {
                let ($($kind::$variant { .. })|*) = it;
            }
            [$(concat!(stringify!($kind), "::", stringify!($variant))),*]
        }};
    }

    #[test]
    fn the_page_says_what_to_do_about_every_error() {
        let page = include_str!("../docs/guide/errors.md");
        let named = [
            &variants!(BridgeError: Loop Oms Ledger BackedOff)[..],
            &variants!(LedgerError: Unavailable Unreadable Vanished Contended ClaimLost),
            &variants!(
                WebhookOutcome: Recorded Ignored Unreadable Refused NotConfigured NotRecorded
            ),
            &variants!(FindingKind: Owed Stale Odd),
        ];
        for name in named.into_iter().flatten() {
            let rows = page.lines().filter(|line| {
                let mut cells = line.split(" | ");
                line.starts_with("| [") && cells.next().is_some_and(|cell| cell.contains(name))
            });
            assert_eq!(rows.count(), 1, "{name}");
        }
    }
}
