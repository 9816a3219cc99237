//! The returns list: windows, states, pages, and a walk that another client takes up.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use loop_client::{
    Client, ListPosition, Return, ReturnId, ReturnState, ReturnsPage, ReturnsQuery, Timestamp,
};

use crate::shop::{DAY, Shop, not_sent, shirts};

/// Thirty returns over 290 days, three of each second moment in one second, in every state.
struct History {
    shop: Shop,
    from: Timestamp,
    to: Timestamp,
    states: BTreeMap<ReturnId, ReturnState>,
}

impl History {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let from = shop.now();
        let mut states = BTreeMap::new();
        for number in 0..30 {
            let id = shop.submit(shirts());
            let state = ReturnState::ALL[number % ReturnState::ALL.len()].clone();
            if state != ReturnState::Open {
                shop.set_state(id, state.as_str());
            }
            states.insert(id, state);
            if number % 3 == 2 {
                shop.advance(32 * DAY);
            }
        }
        let to = shop.now();
        Self {
            shop,
            from,
            to,
            states,
        }
    }

    fn query(&self) -> ReturnsQuery {
        ReturnsQuery::created(self.from, self.to)
    }

    fn all(&self) -> BTreeSet<ReturnId> {
        self.states.keys().copied().collect()
    }

    fn those_in(&self, states: &[ReturnState]) -> BTreeSet<ReturnId> {
        let all = self.states.iter();
        all.filter(|(_, state)| states.contains(state))
            .map(|(id, _)| *id)
            .collect()
    }
}

async fn walk(client: &Client, query: ReturnsQuery) -> Vec<Return> {
    client.returns().list(query).try_collect().await.unwrap()
}

fn ids(pages: &[ReturnsPage]) -> BTreeSet<ReturnId> {
    let rows = pages.iter().flat_map(|page| &page.rows);
    rows.map(|row| row.as_ref().unwrap().id).collect()
}

#[tokio::test]
async fn every_return_is_listed_once_whatever_the_size_of_a_page() {
    let history = History::new().await;
    for size in [1, 2, 3, 7, 750] {
        for query in [
            history.query(),
            ReturnsQuery::updated(history.from, history.to),
        ] {
            let rows = walk(&history.shop.client, query.page_size(size)).await;
            assert_eq!(rows.len(), history.states.len(), "pages of {size}");
            let ids: BTreeSet<ReturnId> = rows.iter().map(|row| row.id).collect();
            assert_eq!(ids, history.all(), "pages of {size}");
            for row in &rows {
                let truth = history.shop.truth(row.id);
                let state = row.state.as_ref().map(ReturnState::as_str);
                assert_eq!(state, Some(truth.state.as_str()));
                assert_eq!(row.lines().len(), truth.line_item_ids.len());
            }
        }
    }
}

#[tokio::test]
async fn states_and_windows_select() {
    let history = History::new().await;
    let client = &history.shop.client;
    for states in [
        &ReturnState::ALL[..1],
        &ReturnState::ALL[1..3],
        &[ReturnState::Cancelled][..],
    ] {
        let query = history.query().states(states.to_vec()).page_size(2);
        let rows = walk(client, query).await;
        let found: BTreeSet<ReturnId> = rows.iter().map(|row| row.id).collect();
        assert_eq!(found, history.those_in(states), "{states:?}");
    }
    // Both ends belong to it: the first three, of one second.
    let rows = walk(client, ReturnsQuery::created(history.from, history.from)).await;
    assert_eq!(rows.len(), 3);
    let backwards = ReturnsQuery::created(history.to, history.from);
    not_sent(
        client.returns().page(&backwards, None).await,
        "ends before it begins",
    );
    let stateless = history.query().states([]);
    not_sent(client.returns().page(&stateless, None).await, "no state");
}

#[tokio::test]
async fn the_timestamp_of_the_filter_selects() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    let submitted = shop.now();
    shop.advance(3 * DAY);
    shop.client.returns().flag(id).await.unwrap();
    let hour = Duration::from_secs(3600);
    let around = |time: Timestamp| (time.minus(hour), time.plus(hour));
    let (created, updated) = (around(submitted), around(shop.now()));
    for (query, count) in [
        (ReturnsQuery::created(created.0, created.1), 1),
        (ReturnsQuery::created(updated.0, updated.1), 0),
        (ReturnsQuery::updated(created.0, created.1), 0),
        (ReturnsQuery::updated(updated.0, updated.1), 1),
    ] {
        let label = format!("{query:?}");
        assert_eq!(walk(&shop.client, query).await.len(), count, "{label}");
    }
}

#[tokio::test]
async fn a_walk_is_taken_up_by_another_client_wherever_it_stopped() {
    let history = History::new().await;
    let query = history.query().page_size(2);
    let returns = history.shop.client.returns();
    let whole = returns.pages(query.clone(), None);
    let whole: Vec<ReturnsPage> = whole.try_collect().await.unwrap();
    assert_eq!(ids(&whole), history.all());
    let (last, others) = whole.split_last().unwrap();
    assert!(last.next.is_none());
    assert!(others.iter().all(|page| page.next.is_some()));
    assert!(others.len() > 15, "{} pages", whole.len());

    let other = history.shop.another_client().build().unwrap();
    for stop in 1..whole.len() {
        let (first, rest) = whole.split_at(stop);
        let stored = serde_json::to_string(&first[stop - 1].next).unwrap();
        let position: Option<ListPosition> = serde_json::from_str(&stored).unwrap();
        assert!(position.is_some(), "{stored}");
        let second = other.returns().pages(query.clone(), position);
        let second: Vec<ReturnsPage> = second.try_collect().await.unwrap();
        assert_eq!(second.len(), rest.len(), "after {stop}");
        let union = &ids(first) | &ids(&second);
        assert_eq!(union, history.all(), "after {stop}");
    }
}
