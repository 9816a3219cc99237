//! The merchant's ledger: opened, and refused when it seems to be another one.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ams_loop_bridge::ledger::{
    CursorName, Ledger, LedgerError, MemoryLedger, PostgresLedger, SqliteLedger,
};
use ams_oms_client::MerchantId;

use crate::args::Args;
use crate::environment::{Problem, Variables, text};

/// The ledger, and where beside it the progress is kept.
pub(crate) async fn open(
    variables: Variables<'_>,
    merchant: &MerchantId,
    args: &Args,
) -> Result<(Arc<dyn Ledger>, PathBuf), Problem> {
    let may_be_new = args.new_ledger || args.dry_run;
    let (name, ledger, beside) = match text(variables, "DATABASE_URL")? {
        Some(url) => {
            let name = "DATABASE_URL".to_owned();
            let opened = PostgresLedger::connect(&url).await;
            let opened = opened.map_err(|error| Problem::setup(&name, &error))?;
            let ledger: Arc<dyn Ledger> = Arc::new(opened);
            (name, ledger, format!("{merchant}.backfill").into())
        }
        None => {
            let file = variables("LEDGER_FILE").map(PathBuf::from).ok_or_else(|| {
                Problem::Setup("neither LEDGER_FILE nor DATABASE_URL is set".to_owned())
            })?;
            let name = format!("LEDGER_FILE {}", file.display());
            // To open it would make it.
            let ledger = match file.exists() {
                false if !may_be_new => return Err(refusal(&format!("{name} does not exist"))),
                false if args.dry_run => Arc::new(MemoryLedger::new()),
                _ => open_file(&file, &name).await?,
            };
            let mut beside = file.into_os_string();
            beside.push(".backfill");
            (name, ledger, beside.into())
        }
    };
    if !may_be_new {
        let is_new = is_new(&*ledger, merchant).await;
        if is_new.map_err(|error| Problem::setup(&name, &error))? {
            return Err(refusal(&format!(
                "{name} knows nothing of merchant {merchant}: it may be another merchant's, or \
                 MERCHANT may be wrong"
            )));
        }
    }
    Ok((ledger, beside))
}

async fn open_file(file: &Path, name: &str) -> Result<Arc<dyn Ledger>, Problem> {
    match SqliteLedger::open(file).await {
        Ok(opened) => Ok(Arc::new(opened)),
        Err(error) => Err(Problem::setup(name, &error)),
    }
}

fn refusal(what: &str) -> Problem {
    Problem::Setup(format!(
        "{what}. Two ledgers for one merchant are two refunds: give the one that is in use, or say \
         by --new-ledger that nothing has ever served this merchant"
    ))
}

/// Whether nobody has ever worked for the merchant by this ledger.
pub(crate) async fn is_new(
    ledger: &dyn Ledger,
    merchant: &MerchantId,
) -> Result<bool, LedgerError> {
    for name in [
        CursorName::Policy,
        CursorName::LoopReturns,
        CursorName::LoopAsn,
        CursorName::OmsChanges,
    ] {
        if ledger.cursor(merchant, name).await?.is_some() {
            return Ok(false);
        }
    }
    let entries = ledger.list(merchant, None, NonZeroU32::MIN).await?;
    Ok(entries.is_empty())
}
