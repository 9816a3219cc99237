//! What can go wrong on the way, and the class that the client makes of it.

use std::net::TcpListener;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use ams_oms_client::{HttpOms, Oms as _, OmsError};
use serde_json::{Value, json};

use crate::canned::{Answer, serve, serve_counted, status};
use crate::common::{line, rma};
use crate::scripted::{OPERATIONS, call, is_write};
use crate::{KEY, class};

fn client(base: &str) -> HttpOms {
    HttpOms::builder(base, KEY).build().unwrap()
}

fn problem(class: &str) -> Value {
    json!({"class": class, "code": class, "detail": class})
}

/// (what is answered, the class for a read, the class for a write)
fn table() -> Vec<(&'static str, Answer, &'static str, &'static str)> {
    let html = "<h1>Bad Gateway</h1>";
    let told = |code: u16, problem: Value| crate::canned::json(code, &problem);
    let bytes = |text: &str| Answer::Bytes(text.as_bytes().to_vec());
    let huge = "x".repeat(9 * 1024 * 1024);
    vec![
        ("nothing", bytes(""), "transient", "ambiguous"),
        (
            "half a head",
            bytes("HTTP/1.1 200 OK\r\nconte"),
            "transient",
            "ambiguous",
        ),
        (
            "no HTTP",
            bytes("SSH-2.0-OpenSSH_9.6\r\n"),
            "transient",
            "ambiguous",
        ),
        (
            "half a body",
            bytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"merchant\""),
            "transient",
            "ambiguous",
        ),
        ("too much", status(200, "", &huge), "malformed", "malformed"),
        (
            "no JSON",
            status(200, "", "<html>"),
            "malformed",
            "malformed",
        ),
        ("no body", status(200, "", ""), "malformed", "malformed"),
        (
            "other JSON",
            status(200, "", "[1]"),
            "malformed",
            "malformed",
        ),
        ("accepted", status(202, "", "{}"), "malformed", "malformed"),
        ("no content", status(204, "", ""), "malformed", "malformed"),
        ("bare 400", status(400, "", html), "malformed", "malformed"),
        ("bare 401", status(401, "", html), "auth", "auth"),
        ("bare 403", status(403, "", html), "auth", "auth"),
        // A wrong address, or a proxy: no proof that an RMA does not exist.
        ("bare 404", status(404, "", html), "malformed", "malformed"),
        ("bare 408", status(408, "", html), "transient", "ambiguous"),
        ("bare 409", status(409, "", html), "malformed", "malformed"),
        ("bare 413", status(413, "", html), "malformed", "malformed"),
        ("bare 429", status(429, "", html), "transient", "transient"),
        ("bare 500", status(500, "", html), "transient", "ambiguous"),
        ("bare 502", status(502, "", html), "transient", "ambiguous"),
        ("bare 503", status(503, "", html), "transient", "ambiguous"),
        ("bare 504", status(504, "", html), "transient", "ambiguous"),
        (
            "told 503",
            told(503, problem("transient")),
            "transient",
            "transient",
        ),
        (
            "told 429",
            told(429, problem("transient")),
            "transient",
            "transient",
        ),
        (
            "told 504",
            told(504, problem("ambiguous")),
            "transient",
            "ambiguous",
        ),
        (
            "told 502",
            told(502, problem("malformed")),
            "malformed",
            "malformed",
        ),
        (
            "told 501",
            told(501, problem("unsupported")),
            "unsupported",
            "unsupported",
        ),
        (
            "told 404, of the path",
            told(404, problem("rejected")),
            "rejected",
            "rejected",
        ),
        // Class and status disagree: nobody who keeps the contract wrote that.
        (
            "transient 500",
            told(500, problem("transient")),
            "transient",
            "ambiguous",
        ),
        (
            "rejected 500",
            told(500, problem("rejected")),
            "transient",
            "ambiguous",
        ),
        (
            "not_found 200",
            told(200, problem("not_found")),
            "malformed",
            "malformed",
        ),
        (
            "not_found 400",
            told(400, problem("not_found")),
            "malformed",
            "malformed",
        ),
        (
            "a new class",
            told(503, problem("tired")),
            "transient",
            "ambiguous",
        ),
        // What the class cannot do without is lacking.
        (
            "bare conflict",
            told(409, problem("conflict")),
            "malformed",
            "malformed",
        ),
        (
            "bare too_late",
            told(409, problem("too_late")),
            "malformed",
            "malformed",
        ),
        (
            "bare partial",
            told(422, problem("partial")),
            "malformed",
            "malformed",
        ),
        (
            "rejected for nothing",
            told(422, json!({"class": "rejected", "code": " "})),
            "malformed",
            "malformed",
        ),
    ]
}

#[tokio::test]
async fn every_fault_has_its_class() {
    for (name, answer, read, write) in table() {
        let base = serve(answer);
        let oms = client(&base);
        for operation in OPERATIONS {
            let expected = if is_write(operation) { write } else { read };
            let error = call(&oms, operation).await.unwrap_err();
            assert_eq!(class(&error), expected, "{name}, {operation}: {error:?}");
            assert!(!format!("{error} {error:?}").contains(KEY));
        }
    }
}

