//! How often a call is tried, and when.

use std::time::Duration;

use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::{Client, Shared, explain};
use crate::ReturnId;
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::observer::{Observation, WaitReason};
use crate::request::ApiRequest;

/// The attempts at one call, told to the observer and to `tracing` by fields that are safe to
/// log, and to nobody else.
pub(super) struct Attempts<'a> {
    client: &'a Client,
    request: &'a ApiRequest,
    span: Span,
    began: Duration,
    /// What a long pull waited for its turn in the call budget, which is not on its own clock.
    queued: Duration,
    tried: u32,
    /// An earlier attempt may have done it, whatever the last one says.
    may_have_happened: bool,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(client: &'a Client, request: &'a ApiRequest) -> Self {
        Self {
            client,
            request,
            span: tracing::debug_span!(
                "loop_call",
                call = request.call.name(),
                return_id = request.return_id.map(ReturnId::get),
                attempts = Empty,
                status = Empty,
                error = Empty,
            ),
            began: client.shared.runtime.elapsed(),
            queued: Duration::ZERO,
            tried: 0,
            may_have_happened: false,
        }
    }

    /// Takes a place in the call budget, and says how long the attempt may then take. Whoever waits
    /// for an answer waits for it no longer than the deadline leaves time to get one; a long pull
    /// waits for its turn, and its deadline with it.
    pub(super) async fn turn(&mut self) -> Result<Duration> {
        let Shared {
            runtime,
            budget,
            retry,
            ..
        } = &*self.client.shared;
        let call = self.request.call;
        let background = self.client.background || call.is_background();
        while let Err(time) = budget.take(runtime.elapsed(), background) {
            if background {
                self.queued = self.queued.saturating_add(time);
            } else if !retry.leaves_time(self.elapsed(), time) {
                let failure = (Effect::NotSent, ErrorKind::RateLimited);
                return Err(explain(self.request, None, failure).with_retry_after(Some(time)));
            }
            self.client
                .wait(call, WaitReason::CallBudget, time)
                .instrument(self.span.clone())
                .await;
        }
        Ok(retry.deadline.saturating_sub(self.elapsed()))
    }

    /// The time of this call that its deadline counts.
    fn elapsed(&self) -> Duration {
        self.since(self.began).saturating_sub(self.queued)
    }

    /// Makes one attempt.
    pub(super) async fn run<T>(&mut self, attempt: impl Future<Output = Result<T>>) -> Result<T> {
        self.tried += 1;
        let span = tracing::debug_span!(
            parent: &self.span,
            "loop_attempt",
            attempt = self.tried,
            status = Empty,
            error = Empty,
        );
        let began = self.client.shared.runtime.elapsed();
        let ended = attempt.instrument(span.clone()).await;
        let error = ended.as_ref().err();
        record(&span, error);
        self.client.observe(&Observation::Attempt {
            call: self.request.call,
            return_id: self.request.return_id,
            attempt: self.tried,
            error,
            took: self.since(began),
        });
        ended
    }

    /// What the caller gets, or `None` after the wait for the next attempt.
    pub(super) async fn ended<T>(&mut self, result: Result<T>) -> Option<Result<T>> {
        let Shared {
            runtime,
            retry,
            retries,
            ..
        } = &*self.client.shared;
        let result = match result {
            Ok(done) => {
                retries.succeeded();
                Ok(done)
            }
            Err(error) => {
                self.may_have_happened |= error.effect() == Effect::Unknown;
                let elapsed = self.elapsed();
                let call = self.request.call;
                let wait = retry
                    .next_wait(call, &error, self.tried, elapsed, runtime.random())
                    .filter(|_| retries.take(&error));
                if let Some(time) = wait {
                    self.client
                        .wait(call, WaitReason::Retry, time)
                        .instrument(self.span.clone())
                        .await;
                    return None;
                }
                let error = if self.may_have_happened {
                    error.with_effect(Effect::Unknown)
                } else {
                    error
                };
                Err(error.with_attempts(self.tried))
            }
        };
        let error = result.as_ref().err();
        self.span.record("attempts", self.tried);
        record(&self.span, error);
        self.client.observe(&Observation::Call {
            call: self.request.call,
            return_id: self.request.return_id,
            attempts: self.tried,
            error,
            took: self.since(self.began),
        });
        Some(result)
    }

    fn since(&self, began: Duration) -> Duration {
        self.client.shared.runtime.elapsed().saturating_sub(began)
    }
}

fn record(span: &Span, error: Option<&Error>) {
    if let Some(error) = error {
        span.record("error", error.kind().name());
        if let Some(status) = error.status() {
            span.record("status", status);
        }
    }
}
