use serde_json::json;

use super::*;
use crate::sandbox::shopper::NewLine;

const NOW: Moment = Moment::EPOCH;

fn later(seconds: i64) -> Moment {
    NOW.plus(seconds)
}

fn world(flag_moves_to_review: bool) -> World {
    let settings = Settings {
        flag_moves_to_review,
        allow_flagged_to_process: false,
    };
    World::new(settings, 100)
}

fn submitted(world: &mut World) -> u64 {
    let order = NewReturn::new("#1001")
        .line(NewLine::new("A"))
        .line(NewLine::new("A"))
        .line(NewLine::new("B"));
    world.create(order, NOW)
}

fn in_state(state: &str, flagged: bool, flag_moves_to_review: bool) -> (World, u64) {
    let mut world = world(flag_moves_to_review);
    let id = submitted(&mut world);
    world.set_state(id, State::named(state), NOW);
    if flagged {
        world.returns.get_mut(&id).unwrap().flagged = true;
    }
    world.take_events();
    (world, id)
}

fn triggers(world: &mut World) -> Vec<&'static str> {
    let events = world.take_events();
    events.iter().map(|event| event.trigger.as_str()).collect()
}

fn refused(refusal: &Refusal) -> (&'static str, &str) {
    match refusal {
        Refusal::NotFound => ("not found", ""),
        Refusal::Coded { code, message } => (code, message),
        Refusal::Message(message) => ("message", message),
        Refusal::Content(content) => ("content", content),
    }
}

type Row = (
    &'static str,
    bool,
    Result<&'static str, (&'static str, &'static str)>,
);

/// Runs one action in every state: `Ok` names the state after it, `Err` the form and text of the
/// refusal, after which nothing may have changed.
fn check(table: &[Row], act: impl Fn(&mut World, u64) -> Result<(), Refusal>) {
    for (state, flagged, expected) in table {
        let (mut world, id) = in_state(state, *flagged, true);
        let result = act(&mut world, id);
        let after = world.get(id).unwrap();
        let label = format!("{state}, flagged {flagged}");
        match (result, expected) {
            (Ok(()), Ok(expected)) => assert_eq!(after.state.as_str(), *expected, "{label}"),
            (Err(refusal), Err(expected)) => {
                assert_eq!(refused(&refusal), *expected, "{label}");
                assert_eq!(after.state.as_str(), *state, "{label}");
                assert_eq!(after.flagged, *flagged, "{label}");
                assert_eq!(after.flag_calls, 0, "{label}");
                assert_eq!(after.process_accepted, 0, "{label}");
                assert!(world.take_events().is_empty(), "{label}");
            }
            (result, expected) => panic!("{label}: got {result:?}, expected {expected:?}"),
        }
    }
}

const CODED: &str = "UNPROCESSABLE_RETURN";

#[test]
fn process_in_every_state() {
    let table: &[Row] = &[
        ("open", false, Ok("open")),
        (
            "open",
            true,
            Err((
                "UNPROCESSABLE_FLAGGED_RETURN",
                "Return is open and therefore cannot be processed.",
            )),
        ),
        (
            "review",
            false,
            Err((
                "message",
                "Return is review and therefore cannot be processed.",
            )),
        ),
        (
            "review",
            true,
            Err((
                "message",
                "Return is review and therefore cannot be processed.",
            )),
        ),
        (
            "closed",
            false,
            Err((CODED, "Return is closed and therefore cannot be processed.")),
        ),
        (
            "cancelled",
            false,
            Err((
                "message",
                "Return is cancelled and therefore cannot be processed.",
            )),
        ),
        (
            "expired",
            false,
            Err((
                CODED,
                "Return is expired and therefore cannot be processed.",
            )),
        ),
        (
            "needs review",
            false,
            Err((
                CODED,
                "Return is needs review and therefore cannot be processed.",
            )),
        ),
    ];
    check(table, |world, id| world.process(id, Map::new()).map(drop));
}

#[test]
fn flag_in_every_state() {
    let again = "Return is flagged and therefore cannot be flagged.";
    let table: &[Row] = &[
        ("open", false, Ok("review")),
        ("open", true, Err((CODED, again))),
        ("review", false, Ok("review")),
        ("review", true, Err((CODED, again))),
        (
            "closed",
            false,
            Err((CODED, "Return is closed and therefore cannot be flagged.")),
        ),
        (
            "cancelled",
            false,
            Err((
                CODED,
                "Return is cancelled and therefore cannot be flagged.",
            )),
        ),
        (
            "expired",
            false,
            Err((CODED, "Return is expired and therefore cannot be flagged.")),
        ),
    ];
    check(table, |world, id| world.flag(id, NOW));
}

