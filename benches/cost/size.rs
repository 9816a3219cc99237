use std::fs;
use std::path::Path;
use std::process::Command;

use loop_ams_benches::{Table, megabytes};

/// As it was built, and without its symbols where there is a `strip`.
pub(crate) fn of(program: &Path) -> Table {
    let mut table = Table::new(&["", "MB"]);
    table.row(["as built".to_owned(), size(program)]);
    let folder = tempfile::tempdir().unwrap();
    let stripped = folder.path().join("stripped");
    let strip = Command::new("strip")
        .arg("-o")
        .arg(&stripped)
        .arg(program)
        .status();
    if strip.is_ok_and(|status| status.success()) {
        table.row(["stripped".to_owned(), size(&stripped)]);
    } else {
        println!("there is no strip here");
    }
    table
}

fn size(file: &Path) -> String {
    megabytes(fs::metadata(file).unwrap().len())
}