#[tokio::test]
async fn a_refused_connection_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for operation in OPERATIONS {
        let error = call(&client(&base), operation).await.unwrap_err();
        assert_eq!(class(&error), "transient", "{operation}: {error:?}");
    }
}

#[tokio::test]
async fn silence_is_not_taken_for_a_failure_of_a_write() {
    let base = serve(Answer::Silence);
    let oms = HttpOms::builder(&base, KEY)
        .timeout(Duration::from_millis(30))
        .build()
        .unwrap();
    for operation in OPERATIONS {
        let expected = if is_write(operation) {
            "ambiguous"
        } else {
            "transient"
        };
        let error = call(&oms, operation).await.unwrap_err();
        assert_eq!(class(&error), expected, "{operation}: {error:?}");
    }
}

#[tokio::test]
async fn an_rma_that_makes_no_sense_is_not_sent() {
    let (base, asked) = serve_counted(status(500, "", ""));
    let oms = client(&base);
    let mut rma = rma("acme", 1, vec![line("1", "A", 1)]);
    rma.lines.clear();
    for answer in [
        oms.create_rma(&rma).await.map(drop),
        oms.amend_rma(&rma).await.map(drop),
    ] {
        assert_eq!(class(&answer.unwrap_err()), "rejected");
    }
    assert_eq!(asked.load(SeqCst), 0);
}

#[tokio::test]
async fn nothing_is_repeated_and_no_redirect_is_followed() {
    let (target, followed) = serve_counted(status(200, "", "{}"));
    for code in [301, 302, 303, 307, 308, 503] {
        let answer = status(code, &format!("location: {target}/\r\n"), "");
        let (base, asked) = serve_counted(answer);
        for operation in OPERATIONS {
            let error = call(&client(&base), operation).await.unwrap_err();
            if code != 503 {
                assert_eq!(class(&error), "malformed", "{code} {operation}");
            }
        }
        assert_eq!(asked.load(SeqCst), OPERATIONS.len(), "{code}");
    }
    assert_eq!(followed.load(SeqCst), 0);
}

#[tokio::test]
async fn the_wait_that_was_asked_for_is_told() {
    let told = json!({"class": "transient", "retry_after_seconds": 9}).to_string();
    for (header, body, seconds) in [
        ("retry-after: 7\r\n", "", Some(7)),
        ("", &*told, Some(9)),
        ("retry-after: 7\r\n", &*told, Some(9)),
        ("retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n", "", None),
        ("retry-after: -1\r\n", "", None),
        ("retry-after: 99999999999999999999\r\n", "", None),
        ("", "", None),
    ] {
        let oms = client(&serve(status(429, header, body)));
        for operation in OPERATIONS {
            let error = call(&oms, operation).await.unwrap_err();
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(error.retry_after(), expected, "{header:?} {operation}");
        }
    }
}

#[tokio::test]
async fn an_answer_about_another_rma_is_not_believed() {
    let document = crate::document::Document::read();
    let schemas = &document.0["components"]["responses"]["Conflict"]["content"]["application/json"];
    let mut snapshot = schemas["examples"]["conflict"]["value"]["existing"].clone();
    for (field, value) in [("merchant", "other"), ("rma_number", "99904599")] {
        let right = snapshot[field].clone();
        snapshot[field] = value.into();
        let created = json!({"outcome": "created", "rma": snapshot});
        let conflict = json!({"class": "conflict", "code": "conflict", "existing": snapshot});
        for (operation, code, body) in [
            ("create_rma", 201, &created),
            ("create_rma", 409, &conflict),
            ("get_rma", 200, &snapshot),
            ("amend_rma", 200, &snapshot),
            ("apply", 200, &snapshot),
        ] {
            let oms = client(&serve(crate::canned::json(code, body)));
            let error = call(&oms, operation).await.unwrap_err();
            assert_eq!(class(&error), "malformed", "{operation} {code}");
        }
        snapshot[field] = right;
    }
    // New or not: status and body have to agree, because money is decided on it.
    for (code, outcome, believed) in [
        (201, "created", true),
        (200, "already_exists", true),
        (200, "created", false),
        (201, "already_exists", false),
    ] {
        let body = json!({"outcome": outcome, "rma": snapshot});
        let oms = client(&serve(crate::canned::json(code, &body)));
        let told = call(&oms, "create_rma").await;
        match told {
            Ok(_) => assert!(believed, "{code} {outcome}"),
            Err(OmsError::Malformed { .. }) => assert!(!believed, "{code} {outcome}"),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn texts_from_outside_are_bounded_and_without_the_key() {
    let detail = format!(
        "key {KEY}\r\nforged log line\u{1b}[31m {}",
        "x".repeat(1_000)
    );
    let body = json!({"class": "rejected", "code": detail, "detail": detail, "field": detail});
    let oms = client(&serve(crate::canned::json(422, &body)));
    let error = call(&oms, "create_rma").await.unwrap_err();
    let shown = error.to_string();
    assert!(
        !shown.contains(KEY) && !shown.contains(char::is_control),
        "{shown}"
    );
    assert!(shown.chars().count() < 500, "{shown}");
}
