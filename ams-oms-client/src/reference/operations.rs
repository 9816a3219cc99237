//! What each call does to a stored document, or to its absence. Pure: a store loads, calls one
//! of these, saves what it is given and passes the reply on.

use super::document::Document;
use crate::{CancelOutcome, CreateOutcome, OmsError, Rma, RmaSnapshot, RmaState, WarehouseWork};

/// The result of a call: what to save, if anything changed, and what to answer.
#[derive(Debug)]
pub(crate) struct Step<R> {
    pub(crate) save: Option<Document>,
    pub(crate) reply: R,
}

/// What cannot be read back must not be stored.
pub(crate) fn create(stored: Option<Document>, rma: Rma) -> Result<Step<CreateOutcome>, OmsError> {
    rma.validate()?;
    match stored {
        None => {
            let document = Document::announce(rma);
            Ok(Step {
                reply: CreateOutcome::Created(document.snapshot()),
                save: Some(document),
            })
        }
        Some(document) if document.rma().same_goods(&rma) => Ok(Step {
            save: None,
            reply: CreateOutcome::AlreadyExists(document.snapshot()),
        }),
        Some(document) => Err(OmsError::conflict(document.snapshot())),
    }
}

pub(crate) fn amend(stored: Option<Document>, rma: &Rma) -> Result<Step<RmaSnapshot>, OmsError> {
    rma.validate()?;
    let document = stored.ok_or(OmsError::NotFound)?;
    let save = document.amend(rma)?;
    Ok(with_snapshot(&document, save))
}

pub(crate) fn cancel(
    stored: Option<Document>,
    reason: &str,
) -> Result<Step<CancelOutcome>, OmsError> {
    let document = stored.ok_or(OmsError::NotFound)?;
    let reply = if document.state() == RmaState::Cancelled {
        CancelOutcome::AlreadyCancelled
    } else {
        CancelOutcome::Cancelled
    };
    Ok(Step {
        save: document.cancel(reason)?,
        reply,
    })
}

pub(crate) fn work(
    stored: Option<Document>,
    work: &WarehouseWork,
) -> Result<Step<RmaSnapshot>, OmsError> {
    let document = stored.ok_or(OmsError::NotFound)?;
    let save = document.work(work)?;
    Ok(with_snapshot(&document, save))
}

fn with_snapshot(before: &Document, save: Option<Document>) -> Step<RmaSnapshot> {
    Step {
        reply: save.as_ref().unwrap_or(before).snapshot(),
        save,
    }
}
