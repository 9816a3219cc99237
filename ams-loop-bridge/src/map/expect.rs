//! Which of a return's units are to come to this warehouse.

use std::num::NonZeroU32;

use loop_client::{DestinationId, LineItemId, Outcome, Return, ReturnState};

use super::reason::{Contradiction, Incomplete, NotOwed, Remark};
use crate::Policy;
use crate::words::{is_among, is_happy_returns, same_word};

/// What all payloads have in common.
pub(super) struct Payload<'a> {
    pub(super) state: Option<&'a ReturnState>,
    pub(super) outcome: Option<&'a Outcome>,
    pub(super) return_type: Option<&'a str>,
    pub(super) destination: Destination,
    /// Provider and kind, as far as named.
    pub(super) method: [Option<&'a str>; 2],
    pub(super) units: Option<Vec<Unit<'a>>>,
}

/// Where the goods go.
#[derive(Clone, Copy)]
pub(super) enum Destination {
    /// All to one place, if the payload names it.
    Whole(Option<DestinationId>),
    /// Each unit names its own.
    PerUnit,
}

/// One returned unit as a payload lists it.
pub(super) struct Unit<'a> {
    pub(super) id: LineItemId,
    pub(super) sku: Option<&'a str>,
    pub(super) barcode: Option<&'a str>,
    pub(super) title: Option<&'a str>,
    pub(super) outcome: Option<&'a str>,
    pub(super) destination: Option<DestinationId>,
}

/// A line that the warehouse is to expect.
#[derive(Debug)]
pub(crate) struct ExpectedLine<'a> {
    pub(crate) id: LineItemId,
    pub(crate) sku: Option<&'a str>,
    pub(crate) barcode: Option<&'a str>,
    pub(super) title: Option<&'a str>,
    pub(crate) quantity: NonZeroU32,
}

/// What a payload makes this warehouse expect.
#[derive(Debug)]
pub(crate) enum Expectation<'a> {
    /// These lines, one per line item id, in ascending order; at least one.
    Lines {
        lines: Vec<ExpectedLine<'a>>,
        remarks: Vec<Remark>,
    },
    Nothing {
        why: NotOwed,
        remarks: Vec<Remark>,
    },
    Incomplete(Incomplete),
    Contradictory(Contradiction),
}

impl<'a> Payload<'a> {
    pub(super) fn of(ret: &'a Return) -> Self {
        let units = ret.line_items.as_ref().map(|lines| {
            lines
                .iter()
                .map(|line| Unit {
                    id: line.line_item_id,
                    sku: line.sku.as_deref(),
                    barcode: line.barcode.as_deref(),
                    title: line.title.as_deref(),
                    outcome: line.outcome.as_deref(),
                    destination: ret.destination_id,
                })
                .collect()
        });
        let method = ret.return_method.as_ref();
        Self {
            state: ret.state.as_ref(),
            outcome: ret.outcome.as_ref(),
            return_type: ret.return_type.as_deref(),
            destination: Destination::Whole(ret.destination_id),
            method: [
                method.and_then(|method| method.provider.as_deref()),
                method.and_then(|method| method.method_type.as_deref()),
            ],
            units,
        }
    }
}

impl Unit<'_> {
    pub(super) fn same_product(&self, other: &Self) -> bool {
        self.sku == other.sku && self.barcode == other.barcode
    }
}

/// As if the return were open: what is in the parcel does not depend on where the return stands
/// in Loop by now.
pub(crate) fn expect_open<'a>(policy: &Policy, ret: &'a Return) -> Expectation<'a> {
    let payload = Payload {
        state: Some(&ReturnState::Open),
        ..Payload::of(ret)
    };
    expect(policy, &payload)
}

pub(super) fn expect<'a>(policy: &Policy, payload: &Payload<'a>) -> Expectation<'a> {
    let mut remarks = Vec::new();
    let nothing = |why, remarks| Expectation::Nothing { why, remarks };
    match payload.state {
        Some(ReturnState::Open | ReturnState::Review) => {}
        Some(ReturnState::Closed) => return nothing(NotOwed::Closed, remarks),
        Some(ReturnState::Cancelled) => return nothing(NotOwed::Cancelled, remarks),
        Some(ReturnState::Expired) => return nothing(NotOwed::Expired, remarks),
        // An RMA moves no money, and goods without one are a parcel nobody expects.
        other => remarks.push(Remark::UnknownState(
            other.map(|state| state.as_str().to_owned()),
        )),
    }
    remark_on_words(payload, &mut remarks);
    if let Some(why) = method_without_goods(policy, payload.method, &mut remarks) {
        return nothing(why, remarks);
    }
    if let Destination::Whole(destination) = payload.destination {
        match place(policy, destination) {
            Place::Here => {}
            Place::Elsewhere(id) => return nothing(NotOwed::OtherDestination(id), remarks),
            Place::NotNamed => return Expectation::Incomplete(Incomplete::NoDestination),
        }
    }
    let Some(units) = &payload.units else {
        return Expectation::Incomplete(Incomplete::NoLines);
    };
    let mut here = Vec::with_capacity(units.len());
    let mut elsewhere = None;
    for unit in units {
        match place(policy, unit.destination) {
            Place::Here => here.push(unit),
            Place::Elsewhere(id) => {
                elsewhere.get_or_insert(id);
                remarks.push(Remark::OtherDestination(unit.id, id));
            }
            Place::NotNamed => return Expectation::Incomplete(Incomplete::NoDestination),
        }
    }
    match (elsewhere, here.is_empty()) {
        (Some(id), true) => return nothing(NotOwed::OtherDestination(id), remarks),
        _ => here.retain(|unit| is_shipped_back(policy, unit, &mut remarks)),
    }
    match lines(here, &mut remarks) {
        Ok(lines) if lines.is_empty() => nothing(NotOwed::NothingShipsBack, remarks),
        Ok(lines) => Expectation::Lines { lines, remarks },
        Err(contradiction) => Expectation::Contradictory(contradiction),
    }
}

