//! The laws of the change feed: at least once, for whoever follows it for ever.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::stage::{Stage, line_ref, receive, rma, units};
use super::verdict::{Checked, done, ensure, fail, needs, offered, skip};
use super::{Rule, tell};
use crate::{
    ChangeCursor, ChangeFeed, ChangePage, Condition, MerchantId, OmsError, RmaKey, RmaNumber,
    RmaSnapshot, RmaVersion, WarehouseWork,
};

pub(super) const RULES: &[Rule] = &[
    Rule::new("feed-tells-creation", "A new RMA is a change.", |stage| {
        Box::pin(feed_tells_creation(stage))
    }),
    Rule::new(
        "feed-tells-changes",
        "Whatever changes an RMA is told after it happened.",
        |stage| Box::pin(feed_tells_changes(stage)),
    ),
    Rule::new(
        "feed-tells-cancellation",
        "A cancellation, by either side, is a change.",
        |stage| Box::pin(feed_tells_cancellation(stage)),
    ),
    Rule::new(
        "feed-versions",
        "The feed tells the version that reading tells.",
        |stage| Box::pin(feed_versions(stage)),
    ),
    Rule::new(
        "feed-pages-lose-nothing",
        "No change is lost at the edges of pages, nor when RMAs change between pages.",
        |stage| Box::pin(feed_pages_lose_nothing(stage)),
    ),
    Rule::new(
        "feed-page-size",
        "A page has no more changes than asked for.",
        |stage| Box::pin(feed_page_size(stage)),
    ),
    Rule::new(
        "feed-moves-while-more",
        "While there is more, the cursor moves, and there is an end of it.",
        |stage| Box::pin(feed_moves_while_more(stage)),
    ),
    Rule::new(
        "feed-idle-cursor-good",
        "The cursor of an empty or idle feed is as good as any other.",
        |stage| Box::pin(feed_idle_cursor_good(stage)),
    ),
    Rule::new(
        "feed-garbage-cursor-lost",
        "A cursor that this system never made is CursorLost.",
        |stage| Box::pin(feed_garbage_cursor_lost(stage)),
    ),
    Rule::new(
        "feed-foreign-cursor-lost",
        "Another merchant's cursor is CursorLost.",
        |stage| Box::pin(feed_foreign_cursor_lost(stage)),
    ),
];

/// Far more pages than a few RMAs can fill: a feed without an end is cut off here.
const MOST_PAGES: usize = 1_000;

/// Somebody who reads one merchant's feed from the beginning and goes on for ever.
pub(super) struct Follower<'a> {
    stage: &'a Stage<'a>,
    merchant: MerchantId,
    pub(super) cursor: Option<ChangeCursor>,
    seen: BTreeMap<RmaNumber, RmaVersion>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(stage: &'a Stage<'a>, merchant: MerchantId) -> Self {
        Self {
            stage,
            merchant,
            cursor: None,
            seen: BTreeMap::new(),
        }
    }

    async fn fetch(&self, limit: NonZeroU32) -> Checked<ChangePage> {
        let cursor = self.cursor.as_ref();
        let page = self.stage.oms.changes(&self.merchant, cursor, limit).await;
        done("changes", offered(page)?)
    }

    /// Reads one page and tells whether there is more.
    async fn page(&mut self, limit: NonZeroU32) -> Checked<bool> {
        let page = self.fetch(limit).await?;
        let stands_still = page.more && self.cursor.as_ref() == Some(&page.next);
        for change in page.changes {
            self.seen.insert(change.rma_number, change.version);
        }
        self.cursor = Some(page.next);
        if stands_still {
            return skip("the cursor does not move, which feed-moves-while-more judges");
        }
        Ok(page.more)
    }

    /// Reads to the present end.
    pub(super) async fn follow(&mut self, limit: NonZeroU32) -> Checked {
        for _ in 0..MOST_PAGES {
            if !self.page(limit).await? {
                return Ok(());
            }
        }
        skip("the feed has no end, which feed-moves-while-more judges")
    }

    pub(super) fn has_seen(&self, number: RmaNumber) -> bool {
        self.seen.contains_key(&number)
    }

    /// Goes on to the end, which has to tell of this RMA.
    async fn is_told(&mut self, key: &RmaKey, what: &str) -> Checked {
        self.seen.clear();
        self.follow(units(50)).await?;
        ensure(self.has_seen(key.rma_number), || {
            format!("after {what} the feed, followed from before, does not tell of the RMA")
        })
    }
}

