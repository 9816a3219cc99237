use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use loop_client::Runtime;

/// Time passes only by sleeping, and sleeping takes none.
#[derive(Debug, Default)]
pub(crate) struct Virtual {
    slept: Mutex<Vec<Duration>>,
}

impl Virtual {
    /// Every wait so far.
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

#[async_trait]
impl Runtime for Virtual {
    fn elapsed(&self) -> Duration {
        self.slept().iter().sum()
    }

    async fn sleep(&self, duration: Duration) {
        self.slept.lock().unwrap().push(duration);
    }

    fn random(&self) -> u64 {
        u64::MAX
    }
}
