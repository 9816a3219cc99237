//! What people do outside of the API with everything but the life of a return.

use serde_json::Value;

use super::model::Return;
use super::shop::Notice;
use super::{Sandbox, render};

impl Sandbox {
    /// The carrier moves the newest label of a return to a status (`in_transit`; any text is
    /// taken). Queues `label.updated`. False if there is no such return or it has no label.
    pub fn move_label(&self, id: u64, status: &str) -> bool {
        self.core()
            .act(|world, now| world.move_label(id, status, now))
    }

    /// From now on Loop cannot buy labels, or can again: the calls to generate and regenerate one
    /// are refused with `label_generation_failed`.
    pub fn label_generation_fails(&self, fails: bool) {
        self.core()
            .act(|world, _| world.label_generation_fails(fails));
    }

    /// Loop asks the label provider for a label of this return. Gives back the request's id and
    /// queues `label.request.issued`; none if there is no such return.
    pub fn issue_label_request(&self, return_id: u64) -> Option<u64> {
        self.core().act_on_shop(|world, shop, now| {
            let (id, notice) = shop.label_requests.issue(world.get(return_id)?, now);
            shop.notices.push(notice);
            Some(id)
        })
    }

    /// Loop takes a label request back. Queues `label.request.cancelled`. False unless there is
    /// such a request that is still issued.
    pub fn cancel_label_request(&self, id: u64) -> bool {
        self.core().act_on_shop(|_, shop, _| {
            let notice = shop.label_requests.cancel(id);
            let cancelled = notice.is_some();
            shop.notices.extend(notice);
            cancelled
        })
    }

    /// Loop leaves it to others to put the present units of this return back into stock. Queues
    /// `restock.requested`. False if there is no such return.
    pub fn request_restock(&self, return_id: u64) -> bool {
        let body = render::restock_request;
        self.hand_over("restock", "restock.requested", return_id, body)
    }

    /// Loop leaves it to others to issue a gift card over the store credit of this return. Queues
    /// `giftcard.requested`. False if there is no such return.
    pub fn request_gift_card(&self, return_id: u64) -> bool {
        let body = render::gift_card_request;
        self.hand_over("giftcard", "giftcard.requested", return_id, body)
    }

    fn hand_over(
        &self,
        topic: &'static str,
        trigger: &'static str,
        return_id: u64,
        body_of: fn(&Return) -> Value,
    ) -> bool {
        self.core().act_on_shop(|world, shop, _| {
            let notice = world.get(return_id).map(|record| Notice {
                topic,
                trigger,
                return_id,
                body: body_of(record),
            });
            let is_there = notice.is_some();
            shop.notices.extend(notice);
            is_there
        })
    }

    /// A box of Happy Returns with every present line of these returns is recorded in Loop; ids
    /// of no return are left out. Gives back Loop's own id of the shipment and queues
    /// `shipment.processed`.
    pub fn record_shipment(&self, happy_returns_shipment_id: &str, return_ids: &[u64]) -> u64 {
        self.core().act_on_shop(|world, shop, now| {
            let returns: Vec<_> = return_ids.iter().filter_map(|id| world.get(*id)).collect();
            let (id, notice) = shop
                .shipments
                .record(happy_returns_shipment_id, &returns, now);
            shop.notices.push(notice);
            id
        })
    }

    /// How many destinations the shop's plan allows, without limit unless set: one more is
    /// refused with `DESTINATION_LIMIT_EXCEEDED`.
    pub fn limit_destinations(&self, most: usize) {
        self.core()
            .act_on_shop(|_, shop, _| shop.destinations.limit(most));
    }

    /// The merchant takes the address of a destination away, after which Loop cannot list
    /// destinations any more. False if there is no such destination.
    pub fn forget_destination_address(&self, id: u64) -> bool {
        self.core()
            .act_on_shop(|_, shop, _| shop.destinations.forget_address(id))
    }

    /// The shop sells this variant, so that a cart can hold it. Variants of present return lines
    /// are sold anyway.
    pub fn add_variant(&self, variant_id: u64) {
        self.core()
            .act_on_shop(|_, shop, _| shop.carts.add_variant(variant_id));
    }

    /// The condition categories of the shop as pairs of subject and title: a grading with a pair
    /// that is not among them makes a new one.
    #[must_use]
    pub fn condition_categories(&self) -> Vec<(String, String)> {
        self.core().read(|world, _| world.condition_categories())
    }
}
