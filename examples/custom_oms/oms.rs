//! The contract, kept with files: `99904598.rma.csv` is what we announce, `99904598.received.csv`
//! what the warehouse has found so far, `99904598.cancelled.csv` that we want it no more.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::{io, path::PathBuf, time::Duration};

use ams_oms_client::RmaState::{self, Announced, Cancelled, Completed};
use ams_oms_client::{
    CancelOutcome, Capabilities, ChangeCursor, ChangeFeed, ChangePage, Condition, CreateOutcome,
    EventHint, LineRef, MerchantId, Oms, OmsError, OmsEvent, ReceivedLine, Rma, RmaChange, RmaKey,
    RmaNumber, RmaSnapshot, async_trait,
};

use crate::folder::{Folder, Outcome, read, rows};

/// By the path of a folder with a folder for each merchant.
#[derive(Clone, Debug)]
pub(crate) struct FolderOms(pub(crate) PathBuf);

impl FolderOms {
    /// Opens the merchant's folder for `task`, and gives what fails its class: a file is there whole
    /// or not at all, so a disk may be tried again, and content that makes no sense is for a person.
    pub(crate) fn within<R>(
        &self,
        merchant: &MerchantId,
        task: impl FnOnce(&mut Folder) -> Outcome<R>,
    ) -> Result<R, OmsError> {
        let folder = Folder::open(self.0.join(merchant.as_str()));
        let done = folder.and_then(|mut folder| task(&mut folder));
        done.map_err(|error| match error.downcast::<OmsError>() {
            Ok(error) => *error,
            Err(it) if it.is::<io::Error>() => OmsError::transient("file system").with_source(it),
            Err(it) => OmsError::malformed("a file makes no sense").with_source(it),
        })
    }
}

/// The promise, and what has come of it.
pub(crate) fn find(folder: &Folder, key: &RmaKey) -> Outcome<Option<(Rma, RmaSnapshot)>> {
    let file = |kind| folder.file(key.rma_number, kind);
    let Some(promised) = read(&file("rma"), "LINE")? else {
        return Ok(None);
    };
    let rma = Rma::new(key.clone(), promised)?;
    let mut lines: Vec<_> = rma.lines.iter().map(ReceivedLine::awaiting).collect();
    let units = read(&file("received"), "UNITS")?.unwrap_or_default();
    let counted = units.iter().try_for_each(|it| count(&mut lines, it));
    counted.ok_or("units that cannot be")?;
    let state = match read(&file("received"), "STATE")? {
        _ if file("cancelled").try_exists()? => "cancelled".to_owned(),
        None => "announced".to_owned(),
        // It is the last row: a file that was cut has none, and proves nothing.
        Some(mut told) => told.pop().unwrap_or_default(),
    };
    let (known, version) = (RmaState::from_text(&state), folder.version(key.rma_number));
    let mut now = RmaSnapshot::new(key.clone(), known, state, version, lines)?;
    now.unexpected = read(&file("received"), "OTHER")?.unwrap_or_default();
    Ok(Some((rma, now)))
}

pub(crate) fn existing(folder: &Folder, key: &RmaKey) -> Outcome<(Rma, RmaSnapshot)> {
    Ok(find(folder, key)?.ok_or(OmsError::NotFound)?)
}

/// The place for the words of your warehouse. A word that is not known is never `available`.
fn count(lines: &mut [ReceivedLine], (of, word, units): &(LineRef, String, u32)) -> Option<()> {
    let mut lines = lines.iter_mut();
    let counts = &mut lines.find(|it| it.line_ref.as_ref() == Some(of))?.counts;
    let count = match Condition::from_text(word) {
        Condition::Available => &mut counts.available,
        Condition::Damaged => &mut counts.damaged,
        _ if word == "missing" => &mut counts.missing,
        _ => &mut counts.held,
    };
    *count = count.checked_add(*units)?;
    Some(())
}

