//! Which returns a list request selects, and one page of them. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::model::{Return, State};
use super::moment::Moment;
use super::query::{Invalid, Params, Window};

const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 750;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    CreatedAt,
    UpdatedAt,
}

impl Filter {
    fn as_str(self) -> &'static str {
        match self {
            Filter::CreatedAt => "created_at",
            Filter::UpdatedAt => "updated_at",
        }
    }

    fn of(self, record: &Return) -> Moment {
        match self {
            Filter::CreatedAt => record.created_at,
            Filter::UpdatedAt => record.updated_at,
        }
    }
}

/// Where a page begins. Loop's own cursor holds the timestamp alone, so rows that share a second
/// may be skipped there; the id beside it makes a walk through the pages complete here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    at: Moment,
    id: u64,
    forward: bool,
}

impl Cursor {
    /// A Laravel cursor: URL-safe base64 of a JSON object.
    fn encode(self, filter: Filter) -> String {
        let object = json!({
            filter.as_str(): self.at.with_space(),
            "id": self.id,
            "_pointsToNextItems": self.forward,
        });
        URL_SAFE_NO_PAD.encode(object.to_string())
    }

    fn decode(text: &str, filter: Filter) -> Option<Cursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let object: Value = serde_json::from_slice(&bytes).ok()?;
        Some(Cursor {
            at: Moment::parse(object.get(filter.as_str())?.as_str()?)?,
            id: object.get("id")?.as_u64()?,
            forward: object.get("_pointsToNextItems")?.as_bool()?,
        })
    }
}

/// A list request that passed validation.
#[derive(Debug)]
pub(super) struct ListQuery {
    window: Window,
    filter: Filter,
    state: Option<State>,
    page_size: usize,
    cursor: Option<Cursor>,
    /// As the request gave it: page links repeat it.
    to: Option<String>,
    /// Whether the answer is the page object or the bare array.
    pub(super) paginated: bool,
}

impl ListQuery {
    pub(super) fn read(params: &Params, now: Moment) -> Result<ListQuery, Invalid> {
        let window = Window::of_list(params, now)?;
        let filter = match params.get("filter") {
            None | Some("created_at") => Filter::CreatedAt,
            Some("updated_at") => Filter::UpdatedAt,
            Some(_) => return Err(Invalid::new("filter", "The selected filter is invalid.")),
        };
        let state = params
            .get("state")
            .map(|text| {
                State::documented(text)
                    .ok_or_else(|| Invalid::new("state", "The selected state is invalid."))
            })
            .transpose()?;
        let page_size = match params.get("pageSize").map(str::parse::<usize>) {
            None => DEFAULT_PAGE,
            Some(Ok(size)) if (1..=LARGEST_PAGE).contains(&size) => size,
            Some(_) => {
                let text = format!("The page size must be between 1 and {LARGEST_PAGE}.");
                return Err(Invalid::new("pageSize", text));
            }
        };
        let cursor = params.get("cursor");
        Ok(ListQuery {
            window,
            filter,
            state,
            page_size,
            // Page links carry no `paginate`, and consumers follow them as they are: a cursor
            // alone must lead to a page.
            paginated: params.is_true("paginate") || cursor.is_some(),
            // One that cannot be read is no cursor, as in Laravel.
            cursor: cursor.and_then(|text| Cursor::decode(text, filter)),
            to: params.get("to").map(str::to_owned),
        })
    }

    /// All rows of the window, newest first; the order is not documented, and the cursor of
    /// Loop's example fits this one.
    pub(super) fn select<'a>(&self, returns: impl Iterator<Item = &'a Return>) -> Vec<&'a Return> {
        let mut rows: Vec<&Return> = returns
            .filter(|record| self.window.contains(self.filter.of(record)))
            .filter(|record| {
                self.state.as_ref().map_or_else(
                    || record.state.listed_by_default(),
                    |state| record.state == *state,
                )
            })
            .collect();
        rows.sort_by_key(|record| std::cmp::Reverse(self.key(record)));
        rows
    }

    pub(super) fn page<'a>(&self, rows: &[&'a Return]) -> Page<'a> {
        let (start, end) = match self.cursor {
            None => (0, self.page_size.min(rows.len())),
            Some(cursor) => {
                let edge = (cursor.at, cursor.id);
                if cursor.forward {
                    let start = rows.partition_point(|record| self.key(record) >= edge);
                    (start, start.saturating_add(self.page_size).min(rows.len()))
                } else {
                    let end = rows.partition_point(|record| self.key(record) > edge);
                    (end.saturating_sub(self.page_size), end)
                }
            }
        };
        let rows_of_page = rows.get(start..end).unwrap_or_default();
        let link = |record: Option<&&Return>, forward| {
            let (at, id) = self.key(record?);
            Some(self.link(Cursor { at, id, forward }))
        };
        Page {
            rows: rows_of_page.to_vec(),
            next: link(rows_of_page.last().filter(|_| end < rows.len()), true),
            previous: link(rows_of_page.first().filter(|_| start > 0), false),
        }
    }

    fn key(&self, record: &Return) -> (Moment, u64) {
        (self.filter.of(record), record.id)
    }

    /// The link of Loop's example has these parameters, and no `paginate`, `from`, `state`.
    fn link(&self, cursor: Cursor) -> PageLink {
        let mut parameters = Vec::new();
        if let Some(to) = &self.to {
            parameters.push(("to", to.clone()));
        }
        parameters.push(("filter", self.filter.as_str().to_owned()));
        parameters.push(("pageSize", self.page_size.to_string()));
        parameters.push(("cursor", cursor.encode(self.filter)));
        parameters
    }
}

