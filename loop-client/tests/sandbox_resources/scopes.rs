use loop_client::sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::*;

// Scopes.

#[tokio::test]
async fn a_call_needs_its_scope() {
    let scopes = ["returns", "orders", "destinations:write"];
    let api = Api::with(Sandbox::builder().scopes(scopes)).await;
    let unauthorized = json!({"error": {
        "code": "401", "http_code": "GEN-UNAUTHORIZED", "message": "Unauthorized.",
    }});
    for (method, path, open) in [
        (Method::GET, "/warehouse/return/list", true),
        (Method::POST, "/dispositioning/grade", true),
        (Method::POST, "/returns/1/labels/regenerate", true),
        (Method::POST, "/order/link", true),
        (Method::GET, "/blocklists", true),
        (Method::GET, "/orders", true),
        (Method::POST, "/destinations", true),
        (Method::GET, "/destinations", false),
        (Method::POST, "/cart", false),
        (Method::GET, "/webhooks", false),
        (Method::GET, "/happy-returns/shipments", false),
        (Method::GET, "/label-requests", false),
        (Method::POST, "/labels", false),
        (Method::GET, "/nothing", true),
    ] {
        let label = format!("{method} {path}");
        let (status, body) = api.call(method, path, Value::Null).await;
        assert_eq!(status != 401, open, "{label}");
        if !open {
            assert_eq!(body, unauthorized, "{label}");
        }
    }
    let none = Api::with(Sandbox::builder().scopes([] as [&str; 0])).await;
    assert_eq!(
        none.get("/warehouse/return/list").await,
        (401, unauthorized)
    );
    let (status, _) = none.post("/returns/1/labels/regenerate", Value::Null).await;
    assert_eq!(status, 403, "the one call that is documented so");
}
