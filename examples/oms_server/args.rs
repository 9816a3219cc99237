//! The command line and the environment.

use std::ffi::OsString;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

pub(crate) const USAGE: &str = "usage: oms_server [--memory | --file FILE] [--address IP:PORT]; \
    the file is oms.sqlite and the address 127.0.0.1:4020 unless given";

pub(crate) struct Request {
    pub(crate) address: SocketAddr,
    pub(crate) store: Store,
    pub(crate) keys: Keys,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    File(PathBuf),
}

pub(crate) struct Keys {
    pub(crate) bridge: String,
    pub(crate) dock: String,
}

/// `None` when help was asked for.
pub(crate) fn parse(
    mut args: impl Iterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Option<Request>, String> {
    let mut address = SocketAddr::from((Ipv4Addr::LOCALHOST, 4020));
    let mut store = None;
    while let Some(arg) = args.next() {
        let chosen = match arg.to_str() {
            Some("--help" | "-h") => return Ok(None),
            Some("--address") => {
                let text = args.next().ok_or(USAGE)?;
                let parsed = text.to_str().and_then(|text| text.parse().ok());
                address = parsed.ok_or("--address takes an IP address and a port")?;
                continue;
            }
            Some("--memory") => Store::Memory,
            Some("--file") => Store::File(args.next().ok_or(USAGE)?.into()),
            _ => return Err(USAGE.to_owned()),
        };
        if store.replace(chosen).is_some() {
            return Err(USAGE.to_owned());
        }
    }
    let keys = keys(address, environment)?;
    Ok(Some(Request {
        address,
        store: store.unwrap_or_else(|| Store::File("oms.sqlite".into())),
        keys,
    }))
}

fn keys(address: SocketAddr, environment: impl Fn(&str) -> Option<String>) -> Result<Keys, String> {
    let key = |name: &str| match environment(name) {
        Some(key) => Ok(key),
        None if address.ip().is_loopback() => Ok(made_up()),
        None => Err(format!(
            "{address} can be reached by others: set {name} to a key of at least 128 random bits"
        )),
    };
    let keys = Keys {
        bridge: key("OMS_BRIDGE_KEY")?,
        dock: key("OMS_DOCK_KEY")?,
    };
    if keys.bridge == keys.dock {
        return Err("OMS_BRIDGE_KEY and OMS_DOCK_KEY have to differ".to_owned());
    }
    Ok(keys)
}

/// Good enough for a demonstration that only this machine can reach.
fn made_up() -> String {
    let part = |n: u64| RandomState::new().hash_one(n);
    format!("{:016x}{:016x}", part(1), part(2))
}
