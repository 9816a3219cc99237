//! The state machine: every return, and what each action does to it. Pure: no I/O, no clock.
//!
//! Where Loop does not document what an action does in a state, the comment at the arm below says
//! what was chosen.

mod dispositioning;
mod fraud;
mod labels;
mod remove;

pub(super) use labels::ProviderLabel;

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value};

use super::grading::Categories;
use super::ids::Ids;
use super::model::{Label, Line, Note, Return, State};
use super::moment::Moment;
use super::shopper::NewReturn;

/// What the merchant set in Loop Admin, and what the reference leaves open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) flag_moves_to_review: bool,
    pub(super) allow_flagged_to_process: bool,
}

/// Why Loop says no. The variants are the forms of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// `{"errors": {"message": ..}}`, with status 200.
    NotFound,
    /// The same with a code.
    Coded { code: &'static str, message: String },
    /// `{"message": ..}`.
    Message(String),
    /// `{"content": ..}`, which cancelling answers.
    Content(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    Created,
    Updated,
    Closed,
    ProcessingFailed,
    LabelCreated,
    LabelUpdated,
}

impl Trigger {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Trigger::Created => "return.created",
            Trigger::Updated => "return.updated",
            Trigger::Closed => "return.closed",
            Trigger::ProcessingFailed => "return.processing.failed",
            Trigger::LabelCreated => "label.created",
            Trigger::LabelUpdated => "label.updated",
        }
    }
}

/// Something a webhook may tell, with the return as it was at that moment.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) trigger: Trigger,
    pub(super) snapshot: Return,
    /// Only for [`Trigger::ProcessingFailed`].
    pub(super) message: Option<String>,
}

/// An accepted process request that is not carried out yet.
#[derive(Debug)]
struct Job {
    id: u64,
    return_id: u64,
    details: Map<String, Value>,
    /// Queued by the removal of lines, which works once.
    after_removal: bool,
}

#[derive(Debug)]
pub(super) struct World {
    settings: Settings,
    ids: Ids,
    returns: BTreeMap<u64, Return>,
    queue: VecDeque<Job>,
    events: Vec<Event>,
    categories: Categories,
    label_generation_fails: bool,
}

const UNPROCESSABLE: &str = "UNPROCESSABLE_RETURN";
const UNPROCESSABLE_FLAGGED: &str = "UNPROCESSABLE_FLAGGED_RETURN";
/// Reads like cents in the only example there is.
const LABEL_RATE: i64 = 1093;
const NOT_PROCESSED: &str = "and therefore cannot be processed.";

impl World {
    pub(super) fn new(settings: Settings, first_return_id: u64) -> World {
        World {
            settings,
            ids: Ids::starting_at(first_return_id),
            returns: BTreeMap::new(),
            queue: VecDeque::new(),
            events: Vec::new(),
            categories: Categories::built_in(),
            label_generation_fails: false,
        }
    }

    pub(super) fn get(&self, id: u64) -> Option<&Return> {
        self.returns.get(&id)
    }

    /// The order with this name, if some return belongs to it. Consumers send the name with and
    /// without its sign.
    pub(super) fn order_id(&self, name: &str) -> Option<u64> {
        let name = name.trim_start_matches('#');
        self.returns()
            .find(|record| record.order.order_name.trim_start_matches('#') == name)
            .map(|record| record.order_id)
    }

    pub(super) fn has_variant(&self, id: u64) -> bool {
        self.returns()
            .flat_map(|record| &record.lines)
            .any(|line| line.variant_id == id)
    }

    /// All returns, by id.
    pub(super) fn returns(&self) -> impl Iterator<Item = &Return> {
        self.returns.values()
    }

    /// What happened since the last call, oldest first.
    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    // What people do outside of the API.

    pub(super) fn create(&mut self, mut order: NewReturn, now: Moment) -> u64 {
        let id = self.ids.return_id();
        let order_ids = self.ids.order(&order.order_name);
        let mut order_lines = BTreeMap::new();
        let lines = std::mem::take(&mut order.lines)
            .into_iter()
            .map(|item| {
                let article = self.ids.article(&item.sku);
                Line {
                    line_item_id: self.ids.line(),
                    provider_line_item_id: *order_lines
                        .entry(article.variant_id)
                        .or_insert_with(|| self.ids.provider_line()),
                    product_id: article.product_id,
                    variant_id: article.variant_id,
                    item,
                    condition: None,
                    disposition: None,
                }
            })
            .collect();
        let label = order.tracking.clone().map(|tracking_number| Label {
            id: self.ids.label(),
            carrier: order.carrier.clone(),
            tracking_number,
            status: "pre_transit".to_owned(),
            url: format!("https://partner.loopreturns.com/label/{id}"),
            rate: LABEL_RATE,
            updated_at: now,
            third_party: false,
        });
        let record = Return {
            id,
            order_id: order_ids.order_id,
            provider_order_id: order_ids.provider_order_id,
            order,
            lines,
            state: State::Open,
            flagged: false,
            created_at: now,
            updated_at: now,
            edited_at: None,
            closed_at: None,
            processed_at: None,
            notes: Vec::new(),
            labels: label.into_iter().collect(),
            fraud_report: None,
            flag_calls: 0,
            process_requests: 0,
            process_accepted: 0,
            refunds: 0,
        };
        self.events.push(event(Trigger::Created, &record, None));
        if !record.labels.is_empty() {
            let labelled = event(Trigger::LabelCreated, &record, None);
            self.events.push(labelled);
        }
        self.returns.insert(id, record);
        id
    }

