//! PostgreSQL is restarted under two services that share a database.

use std::sync::Arc;

use reqwest::StatusCode;

use crate::audit::Mercy;
use crate::canaries::DATABASE_PASSWORD;
use crate::log;
use crate::merchant::{Traits, a_mix};
use crate::patience::{hold, until};
use crate::postgres::PostgresServer;
use crate::town::Town;

const SERVICES: usize = 2;
const OUTAGES: usize = 2;
/// Of each service: two that settle, and the pull.
const AT_WORK: usize = 3;
/// So many may have been at work on a return when the database went, and hold it for ten minutes.
const HELD: usize = SERVICES * OUTAGES * AT_WORK;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_restarted_under_two_services() {
    let Some(server) = PostgresServer::start().map(Arc::new) else {
        return;
    };
    let mut town = Town::found(&[Traits::usual("acme")]).await;
    let user = format!("postgres:{DATABASE_PASSWORD}");
    town.database = Some(server.url(&user, &server.database()));
    town.workers = 2;
    for _ in 0..SERVICES {
        town.start_service().await;
    }
    let early = town.merchant("acme").submit(a_mix(30)).await;
    town.receive("acme", &early).await;
    // In the middle of settling them.
    on(&server, PostgresServer::crash_and_restart).await;

    on(&server, PostgresServer::crash).await;
    is_ready(&town, StatusCode::SERVICE_UNAVAILABLE).await;
    let late = town.merchant("acme").submit(a_mix(5)).await;
    on(&server, PostgresServer::start_again).await;
    is_ready(&town, StatusCode::OK).await;

    town.receive("acme", &late).await;
    town.settled_but(&["acme"], HELD).await;
    for service in &town.services {
        let written = log::read(&service.process.err()).unwrap();
        let tells = |line| log::tells(line, "acme", &["ledger", "database"]);
        assert!(written.iter().any(tells), "the log is silent");
    }
    town.look_around().await;
    town.stop_services().await;
    town.hours_later().await;
    println!("after two outages of PostgreSQL: {}", town.summary().await);
    town.settled().await;
    town.audit(Mercy {
        deaths: SERVICES * OUTAGES,
    })
    .await;
}

async fn on(server: &Arc<PostgresServer>, what: fn(&PostgresServer)) {
    let server = Arc::clone(server);
    tokio::task::spawn_blocking(move || what(&server))
        .await
        .unwrap();
}

/// Both say so.
async fn is_ready(town: &Town, expected: StatusCode) {
    for service in &town.services {
        until("readiness to tell it", async || {
            let (status, told) = service.readiness().await;
            hold(status == expected, || told.to_string())
        })
        .await;
        assert_eq!(service.get("/healthz").await.0, StatusCode::OK, "it runs");
    }
}
