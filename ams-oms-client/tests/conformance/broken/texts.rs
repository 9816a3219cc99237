use ams_oms_client::{
    CancelOutcome, CreateOutcome, MemoryOms, Oms, OmsError, Rma, RmaKey, RmaSnapshot, async_trait,
};

use super::{Case, Defect, with_lines};

pub(super) fn all() -> Vec<Case> {
    vec![
        (Box::new(LosesUnicode), &["odd-text-kept"]),
        (Box::new(TrimsText), &["odd-text-kept"]),
        (Box::new(ComposesLetters), &["odd-text-kept"]),
        (Box::new(RefusesLongTitles), &["long-text-taken"]),
        (Box::new(CutsQuantitiesTo16Bits), &["large-quantities-kept"]),
        (Box::new(InsistsOnSkus), &["optional-parts-absent"]),
        (Box::new(InsistsOnReasons), &["any-reason-taken"]),
    ]
}

/// Creates it with other SKUs than it was asked to.
async fn with_skus(
    oms: &MemoryOms,
    rma: &Rma,
    other: fn(&str) -> String,
) -> Result<CreateOutcome, OmsError> {
    let mut lines = rma.lines.clone();
    for line in &mut lines {
        line.sku = line.sku.as_deref().map(other);
    }
    oms.create_rma(&with_lines(rma, lines)).await
}

#[derive(Debug)]
struct LosesUnicode;

#[async_trait]
impl Defect for LosesUnicode {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        with_skus(oms, rma, |sku| sku.replace(|c: char| !c.is_ascii(), "?")).await
    }
}

#[derive(Debug)]
struct TrimsText;

#[async_trait]
impl Defect for TrimsText {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        with_skus(oms, rma, |sku| sku.trim().to_owned()).await
    }
}

/// Writes a letter and its accent as one character.
#[derive(Debug)]
struct ComposesLetters;

#[async_trait]
impl Defect for ComposesLetters {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        with_skus(oms, rma, |sku| sku.replace("e\u{301}", "é")).await
    }
}

#[derive(Debug)]
struct RefusesLongTitles;

#[async_trait]
impl Defect for RefusesLongTitles {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        let mut titles = rma.lines.iter().filter_map(|line| line.title.as_ref());
        if titles.any(|title| title.len() > 255) {
            return Err(OmsError::rejected_field("too_long", "title"));
        }
        oms.create_rma(rma).await
    }
}

#[derive(Debug)]
struct CutsQuantitiesTo16Bits;

impl Defect for CutsQuantitiesTo16Bits {
    fn tell(&self, mut snapshot: RmaSnapshot) -> RmaSnapshot {
        for line in &mut snapshot.lines {
            line.counts.expected &= u32::from(u16::MAX);
        }
        snapshot
    }
}

#[derive(Debug)]
struct InsistsOnSkus;

#[async_trait]
impl Defect for InsistsOnSkus {
    async fn create(&self, oms: &MemoryOms, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        if let Some(line) = rma.lines.iter().find(|line| line.sku.is_none()) {
            return Err(OmsError::rejected_line("no_sku", line.line_ref.clone()));
        }
        oms.create_rma(rma).await
    }
}

#[derive(Debug)]
struct InsistsOnReasons;

#[async_trait]
impl Defect for InsistsOnReasons {
    async fn cancel(
        &self,
        oms: &MemoryOms,
        key: &RmaKey,
        reason: &str,
    ) -> Result<CancelOutcome, OmsError> {
        if reason.is_empty() {
            return Err(OmsError::rejected_field("no_reason", "reason"));
        }
        oms.cancel_rma(key, reason).await
    }
}
