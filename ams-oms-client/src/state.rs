//! How far an RMA has come in the warehouse.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How far an RMA has come. A small set; the OMS's own word stands beside it in
/// [`RmaSnapshot::raw_state`](crate::RmaSnapshot::raw_state).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
#[non_exhaustive]
pub enum RmaState {
    /// Known, and nothing has come.
    Announced,
    /// A parcel is here; its contents are not verified.
    Arrived,
    /// Contents are being verified.
    InProgress,
    /// The warehouse has finished. Units that are still outstanding did not come.
    Completed,
    /// Nobody expects it any more.
    Cancelled,
    /// A word that the adapter does not know. It never authorises anything.
    Unknown,
}

impl RmaState {
    /// Reads the words that [`as_str`](RmaState::as_str) gives; anything else is
    /// [`Unknown`](RmaState::Unknown).
    ///
    /// ```
    /// use ams_oms_client::RmaState;
    ///
    /// assert_eq!(RmaState::from_text("in_progress"), RmaState::InProgress);
    /// assert_eq!(RmaState::from_text("Mostly done"), RmaState::Unknown);
    /// ```
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        match text {
            "announced" => Self::Announced,
            "arrived" => Self::Arrived,
            "in_progress" => Self::InProgress,
            "completed" => Self::Completed,
            "cancelled" => Self::Cancelled,
            _ => Self::Unknown,
        }
    }

    /// The word for it, in lower case with underscores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Arrived => "arrived",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}

impl From<String> for RmaState {
    fn from(text: String) -> Self {
        Self::from_text(&text)
    }
}

impl fmt::Display for RmaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::RmaState::{self, *};

    #[test]
    fn words_round_trip_and_others_are_unknown() {
        for state in [
            Announced, Arrived, InProgress, Completed, Cancelled, Unknown,
        ] {
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{state}\""));
            assert_eq!(serde_json::from_str::<RmaState>(&json).unwrap(), state);
        }
        for text in ["", "Completed", "complete", "closed"] {
            assert_eq!(RmaState::from_text(text), Unknown, "{text:?}");
        }
    }
}
