//! Which webhooks Loop sends to the service.

use std::fmt;

use loop_client::webhook::{Topic, Trigger};
use loop_client::{Client, Error, Scope, Subscription, SubscriptionStatus, WebhookId};
use reqwest::Url;

use super::answers::{Answer, Closed};
use crate::report::{Line, Section, State};
use crate::settings::shown;

/// A webhook that the bridge listens to. In Loop's admin the trigger is called Event and the topic
/// Response.
pub(crate) struct Wanted {
    topic: Topic,
    trigger: Trigger,
    meaning: &'static str,
    /// Older versions of Loop do not know the last one. Without it a refund that failed is found
    /// when its deadline is over.
    needed: bool,
}

pub(crate) fn wanted() -> [Wanted; 4] {
    let of_return = |trigger, meaning| Wanted {
        topic: Topic::Return,
        trigger,
        meaning,
        needed: true,
    };
    [
        of_return(Trigger::ReturnCreated, "the RMA is made at once."),
        of_return(
            Trigger::ReturnUpdated,
            "the RMA follows what the merchant changes.",
        ),
        of_return(
            Trigger::ReturnClosed,
            "a refund is known to be done at once.",
        ),
        Wanted {
            topic: Topic::ReturnProcessing,
            trigger: Trigger::ProcessingFailed,
            meaning: "a refund that failed is known at once.",
            needed: false,
        },
    ]
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.topic, self.trigger)
    }
}

impl Wanted {
    fn is_pair_of(&self, known: &Subscription) -> bool {
        known.topic.as_ref() == Some(&self.topic) && known.trigger.as_ref() == Some(&self.trigger)
    }

    fn among<'a>(
        &'a self,
        known: &'a [Subscription],
        url: &'a Url,
    ) -> impl Iterator<Item = &'a Subscription> {
        known
            .iter()
            .filter(move |it| self.is_pair_of(it) && goes_to(it, url))
    }

    /// Where else on the host of the address it is sent to.
    fn near(&self, known: &[Subscription], url: &Url) -> Option<(WebhookId, Url)> {
        let pairs = known.iter().filter(|it| self.is_pair_of(it));
        let mut near = pairs.filter_map(|it| {
            let other = Url::parse(&it.url).ok()?;
            (other != *url && other.host_str() == url.host_str()).then_some((it.id, other))
        });
        near.next()
    }
}

/// Two spellings of one address are one: what differs in case of the host or in a default port.
fn goes_to(known: &Subscription, url: &Url) -> bool {
    Url::parse(&known.url).is_ok_and(|known| known == *url)
}

/// What `--fix` did about one webhook.
pub(crate) struct Made {
    trigger: Trigger,
    result: Result<WebhookId, Error>,
}

/// Makes what is not there at all. One that is switched off was switched off by somebody, or by
/// Loop after too many failures, and is not doubled.
pub(crate) async fn make_missing(client: &Client, known: &[Subscription], url: &Url) -> Vec<Made> {
    let mut made = Vec::new();
    for it in wanted() {
        if it.among(known, url).next().is_some() {
            continue;
        }
        let webhooks = client.webhooks();
        let new = webhooks.create(&it.topic, &it.trigger, url.as_str());
        made.push(Made {
            result: new.await.map(|new| new.id),
            trigger: it.trigger,
        });
    }
    made
}

pub(crate) fn section(
    answer: &Answer<Vec<Subscription>>,
    url: Option<&Url>,
    fix: bool,
    made: &[Made],
) -> Section {
    let title = match url {
        Some(url) => format!("Webhook subscriptions for {}", shown(url)),
        None => "Webhook subscriptions".to_owned(),
    };
    let lines = match (answer, url) {
        (Ok(known), Some(url)) => judged(known, url, fix, made),
        (Ok(known), None) => {
            let meaning = "give --webhook-url to see whether all are there that the bridge wants.";
            let mut lines = vec![Line::new(State::NotChecked, "Subscriptions", meaning)];
            lines.extend(known.iter().map(|it| elsewhere(it, None)));
            lines
        }
        (Err(Closed::NotAsked), _) => {
            let meaning = "the key comes first.";
            vec![Line::new(State::NotChecked, "Subscriptions", meaning)]
        }
        (Err(closed), Some(url)) => vec![unseen(closed, url, fix)],
        (Err(closed), None) => {
            let meaning = match closed.lacks_scope() {
                true => "the key may not see them.".to_owned(),
                false => format!("not known: {}.", closed.why()),
            };
            vec![Line::new(State::NotChecked, "Subscriptions", meaning)]
        }
    };
    Section::new(title, lines)
}

