//! Reports: the Advanced Shipping Notice.

mod asn;
mod splitter;

use std::collections::VecDeque;
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt as _;

pub use asn::AsnRow;
use splitter::{Broken, Splitter};

use crate::Timestamp;
use crate::call::Call;
use crate::client::{Client, explain};
use crate::decode::{self, DecodeError};
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::request::ApiRequest;
use crate::transport::Body;

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
    /// while they arrive, however long the report is. Ranges over 120 days are split.
    ///
    /// `GET /warehouse/reporting/asn`. Scope: Returns. Safe to repeat. A row that cannot be read is
    /// yielded as an error and does not end the stream. A report that breaks off is an error after
    /// the rows that came. Which timestamp the range applies to is not documented. Rests on
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
    ready: VecDeque<Result<AsnRow, DecodeError>>,
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
                return Some(row.map_err(|error| self.fail(ErrorKind::Unreadable(error))));
            }
            if self.done {
                return None;
            }
            if let Err(error) = self.advance().await {
                self.done = true;
                return Some(Err(error));
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
                let broken = report
                    .splitter
                    .feed(&piece, |row| ready.push_back(decode::object(row)));
                broken.map_err(|broken| self.fail(unreadable(broken)))
            }
            Some(Err(error)) => Err(self.fail(ErrorKind::Transport(error))),
            None => {
                report
                    .splitter
                    .finish()
                    .map_err(|broken| self.fail(unreadable(broken)))?;
                if let Some(report) = self.report.take() {
                    self.from = report.ends_at;
                }
                self.done = self.from >= self.to;
                Ok(())
            }
        }
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

/// Dates are always well formed here: Loop reads a bad one as 1970 and answers with everything.
fn request(from: Timestamp, to: Timestamp) -> ApiRequest {
    ApiRequest::new(Call::AsnReport)
        .query("from", &from)
        .query("to", &to)
}

fn unreadable(broken: Broken) -> ErrorKind {
    match broken {
        Broken::TooLarge { limit } => ErrorKind::TooLarge { limit },
        Broken::NotAList => ErrorKind::Unreadable(DecodeError {
            place: "the report".to_owned(),
            expected: "expected a list of rows".to_owned(),
        }),
        Broken::Truncated => ErrorKind::Unreadable(DecodeError {
            place: "the report".to_owned(),
            expected: "expected more: the report breaks off".to_owned(),
        }),
    }
}
