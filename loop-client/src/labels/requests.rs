//! Calls about label requests, and the walk through all of them.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use futures_core::Stream;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::{LabelError, LabelErrorReason, LabelRequest, LabelRequestStatus};
use crate::call::Call;
use crate::client::{Client, explain};
use crate::decode::{self, DecodeError};
use crate::error::{Effect, Error, ErrorKind, PagingFault, Result};
use crate::request::ApiRequest;
use crate::{LabelRequestId, ReturnId, Timestamp, input};

/// The most requests that Loop gives at once.
const LARGEST_PAGE: u32 = 250;

/// Which label requests to list; all of them by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct LabelRequestsQuery {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    return_id: Option<ReturnId>,
    status: Option<LabelRequestStatus>,
    limit: Option<u32>,
    offset: u64,
}

impl LabelRequestsQuery {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Issued at this time or later.
    pub fn from(mut self, from: Timestamp) -> Self {
        self.from = Some(from);
        self
    }

    /// Issued before this time.
    pub fn to(mut self, to: Timestamp) -> Self {
        self.to = Some(to);
        self
    }

    /// Only those of one return.
    pub fn return_id(mut self, id: ReturnId) -> Self {
        self.return_id = Some(id);
        self
    }

    /// Only those that have come this far.
    pub fn status(mut self, status: LabelRequestStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// The most requests in a page, 0 to 250; Loop gives 50 when it is not said.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// How many requests to leave out from the start.
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    fn request(&self) -> Result<ApiRequest> {
        self.check()
            .map_err(|what| input::refused(Call::ListLabelRequests, None, what))?;
        let mut request = ApiRequest::new(Call::ListLabelRequests);
        if let Some(from) = &self.from {
            request = request.query("from", &from.in_millis());
        }
        if let Some(to) = &self.to {
            request = request.query("to", &to.in_millis());
        }
        if let Some(id) = &self.return_id {
            request = request.query("return_id", id);
        }
        if let Some(status) = &self.status {
            request = request.query("status", status);
        }
        if let Some(limit) = &self.limit {
            request = request.query("limit", limit);
        }
        if self.offset > 0 {
            request = request.query("offset", &self.offset);
        }
        Ok(request)
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.limit.is_some_and(|limit| limit > LARGEST_PAGE) {
            return Err("a page has at most 250 label requests");
        }
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => Err("the range ends before it begins"),
            _ => Ok(()),
        }
    }
}

/// Calls about label requests; see [`Client::label_requests`]. Scope: Label Requests (Read), and
/// Label Requests (Write) for [`LabelRequests::report_error`]. They are for label providers and a
/// beta feature.
#[derive(Debug)]
pub struct LabelRequests<'a> {
    client: &'a Client,
}

