//! Happy Returns: bulk shipments from return bars, and which returned units are in them.

use futures_core::Stream;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::client::{Client, explain};
use crate::error::{Effect, ErrorKind, Result};
use crate::page::{self, Page};
use crate::request::ApiRequest;
use crate::value::scalar::{lenient, lenient_list, optional};
use crate::value::timestamp::read as time;
use crate::{ExternalId, HappyReturnsShipmentId, ReturnId, ShipmentId, Timestamp};

/// A bulk shipment from Happy Returns to a warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(expecting = "a shipment")]
pub struct Shipment {
    /// Loop's id of it, by which [`HappyReturns::items`] asks for its content.
    pub loop_shipment_id: ShipmentId,
    /// Happy Returns' id of it.
    #[serde(default, deserialize_with = "optional")]
    pub happy_returns_shipment_id: Option<HappyReturnsShipmentId>,
    /// Returned units in it.
    #[serde(default, deserialize_with = "optional")]
    pub line_item_count: Option<i64>,
    /// Returns in it.
    #[serde(default, deserialize_with = "optional")]
    pub return_count: Option<i64>,
    /// When Loop learned of it.
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, deserialize_with = "time")]
    pub updated_at: Option<Timestamp>,
}

/// One returned unit in a [`Shipment`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(expecting = "an item of a shipment")]
pub struct ShipmentItem {
    /// The return it belongs to.
    #[serde(default, deserialize_with = "optional")]
    pub return_id: Option<ReturnId>,
    /// Happy Returns' id of the shipment.
    #[serde(default, deserialize_with = "optional")]
    pub happy_returns_shipment_id: Option<HappyReturnsShipmentId>,
    /// Happy Returns' id of the return.
    #[serde(default, deserialize_with = "optional")]
    pub happy_returns_rma_id: Option<ExternalId>,
    /// Barcodes of the bags the return is in; a return can fill several.
    #[serde(default, deserialize_with = "lenient_list")]
    pub happy_returns_return_bag_barcodes: Vec<ExternalId>,
    /// Barcode of the box the bags are in.
    #[serde(default, deserialize_with = "optional")]
    pub shipping_box_barcode: Option<String>,
    /// The shipment; whether this is Loop's id or the carrier's is not documented.
    #[serde(default, deserialize_with = "optional")]
    pub shipment_id: Option<ExternalId>,
    /// Such as `UPS`.
    #[serde(default, deserialize_with = "optional")]
    pub carrier: Option<String>,
    /// Of the shipment.
    #[serde(default, deserialize_with = "lenient")]
    pub tracking_number: Option<String>,
    /// Number of the purchase order.
    #[serde(default, deserialize_with = "optional")]
    pub po_number: Option<String>,
    /// The order's display name, such as `#1001`.
    #[serde(default, deserialize_with = "optional")]
    pub order_name: Option<String>,
    /// `None` when the merchant keeps none.
    #[serde(default, deserialize_with = "optional")]
    pub sku: Option<String>,
    /// Name of the product.
    #[serde(default, deserialize_with = "optional")]
    pub item_title: Option<String>,
    /// Name of the variant.
    #[serde(default, deserialize_with = "optional")]
    pub variant_title: Option<String>,
}

/// Calls about shipments of Happy Returns; see [`Client::happy_returns`].
/// Scope: Happy Returns Shipments (Read).
#[derive(Debug)]
pub struct HappyReturns<'a> {
    client: &'a Client,
}

impl<'a> HappyReturns<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Every shipment from `from` to `to`, page after page, as a stream of rows. Both ends are
    /// always sent, because without them Loop gives the last 24 hours; which timestamp they apply
    /// to and how far apart they may be is not documented.
    ///
    /// `GET /happy-returns/shipments`, once per page of up to 200. Scope: Happy Returns Shipments
    /// (Read). Safe to repeat. A row that cannot be read is yielded as an error and does not end
    /// the stream; any other error does. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/happy-returns-shipment/get-shipments>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when `to` is before `from`, [`ErrorKind::Paging`], and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub fn shipments(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Stream<Item = Result<Shipment>> + Send + use<> {
        page::stream(self.client, shipments(from, to))
    }

    /// One page of [`HappyReturns::shipments`], for whoever must store how far they came: 1 at
    /// first and [`Page::next`] from then on.
    ///
    /// `GET /happy-returns/shipments`. Scope: Happy Returns Shipments (Read). Safe to repeat.
    /// Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/happy-returns-shipment/get-shipments>.
    ///
    /// # Errors
    /// As [`HappyReturns::shipments`], and [`ErrorKind::Input`] for page 0.
    pub async fn shipments_page(
        &self,
        from: Timestamp,
        to: Timestamp,
        page: u64,
    ) -> Result<Page<Shipment>> {
        page::page(self.client, shipments(from, to)?, page).await
    }

    /// One shipment, by Happy Returns' id.
    ///
    /// `GET /happy-returns/shipments/{happy_returns_shipment_id}`. Scope: Happy Returns Shipments
    /// (Read). Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/happy-returns-shipment-items-api.yaml>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when this key sees no such shipment, and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn shipment(&self, id: &HappyReturnsShipmentId) -> Result<Shipment> {
        self.client
            .fetch(&ApiRequest::with_ids(Call::GetShipment, &[id]))
            .await
    }

    /// The returned units in a shipment, page after page, as a stream of rows. The id is Loop's:
    /// [`Shipment::loop_shipment_id`].
    ///
    /// `GET /happy-returns/shipments/{id}/items`, once per page. Scope: Happy Returns Shipments
    /// (Read). Safe to repeat. A row that cannot be read is yielded as an error, which names the
    /// return if it can, and does not end the stream; any other error does. Rests on
    /// <https://docs.loopreturns.com/openapi/happy-returns-shipment-items-api.yaml>.
    ///
    /// # Errors
    /// [`ErrorKind::Paging`], and what [any call can fail with](crate::guide::errors#any-call).
    pub fn items(&self, id: ShipmentId) -> impl Stream<Item = Result<ShipmentItem>> + Send + use<> {
        page::stream(self.client, Ok(items(id)))
    }

    /// One page of [`HappyReturns::items`]: 1 at first and [`Page::next`] from then on.
    ///
    /// `GET /happy-returns/shipments/{id}/items`. Scope: Happy Returns Shipments (Read). Safe to
    /// repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/happy-returns-shipment-items-api.yaml>.
    ///
    /// # Errors
    /// As [`HappyReturns::items`], and [`ErrorKind::Input`] for page 0.
    pub async fn items_page(&self, id: ShipmentId, page: u64) -> Result<Page<ShipmentItem>> {
        page::page(self.client, items(id), page).await
    }
}

fn shipments(from: Timestamp, to: Timestamp) -> Result<ApiRequest> {
    let request = ApiRequest::new(Call::ListShipments)
        .query("from", &from.in_millis())
        .query("to", &to.in_millis());
    if from > to {
        let kind = ErrorKind::Input("the range ends before it begins");
        return Err(explain(&request, None, (Effect::NotSent, kind)));
    }
    Ok(request)
}

fn items(id: ShipmentId) -> ApiRequest {
    ApiRequest::with_ids(Call::ListShipmentItems, &[&id])
}
