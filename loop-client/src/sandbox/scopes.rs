//! Which scope of an API key opens which call. Pure.

use std::collections::BTreeSet;

/// The scopes of the sandbox's key.
#[derive(Clone, Debug)]
pub(super) enum Scopes {
    All,
    Only(BTreeSet<String>),
}

impl Scopes {
    pub(super) fn all() -> Scopes {
        Scopes::All
    }

    pub(super) fn only(scopes: impl Iterator<Item = String>) -> Scopes {
        Scopes::Only(scopes.collect())
    }

    /// A call that the sandbox does not know needs no scope: it is answered 404.
    pub(super) fn open(&self, method: &str, path: &str) -> bool {
        match (self, required(method, path)) {
            (Scopes::All, _) | (_, None) => true,
            (Scopes::Only(scopes), Some(scope)) => scopes.contains(scope),
        }
    }
}

/// `path` begins after the version. A write scope does not open reading.
fn required(method: &str, path: &str) -> Option<&'static str> {
    let mut parts = path.trim_matches('/').split('/');
    let reads = method == "GET";
    Some(match (parts.next()?, parts.next()) {
        ("warehouse" | "dispositioning" | "returns", _) => "returns",
        ("order" | "orders" | "blocklists" | "allowlists", _) => "orders",
        ("cart", _) => "carts",
        ("webhooks", _) => "developer_tools",
        ("destinations", _) if reads => "destinations:read",
        ("destinations", _) => "destinations:write",
        ("happy-returns", Some("shipments")) => "happy_returns_shipments:read",
        ("label-requests", _) if reads => "label_requests:read",
        ("label-requests", _) => "label_requests:write",
        ("labels", _) => "labels:write",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_the_documented_scope() {
        for (method, path, scope) in [
            ("GET", "/warehouse/return/list", Some("returns")),
            ("GET", "/warehouse/reporting/asn", Some("returns")),
            ("POST", "/warehouse/return/1/remove", Some("returns")),
            ("POST", "/dispositioning/grade", Some("returns")),
            ("DELETE", "/returns/1/fraud-report", Some("returns")),
            ("POST", "/returns/1/labels/regenerate", Some("returns")),
            ("POST", "/order/qr", Some("orders")),
            ("GET", "/blocklists", Some("orders")),
            ("DELETE", "/allowlists/1", Some("orders")),
            ("POST", "/orders/return-eligibility", Some("orders")),
            ("GET", "/cart/abc", Some("carts")),
            ("GET", "/webhooks", Some("developer_tools")),
            ("GET", "/destinations/1", Some("destinations:read")),
            ("PUT", "/destinations/1", Some("destinations:write")),
            (
                "GET",
                "/happy-returns/shipments/1/items",
                Some("happy_returns_shipments:read"),
            ),
            ("GET", "/label-requests/1", Some("label_requests:read")),
            (
                "POST",
                "/label-requests/1/errors",
                Some("label_requests:write"),
            ),
            ("POST", "/labels", Some("labels:write")),
            ("PUT", "/labels/1", Some("labels:write")),
            ("GET", "/draft-returns", None),
            ("GET", "", None),
        ] {
            assert_eq!(required(method, path), scope, "{method} {path}");
            let Some(scope) = scope else { continue };
            let other = Scopes::only(["returns ".to_owned()].into_iter());
            assert!(!other.open(method, path), "{method} {path}");
            let own = Scopes::only([scope.to_owned()].into_iter());
            assert!(own.open(method, path), "{method} {path}");
            assert!(Scopes::all().open(method, path), "{method} {path}");
        }
    }
}
