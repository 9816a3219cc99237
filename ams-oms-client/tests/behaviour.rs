//! The conformance suite and what goes beyond it, on every reference OMS.
#![cfg(all(any(feature = "memory", feature = "sqlite"), feature = "conformance"))]
// Helpers of an integration test are not seen as test code by Clippy's own exemption.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure has to end the test"
)]

mod common;

use std::sync::Arc;

use ams_oms_client::conformance::{self, WarehouseDriver};
use ams_oms_client::{Condition, CreateOutcome, Oms, OmsError, WarehouseWork};

use common::{key, line, receive, rma, sku};

/// Keeps every rule, with none skipped: the references can do all but send notices.
async fn conforms(oms: &dyn Oms, warehouse: &dyn WarehouseDriver) {
    let report = conformance::run(oms, warehouse).await;
    assert!(report.is_passed(), "{report}");
    assert_eq!(report.skipped().count(), 0, "{report}");
}

/// What the suite does not look at, because a driver is not under test.
async fn warehouse_answers_what_reading_tells(oms: &dyn Oms, warehouse: &dyn WarehouseDriver) {
    let key = key("answers", 7);
    let unknown = warehouse.apply(&key, WarehouseWork::Arrive).await;
    assert!(matches!(unknown, Err(OmsError::NotFound)), "{unknown:?}");
    oms.create_rma(&rma("answers", 7, vec![line("1", "A", 2)]))
        .await
        .unwrap();
    let found = || {
        let found = [
            (sku("A"), Condition::Damaged, 1),
            (sku("X"), Condition::Held, 1),
        ];
        receive("r1", &found)
    };
    for work in [
        found(),
        found(),
        WarehouseWork::Close,
        WarehouseWork::Reopen,
    ] {
        let answer = warehouse.apply(&key, work).await.unwrap();
        assert_eq!(oms.get_rma(&key).await.unwrap(), Some(answer));
    }
}

/// Workers that announce one return at once create one RMA.
async fn concurrent_creates(handles: Vec<Arc<dyn Oms>>) {
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let oms = Arc::clone(&handles[n % handles.len()]);
            tokio::spawn(async move {
                // Two of the workers have seen other goods.
                let quantity = if n < 2 { 2 } else { 1 };
                oms.create_rma(&rma("race", 1, vec![line("1", "A", quantity)]))
                    .await
            })
        })
        .collect();

    let (mut created, mut existed, mut conflicts) = (0, 0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(CreateOutcome::Created(_)) => created += 1,
            Ok(CreateOutcome::AlreadyExists(_)) => existed += 1,
            Err(OmsError::Conflict { .. }) => conflicts += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(created, 1);
    assert_eq!(created + existed + conflicts, 16);
    // Whoever came first, the other kind of worker is refused.
    assert!([2, 14].contains(&conflicts), "{conflicts}");
}

#[cfg(feature = "memory")]
mod memory {
    use ams_oms_client::{ChangeCursor, MemoryOms, Warehouse};

    use super::*;
    use crate::common::{count, merchant};

    #[tokio::test]
    async fn conforms_and_answers() {
        let oms = MemoryOms::new();
        conforms(&oms, &oms).await;
        // Twice on one store: the second run has merchants of its own.
        conforms(&oms, &oms).await;
        warehouse_answers_what_reading_tells(&oms, &oms).await;
    }

