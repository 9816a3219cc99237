//! Why a return is owed no RMA, or what was unusual about it.

use std::fmt;

use loop_client::{DestinationId, LineItemId};
use serde::{Deserialize, Serialize};

/// Why no RMA is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotOwed {
    /// Processed, or closed by hand, before the bridge saw it.
    Closed,
    /// Cancelled: no outcome, and nothing to send.
    Cancelled,
    /// Not sent back in time.
    Expired,
    /// For another warehouse.
    OtherDestination(DestinationId),
    /// Handed over in a shop.
    InStore,
    /// Handed over at a Happy Returns bar, whose goods do not come to this warehouse.
    HappyReturns,
    /// By a return method with which nothing is shipped.
    NoShipBackMethod(String),
    /// Every unit stays with the shopper or goes elsewhere.
    NothingShipsBack,
    /// Loop does not know the return.
    UnknownToLoop,
}

/// What the payload lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incomplete {
    /// It has no `line_items`.
    NoLines,
    /// The merchant has several destinations and the payload names none.
    NoDestination,
}

/// How the payload contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contradiction {
    /// One line item id stands for two different products.
    OneLineTwoProducts(LineItemId),
    /// More lines than anyone returns.
    TooManyLines,
}

/// Something unusual that did not stop the mapping: a value is never dropped in silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Remark {
    /// The payload names no state, or one this version does not know.
    UnknownState(Option<String>),
    /// This unit is not shipped back, by its outcome.
    NotShippedBack(LineItemId, String),
    /// This unit's outcome is not one this version knows; it is expected all the same.
    UnknownLineOutcome(LineItemId, String),
    /// This unit has neither SKU nor barcode to be recognised by.
    Unrecognisable(LineItemId),
    /// The line item id came more than once, and each time counts as a unit.
    RepeatedLine(LineItemId),
    /// This unit goes to another destination than the rest, and is not expected here.
    OtherDestination(LineItemId, DestinationId),
    /// The goods come by a method that the policy does not speak of; they are expected.
    UnlistedMethod(String),
    /// The return is of a type that this version does not know; it is treated as any.
    UnknownType(String),
    /// A part of the return's outcome is not one this version knows; it is treated as any.
    UnknownOutcome(String),
}

impl fmt::Display for NotOwed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the return is already closed in Loop"),
            Self::Cancelled => f.write_str("the return was cancelled in Loop"),
            Self::Expired => f.write_str("the return expired in Loop"),
            Self::OtherDestination(id) => {
                write!(
                    f,
                    "the goods go to destination {id}, which is not this warehouse"
                )
            }
            Self::InStore => f.write_str("the goods were handed over in a shop"),
            Self::HappyReturns => f.write_str(
                "the goods were handed over at a Happy Returns bar and do not come to this warehouse",
            ),
            Self::NoShipBackMethod(method) => {
                write!(f, "nothing is shipped back with the return method {method:?}")
            }
            Self::NothingShipsBack => f.write_str("no unit of the return is shipped back"),
            Self::UnknownToLoop => f.write_str("Loop does not know the return"),
        }
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLines => "Loop lists no line items for the return",
            Self::NoDestination => {
                "the policy names this warehouse's destinations, and Loop names none for the return"
            }
        })
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneLineTwoProducts(id) => {
                write!(f, "line item {id} stands for two different products")
            }
            Self::TooManyLines => f.write_str("the return has more lines than can be counted"),
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownState(None) => f.write_str("the payload names no state"),
            Self::UnknownState(Some(state)) => {
                write!(f, "the state {} is not known here", word(state))
            }
            Self::NotShippedBack(id, outcome) => {
                // One of the policy's own words.
                write!(f, "line item {id} is left out: its outcome is {outcome:?}")
            }
            Self::UnknownLineOutcome(id, outcome) => {
                write!(
                    f,
                    "line item {id} is expected, with an unknown outcome {}",
                    word(outcome)
                )
            }
            Self::Unrecognisable(id) => {
                write!(f, "line item {id} has neither SKU nor barcode")
            }
            Self::RepeatedLine(id) => {
                write!(f, "line item {id} came more than once and counts each time")
            }
            Self::OtherDestination(id, destination) => {
                write!(
                    f,
                    "line item {id} is left out: it goes to destination {destination}"
                )
            }
            Self::UnlistedMethod(method) => {
                write!(
                    f,
                    "the goods are expected, by the return method {}",
                    word(method)
                )
            }
            Self::UnknownType(kind) => {
                write!(f, "the return is of an unknown type, {}", word(kind))
            }
            Self::UnknownOutcome(part) => {
                write!(f, "the return has an unknown outcome, {}", word(part))
            }
        }
    }
}

/// A word of Loop's vocabulary, quoted; anything else could be about a person.
fn word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.+ ".contains(&b);
    if text.len() <= 40 && text.bytes().all(plain) {
        format!("{text:?}")
    } else {
        "of a form that is not shown".to_owned()
    }
}
