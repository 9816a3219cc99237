//! Where the server is, and whether one may go there without TLS.

use std::net::IpAddr;
use std::time::Duration;

use deadpool_postgres::tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use deadpool_postgres::tokio_postgres::{Config, NoTls};
use deadpool_postgres::{Manager, Pool};

use super::LedgerError;
use super::server::LIMIT;

/// Enough to keep the server's disk busy: commits share a flush.
const CONNECTIONS: usize = 8;

/// How long one host may take, so that there is time for the next.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The connections of [`super::PostgresLedger::connect`]; none is opened yet.
pub(super) fn pool(url: &str) -> Result<Pool, LedgerError> {
    let mut config = config(url)?;
    // The first host that answers may be a standby.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    if config.get_application_name().is_none() {
        config.application_name("ams-loop-bridge");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(LIMIT);
    }
    Pool::builder(Manager::new(config, NoTls))
        .max_size(CONNECTIONS)
        .build()
        .map_err(|_| refused("the pool of connections cannot be built"))
}

/// The causes are not passed on: they may quote a password that was not percent-encoded.
fn config(url: &str) -> Result<Config, LedgerError> {
    let config: Config = url.parse().map_err(|_| {
        refused("the URL cannot be understood (what is special in it must be percent-encoded)")
    })?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(refused("the URL names no host"));
    }
    match config.get_ssl_mode() {
        SslMode::Disable => Ok(config),
        SslMode::Prefer if is_here(&config) => Ok(config),
        SslMode::Prefer => Err(refused(
            "the URL names another machine, to be reached without TLS (use `with_pool` for TLS, \
             or say `sslmode=disable`)",
        )),
        _ => Err(refused(
            "the URL asks for TLS, which takes a pool of your own (use `with_pool`)",
        )),
    }
}

fn is_here(config: &Config) -> bool {
    let by_name = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    // An address is used instead of the name beside it.
    if config.get_hostaddrs().is_empty() {
        config.get_hosts().iter().all(by_name)
    } else {
        config.get_hostaddrs().iter().all(IpAddr::is_loopback)
    }
}

fn refused(what: &'static str) -> LedgerError {
    LedgerError::Unavailable { what, source: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_nothing_leaves_the_machine_unasked() {
        for (url, wanted) in [
            ("postgres://u:p@localhost/db", Ok(())),
            ("postgres://u:p@localhost/db?sslmode=prefer", Ok(())),
            ("postgres://u:p@127.0.0.1:5433/db", Ok(())),
            ("postgres://u:p@[::1]/db", Ok(())),
            ("postgres://u@%2Fvar%2Frun%2Fpostgresql/db", Ok(())),
            ("host=/tmp user=u", Ok(())),
            ("host=db.example.com hostaddr=127.0.0.1 user=u", Ok(())),
            ("postgres://u:p@db.example.com/db?sslmode=disable", Ok(())),
            ("postgres://u:p@db.example.com/db", Err("another machine")),
            (
                "postgres://u:p@localhost,10.0.0.1/db",
                Err("another machine"),
            ),
            ("host=localhost hostaddr=10.0.0.1", Err("another machine")),
            (
                "postgres://u:p@localhost.example.com/db",
                Err("another machine"),
            ),
            (
                "postgres://u:p@localhost/db?sslmode=require",
                Err("asks for TLS"),
            ),
            ("postgres:///db", Err("no host")),
            (
                "postgres://u:pass@word@localhost/db",
                Err("another machine"),
            ),
            ("postgres://u:p@localhost:secret/db", Err("understood")),
            ("mysql://u:p@localhost/db", Err("understood")),
            ("", Err("no host")),
        ] {
            let found = config(url).map(drop);
            match (&found, wanted) {
                (Ok(()), Ok(())) => {}
                (Err(error), Err(part)) if error.to_string().contains(part) => {}
                _ => panic!("{url}: {found:?}"),
            }
        }
    }
}
