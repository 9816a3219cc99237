//! Destinations: the places that returns are sent to.

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::request::ApiRequest;
use crate::value::open_enum::open_enum;
use crate::value::record::{object, objects};
use crate::value::scalar::optional;
use crate::{DestinationId, ExternalId};

open_enum! {
    /// What a destination is for. An open set.
    DestinationType, "a type of destination" {
        /// Goods come back.
        Warehouse = "warehouse",
        /// Goods are given away.
        Donate = "donate",
    }
}

/// A place that returns are sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(expecting = "a destination")]
pub struct Destination {
    /// Loop's id of it.
    pub id: DestinationId,
    /// What it is for.
    #[serde(rename = "type", default, deserialize_with = "optional")]
    pub kind: Option<DestinationType>,
    /// Name of it.
    #[serde(default, deserialize_with = "optional")]
    pub name: Option<String>,
    /// Whether returns are sent there.
    #[serde(default, deserialize_with = "optional")]
    pub enabled: Option<bool>,
    /// Shopify's id of the location.
    #[serde(default, deserialize_with = "optional")]
    pub provider_location_id: Option<ExternalId>,
    /// Where it is.
    #[serde(default, deserialize_with = "object")]
    pub address: Option<DestinationAddress>,
}

/// Where a destination is. It is the address of a site and no personal data.
///
/// ```
/// use loop_client::DestinationAddress;
///
/// let mut dock = DestinationAddress::new("1 Dock Road", "Boise", "United States", "US");
/// dock.zip = Some("83702".to_owned());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(expecting = "an address")]
pub struct DestinationAddress {
    /// Street and number.
    #[serde(
        default,
        deserialize_with = "optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub address1: Option<String>,
    /// More of the street.
    #[serde(
        default,
        deserialize_with = "optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub address2: Option<String>,
    /// Town.
    #[serde(
        default,
        deserialize_with = "optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub city: Option<String>,
    /// State or region.
    #[serde(
        default,
        deserialize_with = "optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub state: Option<String>,
    /// Postal code; text, even where Loop sends a number.
    #[serde(
        default,
        deserialize_with = "optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub zip: Option<String>,
    /// Name of the country.
    #[serde(
        default,
        deserialize_with = "optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub country: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(
        default,
        deserialize_with = "optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub country_code: Option<String>,
}

impl DestinationAddress {
    /// With what Loop asks for; the other fields can be set afterwards.
    #[must_use]
    pub fn new(
        address1: impl Into<String>,
        city: impl Into<String>,
        country: impl Into<String>,
        country_code: impl Into<String>,
    ) -> Self {
        Self {
            address1: Some(address1.into()),
            city: Some(city.into()),
            country: Some(country.into()),
            country_code: Some(country_code.into()),
            ..Self::default()
        }
    }
}

/// A destination as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct NewDestination {
    #[serde(rename = "type")]
    kind: DestinationType,
    name: String,
    address: DestinationAddress,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
}

impl NewDestination {
    /// What Loop asks for.
    pub fn new(
        kind: DestinationType,
        name: impl Into<String>,
        address: DestinationAddress,
    ) -> Self {
        Self {
            kind,
            name: name.into(),
            address,
            enabled: None,
        }
    }

    /// Whether returns are to be sent there; unsaid, it is Loop's choice.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }
}

/// Calls about destinations; see [`Client::destinations`]. Scope: Destinations (Read) and
/// Destinations (Write).
#[derive(Debug)]
pub struct Destinations<'a> {
    client: &'a Client,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(deserialize_with = "objects")]
    destinations: Vec<Destination>,
}

impl<'a> Destinations<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All destinations; Loop does not page them.
    ///
    /// `GET /destinations`. Scope: Destinations (Read). Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/destinations-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Server`] also for good, until the merchant mends it: Loop answers 500
    /// when any destination has no address. And what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn list(&self) -> Result<Vec<Destination>> {
        let answer: Answer = self
            .client
            .fetch(&ApiRequest::new(Call::ListDestinations))
            .await?;
        Ok(answer.destinations)
    }

    /// One destination.
    ///
    /// `GET /destinations/{id}`. Scope: Destinations (Read). Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/destinations-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`] when this key sees no such destination, and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn get(&self, id: DestinationId) -> Result<Destination> {
        self.client
            .fetch(&ApiRequest::with_ids(Call::GetDestination, &[&id]))
            .await
    }

    /// Makes a destination.
    ///
    /// `POST /destinations`. Scope: Destinations (Write). Not safe to repeat: a repeat may make a
    /// second one, so look for it in [`Destinations::list`] after an error with
    /// [`crate::Effect::Unknown`]. Rests on
    /// <https://docs.loopreturns.com/openapi/destinations-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when Loop finds fault with it; with the code
    /// [`crate::ErrorCode::DestinationLimitExceeded`] when the merchant's plan allows no more.
    pub async fn create(&self, destination: &NewDestination) -> Result<Destination> {
        let request = ApiRequest::new(Call::CreateDestination);
        self.client.fetch(&request.json(&body(destination))).await
    }

    /// Replaces a destination. What an optional field becomes that is not given is not
    /// documented, so give all.
    ///
    /// `PUT /destinations/{id}`. Scope: Destinations (Write). Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/destinations-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`] when this key sees no such destination,
    /// [`crate::ErrorKind::Invalid`] when Loop finds fault with it.
    pub async fn update(
        &self,
        id: DestinationId,
        destination: &NewDestination,
    ) -> Result<Destination> {
        let request = ApiRequest::with_ids(Call::UpdateDestination, &[&id]);
        self.client.fetch(&request.json(&body(destination))).await
    }

    /// Deletes a destination.
    ///
    /// `DELETE /destinations/{id}`. Scope: Destinations (Write). Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/destinations-api.yaml>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`] when there is no such destination, also when it was this
    /// call whose answer was lost that deleted it; [`crate::ErrorKind::Server`], which is
    /// documented here.
    pub async fn delete(&self, id: DestinationId) -> Result<()> {
        self.client
            .complete(&ApiRequest::with_ids(Call::DeleteDestination, &[&id]))
            .await
    }
}

fn body(destination: &NewDestination) -> serde_json::Value {
    serde_json::json!(destination)
}
