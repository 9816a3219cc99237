//! What Loop asks of a label provider, and what the provider answers.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use loop_client::sandbox::{NewLine, NewReturn};
use loop_client::{
    ApiVersion, LabelErrorReason, LabelId, LabelRate, LabelRequestId, LabelRequestStatus,
    LabelRequestsQuery, LabelStatus, NewLabel, Personal, ReturnId,
};

use crate::shop::{Shop, not_sent, refused, shirts};

fn issue(shop: &Shop, id: ReturnId) -> LabelRequestId {
    let issued = shop.sandbox.issue_label_request(id.get()).unwrap();
    issued.to_string().parse().unwrap()
}

fn label(request: &LabelRequestId) -> NewLabel {
    NewLabel::new(
        request.clone(),
        "1Z999AA10123456784",
        "UPS",
        "https://labels.example.com/1.pdf",
        LabelRate::new(795, "USD"),
    )
}

#[tokio::test]
async fn a_request_is_answered_with_a_label_that_moves() {
    for version in [ApiVersion::V2026_10, ApiVersion::V2026_07] {
        let shop = Shop::at(version).await;
        let id = shop.submit(NewReturn::new("#1001").line(NewLine::new("LAMP").price("78.00")));
        let request_id = issue(&shop, id);
        let requests = shop.client.label_requests();
        let issued = requests.list(&LabelRequestsQuery::new()).await.unwrap();
        let [request] = &issued[..] else {
            panic!("{issued:?}")
        };
        assert_eq!(request.id, request_id);
        assert_eq!(request.return_id, Some(id));
        assert_eq!(request.status, Some(LabelRequestStatus::Issued));
        assert_eq!(request.created_at, Some(shop.now()));
        let addresses = request.addresses.as_ref().unwrap();
        let origin = addresses.origin.as_ref().unwrap();
        let destination = addresses.destination.as_ref().unwrap();
        let region = |text: &Option<Personal>| text.as_ref().map(|it| it.reveal().to_owned());
        assert_eq!(region(&origin.region).as_deref(), Some("Illinois"));
        assert_eq!(region(&destination.postal_code).as_deref(), Some("43215"));
        let weight = request.parcel.as_ref().and_then(|parcel| parcel.weight);
        assert_eq!(weight, Some(450.0));
        let [product] = &request.products[..] else {
            panic!("{request:?}")
        };
        assert_eq!(product.sku.as_deref(), Some("LAMP"));
        let price = product.price.as_ref().and_then(|price| price.amount);
        assert_eq!(price, Some(7800));
        assert_eq!(&requests.get(&request_id).await.unwrap(), request);

        let wanted = label(&request_id)
            .tracking_url("https://ups.example.com/1Z")
            .qrcode_url("https://labels.example.com/1.png");
        let made = shop.client.labels().create(&wanted).await.unwrap();
        assert_eq!(made.label_request_id.as_ref(), Some(&request_id));
        assert_eq!(made.rate, Some(LabelRate::new(795, "USD")));
        assert_eq!(made.carrier.as_deref(), Some("UPS"));
        assert_eq!(made.status, Some(LabelStatus::New));
        assert_eq!(made.created_at, Some(shop.now()));
        assert!(made.tracking_url.is_some() && made.qrcode_url.is_some());
        let fulfilled = requests.get(&request_id).await.unwrap();
        assert_eq!(fulfilled.status, Some(LabelRequestStatus::Fulfilled));

        for status in [
            LabelStatus::New,
            LabelStatus::PreTransit,
            LabelStatus::InTransit,
            LabelStatus::OutForDelivery,
            LabelStatus::Delivered,
        ] {
            let labels = shop.client.labels();
            labels.update_status(made.id, &status).await.unwrap();
            let found = shop.client.returns().get(id).await.unwrap();
            assert_eq!(found.labels[0].status.as_deref(), Some(status.as_str()));
            assert_eq!(found.tracking_number, made.tracking_number);
        }
    }
}

