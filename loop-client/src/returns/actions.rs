//! Actions that end a return, or change what it pays. None of them can be undone.

use serde_json::{Map, Value};

use super::Returns;
use crate::call::Call;
use crate::error::Result;
use crate::request::ApiRequest;
use crate::{LineItemId, ReturnId, input};

impl Returns<'_> {
    /// As [`Returns::process`], with details for people: Loop copies the values of `details` into
    /// the orders that processing makes, such as an exchange order, as "Additional Details", and
    /// into a note on the return's timeline. They do not change what is processed. Others read
    /// them, so put no secrets there.
    ///
    /// `POST /warehouse/return/{id}/process`. Scope: Returns. **Never repeat it** unless
    /// [`Error::effect`](crate::Error::effect) proves that the first call had none. No names and no
    /// size limit are documented. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/process-return.md>.
    ///
    /// # Errors
    /// As [`Returns::process`].
    pub async fn process_with(&self, id: ReturnId, details: &Map<String, Value>) -> Result<()> {
        let body = Value::Object(details.clone());
        self.client
            .act(&ApiRequest::on(Call::Process, id).json(&body))
            .await
    }

    /// Cancels the return: the shopper gets nothing for it and may return the same goods again
    /// until the return window ends. **It cannot be undone.**
    ///
    /// `POST /warehouse/return/{id}/cancel`. Scope: Returns. Not safe to repeat blindly: look at
    /// the state of the return after an error with [`Effect::Unknown`](crate::Effect::Unknown); a
    /// second cancel is refused. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/cancel-return.md>.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) when the state of the return does not
    /// allow it, also when it is flagged or expired;
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when this key sees no such return.
    pub async fn cancel(&self, id: ReturnId) -> Result<()> {
        self.client.act(&ApiRequest::on(Call::Cancel, id)).await
    }

    /// Closes the return **without** its outcomes, in Shopify too: no refund, no exchange, no
    /// credit, and the goods cannot be returned again. **It cannot be undone.**
    ///
    /// `POST /warehouse/return/{id}/close`. Scope: Returns. Not safe to repeat blindly: look at the
    /// state of the return after an error with [`Effect::Unknown`](crate::Effect::Unknown); a
    /// second close is refused. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/close-return.md>.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) when the state of the return does not
    /// allow it; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when this key sees no such
    /// return.
    pub async fn close(&self, id: ReturnId) -> Result<()> {
        self.client.act(&ApiRequest::on(Call::Close, id)).await
    }

    /// Takes units that did not come back off the return **and processes the rest of it**. It
    /// moves money and cannot be undone; taking off every unit cancels the return.
    ///
    /// Only units to be refunded or paid in store credit can be taken off (older pages say
    /// refunded only), and all of them must be in this one call: it closes the return, so that a
    /// second call fails.
    ///
    /// `POST /warehouse/return/{id}/remove`. Scope: Returns. **Never repeat it** unless
    /// [`Error::effect`](crate::Error::effect) proves that the first call had none. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/remove-line-items.md>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input), with nothing sent, when `lines` is empty;
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when the return or a line does not
    /// qualify; [`ErrorKind::Unauthorized`](crate::ErrorKind::Unauthorized) when the return is of
    /// another shop, which Loop says with 403;
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when this key sees no such return.
    pub async fn remove_line_items(&self, id: ReturnId, lines: &[LineItemId]) -> Result<()> {
        if lines.is_empty() {
            let what = "no line items to remove";
            return Err(input::refused(Call::RemoveLineItems, Some(id), what));
        }
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let request =
            ApiRequest::on(Call::RemoveLineItems, id).query("line_item_id", &lines.join(","));
        self.client.act(&request).await
    }
}
