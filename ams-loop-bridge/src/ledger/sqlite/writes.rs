//! Writes that wait at the same time share a commit: a commit waits for the disk, and the disk
//! takes hardly longer for a hundred writes than for one.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, TransactionBehavior};

use super::schema::{progress, unwitnessed};
use super::witness::Witness;
use super::{LedgerError, failed};

/// Writes, and tells how many rows it changed.
type Write = Box<dyn FnOnce(&Connection) -> rusqlite::Result<usize> + Send>;

/// What waits to be written.
#[derive(Clone, Default)]
pub(super) struct Writes(Arc<Mutex<Vec<(Write, Ticket)>>>);

/// Stands for a write until it is answered.
#[derive(Clone)]
pub(super) struct Ticket {
    what: &'static str,
    /// Whether somebody is going to act on it: then it is witnessed before it is answered.
    is_intent: bool,
    answer: Arc<Mutex<Option<Result<usize, LedgerError>>>>,
}

impl Ticket {
    /// How many rows were changed, durably; `None` before [`Writes::carry_out`].
    pub(super) fn answer(&self) -> Option<Result<usize, LedgerError>> {
        lock(&self.answer).take()
    }
}

impl Writes {
    /// Lets a write wait.
    pub(super) fn add(
        &self,
        what: &'static str,
        is_intent: bool,
        write: impl FnOnce(&Connection) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Ticket {
        let ticket = Ticket {
            what,
            is_intent,
            answer: Arc::default(),
        };
        lock(&self.0).push((Box::new(write), ticket.clone()));
        ticket
    }

    /// Carries out all that wait, and answers them.
    pub(super) fn carry_out(&self, connection: &mut Connection, witness: &Witness) {
        let (writes, tickets): (Vec<Write>, Vec<Ticket>) =
            mem::take(&mut *lock(&self.0)).into_iter().unzip();
        let changed = if writes.len() > 1 {
            together(connection, writes)
        } else {
            // A statement by itself is a transaction.
            Ok(writes.into_iter().map(|it| it(connection)).collect())
        };
        let mut answers: Vec<Result<usize, LedgerError>> = match changed {
            Ok(changed) => (changed.into_iter().zip(&tickets))
                .map(|(changed, ticket)| changed.map_err(failed(ticket.what)))
                .collect(),
            Err(error) => {
                let failure = |ticket: &Ticket| Err(unavailable(ticket.what, &error));
                tickets.iter().map(failure).collect()
            }
        };
        let mut intents: Vec<_> = (answers.iter_mut().zip(&tickets))
            .filter(|(answer, ticket)| ticket.is_intent && matches!(answer, Ok(1)))
            .map(|(answer, _)| answer)
            .collect();
        if !intents.is_empty() {
            let reached = progress(connection);
            let seen = reached.and_then(|it| witness.remember(&it).map_err(unwitnessed));
            if let Err(error) = seen {
                for answer in &mut intents {
                    **answer = Err(unavailable("witnessing it", &error));
                }
            }
        }
        for (ticket, answer) in tickets.iter().zip(answers) {
            *lock(&ticket.answer) = Some(answer);
        }
    }
}

impl fmt::Debug for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writes").finish_non_exhaustive()
    }
}

/// All in one transaction; one that fails is taken back alone.
fn together(
    connection: &mut Connection,
    writes: Vec<Write>,
) -> rusqlite::Result<Vec<rusqlite::Result<usize>>> {
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut all = Vec::with_capacity(writes.len());
    for write in writes {
        let savepoint = transaction.savepoint()?;
        let changed = write(&savepoint);
        if changed.is_ok() {
            savepoint.commit()?;
        } else {
            drop(savepoint);
        }
        // A full disk takes the whole transaction back.
        if transaction.is_autocommit() {
            changed?;
        } else {
            all.push(changed);
        }
    }
    transaction.commit()?;
    Ok(all)
}

fn unavailable(what: &'static str, error: &dyn std::error::Error) -> LedgerError {
    LedgerError::Unavailable {
        what,
        source: Some(error.to_string().into()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (id INTEGER PRIMARY KEY);
                 CREATE TABLE history (epoch TEXT, process_intents INTEGER);
                 INSERT INTO history VALUES ('e', 0);",
            )
            .unwrap();
        connection
    }

    fn add(writes: &Writes, is_intent: bool, sql: &'static str) -> Ticket {
        writes.add("writing", is_intent, move |connection| {
            connection.execute(sql, [])
        })
    }

    fn rows(connection: &Connection) -> u32 {
        let count = "SELECT count(*) FROM t";
        connection.query_row(count, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn one_that_fails_fails_alone_and_each_sees_those_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let witness = Witness::beside(&dir.path().join("ledger"));
        let (mut connection, writes) = (table(), Writes::default());
        let first = add(&writes, false, "INSERT INTO t VALUES (1)");
        let doubled = add(&writes, false, "INSERT INTO t VALUES (2), (1)");
        let seen = add(&writes, false, "UPDATE t SET id = 3 WHERE id = 1");
        let stale = add(&writes, false, "UPDATE t SET id = 4 WHERE id = 1");
        assert!(
            first.answer().is_none(),
            "nothing is answered before it is done"
        );
        writes.carry_out(&mut connection, &witness);
        assert_eq!(first.answer().unwrap().unwrap(), 1);
        assert!(doubled.answer().unwrap().is_err());
        assert_eq!(seen.answer().unwrap().unwrap(), 1);
        assert_eq!(stale.answer().unwrap().unwrap(), 0);
        assert_eq!(rows(&connection), 1);
        // Whoever comes later finds nothing to do.
        writes.carry_out(&mut connection, &witness);
        assert!(witness.remembers().unwrap().is_none(), "no intent");
    }

    #[test]
    fn none_is_answered_as_done_when_the_whole_is_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let witness = Witness::beside(&dir.path().join("ledger"));
        let (mut connection, writes) = (table(), Writes::default());
        let first = add(&writes, true, "INSERT INTO t VALUES (1)");
        // As SQLite itself does when the disk is full.
        let fatal = add(&writes, false, "ROLLBACK");
        let last = add(&writes, false, "INSERT INTO t VALUES (2)");
        writes.carry_out(&mut connection, &witness);
        for ticket in [first, fatal, last] {
            assert!(ticket.answer().unwrap().is_err());
        }
        assert_eq!(rows(&connection), 0);
        assert!(witness.remembers().unwrap().is_none());
    }

    #[test]
    fn an_intent_is_not_stored_for_whoever_acts_on_it_until_it_is_witnessed() {
        let dir = tempfile::tempdir().unwrap();
        let (mut connection, writes) = (table(), Writes::default());
        let intent = || add(&writes, true, "INSERT INTO t SELECT max(id) + 1 FROM t");
        let write = || add(&writes, false, "INSERT INTO t SELECT count(*) + 10 FROM t");
        let gone = Witness::beside(&dir.path().join("no folder").join("ledger"));
        let (first, other) = (intent(), write());
        writes.carry_out(&mut connection, &gone);
        assert!(first.answer().unwrap().is_err());
        assert_eq!(other.answer().unwrap().unwrap(), 1);
        let alone = intent();
        writes.carry_out(&mut connection, &gone);
        assert!(alone.answer().unwrap().is_err());

        let witness = Witness::beside(&dir.path().join("ledger"));
        let (second, other) = (intent(), write());
        writes.carry_out(&mut connection, &witness);
        assert_eq!(second.answer().unwrap().unwrap(), 1);
        assert_eq!(other.answer().unwrap().unwrap(), 1);
        assert!(witness.remembers().unwrap().is_some());
    }
}
