//! What the warehouse finds, and how the snapshot tells it.

use ams_oms_client::Condition::{Available, Damaged, Held};
use ams_oms_client::{
    Condition, Oms, OmsError, RmaKey, RmaLine, RmaState, Warehouse, WarehouseWork,
};

use super::{counts, counts_of, work};
use crate::common::{by_line, count, key, line, line_ref, receive, rma, sku};

pub(crate) async fn run(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    parts_add_up(oms, warehouse).await;
    a_repeated_receipt_counts_once(oms, warehouse).await;
    a_short_parcel_is_complete_only_when_closed(oms, warehouse).await;
    missing_units_are_accounted_for_and_may_be_found(oms, warehouse).await;
    damaged_units_are_not_available(oms, warehouse).await;
    held_units_are_not_settled(oms, warehouse).await;
    excess_is_surplus(oms, warehouse).await;
    a_wrong_item_makes_up_for_nothing(oms, warehouse).await;
    counts_go_down_when_regraded_or_taken_back(oms, warehouse).await;
    a_completed_rma_takes_nothing_until_reopened(oms, warehouse).await;
    a_given_up_rma_takes_nothing(oms, warehouse).await;
    refused_work_leaves_no_trace(oms, warehouse).await;
}

async fn announce(oms: &dyn Oms, merchant: &str, lines: Vec<RmaLine>) -> RmaKey {
    oms.create_rma(&rma(merchant, 7, lines)).await.unwrap();
    key(merchant, 7)
}

async fn parts_add_up(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "parts", vec![line("1", "A", 2), line("2", "B", 1)]).await;
    let first = receive("r1", &[(sku("A"), Available, 1)]);
    let first = work(oms, warehouse, &key, first).await;
    assert_eq!(first.state, RmaState::InProgress);
    assert_eq!(
        counts_of(&first),
        [counts(2, 1, 0, 0, 0), counts(1, 0, 0, 0, 0)]
    );
    assert!(!first.is_complete());

    let second = receive(
        "r2",
        &[(by_line("1"), Available, 1), (by_line("2"), Available, 1)],
    );
    let second = work(oms, warehouse, &key, second).await;
    assert_eq!(
        counts_of(&second),
        [counts(2, 2, 0, 0, 0), counts(1, 1, 0, 0, 0)]
    );
    assert!(second.is_complete());
    assert_ne!(first.version, second.version);
    let receipts: Vec<&str> = second.receipts.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(receipts, ["r1", "r2"]);
}

async fn a_repeated_receipt_counts_once(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "repeat", vec![line("1", "A", 2)]).await;
    let found = || receive("r1", &[(sku("A"), Available, 1)]);
    let once = work(oms, warehouse, &key, found()).await;
    assert_eq!(work(oms, warehouse, &key, found()).await, once);

    let other = receive("r1", &[(sku("A"), Available, 2)]);
    let refused = warehouse.apply(&key, other).await;
    assert!(
        matches!(&refused, Err(OmsError::Rejected { code, .. }) if code == "receipt_differs"),
        "{refused:?}"
    );
    let same_units = receive("r2", &[(sku("A"), Available, 1)]);
    let twice = work(oms, warehouse, &key, same_units).await;
    assert_eq!(counts_of(&twice), [counts(2, 2, 0, 0, 0)]);

    let closed = work(oms, warehouse, &key, WarehouseWork::Close).await;
    assert_eq!(work(oms, warehouse, &key, found()).await, closed);
}

async fn a_short_parcel_is_complete_only_when_closed(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "short", vec![line("1", "A", 2)]).await;
    let found = receive("r1", &[(sku("A"), Available, 1)]);
    let open = work(oms, warehouse, &key, found).await;
    assert!(!open.is_complete());
    let closed = work(oms, warehouse, &key, WarehouseWork::Close).await;
    assert_eq!(closed.state, RmaState::Completed);
    assert!(closed.is_complete());
    assert_eq!(counts_of(&closed), [counts(2, 1, 0, 0, 0)]);
    assert_eq!(closed.lines[0].counts.outstanding(), 1);
    assert_eq!(
        work(oms, warehouse, &key, WarehouseWork::Close).await,
        closed
    );
}

async fn missing_units_are_accounted_for_and_may_be_found(
    oms: &dyn Oms,
    warehouse: &dyn Warehouse,
) {
    let key = announce(oms, "missing", vec![line("1", "A", 2)]).await;
    let found = receive("r1", &[(sku("A"), Available, 1)]);
    work(oms, warehouse, &key, found).await;
    let missing = WarehouseWork::ReportMissing {
        line_ref: line_ref("1"),
        quantity: count(1),
    };
    let reported = work(oms, warehouse, &key, missing).await;
    assert_eq!(counts_of(&reported), [counts(2, 1, 0, 0, 1)]);
    assert!(reported.is_complete());

    let late = receive("r2", &[(sku("A"), Damaged, 1)]);
    let found = work(oms, warehouse, &key, late).await;
    assert_eq!(counts_of(&found), [counts(2, 1, 1, 0, 0)]);
}

async fn damaged_units_are_not_available(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "damaged", vec![line("1", "A", 2)]).await;
    let found = receive("r1", &[(sku("A"), Available, 1), (sku("A"), Damaged, 1)]);
    let snapshot = work(oms, warehouse, &key, found).await;
    assert_eq!(counts_of(&snapshot), [counts(2, 1, 1, 0, 0)]);
    assert!(snapshot.is_complete());
}

