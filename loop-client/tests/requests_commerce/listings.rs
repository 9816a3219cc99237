use loop_client::{Client, Effect, Listing, ListingId, Listings, NewListing};
use serde_json::{Value, json};

use crate::paging::rows;
use crate::script::{EVERYWHERE, Failure, Golden, Script, fails};

fn id() -> ListingId {
    ListingId::new(31).unwrap()
}

type List = fn(&Client) -> Listings<'_>;

/// Both lists, and the addresses of each.
const BOTH: [(List, [&str; 4]); 2] = [
    (
        Client::blocklist,
        [
            "GET /api/2026-10/blocklists?page=2",
            "GET /api/2026-10/blocklists/31",
            "POST /api/2026-10/blocklists",
            "DELETE /api/2026-10/blocklists/31",
        ],
    ),
    (
        Client::allowlist,
        [
            "GET /api/2026-10/allowlists?page=2",
            "GET /api/2026-10/allowlists/31",
            "POST /api/2026-10/allowlists",
            "DELETE /api/2026-10/allowlists/31",
        ],
    ),
];

#[tokio::test]
async fn calls_and_answers() {
    let one =
        r#"{"id":31,"type":"email","value":"eliza@example.com","secondary_value":null,"new":1}"#;
    let read =
        json!({"id": "31", "type": "email", "value": "eliza@example.com", "secondary_value": null});
    let page = r#"{
        "current_page": "2",
        "data": [{"id": "31", "type": "product", "value": 39072856}, {"id": 0}],
        "from": "1", "last_page": "2", "links": [], "next_page_url": null, "total": "2"
    }"#;
    for (list, [page_of, get, create, delete]) in BOTH {
        Golden::new(page_of, page)
            .reads_only(
                json!([
                    {"id": "31", "type": "product", "value": "39072856", "secondary_value": null},
                    "unreadable",
                ]),
                async |client| list(&client).page(2).await.map(|page| rows(page.rows)),
            )
            .await;
        Golden::new(get, one)
            .reads_only(read.clone(), async |client| list(&client).get(id()).await)
            .await;
        Golden::new(create, one)
            .status(201)
            .body(json!({"type": "email", "value": "eliza@example.com"}))
            .reads_only(read.clone(), async |client| {
                let wanted = NewListing::email("eliza@example.com");
                list(&client).create(&wanted).await
            })
            .await;
        // What a deletion answers is not documented.
        for (status, answer) in [(200, "true"), (200, "\"Success\""), (204, ""), (200, "{}")] {
            Golden::new(delete, answer)
                .status(status)
                .reads(Value::Null, async |client| list(&client).delete(id()).await)
                .await;
        }
    }
}

#[tokio::test]
async fn what_each_list_takes() {
    let order = || NewListing::order("#1001").secondary_value("note");
    for (listing, body, for_both) in [
        (
            order(),
            json!({"type": "order", "value": "#1001", "secondary_value": "note"}),
            true,
        ),
        (
            NewListing::email("e@example.com"),
            json!({"type": "email", "value": "e@example.com"}),
            true,
        ),
        (
            NewListing::product(7),
            json!({"type": "product", "value": "7"}),
            false,
        ),
        (
            NewListing::product_tag("final"),
            json!({"type": "product_tag", "value": "final"}),
            false,
        ),
    ] {
        assert!(!format!("{listing:?}").contains("example.com"));
        let script = Script::new([(201, r#"{"id":1}"#), (201, r#"{"id":1}"#)]);
        let client = script.client();
        client.blocklist().create(&listing).await.unwrap();
        match client.allowlist().create(&listing).await {
            Ok(Listing { .. }) => assert!(for_both, "{body}"),
            Err(error) => assert_eq!(
                (error.kind().name(), error.effect(), for_both),
                ("input", Effect::NotSent, false)
            ),
        }
        let bodies: Vec<_> = script.sent().into_iter().map(|(_, body)| body).collect();
        assert_eq!(bodies, vec![body; if for_both { 2 } else { 1 }]);
    }
}

#[tokio::test]
async fn refusals() {
    let none: Failure = (
        404,
        r#"{"message":"Not here."}"#,
        "not_found",
        Effect::NotApplied,
    );
    let invalid: [Failure; 2] = [
        (
            422,
            r#"{"message":"The given data was invalid.","errors":{"type":["The type is wrong."]}}"#,
            "invalid",
            Effect::NotApplied,
        ),
        (
            400,
            r#"{"errors":["[\"someCode\"]"]}"#,
            "invalid",
            Effect::NotApplied,
        ),
    ];
    for (list, _) in BOTH {
        fails(&[EVERYWHERE, &invalid].concat(), async |client| {
            list(&client).page(1).await
        })
        .await;
        fails(&[EVERYWHERE, &[none]].concat(), async |client| {
            list(&client).get(id()).await
        })
        .await;
        fails(&[EVERYWHERE, &invalid].concat(), async |client| {
            list(&client).create(&NewListing::order("#1001")).await
        })
        .await;
        fails(
            &[
                EVERYWHERE,
                &[none, (200, "false", "server", Effect::Unknown)],
            ]
            .concat(),
            async |client| list(&client).delete(id()).await,
        )
        .await;
    }
}
