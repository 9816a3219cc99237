//! Carts: exchanges that a shopper puts together in the merchant's own shop.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::call::Call;
use crate::client::Client;
use crate::decode::{self, DecodeError};
use crate::error::Result;
use crate::request::ApiRequest;
use crate::value::record::object;
use crate::value::scalar::unexpected;
use crate::{CartToken, ExternalId};

/// A cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cart {
    /// Names the cart.
    pub token: CartToken,
    /// Shopify's ids of the variants in it, one per unit: two of a kind stand there twice.
    pub variants: Vec<u64>,
}

/// Calls about carts; see [`Client::carts`]. Scope: Carts.
///
/// Loop refuses these calls with status 200; the errors are
/// [`Refused`](crate::ErrorKind::Refused) and [`NotFound`](crate::ErrorKind::NotFound) all the
/// same.
#[derive(Debug)]
pub struct Carts<'a> {
    client: &'a Client,
}

#[derive(Deserialize)]
struct Created {
    token: CartToken,
    #[serde(deserialize_with = "object")]
    data: Option<Content>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(deserialize_with = "variants")]
    cart: Vec<u64>,
}

impl<'a> Carts<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Makes a cart of these variants, one id per unit. `shopify` is base64 text that only shops
    /// with Shopify Scripts need.
    ///
    /// `POST /cart`. Scope: Carts. Not safe to repeat: a repeat makes a second cart, which does no
    /// harm. Rests on <https://docs.loopreturns.com/openapi/carts-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Refused`] when the cart is empty or a variant does not exist.
    pub async fn create(&self, variants: &[u64], shopify: Option<&str>) -> Result<Cart> {
        let mut body = content(variants);
        if let (Some(fields), Some(shopify)) = (body.as_object_mut(), shopify) {
            fields.insert("shopify".to_owned(), shopify.into());
        }
        let request = ApiRequest::new(Call::CreateCart).json(&body);
        self.client.fetch_with(&request, created).await
    }

    /// One cart.
    ///
    /// `GET /cart/{token}`. Scope: Carts. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/carts-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`] when there is no such cart, and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn get(&self, token: &CartToken) -> Result<Cart> {
        let found: Content = self
            .client
            .fetch(&ApiRequest::with_ids(Call::GetCart, &[token]))
            .await?;
        Ok(Cart {
            token: token.clone(),
            variants: found.cart,
        })
    }

    /// Puts these variants, one id per unit, in the place of all that the cart holds.
    ///
    /// `POST /cart/{token}`. Scope: Carts. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/carts-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`] when there is no such cart,
    /// [`crate::ErrorKind::Refused`] when Loop does not take the variants.
    pub async fn replace(&self, token: &CartToken, variants: &[u64]) -> Result<()> {
        let request = ApiRequest::with_ids(Call::ReplaceCart, &[token]).json(&content(variants));
        self.client.fetch_with(&request, updated).await
    }

    /// Deletes a cart.
    ///
    /// `DELETE /cart/{token}`. Scope: Carts. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/carts-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`] when there is no such cart, also when it was this call
    /// whose answer was lost that deleted it.
    pub async fn delete(&self, token: &CartToken) -> Result<()> {
        self.client
            .act(&ApiRequest::with_ids(Call::DeleteCart, &[token]))
            .await
    }
}

fn content(variants: &[u64]) -> Value {
    json!({ "cart": variants })
}

fn variants<'de, D: Deserializer<'de>>(d: D) -> std::result::Result<Vec<u64>, D::Error> {
    Vec::<ExternalId>::deserialize(d)?
        .iter()
        .map(|id| id.number().ok_or_else(|| unexpected("a variant id")))
        .collect()
}

fn created(body: &[u8]) -> std::result::Result<Cart, DecodeError> {
    let made: Created = decode::object(body)?;
    let data = made.data.ok_or_else(|| missing("data", "an object"))?;
    Ok(Cart {
        token: made.token,
        variants: data.cart,
    })
}

/// Loop says that it did it, in a word of its own.
fn updated(body: &[u8]) -> std::result::Result<(), DecodeError> {
    let answer: Value = decode::from_slice(body)?;
    match answer.get("updated") {
        Some(Value::Bool(true)) => Ok(()),
        Some(Value::String(text)) if text == "true" => Ok(()),
        _ => Err(missing("updated", "true")),
    }
}

fn missing(place: &str, what: &str) -> DecodeError {
    DecodeError {
        place: place.to_owned(),
        expected: format!("expected {what}"),
    }
}
