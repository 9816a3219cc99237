//! Several calls at once, in one task and on any executor.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Polls all of them until all are ready; the values are in the order of the futures.
pub(super) async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut values: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut ready = true;
        for (future, value) in waiting.iter_mut().zip(&mut values) {
            if value.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *value = Some(output),
                    Poll::Pending => ready = false,
                }
            }
        }
        if ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    values.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn calls_take_turns_and_keep_their_order() {
        let steps = Mutex::new(Vec::new());
        let values = all((0..3).map(|n| {
            let steps = &steps;
            async move {
                steps.lock().unwrap().push((n, "first"));
                tokio::task::yield_now().await;
                steps.lock().unwrap().push((n, "second"));
                n * 10
            }
        }))
        .await;
        assert_eq!(values, [0, 10, 20]);
        let steps = steps.into_inner().unwrap();
        assert_eq!(steps[..3], [(0, "first"), (1, "first"), (2, "first")]);
        assert_eq!(steps.len(), 6);
    }
}