async fn held_units_are_not_settled(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "held", vec![line("1", "A", 1)]).await;
    let odd = Condition::from_text("awaiting inspection");
    let found = receive("r1", &[(sku("A"), odd, 1)]);
    let snapshot = work(oms, warehouse, &key, found).await;
    assert_eq!(counts_of(&snapshot), [counts(1, 0, 0, 1, 0)]);
    assert!(!snapshot.is_complete());
    assert!(
        work(oms, warehouse, &key, WarehouseWork::Close)
            .await
            .is_complete()
    );
}

async fn excess_is_surplus(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "excess", vec![line("1", "A", 1), line("2", "B", 1)]).await;
    let found = receive("r1", &[(sku("A"), Available, 3)]);
    let snapshot = work(oms, warehouse, &key, found).await;
    assert_eq!(
        counts_of(&snapshot),
        [counts(1, 3, 0, 0, 0), counts(1, 0, 0, 0, 0)]
    );
    assert_eq!(snapshot.lines[0].counts.surplus(), 2);
    // One line's surplus does not complete another.
    assert!(!snapshot.is_complete());
}

async fn a_wrong_item_makes_up_for_nothing(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "wrong", vec![line("1", "A", 1)]).await;
    let found = receive("r1", &[(sku("a"), Available, 2)]);
    let snapshot = work(oms, warehouse, &key, found).await;
    assert_eq!(counts_of(&snapshot), [counts(1, 0, 0, 0, 0)]);
    assert!(!snapshot.is_complete());
    let [item] = snapshot.unexpected.as_slice() else {
        panic!("{:?}", snapshot.unexpected);
    };
    assert_eq!(
        (item.sku.as_deref(), item.quantity.get(), item.condition),
        (Some("a"), 2, Available)
    );
}

async fn counts_go_down_when_regraded_or_taken_back(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "down", vec![line("1", "A", 3)]).await;
    let found = receive("r1", &[(sku("A"), Available, 3)]);
    work(oms, warehouse, &key, found).await;
    work(oms, warehouse, &key, WarehouseWork::Close).await;
    let regrade = WarehouseWork::Regrade {
        line_ref: line_ref("1"),
        from: Available,
        to: Damaged,
        quantity: count(1),
    };
    let regraded = work(oms, warehouse, &key, regrade).await;
    assert_eq!(counts_of(&regraded), [counts(3, 2, 1, 0, 0)]);
    assert_eq!(regraded.state, RmaState::Completed);

    work(oms, warehouse, &key, WarehouseWork::Reopen).await;
    let unreceive = WarehouseWork::Unreceive {
        line_ref: line_ref("1"),
        condition: Available,
        quantity: count(2),
    };
    let taken_back = work(oms, warehouse, &key, unreceive).await;
    assert_eq!(counts_of(&taken_back), [counts(3, 0, 1, 0, 0)]);
    assert!(!taken_back.is_complete());
}

async fn a_completed_rma_takes_nothing_until_reopened(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "closed", vec![line("1", "A", 1)]).await;
    let closed = work(oms, warehouse, &key, WarehouseWork::Close).await;
    let found = || receive("r1", &[(sku("A"), Available, 1)]);
    for late in [WarehouseWork::Arrive, found(), WarehouseWork::Cancel] {
        let refused = warehouse.apply(&key, late).await;
        assert!(
            matches!(
                refused,
                Err(OmsError::TooLate {
                    state: RmaState::Completed,
                    ..
                })
            ),
            "{refused:?}"
        );
    }
    assert_eq!(oms.get_rma(&key).await.unwrap(), Some(closed));

    let reopened = work(oms, warehouse, &key, WarehouseWork::Reopen).await;
    assert_eq!(reopened.state, RmaState::InProgress);
    assert!(!reopened.is_complete());
    let received = work(oms, warehouse, &key, found()).await;
    assert_eq!(counts_of(&received), [counts(1, 1, 0, 0, 0)]);
}

async fn a_given_up_rma_takes_nothing(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "given-up", vec![line("1", "A", 1)]).await;
    let found = || receive("r1", &[(sku("A"), Available, 1)]);
    let given_up = work(oms, warehouse, &key, WarehouseWork::Cancel).await;
    assert_eq!(given_up.state, RmaState::Cancelled);
    for late in [
        WarehouseWork::Arrive,
        found(),
        WarehouseWork::Close,
        WarehouseWork::Reopen,
    ] {
        let refused = warehouse.apply(&key, late).await;
        assert!(
            matches!(
                refused,
                Err(OmsError::TooLate {
                    state: RmaState::Cancelled,
                    ..
                })
            ),
            "{refused:?}"
        );
    }
    assert_eq!(oms.get_rma(&key).await.unwrap(), Some(given_up));
}

async fn refused_work_leaves_no_trace(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let key = announce(oms, "refused", vec![line("1", "A", 1)]).await;
    let before = oms.get_rma(&key).await.unwrap();
    // The first row is fine; the receipt as a whole is not.
    let found = receive(
        "r1",
        &[(by_line("1"), Available, 1), (by_line("9"), Held, 1)],
    );
    let refused = warehouse.apply(&key, found).await;
    assert!(
        matches!(&refused, Err(OmsError::Rejected { code, line_ref: Some(line), .. })
            if code == "unknown_line" && line.as_str() == "9"),
        "{refused:?}"
    );
    assert_eq!(oms.get_rma(&key).await.unwrap(), before);
}
