//! Notes and webhook subscriptions.

use loop_client::{Note, Subscription};
use proptest::prelude::*;

use super::generators::{row, shows_personal_data};
use super::meaning::check;
use super::shapes::{NOTE, SUBSCRIPTION};

proptest! {
    #[test]
    fn a_note_means_the_same_in_any_spelling(row in row(&NOTE)) {
        let read: Note = serde_json::from_slice(&row.bytes())
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        let encoded = serde_json::to_value(&read).unwrap();
        check(&row.meant, &encoded, "note").map_err(TestCaseError::fail)?;
        prop_assert_eq!(&serde_json::from_value::<Note>(encoded).unwrap(), &read);
        prop_assert!(!shows_personal_data(&read));
    }

    #[test]
    fn a_subscription_means_the_same_in_any_spelling(row in row(&SUBSCRIPTION)) {
        let read: Subscription = serde_json::from_slice(&row.bytes())
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        let encoded = serde_json::to_value(&read).unwrap();
        check(&row.meant, &encoded, "subscription").map_err(TestCaseError::fail)?;
        prop_assert_eq!(&serde_json::from_value::<Subscription>(encoded).unwrap(), &read);
    }
}
