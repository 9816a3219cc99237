//! Faults of webhooks.

use serde_json::Value;

use super::{FaultId, Quota, add_fields, change_values};

/// What goes wrong with a webhook; see
/// [`Sandbox::disturb_webhooks`](super::Sandbox::disturb_webhooks).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookFault {
    /// It is never sent.
    Drop,
    /// It is sent this often in all, each time as if it were the only one; 0 counts as 1.
    Duplicate(u32),
    /// It waits for [`Sandbox::release_webhooks`](super::Sandbox::release_webhooks), so that
    /// others overtake it.
    Hold,
    /// Every JSON object in it has one more field, which nobody knows.
    UnknownFields,
    /// States, outcomes of returns and lines, and label statuses become `sandbox-unknown`.
    UnknownValues,
}

/// Which webhooks a fault hits: all of them, or those about one return or with one trigger; from
/// the first on, or after some; until cleared, or a number of times.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until webhooks are disturbed with it"]
pub struct OnWebhook {
    return_id: Option<u64>,
    trigger: Option<String>,
    pub(super) quota: Quota,
}

impl OnWebhook {
    /// Every webhook.
    pub fn any() -> OnWebhook {
        OnWebhook {
            return_id: None,
            trigger: None,
            quota: Quota::default(),
        }
    }

    /// Only those about this return.
    pub fn of_return(mut self, id: u64) -> OnWebhook {
        self.return_id = Some(id);
        self
    }

    /// Only those with this trigger, `return.updated` for example.
    pub fn trigger(mut self, trigger: impl Into<String>) -> OnWebhook {
        self.trigger = Some(trigger.into());
        self
    }

    /// The next `times` of them only.
    pub fn times(mut self, times: u32) -> OnWebhook {
        self.quota.times = Some(times);
        self
    }

    /// Not the first `webhooks` of them.
    pub fn skip(mut self, webhooks: u32) -> OnWebhook {
        self.quota.skip = webhooks;
        self
    }

    fn matches(&self, return_id: u64, trigger: &str) -> bool {
        self.return_id.is_none_or(|wanted| wanted == return_id)
            && self.trigger.as_ref().is_none_or(|wanted| wanted == trigger)
    }
}

/// In which order held webhooks leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReleaseOrder {
    /// As they were held: late, nothing more.
    Kept,
    /// The newest first.
    Reversed,
    /// In an order that depends on this number and on nothing else.
    Shuffled(u64),
}

#[derive(Debug)]
pub(super) struct WebhookRule {
    pub(super) id: FaultId,
    pub(super) fault: WebhookFault,
    pub(super) on: OnWebhook,
}

/// What all faults together do to one webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Fate {
    pub(in crate::sandbox) dropped: bool,
    pub(in crate::sandbox) held: bool,
    pub(in crate::sandbox) copies: u32,
    unknown_fields: bool,
    unknown_values: bool,
}

impl Fate {
    const GOOD: Fate = Fate {
        dropped: false,
        held: false,
        copies: 1,
        unknown_fields: false,
        unknown_values: false,
    };

    pub(in crate::sandbox) fn rewrite(self, body: &mut Value) {
        if self.unknown_fields {
            add_fields(body);
        }
        if self.unknown_values {
            change_values(body);
        }
    }
}

pub(super) fn fate(rules: &mut [WebhookRule], return_id: u64, trigger: &str) -> Fate {
    let mut fate = Fate::GOOD;
    for rule in rules {
        if !rule.on.matches(return_id, trigger) || !rule.on.quota.is_due() {
            continue;
        }
        rule.on.quota.hit();
        match rule.fault {
            WebhookFault::Drop => fate.dropped = true,
            WebhookFault::Duplicate(copies) => fate.copies = fate.copies.max(copies),
            WebhookFault::Hold => fate.held = true,
            WebhookFault::UnknownFields => fate.unknown_fields = true,
            WebhookFault::UnknownValues => fate.unknown_values = true,
        }
    }
    fate
}

pub(in crate::sandbox) fn reorder<T>(items: &mut [T], order: ReleaseOrder) {
    match order {
        ReleaseOrder::Kept => {}
        ReleaseOrder::Reversed => items.reverse(),
        ReleaseOrder::Shuffled(seed) => shuffle(items, seed),
    }
}

/// Fisher and Yates' shuffle with the `SplitMix64` generator: a few lines are no reason for a
/// dependency, and the order must never change with one.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..items.len()).rev() {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let bound = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
        let other = usize::try_from(mixed % bound).unwrap_or(last);
        items.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_keeps_every_item_and_a_seed_decides() {
        let sorted: Vec<u32> = (0..20).collect();
        let ordered = |order| {
            let mut items = sorted.clone();
            reorder(&mut items, order);
            items
        };
        assert_eq!(ordered(ReleaseOrder::Kept), sorted);
        let mut reversed = sorted.clone();
        reversed.reverse();
        assert_eq!(ordered(ReleaseOrder::Reversed), reversed);

        let shuffled = ordered(ReleaseOrder::Shuffled(7));
        assert_eq!(shuffled, ordered(ReleaseOrder::Shuffled(7)));
        assert_ne!(shuffled, ordered(ReleaseOrder::Shuffled(8)));
        assert_ne!(shuffled, sorted);
        let mut back = shuffled;
        back.sort_unstable();
        assert_eq!(back, sorted);
        for few in 0..2 {
            let mut items: Vec<u32> = (0..few).collect();
            reorder(&mut items, ReleaseOrder::Shuffled(7));
            assert_eq!(items.len(), usize::try_from(few).unwrap());
        }
    }
}
