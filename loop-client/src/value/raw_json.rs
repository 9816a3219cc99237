use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// JSON as Loop sent it, where its form is not documented or varies.
///
/// It may hold personal data, so its `Debug` shows nothing of it.
///
/// ```
/// # let raw: loop_client::RawJson = serde_json::from_str(r#"{"note":"for Eliza"}"#)?;
/// assert_eq!(raw.get()["note"], "for Eliza");
/// assert_eq!(format!("{raw:?}"), "[JSON]");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Value);

impl RawJson {
    /// The JSON itself. Keep it out of logs and errors.
    #[must_use]
    pub fn get(&self) -> &Value {
        &self.0
    }
}

impl From<Value> for RawJson {
    fn from(json: Value) -> Self {
        Self(json)
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[JSON]")
    }
}
