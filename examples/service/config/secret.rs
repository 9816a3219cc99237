//! Secrets, and where they are kept.

use std::fmt;
use std::path::PathBuf;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::Environment;

/// A secret. It is not printed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// `{ env = "NAME" }`, `{ file = "PATH" }`, or the secret itself.
#[derive(Debug)]
pub(super) enum SecretRef {
    Env(String),
    File(PathBuf),
    Inline(Secret),
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use toml::Value::{String, Table};
        let wrong = "expected { env = \"NAME\" } or { file = \"PATH\" }";
        match toml::Value::deserialize(d)? {
            String(text) => Ok(Self::Inline(Secret(text))),
            Table(table) => {
                let mut entries = table.into_iter();
                match (entries.next(), entries.next()) {
                    (Some((key, String(name))), None) if key == "env" => Ok(Self::Env(name)),
                    (Some((key, String(path))), None) if key == "file" => {
                        Ok(Self::File(path.into()))
                    }
                    _ => Err(D::Error::custom(wrong)),
                }
            }
            _ => Err(D::Error::custom(wrong)),
        }
    }
}

impl SecretRef {
    /// The secret, or what keeps it from being had.
    pub(super) fn resolve(
        self,
        inline_allowed: bool,
        environment: Environment<'_>,
    ) -> Result<Secret, String> {
        let (text, place) = match self {
            Self::Inline(secret) if inline_allowed => (secret.0, "it".to_owned()),
            Self::Inline(_) => {
                return Err(
                    "a secret does not belong into this file: write { env = \"NAME\" } or \
                     { file = \"PATH\" }, or set inline_secrets = true"
                        .to_owned(),
                );
            }
            Self::Env(name) => match environment(&name) {
                Some(text) => (text, format!("the environment variable {name}")),
                None if is_a_name(&name) => {
                    return Err(format!("the environment variable {name} is not set"));
                }
                // Perhaps it is the secret itself.
                None => {
                    return Err("env names no environment variable that is set".to_owned());
                }
            },
            Self::File(path) => match std::fs::read_to_string(&path) {
                Ok(text) => (text, path.display().to_string()),
                Err(error) => return Err(format!("{}: {error}", path.display())),
            },
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(format!("{place} is empty"));
        }
        Ok(Secret(text.to_owned()))
    }
}

/// Whether it looks like the name of a variable, and not like a secret.
fn is_a_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit();
    text.bytes().all(allowed) && text.bytes().any(|byte| byte.is_ascii_uppercase())
}
