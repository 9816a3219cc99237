//! Links that take a shopper straight into the return portal.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::request::ApiRequest;
use crate::value::scalar::present;
use crate::{Personal, input};

/// The order that a link leads to.
///
/// ```
/// use loop_client::DeepLink;
///
/// let link = DeepLink::new("#1001", "90210").gift(true);
/// assert!(!format!("{link:?}").contains("90210"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct DeepLink {
    name: String,
    zip: Personal,
    #[serde(skip_serializing_if = "Option::is_none")]
    gift: Option<bool>,
}

impl DeepLink {
    /// `name` is the order's name in Shopify; `zip` is the second thing that the portal asks for:
    /// the postal code of the delivery or, where the shop is set up so, an e-mail address or a
    /// telephone number.
    pub fn new(name: impl Into<String>, zip: impl Into<Personal>) -> Self {
        Self {
            name: name.into(),
            zip: zip.into(),
            gift: None,
        }
    }

    /// Whether the link leads into the return of a gift.
    pub fn gift(mut self, gift: bool) -> Self {
        self.gift = Some(gift);
        self
    }

    fn check(&self) -> Result<(), &'static str> {
        input::not_blank(&self.name, "the order's name is blank")?;
        input::not_blank(self.zip.reveal(), "the postal code is blank")
    }
}

/// Format of a QR code's image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum QrFormat {
    /// PNG, which Loop also makes when it is told nothing.
    Png,
    /// EPS.
    Eps,
    /// SVG.
    Svg,
}

/// What a QR code's image looks like; by default as Loop likes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[must_use]
pub struct QrCode {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    format: Option<QrFormat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u32>,
}

impl QrCode {
    /// As Loop likes it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The format.
    pub fn format(mut self, format: QrFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// The size, such as 250. Neither its unit nor its bounds are documented.
    pub fn size(mut self, size: u32) -> Self {
        self.size = Some(size);
        self
    }
}

/// A link, and a QR code of it. Whoever has either is in the shopper's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QrLink {
    /// Address of the image.
    #[serde(deserialize_with = "present")]
    pub qr: Personal,
    /// The link itself.
    #[serde(deserialize_with = "present")]
    pub deeplink_url: Personal,
}

#[derive(Deserialize)]
struct Link {
    #[serde(deserialize_with = "present")]
    url: Personal,
}

/// Calls about links into the return portal; see [`Client::deep_links`]. Scope: Orders.
#[derive(Debug)]
pub struct DeepLinks<'a> {
    client: &'a Client,
}

impl<'a> DeepLinks<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// A link with which a shopper returns an order without looking it up.
    ///
    /// `POST /order/link`. Scope: Orders. Not repeated by the client; a repeat makes another link
    /// and does no harm. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/create-return-deep-link.md>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input), with nothing sent, when the name or the
    /// postal code is blank; [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when Loop finds no
    /// such order.
    pub async fn create(&self, link: &DeepLink) -> Result<Personal> {
        let request = request(Call::CreateDeepLink, link, &json!(link))?;
        let answer: Link = self.client.fetch(&request).await?;
        Ok(answer.url)
    }

    /// As [`DeepLinks::create`], with a QR code of the link.
    ///
    /// `POST /order/qr`. Scope: Orders. Not repeated by the client; a repeat makes another link and
    /// does no harm. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/create-return-deep-link-with-qr-code.md>.
    ///
    /// # Errors
    /// As [`DeepLinks::create`].
    pub async fn create_qr(&self, link: &DeepLink, code: &QrCode) -> Result<QrLink> {
        let body = json!(LinkAndCode { link, code });
        self.client
            .fetch(&request(Call::CreateQrCode, link, &body)?)
            .await
    }
}

#[derive(Serialize)]
struct LinkAndCode<'a> {
    #[serde(flatten)]
    link: &'a DeepLink,
    #[serde(flatten)]
    code: &'a QrCode,
}

fn request(call: Call, link: &DeepLink, body: &Value) -> Result<ApiRequest> {
    link.check()
        .map_err(|what| input::refused(call, None, what))?;
    Ok(ApiRequest::new(call).json(body))
}
