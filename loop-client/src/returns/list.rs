//! Walking the returns list: windows of at most 120 days, one pass per state, and cursor links
//! that are read but never followed.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use futures_core::Stream;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

use super::{Return, ReturnState};
use crate::call::Call;
use crate::client::{Client, explain};
use crate::config::Endpoint;
use crate::decode::{self, DecodeError};
use crate::error::{Effect, Error, ErrorKind, PagingFault, Result};
use crate::request::ApiRequest;
use crate::value::record::Record;
use crate::{ReturnId, Timestamp};

/// Loop refuses longer windows.
const LONGEST_WINDOW: Duration = Duration::from_secs(120 * 86_400);
/// Neighbouring windows share this much, because whether their ends belong to them is not
/// documented and cursors know only seconds.
const OVERLAP: Duration = Duration::from_secs(2);
/// The most rows Loop gives at once.
const LARGEST_PAGE: u32 = 750;

/// Which timestamp a window applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnsFilter {
    /// When the shopper submitted the return.
    CreatedAt,
    /// When the return last changed.
    UpdatedAt,
}

/// Which returns to list. Both ends of the window are always sent; windows over 120 days are
/// split; every state is asked for by name, because the list hides `review` and `cancelled`.
///
/// It can be stored beside a [`ListPosition`], for another process to go on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
pub struct ReturnsQuery {
    filter: ReturnsFilter,
    from: Timestamp,
    to: Timestamp,
    states: Vec<ReturnState>,
    page_size: u32,
}

impl ReturnsQuery {
    /// Submitted from `from` to `to`.
    pub fn created(from: Timestamp, to: Timestamp) -> Self {
        Self {
            filter: ReturnsFilter::CreatedAt,
            from,
            to,
            states: ReturnState::ALL.to_vec(),
            page_size: LARGEST_PAGE,
        }
    }

    /// Changed from `from` to `to`.
    pub fn updated(from: Timestamp, to: Timestamp) -> Self {
        Self {
            filter: ReturnsFilter::UpdatedAt,
            ..Self::created(from, to)
        }
    }

    /// Only these states; each costs a call of its own.
    pub fn states(mut self, states: impl IntoIterator<Item = ReturnState>) -> Self {
        self.states = states.into_iter().collect();
        self
    }

    /// Rows in a page, 1 to 750.
    pub fn page_size(mut self, rows: u32) -> Self {
        self.page_size = rows.clamp(1, LARGEST_PAGE);
        self
    }

    /// The window's ends.
    #[must_use]
    pub fn window(&self) -> (Timestamp, Timestamp) {
        (self.from, self.to)
    }

    /// Which timestamp the window applies to.
    #[must_use]
    pub fn filter(&self) -> ReturnsFilter {
        self.filter
    }

    fn check(&self) -> std::result::Result<(), &'static str> {
        if self.from > self.to {
            return Err("the window ends before it begins");
        }
        if self.states.is_empty() {
            return Err("no state to ask for");
        }
        Ok(())
    }

    /// The window of a position, at most 120 days long.
    fn window_from(&self, from: Timestamp) -> (Timestamp, Timestamp) {
        (from, from.plus(LONGEST_WINDOW).min(self.to))
    }
}

/// How far a walk through the list has come; it can be stored and taken up by another process,
/// with the same query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPosition {
    /// What is walked: with another query it would skip a part of it.
    query: ReturnsQuery,
    window_from: Timestamp,
    state: usize,
    cursor: Option<String>,
    /// Every cursor used in this pass: a cursor that comes again would walk in circles.
    seen: HashSet<String>,
}

impl ListPosition {
    fn start(query: &ReturnsQuery) -> Self {
        Self {
            query: query.clone(),
            window_from: query.from,
            state: 0,
            cursor: None,
            seen: HashSet::new(),
        }
    }
}

/// One page of returns.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReturnsPage {
    /// The rows; one that cannot be read is an error in its place. Between pages that were asked
    /// for one by one, or by two processes, a return can come twice. One that changes its state
    /// during the walk can be in none of them: it has changed, so an overlapping walk by
    /// [`ReturnsQuery::updated`] finds it.
    pub rows: Vec<Result<Return>>,
    /// Where to go on; `None` at the end. A page may be empty without being the last.
    pub next: Option<ListPosition>,
}

