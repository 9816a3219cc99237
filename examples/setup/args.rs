//! The command line.

const WEBHOOK_URL: &str = "Public address of the service's webhook endpoint, such as\n\
    https://bridge.example.com/webhooks/loop/acme";

/// Checks whether the integration of a merchant with Loop can run.
#[derive(Debug, clap::Parser)]
#[command(
    name = "setup",
    after_help = "Environment: LOOP_API_KEY (without it, a stand-in for Loop), LOOP_BASE_URL,\n\
        LOOP_WEBHOOK_SECRET, MERCHANT.\n\
        Exit code: 0 all that is needed is fine, 1 it is not, 2 bad arguments."
)]
pub(crate) struct Args {
    /// Make the webhook subscriptions that are missing; change no other
    #[arg(long)]
    pub(crate) fix: bool,

    // An attribute, because clippy reads an address in a doc comment as Markdown.
    #[arg(long, value_name = "URL", help = WEBHOOK_URL)]
    pub(crate) webhook_url: Option<String>,

    /// Version of Loop's API
    #[arg(long, value_name = "VERSION", default_value = "2026-10")]
    pub(crate) api_version: String,
}
