//! The sandbox over HTTP, with the client's own transport.

use std::sync::Arc;

use async_trait::async_trait;
use loop_client::sandbox::{Fault, NewLine, NewReturn, On, Processing, Sandbox};
use loop_client::{ApiKey, Client};
use serde_json::{Value, json};

use super::support::VirtualTime;
use super::world::{Scene, Situation, World, noon};
use Situation as S;

/// What the sandbox cannot do: come up only after a call.
const CANNOT_MAKE: &[Situation] = &[S::NoConnectionAtFirst, S::NoConnectionThenReplyLost];

pub(crate) struct SandboxWorld;

#[async_trait]
impl World for SandboxWorld {
    async fn scene(&self, situation: Situation) -> Option<Scene> {
        if CANNOT_MAKE.contains(&situation) {
            return None;
        }
        let time = Arc::new(VirtualTime::default());
        let sandbox = start(situation).await;
        let first = sandbox.create_return(shirts(2));
        let state = match situation {
            S::Review => Some("review"),
            S::Closed => Some("closed"),
            S::Cancelled => Some("cancelled"),
            S::Expired => Some("expired"),
            _ => None,
        };
        if let Some(state) = state {
            assert!(sandbox.set_state(first, state));
        }
        match situation {
            S::SeveralPages => {
                for _ in 0..4 {
                    sandbox.create_return(shirts(1));
                }
            }
            S::Report => drop(sandbox.create_return(shirts(1))),
            // The first half of the report holds the rows of the first return.
            S::BrokenReport | S::CutReport => {
                let line = NewLine::new("TEE-M").title("x".repeat(4000));
                sandbox.create_return(NewReturn::new("#1002").line(line));
            }
            _ => {}
        }
        let id = match situation {
            S::UnknownReturn => first + 1000,
            _ => first,
        };
        let id = id.to_string().parse().unwrap();
        let line = sandbox.truth()[0].line_item_ids[0];

        let client = client(&sandbox, situation, &time);
        if situation == S::Flagged {
            client.returns().flag(id).await.unwrap();
        }
        for (fault, on) in faults(situation, &sandbox, first) {
            sandbox.inject(fault, on);
        }
        let before = sandbox.calls().len();
        let books = sandbox.clone();
        let arrived = move || {
            let calls = sandbox.calls();
            calls[before..]
                .iter()
                .map(|call| {
                    let path = call.path.strip_prefix("/api/2026-10").unwrap();
                    let path = path.split('?').next().unwrap();
                    format!("{} {path}", call.method)
                })
                .collect()
        };
        let paid = move || {
            books.finish_processing();
            books.truth().iter().map(|ret| ret.refunds).sum()
        };
        Some(Scene {
            client,
            id,
            line: line.to_string().parse().unwrap(),
            time,
            arrived: Box::new(arrived),
            paid: Some(Box::new(paid)),
        })
    }
}

/// What goes wrong with the calls to come.
fn faults(situation: Situation, sandbox: &Sandbox, id: u64) -> Vec<(Fault, On)> {
    let every = |fault| vec![(fault, On::any())];
    let first = |fault| vec![(fault, On::any().times(1))];
    match situation {
        S::AnotherReturn => every(Fault::json(200, json!({ "id": id + 1, "state": "open" }))),
        S::NewRefusal => every(Fault::json(
            200,
            json!({ "errors": { "message": "A brand new way to say no." } }),
        )),
        S::BudgetUsedUp => every(Fault::too_many_requests()),
        S::BudgetFreesUp => first(Fault::too_many_requests()),
        S::BudgetUsedUpWithAdvice => every(Fault::retry_after_seconds(7)),
        S::BudgetFreesUpAsAdvised => first(Fault::retry_after_seconds(7)),
        S::DownBeforeEffect => every(Fault::status(503)),
        S::DownAfterEffect => every(Fault::status(500).after_effect()),
        S::DownAtFirst => first(Fault::status(503)),
        S::ReplyLost => every(Fault::lost_reply()),
        S::FirstReplyLost => first(Fault::lost_reply()),
        S::CutReply | S::BrokenReport => every(Fault::cut_body()),
        S::CutReport | S::TruncatedReply => every(Fault::truncated_body()),
        S::EdgeTimeout => every(Fault::html(524).after_effect()),
        S::Html => every(Fault::html(200)),
        S::SaysFalse => every(Fault::answer_false()),
        S::SaysNothing => every(Fault::empty_body()),
        S::Redirect => every(Fault::redirect("http://127.0.0.1:9/")),
        S::BadReportRow => every(Fault::json(
            200,
            json!([
                { "id": id, "return_line_item_id": "7" },
                { "id": id, "return_line_item_id": "EXC-1001" },
                { "id": id + 1, "return_line_item_id": "9" },
            ]),
        )),
        _ => pages(situation, sandbox.base_url(), id)
            .into_iter()
            .map(|page| (Fault::json(200, page), On::any().times(1)))
            .collect(),
    }
}

/// The pages of the returns list, one per call, where they are not what they should be.
fn pages(situation: Situation, base_url: &str, id: u64) -> Vec<Value> {
    let link = |query: &str| Some(format!("{base_url}/v1/warehouse/return/list?{query}"));
    let page =
        |rows: &[Value], next: Option<String>| json!({ "returns": rows, "nextPageUrl": next });
    let [a, b] = [id, id + 1].map(|id| json!({ "id": id.to_string(), "state": "open" }));
    match situation {
        S::EmptyPage => vec![
            page(&[a], link("cursor=two")),
            page(&[], link("cursor=three")),
            page(&[b], None),
        ],
        S::CursorRepeats => vec![
            page(std::slice::from_ref(&a), link("cursor=two")),
            page(&[b], link("cursor=three")),
            page(&[a], link("cursor=two")),
        ],
        S::ForeignLink => vec![page(
            &[a],
            Some("https://loop.example/?cursor=two".to_owned()),
        )],
        S::LinkWithoutCursor => vec![page(&[a], link("page=2"))],
        S::BadRow => vec![page(&[a, json!({ "id": "EXC-1001" }), b], None)],
        _ => vec![],
    }
}

async fn start(situation: Situation) -> Sandbox {
    let builder = match situation {
        S::MissingScope => Sandbox::builder().scopes(["orders"]),
        _ => Sandbox::builder(),
    };
    builder
        .processing(Processing::Held)
        .flag_moves_to_review(false)
        .now(Arc::new(|| noon().unix_millis()))
        .start()
        .await
        .unwrap()
}

fn client(sandbox: &Sandbox, situation: Situation, time: &Arc<VirtualTime>) -> Client {
    let key = match situation {
        S::WrongKey => "another-key",
        _ => sandbox.api_key(),
    };
    let base_url = match situation {
        // Nothing listens there any more.
        S::NoConnection => {
            let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            format!("http://{}/api", unused.local_addr().unwrap())
        }
        _ => sandbox.base_url().to_owned(),
    };
    Client::builder(ApiKey::new(key).unwrap())
        .base_url(base_url)
        .runtime(time.clone())
        .build()
        .unwrap()
}

fn shirts(units: usize) -> NewReturn {
    (0..units).fold(NewReturn::new("#1001"), |new, _| {
        new.line(NewLine::new("TEE-M").price("19.90"))
    })
}
