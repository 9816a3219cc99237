//! Every row of the table of calls, made once: with all scopes, without each of them, and with
//! answers that hold more than anybody knows.

use std::collections::{BTreeSet, HashSet};
use std::num::NonZeroU64;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt as _;
use loop_client::sandbox::{Fault, On, Sandbox};
use loop_client::webhook::{Topic, Trigger};
use loop_client::{
    ApiVersion, Assessment, Call, CartToken, Client, ConditionCategory, ConditionGrade,
    ConditionSubject, DeepLink, DestinationAddress, DestinationType, DispositionOutcome, Effect,
    Error, FraudCategory, Grade, LabelErrorReason, LabelRate, LabelRequestsQuery, LabelStatus,
    Listings, NewDestination, NewLabel, NewListing, Observation, Observer, OrderId, QrCode,
    RawJson, Result, ReturnsQuery, Scope, SubscriptionStatus,
};
use serde_json::{Map, Value, json};

use crate::shop::{Shop, shirts};

const VERSIONS: [ApiVersion; 4] = [
    ApiVersion::V2026_10,
    ApiVersion::V2026_07,
    ApiVersion::V1,
    ApiVersion::Unstable,
];

/// The calls that ended without an error.
#[derive(Debug, Default)]
struct Succeeded(Mutex<HashSet<Call>>);

impl Observer for Succeeded {
    fn observe(&self, seen: &Observation<'_>) {
        if let Observation::Call {
            call, error: None, ..
        } = seen
        {
            self.0.lock().unwrap().insert(*call);
        }
    }
}

impl Succeeded {
    fn missing(&self) -> Vec<Call> {
        let made = self.0.lock().unwrap();
        let all = Call::ALL.iter().copied();
        all.filter(|call| !made.contains(call)).collect()
    }
}

/// Makes every call once, in an order in which all of them can succeed.
struct Round<'a> {
    shop: &'a Shop,
    client: Client,
    failed: Vec<Error>,
}

impl<'a> Round<'a> {
    async fn of(shop: &'a Shop, client: Client) -> Vec<Error> {
        let mut round = Self {
            shop,
            client,
            failed: Vec::new(),
        };
        round.returns().await;
        round.actions().await;
        round.grading().await;
        round.labels().await;
        round.label_requests().await;
        round.destinations().await;
        round.happy_returns().await;
        round.listings().await;
        round.carts().await;
        round.orders().await;
        round.webhooks().await;
        round.failed
    }

