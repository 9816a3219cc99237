//! What each endpoint is, apart from how it is called: one row each, from which the request's
//! method and path, the scope and the permission to repeat all follow.

use std::fmt;

use http::Method;

use crate::scope::Scope;

macro_rules! calls {
    ($( $call:ident = $name:literal, $method:ident $path:literal, $scope:ident, $repeat:ident; )*) => {
        /// An endpoint of Loop's API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Call {
            $( #[doc = concat!("`", stringify!($method), " ", $path, "`")] $call, )*
            /// A read that this crate has no method for; see [`RawRequest`](crate::RawRequest).
            CustomRead,
            /// A call with an effect that this crate has no method for; see
            /// [`RawRequest`](crate::RawRequest).
            CustomWrite,
        }

        impl Call {
            /// Every documented endpoint, in the order of Loop's list.
            pub const ALL: &'static [Self] = &[$( Self::$call ),*];

            /// A short name for logs and metrics.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $( Self::$call => $name, )*
                    Self::CustomRead => "custom_read",
                    Self::CustomWrite => "custom_write",
                }
            }

            /// Method and path as Loop documents them; empty for a call of your own.
            #[must_use]
            pub fn endpoint(self) -> &'static str {
                match self {
                    $( Self::$call => concat!(stringify!($method), " ", $path), )*
                    Self::CustomRead | Self::CustomWrite => "",
                }
            }

            /// The scope that the key needs; `None` for a call of your own. Loop does not say for
            /// certain which scope the `/orders` endpoints need: theirs is the best guess.
            #[must_use]
            pub fn scope(self) -> Option<Scope> {
                match self {
                    $( Self::$call => Some(Scope::$scope), )*
                    Self::CustomRead | Self::CustomWrite => None,
                }
            }

            /// Whether sending it twice does no more than sending it once.
            ///
            /// The client repeats such a call by itself. Any other is repeated only when it is
            /// certain that the first attempt had no effect. A repeated delete may find that
            /// nothing is left to delete and fail with
            /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound).
            #[must_use]
            pub fn is_safe_to_repeat(self) -> bool {
                match self {
                    $( Self::$call => calls!(@ $repeat), )*
                    Self::CustomRead => true,
                    Self::CustomWrite => false,
                }
            }

            /// The method, and the path with `{..}` where ids belong.
            pub(crate) fn route(self) -> (Method, &'static str) {
                match self {
                    $( Self::$call => (Method::$method, $path), )*
                    Self::CustomRead => (Method::GET, ""),
                    Self::CustomWrite => (Method::POST, ""),
                }
            }
        }
    };
    (@ repeat) => { true };
    (@ once) => { false };
}

