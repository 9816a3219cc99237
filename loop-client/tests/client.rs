//! The client against a scripted transport: no network, no clock, every answer chosen here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use loop_client::transport::{Body, Transport, TransportError};
use loop_client::{
    ApiKey, Client, ConfigError, Effect, ErrorKind, PagingFault, RateLimit, ReturnId, ReturnState,
    ReturnsQuery, Runtime, Timestamp,
};

const KEY: &str = "canary-api-key";

/// One answer of the script.
enum Answer {
    Reply(u16, &'static str),
    Advised(u16, &'static str),
    NotSent,
    Lost,
    /// The body arrives in these pieces and then the connection breaks.
    Broken(Vec<&'static str>),
}

/// A body in pieces; `Err` where the connection breaks.
type Pieces = Vec<Result<&'static str, ()>>;

#[derive(Default)]
struct Script {
    requests: Mutex<Vec<http::Request<Bytes>>>,
    answers: Mutex<VecDeque<http::Response<Pieces>>>,
    failures: Mutex<VecDeque<Option<bool>>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    fn new(answers: Vec<Answer>) -> Arc<Self> {
        let script = Self::default();
        for answer in answers {
            let (status, advice, body, failure) = match answer {
                Answer::Reply(status, body) => (status, None, vec![Ok(body)], None),
                Answer::Advised(status, advice) => (status, Some(advice), vec![], None),
                Answer::NotSent => (200, None, vec![], Some(false)),
                Answer::Lost => (200, None, vec![], Some(true)),
                Answer::Broken(pieces) => (
                    200,
                    None,
                    pieces.into_iter().map(Ok).chain([Err(())]).collect(),
                    None,
                ),
            };
            let mut response = http::Response::builder().status(status);
            if let Some(advice) = advice {
                response = response.header("retry-after", advice);
            }
            script
                .answers
                .lock()
                .unwrap()
                .push_back(response.body(body).unwrap());
            script.failures.lock().unwrap().push_back(failure);
        }
        Arc::new(script)
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
        let answer = self
            .answers
            .lock()
            .unwrap()
            .pop_front()
            .expect("the script has ended");
        match self
            .failures
            .lock()
            .unwrap()
            .pop_front()
            .expect("one per answer")
        {
            Some(true) => return Err(TransportError::maybe_sent("the connection broke")),
            Some(false) => return Err(TransportError::not_sent("no connection")),
            None => {}
        }
        let (parts, pieces) = answer.into_parts();
        let pieces = pieces.into_iter().map(|piece| {
            piece
                .map(Bytes::from)
                .map_err(|()| TransportError::maybe_sent("the connection broke"))
        });
        Ok(http::Response::from_parts(
            parts,
            Body::new(stream::iter(pieces)),
        ))
    }
}

/// Time passes only by sleeping.
#[derive(Debug, Default)]
struct Virtual {
    now: Mutex<Duration>,
    slept: Mutex<Vec<Duration>>,
}

#[async_trait]
impl Runtime for Virtual {
    fn elapsed(&self) -> Duration {
        *self.now.lock().unwrap()
    }
    async fn sleep(&self, duration: Duration) {
        *self.now.lock().unwrap() += duration;
        self.slept.lock().unwrap().push(duration);
    }
    fn random(&self) -> u64 {
        u64::MAX
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
async fn a_process_call_is_sent_again_only_when_the_first_is_proven_to_have_done_nothing() {
    use Answer::{Advised, Lost, NotSent, Reply};
    let refused = r#"{"errors":{"message":"Return is closed and therefore cannot be processed.","code":"UNPROCESSABLE_RETURN"}}"#;
    for (script, sent, effect) in [
        (vec![Reply(200, "true")], 1, None),
        (vec![NotSent, Reply(200, "\"true\"")], 2, None),
        (vec![Advised(429, "7"), Reply(200, "true")], 2, None),
        (vec![Lost], 1, Some(Effect::Unknown)),
        (vec![Reply(500, "true")], 1, Some(Effect::Unknown)),
        (vec![Reply(503, "")], 1, Some(Effect::Unknown)),
        (vec![Reply(524, "<html>")], 1, Some(Effect::Unknown)),
        (vec![Reply(200, "false")], 1, Some(Effect::Unknown)),
        (vec![Reply(200, "")], 1, Some(Effect::Unknown)),
        (
            vec![Reply(200, "<html>true</html>")],
            1,
            Some(Effect::Unknown),
        ),
        (vec![Reply(302, "")], 1, Some(Effect::Unknown)),
        (vec![Answer::Broken(vec!["tr"])], 1, Some(Effect::Unknown)),
        (vec![Reply(200, refused)], 1, Some(Effect::NotApplied)),
        (
            vec![Reply(401, r#"{"errors":"Unauthorized."}"#)],
            1,
            Some(Effect::NotApplied),
        ),
        (vec![NotSent, Lost], 2, Some(Effect::Unknown)),
        (
            vec![NotSent, NotSent, NotSent, NotSent],
            4,
            Some(Effect::NotSent),
        ),
    ] {
        let (script, runtime) = (Script::new(script), Arc::default());
        let answer = client(&script, &runtime).returns().process(id()).await;
        assert_eq!(
            answer.as_ref().err().map(loop_client::Error::effect),
            effect,
            "{answer:?}"
        );
        let path = "POST https://api.loopreturns.com/api/2026-10/warehouse/return/99904598/process";
        assert_eq!(script.sent(), vec![path; sent], "{answer:?}");
    }
}

#[tokio::test]
async fn reads_are_repeated_with_growing_bounded_waits() {
    let script = Script::new(vec![
        Answer::Reply(500, ""),
        Answer::Lost,
        Answer::Advised(429, "9"),
        Answer::Reply(200, r#"{"id":99904598,"state":"open"}"#),
    ]);
    let runtime = Arc::new(Virtual::default());
    let ret = client(&script, &runtime).returns().get(id()).await.unwrap();
    assert_eq!(ret.state, Some(ReturnState::Open));
    let slept = runtime.slept.lock().unwrap().clone();
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
async fn an_error_in_a_good_status_is_an_error_and_another_return_is_not_ours() {
    for (body, not_found) in [
        (
            r#"{"error":{"message":"No return found with this ID."}}"#,
            true,
        ),
        (r#"{"id":99904599,"state":"open"}"#, false),
        ("[]", false),
    ] {
        let script = Script::new((0..4).map(|_| Answer::Reply(200, body)).collect());
        let error = client(&script, &Arc::default())
            .returns()
            .get(id())
            .await
            .unwrap_err();
        assert_eq!(
            matches!(error.kind(), ErrorKind::NotFound(_)),
            not_found,
            "{error}"
        );
        assert_eq!(error.return_id(), Some(id()));
    }
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
async fn a_walk_ends_with_an_error_rather_than_in_a_circle_or_abroad() {
    let page = |link| Answer::Reply(200, link);
    for (script, fault, sent) in [
        (
            vec![page(
                r#"{"returns":[],"nextPageUrl":"https://evil.example/?cursor=1"}"#,
            )],
            PagingFault::ForeignLink,
            1,
        ),
        (
            vec![
                page(r#"{"returns":[],"nextPageUrl":"https://api.loopreturns.com/?cursor=1"}"#),
                page(r#"{"returns":[],"nextPageUrl":"https://api.loopreturns.com/?cursor=2"}"#),
                page(r#"{"returns":[],"nextPageUrl":"https://api.loopreturns.com/?cursor=1"}"#),
            ],
            PagingFault::Loop,
            3,
        ),
        (
            vec![page(
                r#"{"returns":[],"nextPageUrl":"https://api.loopreturns.com/?page=2"}"#,
            )],
            PagingFault::NoCursor,
            1,
        ),
    ] {
        let script = Script::new(script);
        let query = ReturnsQuery::created(
            Timestamp::from_unix_seconds(0),
            Timestamp::from_unix_seconds(1),
        );
        let rows: Vec<_> = client(&script, &Arc::default())
            .returns()
            .list(query)
            .collect()
            .await;
        let [Err(error)] = &rows[..] else {
            panic!("{rows:?}")
        };
        assert!(
            matches!(error.kind(), ErrorKind::Paging(found) if *found == fault),
            "{error:?}"
        );
        assert_eq!(script.sent().len(), sent);
    }
}

#[tokio::test]
async fn a_report_that_breaks_off_is_an_error_after_its_rows() {
    let script = Script::new(vec![Answer::Broken(vec![
        r#"[{"id":1,"return_line_"#,
        r#"item_id":"7"},{"id":"x"},"#,
        r#"{"id":2,"return_line_item_id":8},{"id":3"#,
    ])]);
    let (from, to) = (
        Timestamp::from_unix_seconds(0),
        Timestamp::from_unix_seconds(1),
    );
    let rows: Vec<_> = client(&script, &Arc::default())
        .reports()
        .asn(from, to)
        .collect()
        .await;
    let seen: Vec<Option<u64>> = rows
        .iter()
        .map(|row| row.as_ref().ok().map(|it| it.return_id.get()))
        .collect();
    assert_eq!(seen, [Some(1), None, Some(2), None]);
    assert!(matches!(
        rows[1].as_ref().unwrap_err().kind(),
        ErrorKind::Unreadable(_)
    ));
    assert!(matches!(
        rows[3].as_ref().unwrap_err().kind(),
        ErrorKind::Transport(_)
    ));
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
    let slept: Duration = runtime.slept.lock().unwrap().iter().sum();
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
