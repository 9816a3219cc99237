//! From what Loop says of a return to the RMA that the warehouse is to expect, or to the reason
//! why it is to expect none. Pure: the same payload gives the same answer.

use std::collections::BTreeMap;
use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

use ams_oms_client::{LineRef, MerchantId, Parcel, Rma, RmaKey, RmaLine, RmaNumber};
use loop_client::{AsnRow, DestinationId, LineItemId, Return, ReturnId, ReturnState};
use serde::{Deserialize, Serialize};

use crate::Policy;

/// What a return means for this warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mapping {
    /// The warehouse is to expect these goods.
    Owed {
        /// The RMA; its number is Loop's return id.
        rma: Rma,
        /// What was unusual on the way.
        remarks: Vec<Remark>,
    },
    /// The warehouse is to expect nothing.
    NotOwed(NotOwed),
    /// The payload does not say enough: read the return's details from Loop.
    Incomplete(Incomplete),
    /// The payload contradicts itself; a person has to look.
    Contradictory(Contradiction),
}

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// Maps a row of the returns list, a details object, or the body of a webhook.
///
/// ```
/// use ams_loop_bridge::{Mapping, Policy, map_return};
///
/// let ret = serde_json::from_str(r#"{"id": 99904598, "state": "open",
///     "line_items": [{"line_item_id": "7", "sku": "TEE-M", "outcome": "default"}]}"#)?;
/// let Mapping::Owed { rma, .. } = map_return(&"acme".parse()?, &Policy::default(), &ret) else {
///     panic!("a return with one line is owed");
/// };
/// assert_eq!(rma.rma_number.to_string(), "99904598");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn map_return(merchant: &MerchantId, policy: &Policy, ret: &Return) -> Mapping {
    let lines = ret.line_items.as_ref().map(|lines| {
        lines
            .iter()
            .map(|line| Unit {
                id: line.line_item_id,
                sku: line.sku.as_deref(),
                barcode: line.barcode.as_deref(),
                title: line.title.as_deref(),
                outcome: line.outcome.as_deref(),
            })
            .collect()
    });
    let labelled = ret
        .labels
        .iter()
        .map(|l| (l.carrier.as_deref(), l.tracking_number.as_deref()));
    let first = (ret.carrier.as_deref(), ret.tracking_number.as_deref());
    map(
        merchant,
        policy,
        Payload {
            id: ret.id,
            state: ret.state.as_ref(),
            order_name: ret.order_name.as_deref(),
            outcome: ret.outcome.as_ref().map(loop_client::Outcome::as_str),
            destination: ret.destination_id,
            provider: ret
                .return_method
                .as_ref()
                .and_then(|method| method.provider.as_deref()),
            parcels: parcels(labelled.chain([first])),
            lines,
        },
    )
}

/// Maps the rows of an ASN report, which has a row per unit: one answer per return.
///
/// The report lacks the lines' outcomes, so a unit that the shopper keeps looks like any other
/// there: confirm with the return's details before the RMA decides over money.
#[must_use]
pub fn map_asn(
    merchant: &MerchantId,
    policy: &Policy,
    rows: &[AsnRow],
) -> BTreeMap<ReturnId, Mapping> {
    let mut returns: BTreeMap<ReturnId, Vec<&AsnRow>> = BTreeMap::new();
    for row in rows {
        returns.entry(row.return_id).or_default().push(row);
    }
    returns
        .into_iter()
        .filter_map(|(id, rows)| {
            let first = *rows.first()?;
            let mut lines: Vec<Unit<'_>> = Vec::new();
            for row in &rows {
                let unit = Unit {
                    id: row.line_item_id,
                    sku: row.sku.as_deref(),
                    barcode: row.barcode.as_deref(),
                    title: row.title.as_deref(),
                    outcome: None,
                };
                // A unit is listed again for each of its parcels.
                if !lines
                    .iter()
                    .any(|known| known.id == unit.id && known.same_product(&unit))
                {
                    lines.push(unit);
                }
            }
            let payload = Payload {
                id,
                state: first.state.as_ref(),
                order_name: first.order_name.as_deref(),
                outcome: first.outcome.as_ref().map(loop_client::Outcome::as_str),
                destination: one_destination(&rows),
                provider: first.return_method.as_deref(),
                parcels: parcels(
                    rows.iter()
                        .map(|r| (r.carrier.as_deref(), r.tracking_number.as_deref())),
                ),
                lines: Some(lines),
            };
            Some((id, map(merchant, policy, payload)))
        })
        .collect()
}

/// The destination of a return, if its rows agree on it: which of its units go where is for Loop
/// to say.
fn one_destination(rows: &[&AsnRow]) -> Option<DestinationId> {
    let first = rows.first()?.destination_id;
    rows.iter()
        .all(|row| row.destination_id == first)
        .then_some(first)?
}

/// What all payloads have in common.
struct Payload<'a> {
    id: ReturnId,
    state: Option<&'a ReturnState>,
    order_name: Option<&'a str>,
    outcome: Option<&'a str>,
    destination: Option<DestinationId>,
    provider: Option<&'a str>,
    parcels: Vec<Parcel>,
    lines: Option<Vec<Unit<'a>>>,
}

struct Unit<'a> {
    id: LineItemId,
    sku: Option<&'a str>,
    barcode: Option<&'a str>,
    title: Option<&'a str>,
    outcome: Option<&'a str>,
}

