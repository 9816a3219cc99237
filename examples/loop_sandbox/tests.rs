use loop_client::sandbox::Processing;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::args::{self, Setup};
use crate::faults::{CALL_FAULTS, WEBHOOK_FAULTS};
use crate::{guide, start};

fn any_ports() -> Setup {
    Setup {
        api: "127.0.0.1:0".parse().unwrap(),
        control: "127.0.0.1:0".parse().unwrap(),
        processing: Processing::Held,
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
    let setup = |api: &str, control: &str, processing| {
        Ok(Some(Setup {
            api: api.parse().unwrap(),
            control: control.parse().unwrap(),
            processing,
        }))
    };
    let (usual, other) = ("127.0.0.1:4010", "127.0.0.1:4011");
    assert_eq!(given(&[], false), setup(usual, other, Processing::Held));
    assert_eq!(
        given(&["--api", "0.0.0.0:0", "--immediate"], true),
        setup("0.0.0.0:0", "127.0.0.1:7", Processing::Immediate)
    );
    assert_eq!(given(&["--help"], false), Ok(None));
    for wrong in [
        &["--api"][..],
        &["--control", "4011"],
        &["--port", "1"],
        &["x"],
    ] {
        assert!(given(wrong, false).is_err(), "{wrong:?}");
    }
}
