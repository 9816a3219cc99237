//! From the environment to Loop, the warehouse's system and the ledger.

use std::path::PathBuf;
use std::sync::Arc;

use ams_loop_bridge::ledger::{Ledger, MemoryLedger};
use ams_oms_client::{HttpOms, MemoryOms, MerchantId, Oms, Retrying, SqliteOms};
use loop_client::sandbox::Sandbox;
use loop_client::{ApiKey, Client, RateLimit, Timestamp};
use tempfile::TempDir;

use crate::args::Args;
use crate::environment::{Problem, Variables, nothing_real, text};
use crate::meter::Meter;
use crate::{demo, ledger};

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
    /// The stand-in for Loop, and the folder of the progress, which goes with it.
    pub(crate) demo: Option<(Sandbox, TempDir)>,
}

impl Connected {
    /// Whether nothing outlives the process.
    pub(crate) fn is_demo(&self) -> bool {
        self.demo.is_some()
    }
}

/// Opens everything. Nothing is sent yet.
pub(crate) async fn to_the_account(
    variables: Variables<'_>,
    args: &Args,
    meter: &Arc<Meter>,
) -> Result<Connected, Problem> {
    let merchant = merchant(variables)?;
    let key = text(variables, "LOOP_API_KEY")?.unwrap_or_default();
    let base_url = text(variables, "LOOP_BASE_URL")?;
    let place = match &base_url {
        None => "Loop".to_owned(),
        Some(_) => "the address in LOOP_BASE_URL".to_owned(),
    };
    let client = client(key, base_url, args.calls_per_minute, meter)?;
    let (ledger, beside) = ledger::open(variables, &merchant, args).await?;
    let oms = oms(variables, args.dry_run).await?;
    Ok(Connected {
        merchant,
        client,
        oms,
        ledger,
        state: args.state.clone().unwrap_or(beside),
        place,
        demo: None,
    })
}

pub(crate) async fn to_the_sandbox(
    variables: Variables<'_>,
    args: &Args,
    meter: &Arc<Meter>,
    now: Timestamp,
) -> Result<Connected, Problem> {
    nothing_real(variables)?;
    let merchant = merchant(variables)?;
    let failed = |error| Problem::failed("the sandbox", &error);
    let sandbox = demo::start(now).await.map_err(failed)?;
    let folder = tempfile::tempdir().map_err(failed)?;
    let (key, url) = (sandbox.api_key().to_owned(), sandbox.base_url().to_owned());
    let beside = folder.path().join("progress");
    Ok(Connected {
        merchant,
        client: client(key, Some(url), args.calls_per_minute, meter)?,
        oms: Arc::new(MemoryOms::new()),
        ledger: Arc::new(MemoryLedger::new()),
        state: args.state.clone().unwrap_or(beside),
        place: demo::WHAT.to_owned(),
        demo: Some((sandbox, folder)),
    })
}

fn merchant(variables: Variables<'_>) -> Result<MerchantId, Problem> {
    let merchant = text(variables, "MERCHANT")?.unwrap_or_else(|| "acme".to_owned());
    let merchant = merchant.parse();
    merchant.map_err(|error| Problem::setup("MERCHANT", &error))
}

fn client(
    key: String,
    base_url: Option<String>,
    calls_per_minute: u32,
    meter: &Arc<Meter>,
) -> Result<Client, Problem> {
    let key = ApiKey::new(key).map_err(|error| Problem::setup("LOOP_API_KEY", &error))?;
    let mut builder = Client::builder(key)
        .rate_limit(RateLimit::per_minute(calls_per_minute))
        .observer(meter.clone());
    if let Some(url) = base_url {
        builder = builder.base_url(url);
    }
    let built = builder.build();
    let client = built.map_err(|error| Problem::setup("LOOP_BASE_URL", &error))?;
    // Its calls wait for their turn as long as it takes, and leave room to those who cannot.
    Ok(client.in_background())
}

/// The warehouse's system.
async fn oms(variables: Variables<'_>, dry_run: bool) -> Result<Arc<dyn Oms>, Problem> {
    if let Some(url) = text(variables, "OMS_URL")? {
        let key = text(variables, "OMS_KEY")?
            .ok_or_else(|| Problem::Setup("OMS_URL is set, and OMS_KEY is not".to_owned()))?;
        let http = HttpOms::builder(url, key)
            .build()
            .map_err(|error| Problem::setup("OMS_URL and OMS_KEY", &error))?;
        return Ok(Arc::new(Retrying::new(http, tokio::time::sleep)));
    }
    let file = variables("OMS_FILE")
        .map(PathBuf::from)
        .ok_or_else(|| Problem::Setup("neither OMS_FILE nor OMS_URL is set".to_owned()))?;
    // To open it would make it.
    if dry_run && !file.exists() {
        return Ok(Arc::new(MemoryOms::new()));
    }
    let opened = SqliteOms::open(&file)
        .await
        .map_err(|error| Problem::setup(format!("OMS_FILE {}", file.display()), &error))?;
    Ok(Arc::new(opened))
}
