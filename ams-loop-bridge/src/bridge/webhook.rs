use std::sync::atomic::Ordering;

use ams_oms_client::RmaKey;
use loop_client::webhook::{Event, SignatureError};
use loop_client::{DecodeError, Return, ReturnId, ReturnState, Timestamp};

use super::{Bridge, with_causes};
use crate::ledger::{Entry, LedgerError, RmaRecord};
use crate::map::rma_key;

/// What became of a webhook, and what to answer it with.
#[derive(Debug)]
#[non_exhaustive]
pub struct WebhookReply {
    /// What became of it.
    pub outcome: WebhookOutcome,
    /// Whether Loop is asked to send again what could not be recorded.
    ask_again: bool,
    /// What an RMA may have to be made of.
    told: Option<Box<(Entry, Return)>>,
}

/// Loop has switched subscriptions off after more than ten failures in a row, and several processes
/// may receive them. On a long bad day the pulls find what was not recorded.
const REFUSED_IN_A_ROW: u32 = 3;

/// What became of a webhook.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebhookOutcome {
    /// It is written down that this return has news; if it needs an RMA and the OMS was there,
    /// the RMA is made.
    Recorded(RmaKey),
    /// It says nothing about a return that could matter here.
    Ignored,
    /// It is signed and cannot be read. The next pull finds what it was about.
    Unreadable(DecodeError),
    /// It is not Loop's.
    Refused(SignatureError),
    /// The bridge has no webhook secret.
    NotConfigured,
    /// It could not be written down. Loop is asked to send it again, but not more than three times
    /// in a row; what it does not send again the next pull finds.
    NotRecorded(LedgerError),
}

impl WebhookReply {
    /// The HTTP status to answer with, and no body. An error only where sending the webhook again
    /// can help, so that Loop does not switch the subscription off for our troubles.
    #[must_use]
    pub fn status(&self) -> u16 {
        match &self.outcome {
            WebhookOutcome::NotRecorded(_) if self.ask_again => 503,
            WebhookOutcome::Recorded(_)
            | WebhookOutcome::Ignored
            | WebhookOutcome::Unreadable(_)
            | WebhookOutcome::NotRecorded(_) => 200,
            WebhookOutcome::Refused(SignatureError::TooLarge) => 413,
            WebhookOutcome::Refused(_) | WebhookOutcome::NotConfigured => 401,
        }
    }
}

