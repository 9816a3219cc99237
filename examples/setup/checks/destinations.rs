//! The places that the merchant's returns go to, for the policy to name ours.

use loop_client::{Destination, DestinationType};

use super::answers::{Answer, Closed};
use crate::report::{Line, Section, State};

/// So much of a name is printed.
const LONGEST_NAME: usize = 60;

pub(crate) fn section(answer: &Answer<Vec<Destination>>) -> Section {
    let lines = match answer {
        Ok(all) if all.is_empty() => {
            let meaning = "the merchant has none, so the policy names none.";
            vec![Line::new(State::Ok, "Destinations", meaning)]
        }
        Ok(all) => listed(all),
        Err(closed) if closed.lacks_scope() => {
            let meaning = "the key may not read them.";
            vec![Line::new(State::NotChecked, "Destinations", meaning)]
        }
        Err(Closed::NotAsked) => {
            vec![Line::new(
                State::NotChecked,
                "Destinations",
                "the key comes first.",
            )]
        }
        Err(closed) => {
            let meaning = format!("not known: {}.", closed.why());
            vec![Line::new(State::Unknown, "Destinations", meaning).optional()]
        }
    };
    Section::new("Destinations of returns", lines)
}

fn listed(all: &[Destination]) -> Vec<Line> {
    let mut lines: Vec<Line> = all.iter().map(line).collect();
    let warehouses: Vec<&Destination> = all
        .iter()
        .filter(|it| it.enabled != Some(false) && it.kind != Some(DestinationType::Donate))
        .collect();
    if let [first, _, ..] = warehouses.as_slice() {
        let meaning = format!(
            "{} are in use. A policy that names none makes RMAs for the goods of all of them.",
            warehouses.len()
        );
        let step = format!(
            "Name those that are this warehouse in the merchant's policy, such as destinations = \
             [\"{}\"].",
            first.id
        );
        lines.push(Line::new(State::ByHand, "Several destinations", meaning).step(step));
    }
    lines
}

fn line(destination: &Destination) -> Line {
    let name = destination.name.as_deref().unwrap_or("without a name");
    let name: String = name.chars().take(LONGEST_NAME).collect();
    let kind = destination.kind.as_ref();
    let kind = kind.map_or("of no known type", DestinationType::as_str);
    let city = destination
        .address
        .as_ref()
        .and_then(|it| it.city.as_deref());
    let city = city.map(|city| format!(", {city}")).unwrap_or_default();
    let off = match destination.enabled {
        Some(false) => ", switched off",
        _ => "",
    };
    let id = format!("Id {}", destination.id);
    Line::new(State::Note, id, format!("{name} ({kind}{city}{off})"))
}