/// Names the words that this version does not know; they change nothing.
fn remark_on_words(payload: &Payload<'_>, remarks: &mut Vec<Remark>) {
    const TYPES: [&str; 2] = ["standard", "warranty"];
    const OUTCOMES: [&str; 5] = ["refund", "exchange", "credit", "upsell", "gift_card"];
    if let Some(kind) = payload.return_type
        && !TYPES.iter().any(|known| same_word(known, kind))
    {
        remarks.push(Remark::UnknownType(kind.to_owned()));
    }
    for part in payload.outcome.iter().flat_map(|outcome| outcome.parts()) {
        if !OUTCOMES.iter().any(|known| same_word(known, part)) {
            remarks.push(Remark::UnknownOutcome(part.to_owned()));
        }
    }
}

/// Why nothing comes here by this method of return, if so.
fn method_without_goods(
    policy: &Policy,
    method: [Option<&str>; 2],
    remarks: &mut Vec<Remark>,
) -> Option<NotOwed> {
    for word in method.into_iter().flatten() {
        if is_among(&policy.in_store_providers, word) {
            return Some(NotOwed::InStore);
        }
        if is_among(&policy.not_shipped_methods, word) {
            return Some(NotOwed::NoShipBackMethod(word.to_owned()));
        }
        if is_happy_returns(word) {
            if policy.expect_happy_returns {
                return None;
            }
            return Some(NotOwed::HappyReturns);
        }
    }
    if let Some(word) = method.into_iter().flatten().next() {
        remarks.push(Remark::UnlistedMethod(word.to_owned()));
    }
    None
}

enum Place {
    Here,
    Elsewhere(DestinationId),
    /// And the merchant has several.
    NotNamed,
}

fn place(policy: &Policy, destination: Option<DestinationId>) -> Place {
    if policy.destinations.is_empty() {
        return Place::Here;
    }
    match destination {
        None => Place::NotNamed,
        Some(id) if policy.destinations.contains(&id) => Place::Here,
        Some(id) => Place::Elsewhere(id),
    }
}

fn is_shipped_back(policy: &Policy, unit: &Unit<'_>, remarks: &mut Vec<Remark>) -> bool {
    let Some(outcome) = unit.outcome else {
        return true;
    };
    if outcome == "default" || same_word(outcome, "default") {
        return true;
    }
    if policy.ships_back(outcome) {
        remarks.push(Remark::UnknownLineOutcome(unit.id, outcome.to_owned()));
        return true;
    }
    remarks.push(Remark::NotShippedBack(unit.id, outcome.to_owned()));
    false
}

fn lines<'a>(
    mut units: Vec<&Unit<'a>>,
    remarks: &mut Vec<Remark>,
) -> Result<Vec<ExpectedLine<'a>>, Contradiction> {
    units.sort_by_key(|unit| unit.id);
    let mut lines: Vec<ExpectedLine<'a>> = Vec::with_capacity(units.len());
    let mut sum = 0_u32;
    for unit in units {
        sum = sum.checked_add(1).ok_or(Contradiction::TooManyLines)?;
        if let Some(known) = lines.last_mut()
            && known.id == unit.id
        {
            if (known.sku, known.barcode) != (unit.sku, unit.barcode) {
                return Err(Contradiction::OneLineTwoProducts(unit.id));
            }
            // To expect one unit too many costs a question; one too few, a refund for nothing.
            known.quantity = known
                .quantity
                .checked_add(1)
                .ok_or(Contradiction::TooManyLines)?;
            remarks.push(Remark::RepeatedLine(unit.id));
            continue;
        }
        if unit.sku.is_none() && unit.barcode.is_none() {
            remarks.push(Remark::Unrecognisable(unit.id));
        }
        lines.push(ExpectedLine {
            id: unit.id,
            sku: unit.sku,
            barcode: unit.barcode,
            title: unit.title,
            quantity: NonZeroU32::MIN,
        });
    }
    Ok(lines)
}
