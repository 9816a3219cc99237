//! The change feed and the list of open RMAs.

use std::collections::BTreeMap;

use ams_oms_client::{
    ChangeCursor, ChangePage, Condition, MerchantId, Oms, OmsError, RmaKey, RmaNumber, RmaVersion,
    Warehouse, WarehouseWork,
};

use super::work;
use crate::common::{count, key, line, merchant, number, receive, rma, sku};

pub(crate) async fn run(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    every_kind_of_change_is_told(oms, warehouse).await;
    nothing_is_missed_across_pages(oms, warehouse).await;
    an_idle_feed_stays_where_it_is(oms).await;
    foreign_cursors_are_lost(oms).await;
    open_rmas_are_listed_in_pages(oms, warehouse).await;
}

async fn announce(oms: &dyn Oms, merchant: &str, n: u64) {
    oms.create_rma(&rma(merchant, n, vec![line("1", "A", 9)]))
        .await
        .unwrap();
}

async fn page(
    oms: &dyn Oms,
    merchant: &MerchantId,
    cursor: Option<&ChangeCursor>,
    limit: u32,
) -> ChangePage {
    let page = oms.changes(merchant, cursor, count(limit)).await.unwrap();
    assert!(page.changes.len() <= limit as usize, "{page:?}");
    page
}

/// The newest version told of each RMA, following the feed to its present end.
async fn follow(
    oms: &dyn Oms,
    merchant: &MerchantId,
    cursor: &mut Option<ChangeCursor>,
    limit: u32,
    seen: &mut BTreeMap<RmaNumber, RmaVersion>,
) {
    loop {
        let page = page(oms, merchant, cursor.as_ref(), limit).await;
        for change in page.changes {
            seen.insert(change.rma_number, change.version);
        }
        *cursor = Some(page.next);
        if !page.more {
            break;
        }
    }
}

async fn every_kind_of_change_is_told(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let name = merchant("feed-kinds");
    let key = key("feed-kinds", 7);
    let mut cursor = None;
    let mut seen = BTreeMap::new();

    announce(oms, "feed-kinds", 7).await;
    follow(oms, &name, &mut cursor, 5, &mut seen).await;
    assert!(seen.contains_key(&number(7)));

    let amended = oms
        .amend_rma(&rma("feed-kinds", 7, vec![line("1", "A", 1)]))
        .await
        .unwrap();
    follow(oms, &name, &mut cursor, 5, &mut seen).await;
    assert_eq!(seen.get(&number(7)), Some(&amended.version));

    for next in [
        WarehouseWork::Arrive,
        receive("r1", &[(sku("A"), Condition::Available, 1)]),
        WarehouseWork::Close,
        WarehouseWork::Reopen,
        WarehouseWork::Cancel,
    ] {
        let snapshot = work(oms, warehouse, &key, next.clone()).await;
        follow(oms, &name, &mut cursor, 5, &mut seen).await;
        assert_eq!(seen.get(&number(7)), Some(&snapshot.version), "{next:?}");
    }

    announce(oms, "feed-kinds", 8).await;
    follow(oms, &name, &mut cursor, 5, &mut seen).await;
    let other = RmaKey::new(name.clone(), number(8));
    oms.cancel_rma(&other, "").await.unwrap();
    let cancelled = oms.get_rma(&other).await.unwrap().unwrap();
    assert_ne!(seen.get(&number(8)), Some(&cancelled.version));
    follow(oms, &name, &mut cursor, 5, &mut seen).await;
    assert_eq!(seen.get(&number(8)), Some(&cancelled.version));
}

/// Some RMAs change between the pages, before or after they were told; the others must be told
/// for what they were.
async fn nothing_is_missed_across_pages(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let name = merchant("feed-pages");
    for n in 1..=7 {
        announce(oms, "feed-pages", n).await;
        announce(oms, "feed-other", n + 100).await;
    }
    for limit in [1, 2, 3, 50] {
        let mut cursor = None;
        let mut seen = BTreeMap::new();
        for n in 1..=7 {
            let page = page(oms, &name, cursor.as_ref(), limit).await;
            for change in page.changes {
                seen.insert(change.rma_number, change.version);
            }
            cursor = Some(page.next);
            if n % 3 == 1 {
                let id = format!("r-{limit}-{n}");
                let found = receive(&id, &[(sku("A"), Condition::Held, 1)]);
                work(oms, warehouse, &key("feed-pages", n), found).await;
            }
        }
        follow(oms, &name, &mut cursor, limit, &mut seen).await;

        assert_eq!(seen.len(), 7, "limit {limit}");
        for (rma_number, version) in seen {
            let key = RmaKey::new(name.clone(), rma_number);
            let stored = oms.get_rma(&key).await.unwrap().unwrap();
            assert_eq!(version, stored.version, "limit {limit}, {rma_number}");
        }
    }
}

async fn an_idle_feed_stays_where_it_is(oms: &dyn Oms) {
    let name = merchant("feed-idle");
    let empty = page(oms, &name, None, 5).await;
    assert_eq!((empty.changes.len(), empty.more), (0, false));

    // The cursor of an empty feed is as good as any other.
    announce(oms, "feed-idle", 1).await;
    let first = page(oms, &name, Some(&empty.next), 5).await;
    assert_eq!(first.changes.len(), 1);
    let mut cursor = Some(first.next);
    for _ in 0..3 {
        let idle = page(oms, &name, cursor.as_ref(), 5).await;
        assert!(!idle.more);
        cursor = Some(idle.next);
    }
    announce(oms, "feed-idle", 2).await;
    let mut seen = BTreeMap::new();
    follow(oms, &name, &mut cursor, 5, &mut seen).await;
    assert!(seen.contains_key(&number(2)));
}

async fn foreign_cursors_are_lost(oms: &dyn Oms) {
    announce(oms, "feed-mine", 1).await;
    announce(oms, "feed-theirs", 1).await;
    let theirs = page(oms, &merchant("feed-theirs"), None, 5).await.next;
    for cursor in [
        theirs,
        ChangeCursor::new(""),
        ChangeCursor::new("yesterday"),
    ] {
        let lost = oms
            .changes(&merchant("feed-mine"), Some(&cursor), count(5))
            .await;
        assert!(matches!(lost, Err(OmsError::CursorLost)), "{cursor:?}");
    }
}

async fn open_rmas_are_listed_in_pages(oms: &dyn Oms, warehouse: &dyn Warehouse) {
    let name = merchant("open");
    for n in [100, 9, 10, 1, 2_000] {
        announce(oms, "open", n).await;
    }
    work(oms, warehouse, &key("open", 1), WarehouseWork::Arrive).await;
    work(oms, warehouse, &key("open", 10), WarehouseWork::Close).await;

    let mut listed = Vec::new();
    loop {
        let after = listed.last().copied();
        let part = oms.list_open(&name, after, count(2)).await.unwrap();
        if part.is_empty() {
            break;
        }
        listed.extend(part);
    }
    let expected: Vec<_> = [1, 9, 100, 2_000].map(number).to_vec();
    assert_eq!(listed, expected);

    work(oms, warehouse, &key("open", 10), WarehouseWork::Reopen).await;
    let reopened = oms
        .list_open(&name, Some(number(9)), count(1))
        .await
        .unwrap();
    assert_eq!(reopened, [number(10)]);
}
