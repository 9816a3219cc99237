//! Files and standard input, and what is wrong with them.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use ams_loop_bridge::Policy;
use loop_client::DecodeError;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;

/// Bytes and where they came from.
pub(crate) struct Input {
    name: String,
    bytes: Vec<u8>,
}

impl Input {
    /// Reads a file, or standard input when it is named `-`.
    pub(crate) fn read(file: &Path, stdin: &mut dyn Read) -> Result<Self, String> {
        let is_stdin = file.as_os_str() == "-";
        let name = if is_stdin {
            "standard input".to_owned()
        } else {
            file.display().to_string()
        };
        let mut bytes = Vec::new();
        let read = if is_stdin {
            stdin.read_to_end(&mut bytes).map(|_| ())
        } else {
            std::fs::read(file).map(|found| bytes = found)
        };
        match read {
            Err(error) => Err(format!("{name}: {error}")),
            Ok(()) if bytes.trim_ascii().is_empty() => {
                Err(format!("{name}: expected JSON, but it is empty"))
            }
            Ok(()) => Ok(Self { name, bytes }),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The rows of a bare list, or of a page of the returns list; `None` when it is neither.
    pub(crate) fn page(&self) -> Result<Option<Vec<&RawValue>>, String> {
        if self.bytes.trim_ascii_start().starts_with(b"[") {
            return self.rows().map(Some);
        }
        let Ok(fields) = serde_json::from_slice::<HashMap<String, &RawValue>>(&self.bytes) else {
            return Ok(None);
        };
        match fields.get("returns") {
            Some(rows) if !fields.contains_key("id") => serde_json::from_str(rows.get())
                .map(Some)
                .map_err(|_| format!("{}: expected a list of returns at returns", self.name)),
            _ => Ok(None),
        }
    }

    /// The rows of a bare list.
    pub(crate) fn rows(&self) -> Result<Vec<&RawValue>, String> {
        serde_json::from_slice(&self.bytes)
            .map_err(|error| format!("{}: {}", self.name, whereabouts(&error, "a list of rows")))
    }

    /// The bytes as a value that `expected` names, in which nothing is about a person: its author
    /// has to find the fault.
    pub(crate) fn decode<T: DeserializeOwned>(&self, expected: &str) -> Result<T, String> {
        serde_json::from_slice(&self.bytes)
            .map_err(|error| format!("{}: expected {expected}: {error}", self.name))
    }

    pub(crate) fn unreadable(&self, error: &DecodeError) -> String {
        format!("{}: {error}", self.name)
    }

    pub(crate) fn unreadable_row(&self, index: usize, error: &DecodeError) -> String {
        let name = &self.name;
        format!("{name}: row {index} (the first is 0; lines count from the row's start): {error}")
    }
}

/// The policy in a file, or the default one.
pub(crate) fn policy(file: Option<&Path>) -> Result<Policy, String> {
    let Some(file) = file else {
        return Ok(Policy::default());
    };
    let name = file.display();
    let bytes = std::fs::read(file).map_err(|error| format!("{name}: {error}"))?;
    // Its author has to find the field, and nothing in it is about a person.
    serde_json::from_slice(&bytes).map_err(|error| format!("{name}: {error}"))
}

/// `serde_json` quotes values in its messages, so only the place is taken from it.
fn whereabouts(error: &serde_json::Error, expected: &str) -> String {
    let expected = match error.classify() {
        Category::Data => expected,
        Category::Syntax => "well-formed JSON",
        Category::Eof => "more: the text ends in the middle",
        Category::Io => "readable input",
    };
    format!(
        "expected {expected} at line {}, column {}",
        error.line(),
        error.column()
    )
}
