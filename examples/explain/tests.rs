use std::ffi::OsString;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::run;

/// Personal data of the fixtures and of the texts below; no output may hold it.
const CANARIES: [&str; 6] = ["ottilie", "Ottilie", "Brandt", "canary", "Wharf", "@"];

fn explain(args: &[&str], stdin: &str) -> Result<(Value, Vec<String>), String> {
    let args = args.iter().map(OsString::from);
    let output = run(args, &mut stdin.as_bytes())?;
    Ok((serde_json::from_str(&output.text).unwrap(), output.why))
}

fn fixture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures")
        .join(name);
    path.to_str().unwrap().to_owned()
}

/// The RMA's number with its lines, or with the reason why there is none.
fn brief(answer: &Value) -> Value {
    match answer {
        Value::Array(answers) => answers.iter().map(brief).collect(),
        answer => match answer.get("lines").and_then(Value::as_array) {
            Some(lines) => {
                let ids: Vec<_> = lines.iter().map(|line| &line["line_item_id"]).collect();
                json!([answer["rma_number"], ids])
            }
            None => json!([answer["rma_number"], answer["skipped"]]),
        },
    }
}

#[test]
fn every_form_is_answered() {
    let mug = ["880145501", "880145502", "880145503"];
    let main = json!(["41870233", mug]);
    let closed = json!(["29514408", "the return is already closed in Loop"]);
    let no_rma = |topic: &str| format!("a webhook of the topic {topic} creates no RMA");
    for (form, file, expected) in [
        ("webhook", "forms/webhook-2020.json", main.clone()),
        ("webhook", "forms/webhook-current.json", main.clone()),
        (
            "webhook",
            "webhooks/label.json",
            json!(["41870233", no_rma("label")]),
        ),
        (
            "webhook",
            "webhooks/giftcard.json",
            json!(["41870233", no_rma("giftcard")]),
        ),
        (
            "webhook",
            "webhooks/happy-returns-shipment.json",
            json!([null, no_rma("happy.returns.shipment")]),
        ),
        (
            "webhook",
            "webhooks/unknown-topic.json",
            json!([
                null,
                "a webhook of a topic that is not known here creates no RMA"
            ]),
        ),
        ("return", "forms/list-row.json", main.clone()),
        ("return", "forms/details.json", main.clone()),
        ("return", "forms/list-row-closed-2022.json", closed.clone()),
        (
            "return",
            "quirks/no-line-items.json",
            json!(["52000417", "Loop lists no line items for the return"]),
        ),
        (
            "return",
            "pages/page.json",
            json!([main, ["41870300", ["418703001"]]]),
        ),
        (
            "return",
            "pages/bare.json",
            json!([main, ["41870300", ["418703001"]]]),
        ),
        ("return", "pages/last-page.json", json!([])),
        (
            "asn",
            "asn/several-returns.json",
            json!([closed, main, ["41870300", ["418703001", "418703002"]]]),
        ),
    ] {
        let (answer, why) = explain(&[form, &fixture(file)], "").unwrap();
        assert_eq!(brief(&answer), expected, "{file}");
        assert!(!why.is_empty(), "{file}");
        let all = format!("{answer} {}", why.join("\n"));
        for canary in CANARIES {
            assert!(!all.contains(canary), "{file} shows {canary}: {all}");
        }
    }
}

#[test]
fn the_rma_is_the_one_that_the_oms_would_get() {
    let (answer, why) = explain(
        &["return", "-", "--merchant", "acme"],
        r##"{"id":7,"state":"open","order_name":"#1","outcome":"refund","tracking_number":"T1",
            "line_items":[{"line_item_id":1,"sku":"A"},{"line_item_id":2,"outcome":"Keep Item"},
                          {"line_item_id":3,"outcome":"recycle"}]}"##,
    )
    .unwrap();
    let line = |id: &str, sku: Option<&str>| json!({"line_item_id": id, "sku": sku, "barcode": null, "title": null, "quantity": 1});
    assert_eq!(
        answer,
        json!({
            "rma_number": "7", "merchant": "acme", "order_name": "#1", "outcome": "refund",
            "parcels": [{"carrier": null, "tracking_number": "T1"}],
            "lines": [line("1", Some("A")), line("3", None)],
        })
    );
    assert_eq!(
        why,
        [
            "return 7: read with 3 line items",
            r#"return 7: line item 2 is left out: its outcome is "Keep Item""#,
            r#"return 7: line item 3 is expected, with an unknown outcome "recycle""#,
            "return 7: line item 3 has neither SKU nor barcode",
            "return 7: an RMA is owed, 2 units on 2 lines",
        ]
    );
}

