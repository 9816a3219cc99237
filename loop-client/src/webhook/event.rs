use serde::Deserialize;

use super::one_pass::return_event;
use super::payloads::{
    GiftCardRequest, HappyReturnsShipment, LabelRequest, LabelUpdate, ProcessingFailed, Restock,
};
use crate::decode::{self, DecodeError};
use crate::value::open_enum::open_enum;
use crate::value::scalar::{optional, present};
use crate::{RawJson, Return};

open_enum! {
    /// What a webhook's body contains. An open set.
    Topic, "a webhook topic" {
        /// A return; see [`Event::Return`].
        Return = "return",
        /// The state of a label; see [`Event::Label`].
        Label = "label",
        /// Units to restock; see [`Event::Restock`].
        Restock = "restock",
        /// A gift card to issue; see [`Event::GiftCard`].
        GiftCard = "giftcard",
        /// A bulk shipment; see [`Event::HappyReturnsShipment`].
        HappyReturnsShipment = "happy.returns.shipment",
        /// A label wanted from a label provider; see [`Event::LabelRequest`].
        LabelRequest = "label.request",
        /// Processing failed; see [`Event::ProcessingFailed`].
        ReturnProcessing = "return.processing",
    }
}

open_enum! {
    /// What happened. An open set, and no guide to the body: that is the topic's part, and the
    /// two can be paired freely.
    Trigger, "a webhook trigger" {
        /// A shopper submitted a return.
        ReturnCreated = "return.created",
        /// A return changed.
        ReturnUpdated = "return.updated",
        /// A return was closed.
        ReturnClosed = "return.closed",
        /// A label was made.
        LabelCreated = "label.created",
        /// A label's status changed.
        LabelUpdated = "label.updated",
        /// A return was processed and Loop leaves the restock to others.
        RestockRequested = "restock.requested",
        /// Store credit is to be issued.
        GiftCardRequested = "giftcard.requested",
        /// A Happy Returns shipment was recorded.
        ShipmentProcessed = "shipment.processed",
        /// A label is wanted.
        LabelRequestIssued = "label.request.issued",
        /// A label is no longer wanted.
        LabelRequestCancelled = "label.request.cancelled",
        /// Processing a return failed.
        ProcessingFailed = "return.processing.failed",
    }
}

/// A webhook, decoded by its topic. Verify it first: [`super::WebhookVerifier::verify`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Topic `return`.
    Return(Box<ReturnEvent>),
    /// Topic `label`.
    Label(LabelUpdate),
    /// Topic `restock`.
    Restock(Restock),
    /// Topic `giftcard`.
    GiftCard(GiftCardRequest),
    /// Topic `happy.returns.shipment`.
    HappyReturnsShipment(HappyReturnsShipment),
    /// Topic `label.request`.
    LabelRequest(Box<LabelRequest>),
    /// Topic `return.processing`, which knows failures only.
    ProcessingFailed(ProcessingFailed),
    /// A topic this version does not know.
    Unknown(UnknownEvent),
}

/// A webhook of the topic `return`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReturnEvent {
    /// What happened, when the body says so.
    pub trigger: Option<Trigger>,
    /// The return as it was when the webhook was written.
    pub data: Return,
}

/// A webhook of a topic this version does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownEvent {
    /// What the body contains.
    pub topic: Topic,
    /// What happened, when the body says so.
    pub trigger: Option<Trigger>,
    /// The whole body.
    pub body: RawJson,
}

#[derive(Deserialize)]
#[serde(expecting = "a webhook's body")]
struct Envelope {
    #[serde(deserialize_with = "present")]
    topic: Topic,
    #[serde(default, deserialize_with = "optional")]
    trigger: Option<Trigger>,
}

impl Event {
    /// Decodes a body whose signature was verified.
    ///
    /// # Errors
    /// When the bytes are not JSON, have no `topic`, or lack what that topic must have, such as
    /// an id. The error names the place and quotes no value.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        match return_event(body) {
            Some(event) => Ok(Self::Return(Box::new(event))),
            None => Self::decode_by_topic(body),
        }
    }

    /// In two passes, because only the topic tells what the rest is.
    fn decode_by_topic(body: &[u8]) -> Result<Self, DecodeError> {
        let Envelope { topic, trigger } = decode::object(body)?;
        Ok(match topic {
            Topic::Return => Self::Return(Box::new(ReturnEvent {
                trigger,
                data: decode::object(body)?,
            })),
            Topic::Label => Self::Label(decode::object(body)?),
            Topic::Restock => Self::Restock(decode::object(body)?),
            Topic::GiftCard => Self::GiftCard(decode::object(body)?),
            Topic::HappyReturnsShipment => Self::HappyReturnsShipment(decode::object(body)?),
            Topic::LabelRequest => Self::LabelRequest(Box::new(decode::object(body)?)),
            Topic::ReturnProcessing => Self::ProcessingFailed(decode::object(body)?),
            Topic::Unknown(_) => Self::Unknown(UnknownEvent {
                topic,
                trigger,
                body: decode::object(body)?,
            }),
        })
    }

    /// What the body contains.
    #[must_use]
    pub fn topic(&self) -> Topic {
        match self {
            Self::Return(_) => Topic::Return,
            Self::Label(_) => Topic::Label,
            Self::Restock(_) => Topic::Restock,
            Self::GiftCard(_) => Topic::GiftCard,
            Self::HappyReturnsShipment(_) => Topic::HappyReturnsShipment,
            Self::LabelRequest(_) => Topic::LabelRequest,
            Self::ProcessingFailed(_) => Topic::ReturnProcessing,
            Self::Unknown(event) => event.topic.clone(),
        }
    }
}
