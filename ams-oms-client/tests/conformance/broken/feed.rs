use std::num::NonZeroU32;

use ams_oms_client::{
    ChangeCursor, ChangePage, MemoryOms, MerchantId, Oms, OmsError, OmsExt, RmaKey, RmaSnapshot,
    RmaState, RmaVersion, async_trait,
};

use super::{Case, Defect};

pub(super) fn all() -> Vec<Case> {
    vec![
        (
            Box::new(Leaves(|rma| rma.state == RmaState::Announced)),
            // What is announced stands at the beginning of almost everything.
            &[
                "feed-tells-creation",
                "feed-tells-changes",
                "feed-versions",
                "feed-pages-lose-nothing",
                "feed-idle-cursor-good",
            ],
        ),
        (
            Box::new(Leaves(|rma| rma.state == RmaState::Cancelled)),
            &["feed-tells-cancellation"],
        ),
        (
            Box::new(Leaves(|rma| {
                rma.lines.iter().any(|line| line.counts.damaged > 0)
            })),
            &["feed-tells-changes"],
        ),
        (Box::new(OldVersions), &["feed-versions"]),
        (Box::new(LosesThePageEdge), &["feed-pages-lose-nothing"]),
        (Box::new(IgnoresTheLimit), &["feed-page-size"]),
        (Box::new(StandsStillWhileMore), &["feed-moves-while-more"]),
        (Box::new(NeverEnds), &["feed-moves-while-more"]),
        (Box::new(EmptyFeedSkipsOne), &["feed-idle-cursor-good"]),
        (Box::new(GarbageIsTheEnd), &["feed-garbage-cursor-lost"]),
        (Box::new(AnyMerchantsCursor), &["feed-foreign-cursor-lost"]),
    ]
}

/// Leaves such RMAs out.
#[derive(Debug)]
struct Leaves(fn(&RmaSnapshot) -> bool);

#[async_trait]
impl Defect for Leaves {
    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let mut page = oms.changes(merchant, cursor, limit).await?;
        let mut told = Vec::new();
        for change in page.changes {
            let key = RmaKey::new(merchant.clone(), change.rma_number);
            if !(self.0)(&oms.get_rma(&key).await?.unwrap()) {
                told.push(change);
            }
        }
        page.changes = told;
        Ok(page)
    }
}

#[derive(Debug)]
struct OldVersions;

#[async_trait]
impl Defect for OldVersions {
    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let mut page = oms.changes(merchant, cursor, limit).await?;
        for change in &mut page.changes {
            change.version = RmaVersion::new("0");
        }
        Ok(page)
    }
}

/// Fetches one more row to see whether there is more, and goes on after it.
#[derive(Debug)]
struct LosesThePageEdge;

#[async_trait]
impl Defect for LosesThePageEdge {
    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let mut page = oms
            .changes(merchant, cursor, limit.saturating_add(1))
            .await?;
        page.changes.truncate(limit.get() as usize);
        Ok(page)
    }
}

#[derive(Debug)]
struct IgnoresTheLimit;

#[async_trait]
impl Defect for IgnoresTheLimit {
    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        _: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        oms.changes(merchant, cursor, NonZeroU32::MAX).await
    }
}

#[derive(Debug)]
struct StandsStillWhileMore;

#[async_trait]
impl Defect for StandsStillWhileMore {
    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let mut page = oms.changes(merchant, cursor, limit).await?;
        if let (true, Some(cursor)) = (page.more, cursor) {
            page.next = cursor.clone();
        }
        Ok(page)
    }
}

/// Begins again whenever it comes to the end of a page that was asked for as small as can be.
#[derive(Debug)]
struct NeverEnds;

#[async_trait]
impl Defect for NeverEnds {
    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let page = oms.changes(merchant, cursor, limit).await?;
        if page.more || cursor.is_none() || limit > NonZeroU32::MIN {
            return Ok(page);
        }
        let mut first = oms.changes(merchant, None, limit).await?;
        first.more = true;
        Ok(first)
    }
}

/// Takes the place after the first change for the place before it.
#[derive(Debug)]
struct EmptyFeedSkipsOne;

#[async_trait]
impl Defect for EmptyFeedSkipsOne {
    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let nothing = ChangeCursor::new("nothing yet");
        let from_nothing = cursor == Some(&nothing);
        let cursor = cursor.filter(|_| !from_nothing);
        let mut page = oms.changes(merchant, cursor, limit).await?;
        if page.changes.is_empty() && (cursor.is_none() || from_nothing) {
            page.next = nothing;
        } else if from_nothing {
            page.changes.remove(0);
        }
        Ok(page)
    }
}

/// Takes what it cannot read for "now".
#[derive(Debug)]
struct GarbageIsTheEnd;

#[async_trait]
impl Defect for GarbageIsTheEnd {
    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        match cursor {
            Some(cursor) if !cursor.as_str().starts_with("1:") => {
                let (_, end) = oms.all_changes(merchant, None).await?;
                Ok(ChangePage::new(Vec::new(), end, false))
            }
            cursor => oms.changes(merchant, cursor, limit).await,
        }
    }
}

#[derive(Debug)]
struct AnyMerchantsCursor;

#[async_trait]
impl Defect for AnyMerchantsCursor {
    async fn changes(
        &self,
        oms: &MemoryOms,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        let cursor = cursor.map(|cursor| match cursor.as_str().rsplit_once(':') {
            Some((place, _)) => ChangeCursor::new(format!("{place}:{merchant}")),
            None => cursor.clone(),
        });
        oms.changes(merchant, cursor.as_ref(), limit).await
    }
}
