use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::Stream;
use loop_client::{
    ApiVersion, AsnRow, Assessment, Client, Error, Grade, ListPosition, Return, ReturnId,
    ReturnsPage, ReturnsQuery, Timestamp,
};

/// The rows of an ASN report, as they arrive.
pub type AsnStream = Pin<Box<dyn Stream<Item = Result<AsnRow, Error>> + Send>>;

/// Loop, for one merchant. [`Client`] is one.
///
/// The errors' [`loop_client::Error::effect`] decides over money: an implementation must not
/// claim that a process call had no effect unless that is certain.
#[async_trait]
pub trait LoopApi: Send + Sync + fmt::Debug {
    /// The return as it is now.
    async fn get_return(&self, id: ReturnId) -> Result<Return, Error>;

    /// A page of the returns list.
    async fn returns_page(
        &self,
        query: &ReturnsQuery,
        position: Option<&ListPosition>,
    ) -> Result<ReturnsPage, Error>;

    /// The ASN report.
    fn asn(&self, from: Timestamp, to: Timestamp) -> AsnStream;

    /// Processes the return. Moves money. With [`crate::Policy::process_attempt_id`] the call
    /// carries the attempt's id for the return's timeline.
    async fn process(&self, id: ReturnId, attempt: Option<&str>) -> Result<(), Error>;

    /// Holds the return for review.
    async fn flag(&self, id: ReturnId) -> Result<(), Error>;

    /// The texts of the return's notes.
    async fn notes(&self, id: ReturnId) -> Result<Vec<String>, Error>;

    /// Adds a note.
    async fn add_note(&self, id: ReturnId, text: &str) -> Result<(), Error>;

    /// In which form grades are sent.
    fn version(&self) -> ApiVersion;

    /// Says in which condition units are. Only asked for with
    /// [`crate::InspectionPolicy::grades`].
    async fn grade(&self, items: &[Grade]) -> Result<(), Error>;

    /// Says what becomes of units. Only asked for with
    /// [`crate::InspectionPolicy::dispositions`].
    async fn assess(&self, items: &[Assessment]) -> Result<(), Error>;
}

#[async_trait]
impl<T: LoopApi + ?Sized> LoopApi for Arc<T> {
    async fn get_return(&self, id: ReturnId) -> Result<Return, Error> {
        (**self).get_return(id).await
    }

    async fn returns_page(
        &self,
        query: &ReturnsQuery,
        position: Option<&ListPosition>,
    ) -> Result<ReturnsPage, Error> {
        (**self).returns_page(query, position).await
    }

    fn asn(&self, from: Timestamp, to: Timestamp) -> AsnStream {
        (**self).asn(from, to)
    }

    async fn process(&self, id: ReturnId, attempt: Option<&str>) -> Result<(), Error> {
        (**self).process(id, attempt).await
    }

    async fn flag(&self, id: ReturnId) -> Result<(), Error> {
        (**self).flag(id).await
    }

    async fn notes(&self, id: ReturnId) -> Result<Vec<String>, Error> {
        (**self).notes(id).await
    }

    async fn add_note(&self, id: ReturnId, text: &str) -> Result<(), Error> {
        (**self).add_note(id, text).await
    }

    fn version(&self) -> ApiVersion {
        (**self).version()
    }

    async fn grade(&self, items: &[Grade]) -> Result<(), Error> {
        (**self).grade(items).await
    }

    async fn assess(&self, items: &[Assessment]) -> Result<(), Error> {
        (**self).assess(items).await
    }
}

#[async_trait]
impl LoopApi for Client {
    async fn get_return(&self, id: ReturnId) -> Result<Return, Error> {
        self.returns().get(id).await
    }

    async fn returns_page(
        &self,
        query: &ReturnsQuery,
        position: Option<&ListPosition>,
    ) -> Result<ReturnsPage, Error> {
        self.returns().page(query, position).await
    }

    fn asn(&self, from: Timestamp, to: Timestamp) -> AsnStream {
        Box::pin(self.reports().asn(from, to))
    }

    async fn process(&self, id: ReturnId, attempt: Option<&str>) -> Result<(), Error> {
        match attempt {
            None => self.returns().process(id).await,
            Some(attempt) => {
                let details = [("attempt".to_owned(), attempt.into())];
                let details = details.into_iter().collect();
                self.returns().process_with(id, &details).await
            }
        }
    }

    async fn flag(&self, id: ReturnId) -> Result<(), Error> {
        self.returns().flag(id).await
    }

    async fn notes(&self, id: ReturnId) -> Result<Vec<String>, Error> {
        Ok(self
            .notes(id)
            .list()
            .await?
            .into_iter()
            .map(|note| note.content)
            .collect())
    }

    async fn add_note(&self, id: ReturnId, text: &str) -> Result<(), Error> {
        self.notes(id).create(text).await
    }

    fn version(&self) -> ApiVersion {
        Client::version(self).clone()
    }

    async fn grade(&self, items: &[Grade]) -> Result<(), Error> {
        self.grading().grade(items).await.map(drop)
    }

    async fn assess(&self, items: &[Assessment]) -> Result<(), Error> {
        self.grading().assess(items).await.map(drop)
    }
}
