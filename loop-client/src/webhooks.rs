//! Webhook subscriptions: which events Loop sends where.

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::request::ApiRequest;
use crate::value::open_enum::open_enum;
use crate::value::scalar::optional;
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscription {
    /// Loop's id of it.
    pub id: WebhookId,
    /// The shop.
    #[serde(default, deserialize_with = "optional")]
    pub shop_id: Option<ShopId>,
    /// What the body contains.
    pub topic: Topic,
    /// What has to happen.
    pub trigger: Trigger,
    /// Where it is sent.
    #[serde(default)]
    pub url: String,
    /// Whether it sends.
    #[serde(default, deserialize_with = "optional")]
    pub status: Option<SubscriptionStatus>,
}

/// Calls about webhook subscriptions; see [`Client::webhooks`]. Scope: Developer Tools.
#[derive(Debug)]
pub struct Webhooks<'a> {
    client: &'a Client,
}

#[derive(Deserialize)]
struct Subscriptions {
    webhooks: Vec<Subscription>,
}

impl<'a> Webhooks<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All subscriptions, those made by hand included.
    ///
    /// `GET /webhooks`. Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/programmatic-webhooks/>.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unauthorized`] when the key lacks the scope, and what any read can
    /// fail with.
    pub async fn list(&self) -> Result<Vec<Subscription>> {
        let answer: Subscriptions = self
            .client
            .fetch(ApiRequest::get(Call::ListWebhooks, ["webhooks"]))
            .await?;
        Ok(answer.webhooks)
    }

    /// Subscribes `url` to `trigger`, with the body of `topic`; active from the start.
    ///
    /// `POST /webhooks`. Not safe to repeat: a repeat may subscribe twice. Rests on
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
        // Loop's default status is `inactive`, so it is always stated.
        let body = serde_json::json!({
            "topic": topic, "trigger": trigger, "url": url, "status": SubscriptionStatus::Active,
        });
        self.client
            .fetch(ApiRequest::post(Call::CreateWebhook, ["webhooks"]).json(&body))
            .await
    }
}
