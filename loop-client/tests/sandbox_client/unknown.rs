//! Values that nobody knows arrive as such, and keep their text.

use futures_util::TryStreamExt as _;
use loop_client::sandbox::{Fault, On};
use loop_client::webhook::{Topic, Trigger};
use loop_client::{
    ApiVersion, Assessment, ConditionCategory, ConditionGrade, ConditionSubject,
    DestinationAddress, DestinationType, DispositionOutcome, FraudCategory, Grade,
    LabelErrorReason, LabelRate, LabelRequestStatus, LabelRequestsQuery, LabelStatus,
    NewDestination, NewLabel, NewListing, Outcome, ReturnState, ReturnsQuery, SubscriptionStatus,
};

use crate::shop::{Shop, shirts};

/// Every one is `sandbox-unknown`, and there is at least one.
fn unknown<'a>(texts: impl IntoIterator<Item = Option<&'a str>>, what: &str) {
    let texts: Vec<_> = texts.into_iter().collect();
    assert!(!texts.is_empty(), "{what}");
    for text in texts {
        assert_eq!(text, Some("sandbox-unknown"), "{what}");
    }
}

/// A shop in which nothing that is read comes from a set that anybody knows.
async fn strange(version: ApiVersion) -> Shop {
    let shop = Shop::at(version).await;
    shop.sandbox.inject(Fault::unknown_values(), On::any());
    shop
}

#[tokio::test]
async fn of_returns() {
    let shop = strange(ApiVersion::default()).await;
    let id = shop.submit(shirts().outcome("exchange+refund").tracking("9400"));
    let (from, to) = shop.around_now();
    let rows = shop.client.returns().list(ReturnsQuery::created(from, to));
    let mut found: Vec<_> = rows.try_collect().await.unwrap();
    found.push(shop.client.returns().get(id).await.unwrap());
    assert_eq!(found.len(), 2);
    for found in &found {
        unknown([found.state.as_ref().map(ReturnState::as_str)], "state");
        unknown([found.outcome.as_ref().map(Outcome::as_str)], "outcome");
        unknown([found.return_type.as_deref()], "type");
        unknown([found.label_status.as_deref()], "label status");
        unknown(found.labels.iter().map(|it| it.status.as_deref()), "label");
        unknown(found.lines().iter().map(|it| it.outcome.as_deref()), "line");
    }
    let rows = shop.client.reports().asn(from, to);
    let rows: Vec<_> = rows.try_collect().await.unwrap();
    unknown(
        rows.iter().map(|it| Some(it.state.as_ref()?.as_str())),
        "ASN",
    );
    let worn = FraudCategory::ItemIsWorn;
    let report = shop.client.returns().report_fraud(id, &worn, None).await;
    let category = report.unwrap().category;
    unknown(
        [category.as_ref().map(FraudCategory::as_str)],
        "fraud category",
    );
    let truth = shop.truth(id).fraud_category;
    assert_eq!(truth.as_deref(), Some("item-is-worn"));
}

#[tokio::test]
async fn of_grades_and_dispositions() {
    let grade_a = ConditionSubject::new("Item condition grade", "Grade A");
    for (version, category) in [
        (ApiVersion::V2026_10, ConditionCategory::from(grade_a)),
        (ApiVersion::V2026_07, ConditionGrade::GradeA.into()),
    ] {
        let shop = strange(version).await;
        let line = shop.lines(shop.submit(shirts()))[0];
        let grade = Grade::new(line, "as new").category(category);
        let graded = shop.client.grading().grade(&[grade]).await.unwrap();
        let grade = match &graded[0].condition_category {
            Some(ConditionCategory::Grade(grade)) => Some(grade),
            Some(ConditionCategory::Subject(subject)) => subject.grade.as_ref(),
            _ => None,
        };
        unknown([grade.map(ConditionGrade::as_str)], "grade");
        let stock = Assessment::new(line, DispositionOutcome::BackToStock);
        let assessed = shop.client.grading().assess(&[stock]).await.unwrap();
        let outcome = assessed[0].disposition_outcome.as_ref();
        unknown([outcome.map(DispositionOutcome::as_str)], "disposition");
    }
}

#[tokio::test]
async fn of_labels_and_label_requests() {
    let shop = strange(ApiVersion::default()).await;
    let id = shop.submit(shirts());
    let request = shop.sandbox.issue_label_request(id.get()).unwrap();
    let request = request.to_string().parse().unwrap();
    let requests = shop.client.label_requests();
    let funds = LabelErrorReason::InsufficientFunds;
    let reported = requests.report_error(&request, &funds, None).await.unwrap();
    unknown([Some(reported.reason.as_str())], "reason");
    let mut found = requests.list(&LabelRequestsQuery::new()).await.unwrap();
    found.push(requests.get(&request).await.unwrap());
    assert_eq!(found.len(), 2);
    for found in &found {
        unknown(
            [found.status.as_ref().map(LabelRequestStatus::as_str)],
            "request",
        );
        let reasons = found.errors.iter().map(|it| Some(it.reason.as_str()));
        unknown(reasons, "reason");
    }
    let rate = LabelRate::new(795, "USD");
    let label = NewLabel::new(request, "1Z", "UPS", "https://labels.example.com/1", rate);
    let made = shop.client.labels().create(&label).await.unwrap();
    unknown([made.status.as_ref().map(LabelStatus::as_str)], "label");
}

#[tokio::test]
async fn of_destinations_lists_and_subscriptions() {
    let shop = strange(ApiVersion::default()).await;
    let destinations = shop.client.destinations();
    let dock = DestinationAddress::new("1 Dock Road", "Boise", "United States", "US");
    let dock = NewDestination::new(DestinationType::Donate, "Boise", dock);
    let made = destinations.create(&dock).await.unwrap();
    let mut found = destinations.list().await.unwrap();
    found.push(destinations.get(made.id).await.unwrap());
    found.push(made);
    let kinds = found.iter().map(|it| Some(it.kind.as_ref()?.as_str()));
    unknown(kinds, "type of destination");

    for list in [shop.client.blocklist(), shop.client.allowlist()] {
        let made = list.create(&NewListing::order("#1001")).await.unwrap();
        let mut found: Vec<_> = list.list().try_collect().await.unwrap();
        found.push(list.get(made.id).await.unwrap());
        found.push(made);
        let kinds = found.iter().map(|it| Some(it.kind.as_ref()?.as_str()));
        unknown(kinds, "type of entry");
    }

    let webhooks = shop.client.webhooks();
    let (topic, trigger, url) = (Topic::Return, Trigger::ReturnClosed, "http://127.0.0.1:9/");
    let made = webhooks.create(&topic, &trigger, url).await.unwrap();
    unknown(
        [made.status.as_ref().map(SubscriptionStatus::as_str)],
        "status",
    );
    let found = webhooks.list().await.unwrap();
    unknown(
        found.iter().map(|it| Some(it.status.as_ref()?.as_str())),
        "status",
    );
    unknown(
        found.iter().map(|it| Some(it.topic.as_ref()?.as_str())),
        "topic",
    );
    unknown(
        found.iter().map(|it| Some(it.trigger.as_ref()?.as_str())),
        "trigger",
    );
}
