use loop_client::{
    Client, Destination, DestinationAddress, DestinationId, DestinationType, Effect, ErrorCode,
    NewDestination,
};
use serde_json::{Value, json};

use crate::script::{EVERYWHERE, Failure, Golden, Script, fails};

const ONE: &str = r#"{
    "id": 101, "type": "warehouse", "name": "East dock", "enabled": true,
    "provider_location_id": 655441491,
    "address": {"address1": "12 Quay Street", "address2": null, "city": "Boston", "state": "MA",
        "zip": 2110, "country": "United States", "country_code": "US"},
    "new": 1
}"#;
const NONE: Failure = (
    404,
    r#"{"code":"NOT_FOUND","message":"The destination could not be found."}"#,
    "not_found",
    Effect::NotApplied,
);

fn one() -> Value {
    json!({
        "id": "101", "type": "warehouse", "name": "East dock", "enabled": true,
        "provider_location_id": "655441491",
        "address": {"address1": "12 Quay Street", "city": "Boston", "state": "MA", "zip": "2110",
            "country": "United States", "country_code": "US"},
    })
}

fn id() -> DestinationId {
    DestinationId::new(101).unwrap()
}

fn wanted() -> NewDestination {
    let mut address = DestinationAddress::new("12 Quay Street", "Boston", "United States", "US");
    address.zip = Some("02110".to_owned());
    NewDestination::new(DestinationType::Warehouse, "East dock", address)
}

fn wanted_body() -> Value {
    json!({
        "type": "warehouse", "name": "East dock",
        "address": {"address1": "12 Quay Street", "city": "Boston", "zip": "02110",
            "country": "United States", "country_code": "US"},
    })
}

async fn create(client: Client) -> loop_client::Result<Destination> {
    client.destinations().create(&wanted()).await
}

#[tokio::test]
async fn calls_and_answers() {
    let all = r#"{"destinations":[{"id":"7","type":"compost","provider_location_id":null},{"id":8,"address":[]}]}"#;
    Golden::new("GET /api/2026-10/destinations", all)
        .reads_only(
            json!([
                {"id": "7", "type": "compost", "name": null, "enabled": null,
                    "provider_location_id": null, "address": null},
                {"id": "8", "type": null, "name": null, "enabled": null,
                    "provider_location_id": null, "address": null},
            ]),
            async |client| client.destinations().list().await,
        )
        .await;
    Golden::new("GET /api/2026-10/destinations/101", ONE)
        .reads_only(one(), async |client| client.destinations().get(id()).await)
        .await;
    Golden::new("POST /api/2026-10/destinations", ONE)
        .body(wanted_body())
        .reads_only(one(), create)
        .await;
    let mut disabled = wanted_body();
    disabled["enabled"] = json!(false);
    Golden::new("PUT /api/2026-10/destinations/101", ONE)
        .body(disabled)
        .reads_only(one(), async |client| {
            let wanted = wanted().enabled(false);
            client.destinations().update(id(), &wanted).await
        })
        .await;
    for answer in ["\"Success\"", ""] {
        Golden::new("DELETE /api/2026-10/destinations/101", answer)
            .reads(Value::Null, async |client| {
                client.destinations().delete(id()).await
            })
            .await;
    }
}

#[tokio::test]
async fn refusals() {
    let list: [Failure; 2] = [
        (
            500,
            r#"{"message":"One or more destinations do not have an address"}"#,
            "server",
            Effect::Unknown,
        ),
        (
            200,
            r#"{"destinations":[[1]]}"#,
            "unreadable",
            Effect::Unknown,
        ),
    ];
    let invalid: [Failure; 2] = [
        (
            422,
            r#"{"message":"The name field is required."}"#,
            "invalid",
            Effect::NotApplied,
        ),
        (
            422,
            r#"{"code":"DESTINATION_LIMIT_EXCEEDED","message":"No more destinations."}"#,
            "invalid",
            Effect::NotApplied,
        ),
    ];
    fails(&[EVERYWHERE, &list].concat(), async |client| {
        client.destinations().list().await
    })
    .await;
    fails(&[EVERYWHERE, &[NONE]].concat(), async |client| {
        client.destinations().get(id()).await
    })
    .await;
    fails(&[EVERYWHERE, &invalid].concat(), create).await;
    fails(&[EVERYWHERE, &[NONE], &invalid].concat(), async |client| {
        client.destinations().update(id(), &wanted()).await
    })
    .await;
    fails(&[EVERYWHERE, &[NONE]].concat(), async |client| {
        client.destinations().delete(id()).await
    })
    .await;

    let [_, (status, body, ..)] = invalid;
    let error = create(Script::new([(status, body)]).client())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::DestinationLimitExceeded));
}