/// The query parameters of a link to another page.
pub(super) type PageLink = Vec<(&'static str, String)>;

#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) rows: Vec<&'a Return>,
    pub(super) next: Option<PageLink>,
    pub(super) previous: Option<PageLink>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::shopper::NewReturn;
    use crate::sandbox::world::{Settings, World};

    fn now() -> Moment {
        Moment::parse("2026-06-15 12:00:00").unwrap()
    }

    fn params(pairs: &[(&str, &str)]) -> Params {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Params::new(owned.collect())
    }

    /// Seven returns, 101 to 107, of which two share one second.
    fn world() -> World {
        let settings = Settings {
            flag_moves_to_review: true,
            allow_flagged_to_process: false,
        };
        let mut world = World::new(settings, 101);
        for hours in [9, 8, 7, 6, 6, 5, 4] {
            world.create(NewReturn::new("#1001"), now().plus(-hours * 3600));
        }
        world
    }

    fn ids(world: &World, pairs: &[(&str, &str)]) -> Vec<u64> {
        let query = ListQuery::read(&params(pairs), now()).unwrap();
        let rows = query.select(world.returns());
        rows.iter().map(|record| record.id).collect()
    }

    fn follow(link: &PageLink, more: &[(&str, &str)]) -> Params {
        let mut pairs = more.to_vec();
        let cursor = link.iter().find(|(name, _)| *name == "cursor").unwrap();
        pairs.push(("cursor", &cursor.1));
        params(&pairs)
    }

    #[test]
    fn hidden_states_must_be_asked_for() {
        let mut world = world();
        for (id, state) in [(101, "review"), (102, "cancelled"), (103, "expired")] {
            world.set_state(id, State::named(state), now());
        }
        world.set_state(104, State::named("needs review"), now());
        assert_eq!(ids(&world, &[]), [107, 106, 105, 103]);
        assert_eq!(ids(&world, &[("state", "review")]), [101]);
        assert_eq!(ids(&world, &[("state", "cancelled")]), [102]);
        assert_eq!(ids(&world, &[("state", "expired")]), [103]);
        assert_eq!(ids(&world, &[("state", "open")]), [107, 106, 105]);
    }

    #[test]
    fn the_filter_chooses_the_timestamp() {
        let mut world = world();
        world.set_state(101, State::Closed, now());
        let recent = ("from", "2026-06-15 07:30:00");
        let to = ("to", "2026-06-15 12:00:00");
        assert_eq!(ids(&world, &[recent, to]), [107]);
        let filter = ("filter", "updated_at");
        assert_eq!(ids(&world, &[recent, to, filter]), [101, 107]);
    }

    #[test]
    fn pages_meet_without_gap_or_overlap_in_both_directions() {
        let world = world();
        let all = ids(&world, &[]);
        for size in 1..=8 {
            let size_text = size.to_string();
            let more = [("pageSize", size_text.as_str())];
            let mut query = ListQuery::read(&params(&more), now()).unwrap();
            let rows = query.select(world.returns());
            let mut forward = Vec::new();
            let mut last = query.page(&rows);
            assert!(last.previous.is_none());
            loop {
                forward.push(last.rows.iter().map(|record| record.id).collect::<Vec<_>>());
                let Some(link) = &last.next else { break };
                query = ListQuery::read(&follow(link, &more), now()).unwrap();
                last = query.page(&rows);
            }
            assert_eq!(forward.concat(), all, "page size {size}");
            assert!(forward.iter().all(|page| page.len() <= size));

            let mut backward = Vec::new();
            loop {
                backward.push(last.rows.iter().map(|record| record.id).collect::<Vec<_>>());
                let Some(link) = &last.previous else { break };
                query = ListQuery::read(&follow(link, &more), now()).unwrap();
                last = query.page(&rows);
            }
            backward.reverse();
            assert_eq!(backward.concat(), all, "page size {size}, backward");
        }
    }

    #[test]
    fn a_link_drops_paginate_from_and_state() {
        let world = world();
        let query = ListQuery::read(
            &params(&[
                ("paginate", "true"),
                ("from", "2026-06-15"),
                ("to", "2026-06-16"),
                ("state", "open"),
                ("pageSize", "2"),
            ]),
            now(),
        )
        .unwrap();
        let next = query.page(&query.select(world.returns())).next.unwrap();
        let names: Vec<&str> = next.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["to", "filter", "pageSize", "cursor"]);
    }

    #[test]
    fn a_cursor_that_cannot_be_read_is_no_cursor() {
        let query = ListQuery::read(&params(&[("cursor", "%%%")]), now()).unwrap();
        assert!(query.paginated);
        assert!(query.cursor.is_none());
    }

    #[test]
    fn wrong_parameters_are_named() {
        for (name, value) in [
            ("from", "soon"),
            ("filter", "closed_at"),
            ("state", "open,closed"),
            ("pageSize", "0"),
            ("pageSize", "751"),
            ("pageSize", "many"),
        ] {
            let refusal = ListQuery::read(&params(&[(name, value)]), now()).unwrap_err();
            assert_eq!(refusal.field, name, "{value}");
        }
    }
}