    fn note<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.failed.push(error)).ok()
    }

    async fn returns(&mut self) {
        let (client, id) = (self.client.clone(), self.shop.submit(shirts()));
        let (from, to) = self.shop.around_now();
        self.note(client.returns().get(id).await);
        let rows = client.returns().list(ReturnsQuery::created(from, to));
        self.note(rows.try_collect::<Vec<_>>().await);
        let rows = client.reports().asn(from, to);
        self.note(rows.try_collect::<Vec<_>>().await);
        self.note(client.notes(id).create("a note").await);
        self.note(client.notes(id).list().await);
        let worn = FraudCategory::ItemIsWorn;
        self.note(client.returns().report_fraud(id, &worn, None).await);
        self.note(client.returns().withdraw_fraud_report(id).await);
        let link = DeepLink::new("#1001", "62701");
        self.note(client.deep_links().create(&link).await);
        self.note(client.deep_links().create_qr(&link, &QrCode::new()).await);
    }

    async fn actions(&mut self) {
        let client = self.client.clone();
        let [a, b, c, d, e] = std::array::from_fn(|_| self.shop.submit(shirts()));
        self.note(client.returns().process(a).await);
        self.note(client.returns().flag(b).await);
        self.note(client.returns().cancel(c).await);
        self.note(client.returns().close(d).await);
        let lost = self.shop.lines(e)[0];
        self.note(client.returns().remove_line_items(e, &[lost]).await);
    }

    async fn grading(&mut self) {
        let client = self.client.clone();
        let line = self.shop.lines(self.shop.submit(shirts()))[0];
        let category: ConditionCategory = match client.version() {
            ApiVersion::V2026_07 | ApiVersion::V1 => ConditionGrade::GradeA.into(),
            _ => ConditionSubject::new("Item condition grade", "Grade A").into(),
        };
        let grade = Grade::new(line, "as new").category(category);
        self.note(client.grading().grade(&[grade]).await);
        let stock = Assessment::new(line, DispositionOutcome::BackToStock);
        self.note(client.grading().assess(&[stock]).await);
    }

    async fn labels(&mut self) {
        let (client, id) = (self.client.clone(), self.shop.submit(shirts()));
        self.note(client.labels().generate(id).await);
        self.note(client.labels().regenerate(id).await);
    }

    async fn label_requests(&mut self) {
        let (client, id) = (self.client.clone(), self.shop.submit(shirts()));
        let request = self.shop.sandbox.issue_label_request(id.get()).unwrap();
        let request = text_id(&request.to_string());
        self.note(client.label_requests().get(&request).await);
        let reason = LabelErrorReason::InvalidAddress;
        let requests = client.label_requests();
        self.note(requests.report_error(&request, &reason, None).await);
        let all = LabelRequestsQuery::new();
        self.note(client.label_requests().list(&all).await);
        let rate = LabelRate::new(795, "USD");
        let label = NewLabel::new(request, "1Z", "UPS", "https://labels.example.com/1", rate);
        let made = self.note(client.labels().create(&label).await);
        let label = made.map_or(any_id(), |made| made.id);
        let status = LabelStatus::InTransit;
        self.note(client.labels().update_status(label, &status).await);
    }

    async fn destinations(&mut self) {
        let client = self.client.clone();
        let dock = DestinationAddress::new("1 Dock Road", "Boise", "United States", "US");
        let dock = NewDestination::new(DestinationType::Warehouse, "Boise", dock);
        let made = self.note(client.destinations().create(&dock).await);
        let id = made.map_or(any_id(), |made| made.id);
        self.note(client.destinations().list().await);
        self.note(client.destinations().get(id).await);
        self.note(client.destinations().update(id, &dock).await);
        self.note(client.destinations().delete(id).await);
    }

    async fn happy_returns(&mut self) {
        let (client, id) = (self.client.clone(), self.shop.submit(shirts()));
        let box_id = self.shop.sandbox.record_shipment("HR-1", &[id.get()]);
        let (from, to) = self.shop.around_now();
        let rows = client.happy_returns().shipments(from, to);
        self.note(rows.try_collect::<Vec<_>>().await);
        self.note(client.happy_returns().shipment(&text_id("HR-1")).await);
        let rows = client.happy_returns().items(numeric_id(box_id));
        self.note(rows.try_collect::<Vec<_>>().await);
    }

    async fn listings(&mut self) {
        let client = self.client.clone();
        self.listing(client.blocklist()).await;
        self.listing(client.allowlist()).await;
    }

    async fn listing(&mut self, list: Listings<'_>) {
        let made = self.note(list.create(&NewListing::order("#1001")).await);
        let id = made.map_or(any_id(), |made| made.id);
        self.note(list.list().try_collect::<Vec<_>>().await);
        self.note(list.get(id).await);
        self.note(list.delete(id).await);
    }

    async fn carts(&mut self) {
        let client = self.client.clone();
        self.shop.sandbox.add_variant(7001);
        let made = self.note(client.carts().create(&[7001, 7001], None).await);
        let token: CartToken = made.map_or_else(|| text_id("none"), |made| made.token);
        self.note(client.carts().get(&token).await);
        self.note(client.carts().replace(&token, &[7001]).await);
        self.note(client.carts().delete(&token).await);
    }

    async fn orders(&mut self) {
        let client = self.client.clone();
        let order = order("#2001");
        let made = self.note(client.orders().create(&order).await);
        let id: OrderId = made.map_or_else(|| text_id("7"), |made| id_of(&made));
        self.note(client.orders().list(&[]).await);
        self.note(client.orders().get(&id).await);
        self.note(client.orders().update(&id, &order).await);
        self.note(client.orders().return_eligibility("#2001").await);
        self.note(client.orders().delete(&id).await);
        self.note(client.orders().upsert(&order).await);
    }

    async fn webhooks(&mut self) {
        let client = self.client.clone();
        let (topic, trigger, url) = (Topic::Return, Trigger::LabelCreated, "http://127.0.0.1:9/");
        let made = self.note(client.webhooks().create(&topic, &trigger, url).await);
        let id = made.map_or(any_id(), |made| made.id);
        self.note(client.webhooks().list().await);
        let off = SubscriptionStatus::Inactive;
        let webhooks = client.webhooks();
        self.note(webhooks.update(id, &topic, &trigger, url, &off).await);
        self.note(client.webhooks().delete(id).await);
    }
}