impl ReturnsPage {
    /// For test doubles.
    #[must_use]
    pub fn new(rows: Vec<Result<Return>>, next: Option<ListPosition>) -> Self {
        Self { rows, next }
    }
}

/// A cursor from outside is part of the next address; Loop's have some hundred bytes.
const LONGEST_CURSOR: usize = 4 << 10;

/// A page's answer: a bare array, or an object when `paginate=true` is honoured.
#[derive(Debug, PartialEq)]
struct Answer {
    rows: Vec<std::result::Result<Return, BadRow>>,
    next: Next,
}

impl Answer {
    fn new(
        rows: impl Iterator<Item = std::result::Result<Return, BadRow>>,
        next_page_url: Option<Option<String>>,
    ) -> Self {
        Self {
            rows: rows.collect(),
            next: match next_page_url {
                None => Next::Unsaid,
                Some(Some(link)) if !link.trim().is_empty() => Next::Link(link),
                Some(_) => Next::None,
            },
        }
    }
}

/// What an answer says of the page after it.
#[derive(Debug, PartialEq)]
enum Next {
    Link(String),
    None,
    /// Nothing, where a link or `null` belongs.
    Unsaid,
}

/// A row that cannot be read, and its id if at least that can be.
#[derive(Debug, PartialEq)]
struct BadRow {
    id: Option<ReturnId>,
    error: DecodeError,
}

fn read_row(row: &RawValue) -> std::result::Result<Return, BadRow> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: ReturnId,
    }
    let bytes = row.get().as_bytes();
    decode::object(bytes).map_err(|error| {
        let id = decode::object::<OnlyId>(bytes).ok().map(|row| row.id);
        BadRow { id, error }
    })
}

#[derive(Deserialize)]
struct Envelope<R> {
    returns: Vec<R>,
    #[serde(rename = "nextPageUrl", default, deserialize_with = "said")]
    next_page_url: Option<Option<String>>,
}

impl<'a, R: Deserialize<'a>> Envelope<R> {
    fn read(text: &'a str) -> serde_json::Result<Self> {
        if text.trim_start().starts_with('[') {
            return Ok(Self {
                returns: serde_json::from_str(text)?,
                next_page_url: None,
            });
        }
        serde_json::from_str(text)
    }
}

/// `null` says that there is no next page; an absent key says nothing.
fn said<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(d).map(Some)
}

fn read(body: &[u8]) -> std::result::Result<Answer, DecodeError> {
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    // Finding where each row ends is a pass of its own, which pages of good rows do without.
    match Envelope::<Record<Return>>::read(text) {
        Ok(page) => {
            let rows = page.returns.into_iter().map(|Record(ret)| Ok(ret));
            Ok(Answer::new(rows, page.next_page_url))
        }
        Err(_) => read_row_by_row(text),
    }
}

/// One row that cannot be read must not take the page with it.
fn read_row_by_row(text: &str) -> std::result::Result<Answer, DecodeError> {
    let page = Envelope::<&RawValue>::read(text).map_err(|_| malformed())?;
    let rows = page.returns.into_iter().map(read_row);
    Ok(Answer::new(rows, page.next_page_url))
}

fn malformed() -> DecodeError {
    DecodeError {
        place: "the page".to_owned(),
        expected: "expected a list of returns, or an object with `returns`".to_owned(),
    }
}

fn request(query: &ReturnsQuery, position: &ListPosition) -> Option<ApiRequest> {
    let state = query.states.get(position.state)?;
    let (from, to) = query.window_from(position.window_from);
    let filter = match query.filter {
        ReturnsFilter::CreatedAt => "created_at",
        ReturnsFilter::UpdatedAt => "updated_at",
    };
    let request = ApiRequest::new(Call::ListReturns)
        .query("from", &from.in_millis())
        .query("to", &to.in_millis())
        .query("filter", &filter)
        .query("state", state)
        .query("paginate", &true)
        .query("pageSize", &query.page_size.clamp(1, LARGEST_PAGE));
    Some(match &position.cursor {
        Some(cursor) => request.query("cursor", cursor),
        None => request,
    })
}

