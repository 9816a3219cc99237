use std::time::Duration;

use loop_client::sandbox::{Processing, WebhookRetries};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::args::{self, Setup};
use crate::faults::{CALL_FAULTS, WEBHOOK_FAULTS};
use crate::{guide, start};

fn any_ports() -> Setup {
    Setup::at(
        "127.0.0.1:0".parse().unwrap(),
        "127.0.0.1:0".parse().unwrap(),
    )
}

/// A running sandbox, to be called as a program in another language does.
struct Running {
    http: Client,
    api: String,
    control: String,
    guide: String,
}

impl Running {
    async fn with(setup: &Setup) -> Running {
        let started = start(setup).await.unwrap();
        let control = format!("http://{}", started.listener.local_addr().unwrap());
        let api = started.guide.lines().next().unwrap();
        let api = api.split_whitespace().last().unwrap().to_owned() + "/2026-10";
        let guide = started.guide;
        tokio::spawn(axum::serve(started.listener, started.router).into_future());
        let http = Client::builder().no_proxy().build().unwrap();
        Running {
            http,
            api,
            control,
            guide,
        }
    }

    /// Status and body; `what` is a method and a path, of Loop's API or of the control side.
    async fn call(&self, side: &str, what: &str, body: &Value) -> (u16, Value) {
        let (method, path) = what.split_once(' ').unwrap();
        let request = self
            .http
            .request(method.parse().unwrap(), format!("{side}{path}"))
            .header("X-Authorization", "sandbox-api-key");
        let answer = request.body(body.to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, body)
    }

    async fn control(&self, what: &str, body: Value) -> (u16, Value) {
        self.call(&self.control, what, &body).await
    }

    async fn api(&self, what: &str, body: Value) -> (u16, Value) {
        self.call(&self.api, what, &body).await
    }
}

/// As a shell splits a line that has single quotes only.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (part, text) in line.split('\'').enumerate() {
        if part % 2 == 1 {
            words.last_mut().unwrap().push_str(text);
            continue;
        }
        let mut pieces = text.split(' ');
        words.last_mut().unwrap().push_str(pieces.next().unwrap());
        words.extend(pieces.map(str::to_owned));
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What `curl` would do with this line: the status and the body, as the guide writes them.
async fn curl(http: &Client, line: &str) -> String {
    let (mut method, mut headers, mut body, mut url) = (None, Vec::new(), None, None);
    let mut words = words(line).into_iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-X" => method = words.next(),
            "-H" => headers.extend(words.next()),
            "-d" => body = words.next(),
            _ => assert!(url.replace(word).is_none(), "two addresses: {line}"),
        }
    }
    let default = if body.is_some() { "POST" } else { "GET" };
    let method = method.as_deref().unwrap_or(default).parse().unwrap();
    let mut request = http.request(method, url.unwrap());
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    match request.body(body.unwrap_or_default()).send().await {
        Ok(answer) => format!(
            "{} {}",
            answer.status().as_u16(),
            answer.text().await.unwrap()
        ),
        Err(_) => "000".to_owned(),
    }
}

