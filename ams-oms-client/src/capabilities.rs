//! What an OMS can and cannot do.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What an implementation of [`Oms`](crate::Oms) can do, known before it is asked.
///
/// The default promises least. Set the fields that are true of your system:
///
/// ```
/// use ams_oms_client::{Capabilities, ChangeFeed};
///
/// let mut can = Capabilities::default();
/// can.cancel = true;
/// can.change_feed = ChangeFeed::UpdatedSince;
/// assert!(!can.amend);
/// ```
///
/// In JSON `amend`, `cancel`, `list_open` and `change_feed` have to be there, so that not any
/// object is taken for this one; whatever else is left out is as in the default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Capabilities {
    /// [`amend_rma`](crate::Oms::amend_rma) works.
    pub amend: bool,
    /// [`cancel_rma`](crate::Oms::cancel_rma) works.
    pub cancel: bool,
    /// [`list_open`](crate::Oms::list_open) works.
    pub list_open: bool,
    /// Snapshots name lines by the reference they were announced with. Otherwise by SKU or
    /// barcode only.
    #[serde(default)]
    pub echoes_line_refs: bool,
    /// Two lines of one RMA may have the same SKU. Otherwise equal SKUs have to be merged first.
    #[serde(default)]
    pub duplicate_sku_lines: bool,
    /// The units of one line can be in different conditions.
    #[serde(default)]
    pub unit_conditions: bool,
    /// The warehouse says outright that units are missing. Otherwise it shows only when the RMA
    /// is completed short.
    #[serde(default)]
    pub explicit_missing: bool,
    /// What [`changes`](crate::Oms::changes) can find.
    pub change_feed: ChangeFeed,
    /// How coarse the clock behind a change cursor is; zero when cursors are exact. A coarse
    /// feed repeats changes within this span. `cursor_resolution_ms`, in milliseconds, in JSON.
    #[serde(rename = "cursor_resolution_ms", with = "millis", default = "a_day")]
    pub cursor_resolution: Duration,
    /// [`decode_event`](crate::Oms::decode_event) works: the system sends notices of its own
    /// accord.
    #[serde(default)]
    pub events: bool,
    /// The longest RMA number that can be stored, in digits. A number never has more than 20.
    #[serde(default = "all_digits")]
    pub longest_rma_number: u32,
}

fn a_day() -> Duration {
    Duration::from_secs(24 * 60 * 60)
}

/// Of the largest number there is.
fn all_digits() -> u32 {
    20
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            amend: false,
            cancel: false,
            list_open: false,
            echoes_line_refs: false,
            duplicate_sku_lines: false,
            unit_conditions: false,
            explicit_missing: false,
            change_feed: ChangeFeed::Absent,
            cursor_resolution: a_day(),
            events: false,
            longest_rma_number: all_digits(),
        }
    }
}

/// Which changes an OMS can report when asked.
///
/// A word that is not known reads as [`Absent`](ChangeFeed::Absent), which promises least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
#[non_exhaustive]
pub enum ChangeFeed {
    /// Every change since the cursor.
    UpdatedSince,
    /// New RMAs only; older ones have to be read again one by one.
    CreatedSince,
    /// None as such: `changes` is made by comparing the list of open RMAs.
    ListOpen,
    /// None when asked; the system only sends notices of its own accord.
    PushOnly,
    /// None at all. [`changes`](crate::Oms::changes) answers
    /// [`Unsupported`](crate::OmsError::Unsupported).
    Absent,
}

impl From<String> for ChangeFeed {
    fn from(text: String) -> Self {
        match text.as_str() {
            "updated_since" => Self::UpdatedSince,
            "created_since" => Self::CreatedSince,
            "list_open" => Self::ListOpen,
            "push_only" => Self::PushOnly,
            _ => Self::Absent,
        }
    }
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(span: &Duration, output: S) -> Result<S::Ok, S::Error> {
        // Rounded up: finer than it is would promise too much.
        let millis = span.as_nanos().div_ceil(1_000_000);
        output.serialize_u64(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
        u64::deserialize(input).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_keeps_everything_and_what_is_absent_promises_least() {
        use ChangeFeed::{Absent, CreatedSince, ListOpen, PushOnly, UpdatedSince};
        for change_feed in [UpdatedSince, CreatedSince, ListOpen, PushOnly, Absent] {
            let can = Capabilities {
                cancel: true,
                change_feed,
                cursor_resolution: Duration::from_millis(1_500),
                ..Capabilities::default()
            };
            let json = serde_json::to_value(&can).unwrap();
            assert_eq!(json["cursor_resolution_ms"], 1_500);
            assert_eq!(serde_json::from_value::<Capabilities>(json).unwrap(), can);
        }
        let read = |json| serde_json::from_value::<Capabilities>(json);
        let mut least = json!({
            "amend": false, "cancel": false, "list_open": false, "change_feed": "telepathy"
        });
        assert_eq!(read(least.clone()).unwrap(), Capabilities::default());
        least.as_object_mut().unwrap().remove("cancel");
        assert!(read(least).is_err());
    }
}
