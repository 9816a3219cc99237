//! What is wrong with the settings: which file, which key, and what about it. Values are never
//! quoted, because one of them may be a secret in the wrong place.

use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where in the file, such as `merchants.acme.api_key`; empty for all of it.
    key: String,
    what: String,
}

impl Fault {
    pub(crate) fn of_the_file(what: impl Into<String>) -> Self {
        Self::at("", what)
    }

    pub(crate) fn at(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            what: what.into(),
        }
    }

    /// What `serde` has to say about the value at a key below `prefix`.
    pub(super) fn of_a_value(
        prefix: &str,
        error: serde_path_to_error::Error<toml::de::Error>,
    ) -> Self {
        let path = error.path().to_string();
        let what = unquoted(error.into_inner().message());
        let key = match (prefix, path.as_str()) {
            (prefix, ".") => prefix.to_owned(),
            ("", path) => path.to_owned(),
            (prefix, path) => format!("{prefix}.{path}"),
        };
        Self { key, what }
    }
}

/// `serde` says what it found before what it expected.
fn unquoted(message: &str) -> String {
    let quotes = message.starts_with("invalid ") || message.starts_with("unknown variant");
    if quotes && let Some((_, expected)) = message.rsplit_once("expected ") {
        let expected = expected.trim_end();
        let expected = match expected {
            "a sequence" => "a list in [ ]",
            "a map" => "a table",
            "u32" | "a nonzero usize" => "a number",
            other => other,
        };
        return format!("expected {expected}");
    }
    message.trim_end().replace('\n', " ")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            f.write_str(&self.what)
        } else {
            write!(f, "{}: {}", self.key, self.what)
        }
    }
}

/// All that is wrong with a file; one line for each.
#[derive(Debug)]
pub(crate) struct Faults {
    file: PathBuf,
    faults: Vec<Fault>,
}

impl Faults {
    pub(crate) fn new(file: &Path, faults: Vec<Fault>) -> Self {
        let file = file.to_owned();
        Self { file, faults }
    }

    pub(crate) fn one(file: &Path, fault: Fault) -> Self {
        Self::new(file, vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.faults.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{}: {fault}", self.file.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