fn judged(known: &[Subscription], url: &Url, fix: bool, made: &[Made]) -> Vec<Line> {
    let mut lines: Vec<Line> = wanted()
        .iter()
        .map(|it| {
            let line = one(it, known, url, fix, made);
            if it.needed { line } else { line.optional() }
        })
        .collect();
    let others = known.iter().filter(|it| !goes_to(it, url));
    lines.extend(others.map(|it| elsewhere(it, Some(url))));
    lines
}

fn one(wanted: &Wanted, known: &[Subscription], url: &Url, fix: bool, made: &[Made]) -> Line {
    let what = wanted.to_string();
    let has = |status: &SubscriptionStatus| {
        let found = wanted.among(known, url);
        let found = found.filter(|it| it.status.as_ref() == Some(status));
        found.map(|it| format!("#{}", it.id)).collect::<Vec<_>>()
    };
    let active = has(&SubscriptionStatus::Active);
    if let [first, rest @ ..] = active.as_slice() {
        let is_new = made
            .iter()
            .filter_map(|it| it.result.as_ref().ok())
            .any(|id| format!("#{id}") == *first);
        let new = if is_new { ", made just now" } else { "" };
        let twice = match rest {
            [] => String::new(),
            rest => format!(
                " Loop sends it to {} more, which does no harm: {}.",
                rest.len(),
                rest.join(", ")
            ),
        };
        let meaning = format!("{first}{new}; {}{twice}", wanted.meaning);
        return Line::new(State::Ok, what, meaning);
    }
    if let Some(off) = has(&SubscriptionStatus::Inactive).first() {
        let meaning = format!(
            "{off} is switched off and sends nothing. Somebody did that, or Loop did after \
             too many failures."
        );
        return Line::new(State::Wrong, what, meaning).step(format!(
            "Find out why a subscription was switched off, and switch it on again in {PAGE}. \
             --fix does not."
        ));
    }
    if let Some(odd) = wanted.among(known, url).next() {
        let meaning = format!("#{} is there; Loop does not say whether it sends.", odd.id);
        return Line::new(State::Unknown, what, meaning).step(format!("Look at it in {PAGE}."));
    }
    let near = wanted.near(known, url);
    let step = match (fix, &near) {
        (true, _) => by_hand(url),
        (false, None) => format!("Run setup again with --fix, or by hand: {}", by_hand(url)),
        (false, Some((_, near))) => format!(
            "See whether --webhook-url is right: Loop has the same for {}, on the same host. If \
             both are, run setup again with --fix, or by hand: {}",
            shown(near),
            by_hand(url)
        ),
    };
    let tried = made.iter().find(|it| it.trigger == wanted.trigger);
    let meaning = match (tried.map(|it| &it.result), near) {
        (Some(Err(error)), _) => format!("it could not be made: {error}."),
        (_, Some((id, near))) => {
            format!("#{id} has it for {}, not for this address.", shown(&near))
        }
        (_, None) => format!("with it, {}", wanted.meaning),
    };
    Line::new(State::Missing, what, meaning).step(step)
}

/// Rests on Loop's help articles 154 and 1911681.
const PAGE: &str = "https://admin.loopreturns.com/settings/developers (not every plan has \
    that page)";

fn by_hand(url: &Url) -> String {
    format!(
        "make a webhook for each that is missing in {PAGE}. Response is what stands before the \
         slash, Event what stands after it, and the address is {}. The webhook secret is shown \
         there too.",
        shown(url)
    )
}

fn unseen(closed: &Closed, url: &Url, fix: bool) -> Line {
    let what = "Subscriptions";
    if !closed.lacks_scope() {
        let meaning = format!("not known: {}.", closed.why());
        return Line::new(State::Unknown, what, meaning);
    }
    let pairs = wanted().map(|it| it.to_string()).join(", ");
    let meaning = format!(
        "the key may not see them (scope {}). The bridge wants {pairs}.",
        Scope::DeveloperTools
    );
    let line = Line::new(State::Unknown, what, meaning).step(by_hand(url));
    if fix { line } else { line.optional() }
}

/// Somebody else's, which is left alone. Of an address elsewhere only the host is shown: the rest
/// may hold a secret.
fn elsewhere(known: &Subscription, ours: Option<&Url>) -> Line {
    let topic = known.topic.as_ref().map_or("?", Topic::as_str);
    let trigger = known.trigger.as_ref().map_or("?", Trigger::as_str);
    let status = known.status.as_ref();
    let status = status.map_or("of no known status", SubscriptionStatus::as_str);
    let url = Url::parse(&known.url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or("nowhere");
    let near = match (&url, ours) {
        (Some(url), Some(ours)) if url.host_str() == ours.host_str() => {
            format!(", not to this address but to {}", shown(url))
        }
        _ => format!(", to {host}"),
    };
    let what = format!("#{}", known.id);
    let alone = if ours.is_some() { "; left alone" } else { "" };
    let meaning = format!("{topic} / {trigger}{near} ({status}){alone}.");
    Line::new(State::Note, what, meaning)
}
