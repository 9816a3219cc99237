//! What a run does, once and only once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ams_loop_bridge::Policy;
use ams_loop_bridge::ledger::{CursorName, Entry, Ledger as _};
use ams_oms_client::Condition;
use loop_client::sandbox::{Fault, On};

use super::world::{World, all, ids, merchant, refused, table};
use crate::Problem;
use crate::job::Report;
use crate::state::StateFile;

/// Returns of which the warehouse has some, in good order and not, and others that nobody has
/// heard of: a policy with refunds has something of everything to do.
async fn busy() -> World {
    let world = World::new().await;
    let old = world.submit(6);
    world.backfill(all(), Policy::processing()).await;
    for id in &old[..2] {
        world.receive(*id, Condition::Available).await;
    }
    world.receive(old[2], Condition::Damaged).await;
    let new = world.submit(9);
    world.set_state(new[1], "closed");
    world.set_state(new[2], "cancelled");
    world
}

const BUSY: &str = "\
returns  outcome           why
      2  told to process   every expected unit is in available stock
      1  flagged           the RMA is complete, and units are damaged, missing or on hold
     10  RMA made, waits   the warehouse is not done with the RMA
      1  no RMA owed       the return is already closed in Loop
      1  no RMA owed       the return was cancelled in Loop
     15  in all

With an RMA: 13. New to the ledger: 7.";

#[tokio::test]
async fn an_interrupted_backfill_ends_as_one_that_was_not() {
    let world = busy().await;
    let text = world.backfill(all(), Policy::processing()).await;
    assert_eq!(table(&text), BUSY);
    let ending = world.ending().await;
    for ret in world.sandbox.truth() {
        assert!(ret.process_requests <= 1 && ret.flag_calls <= 1, "{ret:?}");
    }

    // It may be asked to stop before each page and each step; and a step that was done may not
    // be known to have been.
    for progress_is_lost in [false, true] {
        let mut interruptions = 0;
        for after in 0.. {
            let world = busy().await;
            let asked = AtomicUsize::new(0);
            let mut job = world.job(all(), Policy::processing());
            job.stop = Box::new(move || asked.fetch_add(1, Ordering::Relaxed) >= after);
            let interrupted = match job.run().await {
                Err(Problem::Failed(problem))
                | Ok(Report {
                    problem: Some(problem),
                    ..
                }) => problem,
                Ok(Report { problem: None, .. }) => break,
                Err(problem) => panic!("{problem:?}"),
            };
            assert!(interrupted.starts_with("interrupted"), "{interrupted}");
            interruptions += 1;
            let file = StateFile::at(&world.state());
            if let Some(mut work) = file.load().unwrap()
                && progress_is_lost
            {
                let kept = work.done.len().saturating_sub(3);
                let lost = work.done.split_off(kept);
                work.left.splice(0..0, lost);
                file.save(&work).unwrap();
            }
            let text = world.backfill(all(), Policy::processing()).await;
            assert_eq!(table(&text), BUSY, "stopped after {after}");
            assert_eq!(world.ending().await, ending, "stopped after {after}");
        }
        // Ten pages and five steps.
        assert_eq!(interruptions, 15);
    }
}

#[tokio::test]
async fn what_loop_and_the_ledger_are_done_with_costs_no_call() {
    let world = World::new().await;
    let returns = world.submit(4);
    world.set_state(returns[3], "expired");
    world.backfill(all(), Policy::processing()).await;
    assert_eq!(world.details(), 3, "what is not owed is not asked for");
    assert_eq!(world.entry(returns[3]).await, None);
    for id in &returns[..3] {
        world.receive(*id, Condition::Available).await;
    }
    world.backfill(all(), Policy::processing()).await;
    assert_eq!(world.sandbox.finish_processing(), 3);
    let text = world.backfill(all(), Policy::processing()).await;
    assert!(
        text.contains("      3  processed         every expected unit is in available stock"),
        "{text}"
    );

    let before = world.details();
    assert_eq!(
        world.backfill(all(), Policy::processing()).await,
        text.replace("13", "10")
    );
    assert_eq!(world.details(), before);
    // What is given by id is looked at in any case.
    world.backfill(ids(&returns), Policy::processing()).await;
    assert_eq!(world.details(), before + 4);
    assert!(world.sandbox.truth().iter().all(|ret| ret.refunds <= 1));
}

