//! Destinations.

use loop_client::{DestinationAddress, DestinationId, DestinationType, ErrorCode, NewDestination};

use crate::shop::{Shop, refused};

fn dock() -> DestinationAddress {
    let mut dock = DestinationAddress::new("1 Dock Road", "Boise", "United States", "US");
    dock.zip = Some("83702".to_owned());
    dock
}

fn warehouse(name: &str) -> NewDestination {
    NewDestination::new(DestinationType::Warehouse, name, dock())
}

#[tokio::test]
async fn a_destination_lives_from_create_to_delete() {
    let shop = Shop::open().await;
    let destinations = shop.client.destinations();
    assert_eq!(destinations.list().await.unwrap(), []);
    let made = destinations.create(&warehouse("Boise")).await.unwrap();
    assert_eq!(made.kind, Some(DestinationType::Warehouse));
    assert_eq!(made.name.as_deref(), Some("Boise"));
    assert_eq!(made.enabled, Some(true));
    assert_eq!(made.provider_location_id, None);
    assert_eq!(made.address, Some(dock()));
    assert_eq!(destinations.get(made.id).await.unwrap(), made);

    let given = NewDestination::new(DestinationType::Donate, "Given away", dock());
    let given = destinations.create(&given.enabled(false)).await.unwrap();
    assert_eq!(given.kind, Some(DestinationType::Donate));
    assert_eq!(given.enabled, Some(false));
    let all = destinations.list().await.unwrap();
    assert_eq!(all, [made.clone(), given.clone()]);

    let renamed = warehouse("Boise East").enabled(false);
    let renamed = destinations.update(made.id, &renamed).await.unwrap();
    assert_eq!((renamed.id, renamed.enabled), (made.id, Some(false)));
    assert_eq!(renamed.name.as_deref(), Some("Boise East"));
    assert_eq!(destinations.get(made.id).await.unwrap(), renamed);

    destinations.delete(made.id).await.unwrap();
    assert_eq!(destinations.list().await.unwrap(), [given]);
    let words = "The destination could not be found.";
    let gone = destinations.delete(made.id).await;
    let gone = refused(gone, "not_found", 404, words);
    assert_eq!(gone.code(), Some(&ErrorCode::NotFound));
}

#[tokio::test]
async fn destinations_are_refused() {
    let shop = Shop::open().await;
    let destinations = shop.client.destinations();
    let unknown = DestinationId::new(7).unwrap();
    let words = "The destination could not be found.";
    refused(destinations.get(unknown).await, "not_found", 404, words);
    let updated = destinations.update(unknown, &warehouse("x")).await;
    refused(updated, "not_found", 404, words);

    let made = destinations.create(&warehouse("Boise")).await.unwrap();
    let nameless = warehouse("");
    let shop_floor = NewDestination::new(DestinationType::from("shop"), "x", dock());
    let nowhere = NewDestination::new(
        DestinationType::Warehouse,
        "x",
        DestinationAddress::default(),
    );
    for (wanted, words) in [
        (&nameless, "The name field is required."),
        (&shop_floor, "The selected type is invalid."),
        (&nowhere, "The address1 field is required."),
    ] {
        refused(destinations.create(wanted).await, "invalid", 422, words);
        let updated = destinations.update(made.id, wanted).await;
        refused(updated, "invalid", 422, words);
    }
    shop.sandbox.limit_destinations(1);
    let beyond = destinations.create(&warehouse("Ohio")).await;
    let beyond = refused(beyond, "invalid", 422, "plan");
    assert_eq!(beyond.code(), Some(&ErrorCode::DestinationLimitExceeded));
    assert_eq!(
        destinations.list().await.unwrap(),
        std::slice::from_ref(&made)
    );

    // Loop answers 500 for good, which no repetition mends.
    assert!(shop.sandbox.forget_destination_address(made.id.get()));
    let broken = destinations.list().await.unwrap_err();
    assert_eq!(
        (broken.kind().name(), broken.status()),
        ("server", Some(500))
    );
    assert!(broken.attempts() > 1);
    let bare = destinations.get(made.id).await.unwrap();
    assert_eq!(bare.address, None);
}
