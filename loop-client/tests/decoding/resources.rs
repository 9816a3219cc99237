//! Rows of everything that is not a return.

use std::fmt::Debug;

use loop_client::{
    AssessedItem, CreatedLabel, Destination, FraudReport, GradedItem, LabelRequest, Listing,
    Shipment, ShipmentItem,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::generators::{Row, row, shows_personal_data};
use super::meaning::check;
use super::shapes::{
    ASSESSED_ITEM, CATEGORY, CREATED_LABEL, DESTINATION, DESTINATION_ADDRESS, FRAUD_REPORT,
    GRADED_ITEM, LISTED_LABEL_REQUEST, LISTING, SHIPMENT, SHIPMENT_ITEM, Shape,
};

/// What is sent to Loop as well leaves out what has no value.
fn fill(row: &mut Value, key: &str, shape: &Shape) {
    if let Some(Value::Object(fields)) = row.get_mut(key) {
        for key in shape.read_keys() {
            fields.entry(key).or_insert(Value::Null);
        }
    }
}

fn means_the_same<T>(row: &Row, fill_in: fn(&mut Value)) -> Result<(), TestCaseError>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let read: T = serde_json::from_slice(&row.bytes())
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    let mut encoded = serde_json::to_value(&read).unwrap();
    prop_assert_eq!(
        &serde_json::from_value::<T>(encoded.clone()).unwrap(),
        &read
    );
    fill_in(&mut encoded);
    check(&row.meant, &encoded, "row").map_err(TestCaseError::fail)?;
    prop_assert!(!shows_personal_data(&read));
    Ok(())
}

proptest! {
    #[test]
    fn a_shipment(row in row(&SHIPMENT)) {
        means_the_same::<Shipment>(&row, |_| {})?;
    }

    #[test]
    fn an_item_of_a_shipment(row in row(&SHIPMENT_ITEM)) {
        means_the_same::<ShipmentItem>(&row, |_| {})?;
    }

    #[test]
    fn a_destination(row in row(&DESTINATION)) {
        means_the_same::<Destination>(&row, |encoded| {
            fill(encoded, "address", &DESTINATION_ADDRESS);
        })?;
    }

    #[test]
    fn an_entry_of_blocklist_or_allowlist(row in row(&LISTING)) {
        means_the_same::<Listing>(&row, |_| {})?;
    }

    #[test]
    fn a_label_request(row in row(&LISTED_LABEL_REQUEST)) {
        means_the_same::<LabelRequest>(&row, |_| {})?;
    }

    #[test]
    fn a_label_of_a_provider(row in row(&CREATED_LABEL)) {
        means_the_same::<CreatedLabel>(&row, |_| {})?;
    }

    #[test]
    fn a_fraud_report(row in row(&FRAUD_REPORT)) {
        means_the_same::<FraudReport>(&row, |_| {})?;
    }

    #[test]
    fn a_graded_item(row in row(&GRADED_ITEM)) {
        means_the_same::<GradedItem>(&row, |encoded| {
            fill(encoded, "condition_category", &CATEGORY);
        })?;
    }

    #[test]
    fn an_assessed_item(row in row(&ASSESSED_ITEM)) {
        means_the_same::<AssessedItem>(&row, |_| {})?;
    }
}
