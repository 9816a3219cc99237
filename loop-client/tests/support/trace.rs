//! Everything that `tracing` is told, as text.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Collects spans, their later fields, and events, one line each.
#[derive(Clone, Default)]
pub(crate) struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn push(&self, kind: &str, name: &str, write: impl FnOnce(&mut Fields)) -> u64 {
        let mut fields = Fields(format!("{kind} {name}"));
        write(&mut fields);
        let mut lines = self.0.lock().unwrap();
        lines.push(fields.0);
        u64::try_from(lines.len()).unwrap()
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Trace {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let name = span.metadata().name();
        Id::from_u64(self.push("span", name, |fields| span.record(fields)))
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let id = span.into_u64().to_string();
        self.push("record", &id, |fields| values.record(fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let name = event.metadata().target();
        self.push("event", name, |fields| event.record(fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
