//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use ams_oms_client::MerchantId;

pub(crate) const USAGE: &str = "usage: explain webhook|return|asn FILE [--merchant NAME] \
    [--policy FILE], or explain decide --return FILE --rma FILE [--policy FILE]; a FILE may be -";

/// What is in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Webhook,
    Return,
    Asn,
}

#[derive(Debug)]
pub(crate) enum Request {
    /// Which RMA would this make?
    Map {
        form: Form,
        file: PathBuf,
        merchant: MerchantId,
        policy: Option<PathBuf>,
    },
    /// What would be told to Loop?
    Decide {
        ret: PathBuf,
        rma: PathBuf,
        policy: Option<PathBuf>,
    },
}

/// `None` when help was asked for.
pub(crate) fn parse(mut args: impl Iterator<Item = OsString>) -> Result<Option<Request>, String> {
    let (mut merchant, mut policy, mut ret, mut rma) = (None, None, None, None);
    let mut plain = Vec::new();
    while let Some(arg) = args.next() {
        let option = match arg.to_str() {
            Some("--help" | "-h") => return Ok(None),
            Some("--merchant") => &mut merchant,
            Some("--policy") => &mut policy,
            Some("--return") => &mut ret,
            Some("--rma") => &mut rma,
            Some(option) if option.starts_with("--") => return Err(USAGE.to_owned()),
            _ => {
                plain.push(arg);
                continue;
            }
        };
        *option = Some(args.next().ok_or(USAGE)?);
    }
    let policy = policy.map(PathBuf::from);
    if plain == ["decide"] {
        return match (ret, rma, merchant) {
            // Whose it is stands in the RMA.
            (Some(ret), Some(rma), None) => Ok(Some(Request::Decide {
                ret: ret.into(),
                rma: rma.into(),
                policy,
            })),
            _ => Err(USAGE.to_owned()),
        };
    }
    if ret.is_some() || rma.is_some() {
        return Err(USAGE.to_owned());
    }
    let merchant = merchant.unwrap_or_else(|| OsString::from("demo"));
    let [form, file] = <[OsString; 2]>::try_from(plain).map_err(|_| USAGE)?;
    let form = match form.to_str() {
        Some("webhook") => Form::Webhook,
        Some("return") => Form::Return,
        Some("asn") => Form::Asn,
        _ => return Err(USAGE.to_owned()),
    };
    let merchant = MerchantId::new(merchant.to_string_lossy())
        .map_err(|error| format!("--merchant: {error}"))?;
    Ok(Some(Request::Map {
        form,
        file: file.into(),
        merchant,
        policy,
    }))
}
