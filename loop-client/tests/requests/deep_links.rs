use loop_client::{ApiVersion, Client, DeepLink, Effect, QrCode, QrFormat};
use serde_json::json;

use crate::{NO_ANSWERS, fails, refuses, sends};

const LINK: &str = "POST /api/2026-10/order/link";
const QR: &str = "POST /api/2026-10/order/qr";
const MADE: &str = r#"{"qr":"https://api.example.com/qr/i/canary","deeplink_url":"https://shop.example.com/#/link/canary"}"#;

#[tokio::test]
async fn links_send_what_is_documented() {
    for (link, body) in [
        (
            DeepLink::new("#1001", "90210"),
            json!({ "name": "#1001", "zip": "90210" }),
        ),
        (
            DeepLink::new("#1001", "90210").gift(true),
            json!({ "name": "#1001", "zip": "90210", "gift": true }),
        ),
        (
            DeepLink::new("#1001", "eliza@example.com").gift(false),
            json!({ "name": "#1001", "zip": "eliza@example.com", "gift": false }),
        ),
    ] {
        let call = async |it: Client| it.deep_links().create(&link).await;
        let answer = (200, r#"{"url":"https://shop.example.com/#/link/canary"}"#);
        let url = sends(call, LINK, Some(body.clone()), answer).await;
        assert_eq!(url.reveal(), "https://shop.example.com/#/link/canary");

        let call = async |it: Client| it.deep_links().create_qr(&link, &QrCode::new()).await;
        let made = sends(call, QR, Some(body), (200, MADE)).await;
        assert_eq!(made.qr.reveal(), "https://api.example.com/qr/i/canary");
        assert_eq!(
            made.deeplink_url.reveal(),
            "https://shop.example.com/#/link/canary"
        );

        let printed = format!("{link:?} {url:?} {made:?}");
        for secret in ["90210", "eliza", "canary"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

#[tokio::test]
async fn qr_codes_have_a_format_and_a_size() {
    for (code, format, size) in [
        (QrCode::new().format(QrFormat::Svg), json!("svg"), None),
        (
            QrCode::new().format(QrFormat::Png).size(250),
            json!("png"),
            Some(250),
        ),
        (
            QrCode::new().size(90).format(QrFormat::Eps),
            json!("eps"),
            Some(90),
        ),
    ] {
        let mut body = json!({ "name": "1001", "zip": "90210", "type": format });
        if let Some(size) = size {
            body["size"] = json!(size);
        }
        let link = DeepLink::new("1001", "90210");
        let call = async |it: Client| it.deep_links().create_qr(&link, &code).await;
        sends(call, QR, Some(body), (200, MADE)).await;
    }
}

#[tokio::test]
async fn a_link_needs_both_names_of_its_order() {
    for (link, what) in [
        (DeepLink::new(" ", "90210"), "name is blank"),
        (DeepLink::new("#1001", ""), "postal code is blank"),
    ] {
        let call = async |it: Client| it.deep_links().create(&link).await;
        refuses(call, ApiVersion::default(), what).await;
        let call = async |it: Client| it.deep_links().create_qr(&link, &QrCode::new()).await;
        refuses(call, ApiVersion::default(), what).await;
    }
}

#[tokio::test]
async fn refusals_and_nonsense_are_no_links() {
    let link = DeepLink::new("#1001", "90210");
    let create = async |it: Client| it.deep_links().create(&link).await;
    let create_qr = async |it: Client| it.deep_links().create_qr(&link, &QrCode::new()).await;
    for (status, body, kind) in [
        (400, r#"{"errors":["[\"ORDER_NOT_FOUND\"]"]}"#, "invalid"),
        (
            422,
            r#"{"errors":{"message":"Name and zip are needed."}}"#,
            "invalid",
        ),
        (401, r#"{"errors":"Unauthorized."}"#, "unauthorized"),
    ] {
        fails(create, (status, body), kind, Effect::NotApplied).await;
        fails(create_qr, (status, body), kind, Effect::NotApplied).await;
    }
    let halves = [
        "{}",
        "[]",
        r#"{"url":null,"qr":"https://x"}"#,
        r#"{"url":"","deeplink_url":"https://x"}"#,
        r#"{"url":{},"qr":[],"deeplink_url":7}"#,
    ];
    for body in NO_ANSWERS.into_iter().chain(halves) {
        fails(create, (200, body), "unreadable", Effect::Unknown).await;
        fails(create_qr, (200, body), "unreadable", Effect::Unknown).await;
    }
}
