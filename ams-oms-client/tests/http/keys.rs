//! What a key may do.

use std::sync::Arc;

use ams_oms_client::server::{ServerKey, router_with_warehouse};
use ams_oms_client::{HttpOms, MemoryOms, Oms as _};

use crate::common::{line, merchant, rma};
use crate::scripted::{OPERATIONS, call};
use crate::{class, serve};

#[tokio::test]
async fn keys_open_what_they_are_for() {
    let oms = Arc::new(MemoryOms::new());
    oms.create_rma(&rma("acme", 99_904_598, vec![line("1", "TEE-S", 2)]))
        .await
        .unwrap();
    let key = |text| ServerKey::new(text).unwrap();
    let keys = [
        key("bridge"),
        key("acme-bridge").only_for([merchant("acme")]),
        key("other-bridge").only_for([merchant("other"), merchant("Acme")]),
        key("nobody").only_for([]).with_warehouse(),
        key("dock").with_warehouse(),
        key("other-dock")
            .with_warehouse()
            .only_for([merchant("other")]),
    ];
    let base = serve(router_with_warehouse(oms.clone(), oms, keys)).await;

    // (key, the contract for acme, warehouse work for acme)
    for (key, contract, work) in [
        ("bridge", true, false),
        ("acme-bridge", true, false),
        ("other-bridge", false, false),
        ("nobody", false, false),
        ("dock", true, true),
        ("other-dock", false, false),
    ] {
        let http = HttpOms::builder(&base, key).build().unwrap();
        for operation in OPERATIONS {
            let allowed = match operation {
                "capabilities" => true,
                "apply" => work,
                _ => contract,
            };
            let refused = match call(&http, operation).await {
                Ok(_) => false,
                Err(error) => class(&error) == "auth",
            };
            assert_eq!(refused, !allowed, "{key} {operation}");
        }
    }
}
