//! Documents to rows and back. Nothing here begins or commits a transaction.

use std::num::NonZeroU32;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::failure::read_failed;
use crate::reference::cursor::{self, Position};
use crate::reference::document::Document;
use crate::{
    ChangeCursor, ChangePage, MerchantId, OmsError, RmaChange, RmaKey, RmaNumber, RmaVersion,
};

pub(super) fn load(connection: &Connection, key: &RmaKey) -> Result<Option<Document>, OmsError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT document FROM rma WHERE merchant = ? AND rma_number = ?")
        .and_then(|mut query| {
            query
                .query_row(
                    params![key.merchant.as_str(), key.rma_number.to_string()],
                    |row| row.get(0),
                )
                .optional()
        })
        .map_err(read_failed)?;
    text.map(|text| {
        serde_json::from_str(&text).map_err(|error| {
            OmsError::malformed(format!("the stored document of {key} cannot be read"))
                .with_source(error)
        })
    })
    .transpose()
}

pub(super) fn save(
    connection: &Connection,
    key: &RmaKey,
    document: &Document,
) -> Result<(), OmsError> {
    let text = serde_json::to_string(document).map_err(|error| {
        OmsError::malformed(format!("the document of {key} cannot be written")).with_source(error)
    })?;
    let change: Position = connection
        .prepare_cached("UPDATE store SET last_change = last_change + 1 RETURNING last_change")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(read_failed)?;
    connection
        .prepare_cached(
            "INSERT INTO rma (merchant, rma_number, version, is_open, change, document)
             VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (merchant, rma_number) DO UPDATE SET
                 version = excluded.version, is_open = excluded.is_open,
                 change = excluded.change, document = excluded.document",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                key.merchant.as_str(),
                key.rma_number.to_string(),
                document.version().as_str(),
                document.is_open(),
                change,
                text,
            ])
        })
        .map_err(read_failed)?;
    Ok(())
}

pub(super) fn changes(
    connection: &Connection,
    merchant: &MerchantId,
    cursor: Option<&ChangeCursor>,
    limit: NonZeroU32,
) -> Result<ChangePage, OmsError> {
    let (store, last): (String, Position) = connection
        .prepare_cached("SELECT id, last_change FROM store")
        .and_then(|mut query| query.query_row([], |row| Ok((row.get(0)?, row.get(1)?))))
        .map_err(read_failed)?;
    let start = cursor::read(cursor, &store, merchant, last)?;

    // One more than asked for tells whether there is more.
    let mut found = connection
        .prepare_cached(
            "SELECT rma_number, version, change FROM rma
             WHERE merchant = ? AND change > ? ORDER BY change LIMIT ?",
        )
        .and_then(|mut query| {
            query
                .query_map(
                    params![merchant.as_str(), start, i64::from(limit.get()) + 1],
                    |row| {
                        let change = RmaChange {
                            rma_number: number(row)?,
                            version: RmaVersion::new(row.get::<_, String>(1)?),
                        };
                        Ok((change, row.get::<_, Position>(2)?))
                    },
                )?
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(read_failed)?;
    let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);

    let position = found.last().map_or(start, |(_, change)| *change);
    let next = cursor::write(&store, merchant, position);
    let changes = found.into_iter().map(|(change, _)| change).collect();
    Ok(ChangePage::new(changes, next, more))
}

pub(super) fn list_open(
    connection: &Connection,
    merchant: &MerchantId,
    after: Option<RmaNumber>,
    limit: NonZeroU32,
) -> Result<Vec<RmaNumber>, OmsError> {
    // No number is 0, so 0 stands before all of them.
    let after = after.map_or_else(|| "0".to_owned(), |after| after.to_string());
    connection
        .prepare_cached(
            "SELECT rma_number FROM rma
             WHERE merchant = ?1 AND is_open
                 AND (length(rma_number), rma_number) > (length(?2), ?2)
             ORDER BY length(rma_number), rma_number LIMIT ?3",
        )
        .and_then(|mut query| {
            query
                .query_map(params![merchant.as_str(), after, limit.get()], number)?
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(read_failed)
}

/// The RMA number in the first column.
fn number(row: &Row<'_>) -> rusqlite::Result<RmaNumber> {
    let text: String = row.get(0)?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}
