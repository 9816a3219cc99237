//! The blocklist and the allowlist: who and what is kept from returns, or let through.

use std::fmt;

use futures_core::Stream;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::client::{Client, explain};
use crate::error::{Effect, ErrorKind, Result};
use crate::page::{self, Page};
use crate::request::ApiRequest;
use crate::value::open_enum::open_enum;
use crate::value::scalar::optional;
use crate::{ListingId, Personal};

open_enum! {
    /// What an entry names. An open set.
    ListingType, "a type of listing" {
        /// An order.
        Order = "order",
        /// A shopper, by e-mail address.
        Email = "email",
        /// A product, by the id of its variant. Blocklist only.
        Product = "product",
        /// A tag on products. Blocklist only.
        ProductTag = "product_tag",
    }
}

/// An entry of the blocklist or the allowlist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(expecting = "an entry")]
pub struct Listing {
    /// Loop's id of it.
    pub id: ListingId,
    /// What it names.
    #[serde(rename = "type", default, deserialize_with = "optional")]
    pub kind: Option<ListingType>,
    /// The order, e-mail address, variant id or tag.
    #[serde(default, deserialize_with = "optional")]
    pub value: Option<Personal>,
    /// Its meaning is not documented.
    #[serde(default, deserialize_with = "optional")]
    pub secondary_value: Option<Personal>,
}

/// An entry to be made. `Debug` does not show what it names.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct NewListing {
    #[serde(rename = "type")]
    kind: ListingType,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary_value: Option<String>,
}

impl NewListing {
    /// An order. Whether Loop wants its name or an id is not documented.
    pub fn order(order: impl Into<String>) -> Self {
        Self::new(ListingType::Order, order.into())
    }

    /// A shopper.
    pub fn email(email: impl Into<String>) -> Self {
        Self::new(ListingType::Email, email.into())
    }

    /// A product, by Shopify's id of its variant. For the blocklist only.
    pub fn product(variant_id: u64) -> Self {
        Self::new(ListingType::Product, variant_id.to_string())
    }

    /// All products with this tag. For the blocklist only.
    pub fn product_tag(tag: impl Into<String>) -> Self {
        Self::new(ListingType::ProductTag, tag.into())
    }

    /// With a second value, whose meaning is not documented.
    pub fn secondary_value(mut self, value: impl Into<String>) -> Self {
        self.secondary_value = Some(value.into());
        self
    }

    fn new(kind: ListingType, value: String) -> Self {
        Self {
            kind,
            value,
            secondary_value: None,
        }
    }
}

impl fmt::Debug for NewListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewListing")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Calls about one of the two lists; see [`Client::blocklist`] and [`Client::allowlist`].
/// Scope: Orders.
#[derive(Debug)]
pub struct Listings<'a> {
    client: &'a Client,
    calls: &'static Calls,
}

#[derive(Debug)]
struct Calls {
    list: Call,
    create: Call,
    get: Call,
    delete: Call,
}

const BLOCKLIST: Calls = Calls {
    list: Call::ListBlocklist,
    create: Call::CreateBlocklistEntry,
    get: Call::GetBlocklistEntry,
    delete: Call::DeleteBlocklistEntry,
};

const ALLOWLIST: Calls = Calls {
    list: Call::ListAllowlist,
    create: Call::CreateAllowlistEntry,
    get: Call::GetAllowlistEntry,
    delete: Call::DeleteAllowlistEntry,
};

impl<'a> Listings<'a> {
    pub(crate) fn blocklist(client: &'a Client) -> Self {
        let calls = &BLOCKLIST;
        Self { client, calls }
    }

    pub(crate) fn allowlist(client: &'a Client) -> Self {
        let calls = &ALLOWLIST;
        Self { client, calls }
    }

    /// Every entry, page after page, as a stream of rows.
    ///
    /// `GET /blocklists` or `GET /allowlists`, once per page. Scope: Orders. Safe to repeat. A
    /// row that cannot be read is yielded as an error and does not end the stream; any other
    /// error does. Rests on <https://docs.loopreturns.com/openapi/listings-api.yaml>.
    ///
    /// # Errors
    /// [`ErrorKind::Paging`], and what [any call can fail with](crate::guide::errors#any-call).
    pub fn list(&self) -> impl Stream<Item = Result<Listing>> + Send + use<> {
        page::stream(self.client, Ok(ApiRequest::new(self.calls.list)))
    }

    /// One page of [`Listings::list`]: 1 at first and [`Page::next`] from then on.
    ///
    /// `GET /blocklists` or `GET /allowlists`. Scope: Orders. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/listings-api.yaml>.
    ///
    /// # Errors
    /// As [`Listings::list`], and [`ErrorKind::Input`] for page 0.
    pub async fn page(&self, page: u64) -> Result<Page<Listing>> {
        page::page(self.client, ApiRequest::new(self.calls.list), page).await
    }

    /// One entry.
    ///
    /// `GET /blocklists/{id}` or `GET /allowlists/{id}`. Scope: Orders. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/openapi/listings-api.yaml>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when this key sees no such entry, and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn get(&self, id: ListingId) -> Result<Listing> {
        self.client
            .fetch(&ApiRequest::with_ids(self.calls.get, &[&id]))
            .await
    }

    /// Adds an entry.
    ///
    /// `POST /blocklists` or `POST /allowlists`. Scope: Orders. Not safe to repeat: a repeat may
    /// add a second entry, so look for it in [`Listings::list`] after an error with
    /// [`Effect::Unknown`]. Rests on
    /// <https://docs.loopreturns.com/openapi/listings-api.yaml>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when the allowlist is to take anything but an order or an e-mail
    /// address, and nothing is sent; [`ErrorKind::Invalid`] when Loop finds fault with the entry.
    pub async fn create(&self, listing: &NewListing) -> Result<Listing> {
        let request = ApiRequest::new(self.calls.create).json(&serde_json::json!(listing));
        let for_both = matches!(listing.kind, ListingType::Order | ListingType::Email);
        if self.calls.create == Call::CreateAllowlistEntry && !for_both {
            let kind = ErrorKind::Input("an allowlist takes orders and e-mail addresses only");
            return Err(explain(&request, None, (Effect::NotSent, kind)));
        }
        self.client.fetch(&request).await
    }

    /// Removes an entry.
    ///
    /// `DELETE /blocklists/{id}` or `DELETE /allowlists/{id}`. Scope: Orders. Safe to repeat. What
    /// Loop answers is not documented: any good status without an error is taken for success.
    /// Rests on <https://docs.loopreturns.com/openapi/listings-api.yaml>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such entry, also when it was this call whose
    /// answer was lost that removed it.
    pub async fn delete(&self, id: ListingId) -> Result<()> {
        self.client
            .complete(&ApiRequest::with_ids(self.calls.delete, &[&id]))
            .await
    }
}
