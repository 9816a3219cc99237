//! Returns, their notes and the ASN report.

use futures_util::StreamExt as _;
use loop_client::{Effect, ReturnId, ReturnState, ReturnsQuery, Timestamp};
use serde_json::{Value, json};

use crate::paging::rows;
use crate::script::{EVERYWHERE, Failure, Golden, fails};

const UNKNOWN: &str = r#"{"errors":{"message":"No return found with this ID."}}"#;
const CLOSED: &str = r#"{"errors":{"message":"Return is closed and therefore cannot be processed.","code":"UNPROCESSABLE_RETURN"}}"#;

fn id() -> ReturnId {
    ReturnId::new(99_904_598).unwrap()
}

fn day(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn calls_and_answers() {
    let page = r#"{"returns":[{"id":"99904598"},{"id":"x"}],"nextPageUrl":null}"#;
    for answer in [page, r#"[{"id":99904598},{"id":"x"}]"#] {
        Golden::new(
            "GET /api/2026-10/warehouse/return/list?from=2026-11-01T00%3A00%3A00Z\
             &to=2026-11-08T00%3A00%3A00Z&filter=created_at&state=cancelled&paginate=true\
             &pageSize=50",
            answer,
        )
        .reads(json!(["99904598", "unreadable"]), async |client| {
            let query = ReturnsQuery::created(day("2026-11-01"), day("2026-11-08"))
                .states([ReturnState::Cancelled])
                .page_size(50);
            let page = client.returns().page(&query, None).await?;
            Ok(rows(page.rows.into_iter().map(|row| row.map(|it| it.id))))
        })
        .await;
    }
    Golden::new(
        "GET /api/2026-10/warehouse/return/details?return_id=99904598",
        r#"{"id":99904598,"state":"open"}"#,
    )
    .reads_only(json!(["99904598", "open"]), async |client| {
        let found = client.returns().get(id()).await?;
        Ok((found.id, found.state))
    })
    .await;
    Golden::new(
        "GET /api/2026-10/warehouse/reporting/asn?from=2026-11-01T00%3A00%3A00Z\
         &to=2026-11-08T00%3A00%3A00Z",
        r#"[{"id":99904598,"return_line_item_id":"7"},{"id":1}]"#,
    )
    .reads(json!([["99904598", "7"], "unreadable"]), async |client| {
        let report = client.reports().asn(day("2026-11-01"), day("2026-11-08"));
        let read: Vec<_> = report.collect().await;
        let ids = read
            .into_iter()
            .map(|row| row.map(|it| (it.return_id, it.line_item_id)));
        Ok(rows(ids))
    })
    .await;
    for answer in ["true", "\"true\""] {
        Golden::new(
            "POST /api/2026-10/warehouse/return/99904598/process",
            answer,
        )
        .reads_only(Value::Null, async |client| {
            client.returns().process(id()).await
        })
        .await;
        Golden::new("POST /api/2026-10/warehouse/return/99904598/flag", answer)
            .reads_only(Value::Null, async |client| {
                client.returns().flag(id()).await
            })
            .await;
        Golden::new("POST /api/2026-10/warehouse/return/99904598/note", answer)
            .body(json!({"content": "box crushed"}))
            .reads_only(Value::Null, async |client| {
                client.notes(id()).create("box crushed").await
            })
            .await;
    }
    let note = json!([{"id": "123", "content": "a", "created_at": "2023-11-07T05:31:56Z"}]);
    for (status, answer, reads) in [
        (
            200,
            r#"{"notes":[{"id":123,"content":"a","created_at":"2023-11-07T05:31:56Z"}]}"#,
            note.clone(),
        ),
        (
            200,
            r#"[{"id":123,"content":"a","created_at":"2023-11-07 05:31:56"}]"#,
            note,
        ),
        (422, "false", json!([])),
    ] {
        Golden::new("GET /api/2026-10/warehouse/return/99904598/notes", answer)
            .status(status)
            .reads_only(reads, async |client| client.notes(id()).list().await)
            .await;
    }
}

#[tokio::test]
async fn refusals() {
    let none: Failure = (200, UNKNOWN, "not_found", Effect::NotApplied);
    let closed: Failure = (200, CLOSED, "refused", Effect::NotApplied);
    let odd: Failure = (200, "false", "server", Effect::Unknown);
    fails(EVERYWHERE, async |client| {
        let query = ReturnsQuery::updated(day("2026-11-01"), day("2026-11-08"));
        client.returns().page(&query, None).await
    })
    .await;
    fails(&[EVERYWHERE, &[none]].concat(), async |client| {
        client.returns().get(id()).await
    })
    .await;
    let act = [EVERYWHERE, &[none, closed, odd]].concat();
    fails(&act, async |client| client.returns().process(id()).await).await;
    fails(&act, async |client| client.returns().flag(id()).await).await;
    let invalid: Failure = (
        422,
        r#"{"errors":{"message":"Content is required."}}"#,
        "invalid",
        Effect::NotApplied,
    );
    fails(
        &[EVERYWHERE, &[none, odd, invalid]].concat(),
        async |client| client.notes(id()).create("a").await,
    )
    .await;
    fails(EVERYWHERE, async |client| client.notes(id()).list().await).await;
    fails(EVERYWHERE, async |client| {
        let rows = client.reports().asn(day("2026-11-01"), day("2026-11-08"));
        let mut rows = std::pin::pin!(rows);
        rows.next().await.expect("an error")
    })
    .await;
}
