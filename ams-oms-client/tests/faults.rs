//! What `MemoryOms` can be made to get wrong.
#![cfg(feature = "memory")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure has to end the test"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ams_oms_client::{
    CancelOutcome, CreateOutcome, Fault, MemoryOms, Oms, OmsCall, OmsError, Rma, Warehouse,
    WarehouseWork,
};

use common::{count, key, line, merchant, number, rma};

fn promise() -> Rma {
    rma("m", 1, vec![line("1", "A", 1)])
}

/// What a call answers, as far as the tests on faults care.
async fn call(oms: &MemoryOms, call: OmsCall) -> Result<(), OmsError> {
    match call {
        OmsCall::CreateRma => oms.create_rma(&promise()).await.map(drop),
        OmsCall::GetRma => oms.get_rma(&key("m", 1)).await.map(drop),
        OmsCall::AmendRma => oms.amend_rma(&promise()).await.map(drop),
        OmsCall::CancelRma => oms.cancel_rma(&key("m", 2), "").await.map(drop),
        OmsCall::Changes => oms.changes(&merchant("m"), None, count(9)).await.map(drop),
        OmsCall::ListOpen => oms
            .list_open(&merchant("m"), None, count(9))
            .await
            .map(drop),
        other => panic!("{other:?}"),
    }
}

const CALLS: [OmsCall; 6] = [
    OmsCall::CreateRma,
    OmsCall::GetRma,
    OmsCall::AmendRma,
    OmsCall::CancelRma,
    OmsCall::Changes,
    OmsCall::ListOpen,
];

/// With an RMA to amend and one to cancel.
async fn store() -> MemoryOms {
    let oms = MemoryOms::new();
    oms.create_rma(&promise()).await.unwrap();
    oms.create_rma(&rma("m", 2, vec![line("1", "A", 1)]))
        .await
        .unwrap();
    oms
}

#[tokio::test]
async fn every_call_fails_as_often_as_told_and_no_other_does() {
    for failing in CALLS {
        let oms = store().await;
        oms.inject(failing, 2, Fault::transient());
        oms.clone().inject(failing, 1, Fault::auth());
        oms.inject(failing, 0, Fault::auth());
        assert_eq!(oms.faults_left(), 3);
        for other in CALLS.into_iter().filter(|other| *other != failing) {
            call(&oms, other).await.unwrap();
        }
        for _ in 0..2 {
            let error = call(&oms, failing).await.unwrap_err();
            assert!(error.is_retryable(), "{failing:?}: {error}");
        }
        let error = call(&oms, failing).await.unwrap_err();
        assert!(
            matches!(error, OmsError::Auth { .. }),
            "{failing:?}: {error}"
        );
        assert_eq!(oms.faults_left(), 0);
        call(&oms, failing).await.unwrap();
    }
}

#[tokio::test]
async fn a_lasting_fault_lasts_until_cleared() {
    let oms = store().await;
    let delay = Duration::from_secs(7);
    oms.inject_always(OmsCall::GetRma, Fault::transient_after(delay));
    oms.inject(OmsCall::GetRma, 1, Fault::ambiguous_undone());
    let first = call(&oms, OmsCall::GetRma).await.unwrap_err();
    assert!(matches!(first, OmsError::Ambiguous { .. }), "{first}");
    for _ in 0..3 {
        let error = call(&oms, OmsCall::GetRma).await.unwrap_err();
        assert_eq!(error.retry_after(), Some(delay));
    }
    oms.clear_faults();
    call(&oms, OmsCall::GetRma).await.unwrap();
}

#[tokio::test]
async fn an_ambiguous_failure_has_its_effect_or_none() {
    for (fault, done) in [
        (Fault::ambiguous_undone(), false),
        (Fault::ambiguous_done(), true),
        (Fault::transient(), false),
        (Fault::auth(), false),
    ] {
        let oms = MemoryOms::new();
        for call in [OmsCall::CreateRma, OmsCall::AmendRma, OmsCall::CancelRma] {
            oms.inject(call, 1, fault.clone());
        }
        oms.create_rma(&promise()).await.unwrap_err();
        let again = oms.create_rma(&promise()).await.unwrap();
        let existed = matches!(again, CreateOutcome::AlreadyExists(_));
        assert_eq!(existed, done, "{fault:?}");

        let more = rma("m", 1, vec![line("1", "A", 5)]);
        oms.amend_rma(&more).await.unwrap_err();
        let stored = oms.get_rma(&key("m", 1)).await.unwrap().unwrap();
        assert_eq!(stored.lines[0].counts.expected == 5, done, "{fault:?}");

        oms.cancel_rma(&key("m", 1), "").await.unwrap_err();
        let again = oms.cancel_rma(&key("m", 1), "").await.unwrap();
        assert_eq!(again == CancelOutcome::AlreadyCancelled, done, "{fault:?}");
    }
}

#[tokio::test]
async fn a_stale_read_is_one_change_behind() {
    let oms = MemoryOms::new();
    let stale = async || {
        oms.inject(OmsCall::GetRma, 1, Fault::stale_read());
        oms.get_rma(&key("m", 1)).await.unwrap()
    };
    assert_eq!(stale().await, None);
    let created = oms.create_rma(&promise()).await.unwrap();
    assert_eq!(stale().await, None);
    let arrived = oms
        .apply(&key("m", 1), WarehouseWork::Arrive)
        .await
        .unwrap();
    assert_eq!(stale().await.as_ref(), Some(created.snapshot()));
    let closed = oms.apply(&key("m", 1), WarehouseWork::Close).await.unwrap();
    assert_eq!(stale().await, Some(arrived));
    assert_eq!(oms.get_rma(&key("m", 1)).await.unwrap(), Some(closed));
}

