//! An OMS behind HTTP.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::answer::Answer;
use super::builder::HttpOmsBuilder;
use super::notice;
use super::operation::Operation;
use super::words::{Cancellation, Cancelled, Creation, CreationWord, OpenRmas};
use crate::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, MerchantId,
    Oms, OmsError, OmsEvent, Rma, RmaKey, RmaNumber, RmaSnapshot, Warehouse, WarehouseWork,
};

/// No honest answer is larger, in bytes.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;
/// How much of a text from outside is kept, in characters.
const LONGEST_TEXT: usize = 200;

/// An [`Oms`] behind any service that keeps the contract of [`OPENAPI`](crate::OPENAPI), in
/// whatever language it is written.
///
/// Clones share their connections. Calls need a Tokio runtime. TLS is a feature: `rustls`,
/// `rustls-no-provider` or `native-tls`; without one of them, or another crate's, an `https`
/// address cannot be reached.
///
/// It repeats nothing and follows no redirect. Of its failures:
///
/// | What happened | Reading | Writing |
/// | --- | --- | --- |
/// | no connection could be made | transient | transient |
/// | time-out or broken connection afterwards | transient | **ambiguous** |
/// | a failure of the contract | its class | its class |
/// | 401, 403 or 429 without a body of the contract | auth, auth, transient | the same |
/// | 408 or 5xx without a body of the contract | transient | **ambiguous** |
/// | anything else, a bare 404 included | malformed | malformed |
///
/// It is also the [`Warehouse`] behind that service, if there is one and the key is allowed to.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use ams_oms_client::{HttpOms, MerchantId, Oms, RmaKey};
///
/// let oms = HttpOms::builder("https://oms.example.com", "the-key").build()?;
/// let oms = oms.learn_capabilities().await?;
/// let key = RmaKey::new(MerchantId::new("acme")?, "99904598".parse()?);
/// let snapshot = oms.get_rma(&key).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpOms {
    pub(super) client: reqwest::Client,
    pub(super) root: Url,
    pub(super) key: SecretString,
    pub(super) authorization: HeaderValue,
    pub(super) notice_secrets: Vec<SecretString>,
    pub(super) capabilities: Capabilities,
}

impl HttpOms {
    /// For the service at this address, with the bearer key that it gave out. The paths of the
    /// contract, which begin with `/v1`, are appended to the address.
    pub fn builder(base_url: impl Into<String>, key: impl Into<String>) -> HttpOmsBuilder {
        HttpOmsBuilder::new(base_url.into(), key.into())
    }

    /// Asks the service what it can do, once; [`capabilities`](Oms::capabilities) tells it from
    /// then on. Safe to repeat.
    ///
    /// # Errors
    /// As any read.
    pub async fn learn_capabilities(mut self) -> Result<Self, OmsError> {
        let path = ["v1", "capabilities"];
        let capabilities = self.read(Operation::Capabilities, self.url(&path)).await?;
        self.set_capabilities(capabilities);
        Ok(self)
    }

    pub(super) fn set_capabilities(&mut self, capabilities: Capabilities) {
        self.capabilities = capabilities;
        self.capabilities.events = !self.notice_secrets.is_empty();
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.root.clone();
        // Only an address that cannot have a path refuses, and building refuses that.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url
    }

    fn merchant_url(&self, merchant: &MerchantId, list: &str) -> Url {
        self.url(&["v1", "merchants", merchant.as_str(), list])
    }

