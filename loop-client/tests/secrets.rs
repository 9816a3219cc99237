//! Keys, secrets and people show in nothing that a program prints: `Debug` and `Display` of every
//! public value, and every error with its causes. Each value is built with markers in all places
//! where Loop documents something about a person, or where somebody may put a secret.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::error::Error as _;
use std::fmt::Debug;

use futures_util::StreamExt as _;
use loop_client::webhook::{Event, WebhookVerifier, sign};
use loop_client::{
    ApiKey, AsnRow, AssessedItem, Assessment, Client, ConditionCategory, ConditionGrade,
    CreatedLabel, DeepLink, DispositionOutcome, Error, FraudReport, Grade, GradedItem,
    LabelErrorReason, LabelRate, LabelRequest, Listing, NewLabel, NewListing, Note, QrCode, QrLink,
    RawJson, RawRequest, Return, ReturnLookup, ReturnsQuery, Subscription, Timestamp,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use support::{Answer, KEY, Script};

const PERSON: &str = "canary@example.com";
const LINK: &str = "https://canary.example.com/#/return/canary";

fn silent(what: &str, value: &impl Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!text.contains("canary"), "{what}: {text}");
    }
}

/// Decodes what Loop sends and looks at it.
fn decoded<T: DeserializeOwned + Debug>(what: &str, json: Value) -> T {
    let value: T = serde_json::from_value(json).expect(what);
    silent(what, &value);
    value
}

fn person() -> Value {
    json!({
        "name": PERSON, "company": PERSON, "address1": PERSON, "address2": PERSON,
        "city": "canary", "state": "canary", "region": "canary", "zip": "canary",
        "postal_code": "canary", "phone": "canary", "country": "United States",
        "country_code": "US",
    })
}

/// A return with all its places for people filled.
fn a_return() -> Value {
    json!({
        "id": 99904598, "state": "open", "customer": PERSON, "status_page_url": LINK,
        "label_url": LINK, "address": person(), "customer_email": PERSON,
        "customer_first_name": "canary", "customer_last_name": "canary",
        "presentment": {"any": PERSON}, "gift_card_presentment": {"any": PERSON},
        "outcomes_processed_at": {"any": PERSON}, "shopify_refund_object": PERSON,
        "customer_detail": {
            "email": PERSON, "first_name": "canary", "middle_name": "canary",
            "last_name": "canary",
        },
        "labels": [{"url": LINK, "tracking_number": "1Z"}],
        "return_method": {
            "provider": "carrier", "address": person(), "qr_code_url": LINK,
        },
        "line_items": [{
            "line_item_id": 7, "sku": "TEE-M", "return_comment": PERSON,
            "condition": {"return_processor": PERSON, "note": PERSON, "description": PERSON},
            "disposition": {"return_processor": PERSON, "note": PERSON},
        }],
    })
}

