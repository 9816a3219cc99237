//! The blocklist and the allowlist, which come in pages of fifteen.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use loop_client::{ListingId, ListingType, NewListing, Personal};

use crate::shop::{Shop, not_sent, refused};

#[tokio::test]
async fn entries_are_made_read_and_deleted() {
    let shop = Shop::open().await;
    let blocklist = shop.client.blocklist();
    for (new, kind, value) in [
        (NewListing::order("#1001"), ListingType::Order, "#1001"),
        (
            NewListing::email("thief@example.com"),
            ListingType::Email,
            "thief@example.com",
        ),
        (NewListing::product(7001), ListingType::Product, "7001"),
        (
            NewListing::product_tag("final-sale"),
            ListingType::ProductTag,
            "final-sale",
        ),
    ] {
        let made = blocklist.create(&new).await.unwrap();
        assert_eq!(made.kind, Some(kind));
        assert_eq!(made.value.as_ref().map(Personal::reveal), Some(value));
        assert_eq!(made.secondary_value, None);
        assert_eq!(blocklist.get(made.id).await.unwrap(), made);
        blocklist.delete(made.id).await.unwrap();
        for gone in [
            blocklist.get(made.id).await.map(drop),
            blocklist.delete(made.id).await,
        ] {
            let words = "The blocklist item could not be found.";
            refused(gone, "not_found", 404, words);
        }
    }
    let allowlist = shop.client.allowlist();
    let friend = NewListing::email("friend@example.com").secondary_value("62701");
    let friend = allowlist.create(&friend).await.unwrap();
    let second = friend.secondary_value.as_ref().map(Personal::reveal);
    assert_eq!(second, Some("62701"));
    let product = allowlist.create(&NewListing::product(7001)).await;
    not_sent(product, "an allowlist takes");
    let words = "The allowlist item could not be found.";
    let unknown = ListingId::new(7).unwrap();
    refused(allowlist.get(unknown).await, "not_found", 404, words);
    let blank = blocklist.create(&NewListing::order("")).await;
    refused(blank, "invalid", 422, "The value field is required.");
}

#[tokio::test]
async fn the_lists_are_walked_over_pages_and_kept_apart() {
    let shop = Shop::open().await;
    for (list, count) in [
        (shop.client.blocklist(), 40_usize),
        (shop.client.allowlist(), 15),
    ] {
        let mut made = BTreeSet::new();
        for number in 0..count {
            let entry = NewListing::order(format!("#{number}"));
            made.insert(list.create(&entry).await.unwrap().id);
        }
        let walked: Vec<_> = list.list().try_collect().await.unwrap();
        assert_eq!(walked.len(), count);
        assert_eq!(walked.iter().map(|it| it.id).collect::<BTreeSet<_>>(), made);

        let mut sizes = Vec::new();
        let mut next = Some(1);
        while let Some(number) = next {
            let page = list.page(number).await.unwrap();
            assert_eq!(page.total, u64::try_from(count).ok());
            sizes.push(page.rows.len());
            next = page.next;
        }
        assert_eq!(sizes.iter().sum::<usize>(), count);
        assert!(
            sizes.iter().all(|size| (1..=15).contains(size)),
            "{sizes:?}"
        );
        let beyond = list.page(9).await.unwrap();
        assert!(beyond.rows.is_empty() && beyond.next.is_none());
    }
}
