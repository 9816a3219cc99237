//! The contract, kept with CSV files: a folder for each merchant, and in it a file for each change,
//! `<microseconds>.<RMA number>.<kind>.csv`, put in place whole and never touched again. An `rma`
//! is what we announce, a `status` all that has come of it; the last of a kind counts. So the names
//! are the change feed, and nothing is kept beside them that a crash could leave behind or ahead.

use std::fs::{self, File};
use std::time::{Duration, UNIX_EPOCH};
use std::{collections::BTreeSet, io, iter, num::NonZeroU32, path::PathBuf};

use ams_oms_client::RmaState::{self, Announced, Cancelled, Completed};
use ams_oms_client::{
    BoxError, CancelOutcome, Capabilities, ChangeCursor, ChangeFeed, ChangePage, Condition,
    CreateOutcome, EventHint, LineRef, MerchantId, Oms, OmsError, OmsEvent, ReceivedLine, Rma,
    RmaChange, RmaKey, RmaNumber, RmaSnapshot, RmaVersion, UnitCounts, async_trait,
};
use serde::{Serialize, de::DeserializeOwned};

type Outcome<T = ()> = Result<T, BoxError>;

/// One merchant's folder, and what is in it by time, RMA and name. While it is open, others wait.
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
    files: Vec<(u128, RmaNumber, String)>,
}

impl Folder {
    fn open(path: PathBuf) -> Outcome<Self> {
        fs::create_dir_all(&path)?;
        let _lock = File::create(path.join("lock"))?;
        _lock.lock()?;
        let mut files = Vec::new();
        for entry in fs::read_dir(&path)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if let [time, number, _, "csv"] = *name.split('.').collect::<Vec<_>>() {
                files.push((time.parse()?, number.parse()?, name));
            }
        }
        files.sort_unstable();
        Ok(Self { path, _lock, files })
    }

    pub(crate) fn put<T: Serialize>(&mut self, of: RmaNumber, kind: &str, rows: &[T]) -> Outcome {
        let mut file = csv::WriterBuilder::new();
        file.flexible(true).has_headers(false);
        let mut file = file.from_writer(Vec::new());
        rows.iter().try_for_each(|row| file.serialize(row))?;
        let draft = tempfile::NamedTempFile::new_in(&self.path)?;
        fs::write(&draft, file.into_inner()?)?;
        draft.as_file().sync_all()?;
        // A clock that was set back must not hide a change from those who follow the feed.
        let next = self.files.last().map_or(0, |it| it.0.saturating_add(1));
        let time = next.max(UNIX_EPOCH.elapsed()?.as_micros());
        let name = format!("{time}.{of}.{kind}.csv");
        let place = self.path.join(&name);
        draft.persist_noclobber(place).map_err(|it| it.error)?;
        #[cfg(unix)] // The name has to last as well, and so has a new folder's.
        for folder in self.path.ancestors().take(2) {
            File::open(folder)?.sync_all()?;
        }
        self.files.push((time, of, name));
        Ok(())
    }

    /// The RMA's last file whose name ends so.
    fn last(&self, of: RmaNumber, end: &str) -> Option<&String> {
        let mut files = self.files.iter();
        Some(&files.rfind(|it| it.1 == of && it.2.ends_with(end))?.2)
    }

    /// What the rows say that begin with this.
    fn read<T: DeserializeOwned>(&self, file: &str, about: &str) -> Outcome<Vec<T>> {
        let text = fs::read(self.path.join(file))?;
        let mut rows = csv::ReaderBuilder::new();
        rows.flexible(true).has_headers(false);
        let rows = rows.from_reader(&*text).into_records();
        let mut rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        rows.retain(|row| row.get(0) == Some(about));
        let said = rows.iter().map(|row| row.deserialize::<(String, T)>(None));
        said.map(|row| Ok(row?.1)).collect()
    }
}

/// By the path of a folder with a folder for each merchant.
#[derive(Clone, Debug)]
pub(crate) struct FolderOms(pub(crate) PathBuf);

