use loop_client::{Effect, RawRequest};
use serde_json::{Value, json};

use crate::script::{EVERYWHERE, Failure, Golden, fails};

#[tokio::test]
async fn calls_and_answers() {
    Golden::new("GET /api/2026-10/draft-returns?page=2&q=a+b%2Fc", "[7]")
        .reads(json!([7]), async |client| {
            let request = RawRequest::get(["draft-returns"]).unwrap();
            let request = request.query("page", &2).query("q", &"a b/c");
            client.raw().fetch::<Value>(&request).await
        })
        .await;
    Golden::new("POST /api/2026-10/draft-returns/9/submit", r#"{"id":9}"#)
        .body(json!({"a": 1}))
        .reads(json!({"id": 9}), async |client| {
            let request = RawRequest::post(["draft-returns", "9", "submit"]).unwrap();
            let request = request.json(&json!({"a": 1}));
            client.raw().fetch::<Value>(&request).await
        })
        .await;
    for (sends, request) in [
        ("PUT /api/2026-10/a/b", RawRequest::put(["a", "b"])),
        ("DELETE /api/2026-10/a/b", RawRequest::delete(["a", "b"])),
        ("POST /api/2026-10/%D0%BA", RawRequest::post(["к"])),
    ] {
        let request = request.unwrap();
        Golden::new(sends, "true")
            .reads_only(Value::Null, async |client| client.raw().act(&request).await)
            .await;
    }
}

/// No path leads to another endpoint than its segments say.
#[test]
fn paths() {
    for path in [
        &[][..],
        &[""],
        &["."],
        &["a", ".."],
        &["a/b"],
        &["a\\b"],
        &["%2e%2e"],
        &["a?b"],
        &["a#b"],
        &["a b"],
    ] {
        assert!(RawRequest::get(path).is_err(), "{path:?}");
    }
}

/// Of a write that nobody knows, no refusal proves that it did nothing, save those at the door.
#[tokio::test]
async fn refusals() {
    let invalid = |effect| -> [Failure; 2] {
        [
            (422, r#"{"message":"No."}"#, "invalid", effect),
            (200, r#"{"errors":{"message":"No."}}"#, "refused", effect),
        ]
    };
    let read = [EVERYWHERE, &invalid(Effect::NotApplied)].concat();
    fails(&read, async |client| {
        let request = RawRequest::get(["a"]).unwrap();
        client.raw().fetch::<Value>(&request).await
    })
    .await;
    let write = [EVERYWHERE, &invalid(Effect::Unknown)].concat();
    fails(&write, async |client| {
        let request = RawRequest::post(["a"]).unwrap();
        client.raw().fetch::<Value>(&request).await
    })
    .await;
    fails(&write, async |client| {
        let request = RawRequest::post(["a"]).unwrap();
        client.raw().act(&request).await
    })
    .await;
}
