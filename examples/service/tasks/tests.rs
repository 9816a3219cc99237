use std::sync::atomic::{AtomicU32, Ordering};

use ams_loop_bridge::Policy;
use loop_client::{ApiVersion, RateLimit};

use super::*;
use crate::config::{MerchantSettings, OmsSettings, Schedule, Secret};
use crate::metrics::Metrics;
use crate::stop;

fn merchant() -> Merchant {
    let settings = MerchantSettings {
        id: "acme".parse().unwrap(),
        api_key: Secret::new("key".to_owned()),
        base_url: None,
        version: ApiVersion::default(),
        calls: RateLimit::default(),
        webhooks: None,
        oms: OmsSettings::Sqlite(None),
        schedule: Schedule::default(),
        policy: Policy::default(),
    };
    let metrics = Metrics::new().of(&settings.id);
    Merchant::new(settings, metrics)
}

#[tokio::test(start_paused = true)]
async fn a_defect_is_told_and_the_work_begun_again() {
    let merchant = merchant();
    let (_stopper, stop) = stop::stop();
    let begun = Arc::new(AtomicU32::new(0));
    let begin = || {
        let begun = begun.clone();
        async move {
            let before = begun.fetch_add(1, Ordering::Relaxed);
            assert!(before >= 2, "a planted defect");
        }
    };
    begun_again(begin, &merchant, stop).await;
    assert_eq!(begun.load(Ordering::Relaxed), 3);
    assert!(merchant.overview().trouble.unwrap().contains("defect"));
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_a_new_beginning() {
    let merchant = merchant();
    let (stopper, stop) = stop::stop();
    stopper.stop();
    begun_again(async || panic!("a planted defect"), &merchant, stop).await;
}

#[test]
fn a_webhook_that_got_lost_is_told_until_a_pull_has_found_what_it_was_about() {
    let merchant = merchant();
    let trouble = || merchant.overview().trouble.unwrap_or_default();
    let again: Vec<bool> = (0..5).map(|_| merchant.webhook_not_taken()).collect();
    assert_eq!(again, [true, true, true, false, false]);
    assert!(trouble().contains("could not be written down"));
    merchant.pull_found(2);
    assert_eq!(trouble(), "");
    assert!(
        !merchant.webhook_not_taken(),
        "only what is recorded begins anew"
    );
    merchant.webhook_came();
    assert_eq!(
        (trouble(), merchant.webhook_not_taken()),
        (String::new(), true)
    );
}