impl FolderOms {
    /// Opens the merchant's folder for `task`, and gives what fails its class: a file is there
    /// whole or not at all, so a disk may be tried again, and content that makes no sense is for a
    /// person.
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
fn find(folder: &Folder, key: &RmaKey) -> Outcome<Option<(Rma, RmaSnapshot)>> {
    let last = |end| folder.last(key.rma_number, end);
    let (Some(file), Some(newest)) = (last(".rma.csv"), last("")) else {
        return Ok(None);
    };
    let rma = Rma::new(key.clone(), folder.read(file, "LINE")?)?;
    let lines = rma.lines.iter().map(ReceivedLine::awaiting).collect();
    let version = RmaVersion::new(newest);
    let mut now = RmaSnapshot::new(key.clone(), Announced, "announced", version, lines)?;
    if let Some(file) = last(".status.csv") {
        for (of, word, units) in folder.read::<(Option<LineRef>, String, u32)>(file, "UNITS")? {
            let line = now.lines.iter_mut().find(|it| it.line_ref == of);
            let count = count_of(&mut line.ok_or("units of no line")?.counts, &word);
            *count = count.checked_add(units).ok_or("more units than can be")?;
        }
        now.unexpected = folder.read(file, "OTHER")?;
        // It is the last row: a file that was cut has none, and proves nothing.
        now.raw_state = folder.read(file, "STATE")?.pop().unwrap_or_default();
    }
    now.state = RmaState::from_text(&now.raw_state);
    Ok(Some((rma, now)))
}

pub(crate) fn existing(folder: &Folder, key: &RmaKey) -> Outcome<(Rma, RmaSnapshot)> {
    Ok(find(folder, key)?.ok_or(OmsError::NotFound)?)
}

/// The place for the words of your warehouse. A word that is not known is never `available`.
fn count_of<'a>(counts: &'a mut UnitCounts, word: &str) -> &'a mut u32 {
    match Condition::from_text(word) {
        Condition::Available => &mut counts.available,
        Condition::Damaged => &mut counts.damaged,
        _ if word == "missing" => &mut counts.missing,
        _ => &mut counts.held,
    }
}

fn announce(folder: &mut Folder, rma: &Rma) -> Outcome<RmaSnapshot> {
    rma.validate().map_err(OmsError::from)?;
    // What follows the line is for people; nothing here reads it.
    let row = |line| ("LINE", line, &rma.order_name, &rma.outcome, &rma.parcels);
    let rows: Vec<_> = rma.lines.iter().map(row).collect();
    folder.put(rma.rma_number, "rma", &rows)?;
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
        let found = self.within(&key.merchant, |folder| find(folder, key))?;
        Ok(found.map(|(_, now)| now))
    }

    async fn amend_rma(&self, rma: &Rma) -> Result<RmaSnapshot, OmsError> {
        self.within(&rma.merchant, |folder| {
            let (stored, now) = existing(folder, &rma.key())?;
            match now.state {
                Announced => announce(folder, rma),
                state if state != Cancelled && stored.same_goods(rma) => Ok(now),
                state => Err(OmsError::too_late(state).into()),
            }
        })
    }

    async fn cancel_rma(&self, key: &RmaKey, reason: &str) -> Result<CancelOutcome, OmsError> {
        let rows = [["REASON", reason], ["STATE", Cancelled.as_str()]];
        self.within(&key.merchant, |folder| {
            match existing(folder, key)?.1.state {
                Cancelled => return Ok(CancelOutcome::AlreadyCancelled),
                Announced => folder.put(key.rma_number, "status", &rows)?,
                state => return Err(OmsError::too_late(state).into()),
            }
            Ok(CancelOutcome::Cancelled)
        })
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        cursor: Option<&ChangeCursor>,
        limit: NonZeroU32,
    ) -> Result<ChangePage, OmsError> {
        self.within(merchant, |folder| {
            let names = folder.files.iter().map(|it| &*it.2);
            let at = |name| ChangeCursor::new(format!("{merchant}/{name}"));
            let mut places: Vec<_> = iter::once("").chain(names).map(at).collect();
            let known = |cursor| places.iter().position(|it| it == cursor);
            let place = cursor.map_or(Some(0), known).ok_or(OmsError::CursorLost)?;
            let last = folder.files.len();
            let next = last.min(place.saturating_add(usize::try_from(limit.get())?));
            let told = folder.files.iter().take(next).skip(place);
            let changes = told.map(|it| {
                let version = RmaVersion::new(folder.last(it.1, "").unwrap_or(&it.2));
                RmaChange::new(it.1, version)
            });
            Ok(ChangePage::new(
                changes.collect(),
                places.swap_remove(next),
                next < last,
            ))
        })
    }

    async fn list_open(
        &self,
        merchant: &MerchantId,
        after: Option<RmaNumber>,
        limit: NonZeroU32,
    ) -> Result<Vec<RmaNumber>, OmsError> {
        self.within(merchant, |folder| {
            let numbers: BTreeSet<_> = folder.files.iter().map(|it| it.1).collect();
            let numbers = numbers.into_iter().filter(|it| Some(*it) > after);
            let open = numbers.filter(|it| {
                let found = find(folder, &RmaKey::new(merchant.clone(), *it));
                let state = found.map(|found| found.map(|(_, now)| now.state));
                !matches!(state, Ok(None | Some(Completed | Cancelled))) // Unreadable may be open.
            });
            Ok(open.take(usize::try_from(limit.get())?).collect())
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
