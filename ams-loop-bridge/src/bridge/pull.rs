use std::collections::BTreeSet;
use std::time::Duration;

use ams_oms_client::RmaKey;
use futures_util::StreamExt as _;
use loop_client::{AsnRow, DestinationId, ErrorKind, Return, ReturnId, ReturnsQuery, Timestamp};

use super::look::{Known, May};
use super::settle::Look;
use super::{Bridge, BridgeError, with_causes};
use crate::digest::Digest;
use crate::ledger::{CursorName, Entry, LedgerError};
use crate::map::rma_key;

/// What a pull found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct PullReport {
    /// Rows of the returns list that were read.
    pub returns: u64,
    /// Rows of the ASN report that were read.
    pub asn_rows: u64,
    /// Returns that the ledger had not heard of.
    pub new: Vec<RmaKey>,
    /// What was concluded of returns that the list showed to be changed.
    pub looks: Vec<Look>,
    /// Rows that could not be read: where, and what was expected. They hold no personal data.
    pub unreadable: Vec<String>,
}

impl PullReport {
    /// Notes the entry if this pull has made it.
    fn note_new(&mut self, entry: &Entry, now: Timestamp) {
        if entry.revision == 1 && entry.first_seen == now {
            self.new.push(entry.key.clone());
        }
    }

    /// One entry that cannot be read keeps no other row from being taken.
    fn left_alone(&mut self, taken: Result<(), LedgerError>) -> Result<(), LedgerError> {
        match taken {
            Err(error) if error.is_about_one_entry() => {
                self.unreadable.push(with_causes(&error));
                Ok(())
            }
            taken => taken,
        }
    }
}

impl Bridge {
    /// Asks Loop what changed since the last pull, for the webhooks that got lost: the returns
    /// list, in every state, and the ASN report.
    ///
    /// A row of the list is Loop's own word, so what it shows is dealt with at once where nothing
    /// has to be sent to Loop: RMAs are made, amended and cancelled, and what was asked for
    /// earlier is seen to have happened. What is owed to Loop is left to [`Bridge::settle`].
    ///
    /// What it finds is written down before it counts as found, so a pull that breaks off is
    /// simply repeated.
    ///
    /// # Errors
    /// When Loop or the ledger fails. A row that cannot be read is reported and stops nothing.
    pub async fn pull(&self, now: Timestamp) -> Result<PullReport, BridgeError> {
        self.check_backoff(now)?;
        let result = self.pull_all(now).await;
        self.note_outcome(&result, now);
        result
    }

    async fn pull_all(&self, now: Timestamp) -> Result<PullReport, BridgeError> {
        self.note_epoch().await?;
        let mut report = PullReport::default();
        if self.policy.pull.returns_list {
            self.pull_returns(now, &mut report).await?;
        }
        if self.policy.pull.asn_report {
            self.pull_asn(now, &mut report).await?;
        }
        Ok(report)
    }

    async fn pull_returns(
        &self,
        now: Timestamp,
        report: &mut PullReport,
    ) -> Result<(), BridgeError> {
        let began = self.clock.elapsed();
        let from = self.pulled_until(CursorName::LoopReturns, now).await?;
        let query = ReturnsQuery::updated(from, now);
        let mut position = None;
        loop {
            if self.is_winding_down() {
                return Ok(());
            }
            let read_at = self.time(now, began);
            let page = self
                .loop_api
                .returns_page(&query, position.as_ref())
                .await?;
            for row in page.rows {
                if self.is_winding_down() {
                    return Ok(());
                }
                let taken = match row {
                    Ok(ret) => {
                        report.returns += 1;
                        let now = self.time(now, began);
                        self.take_row(&ret, read_at, now, report).await
                    }
                    Err(error) => {
                        report.unreadable.push(with_causes(&error));
                        // Its details may be readable, and if not, it stands in the ledger.
                        match error.return_id() {
                            Some(id) => self.take_id(id, now, report).await,
                            None => Ok(()),
                        }
                    }
                };
                report.left_alone(taken)?;
            }
            position = page.next;
            if position.is_none() {
                break;
            }
        }
        self.store_pulled_until(CursorName::LoopReturns, now).await
    }

