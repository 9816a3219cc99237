//! The client against a scripted transport: no network, no clock, every answer chosen here. What
//! it makes of each thing that Loop can answer stands in `behaviour/`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "behaviour/virtual_time.rs"]
mod virtual_time;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use loop_client::transport::{Body, Transport, TransportError};
use loop_client::{
    ApiKey, Client, ConfigError, Effect, ErrorKind, RateLimit, ReturnId, ReturnState, ReturnsQuery,
    Timestamp,
};

use virtual_time::Virtual;

const KEY: &str = "canary-api-key";

/// One answer of the script.
enum Answer {
    Reply(u16, &'static str),
    /// 429 with `Retry-After`.
    Advised(&'static str),
    Lost,
}

struct Script {
    requests: Mutex<Vec<http::Request<Bytes>>>,
    answers: Mutex<VecDeque<Answer>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    fn new(answers: Vec<Answer>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into()),
            requests: Mutex::default(),
        })
    }

    fn sent(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .map(|it| format!("{} {}", it.method(), it.uri()))
            .collect()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        assert_eq!(request.headers()["x-authorization"], KEY);
        self.requests.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front();
        let response = http::Response::builder();
        let response = match answer.expect("the script has ended") {
            Answer::Lost => return Err(TransportError::maybe_sent("the connection broke")),
            Answer::Reply(status, body) => response.status(status).body(Body::full(body)),
            Answer::Advised(advice) => response
                .status(429)
                .header("retry-after", advice)
                .body(Body::full("")),
        };
        Ok(response.unwrap())
    }
}

fn client(script: &Arc<Script>, runtime: &Arc<Virtual>) -> Client {
    Client::builder(ApiKey::new(KEY).unwrap())
        .transport(script.clone())
        .runtime(runtime.clone())
        .build()
        .unwrap()
}

fn id() -> ReturnId {
    "99904598".parse().unwrap()
}

