//! Everything of the shop besides its returns and webhook subscriptions. Pure: no I/O, no clock.

mod carts;
mod deep_links;
mod destinations;
mod label_requests;
mod listings;
mod orders;
mod sent_label;
mod shipments;

use serde_json::Value;

pub(super) use carts::Carts;
pub(super) use deep_links::{LinkRequest, link, qr};
pub(super) use destinations::Destinations;
pub(super) use label_requests::LabelRequests;
pub(super) use listings::Listing;
pub(super) use orders::{Orders, Upserted, eligibility, ids_as_text, no_order};
pub(super) use sent_label::{read_label, read_label_status};
pub(super) use shipments::Shipments;

/// A webhook about something that is no return. Its body was made when it happened, and has the
/// form of its topic alone: what another topic would say of the same event is not documented.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub(super) topic: &'static str,
    pub(super) trigger: &'static str,
    /// 0 if it is about no single return.
    pub(super) return_id: u64,
    pub(super) body: Value,
}

impl Notice {
    pub(super) fn body(&self, topic: &str) -> Option<Value> {
        (topic == self.topic).then(|| self.body.clone())
    }
}

#[derive(Debug)]
pub(super) struct Shop {
    pub(super) blocklist: Listing,
    pub(super) allowlist: Listing,
    pub(super) carts: Carts,
    pub(super) destinations: Destinations,
    pub(super) label_requests: LabelRequests,
    pub(super) orders: Orders,
    pub(super) shipments: Shipments,
    pub(super) notices: Vec<Notice>,
}

impl Shop {
    pub(super) fn new() -> Shop {
        Shop {
            blocklist: Listing::blocklist(),
            allowlist: Listing::allowlist(),
            carts: Carts::default(),
            destinations: Destinations::default(),
            label_requests: LabelRequests::default(),
            orders: Orders::default(),
            shipments: Shipments::default(),
            notices: Vec::new(),
        }
    }

    /// What happened since the last call, oldest first.
    pub(super) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }
}
