use std::sync::Arc;

use async_trait::async_trait;
use loop_client::{
    ApiVersion, Assessment, Error, Grade, ListPosition, Return, ReturnId, ReturnsPage,
    ReturnsQuery, Timestamp,
};

use super::{Log, WouldDo};
use crate::{AsnStream, LoopApi};

/// Loop, which is told nothing.
#[derive(Debug)]
pub(super) struct DryLoop {
    inner: Arc<dyn LoopApi>,
    log: Log,
}

impl DryLoop {
    pub(super) fn new(inner: Arc<dyn LoopApi>, log: Log) -> Self {
        Self { inner, log }
    }
}

#[async_trait]
impl LoopApi for DryLoop {
    async fn get_return(&self, id: ReturnId) -> Result<Return, Error> {
        self.inner.get_return(id).await
    }

    async fn returns_page(
        &self,
        query: &ReturnsQuery,
        position: Option<&ListPosition>,
    ) -> Result<ReturnsPage, Error> {
        self.inner.returns_page(query, position).await
    }

    fn asn(&self, from: Timestamp, to: Timestamp) -> AsnStream {
        self.inner.asn(from, to)
    }

    async fn process(&self, id: ReturnId, _attempt: Option<&str>) -> Result<(), Error> {
        self.log.note(WouldDo::Process(id));
        Ok(())
    }

    async fn flag(&self, id: ReturnId) -> Result<(), Error> {
        self.log.note(WouldDo::Flag(id));
        Ok(())
    }

    async fn notes(&self, id: ReturnId) -> Result<Vec<String>, Error> {
        self.inner.notes(id).await
    }

    async fn add_note(&self, id: ReturnId, text: &str) -> Result<(), Error> {
        self.log.note(WouldDo::Note(id, text.to_owned()));
        Ok(())
    }

    fn version(&self) -> ApiVersion {
        self.inner.version()
    }

    async fn grade(&self, items: &[Grade]) -> Result<(), Error> {
        self.log.note(WouldDo::Grade(items.len()));
        Ok(())
    }

    async fn assess(&self, items: &[Assessment]) -> Result<(), Error> {
        self.log.note(WouldDo::Assess(items.len()));
        Ok(())
    }
}
