use futures_util::StreamExt as _;
use loop_client::{
    ApiVersion, Client, CurrencyType, Effect, Error, ExternalId, FraudCategory, LineItemId,
    ListPosition, ReturnLookup, ReturnState, ReturnsQuery, Timestamp,
};
use serde_json::{Map, Value, json};

use crate::{NO_ANSWERS, Recorder, client, fails, id, refuses, sends};

const AT: &str = "/api/2026-10/warehouse/return/99904598";
const FRAUD: &str = "/api/2026-10/returns/99904598/fraud-report";

fn lines(ids: &[u64]) -> Vec<LineItemId> {
    ids.iter().map(|id| LineItemId::new(*id).unwrap()).collect()
}

#[tokio::test]
async fn actions_send_what_is_documented_and_take_true() {
    let details = json!({ "bin": "A-12", "received": 3, "by": { "shift": "late" } });
    let details: Map<String, Value> = details.as_object().unwrap().clone();
    for answer in [(200, "true"), (200, "\"true\"")] {
        let line = format!("POST {AT}/process");
        let body = Some(Value::Object(details.clone()));
        let call = async |it: Client| it.returns().process_with(id(), &details).await;
        sends(call, &line, body, answer).await;

        let call = async |it: Client| it.returns().process_with(id(), &Map::new()).await;
        sends(call, &line, Some(json!({})), answer).await;

        let call = async |it: Client| it.returns().cancel(id()).await;
        sends(call, &format!("POST {AT}/cancel"), None, answer).await;

        let call = async |it: Client| it.returns().close(id()).await;
        sends(call, &format!("POST {AT}/close"), None, answer).await;

        for (ids, query) in [(&[7][..], "7"), (&[7, 9, 8][..], "7%2C9%2C8")] {
            let call = async |it: Client| it.returns().remove_line_items(id(), &lines(ids)).await;
            let line = format!("POST {AT}/remove?line_item_id={query}");
            sends(call, &line, None, answer).await;
        }
    }
}

