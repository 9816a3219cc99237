//! Client and server together, and both against the document.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ams_oms_client::server::{LARGEST_REQUEST, ServerKey, router, router_with_warehouse};
use ams_oms_client::{
    MemoryOms, Oms as _, OmsError, RejectedLine, RmaSnapshot, RmaState, conformance,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{key, line, line_ref, merchant, rma};
use crate::document::Document;
use crate::recorder::Recorder;
use crate::scripted::{Answering, OPERATIONS, call, is_write};
use crate::{KEY, class, connect, memory, serve};

/// The conformance suite, every failure and a table of bad requests: all that goes over the wire
/// is in the document, and all that is in the document goes over the wire.
#[tokio::test]
async fn what_is_sent_and_answered_is_what_the_document_says() {
    let recorder = Recorder::default();
    conforms(&recorder).await;
    every_failure_survives_the_wire(&recorder).await;
    bad_requests_are_refused(&recorder).await;

    let document = Document::read();
    let mut seen = BTreeSet::new();
    for exchange in recorder.exchanges() {
        let found = document.answer_problems(&exchange);
        assert!(found.is_empty(), "{found:?} {exchange:?}");
        if exchange.by_client || exchange.status < 300 {
            let found = document.request_problems(&exchange);
            assert_eq!(found, Some(vec![]), "{exchange:?}");
        }
        if let Some(operation) = document.find(&exchange.method, &exchange.path) {
            seen.insert((operation.id.to_owned(), exchange.status.to_string()));
        }
    }
    for (_, _, operation) in document.operations() {
        let id = operation["operationId"].as_str().unwrap();
        for status in operation["responses"].as_object().unwrap().keys() {
            // Said by what may stand in front of a service, and by services with more to fail.
            let beyond =
                status == "429" || (id == "capabilities" && matches!(&**status, "403" | "503"));
            let pair = (id.to_owned(), status.clone());
            assert_eq!(seen.contains(&pair), !beyond, "{pair:?}");
        }
    }
}

async fn conforms(recorder: &Recorder) {
    let (_, router) = memory();
    let oms = connect(&serve(recorder.around(router)).await, KEY).await;
    let report = conformance::run(&oms, &oms).await;
    assert!(report.is_passed(), "{report}");
    assert_eq!(report.skipped().count(), 0, "{report}");
}

fn failures() -> [fn() -> Result<RmaSnapshot, OmsError>; 12] {
    [
        || Err(OmsError::transient("busy")),
        || {
            Err(OmsError::transient_after(
                "busy",
                Duration::from_millis(6_500),
            ))
        },
        || Err(OmsError::ambiguous("lost")),
        || Err(OmsError::auth("the key behind")),
        || Err(OmsError::NotFound),
        || Err(OmsError::conflict(snapshot())),
        || Err(OmsError::too_late(RmaState::Arrived)),
        || Err(OmsError::rejected_field("bad", "sku")),
        || {
            Err(OmsError::partial(
                vec![line_ref("1")],
                vec![RejectedLine::new(line_ref("2"), "unknown_sku")],
            ))
        },
        || Err(OmsError::unsupported("whatever")),
        || Err(OmsError::malformed("gibberish")),
        || Err(OmsError::CursorLost),
    ]
}

fn snapshot() -> RmaSnapshot {
    let document = Document::read();
    let existing = &document.0["components"]["responses"]["Conflict"]["content"]["application/json"]
        ["examples"]["conflict"]["value"]["existing"];
    serde_json::from_value(existing.clone()).unwrap()
}

async fn every_failure_survives_the_wire(recorder: &Recorder) {
    for failure in failures() {
        let failing = Arc::new(Answering(failure));
        let key = ServerKey::new(KEY).unwrap().with_warehouse();
        let router = router_with_warehouse(failing.clone(), failing, [key]);
        let oms = connect(&serve(recorder.around(router)).await, KEY).await;
        for operation in OPERATIONS.into_iter().filter(|it| *it != "capabilities") {
            let told = call(&oms, operation).await.unwrap_err();
            let meant = failure().unwrap_err();
            let expected = match class(&meant) {
                "ambiguous" if !is_write(operation) => "transient",
                class if has(operation, class) => class,
                _ => "malformed",
            };
            assert_eq!(class(&told), expected, "{operation} {told:?}");
            if let OmsError::Unsupported {
                operation: name, ..
            } = told
            {
                assert_eq!(name, operation);
            } else if class(&meant) == expected && meant.retry_after().is_none() {
                // All fields, except for the cause.
                assert_eq!(format!("{told:?}"), format!("{meant:?}"));
            }
            let whole_seconds = meant.retry_after().map(|_| Duration::from_secs(7));
            assert_eq!(told.retry_after(), whole_seconds, "{operation}");
        }
    }
}

/// Behind a server may be a system that tells what has no JSON. Neither a moment's failure nor a
/// fact must come of it.
#[tokio::test]
async fn nonsense_from_behind_is_malformed() {
    fn nonsense() -> RmaSnapshot {
        let mut told = snapshot();
        told.lines.extend(told.lines.clone());
        assert!(told.validate().is_err());
        told
    }
    let answers: [(fn() -> _, &[_]); 2] = [
        (
            || Ok(nonsense()),
            &["create_rma", "get_rma", "amend_rma", "apply"],
        ),
        (|| Err(OmsError::conflict(nonsense())), &["create_rma"]),
    ];
    for (answer, operations) in answers {
        let oms = Arc::new(Answering(answer));
        let key = ServerKey::new(KEY).unwrap().with_warehouse();
        let router = router_with_warehouse(oms.clone(), oms, [key]);
        let oms = connect(&serve(router).await, KEY).await;
        for operation in operations {
            let error = call(&oms, operation).await.unwrap_err();
            assert_eq!(class(&error), "malformed", "{operation}: {error:?}");
        }
    }
}

/// The failures that the contract has for only some operations.
fn has(operation: &str, class: &str) -> bool {
    match class {
        "not_found" => matches!(operation, "get_rma" | "amend_rma" | "cancel_rma" | "apply"),
        "too_late" => matches!(operation, "amend_rma" | "cancel_rma" | "apply"),
        "conflict" => operation == "create_rma",
        "partial" => matches!(operation, "create_rma" | "amend_rma"),
        "cursor_lost" => operation == "changes",
        _ => true,
    }
}

async fn bad_requests_are_refused(recorder: &Recorder) {
    let (oms, full) = memory();
    let bare = router(Arc::new(oms), [ServerKey::new("bare").unwrap()]);
    let full = serve(recorder.around(full)).await;
    let bare = serve(recorder.around(bare)).await;

    let rma = |change: fn(&mut Value)| {
        let promise = rma("acme", 7, vec![line("1", "A", 1)]);
        let mut json = serde_json::to_value(promise).unwrap();
        change(&mut json);
        json.to_string()
    };
    let good = || rma(|_| {});
    let deep = format!("{{\"more\":{}", "[".repeat(100_000));
    let large = format!("\"{}\"", "x".repeat(LARGEST_REQUEST));
    const RMA: &str = "/v1/merchants/acme/rmas/7";
    const LINES: &str = "/v1/merchants/acme/rmas/7/lines";
    const CANCEL: &str = "/v1/merchants/acme/rmas/7/cancel";
    const WORK: &str = "/v1/merchants/acme/rmas/7/work";

    let mut table: Vec<(&str, &str, String, u16, &str)> = vec![
        ("PUT", RMA, String::new(), 400, "malformed_json"),
        ("PUT", RMA, "{".into(), 400, "malformed_json"),
        ("PUT", RMA, format!("{} x", good()), 400, "malformed_json"),
        ("PUT", RMA, deep, 400, "malformed_json"),
        ("PUT", RMA, "null".into(), 422, "invalid_content"),
        (
            "PUT",
            RMA,
            rma(|r| r["rma_number"] = "8".into()),
            422,
            "address_differs",
        ),
        (
            "PUT",
            RMA,
            rma(|r| r["merchant"] = "other".into()),
            422,
            "address_differs",
        ),
        (
            "PUT",
            RMA,
            rma(|r| r["merchant"] = "..".into()),
            422,
            "invalid_content",
        ),
        ("PUT", RMA, rma(|r| r["lines"] = json!([])), 422, "no_lines"),
        (
            "PUT",
            RMA,
            rma(|r| r["lines"] = json!([r["lines"][0], r["lines"][0]])),
            422,
            "duplicate_line",
        ),
        (
            "PUT",
            RMA,
            rma(|r| r["lines"][0]["quantity"] = 0.into()),
            422,
            "invalid_content",
        ),
        (
            "PUT",
            "/v1/merchants/a%20b/rmas/7",
            good(),
            400,
            "invalid_merchant",
        ),
        (
            "PUT",
            "/v1/merchants/%FF/rmas/7",
            good(),
            400,
            "invalid_merchant",
        ),
        (
            "PUT",
            "/v1/merchants/acme/rmas/0",
            good(),
            400,
            "invalid_rma_number",
        ),
        (
            "GET",
            "/v1/merchants/acme/rmas/%237",
            String::new(),
            400,
            "invalid_rma_number",
        ),
        ("PUT", LINES, "{}".into(), 422, "invalid_content"),
        (
            "PUT",
            "/v1/merchants/acme/rmas/x/lines",
            good(),
            400,
            "invalid_rma_number",
        ),
        ("POST", CANCEL, "{}".into(), 422, "invalid_content"),
        ("POST", CANCEL, "reason".into(), 400, "malformed_json"),
        (
            "POST",
            WORK,
            r#"{"work":"burn"}"#.into(),
            422,
            "invalid_content",
        ),
        (
            "POST",
            WORK,
            r#"{"work":"close""#.into(),
            400,
            "malformed_json",
        ),
        (
            "GET",
            "/v1/merchants/acme/changes?limit=0",
            String::new(),
            400,
            "invalid_query",
        ),
        (
            "GET",
            "/v1/merchants/acme/changes?limit=x",
            String::new(),
            400,
            "invalid_query",
        ),
        (
            "GET",
            "/v1/merchants/acme/changes?cursor=a&cursor=b",
            String::new(),
            400,
            "invalid_query",
        ),
        (
            "GET",
            "/v1/merchants/acme/open?after=-1",
            String::new(),
            400,
            "invalid_query",
        ),
        (
            "GET",
            "/v1/merchants/..x%2F/open",
            String::new(),
            400,
            "invalid_merchant",
        ),
        (
            "GET",
            "/v1/merchants/acme",
            String::new(),
            404,
            "no_such_path",
        ),
        ("GET", "/", String::new(), 404, "no_such_path"),
        ("DELETE", RMA, String::new(), 405, "no_such_method"),
        (
            "POST",
            "/v1/capabilities",
            String::new(),
            405,
            "no_such_method",
        ),
    ];
    for (method, path) in [
        ("PUT", RMA),
        ("PUT", LINES),
        ("POST", CANCEL),
        ("POST", WORK),
    ] {
        table.push((method, path, large.clone(), 413, "body_too_large"));
    }

    let client = reqwest::Client::new();
    let send = async |base: &str, key: Option<&str>, method: &str, path: &str, body: String| {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = client.request(method, format!("{base}{path}")).body(body);
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        (status, body)
    };
    for (method, path, body, status, code) in table {
        let (told, problem) = send(&full, Some(KEY), method, path, body).await;
        let shown = format!("{method} {path} {problem}");
        assert_eq!((told, &problem["code"]), (status, &json!(code)), "{shown}");
        assert_eq!(problem["class"], "rejected", "{shown}");
    }
    let bad_line = rma(|r| r["lines"][0]["quantity"] = "canary".into());
    let (_, problem) = send(&full, Some(KEY), "PUT", RMA, bad_line).await;
    assert_eq!(problem["field"], "lines[0].quantity");
    assert!(!problem.to_string().contains("canary"), "{problem}");

    // Nobody gets past the door without a key, wherever it leads.
    for (method, path, _) in paths() {
        for key in [None, Some("wrong"), Some("bare ")] {
            let (status, problem) = send(&full, key, &method, &path, String::new()).await;
            assert_eq!((status, &problem["class"]), (401, &json!("auth")), "{path}");
        }
    }
    let (status, _) = send(&full, None, "GET", "/nowhere", String::new()).await;
    assert_eq!(status, 401);

    let work = r#"{"work":"close"}"#;
    let (status, problem) = send(&bare, Some("bare"), "POST", WORK, work.into()).await;
    assert_eq!((status, &problem["class"]), (403, &json!("auth")));
}

/// Every method and path of the document, about an RMA of acme's.
fn paths() -> Vec<(String, String, String)> {
    let document = Document::read();
    document
        .operations()
        .into_iter()
        .map(|(path, method, operation)| {
            let path = path
                .replace("{merchant}", "acme")
                .replace("{rma_number}", "7");
            let id = operation["operationId"].as_str().unwrap();
            (method.to_uppercase(), path, id.to_owned())
        })
        .collect()
}

/// The examples of the document mean to the client what the document says.
#[tokio::test]
async fn the_client_understands_every_documented_answer() {
    let document = Document::read();
    for (_, _, operation) in document.operations() {
        let id = operation["operationId"].as_str().unwrap();
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = document.follow(response);
            let media = &response["content"]["application/json"];
            for (name, example) in media["examples"].as_object().unwrap() {
                let example = &example["value"];
                let answer = crate::canned::json(status.parse().unwrap(), example);
                let base = crate::canned::serve(answer);
                let oms = ams_oms_client::HttpOms::builder(base, KEY).build().unwrap();
                let told = call(&oms, id).await;
                let told = match &told {
                    Ok(_) => "success",
                    Err(error) => class(error),
                };
                let expected = match example.get("class").map(|class| class.as_str().unwrap()) {
                    None => "success",
                    Some("ambiguous") if !is_write(id) => "transient",
                    Some(class) => class,
                };
                assert_eq!(told, expected, "{id} {status} {name}");
            }
        }
    }
}

