use std::collections::HashSet;

use futures_util::StreamExt as _;
use http::Method;
use loop_client::{ReturnState, ReturnsQuery, Timestamp};
use serde_json::Value;
use url::Url;

use super::scripted::{Script, lines, printed, run};

const STATES: [ReturnState; 2] = [ReturnState::Open, ReturnState::Review];

/// The answers to a walk through the returns list, one per line.
pub fn returns_list(input: &[u8]) {
    let script = Script::of_lines(input);
    let query = ReturnsQuery::updated(
        Timestamp::from_unix_seconds(0),
        Timestamp::from_unix_seconds(86_400),
    );
    let rows: Vec<_> = run(script
        .client()
        .returns()
        .list(query.states(STATES))
        .collect());

    let mut seen = HashSet::new();
    for row in &rows {
        match row {
            Ok(ret) => assert!(seen.insert(ret.id), "{} came twice", ret.id),
            Err(error) => drop(printed(error)),
        }
    }

    let sent = script.sent(&Method::GET, "/api/2026-10/warehouse/return/list");
    // Each answer is asked for once; the empty page after them ends the walk of a state.
    let answers = lines(input).count();
    assert!(
        sent.len() <= answers + STATES.len(),
        "{} requests",
        sent.len()
    );

    let served: HashSet<String> = lines(input)
        .filter_map(|(_, body)| own_cursor(body))
        .collect();
    for request in &sent {
        let url = Url::parse(&request.uri().to_string()).unwrap();
        let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        if pairs.len() == 7 {
            let (key, cursor) = pairs.pop().unwrap();
            assert_eq!(key, "cursor");
            assert!(
                served.contains(&cursor),
                "{cursor} stood in no link of our origin"
            );
        }
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(
            keys,
            ["from", "to", "filter", "state", "paginate", "pageSize"]
        );
    }
}

/// The cursor of a page's link, when the link stays on our origin.
fn own_cursor(page: &[u8]) -> Option<String> {
    let page: Value = serde_json::from_slice(page).ok()?;
    let link = Url::parse(page.get("nextPageUrl")?.as_str()?).ok()?;
    let ours = link.scheme() == "https"
        && link.host_str() == Some("api.loopreturns.com")
        && link.port_or_known_default() == Some(443);
    let mut cursors = link
        .query_pairs()
        .filter(|(key, value)| key == "cursor" && !value.is_empty());
    cursors
        .next()
        .filter(|_| ours)
        .map(|(_, value)| value.into_owned())
}