fn announce(folder: &mut Folder, rma: &Rma) -> Outcome<RmaSnapshot> {
    rma.validate().map_err(OmsError::from)?;
    let mut file = rows();
    // For people; nothing here reads it.
    file.serialize(("ORDER", &rma.order_name, &rma.outcome, &rma.parcels))?;
    for line in &rma.lines {
        file.serialize(("LINE", line))?;
    }
    folder.put(rma.rma_number, "rma", file)?;
    Ok(existing(folder, &rma.key())?.1)
}

#[async_trait]
impl Oms for FolderOms {
    async fn create_rma(&self, rma: &Rma) -> Result<CreateOutcome, OmsError> {
        self.within(&rma.merchant, |folder| match find(folder, &rma.key())? {
            None => Ok(CreateOutcome::Created(announce(folder, rma)?)),
            Some((stored, now)) if stored.same_goods(rma) => Ok(CreateOutcome::AlreadyExists(now)),
            Some((_, now)) => Err(OmsError::conflict(now).into()),
        })
    }

    async fn get_rma(&self, key: &RmaKey) -> Result<Option<RmaSnapshot>, OmsError> {
        self.within(
            &key.merchant,
            |folder| Ok(find(folder, key)?.map(|it| it.1)),
        )
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        self.within(&rma.merchant, |folder| {
            let (stored, now) = existing(folder, &rma.key())?;
            match now.state {
                Announced => announce(folder, rma),
                state if state == Cancelled || !stored.same_goods(rma) => {
                    Err(OmsError::too_late(state).into())
                }
                _ => Ok(now),
            }
        })
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        self.within(&key.merchant, |folder| {
            match existing(folder, key)?.1.state {
                Cancelled => Ok(CancelOutcome::AlreadyCancelled),
                Announced => {
                    let mut file = rows();
                    file.serialize(("REASON", reason))?;
                    folder.put(key.rma_number, "cancelled", file)?;
                    Ok(CancelOutcome::Cancelled)
                }
                state => Err(OmsError::too_late(state).into()),
            }
        })
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        self.within(merchant, |folder| {
            let last = folder.told.len();
            let at = |place: usize| ChangeCursor::new(format!("{}:{place}", folder.id));
            let known = |cursor: &ChangeCursor| (0..=last).find(|place| at(*place) == *cursor);
            let place = cursor.map_or(Some(0), known).ok_or(OmsError::CursorLost)?;
            let next = last.min(place.saturating_add(usize::try_from(limit.get())?));
            let mut changes = Vec::new();
            for rma_number in folder.told.iter().take(next).skip(place).flatten().copied() {
                if folder.file(rma_number, "rma").try_exists()? {
                    let version = folder.version(rma_number);
                    changes.push(RmaChange {
                        rma_number,
                        version,
                    });
                }
            }
            Ok(ChangePage::new(changes, at(next), next < last))
        })
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        self.within(merchant, |folder| {
            let mut numbers: BTreeSet<_> = folder.told.iter().flatten().copied().collect();
            numbers.retain(|number| after.is_none_or(|after| *number > after));
            let is_open = |number: &RmaNumber| {
                let found = find(folder, &RmaKey::new(merchant.clone(), *number));
                let state = found.map(|found| found.map(|(_, now)| now.state));
                // What cannot be read is not forgotten.
                !matches!(state, Ok(None | Some(Completed | Cancelled)))
            };
            Ok(numbers
                .into_iter()
                .filter(is_open)
                .take(usize::try_from(limit.get())?)
                .collect())
        })
    }

    fn decode_event(&self, _: &OmsEvent<'_>) -> Result<Vec<EventHint>, OmsError> {
        Err(OmsError::unsupported("decode_event"))
    }

    fn capabilities(&self) -> Capabilities {
        let mut can = Capabilities::default();
        (can.amend, can.cancel, can.list_open) = (true, true, true);
        (can.echoes_line_refs, can.duplicate_sku_lines) = (true, true);
        (can.unit_conditions, can.explicit_missing) = (true, true);
        (can.change_feed, can.cursor_resolution) = (ChangeFeed::UpdatedSince, Duration::ZERO);
        can
    }
}
