//! The file as it is written.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use ams_loop_bridge::Policy;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Fault;
use super::duration::Time;
use super::secret::SecretRef;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Top {
    pub(super) listen: Option<SocketAddr>,
    pub(super) operator_listen: Option<SocketAddr>,
    pub(super) state: Option<PathBuf>,
    pub(super) drain: Option<Time>,
    pub(super) grace: Option<Time>,
    pub(super) workers: Option<NonZeroUsize>,
    pub(super) inline_secrets: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Merchant {
    pub(super) api_key: SecretRef,
    #[serde(default)]
    pub(super) webhook_secrets: Vec<SecretRef>,
    pub(super) loop_base_url: Option<String>,
    pub(super) api_version: Option<String>,
    pub(super) calls_per_minute: Option<u32>,
    pub(super) pull_every: Option<Time>,
    pub(super) settle_every: Option<Time>,
    pub(super) reconcile_every: Option<Time>,
    pub(super) archive_after: Option<Time>,
    pub(super) oms: Option<Oms>,
    #[serde(default)]
    pub(super) policy: Policy,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub(super) enum Oms {
    Sqlite { file: Option<PathBuf> },
    Http { url: String, key: SecretRef },
}

/// The settings of the service, and each merchant's to be read one by one, so that a fault in one
/// hides none in another.
pub(super) fn parse(text: &str) -> Result<(Top, BTreeMap<String, toml::Value>), Vec<Fault>> {
    let mut table: toml::Table = toml::from_str(text).map_err(|error| {
        let line = error.span().and_then(|span| text.get(..span.start));
        let line = line.map_or(0, |before| before.matches('\n').count() + 1);
        let what = error.message().replace('\n', ", ");
        vec![Fault::of_the_file(format!("line {line}: {what}"))]
    })?;
    let mut faults = Vec::new();
    let merchants = match table.remove("merchants") {
        None => BTreeMap::new(),
        Some(toml::Value::Table(merchants)) => merchants.into_iter().collect(),
        Some(_) => {
            let what = "expected a table for each merchant, such as [merchants.acme]";
            faults.push(Fault::at("merchants", what));
            BTreeMap::new()
        }
    };
    match (read::<Top>("", toml::Value::Table(table)), faults) {
        (Ok(top), faults) if faults.is_empty() => Ok((top, merchants)),
        (Ok(_), faults) => Err(faults),
        (Err(fault), mut faults) => {
            faults.push(fault);
            Err(faults)
        }
    }
}

pub(super) fn read<T: DeserializeOwned>(prefix: &str, value: toml::Value) -> Result<T, Fault> {
    serde_path_to_error::deserialize(value).map_err(|error| Fault::of_a_value(prefix, error))
}