impl Bridge {
    /// Takes a webhook: verifies its raw bytes, writes down that the return has news, and makes the
    /// RMA if one is owed. It is a hint, and may be an old one: an RMA is amended or cancelled on
    /// the word of Loop's API, by the next [`Bridge::pull`] that shows the return or, when the
    /// webhook says that it was cancelled, by the next [`Bridge::settle`].
    ///
    /// `signatures` are all values of the request's header
    /// [`loop_client::webhook::WebhookVerifier::HEADER`].
    ///
    /// It is [`Bridge::record_webhook`] and [`Bridge::make_rma_of`] in one. A server that puts
    /// time-outs around them calls them one after the other, so as to know what was written down.
    pub async fn accept_webhook<'a>(
        &self,
        signatures: impl IntoIterator<Item = &'a [u8]>,
        body: &[u8],
        now: Timestamp,
    ) -> WebhookReply {
        let reply = self.record_webhook(signatures, body, now).await;
        self.make_rma_of(&reply, now).await;
        reply
    }

    /// The first half of [`Bridge::accept_webhook`]: verifies the webhook and writes down that the
    /// return has news, and asks nobody but the ledger.
    ///
    /// ```
    /// # use loop_client::Timestamp;
    /// # async fn example(bridge: ams_loop_bridge::Bridge, signature: &[u8], body: &[u8], now: Timestamp) {
    /// // A ledger that takes longer than some seconds has not written it down: answer 503.
    /// let reply = bridge.record_webhook([signature], body, now).await;
    /// // An OMS that takes longer will be asked again: answer 200.
    /// bridge.make_rma_of(&reply, now).await;
    /// println!("answer with HTTP status {}", reply.status());
    /// # }
    /// ```
    pub async fn record_webhook<'a>(
        &self,
        signatures: impl IntoIterator<Item = &'a [u8]>,
        body: &[u8],
        now: Timestamp,
    ) -> WebhookReply {
        let mut told = None;
        let outcome = match &self.verifier {
            None => WebhookOutcome::NotConfigured,
            Some(verifier) => match verifier.verify(signatures, body) {
                Err(refusal) => WebhookOutcome::Refused(refusal),
                Ok(()) => match Event::decode(body) {
                    Ok(event) => self.take(event, &mut told, now).await,
                    Err(error) => WebhookOutcome::Unreadable(error),
                },
            },
        };
        let ask_again = match &outcome {
            WebhookOutcome::NotRecorded(error) if error.is_about_one_entry() => false,
            WebhookOutcome::NotRecorded(_) => {
                let before = self.webhooks_lost.fetch_add(1, Ordering::Relaxed);
                before < REFUSED_IN_A_ROW
            }
            WebhookOutcome::Recorded(_) => {
                self.webhooks_lost.store(0, Ordering::Relaxed);
                false
            }
            _ => false,
        };
        WebhookReply {
            outcome,
            ask_again,
            told,
        }
    }

    /// The second half of [`Bridge::accept_webhook`]: makes the RMA, if the webhook shows that one
    /// is owed. What fails is logged, and made good by the next look at the return.
    pub async fn make_rma_of(&self, reply: &WebhookReply, now: Timestamp) {
        let Some(told) = &reply.told else { return };
        let (entry, ret) = &**told;
        if let Err(error) = self.make_rma_if_owed(entry, ret, now).await {
            let error = with_causes(&error);
            tracing::warn!(return_id = ret.id.get(), %error, "the RMA is not written down yet");
        }
    }

    /// `told` is what the webhook says of a return, with what the ledger knows of it by now.
    async fn take(
        &self,
        event: Event,
        told: &mut Option<Box<(Entry, Return)>>,
        now: Timestamp,
    ) -> WebhookOutcome {
        let (id, recorded) = match event {
            Event::Return(event) => {
                let (id, ret) = (event.data.id, event.data);
                let recorded = self.note(id, false, Some(&ret), now).await;
                let recorded = recorded.map(|entry| {
                    let key = entry.key.clone();
                    *told = Some(Box::new((entry, ret)));
                    key
                });
                (id, recorded)
            }
            Event::Label(label) => {
                let id = label.return_id;
                (id, self.note_label(id, now).await)
            }
            Event::ProcessingFailed(failure) => {
                let id = failure.return_id;
                let recorded = self.note(id, true, None, now).await;
                (id, recorded.map(|entry| entry.key))
            }
            _ => return WebhookOutcome::Ignored,
        };
        match recorded {
            Ok(key) => WebhookOutcome::Recorded(key),
            Err(error) => {
                let causes = with_causes(&error);
                tracing::error!(return_id = id.get(), error = %causes, "a webhook could not be recorded");
                WebhookOutcome::NotRecorded(error)
            }
        }
    }

    /// Where the parcel is decides over nothing, but a label may be the first that is heard of its
    /// return.
    async fn note_label(&self, id: ReturnId, now: Timestamp) -> Result<RmaKey, LedgerError> {
        let key = rma_key(&self.merchant, id);
        let known = self.ledger.load(&key).await?;
        if known.is_some_and(|entry| entry.rma == RmaRecord::Made) {
            return Ok(key);
        }
        Ok(self.note(id, false, None, now).await?.key)
    }

    async fn note(
        &self,
        id: ReturnId,
        processing_failed: bool,
        ret: Option<&Return>,
        now: Timestamp,
    ) -> Result<Entry, LedgerError> {
        self.note_epoch().await?;
        let key = rma_key(&self.merchant, id);
        let by = self.shown_by(now);
        let first = || {
            let mut entry = Entry::new(key.clone(), now);
            if ret.is_some() {
                // With what the webhook says the RMA is made; Loop's own word follows.
                (entry.look_at, entry.ask_loop) = (None, false);
            }
            entry
        };
        let (entry, ()) = self
            .hear(&key, first, |entry| {
                entry.heard_at = Some(now);
                if let Some(ret) = ret {
                    entry.submitted_at = ret.created_at.or(entry.submitted_at);
                }
                if processing_failed {
                    entry.note_process_failed();
                    entry.note_loop_news(now);
                } else if ret.is_some_and(|ret| ret.state == Some(ReturnState::Cancelled)) {
                    // The goods should not be waited for; Loop is asked whether it is so.
                    entry.note_loop_news(now);
                } else {
                    entry.note_loop_hint(by);
                }
            })
            .await?;
        Ok(entry)
    }
}
