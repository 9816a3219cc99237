//! Creating, amending, cancelling, and keeping tenants apart.

use ams_oms_client::{
    CancelOutcome, Condition, CreateOutcome, Oms, OmsError, RmaState, Warehouse, WarehouseWork,
};

use super::{counts, counts_of, work};
use crate::common::{count, key, line, merchant, number, receive, rma, sku};

pub(crate) async fn run(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    creating_twice_creates_once(oms).await;
    other_goods_under_one_number_are_a_conflict(oms).await;
    creating_again_tells_how_far_it_has_come(oms, warehouse).await;
    merchants_do_not_see_each_other(oms, warehouse).await;
    amending_replaces_what_is_expected(oms).await;
    amending_is_too_late_after_arrival(oms, warehouse).await;
    cancelling_is_idempotent(oms).await;
    cancelling_is_too_late_after_arrival(oms, warehouse).await;
    what_does_not_exist_is_not_found(oms, warehouse).await;
    odd_but_legal_text_is_kept(oms).await;
}

async fn creating_twice_creates_once(oms: &dyn Oms) {
    let lines = || vec![line("1", "A", 1), line("2", "B", 3)];
    let first = oms.create_rma(&rma("twice", 7, lines())).await.unwrap();
    let CreateOutcome::Created(created) = first else {
        panic!("{first:?}");
    };
    assert_eq!(created.key, key("twice", 7));
    assert_eq!(created.state, RmaState::Announced);
    assert_eq!(
        counts_of(&created),
        [counts(1, 0, 0, 0, 0), counts(3, 0, 0, 0, 0)]
    );
    assert_eq!(created.lines[0].line_ref, Some(lines()[0].line_ref.clone()));
    assert!(!created.is_complete());

    let mut again = rma("twice", 7, lines().into_iter().rev().collect());
    again.order_name = Some("#1001".into());
    let second = oms.create_rma(&again).await.unwrap();
    assert_eq!(second, CreateOutcome::AlreadyExists(created));
}

async fn other_goods_under_one_number_are_a_conflict(oms: &dyn Oms) {
    let created = oms
        .create_rma(&rma("conflict", 7, vec![line("1", "A", 1)]))
        .await
        .unwrap();
    for lines in [
        vec![line("1", "A", 2)],
        vec![line("1", "B", 1)],
        vec![line("2", "A", 1)],
        vec![line("1", "A", 1), line("2", "A", 1)],
    ] {
        let Err(OmsError::Conflict { existing, .. }) =
            oms.create_rma(&rma("conflict", 7, lines)).await
        else {
            panic!("other goods were taken");
        };
        assert_eq!(existing.as_ref(), created.snapshot());
    }
    let stored = oms.get_rma(&key("conflict", 7)).await.unwrap();
    assert_eq!(stored.as_ref(), Some(created.snapshot()));
}

async fn creating_again_tells_how_far_it_has_come(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let promise = rma("later", 7, vec![line("1", "A", 1)]);
    oms.create_rma(&promise).await.unwrap();
    let closed = work(oms, warehouse, &key("later", 7), WarehouseWork::Close).await;
    assert_eq!(
        oms.create_rma(&promise).await.unwrap(),
        CreateOutcome::AlreadyExists(closed)
    );
}

async fn merchants_do_not_see_each_other(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    oms.create_rma(&rma("tenant-a", 7, vec![line("1", "A", 1)]))
        .await
        .unwrap();
    assert_eq!(oms.get_rma(&key("tenant-b", 7)).await.unwrap(), None);
    let other = oms
        .create_rma(&rma("tenant-b", 7, vec![line("9", "B", 2)]))
        .await
        .unwrap();
    assert!(matches!(other, CreateOutcome::Created(_)), "{other:?}");

    let found = receive("r1", &[(sku("A"), Condition::Available, 1)]);
    work(oms, warehouse, &key("tenant-a", 7), found).await;
    let untouched = oms.get_rma(&key("tenant-b", 7)).await.unwrap();
    assert_eq!(untouched.as_ref(), Some(other.snapshot()));

    oms.create_rma(&rma("tenant-a", 8, vec![line("1", "A", 1)]))
        .await
        .unwrap();
    let open = oms
        .list_open(&merchant("tenant-b"), None, count(9))
        .await
        .unwrap();
    assert_eq!(open, [number(7)]);
    // A longer name with the same beginning is another merchant.
    let none = oms
        .list_open(&merchant("tenant"), None, count(9))
        .await
        .unwrap();
    assert_eq!(none, []);
}

