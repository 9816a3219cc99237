use std::ffi::OsString;
use std::fs;

use loop_client::sandbox::{Fault, On, Sandbox};

use super::{Problem, run, shop};

async fn run_in(variables: &[(&str, &str)]) -> Result<(), Problem> {
    run(&|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| OsString::from(value))
    })
    .await
}

#[tokio::test]
async fn with_zero_seconds_it_makes_one_pass_and_tells_whether_it_went_well() {
    assert_eq!(run_in(&[("POLL_SECONDS", "0")]).await, Ok(()));

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (ledger, oms) = (file("ledger"), file("oms"));
    let sandbox = Sandbox::builder().start().await.unwrap();
    shop(&sandbox);
    let variables = [
        ("LOOP_API_KEY", sandbox.api_key()),
        ("LOOP_BASE_URL", sandbox.base_url()),
        ("LEDGER_FILE", &ledger),
        ("OMS_FILE", &oms),
        ("POLL_SECONDS", "0"),
    ];
    assert_eq!(run_in(&variables).await, Ok(()));
    sandbox.inject(Fault::unauthorized(), On::any());
    let failed = run_in(&variables).await;
    assert!(matches!(&failed, Err(Problem::Failed(_))), "{failed:?}");
}

#[tokio::test]
async fn a_fault_of_the_environment_is_named_and_no_secret_shown() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().to_str().unwrap();
    let policy = folder.path().join("policy");
    fs::write(&policy, r#"{"proces_returns": true}"#).unwrap();
    let policy = policy.to_str().unwrap();
    let oms = folder.path().join("oms");
    let oms = ("OMS_FILE", oms.to_str().unwrap());
    let key = ("LOOP_API_KEY", "canary-key");
    for (variables, mentions) in [
        (&[("POLL_SECONDS", "5m")][..], "POLL_SECONDS"),
        (&[("MERCHANT", "a/b")], "MERCHANT: "),
        (
            &[("LOOP_API_KEY", "")],
            "LOOP_API_KEY: the API key is empty",
        ),
        (
            &[key, ("LOOP_BASE_URL", "http://example.com")],
            "LOOP_BASE_URL: ",
        ),
        (
            &[key, ("LOOP_WEBHOOK_SECRET", " ")],
            "LOOP_WEBHOOK_SECRET: ",
        ),
        (&[key, ("POLICY_FILE", policy)], "proces_returns"),
        (
            &[key, ("OMS_URL", "http://127.0.0.1:1")],
            "OMS_KEY is not set",
        ),
        (
            &[key, ("OMS_URL", "ftp://x"), ("OMS_KEY", "canary")],
            "OMS_URL",
        ),
        (&[key, ("OMS_FILE", inside)], inside),
        (&[key, oms, ("LEDGER_FILE", inside)], inside),
        (
            &[
                key,
                oms,
                ("DATABASE_URL", "postgres://u:canary@127.0.0.1:1/x"),
            ],
            "DATABASE_URL: ",
        ),
        // Made-up returns belong in nothing real.
        (
            &[("OMS_URL", "canary"), ("LEDGER_FILE", "canary")],
            "LEDGER_FILE, OMS_URL",
        ),
        (&[("LOOP_WEBHOOK_SECRET", "canary")], "LOOP_WEBHOOK_SECRET"),
    ] {
        match run_in(variables).await {
            Err(Problem::Setup(it)) => {
                assert!(it.contains(mentions) && !it.contains("canary"), "{it}");
            }
            other => panic!("{variables:?}: {other:?}"),
        }
    }
}
