//! What the sandbox remembers about a return.

use std::fmt;

use super::grading::{Condition, Disposition};
use super::moment::Moment;
use super::shopper::{NewLine, NewReturn};
use super::truth::ReturnTruth;

/// The five states that Loop documents, and room for those it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Closed,
    Cancelled,
    Expired,
    Review,
    Other(String),
}

impl State {
    /// Any text is a state in the admin; only the documented ones can be asked for in a query.
    pub(super) fn named(text: &str) -> State {
        State::documented(text).unwrap_or_else(|| State::Other(text.to_owned()))
    }

    pub(super) fn documented(text: &str) -> Option<State> {
        match text {
            "open" => Some(State::Open),
            "closed" => Some(State::Closed),
            "cancelled" => Some(State::Cancelled),
            "expired" => Some(State::Expired),
            "review" => Some(State::Review),
            _ => None,
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            State::Open => "open",
            State::Closed => "closed",
            State::Cancelled => "cancelled",
            State::Expired => "expired",
            State::Review => "review",
            State::Other(text) => text,
        }
    }

    /// Whether the list shows the state without being asked for it.
    pub(super) fn listed_by_default(&self) -> bool {
        match self {
            State::Open | State::Closed | State::Expired => true,
            State::Cancelled | State::Review | State::Other(_) => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) line_item_id: u64,
    /// The order's line: several units of one article share it.
    pub(super) provider_line_item_id: u64,
    pub(super) product_id: u64,
    pub(super) variant_id: u64,
    pub(super) item: NewLine,
    pub(super) condition: Option<Condition>,
    pub(super) disposition: Option<Disposition>,
}

/// One shipping label of a return.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) id: u64,
    pub(super) carrier: Option<String>,
    pub(super) tracking_number: String,
    pub(super) status: String,
    pub(super) url: String,
    /// In the smallest unit of the currency.
    pub(super) rate: i64,
    pub(super) updated_at: Moment,
    /// Made by a label provider through the API, not bought by Loop.
    pub(super) third_party: bool,
}

#[derive(Clone, Debug)]
pub(super) struct FraudReport {
    pub(super) id: u64,
    pub(super) category: String,
    pub(super) comment: Option<String>,
    pub(super) created_at: Moment,
}

#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) id: u64,
    pub(super) content: String,
    pub(super) created_at: Moment,
}

#[derive(Clone, Debug)]
pub(super) struct Return {
    pub(super) id: u64,
    pub(super) order_id: u64,
    pub(super) provider_order_id: u64,
    /// What the shopper submitted; `order.lines` is empty, `lines` below are the present ones.
    pub(super) order: NewReturn,
    pub(super) lines: Vec<Line>,
    pub(super) state: State,
    pub(super) flagged: bool,
    pub(super) created_at: Moment,
    pub(super) updated_at: Moment,
    pub(super) edited_at: Option<Moment>,
    pub(super) closed_at: Option<Moment>,
    /// When outcomes were first carried out.
    pub(super) processed_at: Option<Moment>,
    pub(super) notes: Vec<Note>,
    /// Oldest first.
    pub(super) labels: Vec<Label>,
    pub(super) fraud_report: Option<FraudReport>,
    pub(super) flag_calls: u32,
    pub(super) process_requests: u32,
    pub(super) process_accepted: u32,
    pub(super) refunds: u32,
}

impl Return {
    pub(super) fn enter(&mut self, state: State, now: Moment) {
        self.closed_at = match state {
            State::Closed => self.closed_at.or(Some(now)),
            State::Open | State::Cancelled | State::Expired | State::Review | State::Other(_) => {
                None
            }
        };
        self.state = state;
        self.updated_at = now;
    }

    pub(super) fn truth(&self) -> ReturnTruth {
        ReturnTruth {
            id: self.id,
            state: self.state.as_str().to_owned(),
            flagged: self.flagged,
            flag_calls: self.flag_calls,
            notes: self.notes.iter().map(|note| note.content.clone()).collect(),
            process_requests: self.process_requests,
            process_accepted: self.process_accepted,
            refunds: self.refunds,
            line_item_ids: self.lines.iter().map(|line| line.line_item_id).collect(),
            skus: self
                .lines
                .iter()
                .map(|line| line.item.sku.clone())
                .collect(),
            outcome: self.order.outcome.clone(),
            fraud_category: self
                .fraud_report
                .as_ref()
                .map(|report| report.category.clone()),
        }
    }
}
