//! Keeping merchants apart.

use super::Rule;
use super::stage::{Stage, receive, rma, unchanged, units};
use super::verdict::{Checked, done, ensure, fail, needs, offered, skip};
use crate::{ChangeFeed, Condition, CreateOutcome, Rma, RmaKey};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "tenants-read",
        "A merchant cannot read another merchant's RMA under the same number.",
        |stage| Box::pin(tenants_read(stage)),
    ),
    Rule::new(
        "tenants-create",
        "Two merchants can use the same number for different goods.",
        |stage| Box::pin(tenants_create(stage)),
    ),
    Rule::new(
        "tenants-write",
        "What happens to one merchant's RMA does not happen to another's of the same number.",
        |stage| Box::pin(tenants_write(stage)),
    ),
    Rule::new(
        "tenants-list",
        "The list of open RMAs has the merchant's own RMAs only.",
        |stage| Box::pin(tenants_list(stage)),
    ),
    Rule::new(
        "tenants-feed",
        "The change feed tells of the merchant's own RMAs only.",
        |stage| Box::pin(tenants_feed(stage)),
    ),
];

/// The neighbour's RMA of this number.
fn theirs(stage: &Stage<'_>, n: u64) -> Checked<Rma> {
    let key = RmaKey::new(stage.neighbour.clone(), stage.number(n));
    rma(key, &[("9", "SKU-B", 2)])
}

async fn tenants_read(stage: &Stage<'_>) -> Checked {
    stage.prepare(&stage.merchant, &[]).await?;
    let theirs = theirs(stage, 0)?;
    stage.announce(&theirs).await?;
    // An error would be wrong too, but it is no leak.
    match stage.oms.get_rma(&stage.key(0)).await {
        Ok(Some(_)) => fail(format!(
            "{} exists, and reading {} answers a snapshot",
            theirs.key(),
            stage.key(0)
        )),
        Ok(None) | Err(_) => Ok(()),
    }
}

async fn tenants_create(stage: &Stage<'_>) -> Checked {
    let (ours, theirs) = (stage.rma(0, &[("1", "SKU-A", 1)])?, theirs(stage, 0)?);
    let created = [
        (ours.key(), stage.announce(&ours).await?),
        (theirs.key(), stage.announce(&theirs).await?),
    ];
    for (key, created) in created {
        let read = stage.read(&key).await?;
        unchanged(&created, &read, "the other merchant's create_rma")?;
    }
    Ok(())
}

async fn tenants_write(stage: &Stage<'_>) -> Checked {
    for n in 0..3 {
        let (ours, theirs) = (stage.rma(n, &[("1", "SKU-A", 1)])?, theirs(stage, n)?);
        stage.announce(&ours).await?;
        let Ok(CreateOutcome::Created(untouched)) = stage.create(&theirs).await? else {
            return skip("two merchants cannot share a number, which tenants-create judges");
        };
        match n {
            0 => {
                let work = receive(&ours.key(), "r1", &[("SKU-A", Condition::Available, 1)])?;
                stage.try_work(&ours.key(), work).await?;
            }
            1 if stage.can.cancel => {
                let answer = stage.oms.cancel_rma(&ours.key(), "conformance").await;
                if let Ok(answer) = offered(answer) {
                    done("cancel_rma", answer)?;
                }
            }
            2 if stage.can.amend => {
                let other = stage.rma(n, &[("1", "SKU-A", 5)])?;
                if let Ok(answer) = offered(stage.oms.amend_rma(&other).await) {
                    done("amend_rma", answer)?;
                }
            }
            _ => {}
        }
        let read = stage.read(&theirs.key()).await?;
        unchanged(&untouched, &read, "work on the other merchant's RMA")?;
    }
    Ok(())
}

async fn tenants_list(stage: &Stage<'_>) -> Checked {
    needs(stage.can.list_open, "list_open")?;
    stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    stage.announce(&theirs(stage, 1)?).await?;
    for (merchant, foreign) in [(&stage.merchant, 1), (&stage.neighbour, 0)] {
        let mut after = None;
        loop {
            let page = stage.oms.list_open(merchant, after, units(200)).await;
            let page = done("list_open", offered(page)?)?;
            ensure(!page.contains(&stage.number(foreign)), || {
                format!("list_open of {merchant} has the other merchant's RMA")
            })?;
            // Pages that go back are another rule's business.
            if page.last().copied() <= after {
                break;
            }
            after = page.last().copied();
        }
    }
    Ok(())
}

async fn tenants_feed(stage: &Stage<'_>) -> Checked {
    needs(
        !matches!(
            stage.can.change_feed,
            ChangeFeed::Absent | ChangeFeed::PushOnly
        ),
        "change_feed",
    )?;
    stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    stage.announce(&theirs(stage, 1)?).await?;
    for (merchant, foreign) in [(&stage.merchant, 1), (&stage.neighbour, 0)] {
        let mut follower = super::feed::Follower::new(stage, merchant.clone());
        follower.follow(units(50)).await?;
        ensure(!follower.has_seen(stage.number(foreign)), || {
            format!("changes of {merchant} tells of the other merchant's RMA")
        })?;
    }
    Ok(())
}
