//! Whom the small examples talk to: the Loop account, the OMS and the ledger that the environment
//! names or, without `LOOP_API_KEY`, an embedded stand-in for Loop and files that are gone at the
//! end. Then nothing real may be named, or made-up returns would get into it.
//!
//! | Variable | Meaning |
//! | --- | --- |
//! | `LOOP_API_KEY` | of the merchant |
//! | `LOOP_WEBHOOK_SECRET` | of the merchant; `webhook_receiver` needs it |
//! | `LOOP_BASE_URL` | another address than Loop's own |
//! | `MERCHANT` | the merchant's name, `acme` unless given; for ever the same |
//! | `LEDGER_FILE` or `DATABASE_URL` | the SQLite ledger, `ledger.sqlite` unless given, or PostgreSQL |
//! | `OMS_FILE`, or `OMS_URL` and `OMS_KEY` | the SQLite OMS, `oms.sqlite` unless given, or one that keeps the HTTP contract |
//! | `POLICY_FILE` | the merchant's `Policy` as JSON; without it refunds are off |
//! | `POLL_SECONDS` | how long `poller` waits after a pass, 300 unless given; with 0 it makes one pass and ends |
//! | `LISTEN` | address and port of `webhook_receiver`, `127.0.0.1:8080` unless given |
//!
//! Exit codes: 0 ended as it was told to; 1 something failed; 2 bad arguments or environment.

#[path = "environment.rs"]
pub(crate) mod environment;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use ams_loop_bridge::ledger::{Ledger, PostgresLedger, SqliteLedger};
use ams_loop_bridge::{Bridge, Policy};
use ams_oms_client::{HttpOms, MerchantId, Oms, SqliteOms};
use loop_client::sandbox::{NewLine, NewReturn, Sandbox};
use loop_client::webhook::WebhookVerifier;
use loop_client::{ApiKey, Client, Timestamp};

use environment::{Problem, Variables, nothing_real, policy_file, text};

pub(crate) struct Account {
    pub(crate) client: Client,
    pub(crate) bridge: Bridge,
    /// Without an account.
    pub(crate) stand_in: Option<Sandbox>,
    /// Goes when this does.
    _files: Option<tempfile::TempDir>,
}

impl Account {
    pub(crate) async fn open(variables: Variables<'_>) -> Result<Account, Problem> {
        let merchant = text_or(variables, "MERCHANT", "acme")?;
        let merchant: MerchantId = merchant
            .parse()
            .map_err(|error| Problem::setup("MERCHANT", &error))?;
        if let Some(key) = text(variables, "LOOP_API_KEY")? {
            return Self::of_the_environment(variables, merchant, key).await;
        }
        nothing_real(variables)?;
        println!("No LOOP_API_KEY: a stand-in for Loop, and files that are gone at the end.");
        let failed = |error: Box<dyn Error>| Problem::failed("the stand-in", &*error);
        Self::stand_in(merchant).await.map_err(failed)
    }

    async fn of_the_environment(
        variables: Variables<'_>,
        merchant: MerchantId,
        key: String,
    ) -> Result<Account, Problem> {
        let key = ApiKey::new(key).map_err(|error| Problem::setup("LOOP_API_KEY", &error))?;
        let mut client = Client::builder(key);
        if let Some(url) = text(variables, "LOOP_BASE_URL")? {
            client = client.base_url(url);
        }
        let client = client
            .build()
            .map_err(|error| Problem::setup("LOOP_BASE_URL", &error))?;
        let policy = match variables("POLICY_FILE") {
            Some(file) => policy_file("POLICY_FILE", Path::new(&file))?,
            None => Policy::default(),
        };
        let secret = text(variables, "LOOP_WEBHOOK_SECRET")?;
        let verifier = secret.map(|secret| WebhookVerifier::new([secret]));
        let verifier = verifier
            .transpose()
            .map_err(|error| Problem::setup("LOOP_WEBHOOK_SECRET", &error))?;
        // Opened last, because that makes them.
        let oms = open_oms(variables).await?;
        let ledger = open_ledger(variables).await?;
        let mut bridge = Bridge::new(merchant, client.clone(), oms, ledger)
            .with_policy(policy)
            .map_err(|error| Problem::setup("POLICY_FILE", &error))?;
        if let Some(verifier) = verifier {
            bridge = bridge.with_webhooks(verifier);
        }
        Ok(Account {
            client,
            bridge,
            stand_in: None,
            _files: None,
        })
    }

    async fn stand_in(merchant: MerchantId) -> Result<Account, Box<dyn Error>> {
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

async fn open_oms(variables: Variables<'_>) -> Result<Arc<dyn Oms>, Problem> {
    let (url, key) = (text(variables, "OMS_URL")?, text(variables, "OMS_KEY")?);
    if let Some(url) = url {
        let key = key.ok_or_else(|| Problem::Setup("OMS_KEY is not set, and OMS_URL is".into()))?;
        let http = HttpOms::builder(url, key).build();
        return Ok(Arc::new(
            http.map_err(|error| Problem::setup("OMS_URL and OMS_KEY", &error))?,
        ));
    }
    let file = file(variables, "OMS_FILE", "oms.sqlite");
    let opened = SqliteOms::open(&file).await;
    let name = format!("OMS_FILE {}", file.display());
    Ok(Arc::new(
        opened.map_err(|error| Problem::setup(name, &error))?,
    ))
}

async fn open_ledger(variables: Variables<'_>) -> Result<Arc<dyn Ledger>, Problem> {
    if let Some(url) = text(variables, "DATABASE_URL")? {
        let connected = PostgresLedger::connect(&url).await;
        return Ok(Arc::new(
            connected.map_err(|error| Problem::setup("DATABASE_URL", &error))?,
        ));
    }
    let file = file(variables, "LEDGER_FILE", "ledger.sqlite");
    let opened = SqliteLedger::open(&file).await;
    let name = format!("LEDGER_FILE {}", file.display());
    Ok(Arc::new(
        opened.map_err(|error| Problem::setup(name, &error))?,
    ))
}

fn file(variables: Variables<'_>, name: &str, default: &str) -> PathBuf {
    variables(name).map_or_else(|| default.into(), PathBuf::from)
}

pub(crate) fn text_or(
    variables: Variables<'_>,
    name: &str,
    default: &str,
) -> Result<String, Problem> {
    Ok(text(variables, name)?.unwrap_or_else(|| default.to_owned()))
}

/// The whole of `main`: a program without arguments that says what went wrong.
pub(crate) async fn program(
    name: &str,
    run: impl Future<Output = Result<(), Problem>>,
) -> ExitCode {
    let usage = "there are no arguments, only variables: see the table in examples/account.rs";
    match std::env::args_os().nth(1) {
        None => match run.await {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => problem.exit(name),
        },
        Some(help) if help == "--help" || help == "-h" => {
            println!("{name}: {usage}");
            ExitCode::SUCCESS
        }
        Some(_) => Problem::Setup(usage.to_owned()).exit(name),
    }
}

/// A shopper returns a shirt.
pub(crate) fn shop(sandbox: &Sandbox) {
    let line = NewLine::new("SHIRT-S").price("78.00");
    sandbox.create_return(NewReturn::new("#1001").outcome("refund").line(line));
}

pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
