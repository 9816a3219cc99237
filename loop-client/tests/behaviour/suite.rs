//! What the client does in each situation. Nothing here knows which world it is in.

use std::time::Duration;

use futures_util::StreamExt as _;
use loop_client::{
    Effect, Error, ErrorCode, ErrorKind, PagingFault, Result, ReturnState, ReturnsQuery,
};

use super::world::{Scene, Situation, World, noon};
use Situation as S;

/// How often the client tries by itself.
const ATTEMPTS: usize = 4;

/// What a call ends with, and how many requests arrive for it.
struct Expected {
    error: Option<Failure>,
    arrived: usize,
}

#[derive(Debug, PartialEq)]
struct Failure {
    kind: &'static str,
    effect: Effect,
    code: Option<ErrorCode>,
    transient: bool,
    retry_after: Option<Duration>,
}

impl Failure {
    fn of(error: &Error) -> Self {
        Self {
            kind: name(error.kind()),
            effect: error.effect(),
            code: error.code().cloned(),
            transient: error.is_transient(),
            retry_after: error.retry_after(),
        }
    }
}

fn name(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthorized(_) => "unauthorized",
        ErrorKind::RateLimited => "rate limited",
        ErrorKind::Refused(_) => "refused",
        ErrorKind::NotFound(_) => "not found",
        ErrorKind::Invalid(_) => "invalid",
        ErrorKind::Server(_) => "server",
        ErrorKind::Unreadable(_) => "unreadable",
        ErrorKind::Incomplete(_) => "incomplete",
        ErrorKind::Redirected => "redirected",
        ErrorKind::Transport(_) => "transport",
        ErrorKind::Paging(PagingFault::ForeignLink) => "foreign link",
        ErrorKind::Paging(PagingFault::NoCursor) => "no cursor",
        ErrorKind::Paging(PagingFault::Loop) => "circle",
        other => panic!("no situation leads to {other:?}"),
    }
}

fn done(arrived: usize) -> Expected {
    Expected {
        error: None,
        arrived,
    }
}

fn fails(arrived: usize, kind: &'static str, effect: Effect, transient: bool) -> Expected {
    Expected {
        error: Some(Failure {
            kind,
            effect,
            code: None,
            transient,
            retry_after: None,
        }),
        arrived,
    }
}

impl Expected {
    fn code(mut self, code: ErrorCode) -> Self {
        self.error = self.error.map(|error| Failure {
            code: Some(code),
            ..error
        });
        self
    }

    fn advice(mut self, seconds: u64) -> Self {
        self.error = self.error.map(|error| Failure {
            retry_after: Some(Duration::from_secs(seconds)),
            ..error
        });
        self
    }
}

/// Loop said no, and did nothing.
fn refused(kind: &'static str) -> Expected {
    fails(1, kind, Effect::NotApplied, false)
}

/// Whether it was done cannot be known, and a repeat by itself would do it twice.
fn unknown(kind: &'static str) -> Expected {
    fails(1, kind, Effect::Unknown, true)
}

async fn scene(world: &dyn World, situation: Situation) -> Option<Scene> {
    let scene = world.scene(situation).await;
    if scene.is_none() {
        println!("SKIPPED: {situation:?}");
    }
    scene
}

fn check<T: std::fmt::Debug>(
    scene: &Scene,
    situation: Situation,
    call: &str,
    answer: Result<T>,
    expected: &Expected,
) {
    let answer = answer.map_err(|error| {
        if let Some(id) = error.return_id() {
            assert_eq!(id, scene.id, "{situation:?}");
        }
        Failure::of(&error)
    });
    let arrived = (scene.arrived)();
    assert_eq!(
        answer.as_ref().err(),
        expected.error.as_ref(),
        "{situation:?}: {answer:?} after {arrived:?}"
    );
    assert_eq!(
        arrived,
        vec![call.to_owned(); expected.arrived],
        "{situation:?}: {answer:?}"
    );
}

/// Where Loop has carried out what the client could not learn of.
const DONE_UNSEEN: &[Situation] = &[
    S::DownAfterEffect,
    S::EdgeTimeout,
    S::ReplyLost,
    S::FirstReplyLost,
    S::CutReply,
    S::TruncatedReply,
];

/// The shopper gets what is owed once when the call succeeds, never when it is known to have had
/// no effect, and in no case twice.
fn check_money(scene: &Scene, situation: Situation, answer: &Result<()>) {
    let Some(paid) = &scene.paid else { return };
    let expected = match answer {
        Ok(()) => true,
        Err(error) => error.effect() == Effect::Unknown && DONE_UNSEEN.contains(&situation),
    };
    assert_eq!(paid(), u32::from(expected), "{situation:?}: {answer:?}");
}

