//! From what Loop says of a return to the RMA that the warehouse is to expect, or to the reason
//! why it is to expect none. Pure: the same payload gives the same answer.

mod expect;
mod plan;
mod reason;

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use ams_oms_client::{LineRef, MerchantId, Parcel, Rma, RmaKey, RmaLine, RmaNumber};
use loop_client::{AsnRow, DestinationId, LineItemId, Return, ReturnId};

pub(crate) use expect::{Expectation, ExpectedLine, expect_open};
pub use plan::{LineChange, RmaPlan, plan_rma};
pub use reason::{Contradiction, Incomplete, NotOwed, Remark};

use crate::Policy;
use expect::{Destination, Payload, Unit, expect};

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
    NotOwed {
        /// Why.
        why: NotOwed,
        /// What was unusual on the way, such as the units that are left out.
        remarks: Vec<Remark>,
    },
    /// The payload does not say enough: read the return's details from Loop.
    Incomplete(Incomplete),
    /// The payload contradicts itself; a person has to look.
    Contradictory(Contradiction),
}

impl Mapping {
    /// Why the warehouse is to expect nothing; `None` when it is to expect something, or when the
    /// payload does not tell.
    #[must_use]
    pub fn not_owed(&self) -> Option<&NotOwed> {
        match self {
            Self::NotOwed { why, .. } => Some(why),
            Self::Owed { .. } | Self::Incomplete(_) | Self::Contradictory(_) => None,
        }
    }
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
    let labelled = ret
        .labels
        .iter()
        .map(|l| (l.carrier.as_deref(), l.tracking_number.as_deref()));
    let first = (ret.carrier.as_deref(), ret.tracking_number.as_deref());
    let header = Header {
        id: ret.id,
        order_name: ret.order_name.as_deref(),
        outcome: ret.outcome.as_ref().map(loop_client::Outcome::as_str),
        parcels: parcels(labelled.chain([first])),
    };
    map(merchant, header, expect(policy, &Payload::of(ret)))
}

/// Maps the rows of an ASN report, which has a row per unit: one answer per return.
///
/// The report lacks the lines' outcomes and the return's type, so a unit that the shopper keeps
/// looks like any other there: confirm with the return's details before the RMA decides over
/// money. Unlike them it names a destination per unit.
///
/// ```
/// use ams_loop_bridge::{Mapping, Policy, map_asn};
/// use loop_client::AsnRow;
///
/// let row = AsnRow::decode(br#"{"id": 99904598, "return_line_item_id": "7", "sku": "TEE-M"}"#)?;
/// let mapped = map_asn(&"acme".parse()?, &Policy::default(), &[row]);
/// assert!(matches!(mapped[&"99904598".parse()?], Mapping::Owed { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
            let header = Header {
                id,
                order_name: first.order_name.as_deref(),
                outcome: first.outcome.as_ref().map(loop_client::Outcome::as_str),
                parcels: parcels(
                    rows.iter()
                        .map(|r| (r.carrier.as_deref(), r.tracking_number.as_deref())),
                ),
            };
            let payload = Payload {
                state: first.state.as_ref(),
                outcome: first.outcome.as_ref(),
                return_type: None,
                destination: Destination::PerUnit,
                method: [first.return_method.as_deref(), None],
                units: Some(units(&rows)),
            };
            Some((id, map(merchant, header, expect(policy, &payload))))
        })
        .collect()
}

/// The units that rows speak of: a unit is listed again for each of its parcels.
fn units<'a>(rows: &[&'a AsnRow]) -> Vec<Unit<'a>> {
    let mut units: Vec<Unit<'a>> = Vec::new();
    for row in rows {
        let unit = Unit {
            id: row.line_item_id,
            sku: row.sku.as_deref(),
            barcode: row.barcode.as_deref(),
            title: row.title.as_deref(),
            outcome: None,
            destination: row.destination_id,
        };
        let known = units
            .iter_mut()
            .find(|known| known.id == unit.id && known.same_product(&unit));
        match known {
            None => units.push(unit),
            Some(known) => known.destination = known.destination.or(unit.destination),
        }
    }
    units
}

/// Whether the rows of one return name several destinations.
pub(crate) fn is_split(one: Option<DestinationId>, other: Option<DestinationId>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

/// What an RMA carries for information.
struct Header<'a> {
    id: ReturnId,
    order_name: Option<&'a str>,
    outcome: Option<&'a str>,
    parcels: Vec<Parcel>,
}

fn map(merchant: &MerchantId, header: Header<'_>, expected: Expectation<'_>) -> Mapping {
    let (lines, remarks) = match expected {
        Expectation::Lines { lines, remarks } => (lines, remarks),
        Expectation::Nothing { why, remarks } => return Mapping::NotOwed { why, remarks },
        Expectation::Incomplete(what) => return Mapping::Incomplete(what),
        Expectation::Contradictory(what) => return Mapping::Contradictory(what),
    };
    let lines: Option<Vec<RmaLine>> = lines.iter().map(rma_line).collect();
    let rma = lines.and_then(|lines| Rma::new(rma_key(merchant, header.id), lines).ok());
    let Some(mut rma) = rma else {
        // Lines are there and unique by now, so only their sum can be too large.
        return Mapping::Contradictory(Contradiction::TooManyLines);
    };
    rma.order_name = header.order_name.map(str::to_owned);
    rma.outcome = header.outcome.map(str::to_owned);
    rma.parcels = header.parcels;
    Mapping::Owed { rma, remarks }
}

fn rma_line(expected: &ExpectedLine<'_>) -> Option<RmaLine> {
    let mut line = RmaLine::new(line_ref_of(expected.id)?, expected.quantity);
    line.sku = expected.sku.map(str::to_owned);
    line.barcode = expected.barcode.map(str::to_owned);
    line.title = expected.title.map(str::to_owned);
    Some(line)
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

/// The RMA of a return: its number **is** Loop's return id, never the name that Loop shows for it.
///
/// ```
/// use ams_loop_bridge::{return_id, rma_key};
///
/// let key = rma_key(&"acme".parse()?, "99904598".parse()?);
/// assert_eq!(key.rma_number.to_string(), "99904598");
/// assert_eq!(return_id(&key).to_string(), "99904598");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn rma_key(merchant: &MerchantId, id: ReturnId) -> RmaKey {
    RmaKey::new(merchant.clone(), RmaNumber::from(NonZeroU64::from(id)))
}

/// The return of an RMA, see [`rma_key`].
#[must_use]
pub fn return_id(key: &RmaKey) -> ReturnId {
    ReturnId::from(NonZeroU64::from(key.rma_number))
}

/// The one place where a line item id becomes a line reference.
fn line_ref_of(id: LineItemId) -> Option<LineRef> {
    LineRef::new(id.to_string()).ok()
}

/// The other way round. Only the very text that [`line_ref_of`] gives is that line.
pub(crate) fn line_item_of(line: &LineRef) -> Option<LineItemId> {
    let text = line.as_str();
    let canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    canonical.then(|| text.parse().ok()).flatten()
}
