//! The command line and the environment.

use std::net::SocketAddr;

use loop_client::sandbox::Processing;

pub(crate) const USAGE: &str = "usage: loop_sandbox [--api ADDRESS:PORT] [--control ADDRESS:PORT] [--immediate]; \
     or LOOP_SANDBOX_API and LOOP_SANDBOX_CONTROL; 127.0.0.1:4010 and :4011 unless given";

#[derive(Debug, PartialEq)]
pub(crate) struct Setup {
    pub(crate) api: SocketAddr,
    pub(crate) control: SocketAddr,
    pub(crate) processing: Processing,
}

/// `None` when help was asked for. The command line wins over the environment.
pub(crate) fn parse(
    mut args: impl Iterator<Item = String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Setup>, String> {
    let given = |name: &str, default: &str| variable(name).unwrap_or_else(|| default.to_owned());
    let mut api = given("LOOP_SANDBOX_API", "127.0.0.1:4010");
    let mut control = given("LOOP_SANDBOX_CONTROL", "127.0.0.1:4011");
    let mut processing = Processing::Held;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--help" | "-h" => return Ok(None),
            "--api" => api = args.next().ok_or(USAGE)?,
            "--control" => control = args.next().ok_or(USAGE)?,
            "--immediate" => processing = Processing::Immediate,
            _ => return Err(USAGE.to_owned()),
        }
    }
    let address = |text: String| {
        text.parse()
            .map_err(|_| format!("{text} is no address with a port\n{USAGE}"))
    };
    Ok(Some(Setup {
        api: address(api)?,
        control: address(control)?,
        processing,
    }))
}