#[test]
fn cancel_in_every_state() {
    let flagged = "Return is flagged and cannot be processed.";
    let table: &[Row] = &[
        ("open", false, Ok("cancelled")),
        ("open", true, Err(("content", flagged))),
        ("review", true, Err(("content", flagged))),
        (
            "review",
            false,
            Err((CODED, "Return is review and therefore cannot be processed.")),
        ),
        (
            "closed",
            false,
            Err((CODED, "Return is closed and therefore cannot be processed.")),
        ),
        (
            "cancelled",
            false,
            Err((
                CODED,
                "Return is cancelled and therefore cannot be processed.",
            )),
        ),
        (
            "expired",
            false,
            Err(("content", "Return is expired and cannot be processed.")),
        ),
    ];
    check(table, |world, id| world.cancel(id, NOW));
}

#[test]
fn close_in_every_state() {
    let table: &[Row] = &[
        ("open", false, Ok("closed")),
        ("open", true, Ok("closed")),
        ("review", false, Ok("closed")),
        ("review", true, Ok("closed")),
        (
            "closed",
            false,
            Err((CODED, "Return is closed and therefore cannot be processed.")),
        ),
        (
            "cancelled",
            false,
            Err((
                "message",
                "Return is cancelled and therefore cannot be processed.",
            )),
        ),
        (
            "expired",
            false,
            Err((
                CODED,
                "Return is expired and therefore cannot be processed.",
            )),
        ),
    ];
    check(table, |world, id| world.close(id, NOW));
}

#[test]
fn a_note_is_taken_in_every_state_and_changes_nothing_else() {
    for state in ["open", "review", "closed", "cancelled", "expired"] {
        let (mut world, id) = in_state(state, false, true);
        world.add_note(id, "seen", later(9)).unwrap();
        let after = world.get(id).unwrap();
        assert_eq!(after.truth().notes, ["seen"], "{state}");
        assert_eq!(after.updated_at, NOW, "{state}");
        assert!(world.take_events().is_empty(), "{state}");
    }
}

#[test]
fn an_unknown_id_is_not_found() {
    let mut world = world(true);
    assert_eq!(world.process(1, Map::new()), Err(Refusal::NotFound));
    assert_eq!(world.flag(1, NOW), Err(Refusal::NotFound));
    assert_eq!(world.cancel(1, NOW), Err(Refusal::NotFound));
    assert_eq!(world.close(1, NOW), Err(Refusal::NotFound));
    assert_eq!(world.add_note(1, "x", NOW), Err(Refusal::NotFound));
    assert!(!world.set_state(1, State::Open, NOW));
    assert!(!world.remove_line(1, 2, NOW));
    assert!(!world.fail_oldest(1, "x"));
    assert!(!world.carry_out(1, NOW));
}

#[test]
fn a_flag_that_leaves_the_state_still_blocks_processing() {
    let (mut world, id) = in_state("open", false, false);
    world.flag(id, NOW).unwrap();
    assert_eq!(world.get(id).unwrap().state, State::Open);
    assert!(world.process(id, Map::new()).is_err());

    world.set_state(id, State::Open, NOW);
    assert!(!world.get(id).unwrap().flagged, "a review ends in open");
    assert!(world.process(id, Map::new()).is_ok());
}

#[test]
fn the_setting_lets_flagged_returns_process_and_nothing_else() {
    for flag_moves_to_review in [true, false] {
        let (mut world, id) = in_state("open", false, flag_moves_to_review);
        world.allow_flagged_to_process(true);
        world.flag(id, NOW).unwrap();
        world.process(id, Map::new()).unwrap();
        assert_eq!(world.carry_out_all(NOW), 1);
        assert_eq!(world.get(id).unwrap().state, State::Closed);
        assert_eq!(world.get(id).unwrap().refunds, 1);
    }
    let (mut world, id) = in_state("review", false, true);
    world.allow_flagged_to_process(true);
    assert!(world.process(id, Map::new()).is_err());
}

