//! Checks of a call's input, before anything is sent.

use crate::call::Call;
use crate::error::{Effect, Error, ErrorKind};
use crate::{Personal, ReturnId};

/// Loop counts characters, not bytes.
pub(crate) fn at_most(
    text: &str,
    most: usize,
    complaint: &'static str,
) -> Result<(), &'static str> {
    if text.chars().count() > most {
        return Err(complaint);
    }
    Ok(())
}

/// As [`at_most`], for what may be left out.
pub(crate) fn optional_at_most(
    text: Option<&Personal>,
    most: usize,
    complaint: &'static str,
) -> Result<(), &'static str> {
    text.map_or(Ok(()), |text| at_most(text.reveal(), most, complaint))
}

pub(crate) fn not_blank(text: &str, complaint: &'static str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err(complaint);
    }
    Ok(())
}

/// The error for input that is not sent.
pub(crate) fn refused(call: Call, id: Option<ReturnId>, what: &'static str) -> Error {
    Error::new(call, id, None, Effect::NotSent, ErrorKind::Input(what))
}