    #[tokio::test]
    async fn conforms_behind_arc_and_box() {
        let oms = MemoryOms::new();
        let shared: Arc<dyn Oms> = Arc::new(oms.clone());
        conforms(&shared, &oms).await;
        let boxed: Box<dyn Oms> = Box::new(shared);
        conforms(&boxed, &oms).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn creates_once_under_concurrency() {
        concurrent_creates(vec![Arc::new(MemoryOms::new())]).await;
    }

    #[tokio::test]
    async fn the_feed_grows_with_the_rmas_and_not_with_their_changes() {
        let oms = MemoryOms::new();
        let promise = rma("m", 1, vec![line("1", "A", 1)]);
        oms.create_rma(&promise).await.unwrap();
        for work in [
            WarehouseWork::Arrive,
            WarehouseWork::Close,
            WarehouseWork::Reopen,
        ] {
            oms.apply(&key("m", 1), work).await.unwrap();
        }
        let page = oms.changes(&merchant("m"), None, count(9)).await.unwrap();
        assert_eq!(page.changes.len(), 1);
    }

    #[tokio::test]
    async fn clones_share_and_stores_do_not() {
        let oms = MemoryOms::new();
        let clone = oms.clone();
        let other = MemoryOms::new();
        oms.create_rma(&rma("m", 1, vec![line("1", "A", 1)]))
            .await
            .unwrap();
        assert!(clone.get_rma(&key("m", 1)).await.unwrap().is_some());
        assert!(other.get_rma(&key("m", 1)).await.unwrap().is_none());

        // The other store has as many changes; the cursor is still not its own.
        other
            .create_rma(&rma("m", 2, vec![line("1", "A", 1)]))
            .await
            .unwrap();
        let cursor: ChangeCursor = oms
            .changes(&merchant("m"), None, count(9))
            .await
            .unwrap()
            .next;
        let lost = other.changes(&merchant("m"), Some(&cursor), count(9)).await;
        assert!(matches!(lost, Err(OmsError::CursorLost)), "{lost:?}");
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use ams_oms_client::{RmaNumber, SqliteOms, Warehouse};

    use super::*;
    use crate::common::{count, merchant};

    struct File(tempfile::TempDir);

    impl File {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        async fn open(&self) -> SqliteOms {
            SqliteOms::open(self.0.path().join("oms.sqlite"))
                .await
                .unwrap()
        }
    }

    #[tokio::test]
    async fn conforms_and_answers() {
        let file = File::new();
        let oms = file.open().await;
        conforms(&oms, &oms).await;
        warehouse_answers_what_reading_tells(&oms, &oms).await;
    }

    #[tokio::test]
    async fn conforms_with_bridge_and_warehouse_on_two_handles() {
        let file = File::new();
        let (bridge, warehouse) = (file.open().await, file.open().await);
        conforms(&bridge, &warehouse).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn creates_once_under_concurrency() {
        let file = File::new();
        concurrent_creates(vec![
            Arc::new(file.open().await),
            Arc::new(file.open().await),
            Arc::new(file.open().await),
        ])
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_receipt_is_lost_between_two_handles() {
        let file = File::new();
        let handles = [file.open().await, file.open().await];
        handles[0]
            .create_rma(&rma("m", 1, vec![line("1", "A", 40)]))
            .await
            .unwrap();
        let tasks: Vec<_> = (0..40)
            .map(|n| {
                let oms = handles[n % 2].clone();
                tokio::spawn(async move {
                    let work = receive(&format!("r{n}"), &[(sku("A"), Condition::Available, 1)]);
                    oms.apply(&key("m", 1), work).await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let snapshot = handles[0].get_rma(&key("m", 1)).await.unwrap().unwrap();
        assert_eq!(snapshot.lines[0].counts.available, 40);
        assert_eq!(snapshot.receipts.len(), 40);
    }

    #[tokio::test]
    async fn a_reopened_file_has_everything() {
        let file = File::new();
        let first = file.open().await;
        first
            .create_rma(&rma("m", 1, vec![line("1", "A", 2)]))
            .await
            .unwrap();
        let page = first.changes(&merchant("m"), None, count(9)).await.unwrap();
        let work = receive(
            "r1",
            &[
                (sku("A"), Condition::Damaged, 1),
                (sku("X"), Condition::Held, 3),
            ],
        );
        let before = first.apply(&key("m", 1), work).await.unwrap();
        drop(first);

        let second = file.open().await;
        let after = second.get_rma(&key("m", 1)).await.unwrap().unwrap();
        assert_eq!(after, before);
        assert_eq!(after.unexpected[0].quantity.get(), 3);
        // A cursor outlives the handle it came from.
        let later = second
            .changes(&merchant("m"), Some(&page.next), count(9))
            .await
            .unwrap();
        assert_eq!(later.changes.len(), 1);
        assert_eq!(later.changes[0].version, before.version);
    }

    #[tokio::test]
    async fn numbers_beyond_signed_integers_keep_their_order() {
        let file = File::new();
        let oms = file.open().await;
        let numbers = [
            1,
            9,
            10,
            99_904_598,
            u64::MAX >> 1,
            (u64::MAX >> 1) + 1,
            u64::MAX,
        ];
        for number in numbers.into_iter().rev() {
            oms.create_rma(&rma("m", number, vec![line("1", "A", 1)]))
                .await
                .unwrap();
        }
        let open = oms
            .list_open(&merchant("m"), None, count(99))
            .await
            .unwrap();
        let open: Vec<u64> = open.into_iter().map(RmaNumber::get).collect();
        assert_eq!(open, numbers);
    }
}
