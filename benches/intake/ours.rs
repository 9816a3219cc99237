use ams_loop_bridge::{Mapping, Policy, map_return};
use ams_oms_client::MerchantId;
use loop_client::webhook::{Event, ReturnEvent, WebhookVerifier};

use crate::Webhook;

/// What a server of ours has at hand when a webhook arrives.
pub(crate) struct Intake {
    verifier: WebhookVerifier,
    merchant: MerchantId,
    policy: Policy,
}

impl Intake {
    pub(crate) fn new(secret: &str) -> Self {
        Self {
            verifier: WebhookVerifier::new([secret]).unwrap(),
            merchant: "acme".parse().unwrap(),
            policy: Policy::default(),
        }
    }

    /// That what is measured is the work itself and not a refusal.
    pub(crate) fn check(&self, webhook: &Webhook) {
        let Mapping::Owed { rma, .. } = self.take(webhook) else {
            panic!("goods are owed by this return");
        };
        assert_eq!(
            rma.lines.len(),
            self.decode(&webhook.body).data.lines().len()
        );
    }

    pub(crate) fn take(&self, webhook: &Webhook) -> Mapping {
        self.verify(webhook);
        self.map(&self.decode(&webhook.body))
    }

    /// The signature is looked for among the headers that a request of Loop's may have.
    pub(crate) fn verify(&self, webhook: &Webhook) {
        let headers = [
            ("host", "oms.example.com"),
            ("user-agent", "GuzzleHttp/7"),
            ("accept", "*/*"),
            ("content-type", "application/json"),
            ("content-length", "3041"),
            ("x-loop-signature", &webhook.signature),
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-proto", "https"),
        ];
        self.verifier
            .verify_request(headers, &webhook.body)
            .unwrap();
    }

    pub(crate) fn decode(&self, body: &[u8]) -> Box<ReturnEvent> {
        match Event::decode(body).unwrap() {
            Event::Return(event) => event,
            other => panic!("not a return: {}", other.topic()),
        }
    }

    pub(crate) fn map(&self, event: &ReturnEvent) -> Mapping {
        map_return(&self.merchant, &self.policy, &event.data)
    }
}
