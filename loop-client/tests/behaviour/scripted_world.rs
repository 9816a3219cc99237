//! Answers as Loop documents them, without a server.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::support::{Answer, Script};
use super::world::{Scene, Situation, World};
use Situation as S;

const ID: u64 = 99_904_598;

pub(crate) struct ScriptedWorld;

#[async_trait]
impl World for ScriptedWorld {
    async fn scene(&self, situation: Situation) -> Option<Scene> {
        let script = Script::answering(move |request, before| {
            reply(situation, request.uri().path(), before)
        });
        let (client, time) = script.client();
        let arrived = move || {
            let lines = script.sent().into_iter().map(|line| {
                let line = line.replacen("/api/2026-10", "", 1);
                line.split('?').next().unwrap().to_owned()
            });
            lines.collect()
        };
        Some(Scene {
            client,
            id: ID.to_string().parse().unwrap(),
            line: "7".parse().unwrap(),
            time,
            arrived: Box::new(arrived),
            paid: None,
        })
    }
}

/// The answer to a call that is not the first by `before`: what is before Loop comes first.
fn reply(situation: Situation, path: &str, before: usize) -> Answer {
    let first = before == 0;
    match situation {
        S::NoConnection => Answer::NotSent,
        S::NoConnectionAtFirst | S::NoConnectionThenReplyLost if first => Answer::NotSent,
        S::ReplyLost | S::NoConnectionThenReplyLost => Answer::Lost,
        S::FirstReplyLost if first => Answer::Lost,
        S::CutReply => Answer::Broken(healthy(S::Open, path, before).chars().take(2).collect::<String>().into()),
        S::TruncatedReply => {
            let mut half = healthy(S::Open, path, before);
            half.truncate(half.len() / 2);
            Answer::reply(200, half)
        }
        S::DownBeforeEffect => Answer::reply(503, ""),
        S::DownAtFirst if first => Answer::reply(503, ""),
        S::DownAfterEffect => Answer::reply(500, r#"{"message":"Server Error"}"#),
        S::EdgeTimeout => Answer::reply(524, "<html>a timeout occurred</html>"),
        S::Html => Answer::reply(200, "<html>true</html>"),
        S::SaysFalse => Answer::reply(200, "false"),
        S::SaysNothing => Answer::reply(200, ""),
        S::Redirect => Answer::reply(307, ""),
        S::BudgetUsedUp => Answer::reply(429, ""),
        S::BudgetFreesUp if first => Answer::reply(429, ""),
        S::BudgetUsedUpWithAdvice => advice(),
        S::BudgetFreesUpAsAdvised if first => advice(),
        S::WrongKey | S::MissingScope => Answer::reply(
            401,
            json!({"error": {"code": "401", "http_code": "GEN-UNAUTHORIZED", "message": "Unauthorized."}})
                .to_string(),
        ),
        _ if path.ends_with("/notes") => Answer::reply(422, "false"),
        S::UnknownReturn if path.ends_with("/remove") => Answer::reply(
            403,
            r#"{"errors":[{"message":"No return found with this ID."}]}"#,
        ),
        S::Flagged | S::Review | S::Closed | S::Cancelled | S::Expired
            if path.ends_with("/remove") =>
        {
            Answer::reply(422, r#"{"message":"Return cannot be modified."}"#)
        }
        S::BrokenReport => Answer::Broken(cut_report().into()),
        _ => Answer::reply(200, healthy(situation, path, before)),
    }
}

fn advice() -> Answer {
    Answer::headed(429, &[("retry-after", "7")], "")
}

/// What Loop itself answers.
fn healthy(situation: Situation, path: &str, before: usize) -> String {
    match path.rsplit('/').next() {
        Some("process") => process(situation),
        Some("flag") => flag(situation),
        Some("cancel") => cancel(situation),
        Some("close") => close(situation),
        Some("remove") if situation == S::NewRefusal => {
            json!({ "errors": { "message": "A brand new way to say no." } })
        }
        Some("note") if situation == S::UnknownReturn => no_return("errors"),
        Some("remove" | "note") => json!(true),
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

fn cancel(situation: Situation) -> Value {
    let refused = |state| {
        let text = format!("Return is {state} and therefore cannot be processed.");
        coded(&text, "UNPROCESSABLE_RETURN")
    };
    let content =
        |state| json!({ "content": format!("Return is {state} and cannot be processed.") });
    match situation {
        S::Flagged => content("flagged"),
        S::Expired => content("expired"),
        S::Review => refused("review"),
        S::Closed => refused("closed"),
        S::Cancelled => refused("cancelled"),
        S::UnknownReturn => no_return("errors"),
        S::NewRefusal => json!({ "errors": { "message": "A brand new way to say no." } }),
        _ => json!(true),
    }
}

fn close(situation: Situation) -> Value {
    let refused = |state| format!("Return is {state} and therefore cannot be processed.");
    match situation {
        S::Closed => coded(&refused("closed"), "UNPROCESSABLE_RETURN"),
        S::Expired => coded(&refused("expired"), "UNPROCESSABLE_RETURN"),
        S::Cancelled => json!({ "message": refused("cancelled") }),
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
