//! Arguments and environment.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use clap::Parser as _;
use loop_client::sandbox::Sandbox;
use loop_client::{ReturnId, ReturnsFilter};

use super::world::{at, two_units};
use crate::args::{Args, Wanted};
use crate::progress::Progress;
use crate::{Problem, policy, run};

fn parse(args: &[&str]) -> Result<Args, i32> {
    let args = ["backfill"].iter().chain(args);
    Args::try_parse_from(args).map_err(|error| error.exit_code())
}

fn wanted(args: &[&str], stdin: &str) -> Result<Option<Wanted>, String> {
    Wanted::of(
        &parse(args).unwrap(),
        &mut stdin.as_bytes(),
        at("2026-07-01"),
    )
}

#[test]
fn the_command_line_says_which_returns() {
    let range = |by, from: &str, to: Option<&str>| Wanted::Range {
        by,
        from: at(from),
        to: to.map(at),
    };
    let ids = |ids: &[u64]| {
        let ids = ids.iter().map(|id| ReturnId::new(*id).unwrap());
        Wanted::Ids(ids.collect())
    };
    use ReturnsFilter::{CreatedAt, UpdatedAt};
    for (args, expected) in [
        (&[] as &[&str], Ok(None)),
        (
            &["--from", "2026-06-01"],
            Ok(Some(range(CreatedAt, "2026-06-01", None))),
        ),
        (
            &[
                "--from",
                "2026-06-01T12:00:00+02:00",
                "--to",
                "2026-07-02",
                "--by",
                "changed",
            ],
            Ok(Some(range(
                UpdatedAt,
                "2026-06-01T10:00:00Z",
                Some("2026-07-02"),
            ))),
        ),
        (
            &["--id", "7", "--id", "5", "--id", "7"],
            Ok(Some(ids(&[5, 7]))),
        ),
        (&["--id", "7", "--ids", "-"], Ok(Some(ids(&[1, 2, 7])))),
        (&["--from", "2026-07-01"], Err("not in the past")),
        (
            &["--from", "2026-06-02", "--to", "2026-06-02"],
            Err("the range is empty"),
        ),
        (
            &["--from", "2026-06-02", "--to", "2026-06-01"],
            Err("the range is empty"),
        ),
        (&["--ids", "/nowhere"], Err("--ids /nowhere: ")),
    ] {
        match (wanted(args, "1\n2\n"), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{args:?}"),
            (Err(problem), Err(mentions)) => assert!(problem.contains(mentions), "{problem}"),
            (found, _) => panic!("{args:?}: {found:?}"),
        }
    }
    assert!(
        wanted(&["--ids", "-"], "1\nx\n")
            .unwrap_err()
            .ends_with("these do not: 2")
    );
}

#[test]
fn what_the_command_line_cannot_mean_is_refused() {
    for args in [
        &["--from", "yesterday"] as &[&str],
        &["--from", "2026-06-31"],
        &["--to", "2026-06-01"],
        &["--by", "changed"],
        &["--from", "2026-06-01", "--by", "created"],
        &["--from", "2026-06-01", "--id", "5"],
        &["--from", "2026-06-01", "--ids", "-"],
        &["--id", "0"],
        &["--id", "#1001"],
        &["--calls-per-minute", "0"],
        &["--calls-per-minute", "301"],
        &["--dry-run", "--restart"],
        &["--dry-run", "--state", "x"],
        &["99904598"],
    ] {
        assert_eq!(parse(args).map(drop), Err(2), "{args:?}");
    }
    assert_eq!(parse(&["--help"]).map(drop), Err(0));
}

async fn run_in(environment: &[(&str, &str)], args: &[&str]) -> Result<String, Problem> {
    let find = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| OsString::from(value))
    };
    let stdin = &mut std::io::empty();
    let report = run(parse(args).unwrap(), &find, stdin, Progress::to_nobody()).await?;
    assert_eq!(report.problem, None);
    Ok(report.text)
}

#[tokio::test]
async fn it_runs_without_an_account() {
    let text = run_in(&[], &["--dry-run"]).await.unwrap();
    assert!(text.contains("would make RMA 99904598"), "{text}");
    let text = run_in(&[], &[]).await.unwrap();
    assert!(text.contains("     12  RMA made, waits   "), "{text}");
    assert!(text.contains("     36  in all"), "{text}");
    let text = run_in(&[], &["--id", "99904598"]).await.unwrap();
    assert!(text.contains("      1  in all"), "{text}");
}

