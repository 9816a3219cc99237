//! Answers as Loop documents them, without a server.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use http::Response;
use loop_client::transport::{Body, Transport, TransportError};
use loop_client::{ApiKey, Client};
use serde_json::{Value, json};

use super::virtual_time::Virtual;
use super::world::{Scene, Situation, World};
use Situation as S;

const KEY: &str = "a-key";
const ID: u64 = 99_904_598;

pub(crate) struct ScriptedWorld;

#[async_trait]
impl World for ScriptedWorld {
    async fn scene(&self, situation: Situation) -> Option<Scene> {
        let time = Arc::new(Virtual::default());
        let script = Arc::new(Script {
            situation,
            sent: Mutex::default(),
            arrived: Mutex::default(),
        });
        let client = Client::builder(ApiKey::new(KEY).unwrap())
            .transport(script.clone())
            .runtime(time.clone())
            .build()
            .unwrap();
        Some(Scene {
            client,
            id: ID.to_string().parse().unwrap(),
            time,
            arrived: Box::new(move || script.arrived.lock().unwrap().clone()),
        })
    }
}

#[derive(Debug)]
struct Script {
    situation: Situation,
    sent: Mutex<usize>,
    arrived: Mutex<Vec<String>>,
}

/// What comes back.
enum Reply {
    NotSent,
    Lost,
    Answer(u16, String),
    /// 429 with `Retry-After`.
    Advice,
    /// The connection breaks after this much of the answer.
    Broken(String),
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: http::Request<Bytes>) -> Result<Response<Body>, TransportError> {
        let before = {
            let mut sent = self.sent.lock().unwrap();
            *sent += 1;
            *sent - 1
        };
        assert_eq!(request.headers()["x-authorization"], KEY);
        let (uri, origin) = (request.uri(), "https://api.loopreturns.com/api/2026-10/");
        assert!(uri.to_string().starts_with(origin), "{uri}");
        let path = uri.path().strip_prefix("/api/2026-10").unwrap();
        let reply = reply(self.situation, path, before);
        if !matches!(reply, Reply::NotSent) {
            let line = format!("{} {path}", request.method());
            self.arrived.lock().unwrap().push(line);
        }
        let broke = || TransportError::maybe_sent("the connection broke");
        Ok(match reply {
            Reply::NotSent => return Err(TransportError::not_sent("no connection")),
            Reply::Lost => return Err(broke()),
            Reply::Answer(status, body) => Response::builder()
                .status(status)
                .body(Body::full(body))
                .unwrap(),
            Reply::Advice => Response::builder()
                .status(429)
                .header("retry-after", "7")
                .body(Body::full(""))
                .unwrap(),
            Reply::Broken(start) => {
                let pieces = [Ok(Bytes::from(start)), Err(broke())];
                Response::new(Body::new(stream::iter(pieces)))
            }
        })
    }
}

