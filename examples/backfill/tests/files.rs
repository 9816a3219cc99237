//! The progress file: whose it is, and what happens to others.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ams_loop_bridge::Policy;

use super::world::{World, all, ids, range, refused};
use crate::Problem;
use crate::state::StateFile;

/// Stops a backfill of four returns after its first step.
async fn interrupted(world: &World) -> Vec<u8> {
    let returns = world.submit(4);
    let steps = AtomicUsize::new(0);
    let mut job = world.job(ids(&returns), Policy::default());
    job.stop = Box::new(move || steps.fetch_add(1, Ordering::Relaxed) > 0);
    let problem = job.run().await.unwrap().problem.unwrap();
    assert!(problem.starts_with("interrupted; left: 1 returns; the same command goes on"));
    fs::read(world.state()).unwrap()
}

#[tokio::test]
async fn the_progress_is_on_the_disk_after_each_step() {
    let world = World::new().await;
    let returns = world.submit(8);
    let stored = Arc::new(Mutex::new(Vec::new()));
    let mut job = world.job(ids(&returns), Policy::default());
    let (seen, file) = (Arc::clone(&stored), StateFile::at(&world.state()));
    job.stop = Box::new(move || {
        let work = file.load().unwrap().unwrap();
        seen.lock()
            .unwrap()
            .push((work.done.len(), work.left.len()));
        false
    });
    assert_eq!(job.run().await.unwrap().problem, None);
    assert_eq!(*stored.lock().unwrap(), [(0, 8), (3, 5), (6, 2)]);
}

#[tokio::test]
async fn a_file_of_other_arguments_is_refused_unless_it_begins_anew() {
    let world = World::new().await;
    let kept = interrupted(&world).await;
    let other_policy = Policy::processing();
    let mut new_policy = world.job(ids(&[5.try_into().unwrap()]), other_policy);
    new_policy.new_policy = true;
    let mut of_another_ledger = StateFile::at(&world.state()).load().unwrap().unwrap();
    of_another_ledger.epoch = "another".to_owned();
    let wanted = of_another_ledger.asked.wanted.clone();
    for (job, mentions) in [
        (world.job(all(), Policy::default()), "other arguments"),
        (
            world.job(range("2026-06-01", None), Policy::default()),
            "other arguments",
        ),
        (new_policy, "another policy"),
    ] {
        match refused(job).await {
            Problem::Setup(problem) => assert!(problem.contains(mentions), "{problem}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(fs::read(world.state()).unwrap(), kept);
    }
    StateFile::at(&world.state())
        .save(&of_another_ledger)
        .unwrap();
    let problem = refused(world.job(wanted, Policy::default())).await;
    assert!(matches!(&problem, Problem::Setup(it) if it.contains("of another ledger")));

    let mut job = world.job(all(), Policy::default());
    job.restart = true;
    let report = job.run().await.unwrap();
    assert_eq!(report.problem, None, "{}", report.text);
    assert!(!world.state().exists());
}

#[tokio::test]
async fn what_is_no_progress_file_is_never_written_over() {
    let world = World::new().await;
    let kept = interrupted(&world).await;
    let wanted = StateFile::at(&world.state())
        .load()
        .unwrap()
        .unwrap()
        .asked
        .wanted;
    let text = String::from_utf8(kept.clone()).unwrap();
    for bytes in [
        &kept[..kept.len() / 2],
        b"",
        b"SQLite format 3\0",
        b"[1, 2]",
        br#"{"name": "jane@example.com"}"#,
        text.replace("form 1", "form 2").as_bytes(),
        text.replace("\"done\"", "\"dome\"").as_bytes(),
    ] {
        for restart in [false, true] {
            fs::write(world.state(), bytes).unwrap();
            let mut job = world.job(wanted.clone(), Policy::default());
            job.restart = restart;
            let problem = match refused(job).await {
                Problem::Setup(problem) => problem,
                other => panic!("{other:?}"),
            };
            assert!(problem.contains("is left alone"), "{problem}");
            assert!(!problem.contains("jane"), "{problem}");
            assert_eq!(fs::read(world.state()).unwrap(), bytes);
        }
    }
    // What a killed process had not put in place yet is nothing.
    fs::write(world.state(), &kept).unwrap();
    fs::write(world.folder.path().join("state.new"), "{").unwrap();
    world.backfill(wanted, Policy::default()).await;
}

#[tokio::test]
async fn progress_that_cannot_be_stored_ends_it() {
    let world = World::new().await;
    let returns = world.submit(1);
    let mut job = world.job(ids(&returns), Policy::default());
    job.connected.state = world.folder.path().join("missing").join("state");
    let problem = refused(job).await;
    assert!(
        matches!(&problem, Problem::Failed(it) if it.contains("missing")),
        "{problem:?}"
    );
}