#[tokio::test]
async fn a_change_that_nobody_told_of_is_made_up_for() {
    let world = World::new().await;
    let returns = world.submit(2);
    world.backfill(all(), Policy::default()).await;
    for (id, wanted) in [(returns[0], all()), (returns[1], ids(&returns[1..]))] {
        let truth = world.sandbox.truth();
        let ret = truth.iter().find(|ret| ret.id == id.get()).unwrap();
        assert!(world.sandbox.remove_line(ret.id, ret.line_item_ids[0]));
        world.backfill(wanted, Policy::default()).await;
        assert_eq!(world.rma(id).await.unwrap().lines.len(), 1, "{id}");
    }
}

#[tokio::test]
async fn a_dry_run_sends_and_writes_nothing_and_tells_what_would_be_sent() {
    let world = busy().await;
    let contents = || async {
        let entries = world
            .ledger
            .list(&merchant(), None, 100.try_into().unwrap())
            .await;
        let mut cursors = Vec::new();
        for name in [
            CursorName::OmsChanges,
            CursorName::Policy,
            CursorName::Epoch,
        ] {
            cursors.push(world.ledger.cursor(&merchant(), name).await.unwrap());
        }
        (entries.unwrap(), cursors, world.ending().await)
    };
    let before = contents().await;
    let calls = world.sandbox.calls().len();
    let mut job = world.job(all(), Policy::processing());
    job.dry_run = true;
    let Report { text, problem } = job.run().await.unwrap();
    assert_eq!(problem, None);
    assert_eq!(contents().await, before);
    assert_eq!(world.folder.path().read_dir().unwrap().count(), 0);
    let calls = world.sandbox.calls().split_off(calls);
    assert!(calls.iter().all(|call| call.method == "GET"), "{calls:?}");

    assert!(text.contains(BUSY), "{text}");
    let told = |what: &str| text.lines().filter(|line| line.starts_with(what)).count();
    assert_eq!(told("would make RMA"), 7, "{text}");
    assert_eq!(told("would process return"), 2);
    assert_eq!(told("would flag return"), 1);
    assert_eq!(told("would note on return"), 1);
    // And so it comes.
    world.backfill(all(), Policy::processing()).await;
    let truth = world.sandbox.truth();
    assert_eq!(truth.iter().map(|ret| ret.process_requests).sum::<u32>(), 2);
    assert_eq!(truth.iter().map(|ret| ret.flag_calls).sum::<u32>(), 1);
}

#[tokio::test]
async fn without_a_policy_nothing_is_refunded() {
    let world = World::new().await;
    let returns = world.submit(1);
    world.backfill(all(), Policy::default()).await;
    world.receive(returns[0], Condition::Available).await;
    let text = world.backfill(all(), Policy::default()).await;
    assert!(
        text.contains("and the merchant processes by hand"),
        "{text}"
    );
    assert_eq!(world.sandbox.truth()[0].process_requests, 0);

    // With another one than the last it would be, so that has to be meant.
    let problem = refused(world.job(all(), Policy::processing())).await;
    assert!(
        matches!(&problem, Problem::Setup(it) if it.contains("--new-policy")),
        "{problem:?}"
    );
    assert_eq!(world.sandbox.truth()[0].process_requests, 0);
    let mut job = world.job(all(), Policy::processing());
    job.new_policy = true;
    assert_eq!(job.run().await.unwrap().problem, None);
    assert_eq!(world.sandbox.truth()[0].process_requests, 1);
}

#[tokio::test]
async fn what_fails_is_named_and_tried_again() {
    let world = World::new().await;
    let returns = world.submit(4);
    let unknown = 5.try_into().unwrap();
    // A worker that was killed has it for ten minutes.
    let mut held = Entry::new(world.key(returns[0]), world.time.now());
    assert!(held.claim(
        world.time.now(),
        world.time.now().plus(Duration::from_secs(600))
    ));
    world.ledger.store(&held).await.unwrap();
    // And one is due that nobody asked for.
    let other = Entry::new(world.key(returns[3]), world.time.now());
    world.ledger.store(&other).await.unwrap();

    let wanted = ids(&[returns[0], returns[1], unknown, returns[2]]);
    let run = || async { world.job(wanted.clone(), Policy::default()).run().await };
    let Report { text, problem } = run().await.unwrap();
    let problem = problem.unwrap();
    assert!(problem.starts_with("2 of 4 returns failed"), "{problem}");
    assert!(
        text.contains(&format!("failed {}: another worker", returns[0])),
        "{text}"
    );
    assert!(
        text.contains("failed 5: ") && text.contains("not found"),
        "{text}"
    );
    assert!(text.contains("looked at besides: 1."), "{text}");

    world.time.pass(Duration::from_secs(601));
    let before = world.details();
    let Report { text, problem } = run().await.unwrap();
    assert!(problem.unwrap().starts_with("1 of 4 returns failed"));
    assert!(text.contains("      3  RMA made, waits"), "{text}");
    assert_eq!(
        world.details(),
        before + 2,
        "what is done is not looked at again"
    );
}

