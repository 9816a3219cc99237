//! Compiles the example in the repository's README as a test. It stands here because the packed
//! crates do not have that file.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