    /// `read_at` is when the page was asked for.
    async fn take_row(
        &self,
        ret: &Return,
        read_at: Timestamp,
        now: Timestamp,
        report: &mut PullReport,
    ) -> Result<(), LedgerError> {
        let digest = digest(ret);
        let note = |entry: &mut Entry| {
            // A webhook that came after the page was read may know better than the row.
            let is_older = entry.heard_at.is_some_and(|at| at > read_at);
            entry.submitted_at = ret.created_at.or(entry.submitted_at);
            if entry.loop_digest.as_ref() != Some(&digest) {
                entry.loop_digest = Some(digest.clone());
                entry.note_loop_news(now);
            }
            entry.ask_loop && !is_older
        };
        let key = rma_key(&self.merchant, ret.id);
        let (entry, held) = self.hear_and_claim(&key, note, now).await?;
        report.note_new(&entry, now);
        let Some(held) = held else {
            return Ok(());
        };
        // The row is what the look would ask Loop for. What it cannot do stays to be done, and a
        // failure is written down.
        let known = Known {
            ret: Some(ret.clone()),
            snapshot: None,
        };
        match self.look_at(held, known, May::Conclude, now).await {
            Err(BridgeError::Ledger(error)) => Err(error),
            Err(_) => Ok(()),
            Ok(result) => {
                report.looks.push(Look { key, result });
                Ok(())
            }
        }
    }

    async fn pull_asn(&self, now: Timestamp, report: &mut PullReport) -> Result<(), BridgeError> {
        let from = self.pulled_until(CursorName::LoopAsn, now).await?;
        let mut rows = self.loop_api.asn(from, now);
        let mut met = BTreeSet::<(ReturnId, Option<DestinationId>)>::new();
        loop {
            if self.is_winding_down() {
                return Ok(());
            }
            let Some(row) = rows.next().await else {
                break;
            };
            match row {
                Ok(row) => {
                    report.asn_rows += 1;
                    // Which column names the return is an inference, and the report lacks the
                    // lines' outcomes: it is not enough to make an RMA of.
                    if met.insert((row.return_id, row.destination_id)) {
                        let taken = self.take_asn_row(&row, now, report).await;
                        report.left_alone(taken)?;
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::Unreadable(_)) => {
                    report.unreadable.push(with_causes(&error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.store_pulled_until(CursorName::LoopAsn, now).await
    }

    /// What is known is that there is such a return; the next look asks Loop for the return itself.
    async fn take_id(
        &self,
        id: ReturnId,
        now: Timestamp,
        report: &mut PullReport,
    ) -> Result<(), LedgerError> {
        // Without a change it becomes known if it is new, and nothing happens otherwise.
        self.note_found(id, |_| (), now, report).await
    }

    /// Nothing but the report shows that units of one return go to several places.
    async fn take_asn_row(
        &self,
        row: &AsnRow,
        now: Timestamp,
        report: &mut PullReport,
    ) -> Result<(), LedgerError> {
        let note = |entry: &mut Entry| entry.note_asn_destination(row.destination_id);
        self.note_found(row.return_id, note, now, report).await
    }

    async fn note_found(
        &self,
        id: ReturnId,
        note: impl Fn(&mut Entry) + Send,
        now: Timestamp,
        report: &mut PullReport,
    ) -> Result<(), LedgerError> {
        let key = rma_key(&self.merchant, id);
        let first = || Entry::new(key.clone(), now);
        let (entry, ()) = self.hear(&key, first, note).await?;
        report.note_new(&entry, now);
        Ok(())
    }

    async fn pulled_until(
        &self,
        name: CursorName,
        now: Timestamp,
    ) -> Result<Timestamp, LedgerError> {
        let known = self.ledger.cursor(&self.merchant, name).await?;
        let from = known
            .and_then(|text| text.parse::<Timestamp>().ok())
            .filter(|until| *until <= now.plus(self.policy.pull.overlap()))
            .map_or(now.minus(self.policy.pull.first_look_back()), |until| {
                until.min(now).minus(self.policy.pull.overlap())
            });
        // A clock that was set back must not turn the window round.
        Ok(from.min(now.minus(Duration::from_secs(1))))
    }

    async fn store_pulled_until(
        &self,
        name: CursorName,
        now: Timestamp,
    ) -> Result<(), BridgeError> {
        Ok(self
            .ledger
            .store_cursor(&self.merchant, name, &now.to_string())
            .await?)
    }
}

/// What of a row can matter: not its amounts, and nothing about a person.
fn digest(ret: &Return) -> String {
    let mut digest = Digest::new("row v1");
    digest.text(ret.state.as_ref().map(loop_client::ReturnState::as_str));
    digest.text(ret.outcome.as_ref().map(loop_client::Outcome::as_str));
    digest.number(ret.destination_id.map_or(0, DestinationId::get));
    let method = ret.return_method.as_ref();
    digest.text(method.and_then(|method| method.provider.as_deref()));
    digest.text(method.and_then(|method| method.method_type.as_deref()));
    for line in ret.lines() {
        digest.number(line.line_item_id.get());
        for text in [&line.sku, &line.barcode, &line.outcome] {
            digest.text(text.as_deref());
        }
    }
    digest.finish()
}