#[test]
fn what_loop_sends_shows_nobody() {
    let ret: Return = decoded("return", a_return());
    assert_eq!(ret.customer.as_ref().unwrap().reveal(), PERSON);
    let method = ret.return_method.as_ref().unwrap();
    assert_eq!(method.qr_code_url.as_ref().unwrap().reveal(), LINK);
    assert_eq!(method.address.as_ref().unwrap().get()["name"], PERSON);
    decoded::<AsnRow>(
        "ASN row",
        json!({
            "id": 1, "return_line_item_id": 2, "customer_email": PERSON, "label_url": LINK,
            "integration_tracking_url": LINK, "actioned_by": PERSON,
        }),
    );
    decoded::<Note>("note", json!({"id": 1, "content": PERSON}));
    decoded::<FraudReport>("fraud report", json!({"id": 1, "comment": PERSON}));
    let listing = json!({"id": 1, "type": "email", "value": PERSON, "secondary_value": PERSON});
    decoded::<Listing>("listing", listing);
    let inspected = json!({
        "line_item_id": 7, "description": PERSON, "return_processor": PERSON, "note": PERSON,
        "images": [LINK],
    });
    decoded::<GradedItem>("graded item", inspected.clone());
    decoded::<AssessedItem>("assessed item", inspected);
    let label = json!({"id": 1, "label_url": LINK, "tracking_url": LINK, "qrcode_url": LINK});
    decoded::<CreatedLabel>("label", label);
    decoded::<LabelRequest>(
        "label request",
        json!({
            "id": 1, "addresses": {"origin": person(), "destination": person()},
            "errors": [{"reason": "Other", "message": PERSON}],
        }),
    );
    decoded::<QrLink>("QR", json!({"qr": LINK, "deeplink_url": LINK}));
    decoded::<RawJson>("raw", json!({"any": PERSON}));
    decoded::<Subscription>(
        "subscription",
        json!({
            "id": 1, "topic": "return", "trigger": "return.created",
            "url": "https://user:canary@example.com/hook?token=canary",
        }),
    );
    let with = |topic: &str, more: Value| {
        let mut body = json!({"topic": topic, "trigger": "x"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    for body in [
        with("return", a_return()),
        with("label", json!({"id": 1, "carrier": "USPS"})),
        with(
            "giftcard",
            json!({"id": 1, "return_id": 2, "email": PERSON, "first_name": "canary", "last_name": "canary"}),
        ),
        with(
            "label.request",
            json!({"id": 1, "return_id": 2, "addresses": {"origin": person(), "destination": person()}}),
        ),
        with(
            "return.processing",
            json!({"return_id": 1, "message": PERSON}),
        ),
        with("something.new", json!({"email": PERSON})),
    ] {
        let event = Event::decode(body.to_string().as_bytes()).expect("a webhook");
        silent("webhook", &event);
    }
}

#[tokio::test]
async fn an_order_shows_nobody() {
    let order = format!(r#"{{"id":"7","customer":{{"email":"{PERSON}"}}}}"#);
    let client = Script::answering(move |_, _| Answer::ok(order.clone()))
        .client()
        .0;
    let (id, fields) = ("7".parse().unwrap(), serde_json::Map::new());
    let orders = client.orders();
    for order in [
        orders.list(&[("email", PERSON)]).await,
        orders.get(&id).await,
        orders.create(&fields).await,
        orders.upsert(&fields).await,
        orders.update(&id, &fields).await,
        orders.return_eligibility("#1001").await,
    ] {
        let order = order.unwrap();
        assert_eq!(order.get()["customer"]["email"], PERSON);
        silent("order", &order);
    }
}

#[test]
fn what_is_sent_to_loop_shows_nobody() {
    let line = "7".parse().unwrap();
    let grade = Grade::new(line, PERSON)
        .category(ConditionCategory::Grade(ConditionGrade::GradeA))
        .return_processor(PERSON)
        .note(PERSON)
        .image(LINK);
    silent("grade", &grade);
    let assessment = Assessment::new(line, DispositionOutcome::Missing)
        .return_processor(PERSON)
        .note(PERSON);
    silent("assessment", &assessment);
    silent("deep link", &DeepLink::new("#1001", PERSON).gift(true));
    silent("QR", &QrCode::new());
    silent("listing", &NewListing::email(PERSON));
    silent(
        "label",
        &NewLabel::new(
            "6340".parse().unwrap(),
            "1Z",
            "USPS",
            LINK,
            LabelRate::new(1093, "USD"),
        ),
    );
    silent("label error", &LabelErrorReason::InvalidAddress);
    silent("lookup", &ReturnLookup::order_name("#1001"));
    let raw = RawRequest::post(["customers", PERSON])
        .unwrap()
        .query("email", &PERSON)
        .json(&json!({"email": PERSON}));
    silent("raw request", &raw);
}

#[test]
fn keys_and_secrets_show_nowhere() {
    let builder = Client::builder(ApiKey::new(KEY).unwrap());
    silent("key", &ApiKey::new(KEY).unwrap());
    silent("builder", &builder);
    let client = builder.build().unwrap();
    silent("client", &client);
    silent("returns", &client.returns());
    silent(
        "verifier",
        &WebhookVerifier::new(["canary-secret"]).unwrap(),
    );
    let signature = sign(b"canary-secret", b"{}");
    assert!(!signature.contains("canary"));
    for key in ["canary key", "canary\nkey"] {
        let error = ApiKey::new(key).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    for base in [
        "https://canary:canary@example.com",
        "http://canary.example.com",
        "canary",
    ] {
        let error = Client::builder(ApiKey::new(KEY).unwrap())
            .base_url(base)
            .build()
            .unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{base}");
    }
}

/// The error and all its causes, printed in every way.
fn printed(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(" / {inner} {inner:?}"));
        cause = inner.source();
    }
    text
}

#[tokio::test]
async fn errors_quote_neither_key_nor_person() {
    let answers: [fn() -> Answer; 15] = [
        || {
            Answer::reply(
                400,
                format!(r#"{{"errors":{{"code":"{KEY}","message":"x"}}}}"#),
            )
        },
        || Answer::reply(400, format!(r#"{{"message":"{} {KEY}"}}"#, "x".repeat(190))),
        || Answer::reply(400, format!(r#"{{"errors":["{KEY}"]}}"#)),
        || Answer::reply(401, format!(r#"{{"errors":"no key {KEY}"}}"#)),
        || {
            Answer::reply(
                422,
                format!(r#"{{"message":"{PERSON} is wrong","errors":{{"x":["{PERSON}"]}}}}"#),
            )
        },
        || Answer::reply(400, format!(r#"{{"errors":["{PERSON}"]}}"#)),
        || {
            Answer::reply(
                400,
                r#"{"errors":{"code":"canary@example.com","message":"x"}}"#,
            )
        },
        || {
            Answer::reply(
                400,
                r#"{"message":"see https://x/?email=canary%40example.com"}"#,
            )
        },
        || Answer::ok(format!(r#"{{"errors":{{"message":"Hello {PERSON}"}}}}"#)),
        || Answer::ok(format!(r#"{{"id":"{PERSON}"}}"#)),
        || {
            Answer::ok(format!(
                r#"{{"id":1,"line_items":[{{"line_item_id":"{PERSON}"}}]}}"#
            ))
        },
        || Answer::ok(format!(r#"{{"{PERSON}":"{PERSON}"#)),
        || Answer::reply(500, format!("<html>{PERSON} {KEY}</html>")),
        || Answer::headed(302, &[("location", "https://canary.example.com")], ""),
        || Answer::Broken("{\"customer\":\"canary".into()),
    ];
    let id = "99904598".parse().unwrap();
    let now = Timestamp::from(std::time::SystemTime::UNIX_EPOCH);
    let query = ReturnsQuery::created(now, now);
    for answer in answers {
        let client = || Script::new((0..8).map(|_| answer())).client().0;
        let mut errors = vec![
            client().returns().get(id).await.err(),
            client().returns().process(id).await.err(),
            client().notes(id).list().await.err(),
            client().webhooks().list().await.err(),
            client().returns().page(&query, None).await.err(),
        ];
        let rows = client();
        let reports = rows.reports();
        let mut rows = std::pin::pin!(reports.asn(now, now));
        while let Some(row) = rows.next().await {
            errors.push(row.err());
        }
        let errors: Vec<_> = errors.into_iter().flatten().collect();
        assert!(!errors.is_empty());
        for error in errors {
            let text = printed(&error);
            assert!(!text.contains("canary"), "{text}");
        }
    }
}