async fn amending_replaces_what_is_expected(oms: &dyn Oms) {
    oms.create_rma(&rma("amend", 7, vec![line("1", "A", 1), line("2", "B", 1)]))
        .await
        .unwrap();
    let wanted = rma("amend", 7, vec![line("2", "B", 2), line("3", "C", 1)]);
    let amended = oms.amend_rma(&wanted).await.unwrap();
    assert_eq!(
        counts_of(&amended),
        [counts(2, 0, 0, 0, 0), counts(1, 0, 0, 0, 0)]
    );
    assert_eq!(oms.amend_rma(&wanted).await.unwrap(), amended);
    // From now on the amended goods are the ones that count.
    assert_eq!(
        oms.create_rma(&wanted).await.unwrap(),
        CreateOutcome::AlreadyExists(amended)
    );
    let old = rma("amend", 7, vec![line("1", "A", 1), line("2", "B", 1)]);
    assert!(matches!(
        oms.create_rma(&old).await,
        Err(OmsError::Conflict { .. })
    ));
}

async fn amending_is_too_late_after_arrival(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let promise = rma("amend-late", 7, vec![line("1", "A", 1)]);
    let other = rma("amend-late", 7, vec![line("1", "A", 2)]);
    oms.create_rma(&promise).await.unwrap();
    let arrived = work(oms, warehouse, &key("amend-late", 7), WarehouseWork::Arrive).await;
    assert_eq!(arrived.state, RmaState::Arrived);
    assert!(!arrived.is_complete());
    let late = oms.amend_rma(&other).await;
    assert!(
        matches!(
            late,
            Err(OmsError::TooLate {
                state: RmaState::Arrived,
                ..
            })
        ),
        "{late:?}"
    );
    assert_eq!(oms.amend_rma(&promise).await.unwrap(), arrived);
}

async fn cancelling_is_idempotent(oms: &dyn Oms) {
    let promise = rma("cancel", 7, vec![line("1", "A", 1)]);
    oms.create_rma(&promise).await.unwrap();
    let cancel = async || oms.cancel_rma(&key("cancel", 7), "changed my mind").await;
    assert_eq!(cancel().await.unwrap(), CancelOutcome::Cancelled);
    let first = oms.get_rma(&key("cancel", 7)).await.unwrap().unwrap();
    assert_eq!(cancel().await.unwrap(), CancelOutcome::AlreadyCancelled);
    let second = oms.get_rma(&key("cancel", 7)).await.unwrap().unwrap();

    assert_eq!(first.state, RmaState::Cancelled);
    assert_eq!(first, second);
    assert!(!first.is_complete());
    assert!(matches!(
        oms.amend_rma(&promise).await,
        Err(OmsError::TooLate {
            state: RmaState::Cancelled,
            ..
        })
    ));
    let open = oms
        .list_open(&merchant("cancel"), None, count(9))
        .await
        .unwrap();
    assert_eq!(open, []);
}

async fn cancelling_is_too_late_after_arrival(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let found = || receive("r1", &[(sku("A"), Condition::Available, 1)]);
    for (n, done, state) in [
        (1, WarehouseWork::Arrive, RmaState::Arrived),
        (2, found(), RmaState::InProgress),
        (3, WarehouseWork::Close, RmaState::Completed),
    ] {
        let key = key("cancel-late", n);
        oms.create_rma(&rma("cancel-late", n, vec![line("1", "A", 1)]))
            .await
            .unwrap();
        let before = work(oms, warehouse, &key, done).await;
        match oms.cancel_rma(&key, "too late").await {
            Err(OmsError::TooLate { state: told, .. }) => assert_eq!(told, state),
            other => panic!("{other:?}"),
        }
        assert_eq!(oms.get_rma(&key).await.unwrap(), Some(before));
    }
}

async fn what_does_not_exist_is_not_found(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = key("nobody", 7);
    assert_eq!(oms.get_rma(&key).await.unwrap(), None);
    assert!(matches!(
        oms.amend_rma(&rma("nobody", 7, vec![line("1", "A", 1)]))
            .await,
        Err(OmsError::NotFound)
    ));
    assert!(matches!(
        oms.cancel_rma(&key, "").await,
        Err(OmsError::NotFound)
    ));
    assert!(matches!(
        warehouse.apply(&key, WarehouseWork::Arrive).await,
        Err(OmsError::NotFound)
    ));
    assert_eq!(oms.get_rma(&key).await.unwrap(), None);
}

async fn odd_but_legal_text_is_kept(oms: &dyn Oms) {
    let sku = "Ärmel'; DROP TABLE rma;--\u{1f455}\"\\";
    let mut promise = rma("odd", u64::MAX, vec![line(" 1\t", sku, u32::MAX)]);
    promise.order_name = Some("x".repeat(10_000));
    let created = oms.create_rma(&promise).await.unwrap();
    let stored = oms.get_rma(&promise.key()).await.unwrap().unwrap();
    assert_eq!(created.snapshot(), &stored);
    assert_eq!(stored.lines[0].sku.as_deref(), Some(sku));
    assert_eq!(stored.lines[0].counts.expected, u32::MAX);
    assert_eq!(stored.key.rma_number.get(), u64::MAX);
}
