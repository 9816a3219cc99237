//! What Loop must not do by itself, and what of its doing can be seen.

use loop_client::webhook::Trigger;
use loop_client::{Subscription, SubscriptionStatus};
use reqwest::Url;

use super::answers::Answer;
use crate::report::{Line, Section, State};

pub(crate) fn section(subscriptions: &Answer<Vec<Subscription>>) -> Section {
    let mut lines = vec![carrier_events(), restock()];
    lines.extend(subscriptions.iter().flatten().filter_map(restocker));
    lines.push(first_return());
    Section::new("What no call of Loop's API shows", lines)
}

fn carrier_events() -> Line {
    let meaning = "Loop must not process on them. Unless that is switched off, it refunds when the \
        carrier has the parcel (in_transit, delivered), before the warehouse has opened it: \
        damaged and missing goods are paid for.";
    Line::new(State::ByHand, "Carrier events", meaning).step(
        "Have the merchant switch off Loop's processing on carrier events, for every outcome: \
         https://docs.loopreturns.com/integration-guides/process-returns",
    )
}

fn restock() -> Line {
    let meaning = "Loop's must be off, because the OMS owns the stock. Loop would put goods on sale \
        again that the warehouse has not seen, or that it counts itself.";
    Line::new(State::ByHand, "Restock", meaning).step(
        "Have the merchant look at the setting Restock in Loop's admin (Returns management > \
         Policy settings > General), so that Loop restocks nothing.",
    )
}

/// Loop says `restock.requested` where the setting leaves the restock to others.
fn restocker(known: &Subscription) -> Option<Line> {
    let listens = known.trigger == Some(Trigger::RestockRequested)
        && known.status != Some(SubscriptionStatus::Inactive);
    let url = Url::parse(&known.url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or("somebody");
    let meaning = format!("#{} tells {host} what to restock.", known.id);
    listens.then(|| {
        Line::new(State::ByHand, "Somebody else restocks", meaning).step(format!(
            "Ask the merchant what {host} does with it: what the OMS counts must not be counted \
             twice."
        ))
    })
}

fn first_return() -> Line {
    let meaning = "only a return makes Loop send a webhook of its own.";
    Line::new(State::ByHand, "The first return", meaning).step(
        "Once the service runs: submit a return in the merchant's portal, and see that its RMA \
         is made at once.",
    )
}
