//! Fraud reports.

use loop_client::{FraudCategory, Personal};

use crate::shop::{Shop, nobody, not_sent, refused, shirts};

#[tokio::test]
async fn a_report_is_made_once_and_taken_back_once() {
    let shop = Shop::open().await;
    let id = shop.submit(shirts());
    let returns = shop.client.returns();
    let comment = Some("Bricks in the box");
    let report = returns.report_fraud(id, &FraudCategory::Other, comment);
    let report = report.await.unwrap();
    assert_eq!(report.return_id, Some(id));
    assert_eq!(report.category, Some(FraudCategory::Other));
    assert_eq!(report.comment.as_ref().map(Personal::reveal), comment);
    assert_eq!(report.created_at, Some(shop.now()));
    assert_eq!(shop.truth(id).fraud_category.as_deref(), Some("other"));
    assert_eq!(shop.truth(id).state, "open");
    let again = returns.report_fraud(id, &FraudCategory::ItemIsWorn, None);
    refused(again.await, "invalid", 409, "Fraud Report already exists.");
    assert_eq!(shop.truth(id).fraud_category.as_deref(), Some("other"));

    returns.withdraw_fraud_report(id).await.unwrap();
    assert_eq!(shop.truth(id).fraud_category, None);
    let again = returns.withdraw_fraud_report(id).await;
    refused(again, "not_found", 404, "No fraud report");
}

#[tokio::test]
async fn every_documented_category_is_taken_and_no_other() {
    let shop = Shop::open().await;
    let returns = shop.client.returns();
    for category in [
        FraudCategory::PackageNeverReceived,
        FraudCategory::PackageIsEmpty,
        FraudCategory::PackageIsMissingItems,
        FraudCategory::InstantReturnChargeFailed,
        FraudCategory::KeepItemAbuse,
        FraudCategory::SplittingReturnsToAvoidRestrictions,
        FraudCategory::ItemIsWorn,
    ] {
        let id = shop.submit(shirts());
        let report = returns.report_fraud(id, &category, None).await.unwrap();
        assert_eq!(report.category.as_ref(), Some(&category));
        let truth = shop.truth(id).fraud_category;
        assert_eq!(truth.as_deref(), Some(category.as_str()));
    }
    let id = shop.submit(shirts());
    let theft = FraudCategory::from("theft");
    let refusal = returns.report_fraud(id, &theft, None).await;
    refused(refusal, "invalid", 422, "The selected category is invalid.");
    let other = returns.report_fraud(id, &FraudCategory::Other, None).await;
    not_sent(other, "needs a comment");
    let worn = FraudCategory::ItemIsWorn;
    for found in [
        returns.report_fraud(nobody(), &worn, None).await.map(drop),
        returns.withdraw_fraud_report(nobody()).await,
    ] {
        refused(found, "not_found", 404, "No return found with this ID.");
    }
}
