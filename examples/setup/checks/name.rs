//! Whether the webhook address is this merchant's.

use ams_oms_client::MerchantId;
use reqwest::Url;

use crate::report::{Line, State};

/// `None` when the address says nothing else than `MERCHANT`.
pub(crate) fn line(url: &Url, merchant: &MerchantId) -> Option<Line> {
    let segments = url.path_segments()?.filter(|part| !part.is_empty());
    let segments: Vec<&str> = segments.collect();
    let what = "The merchant's name";
    match segments.as_slice() {
        // The path of `webhook_receiver`, which serves one merchant.
        [] | [.., "webhooks", "loop"] => None,
        [.., last] if *last == merchant.as_str() => None,
        // The path of `service`.
        [.., "webhooks", "loop", last] => {
            let meaning = format!(
                "the address is {last}'s, and MERCHANT is {merchant}: one of both is a mistake. A \
                 Loop account has one merchant name, for ever; under two its returns are refunded \
                 twice."
            );
            let step = "Find out under which name the service has this Loop account, and give it in \
                        MERCHANT and in --webhook-url. Until then --fix makes no subscription.";
            Some(Line::new(State::Wrong, what, meaning).step(step))
        }
        [.., last] => {
            let meaning = format!(
                "the address ends in {last}, and MERCHANT is {merchant}. If {last} is meant to be \
                 the merchant, one of both is a mistake: a Loop account has one merchant name, for \
                 ever."
            );
            Some(Line::new(State::Note, what, meaning))
        }
    }
}
