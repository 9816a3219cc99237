//! What arguments and environment come to, or what is wrong with them.

use std::net::IpAddr;
use std::time::Duration;

use ams_oms_client::MerchantId;
use loop_client::webhook::{WebhookVerifier, sign};
use loop_client::{ApiKey, ApiVersion, Client, ConfigError, RetryPolicy};
use reqwest::Url;

use crate::args::Args;

pub(crate) struct Settings {
    /// `None` for the stand-in.
    pub(crate) account: Option<Account>,
    pub(crate) merchant: MerchantId,
    pub(crate) version: ApiVersion,
    pub(crate) fix: bool,
}

/// A merchant's account, and the service that it is joined to.
pub(crate) struct Account {
    pub(crate) client: Client,
    /// Where the client calls, to be shown.
    pub(crate) address: String,
    pub(crate) webhook_url: Option<Url>,
    pub(crate) secret: Option<Secret>,
}

/// A webhook secret: it signs, and cannot be printed.
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Result<Self, String> {
        WebhookVerifier::new([text.as_str()]).map_err(|error| error.to_string())?;
        Ok(Self(text))
    }

    pub(crate) fn sign(&self, body: &[u8]) -> String {
        sign(self.0.as_bytes(), body)
    }
}

/// Text that is not Unicode is no key either, but it must not pass for a variable that is not set.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

impl Settings {
    pub(crate) fn read(
        args: &Args,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let merchant = environment("MERCHANT").unwrap_or_else(|| "acme".to_owned());
        let merchant = MerchantId::new(merchant).map_err(|error| format!("MERCHANT: {error}"))?;
        let version = ApiVersion::from(args.api_version.as_str());
        let base_url = environment("LOOP_BASE_URL");
        let account = match environment("LOOP_API_KEY") {
            Some(key) => Some(Account {
                client: client(key, base_url.as_deref(), &version)?,
                webhook_url: webhook_url(args, base_url.as_deref())?,
                address: base_url.unwrap_or_else(|| "https://api.loopreturns.com/api".to_owned()),
                secret: environment("LOOP_WEBHOOK_SECRET")
                    .map(Secret::new)
                    .transpose()
                    .map_err(|error| format!("LOOP_WEBHOOK_SECRET: {error}"))?,
            }),
            None => {
                let real = [
                    ("LOOP_BASE_URL is set", base_url.is_some()),
                    ("--webhook-url is given", args.webhook_url.is_some()),
                ];
                if let Some((what, _)) = real.iter().find(|(_, given)| *given) {
                    return Err(format!("{what}, and LOOP_API_KEY is not"));
                }
                None
            }
        };
        if args.fix && account.as_ref().is_some_and(|it| it.webhook_url.is_none()) {
            return Err("--fix needs --webhook-url: where are webhooks to go?".to_owned());
        }
        Ok(Self {
            account,
            merchant,
            version,
            fix: args.fix,
        })
    }
}

/// Somebody waits for the answers: a call that fails is repeated once, and not for minutes.
pub(crate) fn client(
    key: String,
    base_url: Option<&str>,
    version: &ApiVersion,
) -> Result<Client, String> {
    let patience = RetryPolicy::default()
        .with_attempts(2)
        .with_deadline(Duration::from_secs(30));
    let built = ApiKey::new(key).and_then(|key| {
        let builder = Client::builder(key)
            .version(version.clone())
            .retry(patience);
        match base_url {
            Some(base_url) => builder.base_url(base_url).build(),
            None => builder.build(),
        }
    });
    built.map_err(|error| match error {
        ConfigError::EmptyKey | ConfigError::InvalidKey => format!("LOOP_API_KEY: {error}"),
        ConfigError::InvalidVersion => format!("--api-version: {error}"),
        ConfigError::InvalidBaseUrl => format!("LOOP_BASE_URL: {error}"),
        ConfigError::PlainHttp => {
            "LOOP_BASE_URL: plain http would show the key to everyone on the way".to_owned()
        }
        other => other.to_string(),
    })
}

fn webhook_url(args: &Args, base_url: Option<&str>) -> Result<Option<Url>, String> {
    let Some(text) = &args.webhook_url else {
        return Ok(None);
    };
    let fault = |what: &str| Err(format!("--webhook-url: {what}"));
    let Ok(url) = Url::parse(text.trim()) else {
        return fault("not an address such as https://bridge.example.com/webhooks/loop/acme");
    };
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return fault("an address without user, password and fragment is expected");
    }
    match (url.scheme(), is_this_machine(&url)) {
        ("http" | "https", true) => {
            let loop_is_near = base_url
                .and_then(|base| Url::parse(base).ok())
                .is_some_and(|base| is_this_machine(&base));
            if !loop_is_near {
                return fault("Loop cannot reach this machine by an address of its own");
            }
        }
        ("https", false) => {}
        ("http", false) => {
            return fault("https is needed: webhooks hold names and addresses of shoppers");
        }
        _ => return fault("an https address is expected"),
    }
    Ok(Some(url))
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
}

/// Without its query, which may hold a secret of the receiver's.
pub(crate) fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    let hidden = match url.query() {
        Some(_) => "?...",
        None => "",
    };
    shown.set_query(None);
    format!("{shown}{hidden}")
}
