//! The progress, kept in a file so that a second run goes on where the first one stopped. Nothing
//! rests on it: what was done the ledger knows. A lost file costs time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use ams_loop_bridge::Policy;
use ams_oms_client::MerchantId;
use loop_client::{ReturnId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::args::Wanted;

/// What the file begins with, so that no other file is taken for it, or written over.
const KIND: &str = "progress of a backfill, form 1";

/// What a run was asked for. A file of other arguments is another backfill's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(crate) merchant: MerchantId,
    pub(crate) wanted: Wanted,
    pub(crate) policy: Policy,
}

/// How far it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Work {
    kind: String,
    pub(crate) asked: Asked,
    /// Of the ledger in which the done ones were done.
    pub(crate) epoch: String,
    /// When the first run began.
    pub(crate) began: Timestamp,
    /// Returns that nothing is owed for and nobody but Loop knows, by why.
    pub(crate) not_owed: BTreeMap<String, u64>,
    /// Rows of the list that could not be read.
    pub(crate) unreadable: Vec<String>,
    pub(crate) done: Vec<ReturnId>,
    /// To be tried again by the next run.
    pub(crate) failed: Vec<ReturnId>,
    pub(crate) left: Vec<ReturnId>,
}

impl Work {
    /// Nothing is done yet.
    pub(crate) fn new(asked: Asked, epoch: String, began: Timestamp) -> Self {
        Self {
            kind: KIND.to_owned(),
            asked,
            epoch,
            began,
            not_owed: BTreeMap::new(),
            unreadable: Vec::new(),
            done: Vec::new(),
            failed: Vec::new(),
            left: Vec::new(),
        }
    }

    /// How many returns there were, or are, to look at or to tell of from the ledger.
    pub(crate) fn total(&self) -> usize {
        self.done.len() + self.failed.len() + self.left.len()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ReturnId> {
        let all = [&self.done, &self.failed, &self.left];
        all.into_iter().flatten().copied()
    }
}

/// The file.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
}

impl StateFile {
    pub(crate) fn at(path: &Path) -> Self {
        let path = path.to_owned();
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What an earlier run has left, if it did.
    ///
    /// # Errors
    /// When the file cannot be read, or is something else: that is never written over.
    pub(crate) fn load(&self) -> Result<Option<Work>, String> {
        let name = self.path.display();
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{name}: {error}")),
        };
        // The message of a decoder quotes what it found, and the file may be anything.
        let foreign = |line: usize, column: usize| {
            format!(
                "{name} is not the progress of a backfill, or damaged (line {line}, column \
                 {column}), and is left alone: name another by --state, or remove it, after \
                 which a backfill begins anew"
            )
        };
        let work: Work = serde_json::from_slice(&bytes)
            .map_err(|error| foreign(error.line(), error.column()))?;
        if work.kind != KIND {
            return Err(foreign(1, 1));
        }
        Ok(Some(work))
    }

    /// Puts the progress in the place of the last, durably: whenever the power fails, the file
    /// holds one or the other.
    pub(crate) fn save(&self, work: &Work) -> Result<(), String> {
        self.replace(work)
            .map_err(|error| format!("{}: {error}", self.path.display()))
    }

    fn replace(&self, work: &Work) -> io::Result<()> {
        let mut next = self.path.clone().into_os_string();
        next.push(".new");
        let mut file = File::create(&next)?;
        file.write_all(&serde_json::to_vec(work)?)?;
        file.sync_all()?;
        fs::rename(&next, &self.path)?;
        self.sync_folder()
    }

    /// Nothing is left to go on with.
    pub(crate) fn remove(&self) -> Result<(), String> {
        let removed = match fs::remove_file(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        removed.map_err(|error| format!("{}: {error}", self.path.display()))
    }

    /// That a file has another name now is durable when its folder is.
    #[cfg(unix)]
    fn sync_folder(&self) -> io::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }
}
