//! From the environment to Loop, the warehouse's system and the ledger.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ams_loop_bridge::ledger::{Ledger, MemoryLedger, PostgresLedger, SqliteLedger};
use ams_oms_client::{HttpOms, MemoryOms, MerchantId, Oms, Retrying, SqliteOms};
use loop_client::sandbox::Sandbox;
use loop_client::{ApiKey, Client, RateLimit, Timestamp};
use tempfile::TempDir;

use crate::args::Args;
use crate::meter::Meter;
use crate::{Problem, demo, with_causes};

/// Everything a backfill works with.
pub(crate) struct Connected {
    pub(crate) merchant: MerchantId,
    pub(crate) client: Client,
    pub(crate) oms: Arc<dyn Oms>,
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Where the progress is kept.
    pub(crate) state: PathBuf,
    /// Who is asked, for people.
    pub(crate) place: String,
    /// The stand-in for Loop, and the folder of what is to go with it.
    pub(crate) demo: Option<(Sandbox, TempDir)>,
}

impl Connected {
    pub(crate) fn is_demo(&self) -> bool {
        self.demo.is_some()
    }

    /// Whether the progress outlives the process.
    pub(crate) fn keeps_state(&self) -> bool {
        let folder = self.demo.as_ref().map(|(_, folder)| folder.path());
        folder.is_none_or(|folder| !self.state.starts_with(folder))
    }
}

type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Opens everything. Nothing is sent yet.
pub(crate) async fn connect(
    environment: Environment<'_>,
    args: &Args,
    meter: &Arc<Meter>,
    now: Timestamp,
) -> Result<Connected, Problem> {
    let text = |name: &str| text(environment, name);
    let merchant = text("MERCHANT")?.unwrap_or_else(|| "acme".to_owned());
    let merchant: MerchantId = merchant
        .parse()
        .map_err(|error| Problem::Setup(format!("MERCHANT: {error}")))?;
    let base_url = text("LOOP_BASE_URL")?;
    let (key, base_url, place, demo) = match text("LOOP_API_KEY")? {
        Some(key) => {
            let place = match &base_url {
                None => "Loop".to_owned(),
                Some(_) => "the address in LOOP_BASE_URL".to_owned(),
            };
            (key, base_url, place, None)
        }
        None if base_url.is_some() => {
            let problem = "LOOP_BASE_URL is set, and LOOP_API_KEY is not";
            return Err(Problem::Setup(problem.to_owned()));
        }
        None => {
            let failed = |error| Problem::Failed(format!("the sandbox: {error}"));
            let sandbox = demo::start(now).await.map_err(failed)?;
            let folder = tempfile::tempdir().map_err(failed)?;
            let (key, url) = (sandbox.api_key().to_owned(), sandbox.base_url().to_owned());
            (
                key,
                Some(url),
                demo::WHAT.to_owned(),
                Some((sandbox, folder)),
            )
        }
    };
    let client = client(key, base_url, args.calls_per_minute, meter)
        .map_err(|error| Problem::Setup(with_causes(&error)))?;
    let folder = demo.as_ref().map(|(_, folder)| folder.path());
    let oms = oms(environment, folder, args.dry_run).await?;
    let (ledger, beside) = ledger(environment, folder, &merchant, args.dry_run).await?;
    Ok(Connected {
        merchant,
        client,
        oms,
        ledger,
        state: args.state.clone().unwrap_or(beside),
        place,
        demo,
    })
}

fn client(
    key: String,
    base_url: Option<String>,
    calls_per_minute: u32,
    meter: &Arc<Meter>,
) -> Result<Client, loop_client::ConfigError> {
    let mut builder = Client::builder(ApiKey::new(key)?)
        .rate_limit(RateLimit::per_minute(calls_per_minute))
        .observer(meter.clone());
    if let Some(url) = base_url {
        builder = builder.base_url(url);
    }
    // Its calls wait for their turn as long as it takes, and leave room to those who cannot.
    Ok(builder.build()?.in_background())
}

/// The warehouse's system.
async fn oms(
    environment: Environment<'_>,
    folder: Option<&Path>,
    dry_run: bool,
) -> Result<Arc<dyn Oms>, Problem> {
    if let Some(url) = text(environment, "OMS_URL")? {
        let key = text(environment, "OMS_KEY")?
            .ok_or_else(|| Problem::Setup("OMS_URL is set, and OMS_KEY is not".to_owned()))?;
        let http = HttpOms::builder(url, key)
            .build()
            .map_err(|error| Problem::Setup(format!("OMS_URL: {}", with_causes(&error))))?;
        return Ok(Arc::new(Retrying::new(http, tokio::time::sleep)));
    }
    let file = file(environment, "OMS_FILE", folder, "oms.sqlite")
        .ok_or_else(|| Problem::Setup("neither OMS_FILE nor OMS_URL is set".to_owned()))?;
    // To open it would make it.
    if dry_run && !file.exists() {
        return Ok(Arc::new(MemoryOms::new()));
    }
    let opened = SqliteOms::open(&file).await.map_err(|error| {
        let problem = format!("OMS_FILE {}: {}", file.display(), with_causes(&error));
        Problem::Setup(problem)
    })?;
    Ok(Arc::new(opened))
}

/// The ledger, and where beside it the progress is kept.
async fn ledger(
    environment: Environment<'_>,
    folder: Option<&Path>,
    merchant: &MerchantId,
    dry_run: bool,
) -> Result<(Arc<dyn Ledger>, PathBuf), Problem> {
    if let Some(url) = text(environment, "DATABASE_URL")? {
        let opened = PostgresLedger::connect(&url)
            .await
            .map_err(|error| Problem::Setup(format!("DATABASE_URL: {}", with_causes(&error))))?;
        return Ok((Arc::new(opened), format!("{merchant}.backfill").into()));
    }
    let file = file(environment, "LEDGER_FILE", folder, "ledger.sqlite")
        .ok_or_else(|| Problem::Setup("neither LEDGER_FILE nor DATABASE_URL is set".to_owned()))?;
    let mut beside = file.clone().into_os_string();
    beside.push(".backfill");
    if dry_run && !file.exists() {
        return Ok((Arc::new(MemoryLedger::new()), beside.into()));
    }
    let opened = SqliteLedger::open(&file).await.map_err(|error| {
        let problem = format!("LEDGER_FILE {}: {}", file.display(), with_causes(&error));
        Problem::Setup(problem)
    })?;
    Ok((Arc::new(opened), beside.into()))
}

/// A file that the environment names, or one of the sandbox's that goes with it.
fn file(
    environment: Environment<'_>,
    variable: &str,
    folder: Option<&Path>,
    name: &str,
) -> Option<PathBuf> {
    let given = environment(variable).map(PathBuf::from);
    given.or_else(|| Some(folder?.join(name)))
}

fn text(environment: Environment<'_>, name: &str) -> Result<Option<String>, Problem> {
    environment(name)
        .map(OsString::into_string)
        .transpose()
        .map_err(|_| Problem::Setup(format!("{name} is no text")))
}