/// The answer to a call that is not the first by `before`: what is before Loop comes first.
fn reply(situation: Situation, path: &str, before: usize) -> Reply {
    let first = before == 0;
    match situation {
        S::NoConnection => Reply::NotSent,
        S::NoConnectionAtFirst | S::NoConnectionThenReplyLost if first => Reply::NotSent,
        S::ReplyLost | S::NoConnectionThenReplyLost => Reply::Lost,
        S::FirstReplyLost if first => Reply::Lost,
        S::CutReply => Reply::Broken(healthy(S::Open, path, before).chars().take(2).collect()),
        S::DownBeforeEffect => Reply::Answer(503, String::new()),
        S::DownAtFirst if first => Reply::Answer(503, String::new()),
        S::DownAfterEffect => Reply::Answer(500, r#"{"message":"Server Error"}"#.into()),
        S::EdgeTimeout => Reply::Answer(524, "<html>a timeout occurred</html>".into()),
        S::Html => Reply::Answer(200, "<html>true</html>".into()),
        S::SaysFalse => Reply::Answer(200, "false".into()),
        S::SaysNothing => Reply::Answer(200, String::new()),
        S::Redirect => Reply::Answer(307, String::new()),
        S::BudgetUsedUp => Reply::Answer(429, String::new()),
        S::BudgetFreesUp if first => Reply::Answer(429, String::new()),
        S::BudgetUsedUpWithAdvice => Reply::Advice,
        S::BudgetFreesUpAsAdvised if first => Reply::Advice,
        S::WrongKey => Reply::Answer(
            401,
            json!({"error": {"code": "401", "http_code": "GEN-UNAUTHORIZED", "message": "Unauthorized."}})
                .to_string(),
        ),
        S::MissingScope => Reply::Answer(401, json!({"errors": "Unauthorized."}).to_string()),
        _ if path.ends_with("/notes") => Reply::Answer(422, "false".into()),
        S::BrokenReport => Reply::Broken(cut_report()),
        _ => Reply::Answer(200, healthy(situation, path, before)),
    }
}

/// What Loop itself answers.
fn healthy(situation: Situation, path: &str, before: usize) -> String {
    match path.rsplit('/').next() {
        Some("process") => process(situation),
        Some("flag") => flag(situation),
        Some("note") if situation == S::UnknownReturn => no_return("errors"),
        Some("note") => json!(true),
        Some("details") => details(situation),
        Some("list") => page(situation, before),
        Some("asn") if situation == S::CutReport => return cut_report(),
        Some("asn") if situation == S::BadReportRow => {
            let mut rows = report();
            rows[1] = json!({ "id": ID, "return_line_item_id": "EXC-1001" });
            rows
        }
        Some("asn") => report(),
        other => panic!("nobody calls {other:?}"),
    }
    .to_string()
}

fn no_return(key: &str) -> Value {
    json!({ key: { "message": "No return found with this ID." } })
}

fn coded(text: &str, code: &str) -> Value {
    json!({ "errors": { "message": text, "code": code } })
}

fn process(situation: Situation) -> Value {
    let refused = |state| format!("Return is {state} and therefore cannot be processed.");
    match situation {
        S::Flagged => coded(&refused("open"), "UNPROCESSABLE_FLAGGED_RETURN"),
        S::Closed => coded(&refused("closed"), "UNPROCESSABLE_RETURN"),
        S::Expired => coded(&refused("expired"), "UNPROCESSABLE_RETURN"),
        S::Review => json!({ "message": refused("review") }),
        S::Cancelled => json!({ "message": refused("cancelled") }),
        S::UnknownReturn => no_return("errors"),
        S::NewRefusal => json!({ "errors": { "message": "A brand new way to say no." } }),
        _ => json!(true),
    }
}

fn flag(situation: Situation) -> Value {
    let refused = |state| {
        let text = format!("Return is {state} and therefore cannot be flagged.");
        coded(&text, "UNPROCESSABLE_RETURN")
    };
    match situation {
        S::Flagged => refused("flagged"),
        S::Closed => refused("closed"),
        S::Cancelled => refused("cancelled"),
        S::Expired => refused("expired"),
        S::UnknownReturn => no_return("errors"),
        S::NewRefusal => json!({ "errors": { "message": "A brand new way to say no." } }),
        _ => json!(true),
    }
}

fn details(situation: Situation) -> Value {
    let (id, state) = match situation {
        S::UnknownReturn => return no_return("error"),
        S::AnotherReturn => (ID + 1, "open"),
        S::Review => (ID, "review"),
        S::Closed => (ID, "closed"),
        S::Cancelled => (ID, "cancelled"),
        S::Expired => (ID, "expired"),
        _ => (ID, "open"),
    };
    json!({ "id": id, "state": state, "line_items": [{ "line_item_id": 7, "sku": "TEE-M" }] })
}

fn page(situation: Situation, before: usize) -> Value {
    let link = |cursor: &str| {
        format!("https://api.loopreturns.com/api/v1/warehouse/return/list?to=x&cursor={cursor}")
    };
    let row = |id: u64| json!({ "id": id.to_string(), "state": "open" });
    let [a, b, c, d, e] = [ID, ID + 1, ID + 2, ID + 3, ID + 4].map(row);
    let (rows, next) = match (situation, before) {
        // The pages overlap, because whatever is new moves the rest.
        (S::SeveralPages, 0) => (vec![a, b], Some(link("two"))),
        (S::SeveralPages, 1) => (vec![b, c, d], Some(link("three"))),
        (S::SeveralPages, _) => (vec![e], None),
        (S::EmptyPage, 0) => (vec![a], Some(link("two"))),
        (S::EmptyPage, 1) => (vec![], Some(link("three"))),
        (S::EmptyPage, _) => (vec![b], None),
        (S::CursorRepeats, 1) => (vec![b], Some(link("three"))),
        (S::CursorRepeats, _) => (vec![a], Some(link("two"))),
        (S::ForeignLink, _) => (vec![a], Some("https://loop.example/?cursor=two".to_owned())),
        (S::LinkWithoutCursor, _) => (
            vec![a],
            Some("https://api.loopreturns.com/api/v1/warehouse/return/list?page=2".to_owned()),
        ),
        (S::BadRow, _) => (vec![a, json!({ "id": "EXC-1001" }), b], None),
        _ => (vec![a], None),
    };
    json!({ "returns": rows, "nextPageUrl": next, "previousPageUrl": null })
}

fn report() -> Value {
    json!([
        { "id": ID, "return_line_item_id": "7", "sku": "TEE-M", "state": "open" },
        { "id": ID, "return_line_item_id": "8", "sku": "TEE-M", "state": "open" },
        { "id": ID + 1, "return_line_item_id": "9", "sku": "TEE-L", "state": "open" },
    ])
}

fn cut_report() -> String {
    let mut text = report().to_string();
    text.truncate(text.len() - 9);
    text
}
