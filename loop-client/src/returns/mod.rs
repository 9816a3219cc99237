//! Returns: what Loop knows of them, and what a warehouse says to them.

mod actions;
mod fraud;
mod list;
mod lookup;
mod model;
mod state;

use futures_core::Stream;

pub use fraud::{FraudCategory, FraudReport};
pub use list::{ListPosition, ReturnsFilter, ReturnsPage, ReturnsQuery};
pub use lookup::{CurrencyType, ReturnLookup};
pub use model::{
    Address, CustomerDetail, Exchange, Label, LineItem, Outcome, Refund, Return, ReturnMethod,
};
pub use state::ReturnState;

use crate::call::Call;
use crate::client::Client;
use crate::decode::DecodeError;
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::request::ApiRequest;
use crate::{ReturnId, input};

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
    /// `GET /warehouse/return/details`. Scope: Returns. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-data/get-return-details>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when this key sees no such return, which Loop answers with status
    /// 200; and what [any call can fail with](crate::guide::errors#any-call).
    pub async fn get(&self, id: ReturnId) -> Result<Return> {
        self.find(&ReturnLookup::id(id)).await
    }

    /// One return, by whichever of its names is at hand; as [`Returns::get`].
    ///
    /// What Loop answers for an order with several returns is not documented: after a lookup by
    /// order, look at the order and at [`Return::created_at`] before acting.
    ///
    /// `GET /warehouse/return/details`. Scope: Returns. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-data/get-return-details>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when this key sees no such return; [`ErrorKind::Unreadable`] when
    /// the answer is about another return or another Shopify order; [`ErrorKind::Input`], with
    /// nothing sent, for an order name that is blank or a Shopify id without a number; and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn find(&self, lookup: &ReturnLookup) -> Result<Return> {
        let request = lookup
            .request()
            .map_err(|what| input::refused(Call::ReturnDetails, None, what))?;
        let found: Return = self.client.fetch(&request).await?;
        let Some(place) = lookup.contradicted_by(&found) else {
            return Ok(found);
        };
        let kind = ErrorKind::Unreadable(DecodeError {
            place: place.to_owned(),
            expected: "expected the return that was asked for".to_owned(),
        });
        let (call, id) = (request.call, request.return_id);
        Err(Error::new(call, id, Some(200), Effect::Unknown, kind))
    }

    /// Every return that matches, page after page, as a stream of rows.
    ///
    /// `GET /warehouse/return/list`, once per page, per state and per 120 days. Scope: Returns.
    /// Safe to repeat. A return is yielded once, however often Loop lists it. A row that cannot be
    /// read is yielded as an error and does not end the stream; any other error does. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-data/detailed-returns-list>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`], with nothing sent, for a window that ends before it begins or a query
    /// without states; [`ErrorKind::Paging`], and what
    /// [any call can fail with](crate::guide::errors#any-call).
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use futures_util::TryStreamExt as _;
    /// use loop_client::{ReturnsQuery, Timestamp};
    ///
    /// # async fn example(client: loop_client::Client) -> loop_client::Result<()> {
    /// let now = Timestamp::now();
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
    /// `GET /warehouse/return/list`. Scope: Returns. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/api-reference/pagination>.
    ///
    /// # Errors
    /// As [`Returns::list`]; [`ErrorKind::Input`] also for a position of another query.
    pub async fn page(
        &self,
        query: &ReturnsQuery,
        position: Option<&ListPosition>,
    ) -> Result<ReturnsPage> {
        list::page(self.client, query, position).await
    }

    /// The pages of [`Returns::list`], from `position` on or from the beginning, as a stream. Each
    /// says in [`ReturnsPage::next`] where another process would go on, so a walk can be stored
    /// after every page.
    ///
    /// `GET /warehouse/return/list`. Scope: Returns. Safe to repeat. A return is in one page only,
    /// however often Loop lists it to this stream. A page may be empty without being the last; one
    /// that cannot be had is an error and ends the stream. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-data/detailed-returns-list>.
    ///
    /// # Errors
    /// As [`Returns::page`].
    pub fn pages(
        &self,
        query: ReturnsQuery,
        position: Option<ListPosition>,
    ) -> impl Stream<Item = Result<ReturnsPage>> + Send + use<> {
        list::pages(self.client.clone(), query, position)
    }

    /// Tells Loop to carry out what the shopper is owed: refund, exchange, store credit. **It
    /// moves money and cannot be undone.**
    ///
    /// `POST /warehouse/return/{id}/process`. Scope: Returns. `Ok` means queued, not done: done
    /// shows as the state `closed`, failure as the webhook `return.processing.failed`. **Never
    /// repeat it** unless [`Error::effect`] proves that the first call had none; what a second call
    /// does while the first is queued is not documented. The client itself repeats it only when not
    /// one byte was sent, or after a 429. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/process-return.md>.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] when the state of the return does not allow it, with
    /// [`Effect::NotApplied`] when Loop documents the refusal. With [`Effect::Unknown`] only
    /// the state of the return can tell what happened. [`ErrorKind::NotFound`] when this key sees
    /// no such return, and what [any call can fail with](crate::guide::errors#any-call).
    pub async fn process(&self, id: ReturnId) -> Result<()> {
        self.client.act(&ApiRequest::on(Call::Process, id)).await
    }

    /// Holds the return for review by the merchant. It takes no reason: write a note first.
    ///
    /// `POST /warehouse/return/{id}/flag`. Scope: Returns. Moves no money. Not repeated by the
    /// client once it may have arrived: look at the return, and repeat it if it is not flagged. A
    /// second flag may be refused. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/flag-return.md>.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] when the state of the return does not allow it,
    /// [`ErrorKind::NotFound`] when this key sees no such return, and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn flag(&self, id: ReturnId) -> Result<()> {
        self.client.act(&ApiRequest::on(Call::Flag, id)).await
    }
}