/// A limit that is not asked for, and one that is too large, still give pages.
#[tokio::test]
async fn pages_are_bounded() {
    let oms = MemoryOms::new();
    for n in 1..=1_001 {
        oms.create_rma(&rma("acme", n, vec![line("1", "A", 1)]))
            .await
            .unwrap();
    }
    let router = router(Arc::new(oms), [ServerKey::new(KEY).unwrap()]);
    let base = serve(router).await;
    let get = async |path: &str| {
        let answer = reqwest::Client::new()
            .get(format!("{base}/v1/merchants/acme/{path}"))
            .bearer_auth(KEY)
            .send();
        let body = answer.await.unwrap().bytes().await.unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    for (path, list, rows) in [
        ("open", "rma_numbers", 100),
        ("open?limit=4294967295", "rma_numbers", 1_000),
        ("changes", "changes", 100),
        ("changes?limit=4294967295", "changes", 1_000),
        ("changes?limit=7", "changes", 7),
    ] {
        let page = get(path).await;
        assert_eq!(page[list].as_array().unwrap().len(), rows, "{path}");
    }
    let http = connect(&base, KEY).await;
    let open = ams_oms_client::OmsExt::all_open(&http, &merchant("acme")).await;
    assert_eq!(open.unwrap().len(), 1_001);
    let found = http.get_rma(&key("acme", 1_001)).await.unwrap();
    assert!(found.is_some());
}
