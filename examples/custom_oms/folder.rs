//! How files are exchanged: CSV rows that begin with what they are about, as EDI segments do.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use ams_oms_client::{BoxError, RmaNumber, RmaVersion};
use serde::de::DeserializeOwned;

pub(crate) type Outcome<T> = Result<T, BoxError>;
pub(crate) type Rows = csv::Writer<Vec<u8>>;

/// One merchant's folder. While it is open, everybody else waits.
pub(crate) struct Folder {
    path: PathBuf,
    journal: File,
    /// What tells this journal from any other: its first line.
    pub(crate) id: String,
    /// The RMA of each change, in the further lines. One that a crash cut short names none.
    pub(crate) told: Vec<Option<RmaNumber>>,
}

impl Folder {
    pub(crate) fn open(path: PathBuf) -> Outcome<Self> {
        fs::create_dir_all(&path)?;
        let mut options = File::options();
        let options = options.create(true).read(true).append(true);
        let mut journal = options.open(path.join("journal"))?;
        journal.lock()?;
        let mut text = String::new();
        if journal.read_to_string(&mut text)? == 0 {
            text = format!("{:016x}", RandomState::new().hash_one(&path));
            journal.write_all(text.as_bytes())?;
        }
        let mut lines = text.split('\n');
        let id = lines.next().unwrap_or_default().to_owned();
        let told = lines.map(|line| line.parse().ok()).collect();
        Ok(Self {
            path,
            journal,
            id,
            told,
        })
    }

    pub(crate) fn file(&self, number: RmaNumber, kind: &str) -> PathBuf {
        self.path.join(format!("{number}.{kind}.csv"))
    }

    /// Puts a file in place as a whole. The journal is first: a crash in between tells of a change
    /// that was none, and hides none.
    pub(crate) fn put(&mut self, number: RmaNumber, kind: &str, rows: Rows) -> Outcome<()> {
        let mut draft = tempfile::NamedTempFile::new_in(&self.path)?;
        draft.write_all(&rows.into_inner()?)?;
        draft.as_file().sync_all()?;
        self.journal.write_all(format!("\n{number}").as_bytes())?;
        self.journal.sync_all()?;
        self.told.push(Some(number));
        draft
            .persist(self.file(number, kind))
            .map_err(|it| it.error)?;
        Ok(())
    }

    /// The place of the RMA's last change in the journal.
    pub(crate) fn version(&self, number: RmaNumber) -> RmaVersion {
        let place = self.told.iter().rposition(|told| *told == Some(number));
        RmaVersion::new(place.unwrap_or_default().to_string())
    }
}

pub(crate) fn rows() -> Rows {
    let mut rows = csv::WriterBuilder::new();
    rows.has_headers(false)
        .flexible(true)
        .from_writer(Vec::new())
}

/// What the file's rows about this say; `None` when there is no such file.
pub(crate) fn read<T: DeserializeOwned>(file: &Path, about: &str) -> Outcome<Option<Vec<T>>> {
    if !file.try_exists()? {
        return Ok(None);
    }
    let text = fs::read(file)?;
    let mut rows = csv::ReaderBuilder::new();
    let rows = rows.has_headers(false).flexible(true).from_reader(&*text);
    let mut found = Vec::new();
    for row in rows.into_records() {
        let row = row?;
        if row.get(0) == Some(about) {
            found.push(row.deserialize::<(String, T)>(None)?.1);
        }
    }
    Ok(Some(found))
}
