//! The settings of the service: one TOML file, secrets by reference, and what the environment adds.

mod duration;
mod fault;
mod file;
mod merchant;
mod secret;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use fault::{Fault, Faults};
pub(crate) use merchant::{MerchantSettings, OmsSettings, Schedule};
pub(crate) use secret::Secret;

/// Checked: with these the service can start.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    /// Where the page and the metrics are, if not beside the webhooks.
    pub(crate) operator_listen: Option<SocketAddr>,
    /// The folder of the SQLite files.
    pub(crate) state: PathBuf,
    /// The address of a PostgreSQL server, which then keeps the ledgers.
    pub(crate) database: Option<Secret>,
    /// How long a stop waits for what is under way.
    pub(crate) drain: Duration,
    /// How long it is served on after the request to stop, while it says that it is not ready.
    pub(crate) grace: Duration,
    /// Settling workers for each merchant.
    pub(crate) workers: NonZeroUsize,
    pub(crate) merchants: Vec<MerchantSettings>,
}

/// More would only wait for Loop's call limit.
const MOST_WORKERS: usize = 16;

/// One line for each merchant, of what it comes to.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ledgers = match &self.database {
            Some(_) => "in DATABASE_URL".to_owned(),
            None => format!("in {}", self.state.display()),
        };
        writeln!(f, "ledgers {ledgers}")?;
        self.merchants.iter().try_for_each(|it| writeln!(f, "{it}"))
    }
}

/// What the environment says.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

pub(crate) const LOCAL: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// A call to Loop takes no longer. Where the process is killed sooner, a process call that was on
/// its way ends with a person.
pub(crate) const DRAIN: Duration = Duration::from_secs(150);

/// Reads and checks a file. All faults are found, not only the first.
pub(crate) fn load(path: &Path, environment: Environment<'_>) -> Result<Settings, Faults> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Faults::one(path, Fault::of_the_file(error.to_string())))?;
    check(&text, environment).map_err(|faults| Faults::new(path, faults))
}

/// One merchant with refunds off, if the environment has a key.
pub(crate) fn from_environment(environment: Environment<'_>) -> Result<Option<Settings>, Faults> {
    let place = Path::new("environment");
    if environment("LOOP_API_KEY").is_none() {
        return match environment("LOOP_BASE_URL") {
            None => Ok(None),
            Some(_) => {
                let what = "is set: give the key by LOOP_API_KEY, or the merchants by --config";
                Err(Faults::one(place, Fault::at("LOOP_BASE_URL", what)))
            }
        };
    }
    for name in ["LEDGER_FILE", "OMS_FILE", "POLICY_FILE"] {
        if environment(name).is_some() {
            let what = "is for the small examples: the service takes it from a file, by --config";
            return Err(Faults::one(place, Fault::at(name, what)));
        }
    }
    let reference = |name: &str| toml::Table::from_iter([("env".to_owned(), name.into())]);
    let mut merchant = toml::Table::new();
    merchant.insert("api_key".to_owned(), reference("LOOP_API_KEY").into());
    if environment("LOOP_WEBHOOK_SECRET").is_some() {
        let secrets = vec![reference("LOOP_WEBHOOK_SECRET")];
        merchant.insert("webhook_secrets".to_owned(), secrets.into());
    }
    if let Some(url) = environment("OMS_URL") {
        let mut oms = toml::Table::new();
        oms.insert("kind".to_owned(), "http".into());
        oms.insert("url".to_owned(), url.into());
        oms.insert("key".to_owned(), reference("OMS_KEY").into());
        merchant.insert("oms".to_owned(), oms.into());
    }
    let name = environment("MERCHANT").unwrap_or_else(|| "acme".to_owned());
    let merchants = toml::Table::from_iter([(name, merchant.into())]);
    let settings = settings(
        file::Top::default(),
        merchants.into_iter().collect(),
        environment,
    );
    settings
        .map(Some)
        .map_err(|faults| Faults::new(place, faults))
}

/// Checks the text of a file. Reads the secrets that it refers to.
fn check(text: &str, environment: Environment<'_>) -> Result<Settings, Vec<Fault>> {
    let (top, merchants) = file::parse(text)?;
    settings(top, merchants, environment)
}

