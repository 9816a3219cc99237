//! What the same bridge does some hours later. The dead hold a return for ten minutes, and what
//! became of a process call that died with its sender is given an hour to show: no test waits for
//! that, and the service has the clock of its machine.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ams_loop_bridge::ledger::Ledger;
use ams_loop_bridge::{Bridge, Policy};
use ams_oms_client::HttpOms;
use loop_client::{ApiKey, Client, RateLimit, Timestamp};

use crate::canaries::OMS_KEY;
use crate::merchant::Merchant;
use crate::oms_side::OmsSide;

/// After the claims of the dead, after the deadline of process calls, and once more for the news
/// of what was done then.
const LATER: [u64; 4] = [15, 30, 120, 150];

pub(crate) async fn hours_later(ledger: Arc<dyn Ledger>, merchant: &Merchant, oms: &OmsSide) {
    let loop_side = &merchant.loop_side;
    let client = Client::builder(ApiKey::new(&loop_side.key).unwrap())
        .base_url(&loop_side.api)
        .rate_limit(RateLimit::per_minute(u32::MAX))
        .build()
        .unwrap();
    let oms = HttpOms::builder(&oms.base, OMS_KEY).build().unwrap();
    let mut policy = Policy::processing();
    policy.process_deadline_hours = 1;
    let merchant = merchant.name().parse().unwrap();
    let bridge = Bridge::new(merchant, client, oms, ledger);
    let bridge = bridge.with_policy(policy).unwrap();
    for minutes in LATER {
        let now = Timestamp::from(SystemTime::now() + Duration::from_secs(minutes * 60));
        bridge.pull(now).await.unwrap();
        bridge.settle(now).await.unwrap();
    }
}
