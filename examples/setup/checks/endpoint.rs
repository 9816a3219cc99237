//! Whether the service takes Loop's webhooks and nobody else's. It is sent a webhook of a topic
//! that there is not: what the bridge ignores leaves no trace, and yet its signature is verified.

use std::time::Duration;

use ams_oms_client::MerchantId;
use loop_client::webhook::WebhookVerifier;
use reqwest::{Client, Url, redirect};

use super::root_cause;
use crate::report::{Line, Section, State};
use crate::settings::Secret;

const BODY: &str = r#"{"topic":"setup.check","trigger":"setup.check"}"#;

/// Loop's patience is not documented; nobody's is longer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What became of a webhook.
pub(crate) enum Reply {
    Status(u16),
    None(String),
}

pub(crate) async fn check(
    url: Option<&Url>,
    secret: Option<&Secret>,
    merchant: &MerchantId,
) -> Section {
    let lines = match (url, secret) {
        (Some(url), Some(secret)) => send_both(url, secret, merchant).await,
        (None, Some(_)) => vec![not_checked("give --webhook-url.")],
        (Some(_), None) => vec![not_checked("set LOOP_WEBHOOK_SECRET.")],
        (None, None) => vec![not_checked(
            "give --webhook-url and set LOOP_WEBHOOK_SECRET.",
        )],
    };
    Section::new("The service's webhook endpoint", lines)
}

fn not_checked(what: &str) -> Line {
    let meaning = format!("to send it a webhook that it ignores, {what}");
    Line::new(State::NotChecked, "Endpoint", meaning)
}

async fn send_both(url: &Url, secret: &Secret, merchant: &MerchantId) -> Vec<Line> {
    let good = send(url, secret.sign(BODY.as_bytes())).await;
    let mut lines = vec![taken(&good, merchant)];
    if answers_to_signatures(&good) {
        // A signature as good as any, but of another body.
        let forged = send(url, secret.sign(b"another body")).await;
        lines.push(refused(&forged));
    }
    lines
}

async fn send(url: &Url, signature: String) -> Reply {
    let builder = Client::builder()
        .timeout(PATIENCE)
        .redirect(redirect::Policy::none());
    // Plain http is this machine, which no proxy reaches.
    let builder = match url.scheme() {
        "http" => builder.no_proxy(),
        _ => builder,
    };
    let request = async {
        let request = builder.build()?.post(url.clone());
        let request = request.header("content-type", "application/json");
        let request = request.header(WebhookVerifier::HEADER, signature);
        request.body(BODY).send().await
    };
    match request.await {
        Ok(answer) => Reply::Status(answer.status().as_u16()),
        // The address may hold a secret.
        Err(error) => Reply::None(root_cause(&error.without_url())),
    }
}

/// Whether there is somebody who decides by the signature.
pub(crate) fn answers_to_signatures(reply: &Reply) -> bool {
    matches!(reply, Reply::Status(200..=299 | 401 | 403))
}

/// The reply to a webhook with Loop's signature.
pub(crate) fn taken(reply: &Reply, merchant: &MerchantId) -> Line {
    let what = "Takes Loop's signature";
    let wrong = |meaning: String, step: String| Line::new(State::Wrong, what, meaning).step(step);
    match reply {
        Reply::Status(status @ 200..=299) => {
            let meaning = format!(
                "HTTP {status} for a webhook signed with LOOP_WEBHOOK_SECRET, from this machine."
            );
            Line::new(State::Ok, what, meaning)
        }
        Reply::Status(status @ (401 | 403)) => wrong(
            format!("HTTP {status}, although it was signed with LOOP_WEBHOOK_SECRET."),
            "Give the service the webhook secret that LOOP_WEBHOOK_SECRET holds. If it has it, \
             see that nothing changes the body before the service verifies it."
                .to_owned(),
        ),
        Reply::Status(status @ (404 | 405)) => wrong(
            format!("HTTP {status}: nobody takes webhooks at this address."),
            format!(
                "Look at the address: the service's path is /webhooks/loop/{merchant}, if \
                 {merchant} (MERCHANT) is the merchant's id there."
            ),
        ),
        Reply::Status(status @ 300..=399) => wrong(
            format!("HTTP {status}, a redirect. That Loop follows one is not documented."),
            "Give the address that the redirect leads to.".to_owned(),
        ),
        Reply::Status(status) => wrong(
            format!("HTTP {status}. Loop may switch a subscription off that fails often."),
            "Look at the service's log, and at its /readyz.".to_owned(),
        ),
        Reply::None(why) => wrong(
            format!("no answer ({why})."),
            "See that the service runs, and that its address leads to it.".to_owned(),
        ),
    }
}

/// The reply to a webhook with a signature that is not Loop's.
pub(crate) fn refused(reply: &Reply) -> Line {
    let what = "Refuses any other";
    match reply {
        Reply::Status(status @ (401 | 403)) => {
            let meaning = format!("HTTP {status} for a webhook with a wrong signature.");
            Line::new(State::Ok, what, meaning)
        }
        Reply::Status(status @ 200..=299) => {
            let meaning = format!(
                "HTTP {status} for a webhook with a wrong signature: anybody can tell it of returns."
            );
            Line::new(State::Wrong, what, meaning).step(
                "Have the service verify X-Loop-Signature before it reads the body, and answer \
                 401: loop_client::webhook::WebhookVerifier.",
            )
        }
        Reply::Status(status) => {
            let meaning = format!("HTTP {status} for a wrong signature, where 401 is expected.");
            Line::new(State::Unknown, what, meaning)
        }
        Reply::None(why) => Line::new(State::Unknown, what, format!("no answer ({why}).")),
    }
}
