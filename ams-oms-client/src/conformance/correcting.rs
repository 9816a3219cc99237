//! Warehouses correct themselves, and versions tell of it.

use super::stage::{Stage, line_ref, receive, receive_items, unchanged, units};
use super::verdict::{Checked, ensure, needs, offered, skip};
use super::{Rule, tell};
use crate::Condition::{self, Available, Damaged};
use crate::{ItemRef, OmsError, ReceivedUnits, RmaKey, RmaSnapshot, RmaState, WarehouseWork};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "counts-may-go-down",
        "Re-graded units leave the condition they were in, and units taken back are gone, after \
         completion too.",
        |stage| Box::pin(counts_may_go_down(stage)),
    ),
    Rule::new(
        "reopened-goes-on",
        "A reopened RMA is not completed any more and takes units again.",
        |stage| Box::pin(reopened_goes_on(stage)),
    ),
    Rule::new(
        "refused-work-no-trace",
        "Work that is refused changes nothing.",
        |stage| Box::pin(refused_work_no_trace(stage)),
    ),
    Rule::new(
        "version-new-on-change",
        "The version changes whenever anything else in the snapshot does.",
        |stage| Box::pin(version_new_on_change(stage)),
    ),
    Rule::new(
        "version-kept-without-change",
        "The version stays while nothing else changes: reading and repeating are no changes.",
        |stage| Box::pin(version_kept_without_change(stage)),
    ),
];

fn regrade(from: Condition, to: Condition, quantity: u32) -> Checked<WarehouseWork> {
    Ok(WarehouseWork::Regrade {
        line_ref: line_ref("1")?,
        from,
        to,
        quantity: units(quantity),
    })
}

fn unreceive(condition: Condition, quantity: u32) -> Checked<WarehouseWork> {
    Ok(WarehouseWork::Unreceive {
        line_ref: line_ref("1")?,
        condition,
        quantity: units(quantity),
    })
}

async fn counts_may_go_down(stage: &Stage<'_>) -> Checked {
    let key = stage.announced(0, &[("1", "SKU-A", 3)]).await?;
    stage
        .receive(&key, "r1", &[("SKU-A", Available, 3)])
        .await?;
    // A line that can only be in one condition is re-graded whole.
    let part = if stage.can.unit_conditions { 1 } else { 3 };
    let steps = [
        (
            regrade(Available, Damaged, part)?,
            "re-graded to damaged",
            [3, 3 - part, part, 0, 0],
        ),
        (
            regrade(Damaged, Available, part)?,
            "re-graded back to available",
            [3, 3, 0, 0, 0],
        ),
        (unreceive(Available, 2)?, "taken back", [3, 1, 0, 0, 0]),
    ];
    let mut judged = 0;
    for (work, what, counts) in steps {
        let Some(now) = stage.try_work(&key, work).await? else {
            break;
        };
        judged += 1;
        stage.expect(
            &now,
            &format!("after units were {what}"),
            &[("1", "SKU-A", counts)],
        )?;
        ensure(now.is_complete() == (counts != [3, 1, 0, 0, 0]), || {
            format!("after units were {what}, complete is {}", now.is_complete())
        })?;
    }

    let closed = stage.announced(1, &[("1", "SKU-A", 1)]).await?;
    stage
        .receive(&closed, "r1", &[("SKU-A", Available, 1)])
        .await?;
    if stage
        .try_work(&closed, WarehouseWork::Close)
        .await?
        .is_some()
        && let Some(now) = stage
            .try_work(&closed, regrade(Available, Damaged, 1)?)
            .await?
    {
        judged += 1;
        let lines = [("1", "SKU-A", [1, 0, 1, 0, 0])];
        stage.expect(&now, "after a re-grade of a completed RMA", &lines)?;
    }
    if judged == 0 {
        return skip("the driver can neither re-grade nor take back");
    }
    Ok(())
}

async fn reopened_goes_on(stage: &Stage<'_>) -> Checked {
    let key = stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    stage.work(&key, WarehouseWork::Close).await?;
    let reopened = stage.work(&key, WarehouseWork::Reopen).await?;
    ensure(
        !matches!(reopened.state, RmaState::Completed | RmaState::Cancelled)
            && !reopened.is_complete(),
        || format!("after Reopen the state is {}", reopened.state),
    )?;
    let received = stage
        .receive(&key, "r1", &[("SKU-A", Available, 1)])
        .await?;
    let lines = [("1", "SKU-A", [1, 1, 0, 0, 0])];
    stage.expect(&received, "after a receipt upon Reopen", &lines)
}

