use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use tracing::level_filters::LevelFilter;

/// Joins Loop Returns to a warehouse's OMS, for any number of merchants.
///
/// Without a configuration and without a key in the environment it shows itself on an embedded
/// stand-in for Loop.
#[derive(Debug, Parser)]
#[command(name = "service")]
pub(crate) struct Args {
    /// The TOML file with the merchants.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Only says what is wrong with the configuration.
    #[arg(long, requires = "config")]
    pub(crate) check: bool,
    /// Where to listen, whatever the configuration says; port 0 takes a free one.
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// How much to log: error, warn, info, debug or off.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(crate) log: LevelFilter,
}
