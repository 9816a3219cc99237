//! Hands out ids: the same calls in the same order give the same ids.

use std::collections::BTreeMap;

/// One counter per kind. The starting points have the size of real ids, beyond 32 bits for those
/// of the shop, so that a client that reads them into an `i32` fails here and not in production.
#[derive(Debug)]
pub(super) struct Ids {
    next_return: u64,
    next_line: u64,
    next_provider_line: u64,
    next_note: u64,
    next_job: u64,
    next_label: u64,
    next_fraud_report: u64,
    orders: BTreeMap<String, u64>,
    articles: BTreeMap<String, u64>,
}

/// Loop's and the shop's id of one order.
#[derive(Clone, Copy, Debug)]
pub(super) struct OrderIds {
    pub(super) order_id: u64,
    pub(super) provider_order_id: u64,
}

/// The shop's ids of one article.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArticleIds {
    pub(super) product_id: u64,
    pub(super) variant_id: u64,
}

impl Ids {
    pub(super) fn starting_at(first_return_id: u64) -> Ids {
        Ids {
            next_return: first_return_id,
            next_line: 293_482_039,
            next_provider_line: 13_984_238_720_340,
            next_note: 70_001,
            next_job: 1,
            next_label: 8_800_000_001,
            next_fraud_report: 3_001,
            orders: BTreeMap::new(),
            articles: BTreeMap::new(),
        }
    }

    pub(super) fn return_id(&mut self) -> u64 {
        take(&mut self.next_return)
    }

    pub(super) fn line(&mut self) -> u64 {
        take(&mut self.next_line)
    }

    pub(super) fn provider_line(&mut self) -> u64 {
        take(&mut self.next_provider_line)
    }

    pub(super) fn note(&mut self) -> u64 {
        take(&mut self.next_note)
    }

    pub(super) fn job(&mut self) -> u64 {
        take(&mut self.next_job)
    }

    pub(super) fn label(&mut self) -> u64 {
        take(&mut self.next_label)
    }

    pub(super) fn fraud_report(&mut self) -> u64 {
        take(&mut self.next_fraud_report)
    }

    pub(super) fn order(&mut self, name: &str) -> OrderIds {
        let number = number_of(&mut self.orders, name);
        OrderIds {
            order_id: 98_766_312_u64.saturating_add(number),
            provider_order_id: 5_444_175_757_553_u64.saturating_add(number),
        }
    }

    pub(super) fn article(&mut self, sku: &str) -> ArticleIds {
        let number = number_of(&mut self.articles, sku);
        ArticleIds {
            product_id: 8_871_298_310_292_u64.saturating_add(number),
            variant_id: 43_498_287_203_948_u64.saturating_add(number),
        }
    }
}

fn take(next: &mut u64) -> u64 {
    let id = *next;
    *next = next.saturating_add(1);
    id
}

fn number_of(known: &mut BTreeMap<String, u64>, name: &str) -> u64 {
    let next = u64::try_from(known.len()).unwrap_or(u64::MAX);
    *known.entry(name.to_owned()).or_insert(next)
}
