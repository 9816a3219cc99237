//! Bulk shipments of Happy Returns: many returns in one box.

use serde_json::{Value, json};

use crate::sandbox::model::{Line, Return};
use crate::sandbox::moment::{DAY, Moment};
use crate::sandbox::query::{Invalid, Params, valid_date};
use crate::sandbox::refused::Refused;
use crate::sandbox::shop::Notice;

#[derive(Clone, Debug)]
struct Shipment {
    loop_id: u64,
    happy_id: String,
    returns: usize,
    items: Vec<Value>,
    created_at: Moment,
}

impl Shipment {
    fn json(&self) -> Value {
        json!({
            "loop_shipment_id": self.loop_id,
            "happy_returns_shipment_id": self.happy_id,
            "line_item_count": self.items.len(),
            "return_count": self.returns,
            "created_at": self.created_at.with_z(),
            "updated_at": self.created_at.with_z(),
        })
    }
}

#[derive(Debug)]
pub(in crate::sandbox) struct Shipments {
    next_id: u64,
    all: Vec<Shipment>,
}

impl Default for Shipments {
    fn default() -> Shipments {
        Shipments {
            next_id: 123,
            all: Vec::new(),
        }
    }
}

impl Shipments {
    /// A box with every present line of these returns arrives.
    pub(in crate::sandbox) fn record(
        &mut self,
        happy_id: &str,
        returns: &[&Return],
        now: Moment,
    ) -> (u64, Notice) {
        let loop_id = self.next_id;
        self.next_id = loop_id.saturating_add(1);
        let items = returns
            .iter()
            .flat_map(|record| record.lines.iter().map(|line| (*record, line)))
            .map(|(record, line)| item(loop_id, happy_id, record, line))
            .collect();
        self.all.push(Shipment {
            loop_id,
            happy_id: happy_id.to_owned(),
            returns: returns.len(),
            items,
            created_at: now,
        });
        let notice = Notice {
            topic: "happy.returns.shipment",
            trigger: "shipment.processed",
            return_id: 0,
            body: json!({
                "topic": "happy.returns.shipment",
                "trigger": "shipment.processed",
                "loop_shipment_id": loop_id,
                "happy_returns_shipment_id": happy_id,
            }),
        };
        (loop_id, notice)
    }

    /// Those of the last 24 hours, unless `from` or `to` is given; both ends belong to it.
    pub(in crate::sandbox) fn rows(
        &self,
        params: &Params,
        now: Moment,
    ) -> Result<Vec<Value>, Invalid> {
        let to = valid_date(params, "to")?;
        let from = valid_date(params, "from")?;
        let to = to.unwrap_or(now);
        let from = from.unwrap_or_else(|| to.plus(-DAY));
        Ok(self
            .all
            .iter()
            .filter(|shipment| (from..=to).contains(&shipment.created_at))
            .map(Shipment::json)
            .collect())
    }

    /// By the id of Happy Returns, which is a text.
    pub(in crate::sandbox) fn get(&self, happy_id: &str) -> Result<Value, Refused> {
        let mut all = self.all.iter();
        all.find(|shipment| shipment.happy_id == happy_id)
            .map(Shipment::json)
            .ok_or_else(missing)
    }

    /// By Loop's own id, which is a number.
    pub(in crate::sandbox) fn items(&self, loop_id: &str) -> Result<Vec<Value>, Refused> {
        let loop_id: u64 = loop_id.parse().map_err(|_| missing())?;
        let mut all = self.all.iter();
        all.find(|shipment| shipment.loop_id == loop_id)
            .map(|shipment| shipment.items.clone())
            .ok_or_else(missing)
    }
}

fn missing() -> Refused {
    Refused::not_found("shipment")
}

/// One unit: a return's bag holds all its units.
fn item(loop_id: u64, happy_id: &str, record: &Return, line: &Line) -> Value {
    json!({
        "carrier": "FedEx",
        "happy_returns_return_bag_barcodes": [format!("HRB{:09}", record.id)],
        "happy_returns_rma_id": format!("HR{:08}", record.id),
        "happy_returns_shipment_id": happy_id,
        "item_title": line.item.title,
        "order_name": record.order.order_name,
        "po_number": null,
        "return_id": record.id,
        "shipment_id": loop_id,
        "shipping_box_barcode": format!("HRBOX{loop_id}"),
        "sku": line.item.sku,
        "tracking_number": format!("7710{:08}", loop_id),
        "variant_title": line.item.variant,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs<'a> = &'a [(&'a str, &'a str)];

    fn found(shipments: &Shipments, pairs: Pairs<'_>, now: &str) -> Result<usize, &'static str> {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let params = Params::new(owned.collect());
        let rows = shipments.rows(&params, Moment::parse(now).unwrap());
        rows.map(|rows| rows.len()).map_err(|invalid| invalid.field)
    }

    #[test]
    fn without_dates_a_day_is_shown() {
        let mut shipments = Shipments::default();
        for text in ["2026-06-01", "2026-06-14 11:59:59", "2026-06-14 12:00:00"] {
            shipments.record(text, &[], Moment::parse(text).unwrap());
        }
        let table: [(Pairs<'_>, Result<usize, &str>); 7] = [
            (&[], Ok(1)),
            (&[("from", "2026-06-01")], Ok(3)),
            (&[("from", "2026-06-01 00:00:01")], Ok(2)),
            (&[("to", "2026-06-01")], Ok(1)),
            (&[("from", "2026-05-01"), ("to", "2026-06-02")], Ok(1)),
            (&[("from", "soon")], Err("from")),
            (&[("to", "soon")], Err("to")),
        ];
        for (pairs, expected) in table {
            let rows = found(&shipments, pairs, "2026-06-15 12:00:00");
            assert_eq!(rows, expected, "{pairs:?}");
        }
    }
}
