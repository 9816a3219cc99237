//! Several merchants in one service, each with a misfortune of its own, and one without any.

use std::fs;

use reqwest::StatusCode;
use serde_json::json;

use crate::audit::Mercy;
use crate::flood::{PATIENCE_OF_LOOP, flood};
use crate::front::Webhook;
use crate::log;
use crate::merchant::{Merchant, Traits, a_mix};
use crate::oms_side::Goods;
use crate::patience::{hold, until};
use crate::town::Town;

const RETURNS: usize = 5;

const MERCHANTS: [Traits; 5] = [
    // Its RMAs are in a file, so what happens to the others' OMS does not concern it.
    Traits {
        has_own_oms: true,
        ..Traits::usual("well")
    },
    Traits::usual("revoked"),
    // Loop allows it less than the service was told.
    Traits {
        calls_a_minute: 40,
        told_calls_a_minute: 300,
        ..Traits::usual("limited")
    },
    Traits::usual("turned_away"),
    // Where its ledger should be is something else.
    Traits::usual("broken"),
];

pub(crate) async fn the_sick_one_troubles_nobody_else() {
    let mut town = Town::found(&MERCHANTS).await;
    let revoked = town.merchant("revoked");
    let refusal = revoked
        .loop_side
        .inject(json!({ "fault": "unauthorized" }))
        .await;
    let busy = json!({ "fault": "retry_after_seconds", "seconds": 1, "times": 3 });
    let busy = town.merchant("turned_away").loop_side.inject(busy).await;
    fs::write(
        town.ledger("broken"),
        "a letter to the operators".repeat(1000),
    )
    .unwrap();
    let unheard = town.submit_unheard("broken", a_mix(12)).await;
    town.start_service().await;
    everybody_gets_returns(&mut town).await;
    town.settled_but(&["well", "turned_away"], 0).await;
    let turned_away = town.merchant("turned_away");
    assert_eq!(turned_away.loop_side.hits(busy).await, 3);
    waited_for_loop(&town, "turned_away").await;
    the_refused_key_is_told(&mut town, refusal).await;
    the_broken_ledger_is_told(&town, &unheard).await;
    fs::remove_file(town.ledger("broken")).unwrap();

    town.oms.down();
    let late = town.merchant("turned_away").submit(a_mix(RETURNS)).await;
    let wells = town.merchant("well").submit(a_mix(RETURNS)).await;
    town.receive("well", &wells).await;
    town.settled_but(&["well"], 0).await;
    the_missing_oms_is_told(&town).await;

    town.oms.up().await;
    town.merchant("revoked").loop_side.clear_faults().await;
    town.receive("turned_away", &late).await;
    let unheard: Vec<u64> = unheard.iter().map(Webhook::return_id).collect();
    town.receive("broken", &unheard).await;
    town.settled().await;
    waited_for_loop(&town, "limited").await;
    let calls = town.merchant("limited").loop_side.calls().await;
    let turned_away = calls.iter().filter(|(_, _, status)| *status == 429).count();
    assert!(
        turned_away <= 5,
        "{turned_away} calls were made although Loop had said to wait"
    );
    for merchant in MERCHANTS {
        let labels = [("merchant", merchant.name)];
        town.services[0]
            .metric("open_returns", &labels, |open| open == 0.0)
            .await;
    }
    the_calm_is_told(&town).await;
    people_find_what_is_theirs(&town).await;
    town.audit(Mercy::default()).await;
}

async fn everybody_gets_returns(town: &mut Town) {
    for merchant in MERCHANTS.iter().filter(|it| it.name != "broken") {
        let ids = town.merchant(merchant.name).submit(a_mix(RETURNS)).await;
        town.receive(merchant.name, &ids).await;
    }
}

async fn waited_for_loop(town: &Town, merchant: &str) {
    let labels = [("merchant", merchant)];
    town.services[0]
        .metric("loop_wait_seconds_total", &labels, |waited| waited > 0.0)
        .await;
}

