//! Evidence in words.

use crate::{
    CancelOutcome, CreateOutcome, LineRef, OmsError, ReceivedLine, RmaSnapshot, RmaVersion,
    UnitCounts, WarehouseWork,
};

pub(super) fn counts(counts: &UnitCounts) -> String {
    format!(
        "{} expected, {} available, {} damaged, {} held, {} missing",
        counts.expected, counts.available, counts.damaged, counts.held, counts.missing
    )
}

/// Lines with what names them.
pub(super) fn lines(lines: &[ReceivedLine]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            let line_ref = line.line_ref.as_ref().map_or("-", LineRef::as_str);
            let sku = line.sku.as_deref().unwrap_or("-");
            let barcode = line.barcode.as_deref().unwrap_or("-");
            let counts = counts(&line.counts);
            format!("line {line_ref:?} SKU {sku:?} barcode {barcode:?}: {counts}")
        })
        .collect();
    format!("[{}]", lines.join("; "))
}

pub(super) fn work(work: &WarehouseWork) -> &'static str {
    match work {
        WarehouseWork::Arrive => "Arrive",
        WarehouseWork::Receive { .. } => "Receive",
        WarehouseWork::ReportMissing { .. } => "ReportMissing",
        WarehouseWork::Regrade { .. } => "Regrade",
        WarehouseWork::Unreceive { .. } => "Unreceive",
        WarehouseWork::Close => "Close",
        WarehouseWork::Reopen => "Reopen",
        WarehouseWork::Cancel => "Cancel",
    }
}

/// The class, which the caller acts on, and the words.
pub(super) fn error(error: &OmsError) -> String {
    let class = match error {
        OmsError::Transient { .. } => "Transient",
        OmsError::Ambiguous { .. } => "Ambiguous",
        OmsError::Auth { .. } => "Auth",
        OmsError::NotFound => "NotFound",
        OmsError::Conflict { .. } => "Conflict",
        OmsError::TooLate { .. } => "TooLate",
        OmsError::Rejected { .. } => "Rejected",
        OmsError::Partial { .. } => "Partial",
        OmsError::Unsupported { .. } => "Unsupported",
        OmsError::Malformed { .. } => "Malformed",
        OmsError::CursorLost => "CursorLost",
    };
    format!("{class} ({error})")
}

pub(super) fn created(answer: &Result<CreateOutcome, OmsError>) -> String {
    match answer {
        Ok(CreateOutcome::Created(_)) => "Created".to_owned(),
        Ok(CreateOutcome::AlreadyExists(_)) => "AlreadyExists".to_owned(),
        Err(refused) => error(refused),
    }
}

pub(super) fn cancelled(answer: &Result<CancelOutcome, OmsError>) -> String {
    match answer {
        Ok(CancelOutcome::Cancelled) => "Cancelled".to_owned(),
        Ok(CancelOutcome::AlreadyCancelled) => "AlreadyCancelled".to_owned(),
        Err(refused) => error(refused),
    }
}

/// A call that should not have succeeded, or failed in another way than it should have.
pub(super) fn instead<T>(answer: &Result<T, OmsError>) -> String {
    answer.as_ref().map_or_else(error, |_| "success".to_owned())
}

/// What two snapshots do not agree on, or `None`. Versions are not compared: they have rules of
/// their own.
pub(super) fn difference(before: &RmaSnapshot, after: &RmaSnapshot) -> Option<String> {
    let (before, after) = (comparable(before), comparable(after));
    if before == after {
        return None;
    }
    let parts = [
        ("key", format!("{}", before.key), format!("{}", after.key)),
        ("state", before.state.to_string(), after.state.to_string()),
        ("raw_state", before.raw_state, after.raw_state),
        ("lines", lines(&before.lines), lines(&after.lines)),
        (
            "unexpected",
            format!("{:?}", before.unexpected),
            format!("{:?}", after.unexpected),
        ),
        (
            "receipts",
            format!("{:?}", before.receipts),
            format!("{:?}", after.receipts),
        ),
        (
            "documents",
            format!("{:?}", before.documents),
            format!("{:?}", after.documents),
        ),
    ];
    let changed: Vec<String> = parts
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| format!("{name} {before} became {after}"))
        .collect();
    Some(changed.join("; "))
}

/// Without the version, and in one order where the contract promises none.
fn comparable(snapshot: &RmaSnapshot) -> RmaSnapshot {
    let mut snapshot = snapshot.clone();
    snapshot.version = RmaVersion::new("");
    snapshot.lines.sort_by_cached_key(|line| {
        (
            line.line_ref.clone(),
            line.sku.clone(),
            line.barcode.clone(),
            counts(&line.counts),
        )
    });
    snapshot
        .unexpected
        .sort_by_cached_key(|item| (item.sku.clone(), item.barcode.clone(), item.condition));
    snapshot.documents.sort();
    snapshot
}
