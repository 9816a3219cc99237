//! What Loop answers to calls: pages, reports, notes, subscriptions and errors, read through the
//! public client as an integrator's program reads them.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use loop_client::transport::{Body, Transport, TransportError};
use loop_client::webhook::{Topic, Trigger};
use loop_client::{
    ApiKey, Client, Effect, Error, ErrorKind, Note, RetryPolicy, ReturnId, ReturnState,
    ReturnsQuery, SubscriptionStatus, Timestamp,
};

use super::{assert_all_named, fixture};

/// Answers every call with the next of its fixtures, and with the last one for ever.
#[derive(Debug)]
struct Canned {
    status: u16,
    bodies: Mutex<Vec<Vec<u8>>>,
}

#[async_trait]
impl Transport for Canned {
    async fn send(&self, _: http::Request<Bytes>) -> Result<http::Response<Body>, TransportError> {
        let mut bodies = self.bodies.lock().unwrap();
        let body = if bodies.len() > 1 {
            bodies.remove(0)
        } else {
            bodies[0].clone()
        };
        let answer = http::Response::builder().status(self.status);
        Ok(answer.body(Body::full(body)).unwrap())
    }
}

fn client(status: u16, files: &[&str]) -> Client {
    let bodies = Mutex::new(files.iter().map(|file| fixture(file)).collect());
    Client::builder(ApiKey::new("key").unwrap())
        .transport(Arc::new(Canned { status, bodies }))
        .retry(RetryPolicy::never())
        .build()
        .unwrap()
}

fn id() -> ReturnId {
    "41870233".parse().unwrap()
}

fn march() -> (Timestamp, Timestamp) {
    ("2026-03-01".parse().unwrap(), "2026-03-31".parse().unwrap())
}

#[tokio::test]
async fn both_forms_of_a_page_hold_the_same_rows() {
    let (from, to) = march();
    let mut seen = Vec::new();
    for files in [
        &["pages/bare.json"][..],
        &["pages/page.json", "pages/last-page.json"],
    ] {
        let query = ReturnsQuery::updated(from, to);
        let rows: Vec<_> = client(200, files).returns().list(query).collect().await;
        seen.push(rows.into_iter().map(Result::unwrap).collect::<Vec<_>>());
    }
    let [bare, paged] = &seen[..] else { panic!() };
    assert_eq!(bare, paged);
    let brief: Vec<_> = bare
        .iter()
        .map(|ret| (ret.id.get(), ret.state.clone()))
        .collect();
    assert_eq!(
        brief,
        [
            (41_870_233, Some(ReturnState::Open)),
            (41_870_300, Some(ReturnState::Review))
        ]
    );
    assert_all_named("pages", ["bare.json", "page.json", "last-page.json"]);
}

#[tokio::test]
async fn details_are_those_of_the_return_that_was_asked_for() {
    let client = client(200, &["forms/details.json"]);
    assert_eq!(client.returns().get(id()).await.unwrap().lines().len(), 3);
    let other = client
        .returns()
        .get("41870234".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(other.kind(), ErrorKind::Unreadable(_)));
}

#[tokio::test]
async fn the_report_has_a_row_per_unit() {
    let (from, to) = march();
    let client = client(200, &["asn/several-returns.json"]);
    let rows: Vec<_> = client.reports().asn(from, to).collect().await;
    let units: Vec<_> = rows
        .into_iter()
        .map(Result::unwrap)
        .map(|row| (row.return_id.get(), row.line_item_id.get()))
        .collect();
    assert_eq!(
        units,
        [
            (41_870_233, 880_145_501),
            (41_870_300, 418_703_001),
            (41_870_233, 880_145_503),
            (41_870_233, 880_145_502),
            (41_870_300, 418_703_002),
            (29_514_408, 51_290_087),
        ]
    );
    assert_all_named("asn", ["several-returns.json"]);
}

#[tokio::test]
async fn notes_read_the_same_in_both_forms_and_none_is_none() {
    let notes =
        |status, file| async move { client(status, &[file]).notes(id()).list().await.unwrap() };
    let wrapped: Vec<Note> = notes(200, "notes/wrapped.json").await;
    assert_eq!(wrapped, notes(200, "notes/bare.json").await);
    assert_eq!(wrapped[0].content, "MUG-ENAMEL-BLU: 1 of 2 damaged");
    assert_eq!(
        wrapped[0].created_at,
        Some("2026-03-15 10:00:07".parse().unwrap())
    );
    assert_eq!(notes(422, "notes/none.json").await, []);
    assert_all_named("notes", ["wrapped.json", "bare.json", "none.json"]);
}

