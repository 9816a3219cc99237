//! Connections: not too many, none for ever, and none cut off by a stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;

use super::limits::{CONNECTIONS, HEAD, WRITING};
use crate::stop::Stop;

/// When no connection can be taken, as when file handles are used up, another try is made after
/// this.
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// Serves until the stop, and then until the requests that are under way are answered.
pub(crate) async fn serve(listener: TcpListener, router: Router, mut stop: Stop) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let next = tokio::select! {
            biased;
            () = stop.asked_for() => break,
            next = accept(&listener, &places) => next,
        };
        let (stream, place) = match next {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(TRY_AGAIN).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(router.clone());
        // hyper has a time limit for requests only.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITING));
        let stream = TokioIo::new(Box::pin(stream));
        let connection = builder.serve_connection(stream, service);
        let connection = graceful.watch(connection.into_owned());
        tokio::spawn(async move {
            // Whoever broke it off knows.
            connection.await.ok();
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = places
        .clone()
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}