#[tokio::test]
async fn reads_are_repeated_with_growing_bounded_waits() {
    let script = Script::new(vec![
        Answer::Reply(500, ""),
        Answer::Lost,
        Answer::Advised("9"),
        Answer::Reply(200, r#"{"id":99904598,"state":"open"}"#),
    ]);
    let runtime = Arc::new(Virtual::default());
    let ret = client(&script, &runtime).returns().get(id()).await.unwrap();
    assert_eq!(ret.state, Some(ReturnState::Open));
    let slept = runtime.slept();
    assert_eq!(slept.len(), 3, "one wait between attempts: {slept:?}");
    assert!(slept[0] <= Duration::from_millis(500) && slept[1] <= Duration::from_secs(1));
    assert_eq!(slept[2], Duration::from_secs(9), "as Loop asked");
    assert!(
        script
            .sent()
            .iter()
            .all(|it| it.ends_with("/details?return_id=99904598"))
    );
}

#[tokio::test]
async fn pages_are_walked_without_following_their_links() {
    let script = Script::new(vec![
        Answer::Reply(
            200,
            r#"{"returns":[{"id":"1"},{"id":"x"}],"nextPageUrl":"https://api.loopreturns.com/api/v1/warehouse/return/list?cursor=two"}"#,
        ),
        // An empty page is not the end.
        Answer::Reply(
            200,
            r#"{"returns":[],"nextPageUrl":"https://api.loopreturns.com/api/v1/x?cursor=three"}"#,
        ),
        Answer::Reply(
            200,
            r#"{"returns":[{"id":"2"},{"id":1}],"nextPageUrl":null}"#,
        ),
        // The second state, as a bare array.
        Answer::Reply(200, r#"[{"id":"3"},{"id":"2"}]"#),
    ]);
    let (from, to) = (
        Timestamp::from_unix_seconds(0),
        Timestamp::from_unix_seconds(86_400),
    );
    let query = ReturnsQuery::updated(from, to).states([ReturnState::Open, ReturnState::Review]);
    let rows: Vec<_> = client(&script, &Arc::default())
        .returns()
        .list(query)
        .collect()
        .await;
    let ids: Vec<Option<u64>> = rows
        .iter()
        .map(|row| row.as_ref().ok().map(|it| it.id.get()))
        .collect();
    assert_eq!(
        ids,
        [Some(1), None, Some(2), Some(3)],
        "each once, the bad row in its place"
    );
    let sent = script.sent();
    assert!(sent.iter().all(|it| {
        it.contains("/api/2026-10/warehouse/return/list?from=1970-01-01T00%3A00%3A00Z&to=")
    }));
    let cursors: Vec<bool> = sent.iter().map(|it| it.contains("cursor=")).collect();
    assert_eq!(cursors, [false, true, true, false]);
}

#[tokio::test]
async fn the_budget_is_shared_by_clones_and_waits_instead_of_overrunning() {
    let script = Script::new((0..5).map(|_| Answer::Reply(200, "true")).collect());
    let runtime = Arc::new(Virtual::default());
    let one = Client::builder(ApiKey::new(KEY).unwrap())
        .transport(script.clone())
        .runtime(runtime.clone())
        .rate_limit(RateLimit::per_minute(2))
        .build()
        .unwrap();
    let two = one.clone();
    for _ in 0..2 {
        one.returns().flag(id()).await.unwrap();
        two.returns().flag(id()).await.unwrap();
    }
    let slept: Duration = runtime.slept().iter().sum();
    assert!(
        slept >= Duration::from_secs(60),
        "two calls had to wait a minute: {slept:?}"
    );
}

#[tokio::test]
async fn notes_are_checked_before_they_are_sent() {
    let script = Script::new(vec![
        Answer::Reply(200, "true"),
        Answer::Reply(422, "false"),
        Answer::Reply(200, r#"[{"id":1,"content":"a"}]"#),
    ]);
    let client = client(&script, &Arc::default());
    let notes = client.notes(id());
    for text in ["", "  ", &"x".repeat(255)] {
        let error = notes.create(text).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Input(_)));
        assert_eq!(error.effect(), Effect::NotSent);
    }
    assert!(script.sent().is_empty());
    notes.create(&"ü".repeat(254)).await.unwrap();
    assert!(
        notes.list().await.unwrap().is_empty(),
        "422 false means that there are none"
    );
    assert_eq!(notes.list().await.unwrap()[0].content, "a");
}

#[tokio::test]
async fn neither_key_nor_shopper_shows_in_anything_printed() {
    let email = "canary@example.com";
    let body: &'static str = r#"{"id":99904598,"customer":"canary@example.com","state":"open",
        "address":{"name":"canary@example.com"},"status_page_url":"https://x/canary@example.com",
        "line_items":[{"line_item_id":1,"return_comment":"canary@example.com"}]}"#;
    let bad: &'static str = r#"{"id":"canary@example.com"}"#;
    let script = Script::new(vec![
        Answer::Reply(200, body),
        Answer::Reply(200, r#"{"errors":{"message":"mail canary@example.com"}}"#),
        Answer::Reply(200, bad),
        Answer::Reply(200, bad),
        Answer::Reply(200, bad),
        Answer::Reply(200, bad),
    ]);
    let client = client(&script, &Arc::default());
    let ret = client.returns().get(id()).await.unwrap();
    assert_eq!(ret.customer.as_ref().unwrap().reveal(), email);
    let mut printed = format!("{ret:?} {client:?} {:?}", ApiKey::new(KEY));
    for error in [
        client.returns().process(id()).await.unwrap_err(),
        client.returns().get(id()).await.unwrap_err(),
    ] {
        printed += &format!("{error:?}");
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            printed += &format!(" {error}");
            cause = error.source();
        }
    }
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn without_transport_and_runtime_there_is_no_client() {
    let result = Client::new(ApiKey::new(KEY).unwrap());
    assert_eq!(
        matches!(result, Err(ConfigError::NoTransport)),
        cfg!(not(feature = "reqwest"))
    );
}

/// The built-in transport: the key goes to its origin and nowhere else.
#[cfg(feature = "reqwest")]
#[tokio::test]
async fn a_redirect_is_not_followed() {
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    let (home, abroad) = (MockServer::start().await, MockServer::start().await);
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_string("true"))
        .expect(0)
        .named("the other origin")
        .mount(&abroad)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(307).insert_header("location", abroad.uri()))
        .expect(1)
        .named("the configured origin")
        .mount(&home)
        .await;
    let client = Client::builder(ApiKey::new(KEY).unwrap())
        .base_url(home.uri())
        .build()
        .unwrap();
    let error = client.returns().process(id()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Redirected), "{error:?}");
    assert_eq!(error.effect(), Effect::Unknown);
}

/// The built-in transport: nothing listens there, so nothing can have been sent.
#[cfg(feature = "reqwest")]
#[tokio::test]
async fn a_refused_connection_is_known_to_have_sent_nothing() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let client = Client::builder(ApiKey::new(KEY).unwrap())
        .base_url(format!("http://{unused}/api"))
        .runtime(Arc::new(Virtual::default()))
        .build()
        .unwrap();
    let error = client.returns().process(id()).await.unwrap_err();
    assert_eq!(error.effect(), Effect::NotSent, "{error:?}");
    assert!(!format!("{error:?}").contains("process?") && !format!("{error:?}").contains(KEY));
}
