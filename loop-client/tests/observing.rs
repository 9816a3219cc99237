//! What the observer is told of a call, and what follows for those who share a client.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use loop_client::{
    Effect, ErrorKind, Observation, Observer, RateLimit, RawRequest, RetryPolicy, ReturnId,
    WaitReason,
};
use support::{Answer, Script, VirtualTime};

const DETAILS: &str = r#"{"id":99904598,"state":"open"}"#;

fn id() -> ReturnId {
    "99904598".parse().unwrap()
}

/// Writes down what it is told, one word each.
#[derive(Debug, Default)]
struct Diary(Mutex<Vec<String>>);

impl Observer for Diary {
    fn observe(&self, seen: &Observation<'_>) {
        let line = match seen {
            Observation::Attempt { attempt, error, .. } => {
                let error = error.map_or("ok", |error| error.kind().name());
                format!("attempt {attempt} {error}")
            }
            Observation::Wait { reason, time, .. } => {
                format!("wait {} {}", reason.name(), time.as_millis())
            }
            Observation::Allowance {
                limit, remaining, ..
            } => format!("allowance {remaining}/{limit}"),
            Observation::Call {
                call,
                return_id,
                attempts,
                error,
                ..
            } => {
                let id = return_id.map_or(0, ReturnId::get);
                format!("{call} of {id}: {attempts}, failed: {}", error.is_some())
            }
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

#[tokio::test]
async fn an_observer_sees_attempts_waits_allowance_and_the_end() {
    let script = Script::new([
        Answer::reply(503, ""),
        Answer::headed(429, &[("retry-after", "9")], ""),
        Answer::headed(
            200,
            &[
                ("x-ratelimit-limit", "300"),
                ("x-ratelimit-remaining", "297"),
            ],
            DETAILS,
        ),
        Answer::Lost,
    ]);
    let diary = Arc::new(Diary::default());
    let client = script
        .builder(&Arc::new(VirtualTime::default()))
        .observer(diary.clone())
        .build()
        .unwrap();
    client.returns().get(id()).await.unwrap();
    let lost = client.returns().process(id()).await.unwrap_err();
    assert_eq!(lost.attempts(), 1);
    let seen = diary.0.lock().unwrap().clone();
    let waited: Vec<_> = seen
        .iter()
        .filter(|it| it.starts_with("wait retry"))
        .collect();
    assert_eq!(waited.len(), 2, "{seen:?}");
    assert_eq!(waited[1], "wait retry 9000");
    let rest: Vec<_> = seen.iter().filter(|it| !it.starts_with("wait")).collect();
    assert_eq!(
        rest,
        [
            "attempt 1 server",
            "attempt 2 rate_limited",
            "allowance 297/300",
            "attempt 3 ok",
            "return_details of 99904598: 3, failed: false",
            "attempt 1 transport",
            "process of 99904598: 1, failed: true",
        ]
    );
}

#[tokio::test]
async fn a_call_budget_that_is_used_up_shows_as_a_wait() {
    let script = Script::new([Answer::ok("true"), Answer::ok("true")]);
    let diary = Arc::new(Diary::default());
    let time = Arc::new(VirtualTime::default());
    let client = script
        .builder(&time)
        .observer(diary.clone())
        .rate_limit(RateLimit::per_minute(1))
        .build()
        .unwrap();
    for _ in 0..2 {
        client.returns().flag(id()).await.unwrap();
    }
    let waits = diary.0.lock().unwrap();
    let waits: Vec<_> = waits.iter().filter(|it| it.starts_with("wait")).collect();
    assert_eq!(waits.len(), 1);
    assert!(waits[0].starts_with(&format!("wait {}", WaitReason::CallBudget.name())));
    assert!(time.slept()[0] >= Duration::from_secs(60));
}

#[tokio::test]
async fn calls_in_the_background_leave_room_for_the_rest() {
    let script = Script::new((0..12).map(|_| Answer::ok(DETAILS)));
    let time = Arc::new(VirtualTime::default());
    let client = script
        .builder(&time)
        .rate_limit(RateLimit::per_minute(10))
        .build()
        .unwrap();
    let backfill = client.in_background();
    for _ in 0..8 {
        backfill.returns().get(id()).await.unwrap();
    }
    assert!(time.slept().is_empty(), "four fifths are free for a pull");
    for _ in 0..2 {
        client.returns().get(id()).await.unwrap();
    }
    assert!(time.slept().is_empty(), "the last fifth is for the rest");
    backfill.returns().get(id()).await.unwrap();
    assert_eq!(time.slept().len(), 1, "and a pull has to wait");
}

#[tokio::test]
async fn an_outage_ends_in_single_attempts() {
    let script = Script::new((0..20).map(|_| Answer::reply(503, "")));
    let mut policy = RetryPolicy::default();
    policy.shared_retries = 4;
    let client = script
        .builder(&Arc::new(VirtualTime::default()))
        .retry(policy)
        .build()
        .unwrap();
    let mut attempts = Vec::new();
    for _ in 0..4 {
        let error = client.returns().get(id()).await.unwrap_err();
        attempts.push(error.attempts());
    }
    assert_eq!(attempts, [4, 2, 1, 1]);
}

#[tokio::test]
async fn what_the_client_has_no_method_for_can_be_called() {
    let script = Script::new([
        Answer::Lost,
        Answer::ok(r#"{"drafts":[]}"#),
        Answer::ok("true"),
        Answer::Lost,
        Answer::ok(r#"{"errors":{"message":"Not today."}}"#),
    ]);
    let (client, _) = script.client();
    let drafts = RawRequest::get(["draft-returns"])
        .unwrap()
        .query("page", &2);
    let found: serde_json::Value = client.raw().fetch(&drafts).await.unwrap();
    assert_eq!(found, serde_json::json!({ "drafts": [] }));
    let submit = RawRequest::post([
        "draft-returns",
        "a b c".split(' ').next().unwrap(),
        "submit",
    ])
    .unwrap()
    .json(&serde_json::json!({ "note": "x" }));
    client.raw().act(&submit).await.unwrap();
    let lost = client.raw().act(&submit).await.unwrap_err();
    assert!(matches!(lost.kind(), ErrorKind::Transport(_)));
    let refused = client.raw().fetch::<serde_json::Value>(&drafts).await;
    assert!(matches!(refused.unwrap_err().kind(), ErrorKind::Refused(_)));
    let base = "/api/2026-10";
    assert_eq!(
        script.sent(),
        [
            format!("GET {base}/draft-returns?page=2"),
            format!("GET {base}/draft-returns?page=2"),
            format!("POST {base}/draft-returns/a/submit"),
            format!("POST {base}/draft-returns/a/submit"),
            format!("GET {base}/draft-returns?page=2"),
        ]
    );
    for path in [&["..", "x"][..], &["a/b"], &[""], &[]] {
        assert!(RawRequest::delete(path).is_err(), "{path:?}");
    }
}

#[tokio::test]
async fn what_any_attempt_may_have_done_is_not_forgotten() {
    let gone = r#"{"errors":{"message":"No return found with this ID."}}"#;
    let order = serde_json::Map::new();
    for (answers, effect) in [
        (
            vec![Answer::Lost, Answer::reply(404, gone.to_owned())],
            Effect::Unknown,
        ),
        (
            vec![Answer::reply(404, gone.to_owned())],
            Effect::NotApplied,
        ),
        (
            vec![Answer::NotSent, Answer::reply(404, gone.to_owned())],
            Effect::NotApplied,
        ),
        (
            vec![
                Answer::Lost,
                Answer::NotSent,
                Answer::NotSent,
                Answer::NotSent,
            ],
            Effect::Unknown,
        ),
    ] {
        let script = Script::new(answers);
        let error = script.client().0.orders().upsert(&order).await.unwrap_err();
        assert_eq!(error.effect(), effect, "{error} after {:?}", script.sent());
    }
}

#[tokio::test]
async fn a_call_ends_within_its_deadline_and_a_long_pull_waits_for_its_turn() {
    let paused = || Answer::headed(429, &[("retry-after", "100")], String::new());
    let script = Script::new([paused(), Answer::ok(DETAILS)]);
    let time = Arc::new(VirtualTime::default());
    let policy = RetryPolicy::default().with_deadline(Duration::from_secs(5));
    let client = script.builder(&time).retry(policy).build().unwrap();
    for _ in 0..2 {
        let error = client.returns().process(id()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::RateLimited));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(100)));
    }
    assert!(time.slept().is_empty());
    assert_eq!(script.sent().len(), 1, "the second was not even sent");
    let pull = client.in_background();
    pull.returns().get(id()).await.unwrap();
    assert_eq!(time.slept(), [Duration::from_secs(100)]);
}

#[tokio::test]
async fn a_long_pull_that_waited_for_its_turn_has_its_whole_time() {
    let script = Script::new([
        Answer::ok(DETAILS),
        Answer::reply(503, ""),
        Answer::ok(DETAILS),
    ]);
    let time = Arc::new(VirtualTime::default());
    let deadline = Duration::from_secs(30);
    let pull = script
        .builder(&time)
        .rate_limit(RateLimit::per_minute(1))
        .retry(RetryPolicy::default().with_deadline(deadline))
        .build()
        .unwrap()
        .in_background();
    pull.returns().get(id()).await.unwrap();
    pull.returns().get(id()).await.unwrap();
    let waited: Duration = time.slept().iter().sum();
    assert!(waited > Duration::from_secs(120), "two turns: {waited:?}");
    let given = script.deadlines();
    assert_eq!(given[..2], [Some(deadline); 2]);
    assert!(given[2] > Some(deadline / 2), "{given:?}");
}

/// A process call that is cut off may have been carried out.
#[tokio::test]
async fn no_attempt_is_begun_that_would_be_cut_off() {
    let paused = || Answer::headed(429, &[("retry-after", "28")], "");
    for (deadline, sent) in [(31, 1), (32, 2)] {
        let script = Script::new([paused(), Answer::ok("true")]);
        let time = Arc::new(VirtualTime::default());
        let policy = RetryPolicy::default().with_deadline(Duration::from_secs(deadline));
        let client = script.builder(&time).retry(policy).build().unwrap();
        let done = client.returns().process(id()).await;
        assert_eq!(script.sent().len(), sent, "{done:?}");
        assert_eq!(done.is_ok(), sent == 2, "{done:?}");
        assert!(
            script
                .deadlines()
                .iter()
                .all(|it| *it > Some(Duration::from_secs(3))),
            "{:?}",
            script.deadlines()
        );
        // Nor by who comes while everyone pauses.
        if sent == 1 {
            let error = client.returns().process(id()).await.unwrap_err();
            assert_eq!(error.effect(), Effect::NotSent);
            assert_eq!(script.sent().len(), 1);
        }
    }
}

#[tokio::test]
async fn what_an_attempt_took_holds_no_wait_for_the_call_budget() {
    #[derive(Debug, Default)]
    struct Took(Mutex<Vec<Duration>>);

    impl Observer for Took {
        fn observe(&self, seen: &Observation<'_>) {
            if let Observation::Attempt { took, .. } = seen {
                self.0.lock().unwrap().push(*took);
            }
        }
    }

    let script = Script::new([Answer::ok(DETAILS), Answer::ok(DETAILS)]);
    let took = Arc::new(Took::default());
    let time = Arc::new(VirtualTime::default());
    let client = script
        .builder(&time)
        .observer(took.clone())
        .rate_limit(RateLimit::per_minute(1))
        .build()
        .unwrap();
    for _ in 0..2 {
        client.returns().get(id()).await.unwrap();
    }
    assert_eq!(time.slept().len(), 1);
    assert_eq!(*took.0.lock().unwrap(), [Duration::ZERO; 2]);
}

#[tokio::test]
async fn a_429_without_advice_is_waited_for_until_the_minute_is_over() {
    let busy = || Answer::reply(429, String::new());
    let script = Script::new([busy(), busy(), busy(), Answer::ok("true")]);
    let (client, time) = script.client();
    client.returns().flag(id()).await.unwrap();
    let slept: Duration = time.slept().iter().sum();
    assert!(slept >= Duration::from_secs(60), "{slept:?}");
}
