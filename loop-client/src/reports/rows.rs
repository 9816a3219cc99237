//! The rows of a report while its bytes arrive, decoded one at a time, when they are asked for.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Deserializer;

use super::AsnRow;
use super::splitter::{Broken, Element, LARGEST_ROW, Splitter};
use crate::ReturnId;
use crate::call::Call;
use crate::decode::{self, DecodeError};
use crate::error::{Effect, Error, ErrorKind, Result};

#[derive(Default)]
pub(super) struct Rows {
    splitter: Splitter,
    /// What has arrived and was not read yet.
    arrived: Bytes,
    /// The last piece up to where it is no UTF-8, which is looked for once and not in every text.
    text: String,
    /// Bytes of the last piece.
    length: usize,
}

impl Rows {
    /// Takes the next bytes, after [`Self::next`] has read those before.
    pub(super) fn feed(&mut self, piece: Bytes) {
        let text = std::str::from_utf8(&piece).or_else(|error| {
            let valid = piece.get(..error.valid_up_to());
            std::str::from_utf8(valid.unwrap_or_default())
        });
        self.text.clear();
        self.text.push_str(text.unwrap_or_default());
        self.length = piece.len();
        self.arrived = piece;
    }

    /// The next row; `None` before more bytes have arrived.
    pub(super) fn next(&mut self) -> std::result::Result<Option<Result<AsnRow>>, Broken> {
        let at = self.length - self.arrived.len();
        if self.splitter.is_between_elements()
            && let Some((row, end)) = self.text.get(at..).and_then(read_in_place)
            && self.splitter.pass_over(&mut self.arrived, end)
        {
            return Ok(Some(Ok(row)));
        }
        let element = self.splitter.next(&mut self.arrived)?;
        Ok(element.map(read))
    }

    /// What is left of the last bytes: all of them when no list begins in them.
    pub(super) fn unread(&self) -> &[u8] {
        &self.arrived
    }

    /// Whether the list has begun.
    pub(super) fn have_begun(&self) -> bool {
        self.splitter.has_begun()
    }

    /// No more bytes come.
    pub(super) fn finish(&self) -> std::result::Result<(), Broken> {
        self.splitter.finish()
    }
}

/// A good row that `text` begins with, and where it ends: looking for the end first took longer
/// than decoding. What it does not take is left to [`read`].
fn read_in_place(text: &str) -> Option<(AsnRow, usize)> {
    // Serde would take a list for a row.
    if !text.trim_ascii_start().starts_with('{') {
        return None;
    }
    let mut rows = Deserializer::from_str(text).into_iter();
    let row = rows.next()?.ok()?;
    Some((row, rows.byte_offset()))
}

