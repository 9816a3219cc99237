//! Webhook subscriptions: which events Loop sends where.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::request::ApiRequest;
use crate::value::open_enum::open_enum;
use crate::value::record::required_objects;
use crate::value::scalar::{optional, verbatim};
use crate::webhook::{Topic, Trigger};
use crate::{ShopId, WebhookId};

open_enum! {
    /// Whether a subscription sends anything. An open set.
    SubscriptionStatus, "a subscription's status" {
        /// It sends.
        Active = "active",
        /// It was switched off and sends nothing.
        Inactive = "inactive",
    }
}

/// One subscription: one topic, one trigger, one address. The secret is not part of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscription {
    /// Loop's id of it.
    pub id: WebhookId,
    /// The shop.
    #[serde(default, deserialize_with = "optional")]
    pub shop_id: Option<ShopId>,
    /// What the body contains; `None` when Loop does not say.
    #[serde(default, deserialize_with = "optional")]
    pub topic: Option<Topic>,
    /// What has to happen; `None` when Loop does not say.
    #[serde(default, deserialize_with = "optional")]
    pub trigger: Option<Trigger>,
    /// Where it is sent; empty when Loop does not say.
    #[serde(default, deserialize_with = "verbatim")]
    pub url: String,
    /// Whether it sends.
    #[serde(default, deserialize_with = "optional")]
    pub status: Option<SubscriptionStatus>,
}

/// The address may hold a secret of the receiver's, so only its host is shown.
impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = url::Url::parse(&self.url).ok();
        f.debug_struct("Subscription")
            .field("id", &self.id)
            .field("topic", &self.topic)
            .field("trigger", &self.trigger)
            .field("host", &url.as_ref().and_then(url::Url::host_str))
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Calls about webhook subscriptions; see [`Client::webhooks`]. Scope: Developer Tools.
#[derive(Debug)]
pub struct Webhooks<'a> {
    client: &'a Client,
}

#[derive(Deserialize)]
struct Subscriptions {
    #[serde(deserialize_with = "required_objects")]
    webhooks: Vec<Subscription>,
}

impl<'a> Webhooks<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All subscriptions, those made by hand included.
    ///
    /// `GET /webhooks`. Scope: Developer Tools. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/programmatic-webhooks/>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unauthorized`] when the key lacks the scope, and what
    /// [any call can fail with](crate::guide::errors#any-call).
    pub async fn list(&self) -> Result<Vec<Subscription>> {
        let answer: Subscriptions = self
            .client
            .fetch(&ApiRequest::new(Call::ListWebhooks))
            .await?;
        Ok(answer.webhooks)
    }

    /// Subscribes `url` to `trigger`, with the body of `topic`; active from the start.
    ///
    /// `POST /webhooks`. Scope: Developer Tools. Not safe to repeat: a repeat may subscribe
    /// twice. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/programmatic-webhooks/create-webhook>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unauthorized`] when the key lacks the scope,
    /// [`crate::ErrorKind::Invalid`] when Loop finds fault with the subscription.
    pub async fn create(
        &self,
        topic: &Topic,
        trigger: &Trigger,
        url: &str,
    ) -> Result<Subscription> {
        // Sources differ on the default status, so it is always stated.
        let body = wanted(topic, trigger, url, &SubscriptionStatus::Active);
        self.client
            .fetch(&ApiRequest::new(Call::CreateWebhook).json(&body))
            .await
    }

    /// Replaces a subscription, for example to switch on again one that Loop switched off.
    ///
    /// `PUT /webhooks/{id}`. Scope: Developer Tools. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/programmatic-webhooks/update-webhook>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`] when there is no such subscription,
    /// [`crate::ErrorKind::Unauthorized`] when the key lacks the scope,
    /// [`crate::ErrorKind::Invalid`] when Loop finds fault with it.
    pub async fn update(
        &self,
        id: WebhookId,
        topic: &Topic,
        trigger: &Trigger,
        url: &str,
        status: &SubscriptionStatus,
    ) -> Result<()> {
        let body = wanted(topic, trigger, url, status);
        self.client
            .complete(&ApiRequest::with_ids(Call::UpdateWebhook, &[&id]).json(&body))
            .await
    }

    /// Ends a subscription.
    ///
    /// `DELETE /webhooks/{id}`. Scope: Developer Tools. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/programmatic-webhooks/delete-webhook>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`] when there is no such subscription, also when it was this
    /// call whose answer was lost that deleted it; [`crate::ErrorKind::Unauthorized`] when the key
    /// lacks the scope.
    pub async fn delete(&self, id: WebhookId) -> Result<()> {
        self.client
            .complete(&ApiRequest::with_ids(Call::DeleteWebhook, &[&id]))
            .await
    }
}

fn wanted(
    topic: &Topic,
    trigger: &Trigger,
    url: &str,
    status: &SubscriptionStatus,
) -> serde_json::Value {
    serde_json::json!({ "topic": topic, "trigger": trigger, "url": url, "status": status })
}
