//! The sandbox over HTTP, with the client's own transport.

use std::sync::Arc;

use async_trait::async_trait;
use loop_client::sandbox::{NewLine, NewReturn, Processing, Sandbox};
use loop_client::{ApiKey, Client, Runtime as _};

use super::virtual_time::Virtual;
use super::world::{Scene, Situation, World, noon};
use Situation as S;

/// What the sandbox has no switch for. Take a row out when it has one, and say in `scene` how it
/// is brought about.
const CANNOT_MAKE: &[Situation] = &[
    S::AnotherReturn,
    S::NewRefusal,
    S::MissingScope,
    S::BudgetUsedUpWithAdvice,
    S::BudgetFreesUpAsAdvised,
    S::NoConnectionAtFirst,
    S::NoConnectionThenReplyLost,
    S::DownBeforeEffect,
    S::DownAfterEffect,
    S::DownAtFirst,
    S::ReplyLost,
    S::FirstReplyLost,
    S::CutReply,
    S::EdgeTimeout,
    S::Html,
    S::SaysFalse,
    S::SaysNothing,
    S::Redirect,
    S::EmptyPage,
    S::CursorRepeats,
    S::ForeignLink,
    S::LinkWithoutCursor,
    S::BadRow,
    S::BadReportRow,
    S::CutReport,
    S::BrokenReport,
];

pub(crate) struct SandboxWorld;

#[async_trait]
impl World for SandboxWorld {
    async fn scene(&self, situation: Situation) -> Option<Scene> {
        if CANNOT_MAKE.contains(&situation) {
            return None;
        }
        let time = Arc::new(Virtual::default());
        let sandbox = start(situation, &time).await;
        let mut id = sandbox.create_return(shirts(2));
        let state = match situation {
            S::Review => Some("review"),
            S::Closed => Some("closed"),
            S::Cancelled => Some("cancelled"),
            S::Expired => Some("expired"),
            _ => None,
        };
        if let Some(state) = state {
            assert!(sandbox.set_state(id, state));
        }
        let more = match situation {
            S::SeveralPages => 4,
            S::Report => 1,
            _ => 0,
        };
        for _ in 0..more {
            sandbox.create_return(shirts(1));
        }
        if situation == S::UnknownReturn {
            id += 1000;
        }
        let id = id.to_string().parse().unwrap();

        let client = client(&sandbox, situation, &time);
        match situation {
            S::Flagged => client.returns().flag(id).await.unwrap(),
            S::BudgetUsedUp | S::BudgetFreesUp => drop(client.returns().get(id).await.unwrap()),
            _ => {}
        }
        let before = sandbox.calls().len();
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
        Some(Scene {
            client,
            id,
            time,
            arrived: Box::new(arrived),
        })
    }
}

async fn start(situation: Situation, time: &Arc<Virtual>) -> Sandbox {
    let time = time.clone();
    let frees_up = situation == S::BudgetFreesUp;
    // The sandbox's minute ends as soon as the client has waited at all.
    let now = move || {
        let minute = if frees_up && !time.elapsed().is_zero() {
            60_000
        } else {
            0
        };
        noon().unix_millis() + minute
    };
    let budget = match situation {
        S::BudgetUsedUp | S::BudgetFreesUp => 1,
        _ => 300,
    };
    Sandbox::builder()
        .processing(Processing::Held)
        .flag_moves_to_review(false)
        .rate_limit_per_minute(budget)
        .now(Arc::new(now))
        .start()
        .await
        .unwrap()
}

fn client(sandbox: &Sandbox, situation: Situation, time: &Arc<Virtual>) -> Client {
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
