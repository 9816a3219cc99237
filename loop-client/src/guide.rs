//! The guide: a page for each task, and the table of all calls. Which to read for what stands
//! [at the start](crate).

// The pages are read in this scope.
#[cfg(doc)]
use crate::*;

#[doc = include_str!("../docs/guide/receive_webhooks.md")]
pub mod receive_webhooks {}

#[doc = include_str!("../docs/guide/list_returns.md")]
pub mod list_returns {}

#[doc = include_str!("../docs/guide/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/guide/rate_limit.md")]
pub mod rate_limit {}

#[doc = include_str!("../docs/guide/test_without_an_account.md")]
pub mod test_without_an_account {}

#[doc = include_str!("../docs/endpoints.md")]
pub mod endpoints {}

#[cfg(test)]
mod tests {
    use crate::{Effect, ErrorKind};

    /// The names of all variants. One that is not named here does not compile, so that whoever
    /// adds a failure also says what to do about it.
    macro_rules! variants {
        ($kind:ident: $($variant:ident)*) => {{
            fn _all_are_named(it: &$kind) {
                let ($($kind::$variant { .. })|*) = it;
            }
            [$(stringify!($variant)),*]
        }};
    }

    #[test]
    fn the_page_says_what_to_do_about_every_error() {
        let page = include_str!("../docs/guide/errors.md");
        for kind in variants!(
            ErrorKind: Unauthorized RateLimited Refused NotFound Invalid Server Unreadable
            Incomplete TooLarge Redirected Transport Paging Input
        ) {
            let row = format!("| [`{kind}`](ErrorKind::{kind}) | ");
            assert_eq!(page.matches(&row).count(), 1, "{kind}");
        }
        for effect in variants!(Effect: NotSent NotApplied Unknown) {
            assert_eq!(
                page.matches(&format!("| `{effect}` | ")).count(),
                1,
                "{effect}"
            );
        }
    }
}
