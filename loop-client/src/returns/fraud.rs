//! Fraud reports: confirmed abuse, told to Loop.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Returns;
use crate::call::Call;
use crate::error::Result;
use crate::request::ApiRequest;
use crate::value::open_enum::open_enum;
use crate::value::scalar::lenient;
use crate::value::timestamp::read as time;
use crate::{ExternalId, Personal, ReturnId, Timestamp, input};

/// The longest comment that Loop takes, in characters.
const LONGEST_COMMENT: usize = 512;

open_enum! {
    /// What kind of abuse is reported. An open set.
    FraudCategory, "a fraud category" {
        /// The parcel never came.
        PackageNeverReceived = "package-never-received",
        /// The parcel came with nothing in it.
        PackageIsEmpty = "package-is-empty",
        /// The parcel came with less in it than it should.
        PackageIsMissingItems = "package-is-missing-items",
        /// The outcome was given in advance and the card could not be charged.
        InstantReturnChargeFailed = "instant-return-charge-failed",
        /// The shopper abuses being allowed to keep goods.
        KeepItemAbuse = "keep-item-abuse",
        /// The shopper splits returns to stay below a limit.
        SplittingReturnsToAvoidRestrictions = "splitting-returns-to-avoid-restrictions",
        /// The goods were used.
        ItemIsWorn = "item-is-worn",
        /// Anything else; needs a comment.
        Other = "other",
    }
}

/// A fraud report as Loop keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FraudReport {
    /// Loop's id of the report.
    pub id: ExternalId,
    /// The return.
    #[serde(default, deserialize_with = "lenient")]
    pub return_id: Option<ReturnId>,
    /// The kind.
    #[serde(default, deserialize_with = "lenient")]
    pub category: Option<FraudCategory>,
    /// The reporter's words.
    #[serde(default, deserialize_with = "lenient")]
    pub comment: Option<Personal>,
    /// When it was reported.
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
}

impl Returns<'_> {
    /// Reports confirmed abuse. It does not change the return.
    ///
    /// `POST /returns/{id}/fraud-report`. Scope: Returns. `comment` has at most 512 characters and
    /// is required with [`FraudCategory::Other`]. Not repeated by the client; a repeat is refused,
    /// because a return has at most one report. Rests on
    /// <https://docs.loopreturns.com/api-reference/latest/return-actions/create-fraud-report>.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input), with nothing sent, for a comment that is
    /// too long or missing; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when this key
    /// sees no such return; [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), status 409, when
    /// there is a report already.
    pub async fn report_fraud(
        &self,
        id: ReturnId,
        category: &FraudCategory,
        comment: Option<&str>,
    ) -> Result<FraudReport> {
        check(category, comment)
            .map_err(|what| input::refused(Call::CreateFraudReport, Some(id), what))?;
        let body = match comment {
            Some(comment) => json!({ "category": category, "comment": comment }),
            None => json!({ "category": category }),
        };
        self.client
            .fetch(&ApiRequest::on(Call::CreateFraudReport, id).json(&body))
            .await
    }

    /// Takes a report back.
    ///
    /// `DELETE /returns/{id}/fraud-report`. Scope: Returns. Safe to repeat. What Loop answers is
    /// not documented; any good status without an error counts. Rests on the specification at
    /// <https://docs.loopreturns.com/openapi/fraud-reports-api.yaml>.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is nothing to take back,
    /// also when it was this call whose answer was lost that took it back.
    pub async fn withdraw_fraud_report(&self, id: ReturnId) -> Result<()> {
        self.client
            .complete(&ApiRequest::on(Call::DeleteFraudReport, id))
            .await
    }
}

fn check(category: &FraudCategory, comment: Option<&str>) -> Result<(), &'static str> {
    let comment = comment.unwrap_or_default();
    if *category == FraudCategory::Other {
        input::not_blank(comment, "a report of the category `other` needs a comment")?;
    }
    input::at_most(
        comment,
        LONGEST_COMMENT,
        "a comment has at most 512 characters",
    )
}
