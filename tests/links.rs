//! Whatever the documentation points to in this repository is there: files, headings, pages on
//! docs.rs, and the tests that are named as showing a guarantee. rustdoc checks the links to items.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const REPOSITORY: &str = "https://github.com/ams-fulfillment/loop-returns-sdk/blob/main/";
const CRATES: [&str; 3] = ["loop-client", "ams-oms-client", "ams-loop-bridge"];

#[test]
fn every_link_leads_somewhere() {
    let root = root();
    let mut dead = Vec::new();
    let mut checked = 0;
    for file in files(&root, "md") {
        let text = fs::read_to_string(&file).unwrap();
        for target in targets(&text) {
            checked += 1;
            if let Err(why) = follow(&root, &file, &target) {
                let file = file.strip_prefix(&root).unwrap().display();
                dead.push(format!("{file}: {target}: {why}"));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
    assert!(checked > 100, "only {checked} links were found");
}

/// Or the tests above would find nothing whatever is wrong.
#[test]
fn a_dead_link_is_found() {
    let root = root();
    let guide = root.join("ams-loop-bridge/docs/guide/poll.md");
    let readme = root.join("README.md");
    let missing = format!("{REPOSITORY}examples/nowhere.rs");
    for (file, target) in [
        (&readme, "nowhere.md"),
        (&readme, "README.md#nowhere"),
        (&readme, "#nowhere"),
        (&readme, missing.as_str()),
        (
            &readme,
            "https://docs.rs/loop-client/latest/loop_client/nowhere/index.html",
        ),
        (&guide, "../decision-table.md"),
        (&guide, "guarantees#nowhere"),
    ] {
        assert!(follow(&root, file, target).is_err(), "{target}");
    }
    let text = "[a](b.md), [`c`](crate::c()), `[d](e)`\n```\n[f](g)\n```\n[h]: i\n";
    assert_eq!(targets(text), ["b.md", "crate::c()", "i"]);
    assert!(names_a_test(&root, "shell::claims"));
    assert!(!names_a_test(&root, "shell::nowhere"));
    assert!(!names_a_test(&root, "nowhere"));
}

/// Doc comments, and programs that print addresses.
#[test]
fn sources_name_files_of_the_repository_that_exist() {
    let root = root();
    for file in files(&root, "rs") {
        let text = fs::read_to_string(&file).unwrap();
        for rest in text.split(REPOSITORY).skip(1) {
            let ends = |c: char| !(c.is_alphanumeric() || "/._-".contains(c));
            let path = rest.split(ends).next().unwrap_or_default();
            assert!(root.join(path).exists(), "{}: {path}", file.display());
        }
    }
}

/// Each rule names tests, by path or by module and function.
#[test]
fn the_tests_that_show_a_guarantee_exist() {
    let root = root();
    let page = root.join("ams-loop-bridge/docs/guide/guarantees.md");
    let page = fs::read_to_string(page).unwrap();
    let rules: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| I")?.rsplit(" | ").next())
        .collect();
    assert_eq!(rules.len(), 11);
    for name in rules
        .iter()
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
    {
        let found = if name.contains('/') {
            root.join(name).exists()
        } else {
            names_a_test(&root, name)
        };
        assert!(found, "{name}");
    }
}

/// `shell`, `shell::claims` or `shell::claims::a_test`.
fn names_a_test(root: &Path, name: &str) -> bool {
    let mut parts = name.split("::");
    let test = parts.next().unwrap();
    let folder = root.join("ams-loop-bridge/tests").join(test);
    let folder = if folder.exists() {
        folder
    } else {
        root.join("tests").join(test)
    };
    let Some(last) = parts.last() else {
        return folder.is_dir();
    };
    let function = format!("fn {last}(");
    files(&folder, "rs").iter().any(|file| {
        file.file_stem().is_some_and(|stem| stem == last)
            || fs::read_to_string(file).unwrap().contains(&function)
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// All files below `folder` that end so, but for what is built or hidden.
fn files(folder: &Path, ending: &str) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                found.extend(files(&path, ending));
            }
        } else if path.extension().is_some_and(|it| it == ending) {
            found.insert(path);
        }
    }
    found
}

/// What the links of a Markdown text point to, inline and by reference.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    let mut found = Vec::new();
    for after in prose.split("](").skip(1) {
        let mut depth = 1;
        let target = after.chars().take_while(|c| {
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            depth > 0
        });
        found.push(target.collect());
    }
    for line in prose.lines().filter(|line| line.starts_with('[')) {
        if let Some((_, target)) = line.split_once("]: ") {
            found.push(target.trim().to_owned());
        }
    }
    found
}

/// Without blocks and spans of code.
fn prose(text: &str) -> String {
    let mut in_block = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            prose.extend(line.split('`').step_by(2));
            prose.push('\n');
        }
    }
    prose
}

fn follow(root: &Path, file: &Path, target: &str) -> Result<(), &'static str> {
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let page = if let Some(path) = path.strip_prefix(REPOSITORY) {
        root.join(path)
    } else if let Some(path) = path.strip_prefix("https://docs.rs/") {
        return on_docs_rs(root, path);
    } else if path.contains("://") || path.starts_with("mailto:") {
        return Ok(());
    } else if path.is_empty() {
        file.to_owned()
    } else if is_in_rustdoc(file) {
        // An item, which rustdoc looks for, or a page of the same guide by its module's name.
        if path.contains('/') || path.ends_with(".md") {
            return Err("a path, which docs.rs does not have");
        }
        let page = path.rsplit("::").next().unwrap_or(path);
        file.with_file_name(format!("{page}.md"))
    } else {
        file.parent().unwrap().join(path)
    };
    let is_item = is_in_rustdoc(file) && !page.exists() && heading.is_empty();
    if !page.exists() && !is_item {
        return Err("there is no such file");
    }
    if !heading.is_empty() && !headings(&page).contains(heading) {
        return Err("there is no such heading");
    }
    Ok(())
}

/// Pages that rustdoc includes.
fn is_in_rustdoc(file: &Path) -> bool {
    CRATES
        .iter()
        .any(|name| file.starts_with(root().join(name).join("docs")))
}

/// A module of one of our crates is a file, or a page of its guide.
fn on_docs_rs(root: &Path, path: &str) -> Result<(), &'static str> {
    let mut parts = path.trim_end_matches("/index.html").split('/');
    let Some(krate) = parts.next().filter(|it| CRATES.contains(it)) else {
        return Ok(());
    };
    let module: PathBuf = parts.skip(2).collect();
    let krate = root.join(krate);
    let (source, page) = (
        krate.join("src").join(&module),
        krate.join("docs").join(module),
    );
    if source.is_dir()
        || source.with_extension("rs").is_file()
        || page.with_extension("md").is_file()
    {
        return Ok(());
    }
    Err("there is no such module")
}

/// As GitHub names them.
fn headings(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap();
    let mut in_block = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        in_block ^= line.starts_with("```");
        let title = line.trim_start_matches('#');
        if in_block || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let title = title.trim().to_lowercase();
        let slug = title.chars().filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        });
        found.insert(slug.collect());
    }
    found
}
