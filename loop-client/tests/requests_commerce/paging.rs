//! The lists that Loop pages by number, all four walked over the same pages.

use futures_util::{Stream, StreamExt as _};
use loop_client::{Client, ErrorKind, PagingFault, Result, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::script::Script;

/// Rows as JSON, and the name of the error in the place of what cannot be read.
pub(crate) fn rows<T: Serialize>(rows: impl IntoIterator<Item = Result<T>>) -> Vec<Value> {
    let mut read = Vec::new();
    for row in rows {
        read.push(match row {
            Ok(row) => serde_json::to_value(row).unwrap(),
            Err(error) => error.kind().name().into(),
        });
    }
    read
}

async fn walk<T: Serialize>(list: impl Stream<Item = Result<T>>) -> (usize, Option<PagingFault>) {
    let rows: Vec<_> = list.collect().await;
    let good = rows.iter().filter(|row| row.is_ok()).count();
    let fault = rows
        .iter()
        .find_map(|row| match row.as_ref().err()?.kind() {
            ErrorKind::Paging(fault) => Some(*fault),
            _ => None,
        });
    (good, fault)
}

async fn walk_list(list: &str, client: &Client) -> (usize, Option<PagingFault>) {
    let now = Timestamp::from_unix_seconds(0);
    let happy = client.happy_returns();
    match list {
        "/happy-returns/shipments" => walk(happy.shipments(now, now)).await,
        "/happy-returns/shipments/1/items" => walk(happy.items("1".parse().unwrap())).await,
        "/blocklists" => walk(client.blocklist().list()).await,
        _ => walk(client.allowlist().list()).await,
    }
}

/// Reads as a row of every list.
const ROW: &str = r#"{"id":1,"loop_shipment_id":1}"#;
const HOME: &str = "https://api.loopreturns.com/api/v1/x";

/// A page with `count` rows; `current` and `link` are JSON, or nothing.
fn page(current: &str, count: usize, link: &str) -> (u16, String) {
    let field = |key: &str, value: &str| match value {
        "" => String::new(),
        value => format!(r#","{key}":{value}"#),
    };
    let body = format!(
        r#"{{"data":[{}]{}{}}}"#,
        vec![ROW; count].join(","),
        field("current_page", current),
        field("next_page_url", link)
    );
    (200, body)
}

#[tokio::test]
async fn walks_end_where_the_list_does_and_never_in_a_circle_or_abroad() {
    let home = |query: &str| format!("\"{HOME}?{query}\"");
    let two = home("page=2");
    for (pages, good, fault) in [
        (vec![page("1", 2, "null")], 2, None),
        (vec![page("", 0, "")], 0, None),
        (vec![page("1", 1, "\"\"")], 1, None),
        // An empty page in the middle, numbers as text, and a link with other parameters first.
        (
            vec![
                page("1", 2, &home("from=x&page=2")),
                page("\"2\"", 0, &home("page=3")),
                page("3", 1, "null"),
            ],
            3,
            None,
        ),
        // The number of the page is in the link alone, or in the body alone.
        (vec![page("", 1, &two), page("", 1, "")], 2, None),
        (
            vec![page("1", 1, &home("x=1")), page("2", 1, "null")],
            2,
            None,
        ),
        (
            vec![page("1", 2, "\"https://evil.example/?page=2\"")],
            0,
            Some(PagingFault::ForeignLink),
        ),
        (
            vec![
                page("1", 2, &two),
                page("2", 2, "\"http://api.loopreturns.com/?page=3\""),
            ],
            2,
            Some(PagingFault::ForeignLink),
        ),
        (
            vec![page("1", 2, "\"/api/v1/x?page=2\"")],
            0,
            Some(PagingFault::ForeignLink),
        ),
        // The list does not heed `page`.
        (
            vec![page("1", 2, &two), page("1", 2, &two)],
            2,
            Some(PagingFault::Loop),
        ),
        (
            vec![page("1", 2, &two), page("", 2, &two)],
            2,
            Some(PagingFault::Loop),
        ),
        // It skips a page.
        (
            vec![page("1", 2, &two), page("3", 2, "null")],
            2,
            Some(PagingFault::Loop),
        ),
        (
            vec![page("", 2, &home("x=1"))],
            0,
            Some(PagingFault::NoCursor),
        ),
    ] {
        for list in [
            "/happy-returns/shipments",
            "/happy-returns/shipments/1/items",
            "/blocklists",
            "/allowlists",
        ] {
            let script = Script::new(pages.clone());
            let found = walk_list(list, &script.client()).await;
            assert_eq!(found, (good, fault), "{list}: {pages:?}");
            // Every page of the script was asked for, by its number, of the list itself.
            let sent = script.sent();
            assert_eq!(sent.len(), pages.len(), "{list}: {pages:?}");
            for (number, (line, _)) in (1..).zip(sent) {
                assert!(
                    line.starts_with(&format!("GET /api/2026-10{list}?")),
                    "{line}"
                );
                assert!(line.ends_with(&format!("page={number}")), "{line}");
            }
        }
    }
}

#[tokio::test]
async fn a_bad_row_is_an_error_in_its_place_and_a_bad_page_ends_the_walk() {
    let bad_row = r#"{"data":[{"id":1},{"id":"x"},null,[1],{"id":2}],"current_page":1,"next_page_url":"https://api.loopreturns.com/?page=2","total":"5"}"#;
    let script = Script::new([(200, bad_row), (200, r#"{"data":null}"#)]);
    let client = script.client();
    let all: Vec<_> = client.blocklist().list().collect().await;
    let kinds: Vec<_> = all
        .iter()
        .map(|row| row.as_ref().map_or_else(|it| it.kind().name(), |_| "row"))
        .collect();
    let unreadable = "unreadable";
    assert_eq!(
        kinds,
        ["row", unreadable, unreadable, unreadable, "row", unreadable]
    );

    let script = Script::new([(200, bad_row)]);
    let page = script.client().allowlist().page(1).await.unwrap();
    assert_eq!((page.next, page.total), (Some(2), Some(5)));
}
