//! Connections to the server, and how long they are waited for.

use std::time::Duration;

use deadpool_postgres::tokio_postgres::types::{ToSql, Type};
use deadpool_postgres::tokio_postgres::{Error, Row};
use deadpool_postgres::{Client, Object, Pool, PoolError};
use tokio::time::{Instant, timeout_at};

use super::{LedgerError, schema};

/// How long a call may take in all: to get a connection, to send, and to be answered. A server
/// that hangs must not hang a pass for ever.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// A parameter of a statement, with its type. The types are named so that a statement takes one
/// round trip and leaves nothing behind on the connection, which a proxy may share.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

#[derive(Clone)]
pub(super) struct Server(Pool);

impl Server {
    pub(super) fn new(pool: Pool) -> Self {
        Self(pool)
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.0.status().size
    }

    /// Brings the schema up to date.
    pub(super) async fn prepare(&self) -> Result<(), LedgerError> {
        const WHAT: &str = "setting up";
        let deadline = Instant::now() + LIMIT;
        let mut client = self.client(WHAT, deadline).await?;
        match timeout_at(deadline, schema::prepare(&mut client)).await {
            Ok(result) => result,
            Err(late) => Err(self.give_up(client, WHAT, late)),
        }
    }

    /// Runs one statement, in a transaction of its own. `Ok` means committed.
    pub(super) async fn query(
        &self,
        what: &'static str,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, LedgerError> {
        let answer = self.answer(what, sql, parameters).await?;
        answer.map_err(failed(what))
    }

    /// Like [`Server::query`], for whom it matters what the server objects to.
    pub(super) async fn answer(
        &self,
        what: &'static str,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Result<Vec<Row>, Error>, LedgerError> {
        let deadline = Instant::now() + LIMIT;
        let client = self.client(what, deadline).await?;
        match timeout_at(deadline, client.query_typed(sql, parameters)).await {
            Ok(answer) => Ok(answer),
            Err(late) => Err(self.give_up(client, what, late)),
        }
    }

    async fn client(&self, what: &'static str, deadline: Instant) -> Result<Client, LedgerError> {
        match timeout_at(deadline, self.0.get()).await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(PoolError::Backend(error))) => Err(failed(what)(error)),
            Ok(Err(error)) => Err(unavailable(what, error)),
            Err(late) => Err(unavailable(what, late)),
        }
    }

    /// Closes a connection that does not answer, and those that nobody uses: they most likely
    /// lead to the same silence.
    fn give_up(
        &self,
        client: Client,
        what: &'static str,
        late: tokio::time::error::Elapsed,
    ) -> LedgerError {
        drop(Object::take(client));
        drop(self.0.retain(|_, _| false));
        unavailable(what, late)
    }
}

pub(super) fn failed(what: &'static str) -> impl FnOnce(Error) -> LedgerError {
    move |error| unavailable(what, error)
}

fn unavailable(
    what: &'static str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> LedgerError {
    LedgerError::Unavailable {
        what,
        source: Some(Box::new(error)),
    }
}