calls! {
    ListReturns = "list_returns", GET "/warehouse/return/list", Returns, repeat;
    ReturnDetails = "return_details", GET "/warehouse/return/details", Returns, repeat;
    AsnReport = "asn_report", GET "/warehouse/reporting/asn", Returns, repeat;
    Process = "process", POST "/warehouse/return/{id}/process", Returns, once;
    Flag = "flag", POST "/warehouse/return/{id}/flag", Returns, once;
    Cancel = "cancel", POST "/warehouse/return/{id}/cancel", Returns, once;
    Close = "close", POST "/warehouse/return/{id}/close", Returns, once;
    RemoveLineItems = "remove_line_items", POST "/warehouse/return/{id}/remove", Returns, once;
    ListNotes = "list_notes", GET "/warehouse/return/{id}/notes", Returns, repeat;
    CreateNote = "create_note", POST "/warehouse/return/{id}/note", Returns, once;
    CreateDeepLink = "create_deep_link", POST "/order/link", Orders, once;
    CreateQrCode = "create_qr_code", POST "/order/qr", Orders, once;
    GradeItems = "grade_items", POST "/dispositioning/grade", Returns, once;
    AssessItems = "assess_items", POST "/dispositioning/assess", Returns, once;
    CreateFraudReport = "create_fraud_report", POST "/returns/{id}/fraud-report", Returns, once;
    DeleteFraudReport = "delete_fraud_report", DELETE "/returns/{id}/fraud-report", Returns, repeat;
    GenerateLabel = "generate_label", POST "/returns/{id}/labels", Returns, once;
    RegenerateLabel = "regenerate_label", POST "/returns/{id}/labels/regenerate", Returns, once;
    ListLabelRequests = "list_label_requests", GET "/label-requests", LabelRequestsRead, repeat;
    GetLabelRequest = "get_label_request", GET "/label-requests/{id}", LabelRequestsRead, repeat;
    ReportLabelError = "report_label_error", POST "/label-requests/{id}/errors", LabelRequestsWrite, once;
    CreateLabel = "create_label", POST "/labels", LabelsWrite, once;
    UpdateLabel = "update_label", PUT "/labels/{id}", LabelsWrite, repeat;
    ListDestinations = "list_destinations", GET "/destinations", DestinationsRead, repeat;
    GetDestination = "get_destination", GET "/destinations/{id}", DestinationsRead, repeat;
    CreateDestination = "create_destination", POST "/destinations", DestinationsWrite, once;
    UpdateDestination = "update_destination", PUT "/destinations/{id}", DestinationsWrite, repeat;
    DeleteDestination = "delete_destination", DELETE "/destinations/{id}", DestinationsWrite, repeat;
    ListShipments = "list_shipments", GET "/happy-returns/shipments", HappyReturnsShipmentsRead, repeat;
    GetShipment = "get_shipment", GET "/happy-returns/shipments/{happy_returns_shipment_id}", HappyReturnsShipmentsRead, repeat;
    ListShipmentItems = "list_shipment_items", GET "/happy-returns/shipments/{id}/items", HappyReturnsShipmentsRead, repeat;
    ListBlocklist = "list_blocklist", GET "/blocklists", Orders, repeat;
    CreateBlocklistEntry = "create_blocklist_entry", POST "/blocklists", Orders, once;
    GetBlocklistEntry = "get_blocklist_entry", GET "/blocklists/{id}", Orders, repeat;
    DeleteBlocklistEntry = "delete_blocklist_entry", DELETE "/blocklists/{id}", Orders, repeat;
    ListAllowlist = "list_allowlist", GET "/allowlists", Orders, repeat;
    CreateAllowlistEntry = "create_allowlist_entry", POST "/allowlists", Orders, once;
    GetAllowlistEntry = "get_allowlist_entry", GET "/allowlists/{id}", Orders, repeat;
    DeleteAllowlistEntry = "delete_allowlist_entry", DELETE "/allowlists/{id}", Orders, repeat;
    CreateCart = "create_cart", POST "/cart", Carts, once;
    GetCart = "get_cart", GET "/cart/{token}", Carts, repeat;
    ReplaceCart = "replace_cart", POST "/cart/{token}", Carts, repeat;
    DeleteCart = "delete_cart", DELETE "/cart/{token}", Carts, repeat;
    ListOrders = "list_orders", GET "/orders", Orders, repeat;
    CreateOrder = "create_order", POST "/orders", Orders, once;
    UpsertOrder = "upsert_order", PUT "/orders", Orders, repeat;
    GetOrder = "get_order", GET "/orders/{id}", Orders, repeat;
    UpdateOrder = "update_order", PUT "/orders/{id}", Orders, repeat;
    DeleteOrder = "delete_order", DELETE "/orders/{id}", Orders, repeat;
    ReturnEligibility = "return_eligibility", POST "/orders/return-eligibility", Orders, repeat;
    ListWebhooks = "list_webhooks", GET "/webhooks", DeveloperTools, repeat;
    CreateWebhook = "create_webhook", POST "/webhooks", DeveloperTools, once;
    UpdateWebhook = "update_webhook", PUT "/webhooks/{id}", DeveloperTools, repeat;
    DeleteWebhook = "delete_webhook", DELETE "/webhooks/{id}", DeveloperTools, repeat;
}

impl Call {
    /// Long pulls may use only a part of the call budget, so that a backfill never keeps a
    /// refund waiting.
    pub(crate) fn is_background(self) -> bool {
        matches!(
            self,
            Self::ListReturns
                | Self::AsnReport
                | Self::ListLabelRequests
                | Self::ListShipments
                | Self::ListShipmentItems
                | Self::ListBlocklist
                | Self::ListAllowlist
                | Self::ListOrders
        )
    }

    /// Calls that change what a shopper is given, or end a return. Nothing but a refusal that
    /// Loop documents proves that one of them did nothing.
    pub(crate) fn is_irreversible(self) -> bool {
        matches!(
            self,
            Self::Process
                | Self::Flag
                | Self::Cancel
                | Self::Close
                | Self::RemoveLineItems
                | Self::CustomWrite
        )
    }

    /// Largest answer that is read, in bytes; nothing for a report, which is read as a stream.
    pub(crate) fn answer_limit(self) -> usize {
        match self {
            // 750 rows of sixty lines.
            Self::ListReturns => 64 << 20,
            Self::Process
            | Self::Flag
            | Self::Cancel
            | Self::Close
            | Self::RemoveLineItems
            | Self::CreateNote => 64 << 10,
            _ => 8 << 20,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_is_this_one() {
        let documented: Vec<Vec<&str>> = include_str!("../docs/endpoints.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
            .skip(2)
            .map(|row| row.split(" | ").collect())
            .collect();
        let rows = Call::ALL.iter().map(|call| {
            let repeat = if call.is_safe_to_repeat() {
                "yes"
            } else {
                "no"
            };
            let scope = call.scope().map(|scope| scope.to_string());
            (
                format!("`{}`", call.endpoint()),
                scope.unwrap_or_default(),
                repeat,
            )
        });
        for ((endpoint, scope, repeat), row) in rows.zip(&documented) {
            let [methods, cells @ ..] = &row[..] else {
                panic!("{row:?}")
            };
            assert_eq!(cells, [&endpoint, &scope, repeat]);
            assert!(methods.contains("::"), "{row:?}");
        }
        assert_eq!(documented.len(), Call::ALL.len());
    }
}