/// Neither a cancelled nor a closed return gives the shopper anything.
fn check_no_money(scene: &Scene, situation: Situation) {
    if let Some(paid) = &scene.paid {
        assert_eq!(paid(), 0, "{situation:?}");
    }
}

/// What holds for every call that acts, whichever it is: nothing is sent again but what is proven
/// to have had no effect.
fn of_any_action() -> Vec<(Situation, Expected)> {
    use Effect::{NotApplied, NotSent};
    vec![
        (S::Open, done(1)),
        (S::UnknownReturn, refused("not found")),
        (
            S::WrongKey,
            refused("unauthorized").code(ErrorCode::GatewayUnauthorized),
        ),
        (
            S::MissingScope,
            refused("unauthorized").code(ErrorCode::GatewayUnauthorized),
        ),
        (
            S::BudgetUsedUp,
            fails(ATTEMPTS, "rate limited", NotApplied, true),
        ),
        (
            S::BudgetUsedUpWithAdvice,
            fails(ATTEMPTS, "rate limited", NotApplied, true).advice(7),
        ),
        (S::BudgetFreesUp, done(2)),
        (S::BudgetFreesUpAsAdvised, done(2)),
        (S::NoConnection, fails(0, "transport", NotSent, true)),
        (S::NoConnectionAtFirst, done(1)),
        (S::NoConnectionThenReplyLost, unknown("transport")),
        (S::DownBeforeEffect, unknown("server")),
        (S::DownAfterEffect, unknown("server")),
        (S::DownAtFirst, unknown("server")),
        (S::ReplyLost, unknown("transport")),
        (S::FirstReplyLost, unknown("transport")),
        (S::CutReply, unknown("transport")),
        (S::TruncatedReply, unknown("server")),
        (S::EdgeTimeout, unknown("server")),
        (S::Html, unknown("server")),
        (S::SaysFalse, unknown("server")),
        (S::SaysNothing, unknown("server")),
        (S::Redirect, fails(1, "redirected", Effect::Unknown, false)),
    ]
}

pub(crate) async fn process_in_every_situation(world: &dyn World) {
    let closed = || refused("refused").code(ErrorCode::UnprocessableReturn);
    let mut table = of_any_action();
    table.extend([
        (
            S::Flagged,
            refused("refused").code(ErrorCode::UnprocessableFlaggedReturn),
        ),
        (S::Review, refused("refused")),
        (S::Closed, closed()),
        (S::Cancelled, refused("refused")),
        (S::Expired, closed()),
        // Words nobody has documented prove nothing.
        (S::NewRefusal, fails(1, "refused", Effect::Unknown, false)),
    ]);
    for (situation, expected) in table {
        let Some(scene) = scene(world, situation).await else {
            continue;
        };
        let answer = scene.client.returns().process(scene.id).await;
        check_money(&scene, situation, &answer);
        let call = format!("POST /warehouse/return/{}/process", scene.id);
        check(&scene, situation, &call, answer, &expected);
        if situation == S::BudgetFreesUpAsAdvised {
            assert!(scene.waited() >= Duration::from_secs(7), "as Loop asked");
        }
    }
}

pub(crate) async fn flag_in_every_situation(world: &dyn World) {
    let not_flagged = || refused("refused").code(ErrorCode::UnprocessableReturn);
    let mut table = of_any_action();
    table.extend([
        (S::Flagged, not_flagged()),
        (S::Review, done(1)),
        (S::Closed, not_flagged()),
        (S::Cancelled, not_flagged()),
        (S::Expired, not_flagged()),
        (S::NewRefusal, fails(1, "refused", Effect::Unknown, false)),
    ]);
    for (situation, expected) in table {
        let Some(scene) = scene(world, situation).await else {
            continue;
        };
        let answer = scene.client.returns().flag(scene.id).await;
        let call = format!("POST /warehouse/return/{}/flag", scene.id);
        check(&scene, situation, &call, answer, &expected);
    }
}

pub(crate) async fn cancel_in_every_situation(world: &dyn World) {
    let not_open = || refused("refused").code(ErrorCode::UnprocessableReturn);
    let mut table = of_any_action();
    table.extend([
        (S::Flagged, refused("refused")),
        (S::Review, not_open()),
        (S::Closed, not_open()),
        (S::Cancelled, not_open()),
        (S::Expired, refused("refused")),
        (S::NewRefusal, fails(1, "refused", Effect::Unknown, false)),
    ]);
    for (situation, expected) in table {
        let Some(scene) = scene(world, situation).await else {
            continue;
        };
        let answer = scene.client.returns().cancel(scene.id).await;
        check_no_money(&scene, situation);
        let call = format!("POST /warehouse/return/{}/cancel", scene.id);
        check(&scene, situation, &call, answer, &expected);
    }
}

