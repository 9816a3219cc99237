//! Many webhooks at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;

use crate::front::Webhook;
use crate::service::Service;

/// Loop has switched subscriptions off after more than so many errors in a row.
pub(crate) const PATIENCE_OF_LOOP: usize = 10;

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Flood {
    /// How many answers of each status; 0 is no answer.
    pub(crate) answers: BTreeMap<u16, usize>,
    /// So many webhooks in a row were not answered with success, at most.
    pub(crate) refused_in_a_row: usize,
    /// The returns whose webhook was answered with success.
    pub(crate) accepted: BTreeSet<u64>,
    pub(crate) took: Duration,
}

impl Flood {
    pub(crate) fn rate(&self) -> f64 {
        let all: usize = self.answers.values().sum();
        f64::from(u32::try_from(all).unwrap()) / self.took.as_secs_f64()
    }
}

/// Sends them all, so many at once. `after_each` hears how many answers there were.
pub(crate) async fn flood(
    service: &Service,
    webhooks: impl Iterator<Item = &Webhook>,
    at_once: usize,
    mut after_each: impl FnMut(usize),
) -> Flood {
    let began = Instant::now();
    let mut flood = Flood::default();
    let sending = webhooks.map(async |webhook| (webhook.return_id(), service.send(webhook).await));
    let mut answers = std::pin::pin!(futures_util::stream::iter(sending).buffer_unordered(at_once));
    let (mut count, mut in_a_row) = (0, 0);
    while let Some((id, status)) = answers.next().await {
        if status.is_some_and(|status| status.is_success()) {
            flood.accepted.insert(id);
            in_a_row = 0;
        } else {
            in_a_row += 1;
            flood.refused_in_a_row = flood.refused_in_a_row.max(in_a_row);
        }
        let status = status.map_or(0, |status| status.as_u16());
        *flood.answers.entry(status).or_default() += 1;
        count += 1;
        after_each(count);
    }
    flood.took = began.elapsed();
    flood
}
