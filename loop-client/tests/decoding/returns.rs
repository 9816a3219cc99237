//! List rows, details objects and `return` webhooks.

use std::collections::BTreeSet;

use loop_client::Return;
use proptest::prelude::*;
use serde_json::json;

use super::generators::{Row, row, shows_personal_data};
use super::meaning::check;
use super::shapes::{
    ASN, GIFT_CARD, Kind, LABEL_REQUEST, LABEL_UPDATE, PROCESSING_FAILED, RESTOCK, RETURN, Shape,
};

proptest! {
    #[test]
    fn a_return_means_the_same_in_any_spelling(row in row(&RETURN)) {
        let read = Return::decode(&row.bytes())
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        let encoded = serde_json::to_value(&read).unwrap();
        check(&row.meant, &encoded, "return").map_err(TestCaseError::fail)?;
        let again = Return::decode(&serde_json::to_vec(&read).unwrap());
        prop_assert_eq!(again.as_ref(), Ok(&read));
        let by_serde: Return = serde_json::from_value(encoded).unwrap();
        prop_assert_eq!(by_serde, read);
    }

    #[test]
    fn no_personal_text_of_a_return_shows(row in row(&RETURN)) {
        let read = Return::decode(&row.bytes()).unwrap();
        prop_assert!(!shows_personal_data(&read));
    }

    /// Sizes Loop would never send, within what the client reads: many lines of one order line.
    #[test]
    fn lines_are_neither_lost_nor_merged(row in row(&RETURN), copies in 1..40usize) {
        let Row { mut sent, .. } = row;
        let line = json!({"line_item_id": "7", "provider_line_item_id": 9});
        sent.insert("line_items".to_owned(), vec![line; copies].into());
        let read = Return::decode(&serde_json::to_vec(&sent).unwrap()).unwrap();
        prop_assert_eq!(read.lines().len(), copies);
    }
}

/// A key that stands in a table twice would be made twice and tested once.
#[test]
fn the_tables_name_every_key_once() {
    fn walk(shape: &Shape) {
        let mut seen = BTreeSet::new();
        for (kind, names, _) in shape.keys() {
            for name in names.split('|') {
                assert!(seen.insert(name), "{shape:?} has {name} twice");
            }
            if let Kind::One(inner) | Kind::Many(inner) | Kind::Lines(inner) = kind {
                walk(inner);
            }
        }
    }
    for shape in [
        &RETURN,
        &ASN,
        &LABEL_UPDATE,
        &RESTOCK,
        &GIFT_CARD,
        &LABEL_REQUEST,
        &PROCESSING_FAILED,
    ] {
        walk(shape);
    }
}
