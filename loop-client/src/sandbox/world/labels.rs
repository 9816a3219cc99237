//! Shipping labels: those that Loop buys, and those that a label provider made.

use axum::http::StatusCode;

use super::{LABEL_RATE, Trigger, World, event};
use crate::sandbox::model::{Label, Return, State};
use crate::sandbox::moment::Moment;
use crate::sandbox::refused::{NO_RETURN, Refused};

/// A label that a provider made.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct ProviderLabel {
    pub(in crate::sandbox) carrier: String,
    pub(in crate::sandbox) tracking_number: String,
    pub(in crate::sandbox) url: String,
    pub(in crate::sandbox) rate: i64,
}

impl World {
    /// Loop does this in the background; here the label is there at once.
    pub(in crate::sandbox) fn generate_label(
        &mut self,
        id: Option<u64>,
        now: Moment,
    ) -> Result<(), Refused> {
        let record = id
            .and_then(|id| self.returns.get(&id))
            .ok_or_else(no_return)?;
        if !record.labels.is_empty() {
            let text = "A label already exists for this return.";
            return Err(Refused::coded(
                StatusCode::CONFLICT,
                "label_already_exists",
                text,
            ));
        }
        if record.state != State::Open {
            return Err(cannot_receive());
        }
        self.buy_label(record.id, now)
    }

    /// Documented: the return is open, and its only label was bought by Loop and is not on its way
    /// yet. The old label is replaced.
    pub(in crate::sandbox) fn regenerate_label(
        &mut self,
        id: Option<u64>,
        now: Moment,
    ) -> Result<(), Refused> {
        let record = id
            .and_then(|id| self.returns.get(&id))
            .ok_or_else(no_return)?;
        if !may_be_regenerated(record) {
            return Err(cannot_receive());
        }
        self.buy_label(record.id, now)
    }

    pub(in crate::sandbox) fn label_generation_fails(&mut self, fails: bool) {
        self.label_generation_fails = fails;
    }

    fn buy_label(&mut self, id: u64, now: Moment) -> Result<(), Refused> {
        if self.label_generation_fails {
            return Err(Refused::coded(
                StatusCode::UNPROCESSABLE_ENTITY,
                "label_generation_failed",
                "The label could not be generated.",
            ));
        }
        let record = self.returns.get_mut(&id).ok_or_else(no_return)?;
        let label = self.ids.label();
        record.labels = vec![Label {
            id: label,
            carrier: Some("USPS".to_owned()),
            tracking_number: format!("940010000000{label}"),
            status: "new".to_owned(),
            url: format!("https://partner.loopreturns.com/label/{id}-{label}"),
            rate: LABEL_RATE,
            updated_at: now,
            third_party: false,
        }];
        self.events.push(event(Trigger::LabelCreated, record, None));
        Ok(())
    }

    /// Gives back the label's id; none if the return is not there.
    pub(in crate::sandbox) fn add_provider_label(
        &mut self,
        return_id: u64,
        made: ProviderLabel,
        now: Moment,
    ) -> Option<u64> {
        let record = self.returns.get_mut(&return_id)?;
        let id = self.ids.label();
        record.labels.push(Label {
            id,
            carrier: Some(made.carrier),
            tracking_number: made.tracking_number,
            status: "new".to_owned(),
            url: made.url,
            rate: made.rate,
            updated_at: now,
            third_party: true,
        });
        self.events.push(event(Trigger::LabelCreated, record, None));
        Some(id)
    }

    /// Moves the label of a provider. False if no provider made such a label.
    pub(in crate::sandbox) fn move_provider_label(
        &mut self,
        label_id: u64,
        status: &str,
        now: Moment,
    ) -> bool {
        let is_wanted = |label: &Label| label.id == label_id && label.third_party;
        let found = self.returns.values_mut().find_map(|record| {
            let position = record.labels.iter().position(is_wanted)?;
            Some((record, position))
        });
        let Some((record, position)) = found else {
            return false;
        };
        if let Some(label) = record.labels.get_mut(position)
            && label.status != status
        {
            status.clone_into(&mut label.status);
            label.updated_at = now;
            self.events.push(event(Trigger::LabelUpdated, record, None));
        }
        true
    }

    /// The carrier moves the newest label of a return. False if there is none.
    pub(in crate::sandbox) fn move_label(&mut self, id: u64, status: &str, now: Moment) -> bool {
        let Some(record) = self.returns.get_mut(&id) else {
            return false;
        };
        let Some(label) = record.labels.last_mut() else {
            return false;
        };
        status.clone_into(&mut label.status);
        label.updated_at = now;
        self.events.push(event(Trigger::LabelUpdated, record, None));
        true
    }
}

fn may_be_regenerated(record: &Return) -> bool {
    let [label] = record.labels.as_slice() else {
        return false;
    };
    record.state == State::Open
        && !label.third_party
        && matches!(label.status.as_str(), "new" | "pre_transit")
}

fn no_return() -> Refused {
    Refused::coded(StatusCode::NOT_FOUND, "return_not_found", NO_RETURN)
}

fn cannot_receive() -> Refused {
    Refused::coded(
        StatusCode::UNPROCESSABLE_ENTITY,
        "return_cannot_receive_label",
        "The return cannot receive a label.",
    )
}
