//! Telling the class of a SQLite failure.

use rusqlite::{Error, ErrorCode};

use crate::OmsError;

/// A failure before the commit: nothing was written.
pub(super) fn read_failed(error: Error) -> OmsError {
    let failure = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            OmsError::transient("the database is locked by another process")
        }
        // A person or the passing of time helps, and the file itself is sound.
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory,
        ) => OmsError::transient("the database file cannot be read or written"),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            OmsError::malformed("the file is not a sound SQLite database")
        }
        _ => OmsError::malformed("the database does not hold what it should"),
    };
    failure.with_source(error)
}

/// A failure of the commit itself. Only "busy" leaves no doubt that nothing was written.
pub(super) fn write_failed(error: Error) -> OmsError {
    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) {
        read_failed(error)
    } else {
        OmsError::ambiguous("the commit failed").with_source(error)
    }
}