pub(crate) async fn close_in_every_situation(world: &dyn World) {
    let closed = || refused("refused").code(ErrorCode::UnprocessableReturn);
    let mut table = of_any_action();
    table.extend([
        (S::Flagged, done(1)),
        (S::Review, done(1)),
        (S::Closed, closed()),
        (S::Cancelled, refused("refused")),
        (S::Expired, closed()),
        (S::NewRefusal, fails(1, "refused", Effect::Unknown, false)),
    ]);
    for (situation, expected) in table {
        let Some(scene) = scene(world, situation).await else {
            continue;
        };
        let answer = scene.client.returns().close(scene.id).await;
        check_no_money(&scene, situation);
        let call = format!("POST /warehouse/return/{}/close", scene.id);
        check(&scene, situation, &call, answer, &expected);
    }
}

/// It processes what is left, so that it pays as a process call does.
pub(crate) async fn remove_in_every_situation(world: &dyn World) {
    let mut table = of_any_action();
    for situation in [S::Flagged, S::Review, S::Closed, S::Cancelled, S::Expired] {
        table.push((situation, refused("invalid")));
    }
    table.push((S::NewRefusal, fails(1, "refused", Effect::Unknown, false)));
    for (situation, expected) in table {
        let Some(scene) = scene(world, situation).await else {
            continue;
        };
        let returns = scene.client.returns();
        let answer = returns.remove_line_items(scene.id, &[scene.line]).await;
        check_money(&scene, situation, &answer);
        let call = format!("POST /warehouse/return/{}/remove", scene.id);
        check(&scene, situation, &call, answer, &expected);
    }
}

pub(crate) async fn note_in_every_situation(world: &dyn World) {
    let mut table = of_any_action();
    table.extend([(S::Flagged, done(1))]);
    for (situation, expected) in table {
        let Some(scene) = scene(world, situation).await else {
            continue;
        };
        let answer = scene
            .client
            .notes(scene.id)
            .create("two units damaged")
            .await;
        let call = format!("POST /warehouse/return/{}/note", scene.id);
        check(&scene, situation, &call, answer, &expected);
    }
}

pub(crate) async fn reads_in_every_situation(world: &dyn World) {
    use Effect::{NotApplied, NotSent, Unknown};
    let state = |state| (Some(state), done(1));
    let again = || (Some(ReturnState::Open), done(2));
    let none = |expected| (None, expected);
    let in_vain = |kind| none(fails(ATTEMPTS, kind, Unknown, true));
    for (situation, (state, expected)) in [
        (S::Open, state(ReturnState::Open)),
        (S::Flagged, state(ReturnState::Open)),
        (S::Review, state(ReturnState::Review)),
        (S::Closed, state(ReturnState::Closed)),
        (S::Cancelled, state(ReturnState::Cancelled)),
        (S::Expired, state(ReturnState::Expired)),
        (S::UnknownReturn, none(refused("not found"))),
        // Money is decided with what is read, so another return is no answer, and asking again
        // gives the same.
        (S::AnotherReturn, none(unknown("unreadable"))),
        (
            S::WrongKey,
            none(refused("unauthorized").code(ErrorCode::GatewayUnauthorized)),
        ),
        (
            S::MissingScope,
            none(refused("unauthorized").code(ErrorCode::GatewayUnauthorized)),
        ),
        (
            S::BudgetUsedUp,
            none(fails(ATTEMPTS, "rate limited", NotApplied, true)),
        ),
        (
            S::BudgetUsedUpWithAdvice,
            none(fails(ATTEMPTS, "rate limited", NotApplied, true).advice(7)),
        ),
        (S::BudgetFreesUp, again()),
        (S::BudgetFreesUpAsAdvised, again()),
        (S::NoConnection, none(fails(0, "transport", NotSent, true))),
        (S::NoConnectionAtFirst, state(ReturnState::Open)),
        (
            S::NoConnectionThenReplyLost,
            none(fails(ATTEMPTS - 1, "transport", Unknown, true)),
        ),
        (S::DownBeforeEffect, in_vain("server")),
        (S::DownAfterEffect, in_vain("server")),
        (S::DownAtFirst, again()),
        (S::ReplyLost, in_vain("transport")),
        (S::FirstReplyLost, again()),
        (S::CutReply, in_vain("transport")),
        (S::TruncatedReply, in_vain("unreadable")),
        (S::EdgeTimeout, in_vain("server")),
        (S::Html, in_vain("unreadable")),
        (S::SaysFalse, in_vain("unreadable")),
        (S::SaysNothing, in_vain("unreadable")),
        (S::Redirect, none(fails(1, "redirected", Unknown, false))),
    ] {
        let Some(scene) = scene(world, situation).await else {
            continue;
        };
        let answer = scene.client.returns().get(scene.id).await;
        if let Ok(ret) = &answer {
            assert_eq!((ret.id, &ret.state), (scene.id, &state), "{situation:?}");
        }
        check(
            &scene,
            situation,
            "GET /warehouse/return/details",
            answer,
            &expected,
        );
    }
}

