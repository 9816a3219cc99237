use std::fmt;

/// A permission that a merchant gives an API key in Loop Admin.
///
/// A key for a warehouse needs [`Scope::Returns`], which also opens the ASN report. To subscribe
/// to webhooks by API it needs [`Scope::DeveloperTools`], to read destinations
/// [`Scope::DestinationsRead`]. No documented call needs a scope named "Report".
///
/// Rests on <https://docs.loopreturns.com/api-reference/authentication>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Returns, their actions, the ASN report, grading, fraud reports and generated labels.
    Returns,
    /// Deep links, blocklist, allowlist and orders.
    Orders,
    /// Carts.
    Carts,
    /// Webhook subscriptions.
    DeveloperTools,
    /// Reading destinations.
    DestinationsRead,
    /// Changing destinations.
    DestinationsWrite,
    /// Happy Returns shipments.
    HappyReturnsShipmentsRead,
    /// Reading label requests.
    LabelRequestsRead,
    /// Reporting errors on label requests.
    LabelRequestsWrite,
    /// Reading labels; no call of this crate needs it.
    LabelsRead,
    /// Creating and updating labels.
    LabelsWrite,
}

impl Scope {
    /// As Loop's API spells it, such as `destinations:read`.
    #[must_use]
    pub fn value(self) -> &'static str {
        match self {
            Self::Returns => "returns",
            Self::Orders => "orders",
            Self::Carts => "carts",
            Self::DeveloperTools => "developer_tools",
            Self::DestinationsRead => "destinations:read",
            Self::DestinationsWrite => "destinations:write",
            Self::HappyReturnsShipmentsRead => "happy_returns_shipments:read",
            Self::LabelRequestsRead => "label_requests:read",
            Self::LabelRequestsWrite => "label_requests:write",
            Self::LabelsRead => "labels:read",
            Self::LabelsWrite => "labels:write",
        }
    }
}

/// As Loop Admin labels it, such as `Destinations (Read)`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Returns => "Returns",
            Self::Orders => "Orders",
            Self::Carts => "Carts",
            Self::DeveloperTools => "Developer Tools",
            Self::DestinationsRead => "Destinations (Read)",
            Self::DestinationsWrite => "Destinations (Write)",
            Self::HappyReturnsShipmentsRead => "Happy Returns Shipments (Read)",
            Self::LabelRequestsRead => "Label Requests (Read)",
            Self::LabelRequestsWrite => "Label Requests (Write)",
            Self::LabelsRead => "Labels (Read)",
            Self::LabelsWrite => "Labels (Write)",
        })
    }
}