    fn rma_url(&self, key: &RmaKey, part: Option<&str>) -> Url {
        let mut url = self.merchant_url(&key.merchant, "rmas");
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(&key.rma_number.to_string()).extend(part);
        }
        url
    }

    async fn read<T: DeserializeOwned>(
        &self,
        operation: Operation,
        url: Url,
    ) -> Result<T, OmsError> {
        let request = self.client.request(Method::GET, url);
        let answer = self.exchange(operation, request).await?;
        answer.read(operation, &[200], |text| self.clean(text))
    }

    async fn write(
        &self,
        operation: Operation,
        method: Method,
        url: Url,
        body: &impl Serialize,
    ) -> Result<Answer, OmsError> {
        // What cannot be written down is not sent.
        let body = serde_json::to_vec(body)
            .map_err(|error| OmsError::transient("the request has no JSON").with_source(error))?;
        let request = self
            .client
            .request(method, url)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        self.exchange(operation, request).await
    }

    /// Sends one request and takes in the whole answer, or tells what the lack of one means.
    async fn exchange(
        &self,
        operation: Operation,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, OmsError> {
        let request = request.header(AUTHORIZATION, self.authorization.clone());
        let mut response = request
            .send()
            .await
            .map_err(|error| unanswered(operation, error))?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        let mut body = Vec::new();
        while let Some(piece) = response
            .chunk()
            .await
            .map_err(|error| unanswered(operation, error))?
        {
            if body.len() + piece.len() > LARGEST_ANSWER {
                return Err(OmsError::malformed("the answer is too large"));
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    }

    /// Bounded, in one line, and without the key, should the service echo it.
    fn clean(&self, text: &str) -> String {
        text.replace(self.key.expose_secret(), "[removed]")
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(LONGEST_TEXT)
            .collect()
    }

    async fn snapshot_after(
        &self,
        operation: Operation,
        method: Method,
        url: Url,
        body: &impl Serialize,
        key: &RmaKey,
    ) -> Result<RmaSnapshot, OmsError> {
        let answer = self.write(operation, method, url, body).await?;
        let snapshot = answer.read(operation, &[200], |text| self.clean(text))?;
        about(key, snapshot)
    }
}

#[async_trait]
impl Oms for HttpOms {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        rma.validate()?;
        let key = rma.key();
        let url = self.rma_url(&key, None);
        let answer = self.write(Operation::Create, Method::PUT, url, rma).await?;
        let read = answer.read(Operation::Create, &[200, 201], |text| self.clean(text));
        let Creation { outcome, rma } = match read {
            Err(OmsError::Conflict { existing }) => {
                return Err(OmsError::conflict(about(&key, *existing)?));
            }
            read => read?,
        };
        let rma = about(&key, rma)?;
        // "Created" says that nothing can have come for it yet, so it is said twice.
        match (answer.status, outcome) {
            (201, CreationWord::Created) => Ok(CreateOutcome::Created(rma)),
            (200, CreationWord::AlreadyExists) => Ok(CreateOutcome::AlreadyExists(rma)),
            _ => Err(OmsError::malformed(
                "status and body disagree on whether the RMA is new",
            )),
        }
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        match self.read(Operation::Get, self.rma_url(key, None)).await {
            Ok(snapshot) => about(key, snapshot).map(Some),
            Err(OmsError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        rma.validate()?;
        let key = rma.key();
        let url = self.rma_url(&key, Some("lines"));
        self.snapshot_after(Operation::Amend, Method::PUT, url, rma, &key)
            .await
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        let url = self.rma_url(key, Some("cancel"));
        let body = Cancellation {
            reason: reason.into(),
        };
        let answer = self
            .write(Operation::Cancel, Method::POST, url, &body)
            .await?;
        let told: Cancelled = answer.read(Operation::Cancel, &[200], |text| self.clean(text))?;
        Ok(told.outcome.into())
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let mut url = self.merchant_url(merchant, "changes");
        url.query_pairs_mut()
            .append_pair("limit", &limit.to_string())
            .extend_pairs(cursor.map(|cursor| ("cursor", cursor.as_str())));
        self.read(Operation::Changes, url).await
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        let mut url = self.merchant_url(merchant, "open");
        url.query_pairs_mut()
            .append_pair("limit", &limit.to_string())
            .extend_pairs(after.map(|number| ("after", number.to_string())));
        let OpenRmas { rma_numbers } = self.read(Operation::ListOpen, url).await?;
        Ok(rma_numbers)
    }

    fn decode_event(&self, event: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        if self.notice_secrets.is_empty() {
            return Err(OmsError::unsupported("decode_event"));
        }
        notice::read(
            self.notice_secrets.iter().map(SecretString::expose_secret),
            event,
        )
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }
}

#[async_trait]
impl Warehouse for HttpOms {
    async fn apply(&self, key: &RmaKey, work: WarehouseWork) -> Result<RmaSnapshot, OmsError> {
        let url = self.rma_url(key, Some("work"));
        self.snapshot_after(Operation::Work, Method::POST, url, &work, key)
            .await
    }
}

/// A snapshot of another RMA would decide about the wrong customer's money.
fn about(key: &RmaKey, snapshot: RmaSnapshot) -> Result<RmaSnapshot, OmsError> {
    if snapshot.key == *key {
        Ok(snapshot)
    } else {
        Err(OmsError::malformed("the answer is about another RMA"))
    }
}

/// No answer, or only a part of one.
fn unanswered(operation: Operation, error: reqwest::Error) -> OmsError {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        return OmsError::transient("no connection could be made").with_source(error);
    }
    let detail = if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection broke"
    };
    if operation.is_write() {
        OmsError::ambiguous(detail).with_source(error)
    } else {
        OmsError::transient(detail).with_source(error)
    }
}

/// Keys and secrets do not show.
impl fmt::Debug for HttpOms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOms")
            .field("root", &self.root.as_str())
            .field("capabilities", &self.capabilities)
            .finish_non_exhaustive()
    }
}