fn settings(
    top: file::Top,
    merchants: BTreeMap<String, toml::Value>,
    environment: Environment<'_>,
) -> Result<Settings, Vec<Fault>> {
    let mut faults = Vec::new();
    let shared = merchant::Shared {
        base_url: said(environment, "LOOP_BASE_URL", &mut faults),
        inline_secrets: top.inline_secrets,
        environment,
    };
    let merchants: Vec<MerchantSettings> = merchants
        .into_iter()
        .filter_map(|(name, table)| merchant::read(&name, table, &shared, &mut faults))
        .collect();
    if merchants.is_empty() && faults.is_empty() {
        faults.push(Fault::at("merchants", "there is none: nothing to serve"));
    }
    find_same_names(&merchants, &mut faults);
    find_impossible(&top, &mut faults);
    let database = said(environment, "DATABASE_URL", &mut faults);
    let schemes = ["postgres://", "postgresql://"];
    if database
        .as_deref()
        .is_some_and(|url| !schemes.iter().any(|it| url.starts_with(it)))
    {
        faults.push(Fault::at("DATABASE_URL", "must begin with postgres://"));
    }
    // With a stand-in for all of them it is a test, where it does no harm.
    if shared.base_url.as_deref().is_none_or(is_loop) {
        find_shared_accounts(&merchants, &mut faults);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Settings {
        listen: top.listen.unwrap_or(LOCAL),
        operator_listen: top.operator_listen,
        state: top.state.unwrap_or_else(|| "state".into()),
        database: database.map(Secret::new),
        drain: top.drain.map_or(DRAIN, |drain| drain.0),
        grace: top.grace.map_or(Duration::ZERO, |grace| grace.0),
        workers: top.workers.unwrap_or(NonZeroUsize::MIN),
        merchants,
    })
}

/// What is right by itself and cannot work.
fn find_impossible(top: &file::Top, faults: &mut Vec<Fault>) {
    let listen = top.listen.unwrap_or(LOCAL);
    if listen.port() != 0 && top.operator_listen == Some(listen) {
        faults.push(Fault::at("operator_listen", "is the address of listen"));
    }
    if top
        .workers
        .is_some_and(|workers| workers.get() > MOST_WORKERS)
    {
        faults.push(Fault::at(
            "workers",
            format!("must be at most {MOST_WORKERS}"),
        ));
    }
    if let Some(state) = top
        .state
        .as_deref()
        .filter(|it| it.exists() && !it.is_dir())
    {
        let what = format!("{} is not a folder", state.display());
        faults.push(Fault::at("state", what));
    }
}

/// Their files would be the same where case does not count.
fn find_same_names(merchants: &[MerchantSettings], faults: &mut Vec<Fault>) {
    let mut names = BTreeMap::new();
    for MerchantSettings { id, .. } in merchants {
        if let Some(other) = names.insert(id.as_str().to_lowercase(), id) {
            let what = format!("differs from {other} in capitals only");
            faults.push(Fault::at(format!("merchants.{id}"), what));
        }
    }
}

/// A variable that is set to nothing was meant to be something: without `DATABASE_URL`, say, the
/// merchants would have other ledgers, and be refunded twice.
fn said(environment: Environment<'_>, name: &str, faults: &mut Vec<Fault>) -> Option<String> {
    let value = environment(name)?;
    if value.trim().is_empty() {
        faults.push(Fault::at(
            name,
            "is set and empty, or no text: set it or unset it",
        ));
        return None;
    }
    Some(value)
}

const LOOP: &str = "https://api.loopreturns.com";

/// Who is called, however the address is spelt.
fn origin(base_url: &str) -> String {
    reqwest::Url::parse(base_url).map_or_else(
        |_| base_url.to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}

fn is_loop(base_url: &str) -> bool {
    origin(base_url) == origin(LOOP)
}

/// Two merchants on one account are two ledgers for its returns, which is two refunds.
fn find_shared_accounts(merchants: &[MerchantSettings], faults: &mut Vec<Fault>) {
    let mut owners = BTreeMap::new();
    for merchant in merchants {
        let base_url = merchant.base_url.as_deref().unwrap_or(LOOP);
        let account = (merchant.api_key.as_str(), origin(base_url));
        if let Some(first) = owners.insert(account, &merchant.id) {
            faults.push(Fault::at(
                format!("merchants.{}.api_key", merchant.id),
                format!(
                    "is the key of {first} too: a Loop account has one merchant, or it is \
                     refunded twice"
                ),
            ));
        }
    }
}