/// Only the cursor is taken from Loop's link. The link chooses its own host and version and
/// drops `state` and `from`, so following it would leave the window, or the origin.
fn cursor_of(link: &str, endpoint: &Endpoint) -> std::result::Result<String, PagingFault> {
    let url = Url::parse(link).map_err(|_| PagingFault::ForeignLink)?;
    if !endpoint.is_same_origin(&url) {
        return Err(PagingFault::ForeignLink);
    }
    url.query_pairs()
        .find(|(key, value)| key == "cursor" && !value.is_empty() && value.len() <= LONGEST_CURSOR)
        .map(|(_, value)| value.into_owned())
        .ok_or(PagingFault::NoCursor)
}

/// The position after a page that named `cursor` as the next, or none.
fn after(
    query: &ReturnsQuery,
    here: &ListPosition,
    cursor: Option<String>,
) -> Result<Option<ListPosition>, PagingFault> {
    if let Some(cursor) = cursor {
        let mut next = here.clone();
        if !next.seen.insert(cursor.clone()) {
            return Err(PagingFault::Loop);
        }
        next.cursor = Some(cursor);
        return Ok(Some(next));
    }
    let pass = |window_from, state| ListPosition {
        window_from,
        state,
        ..ListPosition::start(query)
    };
    if here.state + 1 < query.states.len() {
        return Ok(Some(pass(here.window_from, here.state + 1)));
    }
    let (_, to) = query.window_from(here.window_from);
    Ok((to < query.to).then(|| pass(to.minus(OVERLAP), 0)))
}

/// The rows of a page, and what comes after it.
type Parts = (Vec<Result<Return>>, Result<Option<ListPosition>>);

pub(super) async fn page(
    client: &Client,
    query: &ReturnsQuery,
    position: Option<&ListPosition>,
) -> Result<ReturnsPage> {
    let (rows, next) = read_page(client, query, position).await?;
    Ok(ReturnsPage { rows, next: next? })
}

async fn read_page(
    client: &Client,
    query: &ReturnsQuery,
    position: Option<&ListPosition>,
) -> Result<Parts> {
    let input = |what| {
        Error::new(
            Call::ListReturns,
            None,
            None,
            Effect::NotSent,
            ErrorKind::Input(what),
        )
    };
    query.check().map_err(input)?;
    let start = ListPosition::start(query);
    let here = position.unwrap_or(&start);
    let request = request(query, here)
        .filter(|_| here.query == *query)
        .ok_or_else(|| input("the position belongs to another query"))?;
    let answer = client.fetch_with(&request, read).await?;
    let fail = |kind| explain(&request, Some(200), (Effect::Unknown, kind));
    let full = u32::try_from(answer.rows.len()).is_ok_and(|rows| rows >= query.page_size);
    let cursor = match answer.next {
        Next::Link(link) => cursor_of(&link, client.endpoint()).map(Some),
        // More than a page's rows were there for the taking.
        Next::Unsaid if full => Err(PagingFault::NoCursor),
        Next::Unsaid | Next::None => Ok(None),
    };
    let next = cursor
        .and_then(|cursor| after(query, here, cursor))
        .map_err(|fault| fail(ErrorKind::Paging(fault)));
    let rows = answer
        .rows
        .into_iter()
        .map(|row| {
            row.map_err(|BadRow { id, error }| {
                let kind = ErrorKind::Unreadable(error);
                Error::new(Call::ListReturns, id, Some(200), Effect::Unknown, kind)
            })
        })
        .collect();
    Ok((rows, next))
}

pub(super) fn pages(
    client: Client,
    query: ReturnsQuery,
    position: Option<ListPosition>,
) -> impl Stream<Item = Result<ReturnsPage>> + Send + use<> {
    let walk = Some((client, query, position, HashSet::new()));
    futures_util::stream::unfold(walk, |walk| async move {
        let (client, query, position, mut seen) = walk?;
        let mut page = page(&client, &query, position.as_ref()).await;
        let next = page.as_mut().ok().and_then(|page| {
            page.rows.retain(|row| is_new(row, &mut seen));
            page.next.clone()
        });
        let rest = next.map(|next| (client, query, Some(next), seen));
        Some((page, rest))
    })
}

/// Whether the return was not there before. A row that cannot be read is always news.
fn is_new(row: &Result<Return>, seen: &mut HashSet<ReturnId>) -> bool {
    row.as_ref().map_or(true, |ret| seen.insert(ret.id))
}

