//! SIGKILL while it settles, again and again, and started again on the same files.

use crate::audit::Mercy;
use crate::merchant::{Traits, a_mix};
use crate::patience::{hold, until};
use crate::service::Service;
use crate::town::Town;

const KILLS: usize = 8;
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
        town.start_service().await;
        let ids = town.merchant("acme").submit(a_mix(RETURNS_A_LIFE)).await;
        let before = told(&town).await;
        town.receive("acme", &ids).await;
        until("it to be at work", async || {
            let told = told(&town).await;
            // Each life ends a little later in its work.
            hold(told > before + life, || format!("{told} calls"))
        })
        .await;
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

/// How many calls changed something in Loop.
async fn told(town: &Town) -> usize {
    let calls = town.merchants[0].loop_side.calls().await;
    let changing = calls.iter().filter(|(method, path, _)| {
        method == "POST"
            && ["/process", "/flag", "/notes"]
                .iter()
                .any(|end| path.ends_with(end))
    });
    changing.count()
}
