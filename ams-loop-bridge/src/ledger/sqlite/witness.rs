//! A second, tiny file beside the ledger that remembers how far the ledger had come, so that an
//! older copy put in its place is noticed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// How far a ledger has come: the process calls that it ever intended, within one epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) epoch: String,
    pub(super) intents: i64,
}

/// The file. It is not part of a backup of the ledger, and one that is brought back with it
/// witnesses nothing.
#[derive(Debug, Clone)]
pub(super) struct Witness(PathBuf);

impl Witness {
    pub(super) fn beside(ledger: &Path) -> Self {
        let mut path = ledger.as_os_str().to_owned();
        path.push("-witness");
        Self(path.into())
    }

    /// What was remembered; `None` when there is no file, or none that can be understood.
    pub(super) fn remembers(&self) -> io::Result<Option<Progress>> {
        match File::open(&self.0) {
            Ok(mut file) => {
                file.lock_shared()?;
                read(&mut file)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Remembers `progress`, durably, unless it is known to have gone further.
    pub(super) fn remember(&self, progress: &Progress) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.0)?;
        // Several processes may have the ledger open.
        file.lock()?;
        let known = read(&mut file)?;
        if known.is_some_and(|it| it.epoch == progress.epoch && it.intents >= progress.intents) {
            return Ok(());
        }
        // One write of always the same length: whoever is killed in the middle of this leaves the
        // old line or the new one.
        let line = format!("{} {:020}\n", progress.epoch, progress.intents);
        file.seek(SeekFrom::Start(0))?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    }
}

fn read(file: &mut File) -> io::Result<Option<Progress>> {
    // A line of ours is far shorter.
    const LONGEST: u64 = 200;
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.split_once('\n').and_then(|(line, _)| {
        let (epoch, intents) = line.split_once(' ')?;
        Some(Progress {
            epoch: epoch.to_owned(),
            intents: intents.parse().ok()?,
        })
    }))
}
