//! What the disk can do: durable commits of one row, and durable writes of one line.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;

const TIMES: u32 = 200;

/// Commits a second of a single-row update, with a write-ahead log and full synchronisation.
pub(crate) fn commits(dir: &Path) -> f64 {
    let database = Connection::open(dir.join("disk.sqlite")).unwrap();
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, value INTEGER);
             INSERT OR IGNORE INTO row VALUES (1, 0);",
        )
        .unwrap();
    let mut update = database
        .prepare("UPDATE row SET value = value + 1 WHERE id = 1")
        .unwrap();
    let began = Instant::now();
    for _ in 0..TIMES {
        update.execute([]).unwrap();
    }
    f64::from(TIMES) / began.elapsed().as_secs_f64()
}

/// Writes a second of one line, each of them synchronised.
pub(crate) fn writes(dir: &Path) -> f64 {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join("disk.line"))
        .unwrap();
    let began = Instant::now();
    for number in 0..TIMES {
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(format!("{number:050}\n").as_bytes())
            .unwrap();
        file.sync_all().unwrap();
    }
    f64::from(TIMES) / began.elapsed().as_secs_f64()
}
