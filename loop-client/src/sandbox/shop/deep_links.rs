//! Links that lead a shopper into the return portal.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::form::Form;
use crate::sandbox::refused::Refused;

/// The documentation gives no limits for texts.
const LONGEST: usize = 255;

/// Which order, and for whom.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct LinkRequest {
    pub(in crate::sandbox) name: String,
    gift: bool,
}

impl LinkRequest {
    /// The sentence of the 422 is not known; here it is the first field's.
    pub(in crate::sandbox) fn read(body: &Value) -> Result<LinkRequest, Refused> {
        let mut form = Form::of(body);
        let name = form.required_text("name", LONGEST);
        form.required_text("zip", LONGEST);
        if let Some(message) = form.first_message() {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Refused::errors_message(status, message));
        }
        Ok(LinkRequest {
            name,
            gift: body.get("gift") == Some(&Value::Bool(true)),
        })
    }

    pub(in crate::sandbox) fn no_such_order(&self) -> Refused {
        Refused::errors_texts(StatusCode::BAD_REQUEST, &["ORDER_NOT_FOUND"])
    }

    /// The same order gives the same id every time.
    fn uuid(&self) -> String {
        // FNV-1a: spreads names over ids, and nothing here is a secret.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in self.name.trim_start_matches('#').bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let kind = if self.gift { "8001" } else { "8000" };
        let tail = hash & 0xffff_ffff_ffff;
        format!("{:08x}-0000-4000-{kind}-{tail:012x}", hash >> 32)
    }
}

fn url(request: &LinkRequest) -> String {
    format!("https://sandbox.loopreturns.com/#/link/{}", request.uuid())
}

pub(in crate::sandbox) fn link(request: &LinkRequest) -> Value {
    json!({ "url": url(request) })
}

/// The image itself is not played. Size and type would not show in the answer.
pub(in crate::sandbox) fn qr(request: &LinkRequest, base_url: &str) -> Value {
    json!({
        "qr": format!("{base_url}/v1/qr/i/{}", request.uuid()),
        "deeplink_url": url(request),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_has_one_link_for_its_shopper_and_one_for_gifts() {
        let read = |name: &str, gift: Value| {
            LinkRequest::read(&json!({"name": name, "zip": "62701", "gift": gift})).unwrap()
        };
        let own = link(&read("#1001", Value::Null));
        assert_eq!(link(&read("1001", json!(false))), own);
        assert_eq!(link(&read("1001", json!("true"))), own, "no boolean");
        assert_ne!(link(&read("1001", json!(true))), own);
        assert_ne!(link(&read("1002", Value::Null)), own);
    }
}
