//! Whom the small examples talk to: the Loop account, the OMS and the ledger that the environment
//! names or, without `LOOP_API_KEY`, an embedded stand-in for Loop and files that are gone at the
//! end.
//!
//! | Variable | Meaning |
//! | --- | --- |
//! | `LOOP_API_KEY`, `LOOP_WEBHOOK_SECRET` | of the merchant |
//! | `LOOP_BASE_URL` | another address than Loop's own |
//! | `MERCHANT` | the merchant's name, `acme` unless given; for ever the same |
//! | `LEDGER_FILE` or `DATABASE_URL` | the SQLite ledger, `ledger.sqlite` unless given, or PostgreSQL |
//! | `OMS_FILE`, or `OMS_URL` and `OMS_KEY` | the SQLite OMS, `oms.sqlite` unless given, or one that keeps the HTTP contract |
//! | `POLICY_FILE` | the merchant's `Policy` as JSON; without it refunds are off |

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::SystemTime;

use ams_loop_bridge::ledger::{Ledger, PostgresLedger, SqliteLedger};
use ams_loop_bridge::{Bridge, Policy};
use ams_oms_client::{HttpOms, MerchantId, Oms, SqliteOms};
use loop_client::sandbox::{NewLine, NewReturn, Sandbox};
use loop_client::webhook::WebhookVerifier;
use loop_client::{ApiKey, Client, Timestamp};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) struct Account {
    pub(crate) client: Client,
    pub(crate) bridge: Bridge,
    /// Without an account.
    pub(crate) stand_in: Option<Sandbox>,
    /// Goes when this does.
    _files: Option<tempfile::TempDir>,
}

impl Account {
    pub(crate) async fn open() -> Outcome<Account> {
        let merchant: MerchantId = variable("MERCHANT", "acme").parse()?;
        match env::var("LOOP_API_KEY") {
            Ok(key) => Self::of_the_environment(merchant, key).await,
            Err(_) if env::var("LOOP_BASE_URL").is_ok() => {
                Err("LOOP_BASE_URL is set, and LOOP_API_KEY is not".into())
            }
            Err(_) => Self::stand_in(merchant).await,
        }
    }

    async fn of_the_environment(merchant: MerchantId, key: String) -> Outcome<Account> {
        let client = Client::builder(ApiKey::new(key)?);
        let client = match env::var("LOOP_BASE_URL") {
            Ok(url) => client.base_url(url).build()?,
            Err(_) => client.build()?,
        };
        let oms: Arc<dyn Oms> = match env::var("OMS_URL") {
            Ok(url) => Arc::new(HttpOms::builder(url, env::var("OMS_KEY")?).build()?),
            Err(_) => Arc::new(SqliteOms::open(variable("OMS_FILE", "oms.sqlite")).await?),
        };
        let ledger: Arc<dyn Ledger> = match env::var("DATABASE_URL") {
            Ok(url) => Arc::new(PostgresLedger::connect(&url).await?),
            Err(_) => Arc::new(SqliteLedger::open(variable("LEDGER_FILE", "ledger.sqlite")).await?),
        };
        let policy = match env::var("POLICY_FILE") {
            Ok(path) => {
                let text = std::fs::read_to_string(&path).map_err(|it| format!("{path}: {it}"))?;
                serde_json::from_str(&text).map_err(|it| format!("{path}: {it}"))?
            }
            Err(_) => Policy::default(),
        };
        let bridge = Bridge::new(merchant, client.clone(), oms, ledger).with_policy(policy)?;
        let bridge = match env::var("LOOP_WEBHOOK_SECRET") {
            Ok(secret) => bridge.with_webhooks(WebhookVerifier::new([secret])?),
            Err(_) => bridge,
        };
        Ok(Account {
            client,
            bridge,
            stand_in: None,
            _files: None,
        })
    }

    async fn stand_in(merchant: MerchantId) -> Outcome<Account> {
        println!("No LOOP_API_KEY: a stand-in for Loop, and files that are gone at the end.");
        let files = tempfile::tempdir()?;
        let sandbox = Sandbox::builder().start().await?;
        let client = Client::builder(ApiKey::new(sandbox.api_key())?)
            .base_url(sandbox.base_url())
            .build()?;
        let oms = SqliteOms::open(files.path().join("oms.sqlite")).await?;
        let ledger = SqliteLedger::open(files.path().join("ledger.sqlite")).await?;
        let bridge = Bridge::new(merchant, client.clone(), oms, ledger)
            .with_policy(Policy::processing())?
            .with_webhooks(WebhookVerifier::new([sandbox.webhook_secret()])?);
        Ok(Account {
            client,
            bridge,
            stand_in: Some(sandbox),
            _files: Some(files),
        })
    }
}

/// A shopper returns a shirt.
pub(crate) fn shop(sandbox: &Sandbox) {
    let line = NewLine::new("SHIRT-S").price("78.00");
    sandbox.create_return(NewReturn::new("#1001").outcome("refund").line(line));
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}

pub(crate) fn variable(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}
