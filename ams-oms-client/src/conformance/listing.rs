//! The list of open RMAs.

use std::collections::BTreeSet;

use super::stage::{Stage, receive, units};
use super::verdict::{Checked, done, ensure, fail, needs, offered};
use super::{Rule, tell};
use crate::{Condition, RmaKey, RmaNumber, WarehouseWork};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "list-open-pages",
        "Open RMAs are listed by ascending number, each once, in pages that begin after the last.",
        |stage| Box::pin(list_open_pages(stage)),
    ),
    Rule::new(
        "list-open-is-open",
        "An RMA is listed from its creation on, until it is completed or cancelled, and again \
         when it is reopened.",
        |stage| Box::pin(list_open_is_open(stage)),
    ),
];

async fn page(stage: &Stage<'_>, after: Option<RmaNumber>, limit: u32) -> Checked<Vec<RmaNumber>> {
    needs(stage.can.list_open, "list_open")?;
    let page = stage
        .oms
        .list_open(&stage.merchant, after, units(limit))
        .await;
    done("list_open", offered(page)?)
}

async fn list_open_pages(stage: &Stage<'_>) -> Checked {
    let mut wanted = Vec::new();
    for n in [50, 9, 10, 1, 99] {
        wanted.push(stage.announced(n, &[("1", "SKU-A", 1)]).await?.rma_number);
    }
    wanted.sort();
    for limit in [1, 2, 200] {
        let mut listed: Vec<RmaNumber> = Vec::new();
        loop {
            let after = listed.last().copied();
            let page = page(stage, after, limit).await?;
            if page.is_empty() {
                break;
            }
            ensure(
                u32::try_from(page.len()).is_ok_and(|rows| rows <= limit),
                || format!("a page of at most {limit} has {} RMAs", page.len()),
            )?;
            for number in page {
                if listed.last().is_some_and(|last| *last >= number) {
                    return fail(format!(
                        "in pages of {limit}, {number} is listed after {listed:?}"
                    ));
                }
                listed.push(number);
            }
        }
        // Those of other merchants are another rule's business.
        listed.retain(|number| stage.is_own(*number));
        ensure(listed == wanted, || {
            format!("in pages of {limit}, {listed:?} are listed and {wanted:?} are open")
        })?;
    }
    Ok(())
}

/// All that is listed, however it is paged.
async fn listed(stage: &Stage<'_>) -> Checked<BTreeSet<RmaNumber>> {
    let mut listed = BTreeSet::new();
    loop {
        let page = page(stage, listed.last().copied(), 200).await?;
        let before = listed.len();
        listed.extend(page);
        if listed.len() == before {
            return Ok(listed);
        }
    }
}

async fn list_open_is_open(stage: &Stage<'_>) -> Checked {
    let key = stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    is_listed(stage, &key, true, "create_rma").await?;
    let received = receive(&key, "r1", &[("SKU-A", Condition::Available, 1)])?;
    for (work, open) in [
        (WarehouseWork::Arrive, true),
        // All units are here, and the warehouse has not finished yet.
        (received, true),
        (WarehouseWork::Close, false),
        (WarehouseWork::Reopen, true),
        (WarehouseWork::Cancel, false),
    ] {
        let what = tell::work(&work);
        if stage.try_work(&key, work).await?.is_some() {
            is_listed(stage, &key, open, what).await?;
        }
    }
    if stage.can.cancel {
        let key = stage.announced(1, &[("1", "SKU-A", 1)]).await?;
        if let Ok(answer) = offered(stage.oms.cancel_rma(&key, "conformance").await) {
            done("cancel_rma", answer)?;
            is_listed(stage, &key, false, "cancel_rma").await?;
        }
    }
    Ok(())
}

async fn is_listed(stage: &Stage<'_>, key: &RmaKey, open: bool, after: &str) -> Checked {
    let listed = listed(stage).await?.contains(&key.rma_number);
    ensure(listed == open, || {
        let (is, should) = if open {
            ("is not", "should be")
        } else {
            ("is", "should not be")
        };
        format!("after {after} the RMA {is} listed as open, and {should}")
    })
}
