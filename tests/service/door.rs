//! What strangers, thieves, broken proxies and slow clients send to the webhook endpoint.

use std::collections::BTreeMap;

use axum::body::Bytes;
use loop_client::webhook::sign;
use reqwest::StatusCode;

use crate::audit::Mercy;
use crate::front::Webhook;
use crate::merchant::{Traits, a_mix};
use crate::oms_side::Goods;
use crate::patience::{hold, until};
use crate::service::{Service, client};
use crate::slow;
use crate::town::Town;

const MEBIBYTE: usize = 1024 * 1024;
/// No webhook of Loop's comes near to it.
const LARGE: usize = 512 * 1024;

/// Another merchant's webhooks are none of this one's.
const MERCHANTS: [Traits; 2] = [Traits::usual("acme"), Traits::usual("bolt")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_knocks_at_the_door_those_who_may_enter_are_served() {
    let mut town = Town::found(&MERCHANTS).await;
    town.start_service().await;
    let ids = town
        .merchant("acme")
        .submit(a_mix(5).chain([Goods::OnTheWay]))
        .await;
    town.merchant("bolt").submit([Goods::OnTheWay]).await;
    town.settled_but(&["bolt"], 0).await;

    let knocks = knocks(&mut town);
    let expected = knocks.iter().fold(BTreeMap::new(), |mut counts, knock| {
        *counts.entry(knock.outcome).or_insert(0.0) += 1.0;
        counts
    });
    let service = &town.services[0];
    let before = service.metrics().await;
    for knock in &knocks {
        let status = knock.at(service).await;
        assert_eq!(status, knock.status, "{}", knock.what);
    }
    let after = service.metrics().await;
    for (outcome, count) in expected {
        let labels = [("merchant", "acme"), ("outcome", outcome)];
        let counted = |it: &crate::metrics::Metrics| it.sum("webhooks_total", &labels);
        // Loop's own webhooks arrive besides.
        let more = counted(&after) - counted(&before);
        assert!(more >= count, "{outcome}: {more} of {count} are counted");
    }
    too_large(service, &town.front.copies("acme")[0]).await;
    nobodys(service, &town.front.copies("acme")[0]).await;
    slow::clients_are_cut_off(service, &town.front.copies("acme")[0]).await;

    nobody_but_operators(service).await;

    town.receive("acme", &ids).await;
    town.settled().await;
    let slow = slow::clients_who_stay(&town.services[0]);
    town.look_around().await;
    town.stop_services().await;
    drop(slow);
    town.audit(Mercy::default()).await;
}

/// One request, and what it is answered with.
struct Knock {
    what: &'static str,
    merchant: &'static str,
    signatures: Vec<String>,
    body: Bytes,
    status: u16,
    /// As what it is counted.
    outcome: &'static str,
}

impl Knock {
    async fn at(&self, service: &Service) -> u16 {
        let url = format!("{}/webhooks/loop/{}", service.url, self.merchant);
        let mut request = client().post(url);
        for signature in &self.signatures {
            request = request.header("X-Loop-Signature", signature);
        }
        let answer = request.body(self.body.clone()).send().await.unwrap();
        answer.status().as_u16()
    }
}

fn knocks(town: &mut Town) -> Vec<Knock> {
    let real = town.front.copies("acme")[0].clone();
    let bolts = town.merchant("bolt").next_secret();
    let acme = town.merchant("acme");
    let (secret, next) = (acme.loop_side.secret.clone(), acme.next_secret());
    let signed = |body: &[u8]| sign(secret.as_bytes(), body);
    let knock = |what, signatures: Vec<String>, body: &[u8], status, outcome| Knock {
        what,
        merchant: "acme",
        signatures,
        body: Bytes::copy_from_slice(body),
        status,
        outcome,
    };
    let mut changed = real.body.to_vec();
    let last = changed.len() - 2;
    changed[last] ^= 1;
    let mut padded = real.body.to_vec();
    padded.resize(LARGE, b' ');
    let good = real.signature.clone();
    let by = |secret: &str| vec![sign(secret.as_bytes(), &real.body)];
    let refused = |what, signatures, body: &[u8]| knock(what, signatures, body, 401, "refused");
    let mut knocks = vec![
        knock(
            "Loop's own",
            vec![good.clone()],
            &real.body,
            200,
            "recorded",
        ),
        knock(
            "signed with the next secret",
            by(&next),
            &real.body,
            200,
            "recorded",
        ),
        knock(
            "very large",
            vec![signed(&padded)],
            &padded,
            200,
            "recorded",
        ),
        refused("unsigned", vec![], &real.body),
        refused("not a signature", vec!["Basic x".to_owned()], &real.body),
        refused("signed twice", vec![good.clone(), good.clone()], &real.body),
        refused("changed on the way", vec![good.clone()], &changed),
        refused("signed by another merchant", by(&bolts), &real.body),
        refused("nothing, signed", vec![signed(b"")], b""),
        knock(
            "of a topic to come",
            vec![signed(
                br#"{"topic":"weather","trigger":"weather.changed","id":1}"#,
            )],
            br#"{"topic":"weather","trigger":"weather.changed","id":1}"#,
            200,
            "ignored",
        ),
    ];
    let deep = vec![b'['; 200_000];
    for broken in [
        &b"{\"topic\":\"return\",\"id\":"[..],
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        br#"{"topic":"return","trigger":"return.created"}"#,
        br#"{"topic":"return","trigger":"return.created","id":"../../etc/passwd"}"#,
        &deep,
    ] {
        knocks.push(knock(
            "signed nonsense",
            vec![signed(broken)],
            broken,
            200,
            "unreadable",
        ));
    }
    knocks
}

/// Its answer may be overtaken by the end of the connection, while the body is still being sent.
async fn too_large(service: &Service, real: &Webhook) {
    const PIECE: usize = 65_536;
    let url = format!("{}/webhooks/loop/acme", service.url);
    for whole in [true, false] {
        until("an answer to what is too large", async || {
            let body = if whole {
                vec![b' '; MEBIBYTE + 1].into()
            } else {
                // Without its length beforehand.
                let pieces = (0..48).map(|_| Ok::<_, std::io::Error>(vec![b' '; PIECE]));
                reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
            };
            let request = client()
                .post(&url)
                .header("X-Loop-Signature", &real.signature);
            match request.body(body).send().await {
                Ok(answer) if answer.status() == StatusCode::PAYLOAD_TOO_LARGE => Ok(()),
                Ok(answer) => panic!("{}", answer.status()),
                Err(error) => Err(error.to_string()),
            }
        })
        .await;
    }
    let labels = [("merchant", "acme"), ("outcome", "too_large")];
    service
        .metric("webhooks_total", &labels, |count| count >= 2.0)
        .await;
}

/// Nothing is told of who is served here, and nothing is counted under names that strangers make
/// up.
async fn nobodys(service: &Service, real: &Webhook) {
    for merchant in ["nobody", "acme%00", "..%2Facme", "ACME", "a%22b"] {
        let webhook = Webhook {
            merchant: merchant.to_owned(),
            ..real.clone()
        };
        let status = service.send(&webhook).await;
        assert_eq!(status, Some(StatusCode::NOT_FOUND), "{merchant}");
    }
    let (status, metrics) = service.get("/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        !metrics.contains("nobody"),
        "a stranger's name is in the metrics"
    );
    let read = client()
        .get(format!("{}/webhooks/loop/acme", service.url))
        .send()
        .await;
    let is_refused = hold(
        read.unwrap().status() == StatusCode::METHOD_NOT_ALLOWED,
        String::new,
    );
    assert!(is_refused.is_ok(), "a webhook is posted");
}

/// With two addresses, each serves what belongs there, and nothing else.
async fn nobody_but_operators(service: &Service) {
    let (loops, operators) = (&service.url, &service.operators);
    for path in ["/", "/metrics", "/page.css"] {
        let inside = service.get_from(operators, path).await.0;
        let outside = service.get_from(loops, path).await.0;
        assert_eq!(
            (inside, outside),
            (StatusCode::OK, StatusCode::NOT_FOUND),
            "{path}"
        );
    }
    let ready = service.get_from(loops, "/readyz").await;
    assert_eq!(ready, (StatusCode::OK, r#"{"ready":true}"#.to_owned()));
    let (status, _) = service.get_from(operators, "/webhooks/loop/acme").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