#[tokio::test]
async fn subscriptions_keep_what_is_not_known() {
    let made = client(201, &["subscriptions/created.json"])
        .webhooks()
        .create(
            &Topic::Return,
            &Trigger::LabelCreated,
            "https://hooks.example.net/loop",
        )
        .await
        .unwrap();
    let listed = client(200, &["subscriptions/list.json"])
        .webhooks()
        .list()
        .await
        .unwrap();
    let [first, second] = &listed[..] else {
        panic!()
    };
    assert_eq!(*first, made);
    assert_eq!(made.status, Some(SubscriptionStatus::Active));
    assert_eq!(second.id.get(), 5082);
    assert_eq!(second.trigger.as_ref().unwrap().as_str(), "return.archived");
    assert_eq!(
        second.status,
        Some(SubscriptionStatus::Unknown("paused".into()))
    );
    assert_all_named("subscriptions", ["created.json", "list.json"]);
}

#[derive(Debug, Clone, Copy)]
enum Ask {
    List,
    Details,
    Process,
    Note,
    Subscriptions,
}

async fn ask(client: &Client, ask: Ask) -> Error {
    let (from, to) = march();
    match ask {
        Ask::List => {
            let query = ReturnsQuery::updated(from, to);
            client.returns().page(&query, None).await.err()
        }
        Ask::Details => client.returns().get(id()).await.err(),
        Ask::Process => client.returns().process(id()).await.err(),
        Ask::Note => client.notes(id()).create("a note").await.err(),
        Ask::Subscriptions => client.webhooks().list().await.err(),
    }
    .unwrap()
}

fn name(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthorized(_) => "unauthorized",
        ErrorKind::Refused(_) => "refused",
        ErrorKind::NotFound(_) => "not found",
        ErrorKind::Invalid(_) => "invalid",
        ErrorKind::Server(_) => "server",
        other => panic!("{other:?}"),
    }
}

/// The names of the files number the forms of errors that were seen of Loop.
#[tokio::test]
async fn an_error_says_what_it_is_and_what_was_done() {
    let table = [
        (
            "01-gateway.json",
            401,
            Ask::Subscriptions,
            "unauthorized",
            Effect::NotApplied,
        ),
        (
            "02-unauthorized-text.json",
            401,
            Ask::Process,
            "unauthorized",
            Effect::NotApplied,
        ),
        (
            "03-action-unknown-return.json",
            200,
            Ask::Process,
            "not found",
            Effect::NotApplied,
        ),
        (
            "04-details-unknown-return.json",
            200,
            Ask::Details,
            "not found",
            Effect::NotApplied,
        ),
        (
            "05-wrong-state.json",
            200,
            Ask::Process,
            "refused",
            Effect::NotApplied,
        ),
        (
            "06-list-of-messages.json",
            403,
            Ask::Process,
            "unauthorized",
            Effect::Unknown,
        ),
        (
            "08-bare-message.json",
            200,
            Ask::Process,
            "refused",
            Effect::NotApplied,
        ),
        (
            "09-content.json",
            200,
            Ask::Process,
            "refused",
            Effect::NotApplied,
        ),
        (
            "10-validation.json",
            422,
            Ask::List,
            "invalid",
            Effect::NotApplied,
        ),
        (
            "11-note-too-long.json",
            422,
            Ask::Note,
            "invalid",
            Effect::NotApplied,
        ),
        (
            "12-texts-in-a-list.json",
            400,
            Ask::Details,
            "invalid",
            Effect::NotApplied,
        ),
        (
            "13-code-and-message.json",
            404,
            Ask::Subscriptions,
            "not found",
            Effect::NotApplied,
        ),
        (
            "14-code-only.json",
            404,
            Ask::Subscriptions,
            "not found",
            Effect::NotApplied,
        ),
        (
            "16-false.json",
            200,
            Ask::Process,
            "server",
            Effect::Unknown,
        ),
        (
            "17-server-error.json",
            500,
            Ask::Process,
            "server",
            Effect::Unknown,
        ),
        (
            "18-proxy.html",
            524,
            Ask::Process,
            "server",
            Effect::Unknown,
        ),
    ];
    for (file, status, call, kind, effect) in table {
        let path = format!("errors/{file}");
        let error = ask(&client(status, &[&path]), call).await;
        assert_eq!(
            (name(error.kind()), error.effect()),
            (kind, effect),
            "{file}: {error}"
        );
        assert!(!format!("{error} {error:?}").contains("ottilie"), "{file}");
    }
    assert_all_named("errors", table.map(|row| row.0));
}