impl Unit<'_> {
    fn same_product(&self, other: &Self) -> bool {
        self.sku == other.sku && self.barcode == other.barcode
    }
}

fn map(merchant: &MerchantId, policy: &Policy, payload: Payload<'_>) -> Mapping {
    let mut remarks = Vec::new();
    match payload.state {
        Some(ReturnState::Open | ReturnState::Review) => {}
        Some(ReturnState::Closed) => return Mapping::NotOwed(NotOwed::Closed),
        Some(ReturnState::Cancelled) => return Mapping::NotOwed(NotOwed::Cancelled),
        Some(ReturnState::Expired) => return Mapping::NotOwed(NotOwed::Expired),
        // An RMA moves no money, and goods without one are a parcel nobody expects.
        other => remarks.push(Remark::UnknownState(
            other.map(|state| state.as_str().to_owned()),
        )),
    }
    if payload
        .provider
        .is_some_and(|provider| policy.is_in_store(provider))
    {
        return Mapping::NotOwed(NotOwed::InStore);
    }
    if !policy.destinations.is_empty() {
        match payload.destination {
            None => return Mapping::Incomplete(Incomplete::NoDestination),
            Some(id) if !policy.destinations.contains(&id) => {
                return Mapping::NotOwed(NotOwed::OtherDestination(id));
            }
            Some(_) => {}
        }
    }
    let Some(units) = payload.lines else {
        return Mapping::Incomplete(Incomplete::NoLines);
    };
    let lines = match lines(policy, units, &mut remarks) {
        Ok(lines) if lines.is_empty() => return Mapping::NotOwed(NotOwed::NothingShipsBack),
        Ok(lines) => lines,
        Err(contradiction) => return Mapping::Contradictory(contradiction),
    };
    let key = key_of(merchant, payload.id);
    match Rma::new(key, lines) {
        Ok(mut rma) => {
            rma.order_name = payload.order_name.map(str::to_owned);
            rma.outcome = payload.outcome.map(str::to_owned);
            rma.parcels = payload.parcels;
            Mapping::Owed { rma, remarks }
        }
        // Lines are there and unique by now, so only their sum can be too large.
        Err(_) => Mapping::Contradictory(Contradiction::TooManyLines),
    }
}

/// The lines to expect, one per line item id, in ascending order.
fn lines(
    policy: &Policy,
    units: Vec<Unit<'_>>,
    remarks: &mut Vec<Remark>,
) -> Result<Vec<RmaLine>, Contradiction> {
    let mut by_id: BTreeMap<LineItemId, (Unit<'_>, NonZeroU32)> = BTreeMap::new();
    for unit in units {
        let id = unit.id;
        if let Some(outcome) = unit.outcome {
            if !policy.ships_back(outcome) {
                remarks.push(Remark::NotShippedBack(id, outcome.to_owned()));
                continue;
            }
            if !outcome.eq_ignore_ascii_case("default") {
                remarks.push(Remark::UnknownLineOutcome(id, outcome.to_owned()));
            }
        }
        let Some((known, quantity)) = by_id.get_mut(&id) else {
            by_id.insert(id, (unit, NonZeroU32::MIN));
            continue;
        };
        if !known.same_product(&unit) {
            return Err(Contradiction::OneLineTwoProducts(id));
        }
        // To expect one unit too many costs a question; one too few, a refund for nothing.
        *quantity = quantity.checked_add(1).ok_or(Contradiction::TooManyLines)?;
        remarks.push(Remark::RepeatedLine(id));
    }
    by_id
        .into_iter()
        .map(|(id, (unit, quantity))| {
            let line_ref = line_ref_of(id).ok_or(Contradiction::TooManyLines)?;
            let mut line = RmaLine::new(line_ref, quantity);
            if unit.sku.is_none() && unit.barcode.is_none() {
                remarks.push(Remark::Unrecognisable(id));
            }
            line.sku = unit.sku.map(str::to_owned);
            line.barcode = unit.barcode.map(str::to_owned);
            line.title = unit.title.map(str::to_owned);
            Ok(line)
        })
        .collect()
}

fn parcels<'a>(seen: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Vec<Parcel> {
    let mut parcels: Vec<Parcel> = Vec::new();
    for (carrier, tracking_number) in seen {
        let parcel = Parcel::new(carrier, tracking_number);
        let known = parcels
            .iter()
            .any(|known| known.tracking_number == parcel.tracking_number);
        if tracking_number.is_some() && !known {
            parcels.push(parcel);
        }
    }
    parcels
}

/// The one place where a return id becomes an RMA number.
pub(crate) fn key_of(merchant: &MerchantId, id: ReturnId) -> RmaKey {
    RmaKey::new(merchant.clone(), RmaNumber::from(NonZeroU64::from(id)))
}

/// The other way round.
pub(crate) fn return_id_of(key: &RmaKey) -> ReturnId {
    ReturnId::from(NonZeroU64::from(key.rma_number))
}

fn line_ref_of(id: LineItemId) -> Option<LineRef> {
    LineRef::new(id.to_string()).ok()
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
            Self::NothingShipsBack => f.write_str("no unit of the return is shipped back"),
            Self::UnknownToLoop => f.write_str("Loop does not know the return"),
        }
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLines => "the payload has no line items, so Loop must be asked for them",
            Self::NoDestination => {
                "the payload names no destination and the merchant has several, so Loop must be \
                 asked for it"
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
