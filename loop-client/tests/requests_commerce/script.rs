//! Calls and what they are answered with.

use std::sync::Arc;

use bytes::Bytes;
use loop_client::{Client, Effect, Result, RetryPolicy};
use serde::Serialize;
use serde_json::Value;

use crate::support::{Answer, Script, VirtualTime};

/// These answers, in order.
pub(crate) fn scripted<B: Into<Bytes>>(answers: impl IntoIterator<Item = (u16, B)>) -> Arc<Script> {
    let answers = answers.into_iter();
    Script::new(answers.map(|(status, body)| Answer::reply(status, body)))
}

/// A client of this script, which makes one attempt at each call.
pub(crate) fn client(script: &Arc<Script>) -> Client {
    let builder = script.builder(&Arc::new(VirtualTime::default()));
    builder.retry(RetryPolicy::never()).build().unwrap()
}

/// What a call sends, and one answer to it.
pub(crate) struct Golden {
    pub(crate) sends: &'static str,
    pub(crate) body: Value,
    pub(crate) status: u16,
    pub(crate) answer: &'static str,
}

impl Golden {
    /// A call without a body that is answered with 200.
    pub(crate) fn new(sends: &'static str, answer: &'static str) -> Self {
        Self {
            sends,
            body: Value::Null,
            status: 200,
            answer,
        }
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The call sends this once and nothing else, and reads the answer as `reads`.
    pub(crate) async fn reads<T: Serialize>(
        &self,
        reads: Value,
        call: impl AsyncFn(Client) -> Result<T>,
    ) {
        let script = scripted([(self.status, self.answer)]);
        let read = call(client(&script)).await.expect(self.sends);
        let expected = (self.sends.to_owned(), self.body.clone());
        assert_eq!(script.calls(), [expected]);
        assert_eq!(serde_json::to_value(read).unwrap(), reads, "{}", self.sends);
    }

    /// As [`Golden::reads`], and an answer that breaks off anywhere, or is of another kind, is an
    /// error.
    pub(crate) async fn reads_only<T: Serialize>(
        &self,
        reads: Value,
        call: impl AsyncFn(Client) -> Result<T>,
    ) {
        self.reads(reads, &call).await;
        let cut = (0..self.answer.len()).map(|end| &self.answer.as_bytes()[..end]);
        let other: [&[u8]; 10] = [
            b"null",
            b"7",
            b"\"text\"",
            b"[7]",
            b"[[1]]",
            b"{}",
            b"{\"data\":{}}",
            b"<html>",
            b"\xff",
            b"{\"id\":{}}",
        ];
        for answer in cut.chain(other) {
            let script = scripted([(self.status, Bytes::copy_from_slice(answer))]);
            assert!(
                call(client(&script)).await.is_err(),
                "{}: {:?}",
                self.sends,
                String::from_utf8_lossy(answer)
            );
        }
    }
}

/// An answer that is no success: status, body, name of the kind, effect.
pub(crate) type Failure = (u16, &'static str, &'static str, Effect);

/// Gives the call each answer in turn.
pub(crate) async fn fails<T>(failures: &[Failure], call: impl AsyncFn(Client) -> Result<T>) {
    for (status, body, kind, effect) in failures {
        let script = scripted([(*status, *body)]);
        let Err(error) = call(client(&script)).await else {
            panic!("{status} {body} was taken for success")
        };
        assert_eq!(
            (error.kind().name(), error.effect(), error.status()),
            (*kind, *effect, Some(*status)),
            "{status} {body}: {error}"
        );
        assert_eq!(script.sent().len(), 1);
    }
}

/// What every call may be answered with. For reads the effect says nothing.
pub(crate) const EVERYWHERE: &[Failure] = &[
    (
        401,
        r#"{"error":{"code":"401","http_code":"GEN-UNAUTHORIZED","message":"Unauthorized."}}"#,
        "unauthorized",
        Effect::NotApplied,
    ),
    (429, "", "rate_limited", Effect::NotApplied),
    (
        500,
        r#"{"message":"Server Error"}"#,
        "server",
        Effect::Unknown,
    ),
    (524, "<html>", "server", Effect::Unknown),
    (302, "", "redirected", Effect::Unknown),
];