#[test]
fn a_policy_decides_whose_goods_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.json");
    let policy = policy.to_str().unwrap();
    let details = fixture("forms/details.json");
    let with = |text: &str| {
        std::fs::write(policy, text).unwrap();
        explain(&["return", &details, "--policy", policy], "")
    };
    let (answer, _) = with(r#"{"destinations": ["9"]}"#).unwrap();
    let reason = "the goods go to destination 3071, which is not this warehouse";
    assert_eq!(brief(&answer), json!(["41870233", reason]));
    for (text, problem) in [
        (
            r#"{"surplus": "refund"}"#,
            "unknown variant `refund`, expected `process` or `flag` at line 1 column 20",
        ),
        (
            r#"{"process_deadline_hours": 0}"#,
            "process_deadline_hours: must be at least 1",
        ),
    ] {
        assert_eq!(with(text).unwrap_err(), format!("{policy}: {problem}"));
    }
}

const RETURN: &str = r#"{"id": 7, "state": "open", "customer": "ottilie@example.net",
    "line_items": [{"line_item_id": 1, "sku": "A"}, {"line_item_id": 2, "sku": "A"},
                   {"line_item_id": 3, "sku": "K", "outcome": "keep"}]}"#;
const RMA: &str = r#"{"merchant": "acme", "rma_number": "7", "state": "completed",
    "raw_state": "CLOSED", "version": "3",
    "unexpected": [{"sku": "Z", "quantity": 2, "condition": "damaged"}],
    "lines": [{"sku": "A", "counts":
        {"expected": 2, "available": 1, "damaged": 1, "held": 0, "missing": 0}}]}"#;

/// The files of a return and its RMA.
struct Pair(tempfile::TempDir);

impl Pair {
    fn new(ret: &str, rma: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("return.json"), ret).unwrap();
        std::fs::write(folder.path().join("rma.json"), rma).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn decide(&self, more: &[&str]) -> Result<(Value, Vec<String>), String> {
        let (ret, rma) = (self.path("return.json"), self.path("rma.json"));
        let args = ["decide", "--return", &ret, "--rma", &rma];
        explain(&[&args, more].concat(), "")
    }
}

#[test]
fn a_decision_is_told_for_machines_and_for_people() {
    let (decision, why) = Pair::new(RETURN, RMA).decide(&[]).unwrap();
    assert_eq!(decision["action"], "flag");
    assert_eq!(decision["reason"], "not_all_available");
    assert_eq!(decision["facts"]["lines"][0]["damaged"], 1);
    assert_eq!(decision["facts"]["unexpected"][0]["quantity"], 2);
    let note = "RMA 7: not all units are available. line 1 A: 0 of 1 available, 1 damaged, line \
                ambiguous; not expected Z: 2 not in good order";
    assert_eq!(decision["note"], note);
    assert_eq!(
        why,
        [
            "In Loop, return 7 is open.",
            r#"There, line item 3 is left out: its outcome is "keep"."#,
            "In the warehouse, RMA 7 is completed: nothing more is awaited.",
            "Line 1 (A): 0 of 1 available, 1 damaged, though which of several equal lines it is \
             cannot be told.",
            "Line 2 (A): 1 of 1 available, though which of several equal lines it is cannot be \
             told.",
            "Nobody expects 2 of Z, not in good order.",
            "So: flag, because the RMA is complete, and units are damaged, missing or on hold.",
            &format!("Written in Loop: {note}"),
        ]
    );
    let all = format!("{decision} {}", why.join("\n"));
    assert!(!all.contains("ottilie"), "{all}");
}

