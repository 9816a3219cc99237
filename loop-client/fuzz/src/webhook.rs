use loop_client::webhook::{Event, WebhookVerifier, sign};

use super::two_passes::return_event;
use super::{CANARY, position};

const SECRET: &str = "5a4d0b0c5ec2e7a1";

/// A webhook's body: it is verified as it is, with one bit changed in it or in its signature, and
/// it is decoded.
pub fn webhook(input: &[u8]) {
    verify(input);
    let decoded = Event::decode(input);
    let of_a_return = match &decoded {
        Ok(Event::Return(event)) => Some((event.trigger.clone(), event.data.clone())),
        _ => None,
    };
    assert_eq!(of_a_return, return_event(input));
    match decoded {
        Ok(event) => drop(format!("{event:?} {}", event.topic())),
        Err(error) => {
            let printed = format!("{error} {error:?}");
            assert!(!printed.contains(CANARY), "{printed}");
        }
    }
}

fn verify(body: &[u8]) {
    let verifier = WebhookVerifier::new(["an older secret", SECRET]).unwrap();
    let signature = sign(SECRET.as_bytes(), body).into_bytes();
    let passes = |signature: &[u8], body: &[u8]| verifier.verify([signature], body).is_ok();

    assert_eq!(passes(&signature, body), !body.is_empty());
    assert!(!passes(body, b"{}"), "the header is foreign too");
    assert!(!passes(&signature, &[body, b" "].concat()));

    let bit = 1u8 << position(body, 8);
    let at = position(body, signature.len());
    let mut changed = signature.clone();
    changed[at] ^= bit;
    assert!(
        !passes(&changed, body),
        "bit {bit} of byte {at} of the signature"
    );
    if let Some(rest) = body.get(1..) {
        assert!(!passes(&signature, rest), "a part of the body");
        let at = position(body, body.len());
        let mut changed = body.to_vec();
        changed[at] ^= bit;
        assert!(
            !passes(&signature, &changed),
            "bit {bit} of byte {at} of the body"
        );
    }
}