#[tokio::test]
async fn an_outage_stops_it_until_it_is_over() {
    let world = World::new().await;
    world.submit(12);
    let outage = Fault::status(503);
    let details = On::path("GET", "/warehouse/return/details");
    world.sandbox.inject(outage, details);
    let Report { text, problem } = world.job(all(), Policy::default()).run().await.unwrap();
    let problem = problem.unwrap();
    assert!(problem.starts_with("it did not go on: "), "{problem}");
    // Two steps of three are enough to know.
    assert!(
        text.contains("      6  failed") && text.contains("      6  left"),
        "{text}"
    );
    world.sandbox.clear_faults();
    let text = world.backfill(all(), Policy::default()).await;
    assert!(text.contains("     12  RMA made, waits"), "{text}");
}

#[tokio::test]
async fn a_key_that_is_refused_stops_it_at_once() {
    let world = World::new().await;
    let returns = world.submit(4);
    world.sandbox.inject(Fault::unauthorized(), On::any());
    let problem = refused(world.job(all(), Policy::default())).await;
    assert!(matches!(&problem, Problem::Failed(it) if it.starts_with("nothing was started")));
    let wanted = ids(&returns);
    let Report { text, problem } = world
        .job(wanted.clone(), Policy::default())
        .run()
        .await
        .unwrap();
    assert!(problem.unwrap().contains("left: 4 returns"), "{text}");
    world.sandbox.clear_faults();
    world.time.pass(Duration::from_secs(3600));
    let text = world.backfill(wanted, Policy::default()).await;
    assert!(text.contains("      4  RMA made, waits"), "{text}");
}

#[tokio::test]
async fn the_call_limit_is_waited_for_and_told() {
    // Loop refuses the eleventh call of a minute; of our part four fifths are used.
    let world = World::with_limit(10).await;
    world.submit(15);
    let began = world.time.now();
    let job = world.job_with_limit(all(), Policy::default(), 10);
    let meter = Arc::clone(&job.meter);
    let Report { text, problem } = job.run().await.unwrap();
    assert_eq!(problem, None);
    let calls = world.sandbox.calls();
    assert!(calls.iter().all(|call| call.status != 429), "{calls:?}");
    assert_eq!(meter.calls(), 25, "ten pages and fifteen returns");
    // Eight calls a minute take three minutes and a bit.
    assert!(
        meter.waited() >= Duration::from_secs(180),
        "{:?}",
        meter.waited()
    );
    assert!(world.time.now().since(began) >= meter.waited());
    let told = format!(
        "Calls to Loop in this run: 25. Waited for its call limit: {} s.",
        meter.waited().as_secs()
    );
    assert!(text.contains(&told), "{text}");
}

#[tokio::test]
async fn an_older_copy_of_the_ledger_is_compared_first() {
    let world = World::new().await;
    let returns = world.submit(2);
    world.backfill(all(), Policy::processing()).await;
    world.receive(returns[0], Condition::Available).await;
    world
        .ledger
        .store_cursor(&merchant(), CursorName::Epoch, "another")
        .await
        .unwrap();
    let text = world.backfill(all(), Policy::processing()).await;
    // Nobody knows whether it was processed since the copy was made.
    assert!(text.contains("      1  left to a person"), "{text}");
    assert_eq!(world.sandbox.truth()[0].process_requests, 0);
    // Nothing has arrived of the other, so nothing can have been sent for it.
    world.receive(returns[1], Condition::Available).await;
    world.backfill(all(), Policy::processing()).await;
    assert_eq!(world.sandbox.truth()[1].process_requests, 1);
}
