//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use ams_oms_client::MerchantId;

pub(crate) const USAGE: &str =
    "usage: explain webhook|return|asn FILE [--merchant NAME] [--policy FILE]; FILE may be -";

/// What is in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Webhook,
    Return,
    Asn,
}

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) form: Form,
    pub(crate) file: PathBuf,
    pub(crate) merchant: MerchantId,
    pub(crate) policy: Option<PathBuf>,
}

/// `None` when help was asked for.
pub(crate) fn parse(mut args: impl Iterator<Item = OsString>) -> Result<Option<Request>, String> {
    let mut merchant = OsString::from("demo");
    let mut policy = None;
    let mut plain = Vec::new();
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--help" | "-h") => return Ok(None),
            Some("--merchant") => merchant = args.next().ok_or(USAGE)?,
            Some("--policy") => policy = Some(args.next().ok_or(USAGE)?.into()),
            Some(option) if option.starts_with("--") => return Err(USAGE.to_owned()),
            _ => plain.push(arg),
        }
    }
    let [form, file] = <[OsString; 2]>::try_from(plain).map_err(|_| USAGE)?;
    let form = match form.to_str() {
        Some("webhook") => Form::Webhook,
        Some("return") => Form::Return,
        Some("asn") => Form::Asn,
        _ => return Err(USAGE.to_owned()),
    };
    let merchant = MerchantId::new(merchant.to_string_lossy())
        .map_err(|error| format!("--merchant: {error}"))?;
    Ok(Some(Request {
        form,
        file: file.into(),
        merchant,
        policy,
    }))
}
