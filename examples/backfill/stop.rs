//! Ctrl-C and SIGTERM: the first asks for a clean end, the second ends it.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

/// Becomes true when somebody wants it to stop.
pub(crate) fn listen() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let mut signals = signals()?;
    tokio::spawn(async move {
        if signals.recv().await.is_none() {
            return;
        }
        asked.store(true, Ordering::Relaxed);
        say("stopping after the step under way, at most a minute or two; once more stops at once");
        if signals.recv().await.is_some() {
            say("stopped at once; the same command goes on");
            std::process::exit(1);
        }
    });
    Ok(stop)
}

fn say(line: &str) {
    // The progress bar may stand in the line.
    writeln!(io::stderr(), "\nbackfill: {line}").ok();
}

#[cfg(unix)]
fn signals() -> io::Result<mpsc::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let (tell, told) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                signal = interrupt.recv() => signal,
                signal = terminate.recv() => signal,
            };
            if signal.is_none() || tell.send(()).await.is_err() {
                return;
            }
        }
    });
    Ok(told)
}

#[cfg(not(unix))]
fn signals() -> io::Result<mpsc::Receiver<()>> {
    let (tell, told) = mpsc::channel(1);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && tell.send(()).await.is_ok() {}
    });
    Ok(told)
}
