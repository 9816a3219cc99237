//! Orders of Loop's commerce data. Little of their schema is known, so they are raw JSON.

use serde_json::{Map, Value};

use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::request::ApiRequest;
use crate::{OrderId, RawJson};

/// Calls about orders; see [`Client::orders`]. Scope: Orders, as far as known.
///
/// The fields of an order are Loop's and are passed through as they are; ids are asked for as
/// text. An order names its buyer, so that what is read prints as [`RawJson`] does.
#[derive(Debug)]
pub struct Orders<'a> {
    client: &'a Client,
}

impl<'a> Orders<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Orders, as Loop answers them. The parameters and the paging are not known, so both are
    /// yours.
    ///
    /// `GET /orders`. Scope: Orders, as far as known. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/orders-api.yaml>.
    ///
    /// # Errors
    /// What [any call can fail with](crate::guide::errors#any-call).
    pub async fn list(&self, parameters: &[(&str, &str)]) -> Result<RawJson> {
        let request = parameters
            .iter()
            .fold(request(Call::ListOrders, None), |request, (key, value)| {
                request.query(*key, value)
            });
        self.fetch(&request).await
    }

    /// One order.
    ///
    /// `GET /orders/{id}`. Scope: Orders, as far as known. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/orders-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`] when there is no such order, and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn get(&self, id: &OrderId) -> Result<RawJson> {
        self.fetch(&request(Call::GetOrder, Some(id))).await
    }

    /// Creates an order. From version 2026-10 on it needs `created_at` in the ATOM form, such as
    /// `2026-11-23T10:00:00+00:00`.
    ///
    /// `POST /orders`. Scope: Orders, as far as known. Not safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/orders-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when Loop finds fault with the order.
    pub async fn create(&self, order: &Map<String, Value>) -> Result<RawJson> {
        self.send(Call::CreateOrder, None, order).await
    }

    /// Creates an order, or replaces the one that is there; as [`Orders::create`].
    ///
    /// `PUT /orders`. Scope: Orders, as far as known. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/orders-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when Loop finds fault with the order.
    pub async fn upsert(&self, order: &Map<String, Value>) -> Result<RawJson> {
        self.send(Call::UpsertOrder, None, order).await
    }

    /// Changes an order; as [`Orders::create`].
    ///
    /// `PUT /orders/{id}`. Scope: Orders, as far as known. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/orders-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when Loop finds fault with the order.
    pub async fn update(&self, id: &OrderId, order: &Map<String, Value>) -> Result<RawJson> {
        self.send(Call::UpdateOrder, Some(id), order).await
    }

    /// Deletes an order.
    ///
    /// `DELETE /orders/{id}`. Scope: Orders, as far as known. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/orders-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`] when there is no such order, also when it was this call whose
    /// answer was lost that deleted it; and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn delete(&self, id: &OrderId) -> Result<()> {
        self.client
            .complete(&request(Call::DeleteOrder, Some(id)))
            .await
    }

    /// What of an order can be returned. It only reads.
    ///
    /// `POST /orders/return-eligibility`. Scope: Orders, as far as known. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/orders-api.yaml>. The answer holds
    /// `return_eligibility` with `order_id`, `as_of`, `advisory` and `items`.
    ///
    /// # Errors
    /// What [any call can fail with](crate::guide::errors#any-call).
    pub async fn return_eligibility(&self, order_name: &str) -> Result<RawJson> {
        let body = serde_json::json!({ "order_name": order_name });
        self.fetch(&request(Call::ReturnEligibility, None).json(&body))
            .await
    }

    async fn send(
        &self,
        call: Call,
        id: Option<&OrderId>,
        order: &Map<String, Value>,
    ) -> Result<RawJson> {
        let body = Value::Object(order.clone());
        self.fetch(&request(call, id).json(&body)).await
    }

    async fn fetch(&self, request: &ApiRequest) -> Result<RawJson> {
        self.client
            .fetch_with(request, crate::decode::from_slice)
            .await
    }
}

/// Shopify's ids exceed what some JSON readers keep exactly.
fn request(call: Call, id: Option<&OrderId>) -> ApiRequest {
    match id {
        Some(id) => ApiRequest::with_ids(call, &[id]),
        None => ApiRequest::new(call),
    }
    .ids_as_text()
}
