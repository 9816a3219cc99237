//! How a place in a reference OMS's change feed is written down.

use std::time::Duration;

use crate::{Capabilities, ChangeCursor, ChangeFeed, MerchantId, OmsError};

/// A store's place in its feed: the number of the last change seen. Signed because SQLite counts
/// so; never negative.
pub(crate) type Position = i64;

/// Writes the place down together with the store and the merchant it is valid for.
///
/// A cursor that is used with another store or merchant would skip changes silently, so it has
/// to be recognisable.
pub(crate) fn write(store: &str, merchant: &MerchantId, position: Position) -> ChangeCursor {
    ChangeCursor::new(format!("1:{store}:{position}:{merchant}"))
}

/// Writes the same place down in other letters: a cursor that moved and skipped nothing.
#[cfg(feature = "memory")]
pub(crate) fn write_again(store: &str, merchant: &MerchantId, position: Position) -> ChangeCursor {
    ChangeCursor::new(format!("1:{store}:0{position}:{merchant}"))
}

/// Reads a cursor back; no cursor is the beginning.
///
/// A place ahead of the store's last change comes from a store that has been put back to an
/// older copy since: what happened in between may be told again under the same numbers.
pub(crate) fn read(
    cursor: Option<&ChangeCursor>,
    store: &str,
    merchant: &MerchantId,
    last: Position,
) -> Result<Position, OmsError> {
    let Some(cursor) = cursor else {
        return Ok(0);
    };
    let mut parts = cursor.as_str().splitn(4, ':');
    let known = parts.next() == Some("1") && parts.next() == Some(store);
    let position = parts.next().and_then(|text| text.parse::<Position>().ok());
    let same_merchant = parts.next() == Some(merchant.as_str());
    position
        .filter(|position| known && same_merchant && (0..=last).contains(position))
        .ok_or(OmsError::CursorLost)
}

/// What both reference systems can do: everything.
pub(crate) fn everything() -> Capabilities {
    Capabilities {
        amend: true,
        cancel: true,
        list_open: true,
        echoes_line_refs: true,
        duplicate_sku_lines: true,
        unit_conditions: true,
        explicit_missing: true,
        change_feed: ChangeFeed::UpdatedSince,
        cursor_resolution: Duration::ZERO,
        events: false,
        longest_rma_number: 20,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_store_and_merchant_read_a_cursor_back() {
        let acme = MerchantId::new("acme").unwrap();
        let other = MerchantId::new("acme2").unwrap();
        let cursor = write("s1", &acme, 7);
        assert_eq!(read(Some(&cursor), "s1", &acme, 7).unwrap(), 7);
        assert_eq!(read(None, "s1", &acme, 7).unwrap(), 0);
        #[cfg(feature = "memory")]
        {
            let again = write_again("s1", &acme, 7);
            assert_ne!(again, cursor);
            assert_eq!(read(Some(&again), "s1", &acme, 7).unwrap(), 7);
        }
        for (store, merchant, last) in [("s2", &acme, 7), ("s1", &other, 7), ("s1", &acme, 6)] {
            let lost = read(Some(&cursor), store, merchant, last);
            assert!(matches!(lost, Err(OmsError::CursorLost)), "{store} {last}");
        }
        for text in [
            "",
            "7",
            "1:s1:7",
            "1:s1:-1:acme",
            "1:s1:x:acme",
            "2:s1:7:acme",
            "1:s1:7:",
        ] {
            let lost = read(Some(&ChangeCursor::new(text)), "s1", &acme, 7);
            assert!(matches!(lost, Err(OmsError::CursorLost)), "{text}");
        }
    }
}
