//! Fraud reports. They do not change the return.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::World;
use crate::sandbox::form::Form;
use crate::sandbox::model::FraudReport;
use crate::sandbox::moment::Moment;
use crate::sandbox::refused::{NO_RETURN, Refused};

const LONGEST_COMMENT: usize = 512;

const CATEGORIES: [&str; 8] = [
    "package-never-received",
    "package-is-empty",
    "package-is-missing-items",
    "instant-return-charge-failed",
    "keep-item-abuse",
    "splitting-returns-to-avoid-restrictions",
    "item-is-worn",
    "other",
];

impl World {
    /// In which order Loop checks is not known: the id, the fields, then a former report.
    pub(in crate::sandbox) fn report_fraud(
        &mut self,
        id: Option<u64>,
        body: &Value,
        now: Moment,
    ) -> Result<Value, Refused> {
        let record = id
            .and_then(|id| self.returns.get_mut(&id))
            .ok_or_else(no_return)?;
        let (category, comment) = read(body)?;
        if record.fraud_report.is_some() {
            let text = "Fraud Report already exists.";
            return Err(Refused::errors_message(StatusCode::CONFLICT, text));
        }
        let report = FraudReport {
            id: self.ids.fraud_report(),
            category,
            comment,
            created_at: now,
        };
        let answer = json!({
            "id": report.id,
            "return_id": record.id,
            "category": report.category,
            "comment": report.comment,
            "created_at": report.created_at.with_z(),
        });
        record.fraud_report = Some(report);
        Ok(answer)
    }

    /// What Loop answers is not known, neither with a report nor without one.
    pub(in crate::sandbox) fn withdraw_fraud_report(
        &mut self,
        id: Option<u64>,
    ) -> Result<(), Refused> {
        let record = id
            .and_then(|id| self.returns.get_mut(&id))
            .ok_or_else(no_return)?;
        record.fraud_report.take().map(drop).ok_or_else(|| {
            let text = "No fraud report found for this return.";
            Refused::errors_message(StatusCode::NOT_FOUND, text)
        })
    }
}

fn no_return() -> Refused {
    Refused::errors_message(StatusCode::NOT_FOUND, NO_RETURN)
}

fn read(body: &Value) -> Result<(String, Option<String>), Refused> {
    let mut form = Form::of(body);
    let category = form.required_one_of("category", &CATEGORIES);
    if category == "other" {
        form.require("comment");
    }
    let comment = form.text("comment", LONGEST_COMMENT);
    form.finish((category, comment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_needs_a_comment_and_comments_have_a_limit() {
        let long = |length: usize| "é".repeat(length);
        for (body, wrong) in [
            (json!({"category": "item-is-worn"}), None),
            (
                json!({"category": "item-is-worn", "comment": long(512)}),
                None,
            ),
            (
                json!({"category": "item-is-worn", "comment": long(513)}),
                Some("comment"),
            ),
            (
                json!({"category": "item-is-worn", "comment": 7}),
                Some("comment"),
            ),
            (json!({"category": "other", "comment": "x"}), None),
            (json!({"category": "other"}), Some("comment")),
            (
                json!({"category": "other", "comment": " "}),
                Some("comment"),
            ),
            (json!({"category": "theft"}), Some("category")),
            (json!({"comment": "x"}), Some("category")),
            (json!([]), Some("category")),
        ] {
            let refused = read(&body).err();
            let fields = refused.map(|refused| refused.body["errors"].clone());
            let named = fields
                .as_ref()
                .and_then(|fields| fields.as_object()?.keys().next());
            assert_eq!(named.map(String::as_str), wrong, "{body}");
        }
    }
}