impl<'a> LabelRequests<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// One page of requests. One that cannot be read fails the page; [`LabelRequests::stream`]
    /// goes on after it.
    ///
    /// `GET /label-requests`. Scope: Label Requests (Read). Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/integration-guides/labels-integration>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`], with nothing sent, for a limit above 250 or a range that ends before
    /// it begins; and what [any call can fail with](crate::guide::errors#any-call).
    pub async fn list(&self, query: &LabelRequestsQuery) -> Result<Vec<LabelRequest>> {
        let request = query.request()?;
        let rows = self.client.fetch_with(&request, read).await?;
        rows.into_iter()
            .map(|row| row.map_err(|(error, _)| unreadable(&request, error)))
            .collect()
    }

    /// Every request that matches, page after page from the query's offset on; each once. The
    /// query's limit is the size of a page, 250 when it is not said.
    ///
    /// Loop counts offsets anew for each page. A request that leaves the selection while it is
    /// walked, such as one among the `issued` that is fulfilled, moves the rest up, and one that
    /// was not yet seen can be missed: collect first and act then, and walk again.
    ///
    /// `GET /label-requests`, once per page. Scope: Label Requests (Read). Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/labels-api.yaml>.
    ///
    /// # Errors
    /// A request that cannot be read is an error in its place and does not end the stream; any
    /// other error does: [`ErrorKind::Paging`], and those of [`LabelRequests::list`].
    pub fn stream(
        &self,
        query: LabelRequestsQuery,
    ) -> impl Stream<Item = Result<LabelRequest>> + Send + use<> {
        let walk = Walk {
            client: self.client.clone(),
            query,
            ready: VecDeque::new(),
            seen: HashSet::new(),
            unread: HashSet::new(),
            done: false,
        };
        futures_util::stream::unfold(walk, |mut walk| async move {
            loop {
                if let Some(row) = walk.ready.pop_front() {
                    return Some((row, walk));
                }
                if walk.done {
                    return None;
                }
                if let Err(error) = walk.advance().await {
                    walk.done = true;
                    walk.ready.push_back(Err(error));
                }
            }
        })
    }

    /// One request, as it is now.
    ///
    /// `GET /label-requests/{id}`. Scope: Label Requests (Read). Safe to repeat. Rests on the
    /// specification at <https://docs.loopreturns.com/openapi/labels-api.yaml>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such request, and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn get(&self, id: &LabelRequestId) -> Result<LabelRequest> {
        self.client
            .fetch(&ApiRequest::with_ids(Call::GetLabelRequest, &[id]))
            .await
    }

    /// Says why no label can be made. The request stays `issued`.
    ///
    /// `POST /label-requests/{id}/errors`. Scope: Label Requests (Write); an older page says Labels
    /// (Write). Not safe to repeat: a repeat adds a second error. Rests on
    /// <https://docs.loopreturns.com/integration-guides/labels-integration>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such request, [`ErrorKind::Invalid`] when Loop
    /// does not take the reason.
    pub async fn report_error(
        &self,
        id: &LabelRequestId,
        reason: &LabelErrorReason,
        message: Option<&str>,
    ) -> Result<LabelError> {
        let body = match message {
            Some(message) => json!({ "reason": reason, "message": message }),
            None => json!({ "reason": reason }),
        };
        self.client
            .fetch(&ApiRequest::with_ids(Call::ReportLabelError, &[id]).json(&body))
            .await
    }
}

/// A row, or what is wrong with it and a hash to know it by.
type Row = Result<LabelRequest, (DecodeError, u64)>;

/// One row that cannot be read must not take the page with it.
fn read(body: &[u8]) -> Result<Vec<Row>, DecodeError> {
    #[derive(Deserialize)]
    struct Page {
        data: Vec<Box<RawValue>>,
    }
    let page: Page = decode::object(body)?;
    let rows = page.data.iter();
    Ok(rows
        .map(|row| {
            let hash = || BuildHasherDefault::<DefaultHasher>::default().hash_one(row.get());
            decode::object(row.get().as_bytes()).map_err(|error| (error, hash()))
        })
        .collect())
}

fn unreadable(request: &ApiRequest, error: DecodeError) -> Error {
    let kind = ErrorKind::Unreadable(error);
    explain(request, Some(200), (Effect::Unknown, kind))
}

struct Walk {
    client: Client,
    query: LabelRequestsQuery,
    ready: VecDeque<Result<LabelRequest>>,
    seen: HashSet<LabelRequestId>,
    /// What the rows that cannot be read look like, for want of an id.
    unread: HashSet<u64>,
    done: bool,
}

impl Walk {
    /// Reads the next page.
    async fn advance(&mut self) -> Result<()> {
        let size = self.query.limit.unwrap_or(LARGEST_PAGE).max(1);
        self.query.limit = Some(size);
        let request = self.query.request()?;
        let rows = self.client.fetch_with(&request, read).await?;
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let mut anything_new = false;
        for row in rows {
            let is_new = match &row {
                Ok(row) => self.seen.insert(row.id.clone()),
                Err((_, hash)) => self.unread.insert(*hash),
            };
            anything_new |= is_new;
            if is_new || row.is_err() {
                self.ready
                    .push_back(row.map_err(|(error, _)| unreadable(&request, error)));
            }
        }
        self.query.offset = self.query.offset.saturating_add(count);
        self.done = count < u64::from(size);
        // A server that does not heed the offset would be asked for ever.
        if !self.done && !anything_new {
            let kind = ErrorKind::Paging(PagingFault::Loop);
            return Err(explain(&request, Some(200), (Effect::Unknown, kind)));
        }
        Ok(())
    }
}
