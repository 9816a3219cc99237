//! What `Retrying` repeats, and what never.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure has to end the test"
)]

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangePage, CreateOutcome, EventHint, LineRef,
    MerchantId, Oms, OmsError, OmsEvent, Retrying, Rma, RmaKey, RmaLine, RmaNumber, RmaSnapshot,
    RmaState, RmaVersion, async_trait,
};

/// Fails with these, one after the other, and then succeeds.
#[derive(Default)]
struct Script {
    failures: Mutex<VecDeque<OmsError>>,
    calls: Mutex<usize>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    fn next<T>(&self, value: T) -> Result<T, OmsError> {
        *self.calls.lock().unwrap() += 1;
        match self.failures.lock().unwrap().pop_front() {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }
}

fn key() -> RmaKey {
    RmaKey::new(MerchantId::new("acme").unwrap(), RmaNumber::new(7).unwrap())
}

fn rma() -> Rma {
    let line = RmaLine::new(LineRef::new("1").unwrap(), NonZeroU32::MIN);
    Rma::new(key(), vec![line]).unwrap()
}

fn snapshot() -> RmaSnapshot {
    let version = RmaVersion::new("1");
    RmaSnapshot::new(key(), RmaState::Announced, "", version, vec![]).unwrap()
}

#[async_trait]
impl Oms for Script {
    async fn create_rma(&self, _: &Rma) -> Result<CreateOutcome, OmsError> {
        self.next(CreateOutcome::Created(snapshot()))
    }

    async fn get_rma(&self, _: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        self.next(None)
    }

    async fn amend_rma(&self, _: &Rma) -> Result<RmaSnapshot, OmsError> {
        self.next(snapshot())
    }

    async fn cancel_rma(&self, _: &RmaKey, _: &str) -> Result<CancelOutcome, OmsError> {
        self.next(CancelOutcome::Cancelled)
    }

    async fn changes(
        &self,
        _: &MerchantId,
        _: Option<&ChangeCursor>,
        _: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        self.next(ChangePage::new(vec![], ChangeCursor::new("c"), false))
    }

    async fn list_open(
        &self,
        _: &MerchantId,
        _: Option<RmaNumber>,
        _: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        self.next(vec![])
    }

    fn decode_event(&self, _: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        self.next(vec![])
    }

    fn capabilities(&self) -> Capabilities {
        let mut can = Capabilities::default();
        can.amend = true;
        can
    }
}

const CALLS: [&str; 6] = [
    "create_rma",
    "get_rma",
    "amend_rma",
    "cancel_rma",
    "changes",
    "list_open",
];

async fn call(oms: &dyn Oms, name: &str) -> Result<(), OmsError> {
    let merchant = key().merchant;
    match name {
        "create_rma" => oms.create_rma(&rma()).await.map(drop),
        "get_rma" => oms.get_rma(&key()).await.map(drop),
        "amend_rma" => oms.amend_rma(&rma()).await.map(drop),
        "cancel_rma" => oms.cancel_rma(&key(), "").await.map(drop),
        "changes" => oms
            .changes(&merchant, None, NonZeroU32::MIN)
            .await
            .map(drop),
        "list_open" => oms
            .list_open(&merchant, None, NonZeroU32::MIN)
            .await
            .map(drop),
        other => panic!("{other}"),
    }
}

/// How it ended, how many calls arrived, and the pauses in milliseconds.
async fn run(name: &str, failures: Vec<OmsError>) -> (bool, usize, Vec<u128>) {
    let script = Arc::new(Script::default());
    *script.failures.lock().unwrap() = failures.into();
    let pauses = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&pauses);
    let oms = Retrying::new(Arc::clone(&script), move |pause: Duration| {
        noted.lock().unwrap().push(pause.as_millis());
        std::future::ready(())
    })
    .attempts(NonZeroU32::new(4).unwrap())
    .pauses(Duration::from_millis(100), Duration::from_millis(300));
    let ended = call(&oms, name).await.is_ok();
    let calls = *script.calls.lock().unwrap();
    let pauses = pauses.lock().unwrap().clone();
    (ended, calls, pauses)
}

fn busy() -> OmsError {
    OmsError::transient("busy")
}

fn asked(millis: u64) -> OmsError {
    OmsError::transient_after("busy", Duration::from_millis(millis))
}

#[tokio::test]
async fn transient_failures_are_repeated_with_growing_pauses() {
    for name in CALLS {
        for (failures, end) in [
            (vec![], (true, 1, vec![])),
            (vec![busy()], (true, 2, vec![100])),
            (vec![busy(), busy(), busy()], (true, 4, vec![100, 200, 300])),
            (
                vec![busy(), busy(), busy(), busy()],
                (false, 4, vec![100, 200, 300]),
            ),
            (vec![asked(250), busy()], (true, 3, vec![250, 200])),
            (vec![asked(50)], (true, 2, vec![100])),
            (vec![asked(300)], (true, 2, vec![300])),
            (vec![asked(301)], (false, 1, vec![])),
        ] {
            let shown = format!("{name} {failures:?}");
            assert_eq!(run(name, failures).await, end, "{shown}");
        }
    }
}

#[tokio::test]
async fn what_may_have_arrived_is_repeated_only_where_that_does_nothing_more() {
    for name in CALLS {
        let harmless = !matches!(name, "amend_rma" | "cancel_rma");
        let end = if harmless {
            (true, 2, vec![100])
        } else {
            (false, 1, vec![])
        };
        let lost = vec![OmsError::ambiguous("no answer")];
        assert_eq!(run(name, lost).await, end, "{name}");
    }
}

#[tokio::test]
async fn all_else_goes_to_the_caller() {
    for name in CALLS {
        for error in [
            OmsError::auth("no"),
            OmsError::NotFound,
            OmsError::conflict(snapshot()),
            OmsError::too_late(RmaState::Arrived),
            OmsError::rejected("no"),
            OmsError::partial(vec![], vec![]),
            OmsError::unsupported("it"),
            OmsError::malformed("what"),
            OmsError::CursorLost,
        ] {
            let shown = format!("{name} {error:?}");
            assert_eq!(run(name, vec![error]).await, (false, 1, vec![]), "{shown}");
        }
    }
}

#[test]
fn what_needs_no_call_is_passed_on() {
    let script = Arc::new(Script::default());
    script.failures.lock().unwrap().push_back(busy());
    let oms = Retrying::new(Arc::clone(&script), |_| std::future::ready(()));
    assert!(oms.capabilities().amend);
    let event = OmsEvent::new(b"", &[]);
    assert!(oms.decode_event(&event).is_err());
    assert!(oms.decode_event(&event).is_ok());
}
