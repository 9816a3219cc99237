use loop_client::sandbox::{NewLine, NewReturn, Sandbox};

use crate::api::*;

#[tokio::test]
async fn the_asn_report_has_one_row_per_unit() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = Api::of(&sandbox);
    let first = sandbox.create_return(shirts());
    let second = sandbox.create_return(NewReturn::new("#1002").line(NewLine::new("SOCKS")));
    sandbox.set_state(second, "cancelled");
    sandbox.create_return(NewReturn::new("#1003"));
    let rows = api.get("/warehouse/reporting/asn", &[]).await.body;
    let rows = rows.as_array().unwrap();
    let ids: Vec<u64> = rows.iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [first, first, second]);
    let lines: Vec<String> = rows
        .iter()
        .map(|row| row["return_line_item_id"].as_str().unwrap().to_owned())
        .collect();
    let known: Vec<String> = sandbox
        .truth()
        .iter()
        .flat_map(|truth| truth.line_item_ids.iter().map(u64::to_string))
        .collect();
    assert_eq!(lines, known);
    assert_eq!(rows[2]["state"], "cancelled");
    assert_eq!(rows[2]["sku"], "SOCKS");
}

#[tokio::test]
async fn an_unreadable_asn_date_asks_for_everything() {
    let hands = Hands::new();
    let sandbox = hands.on(Sandbox::builder()).start().await.unwrap();
    hands.set_hours_before_noon(24 * 300);
    sandbox.create_return(shirts());
    hands.set_hours_before_noon(24);
    sandbox.create_return(shirts());
    hands.set_hours_before_noon(0);
    let path = "/warehouse/reporting/asn";
    let june = [("from", "2026-06-14"), ("to", "2026-06-15")];
    // (version, query, rows; None is a 422)
    let table: [(&str, Pairs<'_>, Option<usize>); 8] = [
        ("v1", &[], Some(2)),
        ("v1", &[("from", "last week")], Some(4)),
        ("2026-07", &[("from", "2025-06-01")], Some(4)),
        ("2026-07", &[("to", "tomorrow")], Some(0)),
        ("2026-10", &[("from", "last week")], None),
        ("latest", &[("from", "2025-06-01")], None),
        ("unstable", &[("from", "2025-06-01")], None),
        ("2026-10", &june, Some(2)),
    ];
    for (version, query, expected) in table {
        let answer = Api::version(&sandbox, version).get(path, query).await;
        let label = format!("{version} {query:?}");
        match expected {
            Some(rows) => assert_eq!(answer.body.as_array().unwrap().len(), rows, "{label}"),
            None => assert_eq!(answer.status, 422, "{label}"),
        }
    }
}
