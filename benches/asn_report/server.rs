//! A stand-in for Loop's report that costs next to nothing: its rows are rendered before.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream;
use loop_ams_benches::asn_row;
use tokio::net::TcpListener;

/// So many different rows come round again and again.
pub const ROWS_RENDERED: u64 = 4000;
/// About 64 KB.
const ROWS_IN_A_PIECE: u64 = 80;

/// The text of a row, with lines of which three belong to one return.
pub fn row_text(number: u64) -> String {
    let number = number % ROWS_RENDERED;
    asn_row(99_900_000 + number / 3, 293_000_000 + number).to_string()
}

/// Serves `/{rows}/{keep}/...` with a report of `rows` rows, of which `keep` bytes arrive (`all` of
/// them, or a number), until it is ended. Its port is the only line it prints.
#[tokio::main(flavor = "current_thread")]
pub async fn serve() {
    let rendered = Arc::new(Rendered::new());
    let report = get(move |Path((rows, keep, _)): Path<(u64, String, String)>| {
        let pieces = Pieces {
            rendered: Arc::clone(&rendered),
            next: 0,
            rows,
            keep: keep.parse().unwrap_or(usize::MAX),
        };
        let pieces = pieces.map(Ok::<_, Infallible>);
        async { Body::from_stream(stream::iter(pieces)) }
    });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let router = Router::new().route("/{rows}/{keep}/{*path}", report);
    axum::serve(listener, router).await.unwrap();
}

/// Rows with a comma before each.
struct Rendered {
    text: Bytes,
    /// Where each row begins, and where the last one ends.
    at: Vec<usize>,
}

impl Rendered {
    fn new() -> Self {
        let mut text = String::new();
        let mut at = vec![0];
        for number in 0..ROWS_RENDERED {
            text.push(',');
            text.push_str(&row_text(number));
            at.push(text.len());
        }
        Self {
            text: text.into(),
            at,
        }
    }

    /// From the row `first` on, and how many rows they are.
    fn piece(&self, first: u64, most: u64) -> (Bytes, u64) {
        let from = first % ROWS_RENDERED;
        let rows = most.min(ROWS_IN_A_PIECE).min(ROWS_RENDERED - from);
        let at = |row: u64| self.at[usize::try_from(row).unwrap()];
        (self.text.slice(at(from)..at(from + rows)), rows)
    }
}

struct Pieces {
    rendered: Arc<Rendered>,
    /// 0 before the list has begun, then one more than the rows that were sent.
    next: u64,
    rows: u64,
    keep: usize,
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let piece = match self.next.checked_sub(1) {
            None => {
                self.next = 1;
                Bytes::from_static(b"[")
            }
            Some(sent) if sent < self.rows => {
                let (piece, rows) = self.rendered.piece(sent, self.rows - sent);
                self.next += rows;
                // The first row has no comma before it.
                if sent == 0 { piece.slice(1..) } else { piece }
            }
            Some(sent) if sent == self.rows => {
                self.next += 1;
                Bytes::from_static(b"]")
            }
            Some(_) => return None,
        };
        let piece = piece.slice(..piece.len().min(self.keep));
        self.keep -= piece.len();
        (!piece.is_empty()).then_some(piece)
    }
}
