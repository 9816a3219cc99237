//! What a worker process is told when it is started.

use std::env;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::store::Store;

#[derive(Debug, Clone)]
pub(crate) struct Orders {
    pub(crate) life: u32,
    /// Who started it: without them there is nothing to work for.
    pub(crate) parent: u32,
    /// The address of the tap, through which it reaches everybody else.
    pub(crate) tap: String,
    pub(crate) loop_key: String,
    pub(crate) webhook_secret: String,
    pub(crate) oms_key: String,
    pub(crate) clock: PathBuf,
    pub(crate) store: Store,
    /// Whether it makes the planted mistake.
    pub(crate) planted: bool,
}

impl Orders {
    /// The variable of the environment that they come in.
    pub(crate) const VARIABLE: &str = "KILL_WORKER";

    pub(crate) fn to_text(&self) -> String {
        let (sqlite, postgres) = match &self.store {
            Store::Sqlite(file) => (Some(file), None),
            Store::Postgres(url) => (None, Some(url)),
        };
        json!({
            "life": self.life,
            "parent": self.parent,
            "tap": self.tap,
            "loop_key": self.loop_key,
            "webhook_secret": self.webhook_secret,
            "oms_key": self.oms_key,
            "clock": self.clock,
            "sqlite": sqlite,
            "postgres": postgres,
            "planted": self.planted,
        })
        .to_string()
    }

    /// `None` when this process is no worker.
    pub(crate) fn received() -> Option<Self> {
        let orders: Value = serde_json::from_str(&env::var(Self::VARIABLE).ok()?).unwrap();
        let text = |name: &str| orders[name].as_str().unwrap().to_owned();
        let number = |name: &str| u32::try_from(orders[name].as_u64().unwrap()).unwrap();
        Some(Self {
            life: number("life"),
            parent: number("parent"),
            tap: text("tap"),
            loop_key: text("loop_key"),
            webhook_secret: text("webhook_secret"),
            oms_key: text("oms_key"),
            clock: text("clock").into(),
            store: match orders["postgres"].as_str() {
                Some(url) => Store::Postgres(url.to_owned()),
                None => Store::Sqlite(text("sqlite").into()),
            },
            planted: orders["planted"].as_bool().unwrap(),
        })
    }
}
