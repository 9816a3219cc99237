//! How a call goes out, and what its answer is taken for.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::attempts::Attempts;
use super::{Client, Shared};
use crate::answer;
use crate::call::Call;
use crate::decode::{self, DecodeError};
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::observer::{Observation, WaitReason};
use crate::request::ApiRequest;
use crate::transport::Body;

const TOO_LONG: &str = "the address of the call is too long";

/// One whole answer.
struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    body: Bytes,
}

impl Client {
    /// A call that answers `true` when Loop accepts it.
    pub(crate) async fn act(&self, request: &ApiRequest) -> Result<()> {
        self.settle(request, answer::accepted).await
    }

    /// A call whose success is any good status that comes without an error.
    pub(crate) async fn complete(&self, request: &ApiRequest) -> Result<()> {
        self.settle(request, answer::done).await
    }

    /// A call that answers with a JSON object.
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, request: &ApiRequest) -> Result<T> {
        self.fetch_with(request, decode::object).await
    }

    /// A call whose answer, once it holds no error, needs its own reading.
    pub(crate) async fn fetch_with<T>(
        &self,
        request: &ApiRequest,
        read: fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<T> {
        self.settle(request, move |call, status, body| {
            answer::data(call, status, body)?;
            read(body).map_err(|error| (Effect::Unknown, ErrorKind::Unreadable(error)))
        })
        .await
    }

    /// A call whose answer is read while it arrives.
    pub(crate) async fn open(&self, request: &ApiRequest) -> Result<Body> {
        let mut attempts = Attempts::new(self, request);
        loop {
            let left = attempts.turn().await;
            let opened = attempts
                .run(async { self.open_once(request, left?).await })
                .await;
            if let Some(ended) = attempts.ended(opened).await {
                return ended;
            }
        }
    }

    /// Sends until the answer is good, or no further attempt is allowed.
    async fn settle<T>(
        &self,
        request: &ApiRequest,
        read: impl Fn(Call, u16, &[u8]) -> Result<T, answer::Failure>,
    ) -> Result<T> {
        let mut attempts = Attempts::new(self, request);
        loop {
            let left = attempts.turn().await;
            let attempt = async {
                let answer = self.ask_once(request, left?).await?;
                read(request.call, answer.status, &answer.body).map_err(|(effect, kind)| {
                    let error = match kind.message() {
                        Some(_) => self.refusal(request, answer.status, &answer.body),
                        None => explain(request, Some(answer.status), (effect, kind)),
                    };
                    error.with_retry_after(answer.retry_after)
                })
            };
            let read = attempts.run(attempt).await;
            if let Some(ended) = attempts.ended(read).await {
                return ended;
            }
        }
    }

    async fn open_once(&self, request: &ApiRequest, left: Duration) -> Result<Body> {
        let response = self.send(request, left).await?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let answer = self.collect(request, response).await?;
        let refusal = self.refusal(request, answer.status, &answer.body);
        Err(refusal.with_retry_after(answer.retry_after))
    }

    /// What an answer that is no success means. Loop's words lose the key, should they hold it,
    /// and before they are shortened: a part of the key is a secret too.
    pub(crate) fn refusal(&self, request: &ApiRequest, status: u16, body: &[u8]) -> Error {
        let without_key = self.shared.endpoint.without_key(body);
        let body = without_key.as_deref().unwrap_or(body);
        explain(
            request,
            Some(status),
            answer::failure(request.call, status, body),
        )
    }

    async fn ask_once(&self, request: &ApiRequest, left: Duration) -> Result<Answer> {
        let response = self.send(request, left).await?;
        self.collect(request, response).await
    }

    /// One request, which has to end within `left`.
    async fn send(&self, request: &ApiRequest, left: Duration) -> Result<http::Response<Body>> {
        let Shared {
            endpoint,
            transport,
            runtime,
            budget,
            ..
        } = &*self.shared;
        let sent = request
            .build(endpoint, left)
            .ok_or_else(|| explain(request, None, (Effect::NotSent, ErrorKind::Input(TOO_LONG))))?;
        let response = transport.send(sent).await.map_err(|error| {
            let effect = if error.may_have_been_sent() {
                Effect::Unknown
            } else {
                Effect::NotSent
            };
            explain(request, None, (effect, ErrorKind::Transport(error)))
        })?;
        if let Some((limit, remaining)) = answer::allowance(response.headers()) {
            budget.told(runtime.elapsed(), limit, remaining);
            self.observe(&Observation::Allowance { limit, remaining });
        }
        if response.status() == http::StatusCode::TOO_MANY_REQUESTS {
            let advice = answer::retry_after(response.headers());
            budget.pause(runtime.elapsed(), advice);
            let failure = (Effect::NotApplied, ErrorKind::RateLimited);
            return Err(explain(request, Some(429), failure).with_retry_after(advice));
        }
        budget.admitted();
        Ok(response)
    }

    async fn collect(
        &self,
        request: &ApiRequest,
        response: http::Response<Body>,
    ) -> Result<Answer> {
        let status = response.status().as_u16();
        let retry_after = answer::retry_after(response.headers());
        let limit = request.call.answer_limit();
        let fail = |kind| explain(request, Some(status), (Effect::Unknown, kind));
        let mut body = response.into_body();
        let mut whole = BytesMut::new();
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| fail(ErrorKind::Transport(error)))?;
            if whole.len().saturating_add(piece.len()) > limit {
                return Err(fail(ErrorKind::TooLarge { limit }));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(Answer {
            status,
            retry_after,
            body: whole.freeze(),
        })
    }

    pub(super) async fn wait(&self, call: Call, reason: WaitReason, time: Duration) {
        tracing::debug!(
            call = call.name(),
            reason = reason.name(),
            wait_ms = millis(time),
            "waiting"
        );
        self.observe(&Observation::Wait { call, reason, time });
        self.shared.runtime.sleep(time).await;
    }

    pub(super) fn observe(&self, seen: &Observation<'_>) {
        self.shared.observer.observe(seen);
    }
}

pub(crate) fn explain(
    request: &ApiRequest,
    status: Option<u16>,
    (effect, kind): answer::Failure,
) -> Error {
    Error::new(request.call, request.return_id, status, effect, kind)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