#[tokio::test]
async fn labels_of_a_provider_are_refused() {
    let shop = Shop::open().await;
    let labels = shop.client.labels();
    let answered = issue(&shop, shop.submit(shirts()));
    labels.create(&label(&answered)).await.unwrap();
    let cancelled = issue(&shop, shop.submit(shirts()));
    let number = cancelled.as_str().parse().unwrap();
    assert!(shop.sandbox.cancel_label_request(number));
    let unknown = "1".parse().unwrap();
    for (id, kind, status, words) in [
        (&answered, "invalid", 422, "The label request is fulfilled."),
        (
            &cancelled,
            "invalid",
            422,
            "The label request is cancelled.",
        ),
        (&unknown, "not_found", 404, "Label request not found."),
    ] {
        refused(labels.create(&label(id)).await, kind, status, words);
    }
    let free = NewLabel::new(answered, "1Z", "UPS", " ", LabelRate::new(0, "USD"));
    not_sent(labels.create(&free).await, "needs an address");

    let nobody = LabelId::new(7).unwrap();
    let moved = labels.update_status(nobody, &LabelStatus::New).await;
    refused(moved, "not_found", 404, "The label could not be found.");
    let request = issue(&shop, shop.submit(shirts()));
    let made = labels.create(&label(&request)).await.unwrap().id;
    let lost = LabelStatus::from("lost");
    let moved = labels.update_status(made, &lost).await;
    refused(moved, "invalid", 422, "The selected status is invalid.");
}

#[tokio::test]
async fn a_request_with_errors_stays_issued() {
    let shop = Shop::open().await;
    let id = issue(&shop, shop.submit(shirts()));
    let requests = shop.client.label_requests();
    let reasons = [
        (LabelErrorReason::InsufficientFunds, None),
        (LabelErrorReason::InvalidAddress, Some("No such street")),
        (LabelErrorReason::Other, Some("Too heavy")),
    ];
    for (reason, message) in &reasons {
        let error = requests.report_error(&id, reason, *message).await.unwrap();
        assert_eq!(&error.reason, reason);
        assert_eq!(error.message.as_ref().map(Personal::reveal), *message);
        assert_eq!(error.created_at, Some(shop.now()));
    }
    let request = requests.get(&id).await.unwrap();
    assert_eq!(request.status, Some(LabelRequestStatus::Issued));
    let seen: Vec<_> = request.errors.iter().map(|error| &error.reason).collect();
    let expected: Vec<_> = reasons.iter().map(|(reason, _)| reason).collect();
    assert_eq!(seen, expected);

    let vague = LabelErrorReason::from("SOMETHING");
    let refusal = requests.report_error(&id, &vague, None).await;
    refused(refusal, "invalid", 422, "The selected reason is invalid.");
    let unknown: LabelRequestId = "1".parse().unwrap();
    let other = LabelErrorReason::Other;
    let refusal = requests.report_error(&unknown, &other, None).await;
    refused(
        refusal,
        "not_found",
        404,
        "label request could not be found",
    );
    refused(
        requests.get(&unknown).await,
        "not_found",
        404,
        "label request could not be found",
    );
}

#[tokio::test]
async fn requests_are_walked_over_pages_and_selected() {
    let shop = Shop::open().await;
    let first = shop.submit(shirts());
    let second = shop.submit(shirts());
    let began = shop.now();
    let minute = Duration::from_secs(60);
    let mut all = Vec::new();
    for number in 0..7 {
        let of = if number % 2 == 0 { first } else { second };
        all.push(issue(&shop, of));
        shop.advance(minute);
    }
    let made = shop.client.labels().create(&label(&all[0])).await;
    made.unwrap();
    let cancelled = all[1].as_str().parse().unwrap();
    assert!(shop.sandbox.cancel_label_request(cancelled));

    let query = LabelRequestsQuery::new;
    let every_other = |from: usize| all.iter().skip(from).step_by(2).cloned().collect();
    let issued = LabelRequestStatus::Issued;
    let (third, sixth) = (began.plus(2 * minute), began.plus(5 * minute));
    let table: [(LabelRequestsQuery, Vec<LabelRequestId>); 8] = [
        (query(), all.clone()),
        (query().limit(2), all.clone()),
        (query().limit(7), all.clone()),
        (query().limit(3).offset(2), all[2..].to_vec()),
        (query().return_id(second).limit(2), every_other(1)),
        (query().status(issued).limit(2), all[2..].to_vec()),
        (
            query().status(LabelRequestStatus::Cancelled),
            vec![all[1].clone()],
        ),
        (query().from(third).to(sixth).limit(1), all[2..5].to_vec()),
    ];
    for (query, expected) in table {
        let label = format!("{query:?}");
        let stream = shop.client.label_requests().stream(query);
        let walked: Vec<_> = stream.try_collect().await.unwrap();
        let ids: Vec<LabelRequestId> = walked.into_iter().map(|it| it.id).collect();
        assert_eq!(ids, expected, "{label}");
    }
    let requests = shop.client.label_requests();
    let page = requests.list(&query().limit(3).offset(6)).await.unwrap();
    assert_eq!(page.len(), 1);
    let unknown = query().status(LabelRequestStatus::from("lost"));
    let refusal = requests.list(&unknown).await;
    refused(refusal, "invalid", 422, "The selected status is invalid.");
    not_sent(requests.list(&query().limit(251)).await, "at most 250");
}