async fn the_refused_key_is_told(town: &mut Town, refusal: u64) {
    let service = &town.services[0];
    let failed = [("merchant", "revoked"), ("outcome", "failed")];
    service
        .metric("passes_total", &failed, |count| count > 0.0)
        .await;
    let (status, told) = service.readiness().await;
    assert_eq!(status, StatusCode::OK, "the others are served: {told}");
    let page = service.get("/").await.1;
    for (place, told) in [("readiness", told.to_string()), ("the page", page)] {
        assert!(
            told.contains("revoked"),
            "{place} does not name the merchant: {told}"
        );
        assert!(
            told.contains("key"),
            "{place} does not tell of the key: {told}"
        );
    }
    tells_in_the_log(town, "revoked", &["key", "401", "unauthorized"]);
    // It is left alone, so that Loop does not take it for an attack.
    let tried = town.merchant("revoked").loop_side.hits(refusal).await;
    assert!(tried <= 10, "a refused key was tried {tried} times");
}

/// Loop hears of errors, and not of so many that it gives up.
async fn the_broken_ledger_is_told(town: &Town, unheard: &[Webhook]) {
    let service = &town.services[0];
    let sent = flood(service, unheard.iter(), unheard.len(), |_| ()).await;
    let errors = unheard.len() - sent.accepted.len();
    assert!(errors > 0, "nobody was told that nothing is written down");
    assert!(
        sent.refused_in_a_row <= PATIENCE_OF_LOOP,
        "{:?}",
        sent.answers
    );
    let (status, told) = service.readiness().await;
    assert_eq!(status, StatusCode::OK, "the others are served: {told}");
    assert_eq!(told["merchants"]["broken"]["ready"], false, "{told}");
    tells_in_the_log(town, "broken", &["ledger"]);
}

async fn the_missing_oms_is_told(town: &Town) {
    let service = &town.services[0];
    until("readiness to tell of the OMS", async || {
        let (status, told) = service.readiness().await;
        assert_eq!(
            status,
            StatusCode::OK,
            "webhooks are still recorded: {told}"
        );
        let of_it = told["merchants"]["turned_away"]["oms"].to_string();
        hold(of_it.contains("false") || of_it.contains("fail"), || {
            told.to_string()
        })
    })
    .await;
    tells_in_the_log(town, "turned_away", &["oms", "rma"]);
}

fn tells_in_the_log(town: &Town, merchant: &str, words: &[&str]) {
    let written = log::read(&town.services[0].process.err()).unwrap();
    let tells = |line| log::tells(line, merchant, words);
    assert!(
        written.iter().any(tells),
        "the log is silent about {merchant}"
    );
}

/// What was counted is what happened.
async fn the_calm_is_told(town: &Town) {
    let metrics = town.services[0].metrics().await;
    for Merchant { traits, book, .. } in &town.merchants {
        let name = traits.name;
        let of_it = |more| [("merchant", name), more];
        let sum = |metric, more| metrics.sum(metric, &of_it(more));
        let created = of_it(("outcome", "created"));
        assert!(metrics.count("rmas_total", &created, book.len()), "{name}");
        let decided = metrics.sum("decisions_total", &[("merchant", name)]);
        assert!(
            decided >= f64::from(u32::try_from(book.len()).unwrap()),
            "{name}"
        );
        assert!(
            sum("webhooks_total", ("outcome", "recorded")) > 0.0,
            "{name}"
        );
        // Whoever was turned away has settled before it has pulled.
        for pass in ["pull", "settle"] {
            town.services[0]
                .metric(
                    "last_success_timestamp_seconds",
                    &of_it(("pass", pass)),
                    |time| time > 0.0,
                )
                .await;
        }
    }
}

/// A person's work is on the page, with the way to it.
async fn people_find_what_is_theirs(town: &Town) {
    let books = town.merchants.iter().flat_map(|it| it.book.values());
    let flagged = books
        .filter(|goods| matches!(goods, Goods::Damaged | Goods::Short))
        .count();
    until("the page to lead to all that is flagged", async || {
        let page = town.services[0].get("/").await.1;
        let links = page.matches("admin.loopreturns.com/returns/").count();
        hold(links >= flagged, || {
            format!("{links} links for {flagged} returns")
        })
    })
    .await;
}
