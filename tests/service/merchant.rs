//! One merchant: a shop in Loop, its returns, and how the service is to serve it.

use std::collections::BTreeMap;

use crate::canaries::{EMAIL, NEXT_SECRET};
use crate::front::Front;
use crate::loop_side::LoopSide;
use crate::oms_side::{Goods, SKUS};

/// So many calls a minute are no limit for a test.
pub(crate) const UNLIMITED: u32 = 1_000_000;

/// What a merchant is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traits {
    pub(crate) name: &'static str,
    /// What Loop allows.
    pub(crate) calls_a_minute: u32,
    /// What the service is told that it allows.
    pub(crate) told_calls_a_minute: u32,
    /// Whether its RMAs are in a SQLite file beside the ledger, instead of behind HTTP.
    pub(crate) has_own_oms: bool,
}

impl Traits {
    pub(crate) const fn usual(name: &'static str) -> Self {
        Self {
            name,
            calls_a_minute: UNLIMITED,
            told_calls_a_minute: UNLIMITED,
            has_own_oms: false,
        }
    }
}

pub(crate) struct Merchant {
    pub(crate) traits: Traits,
    pub(crate) loop_side: LoopSide,
    /// Every return, with what arrives of it.
    pub(crate) book: BTreeMap<u64, Goods>,
}

impl Merchant {
    pub(crate) async fn open(traits: Traits, front: &Front) -> Self {
        let loop_side = LoopSide::start(traits.calls_a_minute).await;
        loop_side.subscribe(&front.url(traits.name)).await;
        Self {
            traits,
            loop_side,
            book: BTreeMap::new(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.traits.name
    }

    /// Shoppers submit returns of which these goods will arrive. Gives back their ids.
    pub(crate) async fn submit(&mut self, goods: impl IntoIterator<Item = Goods>) -> Vec<u64> {
        let mut ids = Vec::new();
        for goods in goods {
            let order = format!("#{}", 1001 + self.book.len());
            let id = self.loop_side.submit(&order, EMAIL, &SKUS).await;
            self.book.insert(id, goods);
            ids.push(id);
        }
        ids
    }

    /// With which Loop will sign soon.
    pub(crate) fn next_secret(&self) -> String {
        format!("{NEXT_SECRET}{}", self.name())
    }

    /// The names of the variables that its secrets are in, and the secrets.
    pub(crate) fn secrets(&self) -> [(String, String); 3] {
        let name = self.name().to_uppercase();
        [
            (format!("{name}_LOOP_API_KEY"), self.loop_side.key.clone()),
            (
                format!("{name}_WEBHOOK_SECRET"),
                self.loop_side.secret.clone(),
            ),
            (format!("{name}_NEXT_WEBHOOK_SECRET"), self.next_secret()),
        ]
    }

    /// Its table of `service.toml`.
    pub(crate) fn table(&self, loop_url: &str, oms: &str) -> String {
        let [key, secret, next] = self.secrets().map(|(variable, _)| variable);
        let Traits {
            name,
            told_calls_a_minute,
            has_own_oms,
            ..
        } = self.traits;
        let oms = if has_own_oms {
            r#"{ kind = "sqlite" }"#.to_owned()
        } else {
            format!(r#"{{ kind = "http", url = "{oms}", key = {{ env = "THE_OMS_KEY" }} }}"#)
        };
        format!(
            r#"
[merchants.{name}]
loop_base_url = "{loop_url}"
api_key = {{ env = "{key}" }}
webhook_secrets = [{{ env = "{secret}" }}, {{ env = "{next}" }}]
calls_per_minute = {told_calls_a_minute}
pull_every = "1s"
settle_every = "250ms"
reconcile_every = "24h"
oms = {oms}
[merchants.{name}.policy]
process_returns = true
process_deadline_hours = 1
"#
        )
    }
}

/// Goods of all kinds.
pub(crate) fn a_mix(returns: usize) -> impl Iterator<Item = Goods> {
    use Goods::{Damaged, Good, Short};
    [Good, Good, Damaged, Good, Short]
        .into_iter()
        .cycle()
        .take(returns)
}
