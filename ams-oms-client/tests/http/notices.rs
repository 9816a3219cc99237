//! Notices: who may be believed, and what they say.

use ams_oms_client::{
    EventHint, HttpOms, NOTICE_SIGNATURE, Oms as _, OmsError, OmsEvent, sign_notice,
};

use crate::class;
use crate::common::{key, merchant};

const BASE: &str = "https://oms.example.com";

fn decode(oms: &HttpOms, body: &[u8], signature: &str) -> Result<Vec<EventHint>, OmsError> {
    oms.decode_event(&OmsEvent::new(body, &[(NOTICE_SIGNATURE, signature)]))
}

#[test]
fn only_what_a_secret_signed_is_read() {
    let oms = HttpOms::builder(BASE, "k")
        .notice_secret("old")
        .notice_secret("new")
        .build()
        .unwrap();
    assert!(oms.capabilities().events);
    let body = br#"{"merchant":"acme","rma_number":"99904598"}"#;
    let hint = vec![EventHint::Rma(key("acme", 99_904_598))];
    for secret in ["old", "new"] {
        let signature = sign_notice(secret, body);
        assert_eq!(decode(&oms, body, &signature).unwrap(), hint);
        assert_eq!(decode(&oms, body, &signature.to_uppercase()).unwrap(), hint);

        let other = br#"{"merchant":"acme","rma_number":"99904599"}"#;
        let short = signature.get(..62).unwrap();
        for (body, signature) in [
            (other.as_slice(), signature.as_str()),
            (body, short),
            (body, ""),
            (body, "+1"),
            (body, &format!("{signature}0")),
            (body, &sign_notice("third", body)),
        ] {
            let refused = decode(&oms, body, signature).unwrap_err();
            assert_eq!(class(&refused), "auth", "{signature}");
        }
        let twice = [
            (NOTICE_SIGNATURE, signature.as_str()),
            ("oms-signature", "00"),
        ];
        for attributes in [&[] as &[_], &twice] {
            let refused = oms.decode_event(&OmsEvent::new(body, attributes));
            assert_eq!(class(&refused.unwrap_err()), "auth");
        }
    }
}

#[test]
fn a_signed_notice_is_a_hint_or_unreadable() {
    let oms = HttpOms::builder(BASE, "k")
        .notice_secret("s")
        .build()
        .unwrap();
    let read = |body: &str| decode(&oms, body.as_bytes(), &sign_notice("s", body.as_bytes()));
    let all = vec![EventHint::Merchant(merchant("acme"))];
    for body in [
        r#"{"merchant":"acme"}"#,
        r#"{"merchant":"acme","rma_number":null,"more":[1]}"#,
    ] {
        assert_eq!(read(body).unwrap(), all, "{body}");
    }
    for body in [
        "",
        "{}",
        "[]",
        r#"{"merchant":".."}"#,
        r#"{"merchant":"acme","rma_number":"x"}"#,
    ] {
        let refused = read(body).unwrap_err();
        assert_eq!(class(&refused), "malformed", "{body}");
    }
}

/// So that others can check their own signing: the bytes, the secret and what comes out.
#[test]
fn the_signature_is_the_documented_one() {
    // RFC 4231, test case 2.
    assert_eq!(
        sign_notice("Jefe", b"what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[test]
fn without_a_secret_there_are_no_notices() {
    let oms = HttpOms::builder(BASE, "k").build().unwrap();
    assert!(!oms.capabilities().events);
    let refused = decode(&oms, b"{}", &sign_notice("", b"{}")).unwrap_err();
    assert_eq!(class(&refused), "unsupported");
}
