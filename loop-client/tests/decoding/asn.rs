//! Rows of the ASN report.

use loop_client::AsnRow;
use proptest::prelude::*;

use super::generators::{row, shows_personal_data};
use super::meaning::check;
use super::shapes::ASN;

proptest! {
    #[test]
    fn an_asn_row_means_the_same_in_any_spelling(row in row(&ASN)) {
        let read = AsnRow::decode(&row.bytes())
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        let encoded = serde_json::to_value(&read).unwrap();
        check(&row.meant, &encoded, "row").map_err(TestCaseError::fail)?;
        let again = AsnRow::decode(&serde_json::to_vec(&read).unwrap());
        prop_assert_eq!(again.as_ref(), Ok(&read));
        let by_serde: AsnRow = serde_json::from_value(encoded).unwrap();
        prop_assert_eq!(&by_serde, &read);
        prop_assert!(!shows_personal_data(&read));
    }
}
