use std::path::Path;
use std::time::Duration;

use super::{Fault, OmsSettings, Settings, check, from_environment};

fn environment(name: &str) -> Option<String> {
    match name {
        "KEY" | "LOOP_API_KEY" => Some("canary-key\n".to_owned()),
        "OTHER" => Some("other-key".to_owned()),
        "SECRET" => Some("canary-secret".to_owned()),
        "EMPTY" => Some(" \n".to_owned()),
        _ => None,
    }
}

fn read(text: &str) -> Result<Settings, Vec<Fault>> {
    check(text, &environment)
}

#[test]
fn the_file_to_start_from_is_fine() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a webhook secret\n").unwrap();
    let text = include_str!("../service.toml")
        .replace("/run/secrets/acme-loop-webhook", secret.to_str().unwrap());
    let all_set = |name: &str| match name {
        "LOOP_BASE_URL" | "DATABASE_URL" => None,
        other => Some(format!("value-of-{other}")),
    };
    let settings = check(&text, &all_set).unwrap();
    assert_eq!(settings.drain, Duration::from_secs(150));
    let [acme, globex] = &settings.merchants[..] else {
        panic!("{settings:?}");
    };
    assert!(acme.policy.process_returns && acme.webhooks.is_some());
    assert!(matches!(acme.oms, OmsSettings::Sqlite(None)));
    assert_eq!(acme.schedule.pull, Duration::from_secs(300));
    assert!(matches!(globex.oms, OmsSettings::Ready(_)));
    assert_eq!(globex.policy.process_outcomes.len(), 2);
}

/// What is wrong, and the line that says so.
const WRONG: [(&str, &str); 32] = [
    (
        "listen = 'x'\n[merchants.a]\napi_key = {env='KEY'}",
        "listen: invalid socket address syntax",
    ),
    ("liste = 1", "unknown field `liste`"),
    ("a = [", "line 1: "),
    ("", "merchants: there is none"),
    (
        "merchants = 3",
        "merchants: expected a table for each merchant",
    ),
    ("[merchants.a]", "merchants.a: missing field `api_key`"),
    (
        "[merchants.a]\napi_key = {env='NOT_SET'}",
        "merchants.a.api_key: the environment variable NOT_SET is not set",
    ),
    (
        "[merchants.a]\napi_key = {env='EMPTY'}",
        "merchants.a.api_key: the environment variable EMPTY is empty",
    ),
    (
        "[merchants.a]\napi_key = {file='/no/such/file'}",
        "merchants.a.api_key: /no/such/file: No such file",
    ),
    (
        "[merchants.a]\napi_key = 'canary-key'",
        "merchants.a.api_key: a secret does not belong into this file",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY', file='x'}",
        "merchants.a.api_key: expected { env",
    ),
    (
        "[merchants.a]\napi_key = 77770000",
        "merchants.a.api_key: expected { env",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\nwebhook_secrets = 'canary-secret'",
        "merchants.a.webhook_secrets: expected a list in [ ]",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\nwebhook_secrets = [{env='NOT_SET'}]",
        "merchants.a.webhook_secrets[0]: the environment variable",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\npull_every = 'often'",
        "merchants.a.pull_every: is not a time",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\npull_every = '0s'",
        "merchants.a.pull_every: is not a time",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\nloop_base_url = 'http://example.com'",
        "merchants.a.loop_base_url: is plain http",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\noms = {kind='canary-key'}",
        "merchants.a.oms.kind: expected `sqlite` or `http`",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\noms = {kind='http', url='https://u:canary-key@h/', key={env='KEY'}}",
        "merchants.a.oms: ",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\n[merchants.a.policy]\nproces_returns = true",
        "merchants.a.policy",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\n[merchants.a.policy]\ncancel_in_loop = true",
        "merchants.a.policy: ",
    ),
    (
        "[merchants.'a/b']\napi_key = {env='KEY'}",
        "merchants.a/b: ",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\n[merchants.b]\napi_key = {env='KEY'}",
        "merchants.b.api_key: is the key of a too",
    ),
    (
        "operator_listen = '127.0.0.1:8080'\n[merchants.a]\napi_key = {env='KEY'}",
        "operator_listen: is the address of listen",
    ),
    (
        "workers = 100000\n[merchants.a]\napi_key = {env='KEY'}",
        "workers: must be at most 16",
    ),
    (
        "workers = 0\n[merchants.a]\napi_key = {env='KEY'}",
        "workers: expected a number",
    ),
    (
        "state = '/proc/self/status'\n[merchants.a]\napi_key = {env='KEY'}",
        "state: /proc/self/status is not a folder",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\ncalls_per_minute = 0",
        "merchants.a.calls_per_minute: must be at least 1",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\nsettle_every = '1ms'",
        "merchants.a.settle_every: must be at least 100ms",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\narchive_after = '1s'",
        "merchants.a.archive_after: must be at least 86400s",
    ),
    (
        "[merchants.a]\napi_key = {env='canary-key'}",
        "merchants.a.api_key: env names no environment variable",
    ),
    (
        "[merchants.a]\napi_key = {env='KEY'}\n[merchants.A]\napi_key = {env='OTHER'}",
        "merchants.a: differs from A in capitals only",
    ),
];

