//! Amending and cancelling from the announcing side.

use super::stage::{Stage, receive, unchanged};
use super::verdict::{Checked, done, ensure, fail, needs, offered, skip};
use super::{Rule, tell};
use crate::{
    CancelOutcome, Condition, CreateOutcome, OmsError, Rma, RmaSnapshot, RmaState, WarehouseWork,
};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "amend-replaces",
        "Amending replaces what is expected: what is named no more is gone.",
        |stage| Box::pin(amend_replaces(stage)),
    ),
    Rule::new(
        "amend-repeats",
        "Amending to the goods that are expected already is a success and changes nothing, after \
         arrival too.",
        |stage| Box::pin(amend_repeats(stage)),
    ),
    Rule::new(
        "amend-too-late",
        "Amending is TooLate once anything arrived, and changes nothing.",
        |stage| Box::pin(amend_too_late(stage)),
    ),
    Rule::new(
        "amend-cancelled-too-late",
        "Amending a cancelled RMA is TooLate.",
        |stage| Box::pin(amend_cancelled_too_late(stage)),
    ),
    Rule::new(
        "amend-unknown-not-found",
        "Amending an RMA that does not exist is NotFound.",
        |stage| Box::pin(amend_unknown_not_found(stage)),
    ),
    Rule::new(
        "cancel-repeats",
        "Cancelling cancels, and is AlreadyCancelled from then on; nothing is expected any more.",
        |stage| Box::pin(cancel_repeats(stage)),
    ),
    Rule::new(
        "cancel-too-late",
        "Cancelling is TooLate once anything arrived, and changes nothing.",
        |stage| Box::pin(cancel_too_late(stage)),
    ),
    Rule::new(
        "cancel-unknown-not-found",
        "Cancelling an RMA that does not exist is NotFound.",
        |stage| Box::pin(cancel_unknown_not_found(stage)),
    ),
];

async fn amend(stage: &Stage<'_>, rma: &Rma) -> Checked<Result<RmaSnapshot, OmsError>> {
    needs(stage.can.amend, "amend")?;
    offered(stage.oms.amend_rma(rma).await)
}

async fn cancel(stage: &Stage<'_>, n: u64) -> Checked<Result<CancelOutcome, OmsError>> {
    needs(stage.can.cancel, "cancel")?;
    offered(stage.oms.cancel_rma(&stage.key(n), "changed my mind").await)
}

async fn amend_replaces(stage: &Stage<'_>) -> Checked {
    stage.prepare(&stage.merchant, &["SKU-C"]).await?;
    let key = stage
        .announced(0, &[("1", "SKU-A", 1), ("2", "SKU-B", 1)])
        .await?;
    let wanted = stage.rma(0, &[("2", "SKU-B", 2), ("3", "SKU-C", 1)])?;
    let amended = done("amend_rma", amend(stage, &wanted).await?)?;
    let lines = [
        ("2", "SKU-B", [2, 0, 0, 0, 0]),
        ("3", "SKU-C", [1, 0, 0, 0, 0]),
    ];
    stage.expect(&amended, "what amend_rma answers", &lines)?;
    let read = stage.read(&key).await?;
    unchanged(&amended, &read, "reading what amend_rma has just answered")?;
    // From now on these are the goods that count.
    match stage.create(&wanted).await? {
        Ok(CreateOutcome::AlreadyExists(now)) => unchanged(&amended, &now, "creating it again"),
        other => fail(format!(
            "creating with the amended goods answers {}",
            tell::created(&other)
        )),
    }
}

async fn amend_repeats(stage: &Stage<'_>) -> Checked {
    let key = stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    let wanted = stage.rma(0, &[("1", "SKU-A", 2)])?;
    let amended = done("amend_rma", amend(stage, &wanted).await?)?;
    let again = done("amend_rma, repeated,", amend(stage, &wanted).await?)?;
    unchanged(&amended, &again, "amending it to what it is")?;
    if let Some(arrived) = stage.try_work(&key, WarehouseWork::Arrive).await? {
        let late = amend(stage, &wanted).await?;
        let late = done("amend_rma to the same goods after arrival", late)?;
        unchanged(&arrived, &late, "amending it to what it is, after arrival,")?;
    }
    Ok(())
}