pub(crate) async fn no_notes_are_an_empty_list(world: &dyn World) {
    let Some(scene) = scene(world, S::NoNotes).await else {
        return;
    };
    assert_eq!(scene.client.notes(scene.id).list().await.unwrap(), []);
}

/// How a walk or a report ends after its rows.
type End = Option<&'static str>;

pub(crate) async fn walks_through_the_list(world: &dyn World) {
    let day = Duration::from_secs(86_400);
    // The rows, by their distance from the first id, `None` for one that cannot be read; how it
    // ends; the calls it takes.
    let table: [(Situation, &[Option<u64>], End, usize); 6] = [
        (
            S::SeveralPages,
            &[Some(0), Some(1), Some(2), Some(3), Some(4)],
            None,
            3,
        ),
        (S::EmptyPage, &[Some(0), Some(1)], None, 3),
        (S::CursorRepeats, &[Some(0), Some(1)], Some("circle"), 3),
        (S::ForeignLink, &[Some(0)], Some("foreign link"), 1),
        (S::LinkWithoutCursor, &[Some(0)], Some("no cursor"), 1),
        (S::BadRow, &[Some(0), None, Some(1)], None, 1),
    ];
    for (situation, expected, end, calls) in table {
        let Some(scene) = scene(world, situation).await else {
            continue;
        };
        let query = ReturnsQuery::created(noon().minus(day), noon().plus(day))
            .states([ReturnState::Open])
            .page_size(2);
        let rows: Vec<_> = scene.client.returns().list(query).collect().await;
        let ids = rows.iter().map(|row| row.as_ref().map(|ret| ret.id.get()));
        let (mut found, ended) = split_end(ids, scene.id.get());
        if situation == S::SeveralPages {
            // The order of rows is not documented.
            found.sort_unstable();
        }
        assert_eq!((&found[..], ended), (expected, end), "{situation:?}");
        let call = "GET /warehouse/return/list".to_owned();
        assert_eq!((scene.arrived)(), vec![call; calls], "{situation:?}");
    }
}

pub(crate) async fn reports(world: &dyn World) {
    let day = Duration::from_secs(86_400);
    let table: [(Situation, &[Option<u64>], End); 4] = [
        (S::Report, &[Some(0), Some(0), Some(1)], None),
        (S::BadReportRow, &[Some(0), None, Some(1)], None),
        (S::CutReport, &[Some(0), Some(0)], Some("incomplete")),
        (S::BrokenReport, &[Some(0), Some(0)], Some("transport")),
    ];
    for (situation, expected, end) in table {
        let Some(scene) = scene(world, situation).await else {
            continue;
        };
        let (from, to) = (noon().minus(day), noon().plus(day));
        let rows: Vec<_> = scene.client.reports().asn(from, to).collect().await;
        let ids = rows
            .iter()
            .map(|row| row.as_ref().map(|row| row.return_id.get()));
        let (found, ended) = split_end(ids, scene.id.get());
        assert_eq!((&found[..], ended), (expected, end), "{situation:?}");
        assert_eq!(
            (scene.arrived)(),
            ["GET /warehouse/reporting/asn"],
            "{situation:?}"
        );
    }
}

/// Rows by their distance from `first`, and the error at the end, if there is one.
fn split_end<'a>(
    rows: impl Iterator<Item = Result<u64, &'a Error>>,
    first: u64,
) -> (Vec<Option<u64>>, End) {
    let rows: Vec<_> = rows.collect();
    let end = match rows.last() {
        Some(Err(error)) => Some(name(error.kind())),
        _ => None,
    };
    let rows = &rows[..rows.len() - usize::from(end.is_some())];
    let rows = rows
        .iter()
        .map(|row| row.as_ref().ok().map(|id| id - first))
        .collect();
    (rows, end)
}
