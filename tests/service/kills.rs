//! Ended while it settles, again and again, and started again on the same files: by SIGKILL, which
//! it cannot hear, and by SIGTERM, which it heeds.

use crate::audit::Mercy;
use crate::merchant::{Traits, a_mix};
use crate::patience::{hold, until};
use crate::service::Service;
use crate::town::Town;

const KILLS: usize = 8;
const STOPS: usize = 4;
const RETURNS_A_LIFE: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_goes_on_where_it_was() {
    let mut town = Town::found(&[Traits::usual("acme")]).await;
    town.loop_by_environment = true;
    for life in 0..KILLS {
        if life % 3 == 1 {
            // One dies before it has come to anything.
            drop(Service::start(&mut town.command()).await);
        }
        is_at_work(&mut town, life).await;
        town.kill_services();
    }
    town.start_service().await;
    // The dead hold what they were at work on for ten minutes: what one settled, and what it pulled.
    town.settled_but(&["acme"], 2 * KILLS).await;
    town.look_around().await;
    town.stop_services().await;
    town.hours_later().await;
    println!("after {KILLS} kills: {}", town.summary().await);
    town.settled().await;
    town.audit(Mercy { deaths: KILLS }).await;
}

/// It finishes the return that it is at, so nobody has to wait for anything afterwards, and no good
/// return ends with a person.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_again_and_again_it_leaves_nothing_half_done() {
    let mut town = Town::found(&[Traits::usual("acme")]).await;
    for life in 0..STOPS {
        is_at_work(&mut town, life).await;
        town.stop_services().await;
    }
    town.start_service().await;
    town.settled().await;
    town.audit(Mercy::default()).await;
}

/// Starts one, and gives it returns to settle; comes back when it has begun, with each life a
/// little later in its work.
async fn is_at_work(town: &mut Town, life: usize) {
    town.start_service().await;
    let ids = town.merchant("acme").submit(a_mix(RETURNS_A_LIFE)).await;
    let before = told(town).await;
    town.receive("acme", &ids).await;
    until("it to be at work", async || {
        let told = told(town).await;
        hold(told > before + life, || format!("{told} calls"))
    })
    .await;
}

/// How many calls changed something in Loop.
async fn told(town: &Town) -> usize {
    const CHANGING: [&str; 3] = ["/process", "/flag", "/notes"];
    let calls = town.merchants[0].loop_side.calls().await;
    let changing = calls.iter().filter(|(method, path, _)| {
        method == "POST" && CHANGING.iter().any(|end| path.ends_with(end))
    });
    changing.count()
}
