//! The command line and the environment.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use loop_client::sandbox::{Processing, Sandbox, SandboxBuilder, WebhookRetries};

pub(crate) const USAGE: &str = "usage: loop_sandbox [--api ADDRESS:PORT] [--control ADDRESS:PORT]
    [--immediate | --process-after MILLISECONDS]   refunds wait until told to unless given
    [--rate-limit CALLS_A_MINUTE]                  300 unless given
    [--webhook-retries never|three|five]           three unless given
    [--deactivate-webhooks]                        after more than ten failures in a row
    [--flag-stays-open]                            a flag leaves the state open
    [--scopes A,B]                                 of the key; all of them unless given
or LOOP_SANDBOX_API and LOOP_SANDBOX_CONTROL; 127.0.0.1:4010 and :4011 unless given";

#[derive(Debug, PartialEq)]
pub(crate) struct Setup {
    pub(crate) api: SocketAddr,
    pub(crate) control: SocketAddr,
    pub(crate) processing: Processing,
    pub(crate) rate_limit: u32,
    pub(crate) webhook_retries: WebhookRetries,
    pub(crate) deactivate_webhooks: bool,
    pub(crate) flag_moves_to_review: bool,
    pub(crate) scopes: Option<Vec<String>>,
}

impl Setup {
    /// What is set unless something else is asked for.
    pub(crate) fn at(api: SocketAddr, control: SocketAddr) -> Setup {
        Setup {
            api,
            control,
            processing: Processing::Held,
            rate_limit: 300,
            webhook_retries: WebhookRetries::default(),
            deactivate_webhooks: false,
            flag_moves_to_review: true,
            scopes: None,
        }
    }

    pub(crate) fn builder(&self) -> SandboxBuilder {
        let builder = Sandbox::builder()
            .address(self.api)
            .processing(self.processing)
            .rate_limit_per_minute(self.rate_limit)
            .webhook_retries(self.webhook_retries)
            .deactivate_failing_webhooks(self.deactivate_webhooks)
            .flag_moves_to_review(self.flag_moves_to_review);
        match &self.scopes {
            Some(scopes) => builder.scopes(scopes.iter().cloned()),
            None => builder,
        }
    }
}

/// `None` when help was asked for. The command line wins over the environment.
pub(crate) fn parse(
    mut args: impl Iterator<Item = String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Setup>, String> {
    let given = |name: &str, default: &str| variable(name).unwrap_or_else(|| default.to_owned());
    let mut setup = Setup::at(
        value(
            "an address with a port",
            &given("LOOP_SANDBOX_API", "127.0.0.1:4010"),
        )?,
        value(
            "an address with a port",
            &given("LOOP_SANDBOX_CONTROL", "127.0.0.1:4011"),
        )?,
    );
    while let Some(arg) = args.next() {
        let mut next = || args.next().ok_or(USAGE);
        match arg.as_str() {
            "--help" | "-h" => return Ok(None),
            "--api" => setup.api = value("an address with a port", &next()?)?,
            "--control" => setup.control = value("an address with a port", &next()?)?,
            "--immediate" => setup.processing = Processing::Immediate,
            "--process-after" => {
                let millis = value("a number of milliseconds", &next()?)?;
                setup.processing = Processing::After(Duration::from_millis(millis));
            }
            "--rate-limit" => setup.rate_limit = value("a number of calls", &next()?)?,
            "--webhook-retries" => setup.webhook_retries = retries(&next()?)?,
            "--deactivate-webhooks" => setup.deactivate_webhooks = true,
            "--flag-stays-open" => setup.flag_moves_to_review = false,
            "--scopes" => setup.scopes = Some(next()?.split(',').map(str::to_owned).collect()),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(Some(setup))
}

fn value<T: FromStr>(what: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{text} is not {what}\n{USAGE}"))
}

fn retries(text: &str) -> Result<WebhookRetries, String> {
    match text {
        "never" => Ok(WebhookRetries::Never),
        "three" => Ok(WebhookRetries::UpToThree),
        "five" => Ok(WebhookRetries::UpToFive),
        _ => Err(format!("{text} is not never, three or five\n{USAGE}")),
    }
}
