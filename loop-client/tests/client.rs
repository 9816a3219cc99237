//! The client against a scripted transport: no network, no clock, every answer chosen here. What
//! it makes of each thing that Loop can answer stands in `behaviour/`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use loop_client::{
    ApiKey, Client, ConfigError, Effect, ErrorKind, RateLimit, RetryPolicy, ReturnId, ReturnState,
    ReturnsQuery, Timestamp,
};
use support::{Answer, KEY, Script, VirtualTime};

fn id() -> ReturnId {
    "99904598".parse().unwrap()
}

#[tokio::test]
async fn reads_are_repeated_with_growing_bounded_waits() {
    let script = Script::new([
        Answer::reply(500, ""),
        Answer::Lost,
        Answer::headed(429, &[("retry-after", "9")], ""),
        Answer::ok(r#"{"id":99904598,"state":"open"}"#),
    ]);
    let (client, time) = script.client();
    let ret = client.returns().get(id()).await.unwrap();
    assert_eq!(ret.state, Some(ReturnState::Open));
    let slept = time.slept();
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
async fn a_wait_that_doubles_has_an_end() {
    let script = Script::answering(|_, _| Answer::reply(503, ""));
    let time = Arc::new(VirtualTime::default());
    let policy = RetryPolicy::default()
        .with_attempts(11)
        .with_deadline(Duration::from_secs(100_000));
    let client = script.builder(&time).retry(policy).build().unwrap();
    client.returns().get(id()).await.unwrap_err();
    let slept = time.slept();
    assert_eq!(slept.len(), 10);
    assert!(
        slept.iter().all(|wait| *wait <= policy.longest_wait),
        "{slept:?}"
    );
}

#[tokio::test]
async fn pages_are_walked_without_following_their_links() {
    let script = Script::new([
        Answer::ok(
            r#"{"returns":[{"id":"1"},{"id":"x"}],"nextPageUrl":"https://api.loopreturns.com/api/v1/warehouse/return/list?cursor=two"}"#,
        ),
        // An empty page is not the end.
        Answer::ok(
            r#"{"returns":[],"nextPageUrl":"https://api.loopreturns.com/api/v1/x?cursor=three"}"#,
        ),
        Answer::ok(r#"{"returns":[{"id":"2"},{"id":1}],"nextPageUrl":null}"#),
        // The second state, as a bare array.
        Answer::ok(r#"[{"id":"3"},{"id":"2"}]"#),
    ]);
    let (from, to) = (
        Timestamp::from_unix_seconds(0),
        Timestamp::from_unix_seconds(86_400),
    );
    let query = ReturnsQuery::updated(from, to).states([ReturnState::Open, ReturnState::Review]);
    let rows: Vec<_> = script.client().0.returns().list(query).collect().await;
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
async fn a_walk_over_pages_has_each_return_in_one_page() {
    let link = r#""https://api.loopreturns.com/api/v1/x?cursor=two""#;
    let script = Script::new([
        Answer::ok(format!(
            r#"{{"returns":[{{"id":"1"}},{{"id":"x"}},{{"id":2}}],"nextPageUrl":{link}}}"#
        )),
        Answer::ok(r#"{"returns":[{"id":"2"},{"id":"3"},{"id":"x"}],"nextPageUrl":null}"#),
        Answer::ok(r#"{"returns":[{"id":3},{"id":1}],"nextPageUrl":null}"#),
    ]);
    let time = Timestamp::from_unix_seconds;
    let query = ReturnsQuery::updated(time(0), time(86_400))
        .states([ReturnState::Open, ReturnState::Review]);
    let client = script.client().0;
    let pages: Vec<_> = client.returns().pages(query, None).collect().await;
    let rows: Vec<Vec<Option<u64>>> = pages
        .iter()
        .map(|page| {
            let rows = page.as_ref().unwrap().rows.iter();
            rows.map(|row| row.as_ref().ok().map(|it| it.id.get()))
                .collect()
        })
        .collect();
    assert_eq!(
        rows,
        [vec![Some(1), None, Some(2)], vec![Some(3), None], vec![],]
    );
}

#[tokio::test]
async fn a_bad_row_of_a_report_names_its_return_where_it_can() {
    let report =
        r#"[{"id":7,"return_line_item_id":"x"},{"id":"x"},[7],{"id":"8","return_line_item_id":9}]"#;
    let script = Script::new([Answer::ok(report)]);
    let now = Timestamp::from_unix_seconds(1_767_225_600);
    let client = script.client().0;
    let rows: Vec<_> = client.reports().asn(now, now).collect().await;
    let named: Vec<Option<Option<u64>>> = rows
        .iter()
        .map(|row| {
            row.as_ref()
                .err()
                .map(|it| it.return_id().map(ReturnId::get))
        })
        .collect();
    assert_eq!(named, [Some(Some(7)), Some(None), Some(None), None]);
    for error in rows.iter().filter_map(|row| row.as_ref().err()) {
        assert!(matches!(error.kind(), ErrorKind::Unreadable(_)), "{error}");
    }
}

/// It would keep a poller from ever coming past it.
#[tokio::test]
async fn one_row_that_is_too_large_does_not_end_a_report() {
    let large = "x".repeat(2 << 20);
    let report = format!(
        r#"[{{"id":1,"return_line_item_id":2,"title":"{large}"}},{{"id":3,"return_line_item_id":4}}]"#
    );
    let script = Script::new([Answer::ok(report)]);
    let now = Timestamp::from_unix_seconds(1_767_225_600);
    let client = script.client().0;
    let rows: Vec<_> = client.reports().asn(now, now).collect().await;
    let [Err(error), Ok(row)] = &rows[..] else {
        panic!("{} rows", rows.len())
    };
    assert!(matches!(error.kind(), ErrorKind::Unreadable(_)), "{error}");
    assert_eq!(row.line_item_id.get(), 4);
}

/// Rows that are there come before what ended the report, also out of the same piece of it.
#[tokio::test]
async fn a_report_gives_its_rows_before_its_error() {
    let row = r#"{"id":1,"return_line_item_id":2}"#;
    for (report, expected) in [
        (format!("[{row},{row}]"), &[true, true][..]),
        (format!("[{row},{row}]x"), &[true, true, false]),
        (format!("[{row},{row}"), &[true, false]),
        (format!("[{row},{row},]"), &[true, true, false]),
        (format!("[,{row}]"), &[false, true]),
    ] {
        let script = Script::new([Answer::ok(report.clone())]);
        let from = Timestamp::from_unix_seconds(0);
        let to = Timestamp::from_unix_seconds(86_400);
        let rows: Vec<_> = script.client().0.reports().asn(from, to).collect().await;
        let read: Vec<bool> = rows.iter().map(Result::is_ok).collect();
        assert_eq!(read, expected, "{report}");
    }
}

#[tokio::test]
async fn a_refusal_in_place_of_a_report_is_a_refusal() {
    let now = Timestamp::from_unix_seconds(1_767_225_600);
    for (body, kind, code) in [
        (
            r#" {"errors":{"message":"No.","code":"NOT_AUTHORIZED"}}"#,
            "refused",
            Some("NOT_AUTHORIZED"),
        ),
        (r#"{"message":"Not now."}"#, "refused", None),
        ("<html>", "incomplete", None),
        ("false", "incomplete", None),
    ] {
        let script = Script::new([Answer::ok(body)]);
        let reports = script.client().0;
        let rows: Vec<_> = reports.reports().asn(now, now).collect().await;
        let [Err(error)] = &rows[..] else {
            panic!("{body}: {rows:?}")
        };
        assert_eq!(error.kind().name(), kind, "{body}");
        assert_eq!(
            error.code().map(loop_client::ErrorCode::as_str),
            code,
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_end_that_is_not_said_is_no_end() {
    let now = Timestamp::from_unix_seconds(1_767_225_600);
    let query = ReturnsQuery::created(now, now)
        .states([ReturnState::Open])
        .page_size(2);
    for (body, rows, fault) in [
        (
            r#"{"returns":[{"id":1},{"id":2}],"nextPageUrl":null}"#,
            2,
            false,
        ),
        (r#"{"returns":[{"id":1},{"id":2}]}"#, 2, true),
        (r#"[{"id":1},{"id":2}]"#, 2, true),
        (r#"{"returns":[{"id":1}]}"#, 1, false),
        (r#"[{"id":1}]"#, 1, false),
    ] {
        let script = Script::new([Answer::ok(body)]);
        let client = script.client().0;
        let found: Vec<_> = client.returns().list(query.clone()).collect().await;
        let good = found.iter().filter(|row| row.is_ok()).count();
        assert_eq!(
            (good, good < found.len()),
            (rows, fault),
            "{body}: {found:?}"
        );
    }
}

#[tokio::test]
async fn a_position_belongs_to_its_query() {
    let time = Timestamp::from_unix_seconds;
    let query = ReturnsQuery::created(time(0), time(10));
    let script = Script::new([Answer::ok(r#"{"returns":[],"nextPageUrl":null}"#)]);
    let client = script.client().0;
    let page = client.returns().page(&query, None).await.unwrap();
    let stored = serde_json::to_string(&(&query, page.next)).unwrap();
    let (same, next): (ReturnsQuery, Option<loop_client::ListPosition>) =
        serde_json::from_str(&stored).unwrap();
    assert_eq!(same, query);
    for other in [
        ReturnsQuery::updated(time(0), time(10)),
        ReturnsQuery::created(time(0), time(11)),
        ReturnsQuery::created(time(1), time(10)),
        query.clone().states([ReturnState::Open]),
    ] {
        let refused = client.returns().page(&other, next.as_ref()).await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Input(_)), "{refused}");
    }
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn a_removal_is_refused_only_in_words_that_are_known() {
    for (status, body, effect) in [
        (
            422,
            r#"{"message":"Return cannot be modified."}"#,
            Effect::NotApplied,
        ),
        (
            422,
            r#"{"error":{"message":"The line item id field is required."}}"#,
            Effect::NotApplied,
        ),
        (
            422,
            r#"{"message":"There are no line items that qualify for removal"}"#,
            Effect::NotApplied,
        ),
        (
            422,
            r#"{"message":"Not all line items qualify for removal"}"#,
            Effect::NotApplied,
        ),
        (
            403,
            r#"{"errors":[{"message":"No such return."}]}"#,
            Effect::NotApplied,
        ),
        (
            422,
            r#"{"message":"The refund failed after the lines were removed."}"#,
            Effect::Unknown,
        ),
        (
            500,
            r#"{"message":"An error was encountered during processing."}"#,
            Effect::Unknown,
        ),
        (
            200,
            r#"{"errors":{"message":"No return found with this ID."}}"#,
            Effect::NotApplied,
        ),
        (
            200,
            r#"{"errors":{"message":"The refund failed."}}"#,
            Effect::Unknown,
        ),
    ] {
        let script = Script::new([Answer::reply(status, body)]);
        let lines = ["7".parse().unwrap()];
        let client = script.client().0;
        let error = client
            .returns()
            .remove_line_items(id(), &lines)
            .await
            .unwrap_err();
        assert_eq!(error.effect(), effect, "{body}");
    }
}

/// Loop refuses these with status 200. The same words with another one are nobody's documentation,
/// so that they prove nothing about money.
#[tokio::test]
async fn a_refusal_of_what_cannot_be_undone_has_status_200() {
    let body = r#"{"errors":{"message":"Return is closed and therefore cannot be processed.","code":"UNPROCESSABLE_RETURN"}}"#;
    for status in [200, 201, 400, 403, 404, 409, 422, 500, 503] {
        let expected = match status {
            200 => Effect::NotApplied,
            _ => Effect::Unknown,
        };
        let script = Script::answering(move |_, _| Answer::reply(status, body));
        let client = script.client().0;
        let returns = client.returns();
        for answer in [
            returns.process(id()).await,
            returns.cancel(id()).await,
            returns.close(id()).await,
        ] {
            assert_eq!(answer.unwrap_err().effect(), expected, "{status}");
        }
        assert_eq!(script.sent().len(), 3, "{status}");
    }
}

#[tokio::test]
async fn the_budget_is_shared_by_clones_and_waits_instead_of_overrunning() {
    let script = Script::new((0..5).map(|_| Answer::ok("true")));
    let time = Arc::new(VirtualTime::default());
    let one = script
        .builder(&time)
        .rate_limit(RateLimit::per_minute(2))
        .build()
        .unwrap();
    let two = one.clone();
    for _ in 0..2 {
        one.returns().flag(id()).await.unwrap();
        two.returns().flag(id()).await.unwrap();
    }
    let slept: Duration = time.slept().iter().sum();
    assert!(
        slept >= Duration::from_secs(60),
        "two calls had to wait a minute: {slept:?}"
    );
}

/// What the headers say reaches the budget, also of a client that made one call of its own.
#[tokio::test]
async fn an_allowance_that_others_used_up_is_waited_for() {
    for (remaining, waits) in [("299", false), ("0", true)] {
        let script = Script::answering(move |_, _| {
            let headers: &[_] = match remaining {
                "0" => &[("x-ratelimit-limit", "300"), ("x-ratelimit-remaining", "0")],
                _ => &[
                    ("x-ratelimit-limit", "300"),
                    ("x-ratelimit-remaining", "299"),
                ],
            };
            Answer::headed(200, headers, "true")
        });
        let (client, time) = script.client();
        client.returns().flag(id()).await.unwrap();
        client.returns().flag(id()).await.unwrap();
        let slept: Duration = time.slept().iter().sum();
        assert_eq!(slept >= Duration::from_secs(60), waits, "{slept:?}");
    }
}

/// However it is cut: in one piece, or in several of which the last is one too many.
#[tokio::test]
async fn an_answer_beyond_its_bound_is_not_read() {
    const LIMIT: usize = 64 << 10;
    for (size, read) in [(LIMIT, true), (LIMIT + 1, false), (2 * LIMIT, false)] {
        let body = format!("true{}", " ".repeat(size - 4));
        let script = Script::new([Answer::ok(body)]);
        let answer = script.client().0.returns().process(id()).await;
        assert_eq!(answer.is_ok(), read, "{size}: {answer:?}");
        if let Err(error) = answer {
            let limit = match error.kind() {
                ErrorKind::TooLarge { limit } => *limit,
                other => panic!("{other:?}"),
            };
            assert_eq!((limit, error.effect()), (LIMIT, Effect::Unknown));
        }
    }
}

#[tokio::test]
async fn notes_are_checked_before_they_are_sent() {
    let script = Script::new([
        Answer::ok("true"),
        Answer::reply(422, "false"),
        Answer::ok(r#"[{"id":1,"content":"a"}]"#),
    ]);
    let (client, _) = script.client();
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
    let body = r#"{"id":99904598,"customer":"canary@example.com","state":"open",
        "address":{"name":"canary@example.com"},"status_page_url":"https://x/canary@example.com",
        "line_items":[{"line_item_id":1,"return_comment":"canary@example.com"}]}"#;
    let bad = r#"{"id":"canary@example.com"}"#;
    let script = Script::new(
        [body, r#"{"errors":{"message":"mail canary@example.com"}}"#]
            .into_iter()
            .chain([bad; 4])
            .map(Answer::ok),
    );
    let (client, _) = script.client();
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
        .runtime(Arc::new(VirtualTime::default()))
        .build()
        .unwrap();
    let error = client.returns().process(id()).await.unwrap_err();
    assert_eq!(error.effect(), Effect::NotSent, "{error:?}");
    assert!(!format!("{error:?}").contains("process?") && !format!("{error:?}").contains(KEY));
}
