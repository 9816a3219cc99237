//! Reports: the Advanced Shipping Notice.

mod asn;
mod splitter;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt as _;
use serde::Deserialize;

pub use asn::AsnRow;
use splitter::{Broken, LARGEST_ROW, Splitter};

use crate::call::Call;
use crate::client::{Client, explain};
use crate::decode::{self, DecodeError};
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::request::ApiRequest;
use crate::transport::Body;
use crate::{ReturnId, Timestamp};

/// Neighbouring ranges share this much: whether their ends belong to them is not documented.
const OVERLAP: Duration = Duration::from_secs(2);
/// So much is read of an answer that is no report, to see what it says.
const LARGEST_REFUSAL: usize = 16 << 10;
/// Loop refuses longer ranges from 2026-10 on.
const LONGEST_RANGE: Duration = Duration::from_secs(120 * 86_400);

/// Calls about reports; see [`Client::reports`]. Scope: Returns, despite the path.
#[derive(Debug)]
pub struct Reports<'a> {
    client: &'a Client,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// The ASN report from `from` to `to`, as a stream of rows that are decoded one at a time
    /// while they arrive, however long the report is. Ranges over 120 days are split, with a
    /// little overlap; a row that stands where two of them meet can come twice, so tell units apart
    /// by [`AsnRow::line_item_id`].
    ///
    /// `GET /warehouse/reporting/asn`. Scope: Returns. Safe to repeat. A row that cannot be read is
    /// yielded as an error, which names the return if it can, and does not end the stream. A report
    /// that breaks off is an error after the rows that came. A row over a mebibyte is passed over,
    /// and is one that cannot be read. Which timestamp the range applies to is not documented. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-data/advanced-shipping-notice>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when `to` is before `from`, and what any read can fail with.
    pub fn asn(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Stream<Item = Result<AsnRow>> + Send + use<> {
        let walk = Walk {
            client: self.client.clone(),
            from,
            to,
            report: None,
            ready: VecDeque::new(),
            failed: None,
            done: false,
        };
        futures_util::stream::unfold(walk, |mut walk| async move {
            let row = walk.next_row().await?;
            Some((row, walk))
        })
    }
}

/// Through the ranges of a report, and the rows of each.
struct Walk {
    client: Client,
    from: Timestamp,
    to: Timestamp,
    report: Option<Report>,
    ready: VecDeque<Result<AsnRow, BadRow>>,
    /// What ended the report, to be told after the rows that came before it.
    failed: Option<Error>,
    done: bool,
}

struct Report {
    request: ApiRequest,
    body: Body,
    splitter: Splitter,
    ends_at: Timestamp,
}

impl Walk {
    async fn next_row(&mut self) -> Option<Result<AsnRow>> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Some(row.map_err(BadRow::into_error));
            }
            if let Some(error) = self.failed.take() {
                return Some(Err(error));
            }
            if self.done {
                return None;
            }
            if let Err(error) = self.advance().await {
                self.failed = Some(error);
                self.done = true;
            }
        }
    }

    /// Reads the next piece of the report, or begins or ends one.
    async fn advance(&mut self) -> Result<()> {
        let Some(report) = &mut self.report else {
            return self.begin().await;
        };
        match report.body.next().await {
            Some(Ok(piece)) => {
                let ready = &mut self.ready;
                let fed = report
                    .splitter
                    .feed(&piece, |row| ready.push_back(read_row(row)));
                match fed {
                    Ok(()) => Ok(()),
                    Err(Broken::NotAList) if !report.splitter.has_begun() => {
                        Err(self.refused(piece).await)
                    }
                    Err(broken) => Err(self.fail(ended_by(broken))),
                }
            }
            Some(Err(error)) => Err(self.fail(ErrorKind::Transport(error))),
            None => {
                report
                    .splitter
                    .finish()
                    .map_err(|broken| self.fail(ended_by(broken)))?;
                if let Some(report) = self.report.take() {
                    self.done = report.ends_at >= self.to;
                    self.from = report.ends_at.minus(OVERLAP);
                }
                Ok(())
            }
        }
    }

    /// Loop refuses with status 200 too, and then an error stands where the report would.
    async fn refused(&mut self, piece: Bytes) -> Error {
        let Some(mut report) = self.report.take() else {
            return self.fail(ended_by(Broken::NotAList));
        };
        let mut body = piece.to_vec();
        while body.len() < LARGEST_REFUSAL {
            match report.body.next().await {
                Some(Ok(more)) => body.extend_from_slice(&more),
                Some(Err(_)) | None => break,
            }
        }
        let refusal = self.client.refusal(&report.request, 200, &body);
        if matches!(refusal.kind(), ErrorKind::Server(_)) {
            let kind = ended_by(Broken::NotAList);
            return explain(&report.request, Some(200), (Effect::Unknown, kind));
        }
        refusal
    }

    async fn begin(&mut self) -> Result<()> {
        if self.from > self.to {
            return Err(self.fail(ErrorKind::Input("the range ends before it begins")));
        }
        let ends_at = self.from.plus(LONGEST_RANGE).min(self.to);
        let request = request(self.from, ends_at);
        let body = self.client.open(&request).await?;
        self.report = Some(Report {
            request,
            body,
            splitter: Splitter::default(),
            ends_at,
        });
        Ok(())
    }

    fn fail(&self, kind: ErrorKind) -> Error {
        match &self.report {
            Some(report) => explain(&report.request, Some(200), (Effect::Unknown, kind)),
            None => Error::new(Call::AsnReport, None, None, Effect::NotSent, kind),
        }
    }
}

/// A row that cannot be read, and its return if at least that can be.
struct BadRow {
    return_id: Option<ReturnId>,
    error: DecodeError,
}

impl BadRow {
    fn into_error(self) -> Error {
        let kind = ErrorKind::Unreadable(self.error);
        let (call, effect) = (Call::AsnReport, Effect::Unknown);
        Error::new(call, self.return_id, Some(200), effect, kind)
    }
}

fn read_row(row: Option<&[u8]>) -> Result<AsnRow, BadRow> {
    #[derive(Deserialize)]
    struct OnlyReturn {
        id: ReturnId,
    }
    let row = row.ok_or_else(|| BadRow {
        return_id: None,
        error: DecodeError {
            place: "a row".to_owned(),
            expected: format!("expected at most {LARGEST_ROW} bytes"),
        },
    })?;
    AsnRow::decode(row).map_err(|error| BadRow {
        return_id: decode::object(row).ok().map(|row: OnlyReturn| row.id),
        error,
    })
}

/// Dates are always well formed here: Loop reads a bad one as 1970 and answers with everything.
fn request(from: Timestamp, to: Timestamp) -> ApiRequest {
    ApiRequest::new(Call::AsnReport)
        .query("from", &from.in_millis())
        .query("to", &to.in_millis())
}

fn ended_by(broken: Broken) -> ErrorKind {
    match broken {
        Broken::TooLarge { limit } => ErrorKind::TooLarge { limit },
        Broken::NotAList => ErrorKind::Incomplete(DecodeError {
            place: "the report".to_owned(),
            expected: "expected a list of rows".to_owned(),
        }),
        Broken::Truncated => ErrorKind::Incomplete(DecodeError {
            place: "the report".to_owned(),
            expected: "expected more: the report breaks off".to_owned(),
        }),
    }
}
