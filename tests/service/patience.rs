//! Waiting for something to become so, instead of for some time.

use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);
const PAUSE: Duration = Duration::from_millis(20);

/// Asks again and again until there is an answer. The error says what is still missing.
pub(crate) async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match probe().await {
            Ok(answer) => return answer,
            Err(missing) if Instant::now() >= deadline => {
                panic!("waited in vain for {what}: {missing}")
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// The same for what is only so or not.
pub(crate) fn hold(holds: bool, missing: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(missing()) }
}
