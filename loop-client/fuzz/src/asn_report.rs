use bytes::Bytes;
use futures_util::StreamExt as _;
use http::Method;
use loop_client::{AsnRow, Timestamp};
use serde_json::value::RawValue;

use super::position;
use super::scripted::{Script, printed, run};

/// The rows of a report, and its errors as a log would show them.
type Rows = Vec<Result<AsnRow, String>>;

/// A report's bytes: in one piece, cut up, broken off.
pub fn asn_report(input: &[u8]) {
    let whole = read(&[input], false);

    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(read(&bytes, false), whole, "byte by byte");
    let (head, tail) = input.split_at(position(input, input.len() + 1));
    assert_eq!(read(&[head, &[], tail], false), whole, "in two pieces");
    let uneven: Vec<&[u8]> = input.chunks(1 + position(input, 61)).collect();
    assert_eq!(read(&uneven, false), whole, "in pieces of {}", uneven.len());

    // The connection breaks: the rows so far, and an error.
    let broken = read(&[head], true);
    let (last, rows) = broken.split_last().expect("at least the error");
    assert!(last.is_err(), "{last:?}");
    assert!(whole.starts_with(rows), "{rows:?}");

    let Ok(elements) = serde_json::from_slice::<Vec<&RawValue>>(input) else {
        return;
    };
    let expected: Vec<Option<AsnRow>> = elements
        .iter()
        .map(|element| AsnRow::decode(element.get().as_bytes()).ok())
        .collect();
    let found: Vec<Option<AsnRow>> = whole.into_iter().map(Result::ok).collect();
    assert_eq!(found, expected, "a whole report");

    // The connection ends without saying so: what is missing must not go unnoticed.
    let end = input.trim_ascii_end().len();
    let short = read(&[&input[..position(input, end)]], false);
    assert!(matches!(short.last(), Some(Err(_))), "{short:?}");
}

fn read(pieces: &[&[u8]], breaks: bool) -> Rows {
    let pieces = pieces
        .iter()
        .map(|piece| Some(Bytes::copy_from_slice(piece)));
    let script = Script::new([(200, pieces.chain(breaks.then_some(None)).collect())]);
    let (from, to) = (
        Timestamp::from_unix_seconds(0),
        Timestamp::from_unix_seconds(86_400),
    );
    let rows: Vec<_> = run(script.client().reports().asn(from, to).collect());
    let sent = script.sent(&Method::GET, "/api/2026-10/warehouse/reporting/asn");
    assert_eq!(sent.len(), 1, "a report is asked for once");
    let mut rows: Rows = rows
        .into_iter()
        .map(|row| row.map_err(|error| printed(&error)))
        .collect();
    // What breaks the report in the middle of a piece is told before the rows of that piece.
    rows.sort_by_key(|row| {
        row.as_ref()
            .is_err_and(|error| error.contains("the report"))
    });
    rows
}