/// Made-up returns belong in nothing real.
#[tokio::test]
async fn without_an_account_nothing_real_may_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("canary");
    for name in [
        "OMS_URL",
        "OMS_KEY",
        "OMS_FILE",
        "LEDGER_FILE",
        "DATABASE_URL",
        "LOOP_WEBHOOK_SECRET",
        "LOOP_BASE_URL",
    ] {
        for args in [&[] as &[&str], &["--dry-run"]] {
            match run_in(&[(name, file.to_str().unwrap())], args).await {
                Err(Problem::Setup(it)) => {
                    assert!(it.contains(name) && it.contains("LOOP_API_KEY"), "{it}");
                    assert!(!it.contains("canary"), "{it}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_ledger_that_is_new_to_the_merchant_has_to_be_meant() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let id = sandbox.create_return(two_units()).to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (ledger, typo, oms) = (file("ledger"), file("leger"), file("oms"));
    let run = async |merchant: &str, ledger: &str, option: &str| {
        let environment = [
            ("LOOP_API_KEY", sandbox.api_key()),
            ("LOOP_BASE_URL", sandbox.base_url()),
            ("MERCHANT", merchant),
            ("LEDGER_FILE", ledger),
            ("OMS_FILE", &oms),
        ];
        let args = ["--id", &id, option];
        let args = args.iter().copied().filter(|arg| !arg.is_empty());
        run_in(&environment, &args.collect::<Vec<_>>()).await
    };
    // But for what SQLite keeps beside them while they are open.
    let files = || {
        let names = folder.path().read_dir().unwrap();
        let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
        let names = names.filter(|name| !name.contains('-'));
        names.collect::<BTreeSet<_>>()
    };
    for (merchant, ledger, option, refused) in [
        ("acme", &ledger, "", Some("ledger does not exist")),
        ("acme", &ledger, "--dry-run", None),
        ("acme", &ledger, "--new-ledger", None),
        ("acme", &ledger, "", None),
        ("acme", &typo, "", Some("leger does not exist")),
        ("acne", &ledger, "", Some("MERCHANT may be wrong")),
        ("acne", &ledger, "--dry-run", None),
    ] {
        let before = files();
        let ran = run(merchant, ledger, option).await;
        match (ran, refused) {
            (Ok(_), None) => {}
            (Err(Problem::Setup(it)), Some(why)) => {
                assert!(it.contains(why) && it.contains("--new-ledger"), "{it}");
                assert_eq!(files(), before, "not even an empty file");
            }
            (ran, _) => panic!("{merchant} {ledger} {option}: {ran:?}"),
        }
        if option == "--dry-run" {
            assert_eq!(files(), before, "not even an empty file");
        }
    }
    // Nobody has used it yet.
    fs::write(&typo, "").unwrap();
    let refused = run("acme", &typo, "").await;
    assert!(matches!(refused, Err(Problem::Setup(it)) if it.contains("knows nothing of")));
}

#[tokio::test]
async fn the_policy_is_the_options_or_else_the_environments() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (on, off) = (
        file("on", r#"{"process_returns": true}"#),
        file("off", r#"{"process_returns": false}"#),
    );
    for (option, variable, processes) in [
        (None, None, false),
        (None, Some(&on), true),
        (Some(&off), Some(&on), false),
        (Some(&on), Some(&off), true),
    ] {
        let variables = |name: &str| {
            let variable = variable.filter(|_| name == "POLICY_FILE");
            variable.map(|path| path.clone().into_os_string())
        };
        let policy = policy::read(option.map(PathBuf::as_path), &variables).unwrap();
        assert_eq!(policy.process_returns, processes, "{option:?} {variable:?}");
    }
}

#[tokio::test]
async fn faults_of_the_environment_are_named_and_secrets_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().to_str().unwrap();
    let policy = folder.path().join("policy.json");
    fs::write(&policy, r#"{"proces_returns": true}"#).unwrap();
    let key = ("LOOP_API_KEY", "canary-key");
    let file = folder.path().join("ledger");
    let ledger = ("LEDGER_FILE", file.to_str().unwrap());
    let range: &[&str] = &["--from", "2026-06-01"];
    let new: &[&str] = &["--from", "2026-06-01", "--new-ledger"];
    for (environment, args, mentions) in [
        (
            vec![("LOOP_BASE_URL", "http://127.0.0.1:1/")],
            range,
            "LOOP_API_KEY",
        ),
        (vec![key], range, "LEDGER_FILE"),
        (vec![key, ("LEDGER_FILE", inside)], range, "LEDGER_FILE"),
        (vec![key, ledger], new, "OMS_FILE"),
        (vec![key, ledger, ("OMS_FILE", inside)], new, "OMS_FILE"),
        (
            vec![key, ledger, ("OMS_URL", "http://127.0.0.1:1")],
            new,
            "OMS_KEY",
        ),
        (
            vec![key, ledger, ("OMS_URL", "ftp://x"), ("OMS_KEY", "canary")],
            new,
            "OMS_URL",
        ),
        (
            vec![
                key,
                ("DATABASE_URL", "postgres://u:canary@db.example.com/x"),
            ],
            range,
            "DATABASE_URL",
        ),
        (
            vec![key, ("LOOP_BASE_URL", "http://example.com")],
            range,
            "plain http",
        ),
        (vec![("LOOP_API_KEY", "")], range, "LOOP_API_KEY: "),
        (vec![("MERCHANT", "a/b")], range, "MERCHANT"),
        (
            vec![],
            &["--policy", policy.to_str().unwrap()],
            "proces_returns",
        ),
        (vec![], &["--policy", "/nowhere"], "--policy /nowhere"),
        (
            vec![("POLICY_FILE", "/nowhere")],
            &[],
            "POLICY_FILE /nowhere",
        ),
    ] {
        match run_in(&environment, args).await {
            Err(Problem::Setup(problem)) => {
                assert!(problem.contains(mentions), "{problem}");
                assert!(!problem.contains("canary"), "{problem}");
            }
            other => panic!("{environment:?}: {other:?}"),
        }
    }
    // With a key, somebody has to say which returns.
    let problem = run_in(&[key], &[]).await.unwrap_err();
    assert!(matches!(problem, Problem::Setup(it) if it.contains("which returns?")));
}
