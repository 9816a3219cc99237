//! From a payload to the RMA that the bridge would create, or to why it would create none.

use std::collections::BTreeSet;

use ams_loop_bridge::{Mapping, Policy, map_asn, map_return};
use ams_oms_client::MerchantId;
use loop_client::webhook::{Event, Topic};
use loop_client::{AsnRow, Return, ReturnId};
use serde_json::{Value, json};

use crate::input::Input;

/// The answer for machines, and the reasons for people.
pub(crate) struct Answer {
    pub(crate) json: Value,
    pub(crate) why: Vec<String>,
}

/// A webhook's body, of any topic.
pub(crate) fn webhook(
    merchant: &MerchantId,
    policy: &Policy,
    input: &Input,
) -> Result<Answer, String> {
    let event = Event::decode(input.bytes()).map_err(|error| input.unreadable(&error))?;
    if let Event::Return(event) = event {
        let trigger = event
            .trigger
            .as_ref()
            .map_or("none", |trigger| trigger.as_str());
        let mut why = vec![format!("webhook of the topic return, trigger {trigger}")];
        let json = one_return(merchant, policy, &event.data, &mut why)?;
        return Ok(Answer { json, why });
    }
    let reason = match event.topic() {
        Topic::Unknown(_) => {
            "a webhook of a topic that is not known here creates no RMA".to_owned()
        }
        topic => format!("a webhook of the topic {topic} creates no RMA"),
    };
    Ok(Answer {
        why: vec![reason.clone()],
        json: skipped(subject(&event), &reason),
    })
}

/// A list row, a details object, a list or a page of rows.
pub(crate) fn returns(
    merchant: &MerchantId,
    policy: &Policy,
    input: &Input,
) -> Result<Answer, String> {
    let mut why = Vec::new();
    let json = match input.page()? {
        None => {
            let ret = Return::decode(input.bytes()).map_err(|error| input.unreadable(&error))?;
            one_return(merchant, policy, &ret, &mut why)?
        }
        Some(rows) => {
            why.push(format!("list of {} returns", rows.len()));
            let mut answers = Vec::new();
            for (index, row) in rows.iter().enumerate() {
                let ret = Return::decode(row.get().as_bytes())
                    .map_err(|error| input.unreadable_row(index, &error))?;
                answers.push(one_return(merchant, policy, &ret, &mut why)?);
            }
            answers.into()
        }
    };
    Ok(Answer { json, why })
}

/// An ASN report: an answer for each return in it.
pub(crate) fn asn(merchant: &MerchantId, policy: &Policy, input: &Input) -> Result<Answer, String> {
    let mut rows = Vec::new();
    for (index, row) in input.rows()?.iter().enumerate() {
        let row = AsnRow::decode(row.get().as_bytes())
            .map_err(|error| input.unreadable_row(index, &error))?;
        rows.push(row);
    }
    let count = rows
        .iter()
        .map(|row| row.return_id)
        .collect::<BTreeSet<_>>()
        .len();
    let mut why = vec![format!(
        "ASN report: {} rows of {count} returns",
        rows.len()
    )];
    let mut answers = Vec::new();
    for (id, mapping) in map_asn(merchant, policy, &rows) {
        answers.push(tell(id, mapping, &mut why)?);
    }
    Ok(Answer {
        json: answers.into(),
        why,
    })
}

fn one_return(
    merchant: &MerchantId,
    policy: &Policy,
    ret: &Return,
    why: &mut Vec<String>,
) -> Result<Value, String> {
    why.push(match &ret.line_items {
        Some(lines) => format!("return {}: read with {} line items", ret.id, lines.len()),
        None => format!("return {}: read without line items", ret.id),
    });
    tell(ret.id, map_return(merchant, policy, ret), why)
}

/// The arms of [`Mapping`] are all there is to know about a payload.
fn tell(id: ReturnId, mapping: Mapping, why: &mut Vec<String>) -> Result<Value, String> {
    let reason = match mapping {
        Mapping::Owed { rma, remarks } => {
            why.extend(
                remarks
                    .iter()
                    .map(|remark| format!("return {id}: {remark}")),
            );
            why.push(format!(
                "return {id}: an RMA is owed, {} units on {} lines",
                rma.units(),
                rma.lines.len()
            ));
            return serde_json::to_value(&rma).map_err(|error| format!("return {id}: {error}"));
        }
        Mapping::NotOwed {
            why: reason,
            remarks,
        } => {
            why.extend(
                remarks
                    .iter()
                    .map(|remark| format!("return {id}: {remark}")),
            );
            reason.to_string()
        }
        Mapping::Incomplete(lack) => lack.to_string(),
        Mapping::Contradictory(contradiction) => contradiction.to_string(),
        _ => "the answer is one that this example does not know".to_owned(),
    };
    why.push(format!("return {id}: no RMA, because {reason}"));
    Ok(skipped(Some(id), &reason))
}

fn skipped(id: Option<ReturnId>, reason: &str) -> Value {
    match id {
        Some(id) => json!({ "skipped": reason, "rma_number": id.to_string() }),
        None => json!({ "skipped": reason }),
    }
}

/// The return that a webhook is about, where it names one.
fn subject(event: &Event) -> Option<ReturnId> {
    match event {
        Event::Return(event) => Some(event.data.id),
        Event::Label(label) => Some(label.return_id),
        Event::Restock(restock) => Some(restock.return_id),
        Event::GiftCard(card) => card.return_id,
        Event::LabelRequest(request) => Some(request.return_id),
        Event::ProcessingFailed(failed) => Some(failed.return_id),
        _ => None,
    }
}
