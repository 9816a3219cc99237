//! Reports: the Advanced Shipping Notice.

mod asn;
mod rows;
mod splitter;

use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt as _;

pub use asn::AsnRow;
use rows::Rows;
use splitter::Broken;

use crate::Timestamp;
use crate::call::Call;
use crate::client::{Client, explain};
use crate::decode::DecodeError;
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::request::ApiRequest;
use crate::transport::Body;

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
    /// [`ErrorKind::Input`] when `to` is before `from`; [`ErrorKind::Incomplete`] when the report
    /// breaks off or anything else stands in its place; [`ErrorKind::TooLarge`] when a row goes
    /// on for ever; and what [any call can fail with](crate::guide::errors#any-call).
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
    done: bool,
}

struct Report {
    request: ApiRequest,
    body: Body,
    rows: Rows,
    ends_at: Timestamp,
}

impl Walk {
    async fn next_row(&mut self) -> Option<Result<AsnRow>> {
        while !self.done {
            let went_on = match &mut self.report {
                None => self.begin().await,
                Some(report) => match report.rows.next() {
                    Ok(Some(row)) => return Some(row),
                    Ok(None) => self.read_on().await,
                    Err(broken) => Err(self.broken(broken).await),
                },
            };
            if let Err(error) = went_on {
                self.done = true;
                return Some(Err(error));
            }
        }
        None
    }

    /// Reads the next piece of the report, or ends it.
    async fn read_on(&mut self) -> Result<()> {
        let Some(report) = &mut self.report else {
            return Ok(());
        };
        match report.body.next().await {
            Some(Ok(piece)) => report.rows.feed(piece),
            Some(Err(error)) => return Err(self.fail(ErrorKind::Transport(error))),
            None => {
                if let Err(broken) = report.rows.finish() {
                    return Err(self.fail(ended_by(broken)));
                }
                self.done = report.ends_at >= self.to;
                self.from = report.ends_at.minus(OVERLAP);
                self.report = None;
            }
        }
        Ok(())
    }

    async fn broken(&mut self, broken: Broken) -> Error {
        let is_refusal = |report: &Report| !report.rows.have_begun();
        if broken == Broken::NotAList && self.report.as_ref().is_some_and(is_refusal) {
            return self.refused().await;
        }
        self.fail(ended_by(broken))
    }

    /// Loop refuses with status 200 too, and then an error stands where the report would.
    async fn refused(&mut self) -> Error {
        let Some(mut report) = self.report.take() else {
            return self.fail(ended_by(Broken::NotAList));
        };
        let mut body = report.rows.unread().to_vec();
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
            rows: Rows::default(),
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