fn some_feed(stage: &Stage<'_>) -> Checked {
    let declared = !matches!(
        stage.can.change_feed,
        ChangeFeed::Absent | ChangeFeed::PushOnly
    );
    needs(declared, "change_feed")
}

/// A feed of creations alone has nothing to say on what happens later.
fn full_feed(stage: &Stage<'_>) -> Checked {
    some_feed(stage)?;
    if stage.can.change_feed == ChangeFeed::CreatedSince {
        return skip("the declared change feed is of creations only");
    }
    Ok(())
}

async fn feed_tells_creation(stage: &Stage<'_>) -> Checked {
    some_feed(stage)?;
    let mut follower = Follower::new(stage, stage.merchant.clone());
    for n in 0..3 {
        let key = stage.announced(n, &[("1", "SKU-A", 1)]).await?;
        follower.is_told(&key, "create_rma").await?;
    }
    Ok(())
}

async fn feed_tells_changes(stage: &Stage<'_>) -> Checked {
    full_feed(stage)?;
    let key = stage.announced(0, &[("1", "SKU-A", 2)]).await?;
    let mut follower = Follower::new(stage, stage.merchant.clone());
    follower.follow(units(50)).await?;
    if stage.can.amend {
        let other = stage.rma(0, &[("1", "SKU-A", 1)])?;
        if let Ok(answer) = offered(stage.oms.amend_rma(&other).await) {
            done("amend_rma", answer)?;
            follower.is_told(&key, "amend_rma").await?;
        }
    }
    let mut before = stage.read(&key).await?;
    for work in [
        WarehouseWork::Arrive,
        receive(&key, "r1", &[("SKU-A", Condition::Available, 1)])?,
        WarehouseWork::Regrade {
            line_ref: line_ref("1")?,
            from: Condition::Available,
            to: Condition::Damaged,
            quantity: units(1),
        },
        WarehouseWork::Close,
        WarehouseWork::Reopen,
    ] {
        let what = tell::work(&work);
        let Some(now) = stage.try_work(&key, work).await? else {
            continue;
        };
        if differ(&before, &now) {
            follower.is_told(&key, what).await?;
        }
        before = now;
    }
    Ok(())
}

fn differ(before: &RmaSnapshot, after: &RmaSnapshot) -> bool {
    tell::difference(before, after).is_some()
}

async fn feed_tells_cancellation(stage: &Stage<'_>) -> Checked {
    full_feed(stage)?;
    let mut follower = Follower::new(stage, stage.merchant.clone());
    let mut cancelled = 0;
    let key = stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    follower.follow(units(50)).await?;
    if stage.can.cancel
        && let Ok(answer) = offered(stage.oms.cancel_rma(&key, "conformance").await)
    {
        done("cancel_rma", answer)?;
        follower.is_told(&key, "cancel_rma").await?;
        cancelled += 1;
    }
    let key = stage.announced(1, &[("1", "SKU-A", 1)]).await?;
    follower.follow(units(50)).await?;
    if stage.try_work(&key, WarehouseWork::Cancel).await?.is_some() {
        follower.is_told(&key, "the warehouse's Cancel").await?;
        cancelled += 1;
    }
    if cancelled == 0 {
        return skip("neither side can cancel");
    }
    Ok(())
}

async fn feed_versions(stage: &Stage<'_>) -> Checked {
    full_feed(stage)?;
    for n in 0..3 {
        let key = stage.announced(n, &[("1", "SKU-A", 2)]).await?;
        if n == 1 {
            let work = receive(&key, "r1", &[("SKU-A", Condition::Available, 1)])?;
            stage.try_work(&key, work).await?;
        }
        let read = stage.read(&key).await?;
        let mut follower = Follower::new(stage, stage.merchant.clone());
        follower.follow(units(50)).await?;
        let told = follower.seen.get(&key.rma_number);
        ensure(told == Some(&read.version), || {
            format!("get_rma tells version {}, the feed {told:?}", read.version)
        })?;
    }
    Ok(())
}

