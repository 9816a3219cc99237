//! **An OMS to point things at.** For whoever writes a bridge, a warehouse screen or a service of
//! their own and wants to see the HTTP contract of `ams-oms-client` in action, from any language.
//!
//! ```text
//! cargo run --example oms_server                      # keeps its RMAs in oms.sqlite
//! cargo run --example oms_server -- --memory          # forgets them
//! cargo run --example oms_server -- --file /var/lib/oms.sqlite --address 127.0.0.1:0
//! ```
//!
//! It prints where it listens (port 0 becomes a free one), two keys, and lines to paste into a
//! shell: announce an RMA, read it, receive its goods, report what is missing, close it, and ask
//! what changed. The bridge's key may do all but warehouse work; the dock's key that too.
//!
//! The keys are new with each start, unless `OMS_BRIDGE_KEY` and `OMS_DOCK_KEY` give them. On an
//! address that others can reach both have to be given. There is no TLS: put something in front.
//!
//! **What to change:** nothing, to use it. To serve the contract for your own system, give your
//! `Oms` to `server::router` in [`start`].

mod args;
mod lines;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::future::Future;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use ams_oms_client::server::{ServerKey, router_with_warehouse};
use ams_oms_client::{MemoryOms, Oms, SqliteOms, Warehouse};
use args::{Keys, Request, Store};
use lines::Lines;
use tokio::net::TcpListener;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    let request = match args::parse(std::env::args_os().skip(1), |name| std::env::var(name).ok()) {
        Ok(Some(request)) => request,
        Ok(None) => {
            println!("{}", args::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    match run(request).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oms_server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(request: Request) -> Outcome<()> {
    let (lines, serving) = start(request).await?;
    // Where nobody reads, it still serves.
    write!(io::stdout(), "{lines}").ok();
    serving.await?;
    Ok(())
}

/// Binds the address. What comes back is what to print, and the server, which runs until it is
/// dropped.
async fn start(request: Request) -> Outcome<(Lines, impl Future<Output = io::Result<()>>)> {
    let Request {
        address,
        store,
        keys,
    } = request;
    let (oms, warehouse, place) = open(&store).await?;
    let Keys { bridge, dock } = keys;
    let allowed = [
        ServerKey::new(&bridge)?,
        ServerKey::new(&dock)?.with_warehouse(),
    ];
    let router = router_with_warehouse(oms, warehouse, allowed);

    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("{address}: {error}"))?;
    let lines = Lines {
        place,
        base: format!("http://{}", listener.local_addr()?),
        bridge,
        dock,
    };
    Ok((lines, axum::serve(listener, router).into_future()))
}

/// The system, its warehouse, and where it keeps things.
async fn open(store: &Store) -> Outcome<(Arc<dyn Oms>, Arc<dyn Warehouse>, String)> {
    match store {
        Store::Memory => {
            let oms = Arc::new(MemoryOms::new());
            Ok((oms.clone(), oms, "memory".to_owned()))
        }
        Store::File(path) => {
            let place = path.display().to_string();
            let oms = SqliteOms::open(path)
                .await
                .map_err(|error| format!("{place}: {error}"))?;
            let oms = Arc::new(oms);
            Ok((oms.clone(), oms, place))
        }
    }
}
