//! Every form and every quirk of Loop's payloads, from fixtures of our own in the shapes that
//! Loop documents, through to what they mean.

mod answers;
mod forms;
mod quirks;
mod webhooks;

use std::path::{Path, PathBuf};

use loop_client::Return;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

/// The bytes of a fixture, such as `forms/details.json`.
fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn fixture_return(name: &str) -> Return {
    Return::decode(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A fixture that no row of a table names would be dead weight that looks like a test.
fn assert_all_named<'a>(kind: &str, named: impl IntoIterator<Item = &'a str>) {
    let mut found: Vec<String> = std::fs::read_dir(folder(kind))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut named: Vec<&str> = named.into_iter().collect();
    found.sort();
    named.sort_unstable();
    named.dedup();
    assert_eq!(
        found, named,
        "files of fixtures/{kind} and rows of the table"
    );
}
