use loop_client::sandbox::Sandbox;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::api::*;

#[tokio::test]
async fn the_list_covers_24_hours_unless_both_dates_are_given() {
    let hands = Hands::new();
    let sandbox = hands.on(Sandbox::builder()).start().await.unwrap();
    let api = Api::of(&sandbox);
    let mut ids = Vec::new();
    for hours in [60, 30, 23, 1] {
        hands.set_hours_before_noon(hours);
        ids.push(sandbox.create_return(shirts()).to_string());
    }
    hands.set_hours_before_noon(0);
    let at = |positions: &[usize]| -> Vec<String> {
        let picked = positions.iter().map(|position| ids[*position].clone());
        picked.collect()
    };
    let from = ("from", "2026-06-01T00:00:00.000Z");
    let noon = ("to", "2026-06-15 12:00:00");
    // (query, positions of the returns)
    let table: [(Pairs<'_>, &[usize]); 6] = [
        (&[], &[3, 2]),
        (&[("to", "2026-06-14")], &[3, 2]),
        (&[("from", "2026-06-13 00:00:00")], &[0]),
        (&[from, noon], &[3, 2, 1, 0]),
        (&[from, ("to", "2026-06-13T01:00:00+01:00")], &[0]),
        (&[from, noon, ("filter", "updated_at")], &[3, 2, 1, 0]),
    ];
    for (query, positions) in table {
        let answer = api.list(query).await;
        assert_eq!(answer.status, 200, "{query:?}");
        assert_eq!(list_ids(&answer.body), at(positions), "{query:?}");
    }

    sandbox.set_state(ids[0].parse().unwrap(), "expired");
    let touched = api.list(&[("filter", "updated_at")]).await;
    assert_eq!(list_ids(&touched.body), at(&[0, 3, 2]));
}

#[tokio::test]
async fn wrong_list_parameters_are_422() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let table: [(Pairs<'_>, &str); 7] = [
        (&[("from", "soon")], "from"),
        (&[("from", "2026-01-01"), ("to", "N/A")], "to"),
        (&[("from", "2026-01-01"), ("to", "2026-05-02")], "to"),
        (&[("from", "2026-01-02"), ("to", "2026-01-01")], "to"),
        (&[("state", "archived")], "state"),
        (&[("filter", "closed_at")], "filter"),
        (&[("pageSize", "751")], "pageSize"),
    ];
    for (query, field) in table {
        let answer = api.list(query).await;
        assert_eq!(answer.status, 422, "{query:?}");
        assert_eq!(answer.body["message"], "The given data was invalid.");
        assert!(answer.body["errors"][field][0].is_string(), "{query:?}");
    }
}

#[tokio::test]
async fn review_and_cancelled_are_hidden_unless_asked_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let mut shown = Vec::new();
    for state in ["open", "closed", "expired", "review", "cancelled"] {
        let id = sandbox.create_return(shirts());
        sandbox.set_state(id, state);
        let asked = api.list(&[("state", state)]).await;
        assert_eq!(list_ids(&asked.body), [id.to_string()], "{state}");
        assert_eq!(asked.body[0]["state"], state);
        if !matches!(state, "review" | "cancelled") {
            shown.push(id.to_string());
        }
    }
    let mut listed = list_ids(&api.list(&[]).await.body);
    listed.sort();
    assert_eq!(listed, shown);
}

#[tokio::test]
async fn pages_lead_to_every_return_of_one_second() {
    let hands = Hands::new();
    let sandbox = hands.on(Sandbox::builder()).start().await.unwrap();
    let api = Api::version(&sandbox, "2026-07");
    let mut expected: Vec<String> = (0..7)
        .map(|_| sandbox.create_return(shirts()).to_string())
        .collect();
    expected.reverse();
    let own = [("paginate", "true"), ("pageSize", "2")];
    let mut found = Vec::new();
    let mut page = api.list(&own).await.body;
    assert_eq!(page["previousPageUrl"], Value::Null);
    loop {
        found.extend(list_ids(&page["returns"]));
        let Some(next) = page["nextPageUrl"].as_str() else {
            break;
        };
        let next = Url::parse(next).unwrap();
        let names: Vec<_> = next.query_pairs().map(|(name, _)| name).collect();
        assert_eq!(names, ["filter", "pageSize", "cursor"]);
        assert_eq!(next.path(), "/api/v1/warehouse/return/list");
        let cursor = next.query_pairs().find(|(name, _)| name == "cursor");
        let cursor = cursor.unwrap().1.into_owned();
        let mut query = own.to_vec();
        query.push(("cursor", &cursor));
        page = api.list(&query).await.body;
        assert!(page["previousPageUrl"].is_string());
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_page_link_followed_as_it_is_forgets_state_and_window() {
    let hands = Hands::new();
    let sandbox = hands.on(Sandbox::builder()).start().await.unwrap();
    let api = Api::of(&sandbox);
    hands.set_hours_before_noon(100);
    for _ in 0..3 {
        let id = sandbox.create_return(shirts());
        sandbox.set_state(id, "review");
    }
    hands.set_hours_before_noon(0);
    let query = [
        ("from", "2026-06-01"),
        ("to", "2026-06-15"),
        ("state", "review"),
        ("paginate", "true"),
        ("pageSize", "2"),
    ];
    let page = api.list(&query).await.body;
    assert_eq!(list_ids(&page["returns"]).len(), 2);
    let next = page["nextPageUrl"].as_str().unwrap();
    let followed = api.send(Method::GET, next, None).await.body;
    assert_eq!(followed["returns"], json!([]), "the link lost the window");
}