#[test]
fn each_fault_is_named_with_its_key_and_no_secret() {
    for (text, line) in WRONG {
        let faults = read(text).expect_err(text);
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(
            said.iter()
                .any(|it| it.starts_with(line) || it.contains(line)),
            "{text}\n{said:?}"
        );
        let all = format!("{said:?}");
        for secret in ["canary", "77770000"] {
            assert!(!all.contains(secret), "{text}\n{all}");
        }
    }
}

#[test]
fn a_fault_in_one_merchant_hides_none_in_another() {
    let faults = read("[merchants.a]\napi_key = {env='NO'}\n[merchants.b]\nx = 1\n").unwrap_err();
    let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("merchants.a.api_key: "));
    assert!(said[1].starts_with("merchants.b"));
}

#[test]
fn secrets_are_trimmed_and_not_printed() {
    let settings = read("inline_secrets = true\n[merchants.a]\napi_key = {env='KEY'}\nwebhook_secrets = ['canary-secret']").unwrap();
    assert_eq!(settings.merchants[0].api_key.as_str(), "canary-key");
    assert!(!format!("{settings:?}").contains("canary"));
}

#[test]
fn a_stand_in_is_for_every_merchant() {
    let text = "[merchants.a]\napi_key = {env='KEY'}\nloop_base_url = 'https://a.example'\n\
                [merchants.b]\napi_key = {env='KEY'}";
    let with_stand_in = |name: &str| match name {
        "LOOP_BASE_URL" => Some("http://127.0.0.1:4010/api".to_owned()),
        other => environment(other),
    };
    let settings = check(text, &with_stand_in).unwrap();
    for merchant in settings.merchants {
        assert_eq!(
            merchant.base_url.as_deref(),
            Some("http://127.0.0.1:4010/api")
        );
    }
}

#[test]
fn the_environment_alone_makes_one_merchant_with_refunds_off() {
    let settings = from_environment(&environment).unwrap().unwrap();
    let [merchant] = &settings.merchants[..] else {
        panic!("{settings:?}");
    };
    assert_eq!(merchant.id.as_str(), "acme");
    assert!(!merchant.policy.process_returns && merchant.webhooks.is_none());
    assert!(from_environment(&|_: &str| None).unwrap().is_none());
    let half = |name: &str| (name == "LOOP_BASE_URL").then(|| "http://127.0.0.1:1".to_owned());
    assert!(
        from_environment(&half)
            .unwrap_err()
            .to_string()
            .contains("LOOP_API_KEY")
    );
    assert!(
        super::load(Path::new("/no/such.toml"), &environment)
            .unwrap_err()
            .to_string()
            .starts_with("/no/such.toml: ")
    );
}
