//! What is printed: where the OMS is, and lines to paste into a shell.

use std::fmt;

pub(crate) struct Lines {
    pub(crate) place: String,
    pub(crate) base: String,
    pub(crate) bridge: String,
    pub(crate) dock: String,
}

const RMA: &str = "/v1/merchants/acme/rmas/99904598";
const WORK: &str = "/v1/merchants/acme/rmas/99904598/work";
const CHANGES: &str = "/v1/merchants/acme/changes";

const PROMISE: &str = r##"{"merchant":"acme","rma_number":"99904598","order_name":"#1001","lines":[{"line_item_id":"1","sku":"TEE-S","quantity":4}]}"##;
const RECEIPT: &str = r#"{"work":"receive","receipt_id":"dock-1","units":[{"item":{"sku":"TEE-S"},"condition":"available","quantity":1},{"item":{"sku":"TEE-S"},"condition":"damaged","quantity":1},{"item":{"sku":"TEE-S"},"condition":"held","quantity":1}]}"#;
const MISSING: &str = r#"{"work":"report_missing","line_item_id":"1","quantity":1}"#;
const CLOSE: &str = r#"{"work":"close"}"#;

impl Lines {
    /// What each line does, and the line.
    pub(crate) fn steps(&self) -> [(&'static str, String); 6] {
        let get = |path| self.line(&self.bridge, path, "");
        let send = |key, method, path, body| {
            let json = format!(" -X {method} -H 'Content-Type: application/json' -d '{body}'");
            self.line(key, path, &json)
        };
        [
            (
                "announce a return of four T-shirts; safe to repeat",
                send(&self.bridge, "PUT", RMA, PROMISE),
            ),
            ("read what is known of it", get(RMA)),
            (
                "receive a good one, a damaged one and one on hold; counted once, however often sent",
                send(&self.dock, "POST", WORK, RECEIPT),
            ),
            (
                "report the fourth missing; each time it is sent one more",
                send(&self.dock, "POST", WORK, MISSING),
            ),
            (
                "close it: nothing more is expected",
                send(&self.dock, "POST", WORK, CLOSE),
            ),
            (
                "ask what changed; go on with ?cursor= and the text of next",
                get(CHANGES),
            ),
        ]
    }

    fn line(&self, key: &str, path: &str, rest: &str) -> String {
        let base = &self.base;
        format!("curl -sS {base}{path} -H 'Authorization: Bearer {key}'{rest}")
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "An OMS at {}, kept in {}.", self.base, self.place)?;
        writeln!(f, "The bridge's key: {}", self.bridge)?;
        writeln!(f, "The dock's key:   {}", self.dock)?;
        let keep = "OMS_BRIDGE_KEY and OMS_DOCK_KEY, set to them, keep them over a restart.";
        writeln!(f, "{keep}")?;
        for (what, line) in self.steps() {
            writeln!(f, "\n# {what}\n{line}")?;
        }
        Ok(())
    }
}
