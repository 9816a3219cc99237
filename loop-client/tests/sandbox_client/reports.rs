//! The ASN report, whose range is limited since 2026-10.

use futures_util::TryStreamExt as _;
use loop_client::sandbox::{NewLine, NewReturn};
use loop_client::{Amount, ApiVersion, AsnRow, DestinationId, LineItemId, ReturnState};

use crate::shop::{DAY, Shop, not_sent, shirts};

#[tokio::test]
async fn a_long_report_has_a_row_per_unit() {
    for version in [ApiVersion::V2026_10, ApiVersion::V2026_07] {
        let shop = Shop::at(version).await;
        let from = shop.now();
        let mut units = Vec::new();
        for _ in 0..9 {
            let id = shop.submit(shirts());
            units.extend(shop.lines(id).into_iter().map(|line| (id, line)));
            shop.advance(40 * DAY);
        }
        let rows = shop.client.reports().asn(from, shop.now());
        let rows: Vec<AsnRow> = rows.try_collect().await.unwrap();
        let unit = |row: &AsnRow| (row.return_id, row.line_item_id);
        let mut found: Vec<_> = rows.iter().map(unit).collect();
        // Ranges overlap a little: what stands where the first two meet comes twice.
        let met: Vec<_> = units[2 * 3..][..2].iter().collect();
        assert_eq!(found.len(), units.len() + met.len());
        found.sort_unstable();
        let repeated: Vec<_> = found.windows(2).filter(|two| two[0] == two[1]).collect();
        let repeated: Vec<_> = repeated.iter().map(|two| &two[0]).collect();
        assert_eq!(repeated, met);
        found.dedup();
        assert_eq!(found, units);
    }
}

#[tokio::test]
async fn a_row_tells_of_unit_and_parcel() {
    let shop = Shop::open().await;
    let new = NewReturn::new("#1001")
        .customer_email("shopper@example.com")
        .destination_id(4401)
        .return_method("loop-pos")
        .carrier("USPS")
        .tracking("9400")
        .line(NewLine::new("SHIRT-S").price("78.00").reason("Too small"))
        .line(NewLine::new(""));
    let id = shop.submit(new);
    let (from, to) = shop.around_now();
    let rows = shop.client.reports().asn(from, to);
    let rows: Vec<AsnRow> = rows.try_collect().await.unwrap();
    let lines: Vec<LineItemId> = rows.iter().map(|row| row.line_item_id).collect();
    assert_eq!(lines, shop.lines(id));
    let row = &rows[0];
    assert_eq!(row.state, Some(ReturnState::Open));
    assert_eq!(row.sku.as_deref(), Some("SHIRT-S"));
    assert_eq!(row.purchase_price.and_then(Amount::cents), Some(7800));
    assert_eq!(row.return_reason.as_deref(), Some("Too small"));
    assert_eq!(row.return_method.as_deref(), Some("loop-pos"));
    assert_eq!(row.destination_id.map(DestinationId::get), Some(4401));
    assert_eq!(row.tracking_number.as_deref(), Some("9400"));
    assert_eq!(row.created_at, Some(shop.now()));
    assert_eq!(row.label_updated_at, Some(shop.now()));
    assert_eq!((row.closed_at, row.barcode.as_deref()), (None, None));
    assert_eq!(rows[1].sku, None);
    let backwards = shop.client.reports().asn(to, from);
    let backwards = backwards.try_collect::<Vec<_>>().await;
    not_sent(backwards, "ends before it begins");
}