fn text_id<I: FromStr>(text: &str) -> I {
    text.parse().ok().unwrap()
}

fn numeric_id<I: From<NonZeroU64>>(id: u64) -> I {
    NonZeroU64::new(id).unwrap().into()
}

/// For the calls about something that could not be made.
fn any_id<I: From<NonZeroU64>>() -> I {
    numeric_id(7)
}

fn order(name: &str) -> Map<String, Value> {
    let order = json!({ "name": name, "created_at": "2026-06-01T10:00:00+00:00" });
    order.as_object().unwrap().clone()
}

fn id_of(order: &RawJson) -> OrderId {
    let order = order.get();
    text_id(order["id"].as_str().unwrap())
}

#[tokio::test]
async fn every_documented_call_succeeds_in_every_version() {
    for version in VERSIONS {
        let shop = Shop::at(version.clone()).await;
        let succeeded = Arc::new(Succeeded::default());
        let client = shop.another_client().observer(succeeded.clone());
        let failed = Round::of(&shop, client.build().unwrap()).await;
        assert!(failed.is_empty(), "{version:?}: {failed:#?}");
        assert_eq!(succeeded.missing(), [], "{version:?}");
    }
}

#[tokio::test]
async fn fields_and_values_that_nobody_knows_break_no_call() {
    for version in [ApiVersion::V2026_10, ApiVersion::V2026_07] {
        for fault in [Fault::unknown_fields(), Fault::unknown_values()] {
            let label = format!("{version:?} {fault:?}");
            let shop = Shop::at(version.clone()).await;
            let succeeded = Arc::new(Succeeded::default());
            let client = shop.another_client().observer(succeeded.clone());
            let fault = shop.sandbox.inject(fault, On::any());
            let failed = Round::of(&shop, client.build().unwrap()).await;
            assert!(failed.is_empty(), "{label}: {failed:#?}");
            assert_eq!(succeeded.missing(), [], "{label}");
            let calls = shop.sandbox.calls();
            assert!(calls.iter().all(|call| call.fault == Some(fault)));
        }
    }
}

#[tokio::test]
async fn a_key_without_a_scope_is_refused_by_the_calls_that_need_it_and_by_no_other() {
    let needed = Call::ALL.iter().filter_map(|call| call.scope());
    let scopes: BTreeSet<Scope> = needed.chain([Scope::LabelsRead]).collect();
    for missing in &scopes {
        let others = scopes.iter().filter(|scope| *scope != missing);
        let builder = Sandbox::builder().scopes(others.map(|scope| scope.value()));
        let shop = Shop::with(builder, ApiVersion::default()).await;
        let failed = Round::of(&shop, shop.client.clone()).await;
        let (unauthorized, other): (Vec<_>, Vec<_>) = failed
            .iter()
            .partition(|error| error.kind().name() == "unauthorized");
        let refused: HashSet<Call> = unauthorized.iter().map(|error| error.call()).collect();
        let expected = Call::ALL.iter().copied();
        let expected = expected.filter(|call| call.scope() == Some(*missing));
        assert_eq!(refused, expected.collect(), "{missing}");
        for error in unauthorized {
            let status = match error.call() {
                Call::RegenerateLabel => 403,
                _ => 401,
            };
            assert_eq!(error.status(), Some(status), "{error}");
            assert_eq!(error.effect(), Effect::NotApplied, "{error}");
            assert_eq!(error.attempts(), 1, "{error}");
            let named = format!("lacks the scope {missing}:");
            assert!(error.to_string().contains(&named), "{error}");
        }
        // What could not be made is not there.
        for error in other {
            assert_eq!(error.kind().name(), "not_found", "{missing}: {error}");
        }
        if *missing == Scope::Returns {
            let untouched = shop.sandbox.truth().into_iter().all(|truth| {
                truth.state == "open"
                    && truth.process_requests + truth.flag_calls == 0
                    && truth.notes.is_empty()
                    && truth.line_item_ids.len() == 2
            });
            assert!(untouched);
        }
    }
}
