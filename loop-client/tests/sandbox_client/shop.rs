//! A sandbox on a clock that only the test moves, and a client of it whose waits take no time.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use loop_client::sandbox::{NewLine, NewReturn, Processing, ReturnTruth, Sandbox, SandboxBuilder};
use loop_client::{
    ApiKey, ApiVersion, Client, ClientBuilder, Effect, Error, LineItemId, Result, ReturnId,
    Timestamp,
};

use crate::support::VirtualTime;

/// 2026-06-15 12:00:00.
const NOON: i64 = 1_781_524_800;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) struct Shop {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    version: ApiVersion,
    /// The sandbox's clock, in milliseconds.
    hands: Arc<AtomicI64>,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::at(ApiVersion::default()).await
    }

    pub(crate) async fn at(version: ApiVersion) -> Self {
        Self::with(Sandbox::builder(), version).await
    }

    pub(crate) async fn with(builder: SandboxBuilder, version: ApiVersion) -> Self {
        let hands = Arc::new(AtomicI64::new(NOON * 1000));
        let clock = Arc::clone(&hands);
        let sandbox = builder
            .processing(Processing::Held)
            .rate_limit_per_minute(1_000_000)
            .now(Arc::new(move || clock.load(Ordering::SeqCst)))
            .start()
            .await
            .unwrap();
        let client = client_of(&sandbox, version.clone()).build().unwrap();
        Self {
            sandbox,
            client,
            version,
            hands,
        }
    }

    /// Another client of the same shop, with nothing of the first.
    pub(crate) fn another_client(&self) -> ClientBuilder {
        client_of(&self.sandbox, self.version.clone())
    }

    pub(crate) fn advance(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap();
        self.hands.fetch_add(millis, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.hands.load(Ordering::SeqCst) / 1000)
    }

    /// From an hour ago to an hour ahead.
    pub(crate) fn around_now(&self) -> (Timestamp, Timestamp) {
        let hour = Duration::from_secs(3600);
        (self.now().minus(hour), self.now().plus(hour))
    }

    pub(crate) fn submit(&self, new: NewReturn) -> ReturnId {
        ReturnId::new(self.sandbox.create_return(new)).unwrap()
    }

    pub(crate) fn set_state(&self, id: ReturnId, state: &str) {
        assert!(self.sandbox.set_state(id.get(), state), "{id}");
    }

    pub(crate) fn truth(&self, id: ReturnId) -> ReturnTruth {
        let all = self.sandbox.truth();
        all.into_iter().find(|it| it.id == id.get()).unwrap()
    }

    pub(crate) fn lines(&self, id: ReturnId) -> Vec<LineItemId> {
        let ids = self.truth(id).line_item_ids;
        ids.into_iter()
            .map(|id| LineItemId::new(id).unwrap())
            .collect()
    }
}

fn client_of(sandbox: &Sandbox, version: ApiVersion) -> ClientBuilder {
    Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
        .base_url(sandbox.base_url())
        .version(version)
        .runtime(Arc::new(VirtualTime::default()))
}

/// Two units, to be refunded.
pub(crate) fn shirts() -> NewReturn {
    NewReturn::new("#1001")
        .customer_email("shopper@example.com")
        .line(NewLine::new("SHIRT-S").price("78.00").variant("Small"))
        .line(NewLine::new("SHIRT-M").price("52.50"))
}

/// The id of no return.
pub(crate) fn nobody() -> ReturnId {
    ReturnId::new(7).unwrap()
}

/// The call failed as Loop documents it, and the error proves that nothing was done.
pub(crate) fn refused<T: Debug>(result: Result<T>, kind: &str, status: u16, words: &str) -> Error {
    let error = result.expect_err(words);
    assert_eq!(
        (error.kind().name(), error.status(), error.effect()),
        (kind, Some(status), Effect::NotApplied),
        "{words}: {error:?}"
    );
    assert!(error.to_string().contains(words), "{words}: {error}");
    error
}

/// The client itself refused the input.
pub(crate) fn not_sent<T: Debug>(result: Result<T>, words: &str) {
    let error = result.expect_err(words);
    assert_eq!(
        (error.kind().name(), error.effect()),
        ("input", Effect::NotSent),
        "{error:?}"
    );
    assert!(error.to_string().contains(words), "{error}");
}
