//! What is checked, in the order in which it is printed.

mod answers;
mod by_hand;
mod destinations;
mod endpoint;
mod key;
mod name;
mod scopes;
mod subscriptions;

use std::error::Error;

use ams_oms_client::MerchantId;
use answers::{Answers, Closed};
use loop_client::Timestamp;

use crate::report::{Report, State};
use crate::settings::Account;

/// Where keys and subscriptions are made. Rests on
/// <https://docs.loopreturns.com/api-reference/authentication>.
pub(crate) const ADMIN: &str =
    "Loop's admin (Returns Management > Tools & integrations > Developer Tools)";

pub(crate) async fn run(
    account: &Account,
    merchant: &MerchantId,
    fix: bool,
    now: Timestamp,
) -> Report {
    let Account {
        client,
        webhook_url,
        secret,
        ..
    } = account;
    let name = webhook_url
        .as_ref()
        .and_then(|url| name::line(url, merchant));
    // Loop is not told to send a merchant's webhooks to another one.
    let is_anothers = name.as_ref().is_some_and(|it| it.state == State::Wrong);
    let fix = fix && !is_anothers;
    let mut answers = Answers::ask(client, now).await;
    let mut made = Vec::new();
    if let (true, Some(url), Ok(known)) = (fix, webhook_url, &answers.webhooks) {
        made = subscriptions::make_missing(client, known, url).await;
        // What Loop says afterwards counts, not what its answers said on the way.
        answers.webhooks = answers::open(client.webhooks().list()).await;
    }
    let key = key::section(&answers, client.version());
    let scopes = scopes::section(&answers, fix);
    if !answers.key_is_known() {
        // That such a key may not read them says nothing of them.
        answers.webhooks = Err(Closed::NotAsked);
        answers.destinations = Err(Closed::NotAsked);
    }
    let url = webhook_url.as_ref();
    let mut endpoint = endpoint::check(url, secret.as_ref(), merchant).await;
    endpoint.lines.extend(name);
    Report::new(vec![
        key,
        scopes,
        destinations::section(&answers.destinations),
        subscriptions::section(&answers.webhooks, url, fix, &made),
        endpoint,
        by_hand::section(&answers.webhooks),
    ])
}

/// The last cause, which says most: `Connection refused` rather than "it failed".
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
