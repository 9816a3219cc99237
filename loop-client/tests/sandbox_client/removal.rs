//! Units that did not come back.

use loop_client::sandbox::{NewLine, NewReturn};
use loop_client::{Amount, LineItemId, ReturnState};

use crate::shop::{Shop, nobody, not_sent, refused, shirts};

#[tokio::test]
async fn removal_takes_the_unit_off_and_processes_the_rest() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    let lines = shop.lines(id);
    let returns = shop.client.returns();
    returns.remove_line_items(id, &lines[..1]).await.unwrap();
    let left = returns.get(id).await.unwrap();
    assert_eq!(left.state, Some(ReturnState::Open));
    let ids: Vec<LineItemId> = left.lines().iter().map(|line| line.line_item_id).collect();
    assert_eq!(ids, lines[1..]);
    assert_eq!(left.edited_at, Some(shop.now()));
    refused(
        returns.remove_line_items(id, &lines[1..]).await,
        "invalid",
        422,
        "Return cannot be modified.",
    );

    assert_eq!(shop.sandbox.finish_processing(), 1);
    let done = returns.get(id).await.unwrap();
    assert_eq!(done.state, Some(ReturnState::Closed));
    let refunded = done.refunds.iter().filter_map(|refund| refund.amount);
    let cents: Vec<i64> = refunded.filter_map(Amount::cents).collect();
    assert_eq!(cents, [5250]);
    assert_eq!(shop.truth(id).refunds, 1);
}

#[tokio::test]
async fn removal_of_every_unit_cancels_the_return() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    let lines = shop.lines(id);
    let returns = shop.client.returns();
    returns.remove_line_items(id, &lines).await.unwrap();
    let found = returns.get(id).await.unwrap();
    assert_eq!(found.state, Some(ReturnState::Cancelled));
    assert_eq!(found.lines(), []);
    assert_eq!(shop.sandbox.finish_processing(), 0);
    assert_eq!(shop.truth(id).refunds, 0);
}

#[tokio::test]
async fn removal_is_refused_and_nothing_is_processed() {
    let shop = Shop::open().await;
    let returns = shop.client.returns();
    let exchange = NewReturn::new("#1002")
        .outcome("exchange+refund")
        .line(NewLine::new("SHIRT-S"))
        .line(NewLine::new("SHIRT-M"));
    let exchange = shop.submit(exchange);
    let lines = shop.lines(exchange);
    let closed = shop.submit(shirts());
    let closed_lines = shop.lines(closed);
    shop.set_state(closed, "closed");

    let none = "There are no line items that qualify for removal";
    let not_all = "Not all line items qualify for removal";
    let modified = "Return cannot be modified.";
    for (id, lines, status, kind, words) in [
        (exchange, &lines[..1], 422, "invalid", none),
        (exchange, &lines[..], 422, "invalid", not_all),
        (closed, &closed_lines[..1], 422, "invalid", modified),
        (nobody(), &lines[..1], 403, "not_found", "No return found"),
    ] {
        let refusal = returns.remove_line_items(id, lines).await;
        refused(refusal, kind, status, words);
    }
    not_sent(
        returns.remove_line_items(exchange, &[]).await,
        "no line items",
    );
    for id in [exchange, closed] {
        assert_eq!(shop.truth(id).line_item_ids.len(), 2);
    }
    assert_eq!(shop.sandbox.finish_processing(), 0);
}
