//! Shipping labels: those that Loop buys, and those that a label provider makes for it.

mod label;
mod model;
mod requests;

use serde::Deserialize;
use serde_json::json;

pub use label::{CreatedLabel, LabelRate, LabelStatus, NewLabel};
pub use model::{
    LabelAddress, LabelError, LabelErrorReason, LabelRequest, LabelRequestAddresses,
    LabelRequestStatus,
};
pub use requests::{LabelRequests, LabelRequestsQuery};

use crate::call::Call;
use crate::client::Client;
use crate::error::Result;
use crate::request::ApiRequest;
use crate::{LabelId, ReturnId, input};

/// Calls about shipping labels; see [`Client::labels`]. Scope: Returns for [`Labels::generate`]
/// and [`Labels::regenerate`]; Labels (Write) for [`Labels::create`] and
/// [`Labels::update_status`], which are for label providers and a beta feature.
#[derive(Debug)]
pub struct Labels<'a> {
    client: &'a Client,
}

impl<'a> Labels<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Has Loop buy a label for a return that has none.
    ///
    /// `POST /returns/{id}/labels`. Scope: Returns. `Ok` means queued: the label appears later in
    /// [`Return::labels`](crate::Return::labels). Not safe to repeat blindly; look at the return
    /// first. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/label-requests/generate-label>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when this key sees no such return;
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when it has a label already (status 409)
    /// or can have none (422); see also [`Error::code`](crate::Error::code).
    pub async fn generate(&self, id: ReturnId) -> Result<()> {
        /// The answer is documented, so a page of HTML does not pass for it.
        #[derive(Deserialize)]
        struct Queued {}

        let Queued {} = self
            .client
            .fetch(&ApiRequest::on(Call::GenerateLabel, id))
            .await?;
        Ok(())
    }

    /// Has Loop buy another label in place of the one there is. The return must be open and have
    /// exactly one label, bought by Loop, with which nothing was sent yet.
    ///
    /// `POST /returns/{id}/labels/regenerate`. Scope: Returns. `Ok` means queued. Not safe to
    /// repeat: a repeat may buy a third label. Not known to exist before 2026-10. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/label-requests/regenerate-label.md>.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthorized`](crate::ErrorKind::Unauthorized), status 403, when the key lacks
    /// the scope; what Loop says to a return that does not qualify is not documented.
    pub async fn regenerate(&self, id: ReturnId) -> Result<()> {
        self.client
            .complete(&ApiRequest::on(Call::RegenerateLabel, id))
            .await
    }

    /// Answers a label request with a label.
    ///
    /// `POST /labels`. Scope: Labels (Write). Not safe to repeat: a repeat may add a second label.
    /// Rests on <https://docs.loopreturns.com/integration-guides/labels-integration>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input), with nothing sent, for a text that is blank
    /// or beyond its limit; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no
    /// such label request; [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when Loop finds fault
    /// with the label.
    pub async fn create(&self, label: &NewLabel) -> Result<CreatedLabel> {
        label
            .check()
            .map_err(|what| input::refused(Call::CreateLabel, None, what))?;
        self.client
            .fetch(&ApiRequest::new(Call::CreateLabel).json(&json!(label)))
            .await
    }

    /// Says where a provider's parcel is.
    ///
    /// `PUT /labels/{id}`. Scope: Labels (Write). Safe to repeat. Rests on
    /// <https://docs.loopreturns.com/integration-guides/labels-integration>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such label,
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when Loop does not take the status.
    pub async fn update_status(&self, id: LabelId, status: &LabelStatus) -> Result<()> {
        let body = json!({ "status": status });
        self.client
            .complete(&ApiRequest::with_ids(Call::UpdateLabel, &[&id]).json(&body))
            .await
    }
}
