//! One return, by whichever of its names is at hand.

use std::fmt;

use super::Return;
use crate::call::Call;
use crate::request::ApiRequest;
use crate::{ExternalId, ReturnId, input};

/// In whose currency the amounts of a return are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CurrencyType {
    /// The shop's.
    Shop,
    /// The one that the shopper saw.
    Presentment,
}

impl fmt::Display for CurrencyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shop => "shop",
            Self::Presentment => "presentment",
        })
    }
}

/// Which return [`Returns::find`](super::Returns::find) looks for.
///
/// ```
/// use loop_client::{CurrencyType, ExternalId, ReturnLookup};
///
/// let shopify = ExternalId::from("gid://shopify/Order/5444175757553");
/// let lookup = ReturnLookup::order_id(shopify).currency(CurrencyType::Shop);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct ReturnLookup {
    by: By,
    currency: Option<CurrencyType>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum By {
    Id(ReturnId),
    OrderId(ExternalId),
    OrderName(String),
}

impl ReturnLookup {
    /// By Loop's id.
    pub fn id(id: ReturnId) -> Self {
        Self::by(By::Id(id))
    }

    /// By **Shopify's** id of the order ([`Return::provider_order_id`]), plain or as
    /// `gid://shopify/Order/..`; Loop's own order id finds nothing, or another order.
    pub fn order_id(id: ExternalId) -> Self {
        Self::by(By::OrderId(id))
    }

    /// By the order's name in Shopify, sent as it is given. Loop's example has no `#`, and how
    /// closely it compares is not documented: look at [`Return::order_name`] of what comes back.
    pub fn order_name(name: impl Into<String>) -> Self {
        Self::by(By::OrderName(name.into()))
    }

    /// States the currency of all amounts; which one Loop uses otherwise is not documented.
    pub fn currency(mut self, currency: CurrencyType) -> Self {
        self.currency = Some(currency);
        self
    }

    fn by(by: By) -> Self {
        Self { by, currency: None }
    }

    pub(super) fn request(&self) -> Result<ApiRequest, &'static str> {
        let request = ApiRequest::new(Call::ReturnDetails);
        let request = match &self.by {
            By::Id(id) => request.about(*id).query("return_id", id),
            By::OrderId(id) => {
                let number = id.number().ok_or("a Shopify order id holds a number")?;
                request.query("order_id", &number)
            }
            By::OrderName(name) => {
                input::not_blank(name, "the order's name is blank")?;
                request.query("order_name", name)
            }
        };
        Ok(match self.currency {
            Some(currency) => request.query("currency_type", &currency),
            None => request,
        })
    }

    /// The field of `found` that shows it to be another return. Deciding over money with the lines
    /// of another return must be impossible. A name proves nothing, because how Loop compares
    /// names is not documented.
    pub(super) fn contradicted_by(&self, found: &Return) -> Option<&'static str> {
        match &self.by {
            By::Id(id) => (found.id != *id).then_some("id"),
            By::OrderId(asked) => found
                .provider_order_id
                .as_ref()
                .is_some_and(|id| id.number() != asked.number())
                .then_some("provider_order_id"),
            By::OrderName(_) => None,
        }
    }
}