#[tokio::test]
async fn the_printed_lines_do_what_they_promise_and_it_stops_when_told() {
    let started = start(&any_ports()).await.unwrap();
    let control = format!("http://{}", started.listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(
        axum::serve(started.listener, started.router)
            .with_graceful_shutdown(async move {
                stopped.await.ok();
            })
            .into_future(),
    );
    let http = Client::builder().no_proxy().build().unwrap();

    let lines: Vec<&str> = started.guide.lines().collect();
    let mut walked = 0;
    for pair in lines.windows(2) {
        let [line, promise] = [pair[0], pair[1]];
        if !line.starts_with("curl ") {
            continue;
        }
        let promise = promise.strip_prefix("# -> ").unwrap();
        let (status, part) = promise.split_once(' ').unwrap_or((promise, ""));
        let answer = curl(&http, line).await;
        assert!(answer.starts_with(status), "{line}: {answer}");
        assert!(answer.contains(part), "{line}: {answer}");
        walked += 1;
    }
    assert_eq!(walked, started.guide.matches("\ncurl ").count());

    let send = async |path: &str, body: Value| {
        let url = format!("{control}{path}");
        let answer = http.post(url).body(body.to_string()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let calls = CALL_FAULTS.iter().map(|(name, _)| ("/faults", *name));
    let webhooks = WEBHOOK_FAULTS
        .iter()
        .map(|(name, _)| ("/webhooks/faults", *name));
    for (path, name) in calls.chain(webhooks) {
        let (status, body) = send(path, json!({ "fault": name })).await;
        assert_eq!(status, 200, "{name}: {body}");
        assert!(started.guide.contains(name), "{name}");
    }
    // (path, body, status)
    let wrong = [
        ("/faults", json!({"fault": "lightning"}), 400),
        (
            "/faults",
            json!({"fault": "status", "path": "/webhooks"}),
            400,
        ),
        ("/faults", json!({"fault": "status", "time": 1}), 400),
        ("/webhooks/faults", json!([]), 400),
        ("/returns", json!({"lines": []}), 400),
        ("/returns/1/state/open", json!({}), 404),
        ("/returns/one/state/open", json!({}), 400),
        ("/webhooks/release", json!({"order": "shuffled"}), 400),
    ];
    for (path, body, expected) in wrong {
        let (status, text) = send(path, body.clone()).await;
        assert_eq!(status, expected, "{path} {body}: {text}");
    }

    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

/// What the sandbox can be told from Rust can be told from a shell.
#[tokio::test]
async fn every_part_of_the_shop_can_be_played() {
    let it = Running::with(&any_ports()).await;
    let submitted = json!({
        "order": "#1001", "outcome": "credit", "email": "shopper@example.com",
        "destination": 4401, "carrier": "UPS", "tracking": "1Z999", "gift": true, "reshop": false,
        "return_method": "loop-pos", "fields": {"upsell": 7},
        "lines": [
            {"sku": "TEE-M", "title": "Tee", "variant": "Medium", "price": "19.90",
             "barcode": "0123", "outcome": "credit", "reason": "Too small"},
            {"sku": "TEE-L"},
        ],
    });
    let id = 99_904_598;
    let posted = it.control("POST /returns", submitted).await;
    assert_eq!(posted, (200, json!({ "id": id })));
    let (_, row) = it.api("GET /warehouse/return/list", json!({})).await;
    for (field, value) in [
        ("/customer", json!("shopper@example.com")),
        ("/carrier", json!("UPS")),
        ("/tracking_number", json!("1Z999")),
        ("/destination_id", json!(4401)),
        ("/return_method/provider", json!("loop-pos")),
        ("/upsell", json!(7)),
        ("/line_items/0/title", json!("Tee - Medium")),
        ("/line_items/0/barcode", json!("0123")),
        ("/line_items/0/outcome", json!("credit")),
        ("/line_items/0/return_reason", json!("Too small")),
    ] {
        assert_eq!(row[0].pointer(field), Some(&value), "{field}");
    }
    let line = row[0]["line_items"][1]["line_item_id"].as_str().unwrap();

    // Side, call, body, status, where in the answer, what stands there.
    let table = r#"
        control | POST /returns/{id}/lines/{line}/remove | {} | 200 | | true
        control | POST /returns/{id}/lines/{line}/remove | {} | 404
        control | POST /returns/{id}/label/in_transit | {} | 200 | | true
        api | GET /warehouse/return/details?return_id={id} | {} | 200 | /label_status | "in_transit"
        control | POST /returns/{id}/label-request | {} | 200 | /id | 67329889100573
        control | POST /returns/7/label-request | {} | 404
        api | GET /label-requests | {} | 200 | /data/0/status | "issued"
        control | POST /label-requests/67329889100573/cancel | {} | 200 | | true
        api | GET /label-requests/67329889100573 | {} | 200 | /status | "cancelled"
        control | POST /returns/{id}/restock | {} | 200 | | true
        control | POST /returns/{id}/gift-card | {} | 200 | | true
        control | POST /returns/7/gift-card | {} | 404
        control | POST /shipments | {"shipment": "HR-1", "returns": [{id}]} | 200 | /id | 123
        api | GET /happy-returns/shipments/HR-1 | {} | 200 | /return_count | 1
        control | POST /variants/777777 | {} | 200 | | true
        api | POST /cart | {"cart": [777777]} | 200 | /data/cart/0 | 777777
        control | POST /settings | {"most_destinations": 1, "label_generation_fails": true} | 200 | | true
        control | POST /settings | {"allow_flagged_to_process": true} | 200 | | true
        control | POST /settings | {"colour": 1} | 400
        api | POST /destinations | {warehouse} | 200 | /id | 4401
        api | POST /destinations | {warehouse} | 422 | /code | "DESTINATION_LIMIT_EXCEEDED"
        control | POST /destinations/4401/address/forget | {} | 200 | | true
        api | GET /destinations | {} | 500
        api | POST /returns/{bare}/labels | {} | 422 | /code | "label_generation_failed"
        api | POST /warehouse/return/{id}/flag | {} | 200 | | true
        api | POST /warehouse/return/{id}/process | {} | 200 | | true
        control | GET /categories | {} | 200 | /0/title | "Grade A"
        control | GET /webhooks/held | {} | 200 | /held | 0
        control | POST /faults | {"fault": "status"} | 200 | /id | 1
        api | GET /webhooks | {} | 500
        control | GET /faults/1 | {} | 200 | /hits | 1
    "#;
    let warehouse = json!({"name": "Ohio", "type": "warehouse", "address": {
        "address1": "1 Road", "city": "Columbus", "country": "US", "country_code": "US",
    }});
    let (_, bare) = it.control("POST /returns", json!({"order": "#2"})).await;
    let table = table
        .replace("{id}", &id.to_string())
        .replace("{bare}", &bare["id"].to_string())
        .replace("{line}", line)
        .replace("{warehouse}", &warehouse.to_string());
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let body = serde_json::from_str(cells[2]).unwrap();
        let (status, answer) = match cells[0] {
            "api" => it.api(cells[1], body).await,
            _ => it.control(cells[1], body).await,
        };
        assert_eq!(status.to_string(), cells[3], "{row}: {answer}");
        if let [place, expected] = cells[4..] {
            let found = answer.pointer(place).map(Value::to_string);
            assert_eq!(found.as_deref(), Some(expected), "{row}: {answer}");
        }
        // The beginning of every path of the control side is in the printed list.
        if cells[0] == "control" {
            let named = cells[1].split('/').nth(1).unwrap();
            assert!(it.guide.contains(&format!("/{named}")), "{row}");
        }
    }
}

#[tokio::test]
async fn the_options_reach_the_sandbox() {
    let it = Running::with(&Setup {
        processing: Processing::After(Duration::ZERO),
        rate_limit: 4,
        webhook_retries: WebhookRetries::Never,
        deactivate_webhooks: true,
        flag_moves_to_review: false,
        scopes: Some(vec!["returns".to_owned()]),
        ..any_ports()
    })
    .await;
    let (_, made) = it.control("POST /returns", json!({"order": "#1001"})).await;
    let id = &made["id"];
    assert_eq!(it.api("GET /webhooks", json!({})).await.0, 401, "no scope");
    let flag = format!("POST /warehouse/return/{id}/flag");
    assert_eq!(it.api(&flag, json!({})).await, (200, json!(true)));
    let (_, row) = it.api("GET /warehouse/return/list", json!({})).await;
    assert_eq!(row[0]["state"], "open", "beside the flag");
    assert_eq!(it.api(&flag, json!({})).await.0, 200);
    assert_eq!(it.api(&flag, json!({})).await.0, 429);
}

#[tokio::test]
async fn the_lines_at_the_top_of_the_source_are_printed_ones() {
    let sandbox = loop_client::sandbox::Sandbox::start().await.unwrap();
    let printed = guide::text(&sandbox, "http://127.0.0.1:4011")
        .replace(sandbox.base_url(), "http://127.0.0.1:4010/api");
    let documented: Vec<&str> = include_str!("main.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! "))
        .filter(|line| line.starts_with("curl "))
        .collect();
    assert!(!documented.is_empty());
    for line in documented {
        assert!(printed.lines().any(|it| it == line), "{line}");
    }
}

#[test]
fn addresses_come_from_arguments_then_variables_then_defaults() {
    let given = |args: &[&str], variables: bool| {
        let args = args.iter().map(|it| (*it).to_owned());
        args::parse(args, |_| variables.then(|| "127.0.0.1:7".to_owned()))
    };
    let setup =
        |api: &str, control: &str| Setup::at(api.parse().unwrap(), control.parse().unwrap());
    let usual = setup("127.0.0.1:4010", "127.0.0.1:4011");
    assert_eq!(given(&[], false), Ok(Some(usual)));
    assert_eq!(
        given(&["--api", "0.0.0.0:0", "--immediate"], true),
        Ok(Some(Setup {
            processing: Processing::Immediate,
            ..setup("0.0.0.0:0", "127.0.0.1:7")
        }))
    );
    let all = [
        "--process-after",
        "250",
        "--rate-limit",
        "10",
        "--webhook-retries",
        "five",
        "--deactivate-webhooks",
        "--flag-stays-open",
        "--scopes",
        "returns,orders",
    ];
    assert_eq!(
        given(&all, true),
        Ok(Some(Setup {
            processing: Processing::After(Duration::from_millis(250)),
            rate_limit: 10,
            webhook_retries: WebhookRetries::UpToFive,
            deactivate_webhooks: true,
            flag_moves_to_review: false,
            scopes: Some(vec!["returns".to_owned(), "orders".to_owned()]),
            ..setup("127.0.0.1:7", "127.0.0.1:7")
        }))
    );
    for option in all.iter().filter(|word| word.starts_with("--")) {
        assert!(args::USAGE.contains(option), "{option}");
    }
    assert_eq!(given(&["--help"], false), Ok(None));
    for wrong in [
        &["--api"][..],
        &["--control", "4011"],
        &["--port", "1"],
        &["--process-after", "soon"],
        &["--rate-limit", "-1"],
        &["--webhook-retries", "4"],
        &["x"],
    ] {
        assert!(given(wrong, false).is_err(), "{wrong:?}");
    }
}
