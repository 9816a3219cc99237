use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use clap::Parser as _;
use loop_client::sandbox::{Fault, On, Sandbox, SandboxBuilder};
use loop_client::webhook::{Topic, Trigger, sign};
use loop_client::{
    ApiKey, ApiVersion, Client, DestinationAddress, DestinationType, NewDestination,
    SubscriptionStatus,
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::args::Args;
use crate::report::{Report, State, wrapped};
use crate::run;
use crate::settings::Settings;

const KEY: &str = "canary-key-4711";
const SECRET: &str = "canary-secret-4711";
/// Nobody is asked there.
const URL: &str = "http://localhost:9/webhooks/loop/acme?token=canary";

fn settings(args: &[&str], environment: &[(&str, &str)]) -> Result<Settings, String> {
    let args = Args::try_parse_from([&["setup"], args].concat()).map_err(|it| it.to_string())?;
    Settings::read(&args, |name| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

/// Runs it as `main` does, and holds what it prints to what holds for every run.
async fn doctor(args: &[&str], environment: &[(&str, &str)]) -> (Report, String) {
    let mut out = Vec::new();
    let report = run(settings(args, environment).unwrap(), &mut out).await;
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains("canary"), "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    (report.unwrap(), text)
}

async fn examine(sandbox: &Sandbox, args: &[&str]) -> (Report, String) {
    let base = sandbox.base_url();
    doctor(args, &[("LOOP_API_KEY", KEY), ("LOOP_BASE_URL", base)]).await
}

fn shop() -> SandboxBuilder {
    Sandbox::builder().api_key(KEY).webhook_secret(SECRET)
}

fn person(sandbox: &Sandbox) -> Client {
    let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap());
    client.base_url(sandbox.base_url()).build().unwrap()
}

fn assert_says(report: &Report, text: &str, expected: &[(State, &str)]) {
    for (state, what) in expected {
        let found = report.lines().find(|line| line.what == *what);
        assert_eq!(
            found.map(|line| line.state),
            Some(*state),
            "{what} in {text}"
        );
    }
}

/// The calls that reached Loop, of one method.
fn calls(sandbox: &Sandbox, method: &str) -> usize {
    let calls = sandbox.calls();
    calls.iter().filter(|call| call.method == method).count()
}

#[tokio::test]
async fn what_the_key_may_do_is_told_by_calls_that_change_nothing() {
    use State::{Missing, NotChecked, Ok, Unknown, Wrong};
    let all = scopes_of(&[
        "returns",
        "orders",
        "carts",
        "developer_tools",
        "destinations:read",
    ]);
    let article = scopes_of(&["returns", "orders", "carts"]);
    for (scopes, args, fine, expected) in [
        (
            &all,
            &[][..],
            true,
            &[
                (Ok, "The key"),
                (Ok, "Version 2026-10"),
                (Ok, "Returns"),
                (Ok, "ASN report"),
                (Ok, "Orders"),
                (Ok, "Carts"),
                (Ok, "Developer Tools"),
                (Ok, "Destinations (Read)"),
                (Ok, "Destinations"),
                (NotChecked, "Subscriptions"),
                (NotChecked, "Endpoint"),
            ][..],
        ),
        (
            &all,
            &["--webhook-url", URL],
            false,
            &[
                (Missing, "return / return.created"),
                (NotChecked, "Endpoint"),
            ],
        ),
        // The subscriptions of such a key are made by hand, and nobody can see them.
        (
            &article,
            &["--webhook-url", URL],
            true,
            &[
                (Ok, "The key"),
                (Missing, "Developer Tools"),
                (Missing, "Destinations (Read)"),
                (NotChecked, "Destinations"),
                (Unknown, "Subscriptions"),
            ],
        ),
        (
            &article,
            &["--webhook-url", URL, "--fix"],
            false,
            &[(Missing, "Developer Tools"), (Unknown, "Subscriptions")],
        ),
        (
            &scopes_of(&["returns"]),
            &["--api-version", "v1"],
            true,
            &[(Ok, "Version v1"), (Missing, "Orders"), (Missing, "Carts")],
        ),
        (
            &scopes_of(&["orders"]),
            &[],
            false,
            &[
                (Ok, "The key"),
                (Missing, "Returns"),
                (Missing, "ASN report"),
            ],
        ),
        (
            &scopes_of(&["labels:write"]),
            &["--webhook-url", URL, "--fix"],
            false,
            &[
                (Wrong, "The key"),
                (NotChecked, "Scopes"),
                (NotChecked, "Subscriptions"),
                (Unknown, "Version 2026-10"),
            ],
        ),
        (
            &all,
            &["--api-version", "1999-01"],
            false,
            &[(Wrong, "Version 1999-01"), (Unknown, "The key")],
        ),
    ] {
        let sandbox = shop().scopes(scopes.clone()).start().await.unwrap();
        let (report, text) = examine(&sandbox, args).await;
        assert_says(&report, &text, expected);
        assert_eq!(report.is_fine(), fine, "{text}");
        assert_eq!(
            (calls(&sandbox, "GET"), sandbox.calls().len()),
            (6, 6),
            "{text}"
        );
    }

    let sandbox = shop().api_key("another").start().await.unwrap();
    let (report, text) = examine(&sandbox, &[]).await;
    assert_says(&report, &text, &[(Wrong, "The key")]);
    assert!(!report.is_fine());
}

fn scopes_of(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn an_odd_answer_is_told_and_proves_nothing() {
    use State::{Missing, NotChecked, Ok, Unknown};
    let list = || On::path("GET", "/warehouse/return/list");
    let webhooks = || On::path("GET", "/webhooks");
    let asn = || On::path("GET", "/warehouse/reporting/asn");
    let (none, all) = (&[][..], 6);
    for (fault, on, args, said, asked, expected) in [
        (
            Fault::html(200),
            On::any(),
            none,
            "not Loop's API",
            2,
            &[(Unknown, "The key"), (Unknown, "Version 2026-10")][..],
        ),
        (
            Fault::html(502),
            list(),
            none,
            "answered with HTML",
            all + 1,
            &[(Ok, "The key"), (Unknown, "Returns")],
        ),
        (
            Fault::redirect("https://stranger.example.com/api"),
            On::any(),
            none,
            "a redirect",
            1,
            &[(Unknown, "The key"), (NotChecked, "Scopes")],
        ),
        (
            Fault::retry_after_seconds(3600),
            On::any(),
            none,
            "call budget",
            1,
            &[(Unknown, "The key"), (NotChecked, "Destinations")],
        ),
        (
            Fault::json(403, json!({"message": "Forbidden."})),
            On::any(),
            none,
            "with the scope Returns",
            all,
            &[
                (Ok, "The key"),
                (Missing, "Returns"),
                (Unknown, "Version 2026-10"),
            ],
        ),
        (
            Fault::unauthorized(),
            asn(),
            none,
            "look for a scope Report",
            all,
            &[(Ok, "Returns"), (Missing, "ASN report")],
        ),
        (
            Fault::status(500),
            webhooks(),
            &["--webhook-url", URL],
            "Loop failed",
            all + 1,
            &[(Unknown, "Developer Tools"), (Unknown, "Subscriptions")],
        ),
    ] {
        let sandbox = shop().start().await.unwrap();
        sandbox.inject(fault, on);
        let (report, text) = examine(&sandbox, args).await;
        assert_says(&report, &text, expected);
        assert!(
            text.replace("\n               ", " ").contains(said),
            "{text}"
        );
        assert_eq!(sandbox.calls().len(), asked, "{text}");
        assert!(!report.is_fine(), "{text}");
    }
}

#[tokio::test]
async fn where_nobody_answers_nothing_is_known_and_nobody_else_is_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/api", listener.local_addr().unwrap());
    drop(listener);
    let environment = [("LOOP_API_KEY", KEY), ("LOOP_BASE_URL", &base)];
    let (report, text) = doctor(&["--webhook-url", URL, "--fix"], &environment).await;
    assert!(text.contains("Connection refused"), "{text}");
    let expected = [
        (State::Unknown, "The key"),
        (State::NotChecked, "Scopes"),
        (State::NotChecked, "Subscriptions"),
    ];
    assert_says(&report, &text, &expected);
    assert!(!report.is_fine());
}

#[tokio::test]
async fn fix_makes_what_is_missing_and_touches_nothing_else() {
    let created = (Topic::Return, Trigger::ReturnCreated);
    let here = "http://LOCALHOST:9/webhooks/loop/acme?token=canary";
    let there = "https://erp.example.com/hooks/canary";
    let post = || On::path("POST", "/webhooks");
    let refused = Fault::json(
        422,
        json!({"message": "Must be one of the following values:return"}),
    );
    // (there before, switched off, fault, made by the first run, by the second, in the end fine)
    for (before, off, fault, first, second, fine) in [
        (there, false, None, 4, 0, true),
        (here, false, None, 3, 0, true),
        (here, true, None, 3, 0, false),
        // Made, and the answer is lost.
        (
            there,
            false,
            Some((Fault::lost_reply(), post().times(1))),
            4,
            0,
            true,
        ),
        (
            there,
            false,
            Some((Fault::lost_request(), post().times(1))),
            4,
            1,
            true,
        ),
        // An older version of Loop knows no `return.processing`.
        (there, false, Some((refused, post().skip(3))), 4, 1, true),
    ] {
        let sandbox = shop().start().await.unwrap();
        let loop_admin = person(&sandbox);
        let (topic, trigger) = &created;
        let made = loop_admin.webhooks().create(topic, trigger, before).await;
        let known = made.unwrap();
        if off {
            let off = SubscriptionStatus::Inactive;
            let webhooks = loop_admin.webhooks();
            let changed = webhooks.update(known.id, topic, trigger, before, &off);
            changed.await.unwrap();
        }
        let before = loop_admin.webhooks().list().await.unwrap();
        let puts = calls(&sandbox, "PUT");
        if let Some((fault, on)) = fault {
            sandbox.inject(fault, on);
        }
        let mut fines = Vec::new();
        for made in [first, second] {
            let posts = calls(&sandbox, "POST");
            let (report, text) = examine(&sandbox, &["--webhook-url", URL, "--fix"]).await;
            assert_eq!(calls(&sandbox, "POST") - posts, made, "{text}");
            fines.push(report.is_fine());
        }
        assert_eq!(fines.last(), Some(&fine), "{known:?} {off}");
        let after = loop_admin.webhooks().list().await.unwrap();
        assert!(after.starts_with(&before), "{after:?}");
        assert!(after.len() <= before.len() + 4, "{after:?}");
        assert_eq!(
            (calls(&sandbox, "PUT"), calls(&sandbox, "DELETE")),
            (puts, 0)
        );
    }
}

#[tokio::test]
async fn destinations_and_what_others_listen_to_are_listed_without_secrets() {
    let sandbox = shop().start().await.unwrap();
    let loop_admin = person(&sandbox);
    for name in ["\u{1b}[31mBoise\n  ok", "Ohio"] {
        let address = DestinationAddress::new("1 Dock Road", "Boise", "United States", "US");
        let new = NewDestination::new(DestinationType::Warehouse, name, address);
        loop_admin.destinations().create(&new).await.unwrap();
    }
    for url in [
        "https://erp.example.com/canary",
        "http://localhost:9/other?token=canary",
    ] {
        let (topic, trigger) = (Topic::Restock, Trigger::RestockRequested);
        let webhooks = loop_admin.webhooks();
        webhooks.create(&topic, &trigger, url).await.unwrap();
    }
    let (report, text) = examine(&sandbox, &["--webhook-url", URL]).await;
    let expected = [
        (State::Note, "Id 4401"),
        (State::ByHand, "Several destinations"),
        (State::ByHand, "Somebody else restocks"),
    ];
    assert_says(&report, &text, &expected);
    for said in [
        "destinations = [\"4401\"]",
        "to erp.example.com (active)",
        "http://localhost:9/other?... (active)",
    ] {
        assert!(
            text.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(said),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_address_that_seems_to_be_anothers_is_told_before_fix_is_advised() {
    use State::{Missing, Note, Ok, Wrong};
    let name = "The merchant's name";
    let created = "return / return.created";
    let near = "See whether --webhook-url is right: Loop has the same for \
                http://localhost:9/webhooks/loop/acme?...";
    let twice = "under two its returns are refunded twice";
    let url = |path: &str| format!("http://localhost:9/{path}");
    // (path, MERCHANT, --fix, of the name, of a subscription, calls that change, said, not said)
    for (path, merchant, fix, of_the_name, of_created, posts, said, unsaid) in [
        (
            "webhooks/loop/acme?token=canary",
            "acme",
            false,
            None,
            Ok,
            0,
            "Merchant acme",
            near,
        ),
        (
            "webhooks/loop/acme/",
            "acme",
            false,
            None,
            Missing,
            0,
            near,
            twice,
        ),
        (
            "webhooks/loop",
            "acme",
            false,
            None,
            Missing,
            0,
            near,
            twice,
        ),
        (
            "hook",
            "acme",
            false,
            Some(Note),
            Missing,
            0,
            "ends in hook",
            twice,
        ),
        (
            "hook",
            "acme",
            true,
            Some(Note),
            Ok,
            4,
            "ends in hook",
            near,
        ),
        (
            "webhooks/loop/beta",
            "acme",
            false,
            Some(Wrong),
            Missing,
            0,
            twice,
            "ends in",
        ),
        (
            "webhooks/loop/beta",
            "acme",
            true,
            Some(Wrong),
            Missing,
            0,
            twice,
            "ends in",
        ),
        (
            "webhooks/loop/acme?token=canary",
            "beta",
            true,
            Some(Wrong),
            Ok,
            0,
            twice,
            near,
        ),
    ] {
        let sandbox = shop().start().await.unwrap();
        let (topic, trigger) = (Topic::Return, Trigger::ReturnCreated);
        let loop_admin = person(&sandbox);
        let webhooks = loop_admin.webhooks();
        webhooks.create(&topic, &trigger, URL).await.unwrap();
        let before = calls(&sandbox, "POST");
        let environment = [
            ("LOOP_API_KEY", KEY),
            ("LOOP_BASE_URL", sandbox.base_url()),
            ("MERCHANT", merchant),
        ];
        let url = url(path);
        let mut args = vec!["--webhook-url", &url];
        args.extend(fix.then_some("--fix"));
        let (report, text) = doctor(&args, &environment).await;
        let told = report.lines().find(|line| line.what == name);
        assert_eq!(told.map(|line| line.state), of_the_name, "{text}");
        assert_says(&report, &text, &[(of_created, created)]);
        assert_eq!(calls(&sandbox, "POST") - before, posts, "{text}");
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(said) && !flat.contains(unsaid), "{text}");
        assert!(of_the_name != Some(Wrong) || !report.is_fine(), "{text}");
    }
}

/// A service that answers thus to Loop's signature, and thus to any other.
async fn service(good: u16, bad: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/webhooks/loop/acme",
        listener.local_addr().unwrap()
    );
    let answer = move |headers: HeaderMap, body: Bytes| async move {
        let signature = sign(SECRET.as_bytes(), &body);
        let is_good = headers["x-loop-signature"] == signature;
        let status = if is_good { good } else { bad };
        let elsewhere = [(header::LOCATION, "https://stranger.example.com/canary")];
        (StatusCode::from_u16(status).unwrap(), elsewhere)
    };
    let app = Router::new().route("/webhooks/loop/{merchant}", post(answer));
    tokio::spawn(axum::serve(listener, app).into_future());
    url
}

#[tokio::test]
async fn the_endpoint_has_to_know_loops_signature_from_others() {
    use State::{Ok, Unknown, Wrong};
    let sandbox = shop().start().await.unwrap();
    for (good, bad, takes, refuses) in [
        (200, 401, Ok, Some(Ok)),
        (204, 403, Ok, Some(Ok)),
        (200, 200, Ok, Some(Wrong)),
        (200, 500, Ok, Some(Unknown)),
        (401, 401, Wrong, Some(Ok)),
        (404, 404, Wrong, None),
        (307, 307, Wrong, None),
        (503, 401, Wrong, None),
    ] {
        let url = service(good, bad).await;
        let environment = [
            ("LOOP_API_KEY", KEY),
            ("LOOP_BASE_URL", sandbox.base_url()),
            ("LOOP_WEBHOOK_SECRET", SECRET),
        ];
        let (report, text) = doctor(&["--webhook-url", &url, "--fix"], &environment).await;
        let state = |what| report.lines().find(|it| it.what == what).map(|it| it.state);
        assert_eq!(state("Takes Loop's signature"), Some(takes), "{text}");
        assert_eq!(state("Refuses any other"), refuses, "{text}");
        assert_eq!(
            report.is_fine(),
            (takes, refuses) == (Ok, Some(Ok)),
            "{text}"
        );
    }
}

#[tokio::test]
async fn without_an_account_a_stand_in_shows_what_is_missing_and_what_mends_it() {
    for (args, fine, arrives) in [
        (&[][..], false, State::Missing),
        (&["--fix"], true, State::Ok),
    ] {
        let (report, text) = doctor(args, &[("MERCHANT", "other")]).await;
        let first = text.lines().next().unwrap();
        assert!(first.contains("LOOP_API_KEY is not set"), "{text}");
        assert!(!text.contains("sandbox-api-key"), "{text}");
        let expected = [
            (State::Missing, "Carts"),
            (State::Ok, "Takes Loop's signature"),
            (State::Ok, "Refuses any other"),
            (arrives, "return / return.created"),
            (arrives, "From shopper to RMA"),
            (State::ByHand, "Carrier events"),
            (State::ByHand, "Restock"),
        ];
        assert_says(&report, &text, &expected);
        assert_eq!(report.is_fine(), fine, "{text}");
    }
}

#[test]
fn bad_arguments_are_told_by_name() {
    let key = ("LOOP_API_KEY", KEY);
    let near = ("LOOP_BASE_URL", "http://127.0.0.1:4010/api");
    for (args, environment, fault) in [
        (&[][..], &[][..], None),
        (&["--fix"], &[], None),
        (&[], &[key], None),
        (
            &["--webhook-url", "https://b.example.com/hook", "--fix"],
            &[key],
            None,
        ),
        (&["--webhook-url", URL], &[key, near], None),
        (&["--fix"], &[key], Some("--webhook-url")),
        (&["--webhook-url", URL], &[], Some("LOOP_API_KEY")),
        (&["--webhook-url", URL], &[key], Some("cannot reach")),
        (
            &["--webhook-url", "http://b.example.com/"],
            &[key],
            Some("https is needed"),
        ),
        (
            &["--webhook-url", "https://u:canary@b.example.com/"],
            &[key],
            Some("--webhook-url"),
        ),
        (
            &["--webhook-url", "b.example.com/hook"],
            &[key],
            Some("--webhook-url"),
        ),
        (
            &["--webhook-url", "ftp://b.example.com/hook"],
            &[key],
            Some("--webhook-url"),
        ),
        (
            &["--api-version", "canary/.."],
            &[key],
            Some("--api-version"),
        ),
        (&[], &[near], Some("LOOP_API_KEY")),
        (&[], &[("LOOP_API_KEY", " ")], Some("LOOP_API_KEY")),
        (&[], &[("LOOP_API_KEY", "canary\n")], Some("LOOP_API_KEY")),
        (
            &[],
            &[key, ("LOOP_BASE_URL", "http://canary.example.com")],
            Some("LOOP_BASE_URL"),
        ),
        (
            &[],
            &[key, ("LOOP_BASE_URL", "https://u:canary@e.com")],
            Some("LOOP_BASE_URL"),
        ),
        (
            &[],
            &[key, ("LOOP_WEBHOOK_SECRET", " ")],
            Some("LOOP_WEBHOOK_SECRET"),
        ),
        (&[], &[("MERCHANT", "a/b")], Some("MERCHANT")),
        (&["--webhook"], &[], Some("--webhook")),
        (&["surplus"], &[], Some("surplus")),
    ] {
        let told = settings(args, environment).err();
        let context = format!("{args:?} {environment:?}: {told:?}");
        match fault {
            None => assert_eq!(told, None, "{context}"),
            Some(fault) => {
                let told = told.unwrap_or_default();
                assert!(
                    told.contains(fault) && !told.contains("canary"),
                    "{context}"
                );
            }
        }
    }
    let usual = settings(&[], &[key]).unwrap();
    assert_eq!(
        (usual.version, usual.merchant.as_str()),
        (ApiVersion::default(), "acme")
    );
}

#[test]
fn lines_are_wrapped_under_their_text() {
    let text = "one \u{1b}[2Jtwo\r\nthree ".repeat(9);
    let whole = wrapped("  ok  ", &text);
    let lines: Vec<&str> = whole.lines().collect();
    assert!(
        lines.len() > 2 && lines.iter().all(|line| line.len() <= 80),
        "{whole}"
    );
    assert!(lines[0].starts_with("  ok  one [2Jtwo three"), "{whole}");
    assert!(
        lines[1..].iter().all(|line| line.starts_with("      ")),
        "{whole}"
    );
    let long = "x".repeat(100);
    assert_eq!(
        wrapped("", &format!("a {long} b")),
        format!("a\n{long}\nb\n")
    );
}
