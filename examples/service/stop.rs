//! The request to stop, and how long there is for it.

use tokio::sync::watch;

/// Whether the service is asked to stop. Clones hear the same.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

/// Asks for the stop.
#[derive(Debug)]
pub(crate) struct Stopper(watch::Sender<bool>);

pub(crate) fn stop() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Ready once it is asked for.
    pub(crate) async fn asked_for(&mut self) {
        // An error means that nobody can ask any more, which is the end as well.
        self.0.wait_for(|asked| *asked).await.ok();
    }
}

/// What asks the process to end: Ctrl-C, or SIGTERM where there is such a thing. From the moment
/// that it is made none of them ends the process by itself.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// The next of them.
    pub(crate) async fn next(&mut self) -> &'static str {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
        #[cfg(not(unix))]
        {
            // Where it cannot be heard, stopping at once is better than never.
            tokio::signal::ctrl_c().await.ok();
            "Ctrl-C"
        }
    }
}