struct Walk {
    client: Client,
    query: ReturnsQuery,
    position: Option<ListPosition>,
    ready: VecDeque<Result<Return>>,
    seen: HashSet<ReturnId>,
    done: bool,
}

pub(super) fn stream(
    client: Client,
    query: ReturnsQuery,
) -> impl Stream<Item = Result<Return>> + Send + use<> {
    let walk = Walk {
        client,
        query,
        position: None,
        ready: VecDeque::new(),
        seen: HashSet::new(),
        done: false,
    };
    futures_util::stream::unfold(walk, |mut walk| async move {
        loop {
            while let Some(row) = walk.ready.pop_front() {
                if is_new(&row, &mut walk.seen) {
                    return Some((row, walk));
                }
            }
            if walk.done {
                return None;
            }
            match read_page(&walk.client, &walk.query, walk.position.as_ref()).await {
                Ok((rows, next)) => {
                    walk.ready.extend(rows);
                    match next {
                        Ok(next) => {
                            walk.done = next.is_none();
                            walk.position = next;
                        }
                        // Told after the rows that came before it.
                        Err(fault) => {
                            walk.done = true;
                            walk.ready.push_back(Err(fault));
                        }
                    }
                }
                Err(error) => {
                    walk.done = true;
                    return Some((Err(error), walk));
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiKey, ApiVersion};
    use proptest::prelude::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn endpoint() -> Endpoint {
        let key = ApiKey::new("k").expect("a key");
        Endpoint::new(
            "https://api.loopreturns.com/api",
            &ApiVersion::default(),
            &key,
            false,
        )
        .expect("an endpoint")
    }

    #[test]
    fn a_page_request_names_everything_loop_would_guess() {
        let query =
            ReturnsQuery::updated(time("2026-01-01T00:00:00Z"), time("2026-01-02T00:00:00Z"));
        let position = ListPosition {
            state: 1,
            cursor: Some("a b&c".into()),
            ..ListPosition::start(&query)
        };
        let built = request(&query, &position)
            .expect("a request")
            .build(&endpoint(), Duration::MAX)
            .expect("an address");
        assert_eq!(
            built.uri().to_string(),
            "https://api.loopreturns.com/api/2026-10/warehouse/return/list\
             ?from=2026-01-01T00%3A00%3A00Z&to=2026-01-02T00%3A00%3A00Z&filter=updated_at\
             &state=review&paginate=true&pageSize=750&cursor=a+b%26c"
        );
    }

    #[test]
    fn links_are_read_and_never_followed() {
        for (link, expected) in [
            (
                "https://api.loopreturns.com/api/v1/warehouse/return/list?cursor=eyJ9&to=x",
                Ok("eyJ9"),
            ),
            ("https://api.loopreturns.com:443/x?cursor=1", Ok("1")),
            (
                "https://evil.example.com/api/v1/warehouse/return/list?cursor=1",
                Err(PagingFault::ForeignLink),
            ),
            (
                "http://api.loopreturns.com/api?cursor=1",
                Err(PagingFault::ForeignLink),
            ),
            (
                "https://api.loopreturns.com.evil.example/?cursor=1",
                Err(PagingFault::ForeignLink),
            ),
            (
                "/api/v1/warehouse/return/list?cursor=1",
                Err(PagingFault::ForeignLink),
            ),
            (
                "https://api.loopreturns.com/api/v1/warehouse/return/list?page=2",
                Err(PagingFault::NoCursor),
            ),
            (
                "https://api.loopreturns.com/api/v1/warehouse/return/list?cursor=",
                Err(PagingFault::NoCursor),
            ),
        ] {
            assert_eq!(
                cursor_of(link, &endpoint()),
                expected.map(str::to_owned),
                "{link}"
            );
        }
    }

    #[test]
    fn a_walk_visits_every_window_and_state_and_no_circle() {
        let query =
            ReturnsQuery::created(time("2026-01-01T00:00:00Z"), time("2026-09-01T00:00:00Z"))
                .states([ReturnState::Open, ReturnState::Review]);
        let mut here = ListPosition::start(&query);
        let mut visited = Vec::new();
        loop {
            visited.push((query.window_from(here.window_from), here.state));
            match after(&query, &here, None).expect("no fault") {
                Some(next) => here = next,
                None => break,
            }
        }
        let windows: Vec<_> = visited.iter().map(|(window, _)| *window).collect();
        assert_eq!(visited.len(), 6);
        assert_eq!(windows.first().map(|w| w.0), Some(query.from));
        assert_eq!(windows.last().map(|w| w.1), Some(query.to));
        for (from, to) in &windows {
            assert!(to.since(*from) <= LONGEST_WINDOW);
        }
        for pair in windows.windows(2) {
            assert!(
                pair[0] == pair[1] || pair[1].0 < pair[0].1,
                "windows overlap"
            );
        }

        let one = after(&query, &here, Some("x".into()))
            .expect("fine")
            .expect("a page");
        let two = after(&query, &one, Some("y".into()))
            .expect("fine")
            .expect("a page");
        assert_eq!(
            after(&query, &two, Some("x".into())),
            Err(PagingFault::Loop)
        );
    }

    #[test]
    fn both_forms_of_a_page_and_a_bad_row_among_good_ones() {
        let bare = read(br#"[{"id":"1"},{"id":"x"},{"id":2}]"#).expect("a page");
        assert_eq!(
            bare.rows
                .iter()
                .map(std::result::Result::is_ok)
                .collect::<Vec<_>>(),
            [true, false, true]
        );
        let page =
            read(br#"{"returns":[],"nextPageUrl":"https://x/?cursor=1","previousPageUrl":null}"#)
                .expect("a page");
        assert!(page.rows.is_empty() && matches!(page.next, Next::Link(_)));
        for last in [
            r#"{"returns":[],"nextPageUrl":null}"#,
            r#"{"returns":[],"nextPageUrl":""}"#,
        ] {
            let page = read(last.as_bytes()).expect("a page");
            assert!(matches!(page.next, Next::None), "{last}");
        }
        for silent in [r#"{"returns":[]}"#, "[]"] {
            let page = read(silent.as_bytes()).expect("a page");
            assert!(matches!(page.next, Next::Unsaid), "{silent}");
        }
        for bad in ["{}", "null", "false", "<html>", "[{]", ""] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    /// Rows as they may stand in a page, good and bad.
    const ROWS: &[&str] = &[
        r#"{"id":"1"}"#,
        r#"{"id":2,"state":"open","line_items":[{"line_item_id":7}],"presentment":{"a":[1.5]}}"#,
        r#"{"id":3,"line_items":[],"address":[],"x":{"y":[null,"\ud800"]}}"#,
        r#"{"id":4,"customer":"\ud800"}"#,
        r#"{"id":5,"line_items":[[7]]}"#,
        r#"{"id":6,"id":6}"#,
        r#"{"id":"x"}"#,
        r#"{"state":"open"}"#,
        r#"{"id":7,"total":1e999}"#,
        r#"{"id":7,"x":1e999}"#,
        "[5]",
        "[]",
        "{}",
        "null",
        "\"\"",
        "\"N/A\"",
        "9",
    ];

    proptest! {
        /// A page that is decoded in one go is what it is row by row.
        #[test]
        fn a_page_is_its_rows(
            rows in prop::collection::vec(prop::sample::select(ROWS), 0..5),
            (start, end) in prop::sample::select(&[
                ("[", "]"),
                (r#"{"returns":["#, r#"],"nextPageUrl":null,"x":1}"#),
                (r#"{"nextPageUrl":"https://x/?cursor=1","returns":["#, "]}"),
                (r#"{"returns":["#, r#"],"returns":[]}"#),
                (r#"{"returns":["#, r#"],"nextPageUrl":1}"#),
                (r#"{"returns":[["#, r#"]]}"#),
                (" [", "] x"),
            ][..]),
            nested in prop::option::weighted(0.1, 100..140usize),
            cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        ) {
            let deep = nested.map(|depth| {
                format!("{{\"id\":8,\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
            });
            let rows: Vec<&str> = rows.into_iter().chain(deep.as_deref()).collect();
            let mut text = format!("{start}{}{end}", rows.join(" ,"));
            if let Some(cut) = cut {
                text.truncate(cut.index(text.len()));
            }
            prop_assert_eq!(read(text.as_bytes()), read_row_by_row(&text));
        }
    }
}
