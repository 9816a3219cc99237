use futures_util::StreamExt as _;
use loop_client::{
    ApiVersion, Client, Effect, Error, ErrorCode, ErrorKind, LabelErrorReason, LabelId, LabelRate,
    LabelRequest, LabelRequestId, LabelRequestStatus, LabelRequestsQuery, LabelStatus, NewLabel,
    PagingFault, Personal, Timestamp,
};
use serde_json::{Value, json};

use crate::{NO_ANSWERS, client, fails, id, refuses, scripted, sends};

const OF_RETURN: &str = "POST /api/2026-10/returns/99904598/labels";
const LABELS: &str = "/api/2026-10/labels";
const REQUESTS: &str = "/api/2026-10/label-requests";

fn request_id() -> LabelRequestId {
    "67329889100573".parse().unwrap()
}

fn label() -> NewLabel {
    NewLabel::new(
        request_id(),
        "1Z999",
        "UPS",
        "https://labels.example.com/canary.pdf",
        LabelRate::new(795, "USD"),
    )
}

#[tokio::test]
async fn loops_own_labels_are_queued() {
    let queued = r#"{"message":"Label generation queued","returnId":99904598}"#;
    let generate = async |it: Client| it.labels().generate(id()).await;
    let regenerate = async |it: Client| it.labels().regenerate(id()).await;
    sends(generate, OF_RETURN, None, (202, queued)).await;
    let line = format!("{OF_RETURN}/regenerate");
    for answer in [(202, queued), (202, "")] {
        sends(regenerate, &line, None, answer).await;
    }
    for (status, body, kind, code) in [
        (
            404,
            r#"{"error":{"code":"return_not_found","message":"No."}}"#,
            "not_found",
            Some(ErrorCode::ReturnNotFound),
        ),
        (
            409,
            r#"{"code":"label_already_exists","message":"One is enough."}"#,
            "invalid",
            Some(ErrorCode::LabelAlreadyExists),
        ),
        (
            422,
            r#"{"errors":{"code":"return_cannot_receive_label","message":"No."}}"#,
            "invalid",
            Some(ErrorCode::ReturnCannotReceiveLabel),
        ),
        (
            422,
            r#"{"code":"label_generation_failed","message":"No."}"#,
            "invalid",
            Some(ErrorCode::LabelGenerationFailed),
        ),
        (403, r#"{"message":"Scope."}"#, "unauthorized", None),
    ] {
        let error = fails(generate, (status, body), kind, Effect::NotApplied).await;
        assert_eq!(error.code(), code.as_ref());
        fails(regenerate, (status, body), kind, Effect::NotApplied).await;
    }
    let internal = r#"{"code":"internal_error","message":"No."}"#;
    let error = fails(generate, (500, internal), "server", Effect::Unknown).await;
    assert_eq!(error.code(), Some(&ErrorCode::InternalError));
    for body in NO_ANSWERS {
        fails(generate, (202, body), "unreadable", Effect::Unknown).await;
    }
    fails(regenerate, (200, "false"), "server", Effect::Unknown).await;
}

#[tokio::test]
async fn a_providers_label_is_sent_whole_and_read_back() {
    let plain = json!({
        "label_request_id": 67_329_889_100_573_u64,
        "tracking_number": "1Z999",
        "carrier": "UPS",
        "label_url": "https://labels.example.com/canary.pdf",
        "rate": { "amount": 795, "currency_code": "USD" },
    });
    let mut whole = plain.clone();
    whole["tracking_url"] = json!("https://track.example.com/canary");
    whole["qrcode_url"] = json!("https://labels.example.com/canary.png");
    let mut by_uuid = plain.clone();
    by_uuid["label_request_id"] = json!("0191f3a2-8d2e-7c3b");
    let uuid = "0191f3a2-8d2e-7c3b".parse().unwrap();
    let rate = LabelRate::new(795, "USD");
    let url = "https://labels.example.com/canary.pdf";
    for (label, body) in [
        (label(), plain),
        (
            label()
                .tracking_url("https://track.example.com/canary")
                .qrcode_url("https://labels.example.com/canary.png"),
            whole,
        ),
        (
            NewLabel::new(uuid, "1Z999", "UPS", url, rate.clone()),
            by_uuid,
        ),
    ] {
        let mut answer = body.clone();
        answer["id"] = json!(9_007_199_254_740_993_u64);
        answer["status"] = json!("new");
        answer["created_at"] = json!("2026-11-01T10:00:00Z");
        let answer = answer.to_string();
        for status in [200, 201] {
            let call = async |it: Client| it.labels().create(&label).await;
            let line = format!("POST {LABELS}");
            let made = sends(call, &line, Some(body.clone()), (status, &answer)).await;
            assert_eq!(made.id, LabelId::new(9_007_199_254_740_993).unwrap());
            assert_eq!(made.status, Some(LabelStatus::New));
            assert_eq!(made.rate.as_ref(), Some(&rate));
            assert!(made.created_at.is_some() && made.label_request_id.is_some());
            assert!(!format!("{label:?} {made:?}").contains("canary"));
        }
    }
    // The label exists, so an answer with little in it is still an answer.
    let odd = r#"{"id":"5","rate":{"amount":"7.95","currency_code":"USD"},"tracking_url":null}"#;
    let script = scripted(&[(201, odd)]);
    let made = client(&script).labels().create(&label()).await.unwrap();
    assert_eq!(made.rate, None, "minor units have no fraction");
}

#[tokio::test]
async fn every_limit_of_a_label_is_kept() {
    let long = |count| "ü".repeat(count);
    let with = |tracking: &str, carrier: &str, url: &str, currency: &str| {
        let rate = LabelRate::new(795, currency);
        NewLabel::new(request_id(), tracking, carrier, url, rate)
    };
    for (good, bad, what) in [
        (
            with(&long(256), "UPS", "u", "USD"),
            with(&long(257), "UPS", "u", "USD"),
            "256 characters",
        ),
        (
            with("1Z", &long(32), "u", "USD"),
            with("1Z", &long(33), "u", "USD"),
            "32 characters",
        ),
        (
            with("1Z", "UPS", &long(2_048), "USD"),
            with("1Z", "UPS", &long(2_049), "USD"),
            "address of a label",
        ),
        (
            label().tracking_url(long(2_048)),
            label().tracking_url(long(2_049)),
            "address for tracking",
        ),
        (
            label().qrcode_url(long(512)),
            label().qrcode_url(long(513)),
            "512 characters",
        ),
        (
            label(),
            with(" ", "UPS", "u", "USD"),
            "needs a tracking number",
        ),
        (label(), with("1Z", "", "u", "USD"), "needs a carrier"),
        (label(), with("1Z", "UPS", "", "USD"), "needs an address"),
        (label(), with("1Z", "UPS", "u", ""), "needs a currency"),
    ] {
        let script = scripted(&[(201, r#"{"id":1}"#)]);
        client(&script).labels().create(&good).await.unwrap();
        let call = async |it: Client| it.labels().create(&bad).await;
        refuses(call, ApiVersion::default(), what).await;
    }
}

#[tokio::test]
async fn refused_labels_and_their_status() {
    let create = async |it: Client| it.labels().create(&label()).await;
    for (status, body, kind, effect) in [
        (
            404,
            r#"{"errors":"Label request not found."}"#,
            "not_found",
            Effect::NotApplied,
        ),
        (
            422,
            r#"{"message":"Bad input.","errors":{"carrier":["Too long."]}}"#,
            "invalid",
            Effect::NotApplied,
        ),
        (
            500,
            r#"{"message":"Server Error"}"#,
            "server",
            Effect::Unknown,
        ),
    ] {
        fails(create, (status, body), kind, effect).await;
    }
    for body in NO_ANSWERS.into_iter().chain(["{}", r#"{"id":0}"#]) {
        fails(create, (201, body), "unreadable", Effect::Unknown).await;
    }
    let delivered = LabelStatus::Delivered;
    let update = async |it: Client| {
        let label = LabelId::new(5).unwrap();
        it.labels().update_status(label, &delivered).await
    };
    let line = format!("PUT {LABELS}/5");
    let body = json!({ "status": "delivered" });
    for answer in [(200, r#"{"id":5,"status":"delivered"}"#), (204, "")] {
        sends(update, &line, Some(body.clone()), answer).await;
    }
    let gone = r#"{"code":"NOT_FOUND","message":"No such label."}"#;
    fails(update, (404, gone), "not_found", Effect::NotApplied).await;
}

fn wanted() -> Value {
    json!({
        "id": "67329889100573",
        "return_id": 99_904_598,
        "shop_id": "12",
        "status": "issued",
        "created_at": "2026-11-01T10:00:00Z",
        "addresses": {
            "origin": {
                "name": "Eliza Canary", "address1": "1 Canary Row", "city": "Canary", "region": "CA",
                "postal_code": 90_210, "country": "United States", "country_code": "US",
            },
            "destination": null,
        },
        "parcel": { "height": 4.5, "length": 10, "width": "6", "weight": 320.0 },
        "products": [{
            "name": "Tee", "sku": "TEE-M", "hs_code": "6109", "country_of_origin": "PT",
            "price": { "amount": 2500, "currency": "USD" },
        }],
        "errors": [{ "reason": "INVALID_ADDRESS", "message": "No Canary Row", "created_at": null }],
    })
}

fn check_wanted(request: &LabelRequest) {
    assert_eq!(request.id, request_id());
    assert_eq!(request.return_id, Some(id()));
    assert_eq!(request.status, Some(LabelRequestStatus::Issued));
    let addresses = request.addresses.as_ref().unwrap();
    let origin = addresses.origin.as_ref().unwrap();
    assert_eq!(origin.region.as_ref().unwrap().reveal(), "CA");
    assert_eq!(origin.postal_code.as_ref().unwrap().reveal(), "90210");
    assert!(addresses.destination.is_none());
    let parcel = request.parcel.as_ref().unwrap();
    assert_eq!((parcel.width, parcel.weight), (Some(6.0), Some(320.0)));
    let price = request.products[0].price.as_ref().unwrap();
    assert_eq!(price.amount, Some(2500));
    assert_eq!(request.errors[0].reason, LabelErrorReason::InvalidAddress);
    let printed = format!("{request:?}");
    assert!(!printed.contains("Canary"), "{printed}");
}

#[tokio::test]
async fn label_requests_are_listed_and_read() {
    let time = |seconds| Timestamp::from_unix_seconds(seconds);
    for (query, line) in [
        (LabelRequestsQuery::new(), String::new()),
        (
            LabelRequestsQuery::new()
                .from(time(0))
                .to(time(60))
                .return_id(id())
                .status(LabelRequestStatus::Issued)
                .limit(250)
                .offset(50),
            "?from=1970-01-01T00%3A00%3A00Z&to=1970-01-01T00%3A01%3A00Z&return_id=99904598\
             &status=issued&limit=250&offset=50"
                .to_owned(),
        ),
        (LabelRequestsQuery::new().limit(0), "?limit=0".to_owned()),
    ] {
        let call = async |it: Client| it.label_requests().list(&query).await;
        let answer = json!({ "data": [wanted()] }).to_string();
        let line = format!("GET {REQUESTS}{line}");
        let page = sends(call, &line, None, (200, &answer)).await;
        assert_eq!(page.len(), 1);
        check_wanted(&page[0]);
    }
    let get = async |it: Client| it.label_requests().get(&request_id()).await;
    let line = format!("GET {REQUESTS}/67329889100573");
    check_wanted(&sends(get, &line, None, (200, &wanted().to_string())).await);
    let gone = r#"{"code":"NOT_FOUND","message":"No such request."}"#;
    fails(get, (404, gone), "not_found", Effect::NotApplied).await;

    let list = async |it: Client| it.label_requests().list(&LabelRequestsQuery::new()).await;
    for body in NO_ANSWERS.into_iter().chain(["{}", "[]"]) {
        fails(get, (200, body), "unreadable", Effect::Unknown).await;
        fails(list, (200, body), "unreadable", Effect::Unknown).await;
    }
    for body in [
        r#"{"data":null}"#,
        r#"{"data":{}}"#,
        r#"{"data":[{}]}"#,
        r#"{"data":[["7"]]}"#,
    ] {
        fails(list, (200, body), "unreadable", Effect::Unknown).await;
    }
    for (query, what) in [
        (LabelRequestsQuery::new().limit(251), "at most 250"),
        (
            LabelRequestsQuery::new().from(time(60)).to(time(0)),
            "ends before",
        ),
    ] {
        let call = async |it: Client| it.label_requests().list(&query).await;
        refuses(call, ApiVersion::default(), what).await;
        let call = async |it: Client| {
            let mut rows = Box::pin(it.label_requests().stream(query.clone()));
            rows.next().await.unwrap()
        };
        refuses(call, ApiVersion::default(), what).await;
    }
}

#[tokio::test]
async fn label_requests_are_walked_by_offset() {
    type Walked = Vec<Result<LabelRequest, Error>>;
    async fn walk(query: LabelRequestsQuery, answers: &[(u16, &str)]) -> (Walked, Vec<String>) {
        let script = scripted(answers);
        let rows = client(&script).label_requests().stream(query);
        (rows.collect().await, script.sent())
    }
    let two = LabelRequestsQuery::new().limit(2);
    let full = r#"{"data":[{"id":1},{"id":"2"}]}"#;
    // The second page repeats a row, and one of its rows cannot be read.
    let mixed = r#"{"data":[{"id":2},{"id":"3"}]}"#;
    let broken = r#"{"data":[{"id":"4"},{"id":"a/b"}]}"#;
    for (last, ids) in [
        (r#"{"data":[]}"#, vec!["1", "2", "3", "4", "?"]),
        (r#"{"data":[{"id":5}]}"#, vec!["1", "2", "3", "4", "?", "5"]),
    ] {
        let answers = [(200, full), (200, mixed), (200, broken), (200, last)];
        let (rows, lines) = walk(two.clone().offset(10), &answers).await;
        let seen: Vec<&str> = rows
            .iter()
            .map(|row| row.as_ref().map_or("?", |row| row.id.as_str()))
            .collect();
        assert_eq!(seen, ids);
        let expected: Vec<String> = [10, 12, 14, 16]
            .iter()
            .map(|offset| format!("GET {REQUESTS}?limit=2&offset={offset}"))
            .collect();
        assert_eq!(lines, expected);
    }

    let (rows, lines) = walk(LabelRequestsQuery::new(), &[(200, full)]).await;
    assert_eq!(
        (rows.len(), lines.len()),
        (2, 1),
        "a short page is the last"
    );
    assert!(lines[0].ends_with("?limit=250"), "{lines:?}");

    let (rows, lines) = walk(
        LabelRequestsQuery::new().limit(0),
        &[(200, r#"{"data":[]}"#)],
    )
    .await;
    assert_eq!((rows.len(), lines.len()), (0, 1));

    // A page of which nothing can be read is not the last, and does not come twice.
    let (unread, other) = (r#"{"data":[{"id":"a/b"}]}"#, r#"{"data":[{"id":"c/d"}]}"#);
    let one = LabelRequestsQuery::new().limit(1);
    let good = r#"{"data":[{"id":"1"}]}"#;
    let answers = [
        (200, unread),
        (200, other),
        (200, good),
        (200, r#"{"data":[]}"#),
    ];
    let (rows, lines) = walk(one.clone(), &answers).await;
    let read: Vec<bool> = rows.iter().map(Result::is_ok).collect();
    assert_eq!((read, lines.len()), (vec![false, false, true], 4));
    let (rows, lines) = walk(one, &[(200, unread)]).await;
    assert_eq!(lines.len(), 2, "{rows:?}");
    let last = rows.last().unwrap().as_ref().unwrap_err();
    assert!(matches!(last.kind(), ErrorKind::Paging(PagingFault::Loop)));

    // A server that does not heed the offset.
    let (rows, lines) = walk(two.clone(), &[(200, full)]).await;
    let [Ok(_), Ok(_), Err(error)] = &rows[..] else {
        panic!("{rows:?}")
    };
    assert!(
        matches!(error.kind(), ErrorKind::Paging(PagingFault::Loop)),
        "{error:?}"
    );
    assert_eq!(lines.len(), 2);

    let (rows, _) = walk(two, &[(200, full), (401, "{}")]).await;
    let [Ok(_), Ok(_), Err(error)] = &rows[..] else {
        panic!("{rows:?}")
    };
    assert_eq!(error.kind().name(), "unauthorized");
}

#[tokio::test]
async fn a_label_error_is_reported() {
    let line = format!("POST {REQUESTS}/67329889100573/errors");
    for (reason, message, body) in [
        (
            LabelErrorReason::InsufficientFunds,
            None,
            json!({ "reason": "INSUFFICIENT_FUNDS" }),
        ),
        (
            LabelErrorReason::Other,
            Some("No Canary Row"),
            json!({ "reason": "Other", "message": "No Canary Row" }),
        ),
    ] {
        let call = async |it: Client| {
            let requests = it.label_requests();
            requests.report_error(&request_id(), &reason, message).await
        };
        let mut answer = body.clone();
        answer["created_at"] = json!("2026-11-01T10:00:00Z");
        let error = sends(call, &line, Some(body), (200, &answer.to_string())).await;
        assert_eq!(error.reason, reason);
        assert_eq!(error.message.as_ref().map(Personal::reveal), message);
        assert!(error.created_at.is_some());
        assert!(!format!("{error:?}").contains("Canary"));
    }
    let call = async |it: Client| {
        let reason = LabelErrorReason::InvalidAddress;
        it.label_requests()
            .report_error(&request_id(), &reason, None)
            .await
    };
    let gone = r#"{"code":"NOT_FOUND","message":"No such request."}"#;
    fails(call, (404, gone), "not_found", Effect::NotApplied).await;
    for body in NO_ANSWERS.into_iter().chain(["{}", "[]"]) {
        fails(call, (200, body), "unreadable", Effect::Unknown).await;
    }
}