/// What may have come of an RMA, so that it is too late to change it.
fn late_work(stage: &Stage<'_>, n: u64) -> Checked<Option<WarehouseWork>> {
    Ok(match n {
        0 => Some(WarehouseWork::Arrive),
        1 => {
            let found = [("SKU-A", Condition::Available, 1)];
            Some(receive(&stage.key(n), "r1", &found)?)
        }
        2 => Some(WarehouseWork::Close),
        _ => None,
    })
}

fn too_late<T>(answer: &Result<T, OmsError>, state: RmaState, what: &str) -> Checked {
    match answer {
        Err(OmsError::TooLate { state: told }) => ensure(*told == state, || {
            format!("{what} answers TooLate because it is {told}, and it is {state}")
        }),
        other => fail(format!(
            "{what} answers {} when it is {state}",
            tell::instead(other)
        )),
    }
}

async fn amend_too_late(stage: &Stage<'_>) -> Checked {
    let mut reached = 0;
    for n in 0.. {
        let Some(work) = late_work(stage, n)? else {
            break;
        };
        let key = stage.announced(n, &[("1", "SKU-A", 1)]).await?;
        let Some(before) = stage.try_work(&key, work).await? else {
            continue;
        };
        reached += 1;
        let other = stage.rma(n, &[("1", "SKU-A", 2)])?;
        too_late(&amend(stage, &other).await?, before.state, "amend_rma")?;
        unchanged(
            &before,
            &stage.read(&key).await?,
            "an amendment that came too late",
        )?;
    }
    some_reached(reached)
}

fn some_reached(cases: u32) -> Checked {
    if cases == 0 {
        return skip("the driver can let nothing arrive");
    }
    Ok(())
}

async fn amend_cancelled_too_late(stage: &Stage<'_>) -> Checked {
    let rma = stage.rma(0, &[("1", "SKU-A", 1)])?;
    stage.announce(&rma).await?;
    done("cancel_rma", cancel(stage, 0).await?)?;
    let other = stage.rma(0, &[("1", "SKU-A", 2)])?;
    // Nothing is expected of a cancelled RMA, so the same goods are a change too.
    for rma in [&other, &rma] {
        too_late(&amend(stage, rma).await?, RmaState::Cancelled, "amend_rma")?;
    }
    Ok(())
}

async fn amend_unknown_not_found(stage: &Stage<'_>) -> Checked {
    stage.prepare(&stage.merchant, &["SKU-A"]).await?;
    let answer = amend(stage, &stage.rma(0, &[("1", "SKU-A", 1)])?).await?;
    ensure(matches!(answer, Err(OmsError::NotFound)), || {
        format!("amend_rma answers {}", tell::instead(&answer))
    })
}

async fn cancel_repeats(stage: &Stage<'_>) -> Checked {
    let key = stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    let first = cancel(stage, 0).await?;
    ensure(matches!(first, Ok(CancelOutcome::Cancelled)), || {
        format!("the first cancel_rma answers {}", tell::cancelled(&first))
    })?;
    let cancelled = stage.read(&key).await?;
    ensure(cancelled.state == RmaState::Cancelled, || {
        format!("a cancelled RMA is in state {}", cancelled.state)
    })?;
    for _ in 0..2 {
        let again = cancel(stage, 0).await?;
        ensure(matches!(again, Ok(CancelOutcome::AlreadyCancelled)), || {
            format!("cancel_rma, repeated, answers {}", tell::cancelled(&again))
        })?;
    }
    unchanged(&cancelled, &stage.read(&key).await?, "cancelling it again")
}

async fn cancel_too_late(stage: &Stage<'_>) -> Checked {
    let mut reached = 0;
    for n in 0.. {
        let Some(work) = late_work(stage, n)? else {
            break;
        };
        let key = stage.announced(n, &[("1", "SKU-A", 1)]).await?;
        let Some(before) = stage.try_work(&key, work).await? else {
            continue;
        };
        reached += 1;
        too_late(&cancel(stage, n).await?, before.state, "cancel_rma")?;
        unchanged(
            &before,
            &stage.read(&key).await?,
            "a cancellation that came too late",
        )?;
    }
    some_reached(reached)
}

async fn cancel_unknown_not_found(stage: &Stage<'_>) -> Checked {
    stage.prepare(&stage.merchant, &[]).await?;
    let answer = cancel(stage, 0).await?;
    ensure(matches!(answer, Err(OmsError::NotFound)), || {
        format!("cancel_rma answers {}", tell::cancelled(&answer))
    })
}
