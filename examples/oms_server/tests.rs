use std::ffi::OsString;
use std::net::SocketAddr;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::args::{self, Request, Store};
use crate::start;

fn parse(args: &[&str], keys: &[(&str, &str)]) -> Result<Option<Request>, String> {
    args::parse(args.iter().map(OsString::from), |name| {
        keys.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, key)| (*key).to_owned())
    })
}

/// Runs a printed line as a shell and curl would.
async fn paste(line: &str) -> (u16, Value) {
    let mut words = split(line).into_iter();
    assert_eq!(words.next().as_deref(), Some("curl"));
    let (mut method, mut url, mut headers, mut body) = (Method::GET, None, Vec::new(), None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-sS" => {}
            "-X" => method = words.next().unwrap().parse().unwrap(),
            "-H" => headers.push(words.next().unwrap()),
            "-d" => body = words.next(),
            _ => assert!(url.replace(word).is_none(), "two addresses in {line}"),
        }
    }
    let mut request = Client::new().request(method, url.unwrap());
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    let answer = request.body(body.unwrap_or_default()).send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

/// Words, of which single quotes make one of several.
fn split(line: &str) -> Vec<String> {
    line.split('\'')
        .enumerate()
        .flat_map(|(index, part)| {
            if index % 2 == 1 {
                vec![part.to_owned()]
            } else {
                part.split_whitespace().map(str::to_owned).collect()
            }
        })
        .collect()
}

#[tokio::test]
async fn the_printed_lines_work_when_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("oms.sqlite");
    let file = file.to_str().unwrap();
    // What is missing is said once: it cannot be twice.
    for (store, first, fourth) in [
        (&["--memory"] as &[_], 201, 200),
        (&["--file", file], 201, 200),
        // Started again on the same file, it knows the RMA, and that it is closed.
        (&["--file", file], 200, 409),
    ] {
        let args = [store, &["--address", "127.0.0.1:0"]].concat();
        let (lines, serving) = start(parse(&args, &[]).unwrap().unwrap()).await.unwrap();
        let server = tokio::spawn(serving);

        let text = lines.to_string();
        let pasted: Vec<_> = text.lines().filter(|it| it.starts_with("curl ")).collect();
        let [announce, read, receive, missing, close, changes] = pasted.as_slice() else {
            panic!("{text}");
        };
        let (status, created) = paste(announce).await;
        assert_eq!(status, first, "{created}");
        let (status, found) = paste(read).await;
        assert_eq!((status, &found), (200, &created["rma"]));
        let lost = if fourth == 200 { 0 } else { 1 };
        let mut counts =
            json!({"expected": 4, "available": 1, "damaged": 1, "held": 1, "missing": lost});
        for _ in 0..2 {
            let (status, received) = paste(receive).await;
            assert_eq!((status, &received["lines"][0]["counts"]), (200, &counts));
        }
        assert_eq!(paste(missing).await.0, fourth);
        counts["missing"] = json!(1);
        let (status, closed) = paste(close).await;
        assert_eq!(closed["lines"][0]["counts"], counts);
        assert_eq!((status, &closed["state"]), (200, &json!("completed")));
        let (status, page) = paste(changes).await;
        assert_eq!(status, 200);
        let change = json!([{"rma_number": "99904598", "version": closed["version"]}]);
        assert_eq!(page["changes"], change);

        // The bridge's key is none for the dock.
        let (status, _) = paste(&close.replace(&lines.dock, &lines.bridge)).await;
        assert_eq!(status, 403);
        server.abort();
    }
}

#[test]
fn the_command_line_is_checked() {
    let usual = parse(&[], &[]).unwrap().unwrap();
    assert_eq!(usual.address, SocketAddr::from(([127, 0, 0, 1], 4020)));
    assert_eq!(usual.store, Store::File("oms.sqlite".into()));
    let other = parse(&["--memory"], &[]).unwrap().unwrap();
    assert_ne!(usual.keys.bridge, other.keys.bridge);
    assert!(parse(&["--help"], &[]).unwrap().is_none());

    let both = [("OMS_BRIDGE_KEY", "b"), ("OMS_DOCK_KEY", "d")];
    let open: &[_] = &["--address", "0.0.0.0:4020"];
    for (args, keys, good) in [
        (open, &both as &[_], true),
        (open, &both[..1], false),
        (open, &[], false),
        (
            &[],
            &[("OMS_BRIDGE_KEY", "b"), ("OMS_DOCK_KEY", "b")],
            false,
        ),
        (&["--address", "localhost"], &[], false),
        (&["--address"], &[], false),
        (&["--file"], &[], false),
        (&["--memory", "--file", "x"], &[], false),
        (&["surplus"], &[], false),
    ] {
        assert_eq!(parse(args, keys).is_ok(), good, "{args:?}");
    }
}