#[test]
fn of_two_queued_requests_the_older_fails() {
    let (mut world, id) = in_state("open", false, true);
    for number in 1..=2 {
        let details = Map::from_iter([("number".to_owned(), json!(number))]);
        world.process(id, details).unwrap();
    }
    assert!(world.fail_oldest(id, "Card declined"));
    assert_eq!(world.carry_out_all(NOW), 1);
    let truth = world.get(id).unwrap().truth();
    assert_eq!(truth.refunds, 1);
    assert_eq!(truth.notes, [r#"Additional Details: {"number":2}"#]);
}

#[test]
fn processing_is_done_only_when_it_is_carried_out() {
    let (mut world, id) = in_state("open", false, true);
    let job = world.process(id, Map::new()).unwrap().unwrap();
    assert_eq!(world.get(id).unwrap().state, State::Open);
    assert!(triggers(&mut world).is_empty());

    assert!(world.carry_out(job, later(5)));
    let after = world.get(id).unwrap();
    assert_eq!(after.state, State::Closed);
    assert_eq!(after.closed_at, Some(later(5)));
    assert_eq!(after.processed_at, Some(later(5)));
    assert_eq!(triggers(&mut world), ["return.updated", "return.closed"]);
    assert!(!world.carry_out(job, later(6)), "a job is carried out once");
    assert_eq!(world.get(id).unwrap().refunds, 1);
}

#[test]
fn a_second_request_while_one_is_queued_refunds_twice() {
    let (mut world, id) = in_state("open", false, true);
    world.process(id, Map::new()).unwrap();
    world.process(id, Map::new()).unwrap();
    assert_eq!(world.carry_out_all(NOW), 2);
    let truth = world.get(id).unwrap().truth();
    assert_eq!(truth.refunds, 2);
    assert_eq!(truth.process_requests, 2);
    assert_eq!(truth.process_accepted, 2);
    assert_eq!(
        triggers(&mut world),
        ["return.updated", "return.closed", "return.updated"]
    );
}

#[test]
fn what_happens_to_the_return_while_processing_is_queued() {
    // (state after queueing, flagged, refunds, last trigger)
    let table = [
        ("open", false, 1, "return.closed"),
        ("open", true, 0, "return.processing.failed"),
        ("review", true, 0, "return.processing.failed"),
        ("review", false, 0, "return.processing.failed"),
        ("cancelled", false, 0, "return.processing.failed"),
        ("expired", false, 0, "return.processing.failed"),
        ("closed", false, 1, "return.updated"),
    ];
    for (state, flagged, refunds, trigger) in table {
        let (mut world, id) = in_state("open", false, true);
        world.process(id, Map::new()).unwrap();
        world.set_state(id, State::named(state), NOW);
        world.returns.get_mut(&id).unwrap().flagged = flagged;
        world.take_events();
        assert_eq!(world.carry_out_all(NOW), 1, "{state}");
        let after = world.get(id).unwrap();
        assert_eq!(after.refunds, refunds, "{state}");
        assert_eq!(triggers(&mut world).last(), Some(&trigger), "{state}");
    }
}

#[test]
fn details_of_a_process_request_become_a_note_when_carried_out() {
    let (mut world, id) = in_state("open", false, true);
    let details = json!({"rma": "7"}).as_object().unwrap().clone();
    world.process(id, details).unwrap();
    assert!(world.get(id).unwrap().notes.is_empty());
    world.carry_out_all(NOW);
    assert_eq!(
        world.get(id).unwrap().truth().notes,
        [r#"Additional Details: {"rma":"7"}"#]
    );
}

#[test]
fn a_failed_process_leaves_the_return_as_it_is() {
    let (mut world, id) = in_state("open", false, true);
    world.process(id, Map::new()).unwrap();
    assert!(world.fail_oldest(id, "card declined"));
    let events = world.take_events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].trigger, Trigger::ProcessingFailed);
    assert_eq!(events[0].message.as_deref(), Some("card declined"));
    assert_eq!(world.get(id).unwrap().state, State::Open);
    assert_eq!(world.carry_out_all(NOW), 0);
    assert!(!world.fail_oldest(id, "again"));
}

#[test]
fn removing_a_line_is_an_edit() {
    let (mut world, id) = in_state("open", false, true);
    let line = world.get(id).unwrap().lines[0].line_item_id;
    assert!(world.remove_line(id, line, later(3)));
    assert!(!world.remove_line(id, line, later(4)));
    let after = world.get(id).unwrap();
    assert_eq!(after.truth().skus, ["A", "B"]);
    assert_eq!(after.edited_at, Some(later(3)));
    assert_eq!(after.updated_at, later(3));
    assert_eq!(triggers(&mut world), ["return.updated"]);
}

#[test]
fn units_of_one_article_share_the_order_line_and_nothing_else() {
    let mut world = world(true);
    let first = submitted(&mut world);
    let second = submitted(&mut world);
    assert_eq!((first, second), (100, 101));
    let lines = &world.get(first).unwrap().lines;
    assert_eq!(
        lines[0].provider_line_item_id,
        lines[1].provider_line_item_id
    );
    assert_ne!(
        lines[0].provider_line_item_id,
        lines[2].provider_line_item_id
    );
    assert_ne!(lines[0].line_item_id, lines[1].line_item_id);
    assert_eq!(lines[0].variant_id, lines[1].variant_id);
    let other = world.get(second).unwrap();
    assert_eq!(other.order_id, world.get(first).unwrap().order_id);
    assert_ne!(other.lines[0].line_item_id, lines[0].line_item_id);
}

#[test]
fn closing_is_told_once() {
    let (mut world, id) = in_state("open", false, true);
    world.set_state(id, State::Closed, NOW);
    world.set_state(id, State::Closed, later(1));
    assert_eq!(
        triggers(&mut world),
        ["return.updated", "return.closed", "return.updated"]
    );
    assert_eq!(world.get(id).unwrap().closed_at, Some(NOW));
    world.set_state(id, State::Open, later(2));
    assert_eq!(world.get(id).unwrap().closed_at, None);
}