    /// A person in the admin, a carrier or time itself moves the return. Back to `open` is what a
    /// review ends in, so it lifts a flag.
    pub(super) fn set_state(&mut self, id: u64, state: State, now: Moment) -> bool {
        let Some(record) = self.returns.get_mut(&id) else {
            return false;
        };
        if state == State::Open {
            record.flagged = false;
        }
        change_state(&mut self.events, record, state, now);
        true
    }

    /// The return stays open even without lines: what an edit in the admin does to the last line
    /// is not documented.
    pub(super) fn remove_line(&mut self, id: u64, line_item_id: u64, now: Moment) -> bool {
        let Some(record) = self.returns.get_mut(&id) else {
            return false;
        };
        let before = record.lines.len();
        record
            .lines
            .retain(|line| line.line_item_id != line_item_id);
        if record.lines.len() == before {
            return false;
        }
        record.edited_at = Some(now);
        record.updated_at = now;
        self.events.push(event(Trigger::Updated, record, None));
        true
    }

    pub(super) fn allow_flagged_to_process(&mut self, on: bool) {
        self.settings.allow_flagged_to_process = on;
    }

    // The calls of the API.

    /// Queues the work and gives back the id of the job; none for a Reshop return, of which Loop
    /// skips the processing on purpose.
    pub(super) fn process(
        &mut self,
        id: u64,
        details: Map<String, Value>,
    ) -> Result<Option<u64>, Refusal> {
        let record = self.returns.get_mut(&id).ok_or(Refusal::NotFound)?;
        record.process_requests = record.process_requests.saturating_add(1);
        let text = format!("Return is {} {NOT_PROCESSED}", record.state);
        let allowed = !record.flagged || self.settings.allow_flagged_to_process;
        match record.state {
            State::Open if allowed => {}
            State::Open => return Err(coded(UNPROCESSABLE_FLAGGED, text)),
            // The setting says that flagged returns process, so it must reach those that a flag
            // brought here; a return that is here for another reason stays.
            State::Review if record.flagged && allowed => {}
            State::Review | State::Cancelled => return Err(Refusal::Message(text)),
            // Expired is an empty cell of the table: refused like closed.
            State::Closed | State::Expired | State::Other(_) => {
                return Err(coded(UNPROCESSABLE, text));
            }
        }
        record.process_accepted = record.process_accepted.saturating_add(1);
        if record.order.is_reshop {
            return Ok(None);
        }
        let job = self.ids.job();
        self.queue.push_back(Job {
            id: job,
            return_id: id,
            details,
            after_removal: false,
        });
        Ok(Some(job))
    }

    /// Only the refusal in `closed` is known; its text and those of the other states are not.
    /// An open or waiting return can be flagged, once; nothing else can.
    pub(super) fn flag(&mut self, id: u64, now: Moment) -> Result<(), Refusal> {
        let record = self.returns.get_mut(&id).ok_or(Refusal::NotFound)?;
        if record.flagged {
            let text = "Return is flagged and therefore cannot be flagged.".to_owned();
            return Err(coded(UNPROCESSABLE, text));
        }
        match record.state {
            State::Open | State::Review => {}
            State::Closed | State::Cancelled | State::Expired | State::Other(_) => {
                let text = format!(
                    "Return is {} and therefore cannot be flagged.",
                    record.state
                );
                return Err(coded(UNPROCESSABLE, text));
            }
        }
        record.flagged = true;
        record.flag_calls = record.flag_calls.saturating_add(1);
        let state = if self.settings.flag_moves_to_review {
            State::Review
        } else {
            record.state.clone()
        };
        change_state(&mut self.events, record, state, now);
        Ok(())
    }

