//! Returns: what Loop knows of them, and the two messages a warehouse sends back.

mod list;
mod model;
mod state;

use futures_core::Stream;

pub use list::{ListPosition, ReturnsFilter, ReturnsPage, ReturnsQuery};
pub use model::{
    Address, CustomerDetail, Exchange, Label, LineItem, Outcome, Refund, Return, ReturnMethod,
};
pub use state::ReturnState;

use crate::ReturnId;
use crate::call::Call;
use crate::client::Client;
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::request::ApiRequest;

/// Calls about returns; see [`Client::returns`]. Scope: Returns.
#[derive(Debug)]
pub struct Returns<'a> {
    client: &'a Client,
}

impl<'a> Returns<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// One return, as it is now.
    ///
    /// `GET /warehouse/return/details`. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-data/get-return-details>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when this key sees no such return, which Loop answers with status
    /// 200; and what any read can fail with.
    pub async fn get(&self, id: ReturnId) -> Result<Return> {
        let found: Return = self.client.fetch(&details(id)).await?;
        if found.id == id {
            return Ok(found);
        }
        // Deciding over money with the lines of another return must be impossible.
        let request = details(id);
        let kind = ErrorKind::Unreadable(crate::DecodeError {
            place: "id".to_owned(),
            expected: "expected the return that was asked for".to_owned(),
        });
        Err(Error::new(
            request.call,
            request.return_id,
            Some(200),
            Effect::Unknown,
            kind,
        ))
    }

    /// Every return that matches, page after page, as a stream of rows.
    ///
    /// `GET /warehouse/return/list`, once per page, per state and per 120 days. Safe to repeat.
    /// A return is yielded once, however often Loop lists it. A row that cannot be read is
    /// yielded as an error and does not end the stream; any other error does. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-data/detailed-returns-list>.
    ///
    /// ```no_run
    /// use std::time::{Duration, SystemTime};
    /// use futures_util::TryStreamExt as _;
    /// use loop_client::{ReturnsQuery, Timestamp};
    ///
    /// # async fn example(client: loop_client::Client) -> loop_client::Result<()> {
    /// let now = Timestamp::from(SystemTime::now());
    /// let last_week = ReturnsQuery::updated(now.minus(Duration::from_secs(7 * 86_400)), now);
    /// let mut returns = std::pin::pin!(client.returns().list(last_week));
    /// while let Some(ret) = returns.try_next().await? {
    ///     println!("{} {:?}", ret.id, ret.state);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self, query: ReturnsQuery) -> impl Stream<Item = Result<Return>> + Send + use<> {
        list::stream(self.client.clone(), query)
    }

    /// One page of [`Returns::list`], for whoever must store how far they came: `position` is
    /// `None` at first and [`ReturnsPage::next`] from then on, also in another process.
    ///
    /// # Errors
    /// What any read can fail with, and [`ErrorKind::Paging`].
    pub async fn page(
        &self,
        query: &ReturnsQuery,
        position: Option<&ListPosition>,
    ) -> Result<ReturnsPage> {
        list::page(self.client, query, position).await
    }

    /// Tells Loop to carry out what the shopper is owed: refund, exchange, store credit. **It
    /// moves money and cannot be undone.**
    ///
    /// `POST /warehouse/return/{id}/process`. `Ok` means queued, not done: done shows as the
    /// state `closed`, failure as the webhook `return.processing.failed`. **Never repeat it**
    /// unless [`Error::effect`] proves that the first call had none; what a second call does
    /// while the first is queued is not documented. The client itself repeats it only when not
    /// one byte was sent, or after a 429. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/process-return.md>.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] when the state of the return does not allow it, with
    /// [`Effect::NotApplied`] when Loop documents the refusal. With [`Effect::Unknown`] only
    /// the state of the return can tell what happened.
    pub async fn process(&self, id: ReturnId) -> Result<()> {
        self.client.act(&ApiRequest::on(Call::Process, id)).await
    }

    /// Holds the return for review by the merchant. It takes no reason: write a note first.
    ///
    /// `POST /warehouse/return/{id}/flag`. Moves no money. A second flag may be refused. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/flag-return.md>.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] when the state of the return does not allow it.
    pub async fn flag(&self, id: ReturnId) -> Result<()> {
        self.client.act(&ApiRequest::on(Call::Flag, id)).await
    }
}

fn details(id: ReturnId) -> ApiRequest {
    ApiRequest::new(Call::ReturnDetails)
        .about(id)
        .query("return_id", &id)
}
