//! Hundreds of webhooks a second, and a stop in the middle of them.

use std::collections::BTreeSet;

use reqwest::StatusCode;

use crate::audit::Mercy;
use crate::flood::{PATIENCE_OF_LOOP, flood};
use crate::merchant::{Traits, a_mix};
use crate::oms_side::Goods;
use crate::town::Town;

const RETURNS: usize = 100;
/// How often Loop speaks of each of them.
const TIMES: usize = 40;
const AT_ONCE: usize = 64;
/// By so many KiB its memory may have grown through all of that.
const GROWTH: u64 = 48 * 1024;
/// Returns that are submitted when it is told to stop.
const LATE: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_taken_and_what_was_accepted_before_a_stop_is_kept() {
    let mut town = Town::found(&[Traits::usual("acme")]).await;
    // Nobody is there yet to take them, so Loop's webhooks come from us.
    let goods = a_mix(25).chain([Goods::OnTheWay].into_iter().cycle());
    let early = town.submit_unheard("acme", goods.take(RETURNS)).await;
    let service = town.start_service().await;
    let first = flood(service, early.iter(), 16, |_| ()).await;
    assert_eq!(first.accepted.len(), RETURNS, "{:?}", first.answers);
    let before = service.process.most_memory();
    let many = early.iter().cycle().take(RETURNS * TIMES);
    let (flooded, ()) = tokio::join!(flood(service, many, AT_ONCE, |_| ()), async {
        // Those who ask how it is are not kept waiting for ever.
        for path in ["/healthz", "/readyz", "/metrics", "/"] {
            assert_eq!(service.get(path).await.0, StatusCode::OK, "{path}");
        }
    });
    let after = service.process.most_memory();
    println!(
        "{} webhooks at {:.0} a second, {before} KiB of memory before and {after} KiB after",
        RETURNS * TIMES,
        flooded.rate()
    );
    let all_taken = flooded
        .answers
        .iter()
        .all(|(status, _)| (200..300).contains(status));
    assert!(all_taken, "{:?}", flooded.answers);
    assert!(
        after < before + GROWTH,
        "it grew from {before} KiB to {after} KiB"
    );

    let ids: Vec<u64> = town.merchants[0].book.keys().copied().collect();
    let received: Vec<u64> = ids.into_iter().take(25).collect();
    town.receive("acme", &received).await;
    taken_without_the_oms(&mut town).await;
    stopped_under_load(&mut town).await;
    town.start_service().await;
    town.settled().await;
    println!("{}", town.summary().await);
    town.audit(Mercy::default()).await;
}

/// An OMS that hangs keeps webhooks waiting, but Loop does not hear of so many errors that it gives
/// up.
async fn taken_without_the_oms(town: &mut Town) {
    town.oms.hang();
    let goods = [Goods::OnTheWay].into_iter().cycle();
    let unheard = town.submit_unheard("acme", goods.take(LATE)).await;
    let taken = flood(&town.services[0], unheard.iter(), AT_ONCE, |_| ()).await;
    town.oms.answer_again();
    println!("while the OMS hung: {:?}", taken.answers);
    assert!(
        taken.refused_in_a_row <= PATIENCE_OF_LOOP,
        "{:?}",
        taken.answers
    );
}

/// What it said that it took it has, and it ends well.
async fn stopped_under_load(town: &mut Town) {
    let goods = [Goods::OnTheWay].into_iter().cycle();
    let late = town.submit_unheard("acme", goods.take(LATE)).await;
    let service = town.services.last().unwrap();
    let stop = |answers| {
        if answers == LATE / 4 {
            service.process.terminate();
        }
    };
    let stopped = flood(service, late.iter(), 8, stop).await;
    // It may take all that is under way, refuse, or be gone.
    let allowed = stopped
        .answers
        .keys()
        .all(|status| matches!(status, 0 | 200 | 503));
    assert!(allowed, "{:?}", stopped.answers);
    println!(
        "{} of {LATE} were taken while it was told to stop",
        stopped.accepted.len()
    );
    town.services_end().await;

    let entries = town.entries("acme").await.unwrap();
    let known: BTreeSet<u64> = entries.into_keys().collect();
    let lost: Vec<_> = stopped.accepted.difference(&known).collect();
    assert!(lost.is_empty(), "accepted, and not in the ledger: {lost:?}");
}
