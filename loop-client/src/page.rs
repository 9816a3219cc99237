//! Lists that Loop pages by number, in the form of its framework, Laravel. Links are read but
//! never followed.

use std::collections::VecDeque;

use futures_core::Stream;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use url::Url;

use crate::ReturnId;
use crate::client::{Client, explain};
use crate::config::Endpoint;
use crate::decode::{self, DecodeError};
use crate::error::{Effect, Error, ErrorKind, PagingFault, Result};
use crate::request::ApiRequest;
use crate::value::scalar::lenient;

/// One page of a list that Loop pages by number.
///
/// What is added to or taken from the list during a walk shifts the rest of it, so that a row can
/// come twice or be missed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows; one that cannot be read is an error in its place.
    pub rows: Vec<Result<T>>,
    /// Number of the next page; `None` at the end. A page may be empty without being the last.
    pub next: Option<u64>,
    /// Rows of all pages together, when Loop says.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// For test doubles.
    #[must_use]
    pub fn new(rows: Vec<Result<T>>, next: Option<u64>, total: Option<u64>) -> Self {
        Self { rows, next, total }
    }
}

/// Page `number`, counted from 1, of what `request` asks for.
pub(crate) async fn page<T: DeserializeOwned>(
    client: &Client,
    request: ApiRequest,
    number: u64,
) -> Result<Page<T>> {
    if number == 0 {
        let kind = ErrorKind::Input("pages are counted from 1");
        return Err(explain(&request, None, (Effect::NotSent, kind)));
    }
    let request = request.query("page", &number);
    let answer = client.fetch_with(&request, read).await?;
    let next = answer.next(number, client.endpoint()).map_err(|fault| {
        explain(
            &request,
            Some(200),
            (Effect::Unknown, ErrorKind::Paging(fault)),
        )
    })?;
    let rows = answer.rows.into_iter().map(|row| {
        row.map_err(|BadRow { return_id, error }| {
            let kind = ErrorKind::Unreadable(error);
            Error::new(request.call, return_id, Some(200), Effect::Unknown, kind)
        })
    });
    Ok(Page {
        rows: rows.collect(),
        next,
        total: answer.total,
    })
}

/// The rows of every page; a request that cannot be made is the only row.
pub(crate) fn stream<T: DeserializeOwned + Send>(
    client: &Client,
    request: Result<ApiRequest>,
) -> impl Stream<Item = Result<T>> + Send + use<T> {
    let (ahead, ready) = match request {
        Ok(request) => (Some((request, 1)), VecDeque::new()),
        Err(error) => (None, VecDeque::from([Err(error)])),
    };
    let walk = Walk {
        client: client.clone(),
        ahead,
        ready,
    };
    futures_util::stream::unfold(walk, |mut walk| async move {
        loop {
            if let Some(row) = walk.ready.pop_front() {
                return Some((row, walk));
            }
            let (request, number) = walk.ahead.take()?;
            match page(&walk.client, request.clone(), number).await {
                Ok(page) => {
                    walk.ready = page.rows.into();
                    walk.ahead = page.next.map(|next| (request, next));
                }
                Err(error) => walk.ready.push_back(Err(error)),
            }
        }
    })
}

struct Walk<T> {
    client: Client,
    /// What to ask for, and the page to ask for next.
    ahead: Option<(ApiRequest, u64)>,
    ready: VecDeque<Result<T>>,
}

struct Answer<T> {
    rows: Vec<std::result::Result<T, BadRow>>,
    current: Option<u64>,
    next_link: Option<String>,
    total: Option<u64>,
}

/// A row that cannot be read, and its return if at least that can be.
struct BadRow {
    return_id: Option<ReturnId>,
    error: DecodeError,
}

impl<T> Answer<T> {
    /// The page after this one. Loop's link chooses its own host and version and may drop the
    /// parameters, so it only tells whether there is a next page.
    fn next(&self, asked: u64, endpoint: &Endpoint) -> Result<Option<u64>, PagingFault> {
        if self.current.is_some_and(|current| current != asked) {
            return Err(PagingFault::Loop);
        }
        let Some(link) = &self.next_link else {
            return Ok(None);
        };
        let url = Url::parse(link).map_err(|_| PagingFault::ForeignLink)?;
        if !endpoint.is_same_origin(&url) {
            return Err(PagingFault::ForeignLink);
        }
        let linked = url
            .query_pairs()
            .find(|(key, _)| key == "page")
            .and_then(|(_, value)| value.parse::<u64>().ok());
        match linked {
            Some(linked) if linked <= asked => Err(PagingFault::Loop),
            // Nothing says which page this is: the same one might come for ever.
            None if self.current.is_none() => Err(PagingFault::NoCursor),
            _ => Ok(asked.checked_add(1)),
        }
    }
}

/// The documentation types some of the numbers as text.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    current_page: Option<i64>,
    #[serde(default)]
    next_page_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    total: Option<i64>,
}

fn read<T: DeserializeOwned>(body: &[u8]) -> std::result::Result<Answer<T>, DecodeError> {
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    // Serde would take a list for the envelope, field by field.
    if text.trim_start().starts_with('[') {
        return Err(malformed());
    }
    let page: Envelope<'_> = serde_json::from_str(text).map_err(|_| malformed())?;
    let count = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
    Ok(Answer {
        // One row that cannot be read must not take the page with it.
        rows: page.data.iter().map(|row| read_row(row)).collect(),
        current: count(page.current_page),
        next_link: page.next_page_url.filter(|link| !link.trim().is_empty()),
        total: count(page.total),
    })
}

fn read_row<T: DeserializeOwned>(row: &RawValue) -> std::result::Result<T, BadRow> {
    #[derive(Deserialize)]
    struct OnlyReturn {
        return_id: ReturnId,
    }
    let bytes = row.get().as_bytes();
    decode::object(bytes).map_err(|error| {
        let return_id = decode::object::<OnlyReturn>(bytes)
            .ok()
            .map(|row| row.return_id);
        BadRow { return_id, error }
    })
}

fn malformed() -> DecodeError {
    DecodeError {
        place: "the page".to_owned(),
        expected: "expected an object with the list `data`".to_owned(),
    }
}