/// Some RMAs change between the pages, before or after they were told. Those have to be told
/// once more; the others have to be told once.
async fn feed_pages_lose_nothing(stage: &Stage<'_>) -> Checked {
    full_feed(stage)?;
    let keys: Vec<RmaKey> = (0..7).map(|n| stage.key(n)).collect();
    for key in &keys {
        stage
            .announce(&rma(key.clone(), &[("1", "SKU-A", 50)])?)
            .await?;
    }
    for limit in [1, 2, 3, 50] {
        let mut follower = Follower::new(stage, stage.merchant.clone());
        for (n, key) in keys.iter().enumerate() {
            follower.page(units(limit)).await?;
            if n % 3 == 0 {
                let found = [("SKU-A", Condition::Available, 1)];
                let work = receive(key, &format!("r{limit}"), &found)?;
                if stage.try_work(key, work).await?.is_some() {
                    follower.seen.remove(&key.rma_number);
                }
            }
        }
        follower.follow(units(limit)).await?;
        for key in &keys {
            ensure(follower.has_seen(key.rma_number), || {
                format!("in pages of {limit}, the last change of {key} is never told")
            })?;
        }
    }
    Ok(())
}

async fn announce_some(stage: &Stage<'_>) -> Checked {
    for n in 0..5 {
        stage.announced(n, &[("1", "SKU-A", 1)]).await?;
    }
    Ok(())
}

async fn feed_page_size(stage: &Stage<'_>) -> Checked {
    some_feed(stage)?;
    announce_some(stage).await?;
    for limit in [1, 2, 4] {
        let mut follower = Follower::new(stage, stage.merchant.clone());
        for _ in 0..10 {
            let rows = follower.fetch(units(limit)).await?.changes.len();
            ensure(u32::try_from(rows).is_ok_and(|rows| rows <= limit), || {
                format!("a page of at most {limit} has {rows} changes")
            })?;
            if !follower.page(units(limit)).await? {
                break;
            }
        }
    }
    Ok(())
}

async fn feed_moves_while_more(stage: &Stage<'_>) -> Checked {
    some_feed(stage)?;
    announce_some(stage).await?;
    let mut follower = Follower::new(stage, stage.merchant.clone());
    for _ in 0..MOST_PAGES {
        let page = follower.fetch(units(1)).await?;
        if !page.more {
            return Ok(());
        }
        ensure(follower.cursor.as_ref() != Some(&page.next), || {
            format!("asked for more from {}, the cursor stays there", page.next)
        })?;
        follower.cursor = Some(page.next);
    }
    fail(format!(
        "after {MOST_PAGES} pages of 5 RMAs there is still more"
    ))
}

async fn feed_idle_cursor_good(stage: &Stage<'_>) -> Checked {
    some_feed(stage)?;
    stage.prepare(&stage.merchant, &["SKU-A"]).await?;
    let mut follower = Follower::new(stage, stage.merchant.clone());
    for n in 0..3 {
        for _ in 0..3 {
            follower.follow(units(50)).await?;
        }
        let key = stage.announced(n, &[("1", "SKU-A", 1)]).await?;
        follower
            .is_told(&key, "a create_rma when the feed was idle")
            .await?;
    }
    Ok(())
}

async fn lost(stage: &Stage<'_>, cursor: &ChangeCursor) -> Checked {
    let answer = stage
        .oms
        .changes(&stage.merchant, Some(cursor), units(50))
        .await;
    let answer = offered(answer)?;
    ensure(matches!(answer, Err(OmsError::CursorLost)), || {
        format!(
            "the cursor {:?} answers {}",
            cursor.as_str(),
            tell::instead(&answer)
        )
    })
}

async fn feed_garbage_cursor_lost(stage: &Stage<'_>) -> Checked {
    some_feed(stage)?;
    announce_some(stage).await?;
    let digits = "9".repeat(40);
    let long = "x".repeat(10_000);
    for text in [
        "",
        " ",
        "yesterday",
        "-1",
        "' OR 1=1 --",
        "カーソル",
        "\0",
        &digits,
        &long,
    ] {
        lost(stage, &ChangeCursor::new(text)).await?;
    }
    Ok(())
}

async fn feed_foreign_cursor_lost(stage: &Stage<'_>) -> Checked {
    some_feed(stage)?;
    announce_some(stage).await?;
    let theirs = RmaKey::new(stage.neighbour.clone(), stage.number(9));
    stage.announce(&rma(theirs, &[("1", "SKU-A", 1)])?).await?;
    let mut follower = Follower::new(stage, stage.neighbour.clone());
    follower.follow(units(50)).await?;
    match &follower.cursor {
        Some(cursor) => lost(stage, cursor).await,
        None => Ok(()),
    }
}
