//! One harmless call for each scope, and what its answer says of the key. All of them read; one
//! asks for a cart that nobody has.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use loop_client::{
    CartToken, Client, Destination, Error, ErrorKind, ReturnState, ReturnsQuery, Subscription,
    Timestamp,
};

use super::root_cause;

/// What the key was let in to, or how it was kept out.
pub(crate) type Answer<T> = Result<T, Closed>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Closed {
    /// 401: Loop says the same of a wrong key and of a missing scope.
    Refused,
    /// 403: the key is known, and lacks the scope.
    Forbidden,
    /// 404 for a call that exists: the version or the address is wrong.
    NoSuchCall,
    /// To go on asking is of no use: nobody is there, or not Loop, or the call budget is used up.
    Hopeless(String),
    /// An answer that says nothing of the key.
    Unclear(String),
    /// Not asked, because it was hopeless.
    NotAsked,
}

impl Closed {
    pub(crate) fn lacks_scope(&self) -> bool {
        matches!(self, Self::Refused | Self::Forbidden)
    }

    /// Why nothing is known.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Refused => "HTTP 401".to_owned(),
            Self::Forbidden => "HTTP 403".to_owned(),
            Self::NoSuchCall => "HTTP 404, as if there were no such call".to_owned(),
            Self::Hopeless(why) | Self::Unclear(why) => why.clone(),
            Self::NotAsked => "not asked after that".to_owned(),
        }
    }
}

pub(crate) struct Answers {
    pub(crate) returns: Answer<()>,
    pub(crate) asn: Answer<()>,
    pub(crate) orders: Answer<()>,
    pub(crate) carts: Answer<()>,
    pub(crate) webhooks: Answer<Vec<Subscription>>,
    pub(crate) destinations: Answer<Vec<Destination>>,
}

impl Answers {
    pub(crate) async fn ask(client: &Client, now: Timestamp) -> Self {
        let from = now.minus(Duration::from_secs(60));
        let window = ReturnsQuery::updated(from, now).states([ReturnState::Open]);
        let page = async { client.returns().page(&window, None).await.map(drop) };
        let returns = open(page).await;
        if matches!(returns, Err(Closed::Hopeless(_))) {
            return Self {
                returns,
                asn: Err(Closed::NotAsked),
                orders: Err(Closed::NotAsked),
                carts: Err(Closed::NotAsked),
                webhooks: Err(Closed::NotAsked),
                destinations: Err(Closed::NotAsked),
            };
        }
        Self {
            returns,
            asn: open(first_asn_row(client, from, now)).await,
            // The scope of `/orders` itself is not documented; that of the allowlist is.
            orders: open(async { client.allowlist().page(1).await.map(drop) }).await,
            carts: open(no_cart(client)).await,
            webhooks: open(client.webhooks().list()).await,
            destinations: open(client.destinations().list()).await,
        }
    }

    /// How each was kept out, the returns first; `None` where the key was let in.
    pub(crate) fn closed(&self) -> [Option<&Closed>; 6] {
        [
            self.returns.as_ref().err(),
            self.asn.as_ref().err(),
            self.orders.as_ref().err(),
            self.carts.as_ref().err(),
            self.webhooks.as_ref().err(),
            self.destinations.as_ref().err(),
        ]
    }

    /// Whether Loop knows the key: one call was let in, or was kept out by name.
    pub(crate) fn key_is_known(&self) -> bool {
        let knows = |it: &Option<&Closed>| matches!(it, None | Some(Closed::Forbidden));
        self.closed().iter().any(knows)
    }
}

async fn first_asn_row(client: &Client, from: Timestamp, to: Timestamp) -> Result<(), Error> {
    let mut rows = pin!(client.reports().asn(from, to));
    match rows.next().await {
        // A row that cannot be read was let through all the same.
        Some(Err(error)) if !matches!(error.kind(), ErrorKind::Unreadable(_)) => Err(error),
        _ => Ok(()),
    }
}

/// Loop says with status 200 that it has no such cart; 404 would be about the call.
async fn no_cart(client: &Client) -> Result<(), Error> {
    let Ok(token) = "setup-looks-for-no-cart".parse::<CartToken>() else {
        return Ok(());
    };
    match client.carts().get(&token).await {
        Err(error) if error.status() != Some(200) => Err(error),
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound(_)) => Err(error),
        _ => Ok(()),
    }
}

/// The client lets a long pull wait for its turn in the call budget, however long that takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn open<T>(call: impl Future<Output = Result<T, Error>>) -> Answer<T> {
    let answer = tokio::time::timeout(PATIENCE, call).await;
    let answer = answer.map_err(|_| Closed::Hopeless("no answer for a minute".to_owned()))?;
    answer.map_err(|error| match (error.kind(), error.status()) {
        (ErrorKind::Unauthorized(_), Some(403)) => Closed::Forbidden,
        (ErrorKind::Unauthorized(_), _) => Closed::Refused,
        (ErrorKind::NotFound(_), Some(404)) => Closed::NoSuchCall,
        (ErrorKind::Transport(_), None) => {
            Closed::Hopeless(format!("no answer ({})", root_cause(&error)))
        }
        (ErrorKind::Redirected, _) => Closed::Hopeless(
            "a redirect, which is not followed, because it would take the key elsewhere".to_owned(),
        ),
        (ErrorKind::RateLimited, _) => Closed::Hopeless(said(&error)),
        (ErrorKind::Unreadable(what), _) => {
            Closed::Hopeless(format!("an answer that is not Loop's API ({what})"))
        }
        _ => Closed::Unclear(said(&error)),
    })
}

/// Without the name of the call.
fn said(error: &Error) -> String {
    let text = error.to_string();
    let call = format!("{}: ", error.call());
    text.strip_prefix(&call).unwrap_or(&text).to_owned()
}
