//! The bridge on ports that read and never write: it shows what it would do.

mod ledger;
mod loop_api;
mod oms;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ams_oms_client::RmaKey;
use loop_client::ReturnId;

use super::Bridge;

/// Something that would have been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WouldDo {
    /// Make the RMA in the OMS.
    CreateRma(RmaKey),
    /// Change what the RMA expects.
    AmendRma(RmaKey),
    /// Cancel the RMA.
    CancelRma(RmaKey),
    /// Tell Loop to process the return. Moves money.
    Process(ReturnId),
    /// Tell Loop to hold the return for review.
    Flag(ReturnId),
    /// Write a note on the return's timeline in Loop.
    Note(ReturnId, String),
    /// Tell Loop the condition of so many units.
    Grade(usize),
    /// Tell Loop what becomes of so many units.
    Assess(usize),
}

impl fmt::Display for WouldDo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateRma(key) => write!(f, "make RMA {}", key.rma_number),
            Self::AmendRma(key) => write!(f, "amend RMA {}", key.rma_number),
            Self::CancelRma(key) => write!(f, "cancel RMA {}", key.rma_number),
            Self::Process(id) => write!(f, "process return {id}"),
            Self::Flag(id) => write!(f, "flag return {id}"),
            Self::Note(id, text) => write!(f, "note on return {id}: {text}"),
            Self::Grade(units) => write!(f, "send the condition of {units} units"),
            Self::Assess(units) => write!(f, "send the disposition of {units} units"),
        }
    }
}

/// A bridge that sends nothing, and remembers what it would have sent.
///
/// It reads Loop, the OMS and the ledger as ever, so it costs calls. What it writes down it keeps
/// to itself: the ledger does not change, and it forgets everything in the end.
///
/// ```no_run
/// # async fn example(bridge: ams_loop_bridge::Bridge, now: loop_client::Timestamp)
/// # -> Result<(), ams_loop_bridge::BridgeError> {
/// let dry = bridge.dry_run();
/// dry.bridge().pull(now).await?;
/// dry.bridge().settle(now).await?;
/// for effect in dry.would_do() {
///     println!("would {effect}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DryRun {
    bridge: Bridge,
    log: Log,
}

/// What would have been done, shared by the ports.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<WouldDo>>>);

impl Log {
    fn note(&self, effect: WouldDo) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(effect);
    }
}

impl DryRun {
    /// The bridge that sends nothing.
    #[must_use]
    pub fn bridge(&self) -> &Bridge {
        &self.bridge
    }

    /// What it would have sent so far, in order.
    #[must_use]
    pub fn would_do(&self) -> Vec<WouldDo> {
        self.log
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Bridge {
    /// The same bridge, on ports that send nothing.
    #[must_use]
    pub fn dry_run(&self) -> DryRun {
        let log = Log::default();
        let bridge = Self {
            loop_api: Arc::new(loop_api::DryLoop::new(self.loop_api.clone(), log.clone())),
            oms: Arc::new(oms::DryOms::new(self.oms.clone(), log.clone())),
            ledger: Arc::new(ledger::DryLedger::new(self.ledger.clone())),
            backoff: Arc::default(),
            epoch_is_noted: Arc::default(),
            webhooks_lost: Arc::default(),
            ..self.clone()
        };
        DryRun { bridge, log }
    }
}
