//! The guide: [plug in your OMS](plug_in_your_oms). What to do about each failure stands at the
//! variants of [`OmsError`], and how to be judged by the suite at the module
//! `conformance`.

// The pages are read in this scope.
#[cfg(doc)]
use crate::*;

#[doc = include_str!("../docs/guide/plug_in_your_oms.md")]
pub mod plug_in_your_oms {}