#[tokio::test]
async fn refusals_of_actions_say_whether_nothing_happened() {
    use Effect::{NotApplied, Unknown};
    let closed = r#"{"errors":{"message":"Return is closed and therefore cannot be processed.","code":"UNPROCESSABLE_RETURN"}}"#;
    let none = r#"{"errors":{"message":"No return found with this ID."}}"#;
    let expired = r#"{"content":"Return is expired and cannot be processed."}"#;
    let gateway =
        r#"{"error":{"code":"401","http_code":"GEN-UNAUTHORIZED","message":"Unauthorized."}}"#;
    for (status, body, kind, effect) in [
        (200, closed, "refused", NotApplied),
        (200, none, "not_found", NotApplied),
        (200, expired, "refused", NotApplied),
        (401, gateway, "unauthorized", NotApplied),
        (
            200,
            r#"{"errors":{"message":"Not today."}}"#,
            "refused",
            Unknown,
        ),
        (200, "false", "server", Unknown),
        (200, "", "server", Unknown),
        (200, "{}", "server", Unknown),
        (200, "<html>true</html>", "server", Unknown),
        (500, r#"{"message":"Server Error"}"#, "server", Unknown),
    ] {
        let answer = (status, body);
        let cancel = async |it: Client| it.returns().cancel(id()).await;
        let error = fails(cancel, answer, kind, effect).await;
        assert_eq!(error.return_id(), Some(id()));
        let close = async |it: Client| it.returns().close(id()).await;
        fails(close, answer, kind, effect).await;
        let process = async |it: Client| it.returns().process_with(id(), &Map::new()).await;
        fails(process, answer, kind, effect).await;
    }
    for (status, body, kind, effect) in [
        (200, none, "not_found", NotApplied),
        (401, gateway, "unauthorized", NotApplied),
        (
            403,
            r#"{"errors":[{"message":"That return is not here."}]}"#,
            "unauthorized",
            NotApplied,
        ),
        (
            422,
            r#"{"error":{"message":"The line item id field is required."}}"#,
            "invalid",
            NotApplied,
        ),
        (
            422,
            r#"{"message":"Return cannot be modified."}"#,
            "invalid",
            NotApplied,
        ),
        (422, "<html>", "invalid", Unknown),
        (
            500,
            r#"{"message":"An error was encountered during processing."}"#,
            "server",
            Unknown,
        ),
        (200, "false", "server", Unknown),
    ] {
        let call = async |it: Client| it.returns().remove_line_items(id(), &lines(&[7])).await;
        fails(call, (status, body), kind, effect).await;
    }
}

#[tokio::test]
async fn a_return_is_found_by_any_of_its_names() {
    let order = |text: &str| ReturnLookup::order_id(ExternalId::from(text));
    let answer = r##"{"id":99904598,"provider_order_id":5444175757553,"order_name":"#1001"}"##;
    for (lookup, query) in [
        (ReturnLookup::id(id()), "return_id=99904598"),
        (order("5444175757553"), "order_id=5444175757553"),
        (
            order("gid://shopify/Order/5444175757553").currency(CurrencyType::Shop),
            "order_id=5444175757553&currency_type=shop",
        ),
        (
            ReturnLookup::order_name("#1001").currency(CurrencyType::Presentment),
            "order_name=%231001&currency_type=presentment",
        ),
    ] {
        let line = format!("GET /api/2026-10/warehouse/return/details?{query}");
        let call = async |it: Client| it.returns().find(&lookup).await;
        let found = sends(call, &line, None, (200, answer)).await;
        assert_eq!(found.id, id());
    }

    for (lookup, what) in [
        (ReturnLookup::order_name("  "), "name is blank"),
        (order("#1001"), "holds a number"),
    ] {
        let call = async |it: Client| it.returns().find(&lookup).await;
        refuses(call, ApiVersion::default(), what).await;
    }

    for (lookup, body, kind) in [
        (ReturnLookup::id(id()), r#"{"id":5}"#, "unreadable"),
        (
            order("7"),
            r#"{"id":5,"provider_order_id":"8"}"#,
            "unreadable",
        ),
        (order("7"), "[]", "unreadable"),
        (order("7"), "{}", "unreadable"),
    ] {
        let call = async |it: Client| it.returns().find(&lookup).await;
        fails(call, (200, body), kind, Effect::Unknown).await;
    }
    let call = async |it: Client| it.returns().find(&order("7")).await;
    let body = r#"{"error":{"message":"No return found with this ID."}}"#;
    fails(call, (200, body), "not_found", Effect::NotApplied).await;
}

#[tokio::test]
async fn fraud_is_reported_and_taken_back() {
    let answer = r#"{"id":31,"return_id":99904598,"category":"item-is-worn","comment":"Grass stains","created_at":"2026-11-01T10:00:00Z"}"#;
    let call = async |it: Client| {
        let comment = Some("Grass stains");
        it.returns()
            .report_fraud(id(), &FraudCategory::ItemIsWorn, comment)
            .await
    };
    let body = json!({ "category": "item-is-worn", "comment": "Grass stains" });
    let report = sends(call, &format!("POST {FRAUD}"), Some(body), (201, answer)).await;
    assert_eq!(report.id.as_str(), "31");
    assert_eq!(report.return_id, Some(id()));
    assert_eq!(report.category, Some(FraudCategory::ItemIsWorn));
    assert_eq!(report.comment.as_ref().unwrap().reveal(), "Grass stains");
    assert!(report.created_at.is_some());
    assert!(!format!("{report:?}").contains("Grass"));

    let novel = FraudCategory::from("some-new-abuse");
    let call = async |it: Client| it.returns().report_fraud(id(), &novel, None).await;
    let body = json!({ "category": "some-new-abuse" });
    let line = format!("POST {FRAUD}");
    sends(call, &line, Some(body), (201, r#"{"id":"a-1"}"#)).await;

    let withdraw = async |it: Client| it.returns().withdraw_fraud_report(id()).await;
    for answer in [(200, "true"), (204, ""), (200, "\"Success\""), (200, "{}")] {
        sends(withdraw, &format!("DELETE {FRAUD}"), None, answer).await;
    }
}

#[tokio::test]
async fn fraud_comments_are_measured_and_refusals_are_told_apart() {
    async fn report(
        it: Client,
        category: FraudCategory,
        comment: Option<&str>,
    ) -> Result<(), Error> {
        let answer = it.returns().report_fraud(id(), &category, comment).await;
        answer.map(|_| ())
    }
    for (category, comment, what) in [
        (FraudCategory::Other, None, "needs a comment"),
        (FraudCategory::Other, Some(" "), "needs a comment"),
        (
            FraudCategory::ItemIsWorn,
            Some(&*"ü".repeat(513)),
            "512 characters",
        ),
    ] {
        let call = async |it: Client| report(it, category, comment).await;
        refuses(call, ApiVersion::default(), what).await;
    }
    let longest = "ü".repeat(512);
    let call = async |it: Client| report(it, FraudCategory::Other, Some(&longest)).await;
    let body = json!({ "category": "other", "comment": longest });
    sends(
        call,
        &format!("POST {FRAUD}"),
        Some(body),
        (201, r#"{"id":1}"#),
    )
    .await;

    for (status, body, kind) in [
        (
            404,
            r#"{"errors":{"message":"No return found with this ID."}}"#,
            "not_found",
        ),
        (
            409,
            r#"{"errors":{"message":"Fraud Report already exists."}}"#,
            "invalid",
        ),
        (
            422,
            r#"{"message":"Bad input.","errors":{"category":["Unknown category."]}}"#,
            "invalid",
        ),
        (401, r#"{"errors":"Unauthorized."}"#, "unauthorized"),
    ] {
        let call = async |it: Client| report(it, FraudCategory::KeepItemAbuse, None).await;
        fails(call, (status, body), kind, Effect::NotApplied).await;
    }
    for body in NO_ANSWERS.into_iter().chain(["{}", r#"{"id":null}"#]) {
        let call = async |it: Client| report(it, FraudCategory::KeepItemAbuse, None).await;
        fails(call, (201, body), "unreadable", Effect::Unknown).await;
    }
    let withdraw = async |it: Client| it.returns().withdraw_fraud_report(id()).await;
    let gone = r#"{"code":"NOT_FOUND","message":"Nothing to delete."}"#;
    fails(withdraw, (404, gone), "not_found", Effect::NotApplied).await;
    let hidden = r#"{"errors":{"message":"No return found with this ID."}}"#;
    fails(withdraw, (200, hidden), "not_found", Effect::NotApplied).await;
}

#[tokio::test]
async fn nothing_is_removed_without_a_line() {
    let call = async |it: Client| it.returns().remove_line_items(id(), &[]).await;
    refuses(call, ApiVersion::default(), "no line items").await;
}

#[tokio::test]
async fn a_walk_of_pages_is_taken_up_by_another_process() {
    let page = |cursor: &str| {
        format!(
            r#"{{"returns":[],"nextPageUrl":"https://api.loopreturns.com/api/v1/x?cursor={cursor}"}}"#
        )
    };
    let (first, second) = (page("two"), page("three"));
    let full = r#"{"returns":[{"id":1},{"id":"x"}],"nextPageUrl":null}"#;
    let query = ReturnsQuery::updated(
        Timestamp::from_unix_seconds(0),
        Timestamp::from_unix_seconds(60),
    )
    .states([ReturnState::Open]);

    // The third page cannot be had: the stream says so and ends.
    let recorder = Recorder::new(&[(200, &first), (200, &second), (401, "{}")]);
    let pages: Vec<_> = client(&recorder)
        .returns()
        .pages(query.clone(), None)
        .collect()
        .await;
    let [Ok(one), Ok(two), Err(error)] = &pages[..] else {
        panic!("{pages:?}")
    };
    assert_eq!(error.kind().name(), "unauthorized");
    assert!(one.rows.is_empty() && two.rows.is_empty());
    assert_eq!(recorder.lines().len(), 3);

    let stored = serde_json::to_string(&two.next).unwrap();
    let position: Option<ListPosition> = serde_json::from_str(&stored).unwrap();
    let recorder = Recorder::new(&[(200, full)]);
    let pages: Vec<_> = client(&recorder)
        .returns()
        .pages(query, position)
        .collect()
        .await;
    let [Ok(last)] = &pages[..] else {
        panic!("{pages:?}")
    };
    assert!(last.next.is_none() && last.rows.len() == 2);
    let sent = recorder.lines();
    assert!(
        sent.len() == 1 && sent[0].ends_with("&cursor=three"),
        "{sent:?}"
    );
}