/// A row that cannot be read is an error, with its return if at least that can be read.
fn read(element: Element) -> Result<AsnRow> {
    #[derive(Deserialize)]
    struct OnlyReturn {
        id: ReturnId,
    }
    let unreadable = |return_id, error| {
        let kind = ErrorKind::Unreadable(error);
        let (call, effect) = (Call::AsnReport, Effect::Unknown);
        Error::new(call, return_id, Some(200), effect, kind)
    };
    let Element::Whole(row) = element else {
        let error = DecodeError {
            place: "a row".to_owned(),
            expected: format!("expected at most {LARGEST_ROW} bytes"),
        };
        return Err(unreadable(None, error));
    };
    AsnRow::decode(&row).map_err(|error| {
        let return_id = decode::object(&row).ok().map(|row: OnlyReturn| row.id);
        unreadable(return_id, error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a report may hold, and more than it may.
    const ELEMENTS: &[&[u8]] = &[
        br#"{"id":7,"return_line_item_id":"8"}"#,
        br#" { "return_line_item_id" : 8 , "id" : "7", "sku" : "],\"\\", "x": [{"y": "}"}] } "#,
        br#"{"id":7,"return_line_item_id":8,"title":"Zo\u00eb \ud83d\ude00"}"#,
        br#"{"id":7,"return_line_item_id":8,"title":"\ud800"}"#,
        br#"{"id":7,"return_line_item_id":8,"x":"\ud800","y":1e999}"#,
        b"{\"id\":7,\"return_line_item_id\":8,\"x\":\"\xff\"}",
        b"{\"id\":7,\"return_line_item_id\":8,\"title\":\"Zo\xc3\xab\"}",
        br#"{"id":7,"return_line_item_id":8}"2"#,
        br#"{"id":7,"return_line_item_id":8}}"#,
        br#"{"id":7,"return_line_item_id":8"#,
        br#"{"id":7,"id":7,"return_line_item_id":8}"#,
        br#"{"id":7,"return_line_item_id":"x"}"#,
        br#"{"return_line_item_id":8}"#,
        br#"[7,8]"#,
        b"[7]",
        b"null",
        b"\"",
        b"\x0c{\"id\":7,\"return_line_item_id\":8}",
        b"",
    ];

    fn report() -> impl Strategy<Value = Vec<u8>> {
        let element = prop_oneof![
            8 => prop::sample::select(ELEMENTS).prop_map(<[u8]>::to_vec),
            1 => prop::collection::vec(any::<u8>(), 0..12),
        ];
        let comma = prop::sample::select(&[",", ",", " ,\n\t", "\r", ",,", "]", "[", "\x0c"][..]);
        let parts = prop::collection::vec((element, comma), 0..8);
        let change = prop::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>()));
        (parts, change, any::<bool>()).prop_map(|(parts, change, is_closed)| {
            let mut text = b"[".to_vec();
            for (element, comma) in parts {
                text.extend_from_slice(&element);
                text.extend_from_slice(comma.as_bytes());
            }
            if is_closed {
                text.extend_from_slice(br#"{"id":7,"return_line_item_id":8}]"#);
            }
            if let Some((at, byte)) = change {
                let at = at.index(text.len());
                text[at] = byte;
            }
            text
        })
    }

    /// The rows, with errors as they are printed, and how the report ended.
    type Found = (
        Vec<std::result::Result<AsnRow, String>>,
        std::result::Result<(), Broken>,
    );

    fn printed(row: Result<AsnRow>) -> std::result::Result<AsnRow, String> {
        row.map_err(|error| format!("{error:?}"))
    }

    /// One element after the other is cut out before it is decoded.
    fn cut_out(text: &[u8]) -> Found {
        let mut splitter = Splitter::default();
        let mut bytes = Bytes::copy_from_slice(text);
        let mut rows = Vec::new();
        loop {
            match splitter.next(&mut bytes) {
                Ok(Some(element)) => rows.push(printed(read(element))),
                Ok(None) => return (rows, splitter.finish()),
                Err(broken) => return (rows, Err(broken)),
            }
        }
    }

    fn decoded(text: &[u8], cuts: &[usize]) -> Found {
        let mut pieces = Vec::new();
        let mut rest = text;
        for cut in cuts {
            let (piece, after) = rest.split_at(cut % (rest.len() + 1));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let mut rows = Rows::default();
        let mut found = Vec::new();
        for piece in pieces {
            rows.feed(Bytes::copy_from_slice(piece));
            loop {
                match rows.next() {
                    Ok(Some(row)) => found.push(printed(row)),
                    Ok(None) => break,
                    Err(broken) => return (found, Err(broken)),
                }
            }
        }
        (found, rows.finish())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_decoded_in_place_is_what_is_cut_out(
            text in report(),
            cuts in prop::collection::vec(any::<usize>(), 0..4),
        ) {
            prop_assert_eq!(decoded(&text, &cuts), cut_out(&text));
        }
    }

    /// The elements above are what they are meant to be.
    #[test]
    fn good_rows_are_decoded_in_place_and_others_are_not() {
        let in_place: Vec<bool> = ELEMENTS
            .iter()
            .map(|element| std::str::from_utf8(element).is_ok_and(|it| read_in_place(it).is_some()))
            .collect();
        let good = [0, 1, 2, 4, 6, 7, 8];
        for (at, is_good) in in_place.into_iter().enumerate() {
            assert_eq!(is_good, good.contains(&at), "element {at}");
        }
    }

    #[test]
    fn a_row_that_is_too_large_is_not_taken_in_place_either() {
        let row = r#"{"id":7,"return_line_item_id":8}"#;
        let blanks = |more: usize| " ".repeat(LARGEST_ROW - row.len() + more);
        for (blanks, is_good) in [(blanks(0), true), (blanks(1), false)] {
            let text = format!("[{row}{blanks},{row}]");
            let (rows, end) = decoded(text.as_bytes(), &[]);
            assert_eq!(end, Ok(()));
            assert_eq!(
                rows.iter()
                    .map(std::result::Result::is_ok)
                    .collect::<Vec<_>>(),
                [is_good, true]
            );
            assert_eq!(rows, cut_out(text.as_bytes()).0);
        }
    }
}
