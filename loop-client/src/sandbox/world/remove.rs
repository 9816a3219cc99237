//! Removal of line items by the API: it takes lines away and then processes the return.

use axum::http::StatusCode;
use serde_json::Map;

use super::{Job, Trigger, World, change_state, event};
use crate::sandbox::model::{Return, State};
use crate::sandbox::moment::Moment;
use crate::sandbox::money::exchanged_lines;
use crate::sandbox::refused::{NO_RETURN, Refused};

impl World {
    /// Takes the lines of a list like `1,2` out of the return. Gives back the queued job; none
    /// if no line is left, when the return is cancelled and the shopper gets nothing, and none for
    /// a Reshop return, which is not processed.
    pub(in crate::sandbox) fn remove_lines(
        &mut self,
        id: Option<u64>,
        wanted: &str,
        now: Moment,
    ) -> Result<Option<u64>, Refused> {
        // What is no number is the id of no line.
        let wanted: Vec<Option<u64>> = wanted
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().ok())
            .collect();
        if wanted.is_empty() {
            let text = "The line item id field is required.";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Refused::error_message(status, text));
        }
        let record = id
            .and_then(|id| self.returns.get_mut(&id))
            .ok_or_else(|| Refused::errors_list_message(StatusCode::FORBIDDEN, NO_RETURN))?;
        let id = record.id;
        // Documented: after the first call a second one fails, so also while the first waits.
        let waits = |job: &Job| job.return_id == id && job.after_removal;
        let unflagged = !record.flagged || self.settings.allow_flagged_to_process;
        let modifiable = match record.state {
            State::Open => unflagged,
            State::Review => record.flagged && unflagged,
            State::Closed | State::Cancelled | State::Expired | State::Other(_) => false,
        };
        if !modifiable || self.queue.iter().any(waits) {
            return Err(refused("Return cannot be modified."));
        }
        let removable = removable(record);
        let qualify = wanted
            .iter()
            .filter(|id| id.is_some_and(|id| removable.contains(&id)))
            .count();
        if qualify == 0 {
            let text = "There are no line items that qualify for removal";
            return Err(refused(text));
        }
        if qualify < wanted.len() {
            return Err(refused("Not all line items qualify for removal"));
        }
        record
            .lines
            .retain(|line| !wanted.contains(&Some(line.line_item_id)));
        record.edited_at = Some(now);
        if record.lines.is_empty() {
            change_state(&mut self.events, record, State::Cancelled, now);
            return Ok(None);
        }
        record.updated_at = now;
        self.events.push(event(Trigger::Updated, record, None));
        if record.order.is_reshop {
            return Ok(None);
        }
        let job = self.ids.job();
        self.queue.push_back(Job {
            id: job,
            return_id: id,
            details: Map::new(),
            after_removal: true,
        });
        Ok(Some(job))
    }
}

fn refused(message: &str) -> Refused {
    Refused::message(StatusCode::UNPROCESSABLE_ENTITY, message)
}

/// The lines whose outcome is a refund or store credit. A line with the outcome `default` shares
/// that of its return, except that it may be one of the exchanged lines.
fn removable(record: &Return) -> Vec<u64> {
    let outcome = &record.order.outcome;
    let exchanged = exchanged_lines(outcome, record.lines.len());
    let pays = |outcome: &str| {
        outcome
            .split('+')
            .any(|part| matches!(part.trim(), "refund" | "credit"))
    };
    record
        .lines
        .iter()
        .enumerate()
        .filter(|(position, line)| match line.item.outcome.as_str() {
            "default" => *position >= exchanged && pays(outcome),
            own => pays(own),
        })
        .map(|(_, line)| line.line_item_id)
        .collect()
}