#[test]
fn a_decision_follows_the_policy_and_needs_both_files() {
    let good = RMA
        .replace(
            r#""available": 1, "damaged": 1"#,
            r#""available": 2, "damaged": 0"#,
        )
        .replace(r#""condition": "damaged""#, r#""condition": "available""#);
    let pair = Pair::new(RETURN, &good);
    let policy = pair.path("policy.json");
    let with = |text: &str| {
        std::fs::write(&policy, text).unwrap();
        pair.decide(&["--policy", &policy]).unwrap().0["action"].clone()
    };
    assert_eq!(pair.decide(&[]).unwrap().0["action"], "nothing");
    assert_eq!(with(r#"{"process_returns": true}"#), "process");
    assert_eq!(
        with(r#"{"process_returns": true, "surplus": "flag"}"#),
        "flag"
    );
    // One of them may come through a pipe.
    let ret = pair.path("return.json");
    let args = ["decide", "--return", &ret, "--rma", "-"];
    assert_eq!(explain(&args, RMA).unwrap().0["action"], "flag");

    let usage = crate::args::USAGE;
    for args in [
        &["decide"][..],
        &["decide", "--return", &ret],
        &["decide", "--rma", &ret],
        &["decide", "--return", &ret, "--rma"],
        &["decide", "--return", &ret, "--rma", &ret, "more"],
        &[
            "decide",
            "--return",
            &ret,
            "--rma",
            &ret,
            "--merchant",
            "acme",
        ],
        &["return", &ret, "--rma", &ret],
    ] {
        assert_eq!(explain(args, "").unwrap_err(), usage, "{args:?}");
    }
}

#[test]
fn what_of_a_pair_cannot_be_read_is_said_by_file_and_place() {
    let negative = RMA.replace(r#""damaged": 1"#, r#""damaged": -1"#);
    let pair = Pair::new(RETURN, &negative);
    let problem = pair.decide(&[]).unwrap_err();
    let file = pair.path("rma.json");
    let expected = format!("{file}: expected an ams_oms_client::RmaSnapshot: invalid value: ");
    assert!(problem.starts_with(&expected), "{problem}");
    assert!(
        problem.contains("-1") && problem.contains("line 5"),
        "{problem}"
    );
    let pair = Pair::new(r#"{"id": "ottilie"}"#, RMA);
    assert_eq!(
        pair.decide(&[]).unwrap_err(),
        format!(
            "{}: expected a Loop return id at id (line 1, column 17)",
            pair.path("return.json")
        )
    );
    // Evidence about another return is none.
    let pair = Pair::new(&RETURN.replace(r#""id": 7"#, r#""id": 8"#), RMA);
    assert_eq!(pair.decide(&[]).unwrap().0["reason"], "rma_of_another");
}

#[test]
fn what_cannot_be_read_is_one_line_that_says_where_and_what() {
    let usage = crate::args::USAGE;
    let row = "row 1 (the first is 0; lines count from the row's start)";
    for (args, stdin, expected) in [
        (&[][..], "", usage.to_owned()),
        (&["return"], "", usage.to_owned()),
        (&["refund", "-"], "", usage.to_owned()),
        (&["return", "-", "-"], "", usage.to_owned()),
        (&["return", "-", "--policy"], "", usage.to_owned()),
        (&["return", "-", "--canary"], "", usage.to_owned()),
        (
            &["return", "-", "--merchant", "canary@x"],
            "",
            "--merchant: not a valid merchant id: it must be 1 to 64 of A-Z a-z 0-9 . _ - and \
             neither \".\" nor \"..\""
                .to_owned(),
        ),
        (
            &["return", "/no/such/file"],
            "",
            format!(
                "/no/such/file: {}",
                std::fs::read("/no/such/file").unwrap_err()
            ),
        ),
        (
            &["webhook", "-"],
            " \n",
            "standard input: expected JSON, but it is empty".to_owned(),
        ),
        (
            &["webhook", "-"],
            "ottilie@example.net",
            "standard input: expected well-formed JSON at line 1, column 1".to_owned(),
        ),
        (
            &["webhook", "-"],
            r#"{"id":1,"customer":"ottilie@example.net"}"#,
            "standard input: expected the field topic at line 1, column 41".to_owned(),
        ),
        (
            &["webhook", "-"],
            r#"{"topic":"return","customer":"ottilie@example.net"}"#,
            "standard input: expected the field id at line 1, column 51".to_owned(),
        ),
        (
            &["return", "-"],
            r#"{"error":{"message":"ottilie@example.net"}}"#,
            "standard input: expected the field id at line 1, column 43".to_owned(),
        ),
        (
            &["return", "-"],
            "{\"id\":\n\"ottilie@example.net\"}",
            "standard input: expected a Loop return id at id (line 2, column 22)".to_owned(),
        ),
        (
            &["return", "-"],
            r#"{"id":1,"line_items":"ottilie@example.net"}"#,
            "standard input: expected a list at line_items (line 1, column 42)".to_owned(),
        ),
        (
            &["return", "-"],
            r#"{"returns":"ottilie@example.net"}"#,
            "standard input: expected a list of returns at returns".to_owned(),
        ),
        (
            &["return", "-"],
            r#"[{"id":1},{"id":"ottilie@example.net"}]"#,
            format!("standard input: {row}: expected a Loop return id at id (line 1, column 28)"),
        ),
        (
            &["return", "-"],
            r#"[{"id":1},{"id":2]"#,
            "standard input: expected well-formed JSON at line 1, column 18".to_owned(),
        ),
        (
            &["asn", "-"],
            r#"[{"id":1,"return_line_item_id":2},{"id":1,"return_line_item_id":"canary"}]"#,
            format!(
                "standard input: {row}: expected a Loop line item id at return_line_item_id \
                 (line 1, column 39)"
            ),
        ),
        (
            &["asn", "-"],
            r#"[{"id":1,"return_line_item_id":2},{"id":1}]"#,
            format!(
                "standard input: {row}: expected the field return_line_item_id at line 1, column 8"
            ),
        ),
        (
            &["asn", "-"],
            r#"{"id":1,"customer_email":"ottilie@example.net"}"#,
            "standard input: expected a list of rows at line 1, column 0".to_owned(),
        ),
        (
            &["asn", "-"],
            r#"["ottilie@example.net"#,
            "standard input: expected more: the text ends in the middle at line 1, column 21"
                .to_owned(),
        ),
    ] {
        let problem = explain(args, stdin).err();
        assert_eq!(problem, Some(expected), "{args:?} {stdin}");
    }
}