#[tokio::test]
async fn pages_repeat_turn_round_and_stay_empty() {
    let oms = MemoryOms::new();
    for n in 1..=5 {
        oms.create_rma(&rma("m", n, vec![line("1", "A", 1)]))
            .await
            .unwrap();
    }
    let page = async |fault: Option<Fault>, cursor: Option<&_>, limit| {
        if let Some(fault) = fault {
            oms.inject(OmsCall::Changes, 1, fault);
        }
        let page = oms
            .changes(&merchant("m"), cursor, count(limit))
            .await
            .unwrap();
        let told: Vec<u64> = page.changes.iter().map(|c| c.rma_number.get()).collect();
        (told, page.next, page.more)
    };
    let (told, two, more) = page(None, None, 2).await;
    assert_eq!((told, more), (vec![1, 2], true));

    let repeated = Fault::repeated_changes;
    let (told, three, more) = page(Some(repeated()), Some(&two), 2).await;
    assert_eq!((told, more), (vec![2, 3], true));
    // Without room for another change, the feed would stand still.
    let (told, ..) = page(Some(repeated()), Some(&two), 1).await;
    assert_eq!(told, [3]);
    let (told, end, more) = page(Some(repeated()), Some(&three), 9).await;
    assert_eq!((told, more), (vec![3, 4, 5], false));
    let (told, same_end, more) = page(Some(repeated()), Some(&end), 9).await;
    assert_eq!((told, same_end, more), (vec![5], end, false));

    let (told, same_two, _) = page(Some(Fault::reordered_changes()), None, 2).await;
    assert_eq!((told, same_two), (vec![2, 1], two.clone()));

    for cursor in [None, Some(&two)] {
        let (told, next, more) = page(Some(Fault::empty_page()), cursor, 9).await;
        assert_eq!((told.len(), more), (0, true));
        assert_ne!(Some(&next), cursor);
        let (told, ..) = page(Some(Fault::empty_page()), Some(&next), 9).await;
        let rest = if cursor.is_none() { 5 } else { 3 };
        assert_eq!(told.len(), rest);
    }

    oms.inject(OmsCall::Changes, 2, Fault::cursor_lost());
    let lost = oms.changes(&merchant("m"), Some(&two), count(9)).await;
    assert!(matches!(lost, Err(OmsError::CursorLost)), "{lost:?}");
    let fresh = oms.changes(&merchant("m"), None, count(9)).await.unwrap();
    assert_eq!(fresh.changes.len(), 5);
}

#[tokio::test]
async fn a_slow_call_waits_for_what_it_is_given() {
    let oms = store().await;
    let waited = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(AtomicBool::new(false));
    let (counter, open) = (Arc::clone(&waited), Arc::clone(&gate));
    oms.inject_always(
        OmsCall::ListOpen,
        Fault::slow(move || {
            counter.fetch_add(1, Ordering::SeqCst);
            let open = Arc::clone(&open);
            async move {
                while !open.load(Ordering::SeqCst) {
                    tokio::task::yield_now().await;
                }
            }
        }),
    );
    let handle = oms.clone();
    let slow = tokio::spawn(async move {
        handle
            .list_open(&merchant("m"), None, count(9))
            .await
            .unwrap()
    });
    while waited.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    // What happens while it waits is seen by it.
    oms.apply(&key("m", 1), WarehouseWork::Close).await.unwrap();
    assert!(!slow.is_finished());
    gate.store(true, Ordering::SeqCst);
    assert_eq!(slow.await.unwrap(), [number(2)]);
    call(&oms, OmsCall::ListOpen).await.unwrap();
    assert_eq!(waited.load(Ordering::SeqCst), 2);
}

/// What the contract allows breaks no rule of it.
#[cfg(feature = "conformance")]
#[tokio::test]
async fn the_suite_holds_with_every_legal_unpleasantness() {
    for fault in [
        Fault::repeated_changes(),
        Fault::reordered_changes(),
        Fault::empty_page(),
        Fault::slow(tokio::task::yield_now),
    ] {
        let oms = MemoryOms::new();
        for call in CALLS {
            oms.inject_always(call, fault.clone());
        }
        let report = ams_oms_client::conformance::run(&oms, &oms).await;
        assert!(report.is_passed(), "{fault:?}\n{report}");
        assert_eq!(report.skipped().count(), 0, "{fault:?}\n{report}");
    }
}

/// What it does not allow, the suite finds: these are no faults of the suite's making.
#[cfg(feature = "conformance")]
#[tokio::test]
async fn the_suite_breaks_with_every_illegal_one() {
    for (call, fault, rule) in [
        (OmsCall::CreateRma, Fault::transient(), "create-repeats"),
        (
            OmsCall::CancelRma,
            Fault::ambiguous_done(),
            "cancel-repeats",
        ),
        (OmsCall::GetRma, Fault::stale_read(), "receipts-add-up"),
        (OmsCall::Changes, Fault::cursor_lost(), "feed-tells-changes"),
        (OmsCall::ListOpen, Fault::auth(), "list-open-pages"),
    ] {
        let oms = MemoryOms::new();
        oms.inject_always(call, fault.clone());
        let report = ams_oms_client::conformance::run(&oms, &oms).await;
        let failed = report.failed().any(|(failed, _)| failed.id() == rule);
        assert!(failed, "{fault:?}\n{report}");
    }
}
