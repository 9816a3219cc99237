//! What `tracing` is told: enough to find a call, and nothing that must not be in a log. One test
//! in a binary of its own, because `tracing` keeps per process who listens where.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;
#[path = "support/trace.rs"]
mod trace;

use loop_client::{
    DeepLink, FraudCategory, RawRequest, RetryPolicy, ReturnLookup, ReturnsQuery, Timestamp,
};
use support::{Answer, KEY, Script, VirtualTime};
use trace::Trace;

const PERSON: &str = "canary@example.com";

#[tokio::test]
async fn spans_name_the_call_and_its_attempts_and_no_secret() {
    let trace = Trace::default();
    let _listening = tracing::subscriber::set_default(trace.clone());
    let details = format!(r#"{{"id":99904598,"state":"open","customer":"{PERSON}"}}"#);
    let script = Script::new([Answer::Reply(503, String::new()), Answer::ok(&*details)]);
    let id = "99904598".parse().unwrap();
    script.client().0.returns().get(id).await.unwrap();
    let lines = trace.lines();
    let spans: Vec<_> = lines.iter().filter(|it| it.starts_with("span")).collect();
    assert_eq!(
        spans,
        [
            "span loop_call call=\"return_details\" return_id=99904598",
            "span loop_attempt attempt=1",
            "span loop_attempt attempt=2",
        ]
    );
    assert!(
        lines.iter().any(|it| it.ends_with("status=503")),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|it| it.ends_with("attempts=2")),
        "{lines:?}"
    );

    for answer in answers() {
        let script = Script::new((0..16).map(|_| answer()));
        let client = script
            .builder(&std::sync::Arc::new(VirtualTime::default()))
            .retry(RetryPolicy::default().with_attempts(2))
            .build()
            .unwrap();
        let now = Timestamp::from(std::time::SystemTime::UNIX_EPOCH);
        let returns = client.returns();
        let raw = RawRequest::get(["x"]).unwrap().query("email", &PERSON);
        let link = DeepLink::new(PERSON, PERSON);
        // What becomes of them is other tests' business.
        drop(returns.process(id).await);
        drop(returns.find(&ReturnLookup::order_name(PERSON)).await);
        drop(returns.page(&ReturnsQuery::created(now, now), None).await);
        drop(
            returns
                .report_fraud(id, &FraudCategory::Other, Some(PERSON))
                .await,
        );
        drop(client.notes(id).create(PERSON).await);
        drop(client.deep_links().create(&link).await);
        drop(client.raw().fetch::<serde_json::Value>(&raw).await);
    }
    let lines = trace.lines();
    assert!(lines.len() > 100, "the calls left traces");
    for line in lines {
        for secret in [KEY, "canary"] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

/// Everything Loop, or something on the way, may answer with the key and a person in it.
fn answers() -> Vec<fn() -> Answer> {
    vec![
        || Answer::ok(format!(r#"{{"error":{{"message":"{KEY} {PERSON}"}}}}"#)),
        || Answer::Reply(422, format!(r#"{{"errors":{{"{PERSON}":["{PERSON}"]}}}}"#)),
        || Answer::Reply(401, format!(r#"{{"errors":"{KEY} is no key"}}"#)),
        || Answer::Reply(500, format!("<html>{PERSON} {KEY}</html>")),
        || {
            Answer::Headed(
                302,
                &[("location", "https://canary.example.com")],
                KEY.into(),
            )
        },
        || Answer::Headed(429, &[("retry-after", "canary@example.com")], PERSON.into()),
        || Answer::ok(format!(r#"{{"id":"{PERSON}"}}"#)),
        || Answer::ok(format!(r#"[{{"id":1,"line_items":"{PERSON}"}}]"#)),
        || Answer::Lost,
        || Answer::Broken(vec!["{\"customer\":\"canary"]),
    ]
}