async fn refused_work_no_trace(stage: &Stage<'_>) -> Checked {
    let mut refused = 0;
    // The first row is fine; the receipt as a whole is not.
    let key = stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    let mut rows = Vec::new();
    for line in ["1", "no-such-line"] {
        let item = ItemRef::Line(line_ref(line)?);
        rows.push(ReceivedUnits::new(item, Available, units(1)));
    }
    refused += refuse(stage, &key, vec![receive_items(&key, "r1", rows)?]).await?;

    let found = [("SKU-A", Available, 1)];
    let key = stage.announced(1, &[("1", "SKU-A", 1)]).await?;
    if stage.try_work(&key, WarehouseWork::Close).await?.is_some() {
        let late = vec![
            WarehouseWork::Arrive,
            receive(&key, "r1", &found)?,
            WarehouseWork::Cancel,
        ];
        refused += refuse(stage, &key, late).await?;
    }
    let key = stage.announced(2, &[("1", "SKU-A", 1)]).await?;
    if stage.try_work(&key, WarehouseWork::Cancel).await?.is_some() {
        let late = vec![
            WarehouseWork::Arrive,
            receive(&key, "r1", &found)?,
            WarehouseWork::Close,
            WarehouseWork::Reopen,
        ];
        refused += refuse(stage, &key, late).await?;
    }
    if refused == 0 {
        return skip("the driver refuses nothing that it has");
    }
    Ok(())
}

/// How much of the work was refused, none of it with a trace. What a warehouse allows is its own
/// business.
async fn refuse(stage: &Stage<'_>, key: &RmaKey, work: Vec<WarehouseWork>) -> Checked<u32> {
    let mut refused = 0;
    for work in work {
        let before = stage.read(key).await?;
        let what = format!("a refused {}", tell::work(&work));
        match stage.dock.apply(key, work).await {
            Ok(_) | Err(OmsError::Unsupported { .. }) => {}
            Err(_) => {
                refused += 1;
                unchanged(&before, &stage.read(key).await?, &what)?;
            }
        }
    }
    Ok(refused)
}

async fn version_new_on_change(stage: &Stage<'_>) -> Checked {
    let key = stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    let mut before = stage.read(&key).await?;
    let mut changes = 0;
    if needs(stage.can.amend, "amend").is_ok() {
        let more = stage.rma(0, &[("1", "SKU-A", 2)])?;
        if offered(stage.oms.amend_rma(&more).await).is_ok() {
            let now = stage.read(&key).await?;
            changes += new_version(&before, &now, "amend_rma")?;
            before = now;
        }
    }
    let all = |snapshot: &RmaSnapshot| stage.counts(snapshot, "1", "SKU-A").map(|c| c.expected);
    let expected = all(&before)?;
    let missing = WarehouseWork::ReportMissing {
        line_ref: line_ref("1")?,
        quantity: units(expected),
    };
    for work in [
        WarehouseWork::Arrive,
        receive(&key, "r1", &[("SKU-A", Available, expected)])?,
        regrade(Available, Damaged, expected)?,
        unreceive(Damaged, expected)?,
        missing,
        WarehouseWork::Close,
        WarehouseWork::Reopen,
        WarehouseWork::Cancel,
    ] {
        let what = tell::work(&work);
        // Steps that need one that the driver does not have are refused.
        match stage.dock.apply(&key, work).await {
            Ok(_) => {
                let now = stage.read(&key).await?;
                changes += new_version(&before, &now, what)?;
                before = now;
            }
            Err(_) => continue,
        }
    }
    if changes == 0 {
        return skip("nothing that the driver has changes a snapshot");
    }
    Ok(())
}

/// 1 if the snapshot changed, then with a new version; 0 if it did not.
fn new_version(before: &RmaSnapshot, after: &RmaSnapshot, what: &str) -> Checked<u32> {
    let Some(difference) = tell::difference(before, after) else {
        return Ok(0);
    };
    ensure(before.version != after.version, || {
        format!("{what} left the version at {}: {difference}", after.version)
    })?;
    Ok(1)
}

async fn version_kept_without_change(stage: &Stage<'_>) -> Checked {
    let rma = stage.rma(0, &[("1", "SKU-A", 1)])?;
    stage.announce(&rma).await?;
    let key = rma.key();
    let work = receive(&key, "r1", &[("SKU-A", Available, 1)])?;
    for what in [
        "reading the RMA",
        "creating it again",
        "reading the feed",
        "reading the list of open RMAs",
        "reporting a receipt again",
        "closing it again",
    ] {
        match what {
            "reporting a receipt again" => drop(stage.try_work(&key, work.clone()).await?),
            "closing it again" => drop(stage.try_work(&key, WarehouseWork::Close).await?),
            _ => {}
        }
        let before = stage.read(&key).await?;
        // Whether these succeed is the business of other rules.
        match what {
            "creating it again" => drop(stage.create(&rma).await?),
            "reading the feed" => {
                drop(stage.oms.changes(&stage.merchant, None, units(50)).await);
            }
            "reading the list of open RMAs" => {
                drop(stage.oms.list_open(&stage.merchant, None, units(50)).await);
            }
            "reporting a receipt again" => drop(stage.try_work(&key, work.clone()).await?),
            "closing it again" => drop(stage.try_work(&key, WarehouseWork::Close).await?),
            _ => {}
        }
        let after = stage.read(&key).await?;
        let same = tell::difference(&before, &after).is_none();
        ensure(!same || before.version == after.version, || {
            format!(
                "{what} changed nothing but the version, from {} to {}",
                before.version, after.version
            )
        })?;
    }
    Ok(())
}
