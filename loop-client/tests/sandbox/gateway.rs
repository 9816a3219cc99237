use loop_client::sandbox::Sandbox;
use serde_json::json;

use crate::api::*;

#[tokio::test]
async fn a_wrong_key_is_401_everywhere() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut api = Api::of(&sandbox);
    api.key = "wrong".to_owned();
    let expected = json!({"error": {
        "code": "401", "http_code": "GEN-UNAUTHORIZED", "message": "Unauthorized.",
    }});
    for path in ["/warehouse/return/list", "/webhooks", "/nothing"] {
        let answer = api.get(path, &[]).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.body, expected, "{path}");
    }
    let url = format!("{}/warehouse/return/list", api.base);
    let without = api.http.get(url).send().await.unwrap();
    assert_eq!(without.status().as_u16(), 401);
}

#[tokio::test]
async fn anything_else_is_404() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    assert_eq!(api.get("/draft-returns", &[]).await.status, 404);
    assert_eq!(api.get("", &[]).await.status, 404);
    let wrong_method = api.post("/warehouse/return/list", None).await;
    assert_eq!(wrong_method.status, 404);
    let unknown = Api::version(&sandbox, "2025-01").list(&[]).await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.body.is_object());
    for version in ["2026-10", "2026-07", "v1", "latest", "unstable"] {
        let answer = Api::version(&sandbox, version).list(&[]).await;
        assert_eq!(answer.status, 200, "{version}");
    }
}

/// No answer but a proxy's is anything else than JSON, whatever comes in.
#[tokio::test]
async fn a_request_that_cannot_be_read_is_refused_as_json() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    for (path, body, status) in [
        ("/warehouse/return/%FF/process", json!({}), 400),
        ("/cart/%ff", json!({}), 400),
        ("/cart", json!({"cart": "7".repeat(3 << 20)}), 413),
    ] {
        let answer = api.post(path, Some(&body)).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body["message"].is_string(), "{path}");
        assert_eq!(answer.headers["content-type"], "application/json", "{path}");
    }
}

#[tokio::test]
async fn too_many_requests_are_429_until_the_minute_is_over() {
    let hands = Hands::new();
    let builder = hands.on(Sandbox::builder().rate_limit_per_minute(2));
    let sandbox = builder.start().await.unwrap();
    let api = Api::of(&sandbox);
    let id = sandbox.create_return(shirts());
    for remaining in ["1", "0"] {
        let answer = api.list(&[]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["x-ratelimit-limit"], "2");
        assert_eq!(answer.headers["x-ratelimit-remaining"], remaining);
    }
    let refused = api.act(id, "process").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["x-ratelimit-remaining"], "0");
    assert_eq!(truth_of(&sandbox, id).process_requests, 0);
    hands.advance(60);
    assert_eq!(api.act(id, "process").await.body, true);
}
