//! The command line, and faults in the configuration.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::canaries;
use crate::service::command;

/// A file that is right, with two merchants.
const RIGHT: &str = r#"
listen = "127.0.0.1:0"
state = "STATE"
[merchants.acme]
api_key = { env = "ACME_KEY" }
webhook_secrets = [{ file = "SECRET" }]
[merchants.bolt]
loop_base_url = "http://127.0.0.1:1/api"
api_key = { env = "BOLT_KEY" }
webhook_secrets = [{ env = "ACME_SECRET" }]
pull_every = "90s"
oms = { kind = "http", url = "http://127.0.0.1:1", key = { env = "OMS_SECRET" } }
[merchants.bolt.policy]
process_returns = true
"#;

/// What is put in the place of what, and what the fault's line has to name.
const WRONG: [(&str, &str, &[&str]); 14] = [
    ("listen =", "listne =", &["listne"]),
    ("127.0.0.1:0", "localhost", &["listen"]),
    ("\"90s\"", "\"soon\"", &["bolt", "pull_every"]),
    ("\"90s\"", "\"0s\"", &["bolt", "pull_every"]),
    ("pull_every", "pull_evry", &["bolt", "pull_evry"]),
    (
        "process_returns",
        "proces_returns",
        &["bolt", "policy", "proces_returns"],
    ),
    ("\"http\"", "\"soap\"", &["bolt", "oms"]),
    (
        "\"http://127.0.0.1:1\"",
        "\"ftp://oms\"",
        &["bolt", "oms", "address"],
    ),
    (
        "http://127.0.0.1:1/api",
        "not an address",
        &["bolt", "loop_base_url"],
    ),
    (
        "{ env = \"OMS_SECRET\" }",
        "{ env = \"UNSET\" }",
        &["bolt", "oms.key", "UNSET"],
    ),
    (
        "\"SECRET\"",
        "\"/nowhere/secret\"",
        &["acme", "webhook_secrets", "/nowhere/secret"],
    ),
    (
        "[{ env = \"ACME_SECRET\" }]",
        "[\"canary-inline-secret\"]",
        &["bolt", "webhook_secrets", "inline_secrets"],
    ),
    ("[merchants.bolt.policy]", "[merchants.a:b]", &["line"]),
    ("[merchants.acme]", "[merchants.acme", &["line"]),
];

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("state")).unwrap();
        fs::write(folder.path().join("secret"), "canary-secret-in-a-file\n").unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// What `--check` says of this configuration.
    fn check(&self, text: &str) -> Output {
        let text = text.replace("\"STATE\"", &format!("\"{}\"", self.path("state")));
        let text = text.replace("\"SECRET\"", &format!("\"{}\"", self.path("secret")));
        let file = self.path("service.toml");
        fs::write(&file, text).unwrap();
        check(Path::new(&file))
    }
}

fn check(file: &Path) -> Output {
    let mut command = command(&["--config".as_ref(), file.as_os_str(), "--check".as_ref()]);
    command
        .env("ACME_KEY", "canary-acme-key")
        .env("BOLT_KEY", "canary-bolt-key")
        .env("ACME_SECRET", "canary-webhook-secret");
    command
        .env("OMS_SECRET", canaries::OMS_KEY)
        .env_remove("DATABASE_URL");
    command
        .env_remove("LOOP_BASE_URL")
        .env_remove("UNSET")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(canaries::found_in(&said), None, "{said}");
    said
}

#[test]
fn a_right_configuration_is_called_so_and_each_fault_is_named() {
    let desk = Desk::new();
    let right = desk.check(RIGHT);
    assert_eq!(right.status.code(), Some(0), "{}", said(&right));
    said(&right);
    for (place, fault, named) in WRONG {
        let text = RIGHT.replacen(place, fault, 1);
        assert_ne!(text, RIGHT, "{place}");
        let output = desk.check(&text);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{fault}: {said}");
        let names = |line: &&str| {
            line.contains("service.toml") && named.iter().all(|word| line.contains(word))
        };
        assert!(
            said.lines().any(|line| names(&line)),
            "{fault}: no line names {named:?}: {said}"
        );
    }
    // All faults at once, a line each.
    let text = RIGHT
        .replace("ACME_KEY", "UNSET")
        .replace("BOLT_KEY", "UNSET")
        .replace("OMS_SECRET", "UNSET");
    let said = said(&desk.check(&text));
    assert_eq!(
        said.lines().filter(|line| line.contains("UNSET")).count(),
        3,
        "{said}"
    );
    assert!(
        fs::read_dir(desk.path("state")).unwrap().next().is_none(),
        "a check makes no files"
    );
}

#[test]
fn without_a_readable_file_or_with_other_words_it_says_so() {
    let desk = Desk::new();
    let missing = check(Path::new(&desk.path("nowhere.toml")));
    assert_eq!(missing.status.code(), Some(2));
    assert!(said(&missing).contains("nowhere.toml"));
    for (words, status) in [
        (&["--help"][..], 0),
        (&["--check"], 2),
        (&["--config"], 2),
        (&["surplus"], 2),
    ] {
        let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
        let output = command(&words).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(status), "{words:?}: {said}");
        assert!(!said.is_empty(), "{words:?}");
    }
}
