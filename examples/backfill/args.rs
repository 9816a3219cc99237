//! The command line, and which returns it asks for.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use loop_client::{ReturnId, ReturnsFilter, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids;

const ENVIRONMENT: &str = "Environment:
  LOOP_API_KEY   the merchant's key; without it an embedded sandbox is used, and of the others
                 only MERCHANT and POLICY_FILE may be set
  LOOP_BASE_URL  another address than Loop's own, such as a stand-in's
  MERCHANT       the merchant's id; acme unless given
  LEDGER_FILE    the ledger, a SQLite file, or DATABASE_URL for one in PostgreSQL
  OMS_FILE       the warehouse's system, a SQLite file, or OMS_URL and OMS_KEY for one over HTTP
  POLICY_FILE    the merchant's policy, where --policy does not give it

Exit codes: 0 done; 1 something failed or it was interrupted; 2 bad arguments or configuration.";

/// Brings the returns that Loop has already to the warehouse: makes the RMAs that are owed, and
/// tells by decision what came of the returns.
#[derive(Debug, Parser)]
#[command(name = "backfill", after_help = ENVIRONMENT)]
pub(crate) struct Args {
    /// Begin of the range: a date or an RFC 3339 time, in UTC
    #[arg(long, value_name = "TIME", conflicts_with_all = ["id", "ids"])]
    from: Option<Timestamp>,
    /// End of the range, which does not belong to it; now unless given
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<Timestamp>,
    /// Which time of a return has to be in the range
    #[arg(long, value_enum, default_value_t, requires = "from")]
    by: By,
    /// A return's id, as in the address of its page in Loop's admin; may be given several times
    #[arg(long, value_name = "ID")]
    id: Vec<ReturnId>,
    /// A file with one id on each line, or - for standard input
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// The merchant's policy as JSON, the same that the service uses; without it the one in the
    /// environment's file, and without both refunds are off
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Use the policy although the ledger was last settled by another one
    #[arg(long)]
    pub(crate) new_policy: bool,
    /// Use a ledger that knows nothing of the merchant: nothing has ever served them
    #[arg(long)]
    pub(crate) new_ledger: bool,
    /// Send nothing, write nothing, and print what would be done; costs as many reads
    #[arg(long, conflicts_with_all = ["state", "restart"])]
    pub(crate) dry_run: bool,
    /// Where the progress is kept; a file beside the ledger unless given
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Begin anew, whatever progress is kept
    #[arg(long)]
    pub(crate) restart: bool,
    /// At most so many calls to Loop a minute: the part of the key's 300 that a running service
    /// leaves, of which four fifths are used
    #[arg(long, value_name = "CALLS", default_value_t = 120,
          value_parser = clap::value_parser!(u32).range(1..=300))]
    pub(crate) calls_per_minute: u32,
    /// Do not show the progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// Which time of a return has to be in the range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum By {
    /// When the shopper submitted it
    #[default]
    Submitted,
    /// When it last changed
    Changed,
}

/// The returns that are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Wanted {
    Range {
        by: ReturnsFilter,
        from: Timestamp,
        /// Not in the range; `None` is the time of the first run.
        to: Option<Timestamp>,
    },
    Ids(BTreeSet<ReturnId>),
}

impl Wanted {
    /// `None` when the command line does not say.
    pub(crate) fn of(
        args: &Args,
        stdin: &mut dyn Read,
        now: Timestamp,
    ) -> Result<Option<Self>, String> {
        if let Some(from) = args.from {
            if from >= now {
                return Err(format!("--from {from} is not in the past"));
            }
            if let Some(to) = args.to.filter(|to| *to <= from) {
                return Err(format!("the range is empty: --to {to} is not after {from}"));
            }
            let by = match args.by {
                By::Submitted => ReturnsFilter::CreatedAt,
                By::Changed => ReturnsFilter::UpdatedAt,
            };
            let to = args.to;
            return Ok(Some(Self::Range { by, from, to }));
        }
        let mut wanted: BTreeSet<ReturnId> = args.id.iter().copied().collect();
        if let Some(file) = &args.ids {
            wanted.extend(ids::read(file, stdin)?);
        }
        Ok((!wanted.is_empty()).then_some(Self::Ids(wanted)))
    }
}