    pub(super) fn cancel(&mut self, id: u64, now: Moment) -> Result<(), Refusal> {
        let record = self.returns.get_mut(&id).ok_or(Refusal::NotFound)?;
        match record.state {
            State::Open | State::Review if record.flagged => {
                let text = "Return is flagged and cannot be processed.".to_owned();
                return Err(Refusal::Content(text));
            }
            State::Expired => {
                let text = "Return is expired and cannot be processed.".to_owned();
                return Err(Refusal::Content(text));
            }
            State::Open => {}
            // Review without a flag is an empty cell: refused, as the merchant has to act.
            State::Review | State::Closed | State::Cancelled | State::Other(_) => {
                let text = format!("Return is {} {NOT_PROCESSED}", record.state);
                return Err(coded(UNPROCESSABLE, text));
            }
        }
        change_state(&mut self.events, record, State::Cancelled, now);
        Ok(())
    }

    pub(super) fn close(&mut self, id: u64, now: Moment) -> Result<(), Refusal> {
        let record = self.returns.get_mut(&id).ok_or(Refusal::NotFound)?;
        let text = format!("Return is {} {NOT_PROCESSED}", record.state);
        match record.state {
            // Flagged and review are empty cells: allowed, as closing ends a review in the admin.
            State::Open | State::Review => {}
            State::Cancelled => return Err(Refusal::Message(text)),
            // Expired is an empty cell: refused like closed.
            State::Closed | State::Expired | State::Other(_) => {
                return Err(coded(UNPROCESSABLE, text));
            }
        }
        change_state(&mut self.events, record, State::Closed, now);
        Ok(())
    }

    /// Allowed in every state: the table is empty for most of them. A note changes neither the
    /// state nor `updated_at`.
    pub(super) fn add_note(&mut self, id: u64, content: &str, now: Moment) -> Result<(), Refusal> {
        let record = self.returns.get_mut(&id).ok_or(Refusal::NotFound)?;
        let note = self.ids.note();
        record.notes.push(Note {
            id: note,
            content: content.to_owned(),
            created_at: now,
        });
        Ok(())
    }

    // The work that runs behind the API.

    /// Carries out one accepted process request, unless it is gone.
    ///
    /// A second request that was accepted while the first was queued carries the outcomes out a
    /// second time: the reference tells clients to assume that, so the sandbox does it.
    pub(super) fn carry_out(&mut self, job: u64, now: Moment) -> bool {
        let position = self.queue.iter().position(|queued| queued.id == job);
        let Some(job) = position.and_then(|position| self.queue.remove(position)) else {
            return false;
        };
        let Some(record) = self.returns.get_mut(&job.return_id) else {
            return false;
        };
        let allowed = !record.flagged || self.settings.allow_flagged_to_process;
        let stopped = match record.state {
            State::Open | State::Closed => !allowed,
            State::Review => !(record.flagged && allowed),
            State::Cancelled | State::Expired | State::Other(_) => true,
        };
        if stopped {
            let text = format!("Return is {} {NOT_PROCESSED}", record.state);
            let failed = event(Trigger::ProcessingFailed, record, Some(text));
            self.events.push(failed);
            return true;
        }
        record.refunds = record.refunds.saturating_add(1);
        record.processed_at = record.processed_at.or(Some(now));
        if !job.details.is_empty() {
            let note = self.ids.note();
            record.notes.push(Note {
                id: note,
                content: format!("Additional Details: {}", Value::Object(job.details)),
                created_at: now,
            });
        }
        change_state(&mut self.events, record, State::Closed, now);
        true
    }

    pub(super) fn carry_out_all(&mut self, now: Moment) -> usize {
        let jobs: Vec<u64> = self.queue.iter().map(|job| job.id).collect();
        jobs.into_iter()
            .filter(|job| self.carry_out(*job, now))
            .count()
    }

    /// The oldest queued request of this return fails; the return stays as it is.
    pub(super) fn fail_oldest(&mut self, id: u64, message: &str) -> bool {
        let position = self.queue.iter().position(|queued| queued.return_id == id);
        let job = position.and_then(|position| self.queue.remove(position));
        let Some(record) = job.and_then(|job| self.returns.get(&job.return_id)) else {
            return false;
        };
        let message = Some(message.to_owned());
        self.events
            .push(event(Trigger::ProcessingFailed, record, message));
        true
    }
}

fn coded(code: &'static str, message: String) -> Refusal {
    Refusal::Coded { code, message }
}

fn event(trigger: Trigger, record: &Return, message: Option<String>) -> Event {
    Event {
        trigger,
        snapshot: record.clone(),
        message,
    }
}

/// `return.closed` is told once, when the return becomes closed.
fn change_state(events: &mut Vec<Event>, record: &mut Return, state: State, now: Moment) {
    let closes = state == State::Closed && record.state != State::Closed;
    record.enter(state, now);
    events.push(event(Trigger::Updated, record, None));
    if closes {
        events.push(event(Trigger::Closed, record, None));
    }
}

#[cfg(test)]
mod tests;
