//! Without a configuration, an account or anything else. Only the port is given, because the usual
//! one may be taken.

use reqwest::StatusCode;

use crate::canaries;
use crate::patience::{hold, until};
use crate::service::{Service, command};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_configuration_it_shows_what_it_is_like() {
    let mut service =
        Service::start(&mut command(&["--listen".as_ref(), "127.0.0.1:0".as_ref()])).await;
    assert_eq!(service.get("/healthz").await.0, StatusCode::OK);
    until("the page to show something", async || {
        let (status, page) = service.get("/").await;
        assert_eq!(status, StatusCode::OK);
        let shows = page.contains("acme") && page.contains("admin.loopreturns.com/returns/");
        hold(shows, || page)
    })
    .await;
    assert_eq!(service.readiness().await.0, StatusCode::OK);
    service.process.terminate();
    let status = service.process.ended().await;
    assert_eq!(status.code(), Some(0), "{status}");
    for line in service.process.out().iter().chain(&service.process.err()) {
        assert_eq!(canaries::found_in(line), None, "{line}");
    }
}
