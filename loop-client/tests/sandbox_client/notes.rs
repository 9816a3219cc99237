//! Notes on the timeline, whose list has another form in each version.

use loop_client::{ApiVersion, LONGEST_NOTE};

use crate::shop::{Shop, nobody, not_sent, refused, shirts};

#[tokio::test]
async fn notes_are_written_and_read_in_every_version() {
    for version in [ApiVersion::V2026_10, ApiVersion::V2026_07] {
        let shop = Shop::at(version).await;
        let id = shop.submit(shirts());
        let notes = shop.client.notes(id);
        assert_eq!(notes.list().await.unwrap(), []);
        let longest = "ä".repeat(LONGEST_NOTE);
        for content in ["One sleeve is torn; \"see\" <photo>", longest.as_str()] {
            notes.create(content).await.unwrap();
        }
        let read = notes.list().await.unwrap();
        let contents: Vec<&str> = read.iter().map(|note| note.content.as_str()).collect();
        assert_eq!(contents, shop.truth(id).notes);
        assert_eq!(contents[1], longest);
        assert!(read.iter().all(|note| note.created_at == Some(shop.now())));
        assert_ne!(read[0].id, read[1].id);
    }
}

#[tokio::test]
async fn notes_are_refused() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    let unknown = shop.client.notes(nobody());
    let words = "No return found with this ID.";
    refused(unknown.list().await, "not_found", 200, words);
    refused(unknown.create("lost").await, "not_found", 200, words);
    let notes = shop.client.notes(id);
    not_sent(notes.create(" ").await, "must say something");
    not_sent(
        notes.create(&"x".repeat(LONGEST_NOTE + 1)).await,
        "at most 254",
    );
    assert_eq!(shop.truth(id).notes, [""; 0]);
}
