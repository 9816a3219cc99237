//! One return, by each of its names.

use loop_client::sandbox::{NewLine, NewReturn};
use loop_client::{
    Amount, CurrencyType, DestinationId, ExternalId, Outcome, Personal, Return, ReturnLookup,
};

use crate::shop::{DAY, Shop, nobody, not_sent, refused, shirts};

#[tokio::test]
async fn a_return_is_found_by_each_of_its_names() {
    let shop = Shop::open().await;
    let first = shop.submit(shirts());
    shop.advance(DAY);
    let second = shop.submit(shirts());
    let other = shop.submit(NewReturn::new("#1002").line(NewLine::new("SOCKS")));
    let returns = shop.client.returns();
    let order = returns.get(first).await.unwrap().provider_order_id.unwrap();
    let global = format!("gid://shopify/Order/{}", order.as_str());
    // An order with several returns gives its newest.
    for (lookup, expected) in [
        (ReturnLookup::id(first), first),
        (
            ReturnLookup::id(other).currency(CurrencyType::Presentment),
            other,
        ),
        (ReturnLookup::order_id(order), second),
        (
            ReturnLookup::order_id(ExternalId::from(global.as_str())),
            second,
        ),
        (ReturnLookup::order_name("#1001"), second),
        (ReturnLookup::order_name("1002"), other),
    ] {
        let found = returns.find(&lookup).await.unwrap();
        assert_eq!(found.id, expected, "{lookup:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let shop = Shop::open().await;
    shop.submit(shirts());
    let returns = shop.client.returns();
    for lookup in [
        ReturnLookup::id(nobody()),
        ReturnLookup::order_id(ExternalId::from("7")),
        ReturnLookup::order_name("#9999"),
    ] {
        let found: Result<Return, _> = returns.find(&lookup).await;
        refused(found, "not_found", 200, "No return found with this ID.");
    }
    not_sent(returns.find(&ReturnLookup::order_name(" ")).await, "blank");
}

#[tokio::test]
async fn details_hold_what_the_shopper_submitted() {
    let shop = Shop::open().await;
    let new = NewReturn::new("#1001")
        .outcome("exchange+refund")
        .customer_email("shopper@example.com")
        .destination_id(4401)
        .return_method("loop-pos")
        .carrier("USPS")
        .tracking("9400")
        .line(NewLine::new("SHIRT-S").price("78.00").reason("Too small"))
        .line(
            NewLine::new("SHIRT-S")
                .barcode("0123456789012")
                .variant("S"),
        );
    let id = shop.submit(new);
    let found = shop.client.returns().get(id).await.unwrap();
    let parts: Vec<&str> = found.outcome.iter().flat_map(Outcome::parts).collect();
    assert_eq!(parts, ["exchange", "refund"]);
    assert_eq!(found.order_name.as_deref(), Some("#1001"));
    assert_eq!(found.provider_order_number.as_deref(), Some("1001"));
    let customer = found.customer.as_ref().map(Personal::reveal);
    assert_eq!(customer, Some("shopper@example.com"));
    assert_eq!(found.destination_id.map(DestinationId::get), Some(4401));
    let method = found.return_method.unwrap();
    assert_eq!(method.provider.as_deref(), Some("loop-pos"));
    assert_eq!(found.carrier.as_deref(), Some("USPS"));
    assert_eq!(found.tracking_number.as_deref(), Some("9400"));
    assert_eq!(found.label_status.as_deref(), Some("pre_transit"));
    assert_eq!(found.label_updated_at, Some(shop.now()));
    assert_eq!(found.exchanges.len(), 1);
    let ids: Vec<_> = found.line_items.iter().flatten().collect();
    let [first, second] = ids[..] else {
        panic!("{ids:?}")
    };
    assert_eq!(
        [first.line_item_id, second.line_item_id],
        shop.lines(id)[..]
    );
    assert_eq!(first.variant_id, second.variant_id);
    assert_eq!(first.provider_line_item_id, second.provider_line_item_id);
    assert_eq!(first.reason(), Some("Too small"));
    assert_eq!(
        (first.barcode.as_deref(), first.variant_title.as_deref()),
        (None, None)
    );
    assert_eq!(second.barcode.as_deref(), Some("0123456789012"));
    assert_eq!(second.variant_title.as_deref(), Some("S"));
    assert_eq!(first.price.and_then(Amount::cents), Some(7800));
    assert_eq!(found.refund.and_then(Amount::cents), Some(1000));
}
