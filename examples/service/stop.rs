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
    pub(crate) fn is_asked_for(&self) -> bool {
        *self.0.borrow()
    }

    /// Ready once it is asked for.
    pub(crate) async fn asked_for(&mut self) {
        // An error means that nobody can ask any more, which is the end as well.
        self.0.wait_for(|asked| *asked).await.ok();
    }
}

/// Ready when the process is asked to end: Ctrl-C, or SIGTERM where there is such a thing.
pub(crate) async fn signal() -> std::io::Result<&'static str> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            heard = tokio::signal::ctrl_c() => heard.map(|()| "SIGINT"),
            _ = terminate.recv() => Ok("SIGTERM"),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map(|()| "Ctrl-C")
}
