//! Arguments and environment.

use std::ffi::OsString;
use std::fs;

use clap::Parser as _;
use loop_client::{ReturnId, ReturnsFilter};

use super::world::at;
use crate::args::{Args, Wanted};
use crate::progress::Progress;
use crate::{Problem, run};

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
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (ledger, oms) = (file("ledger"), file("oms"));
    let files = [("LEDGER_FILE", ledger.as_str()), ("OMS_FILE", oms.as_str())];

    let text = run_in(&files, &["--dry-run"]).await.unwrap();
    assert!(text.contains("would make RMA 99904598"), "{text}");
    assert_eq!(
        folder.path().read_dir().unwrap().count(),
        0,
        "not even empty files"
    );

    let text = run_in(&files, &[]).await.unwrap();
    assert!(text.contains("     12  RMA made, waits   "), "{text}");
    assert!(text.contains("     36  in all"), "{text}");
    assert!(fs::metadata(&ledger).unwrap().len() > 0);
    // By id, on the same files, and on temporary ones.
    for environment in [&files as &[_], &[]] {
        let text = run_in(environment, &["--id", "99904598"]).await.unwrap();
        assert!(text.contains("      1  in all"), "{text}");
    }
}

#[tokio::test]
async fn faults_of_the_environment_are_named_and_secrets_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().to_str().unwrap();
    let policy = folder.path().join("policy.json");
    fs::write(&policy, r#"{"proces_returns": true}"#).unwrap();
    let key = ("LOOP_API_KEY", "canary-key");
    let files: [(&str, &str); 2] = [("LEDGER_FILE", inside), ("OMS_FILE", inside)];
    let range: &[&str] = &["--from", "2026-06-01"];
    for (environment, args, mentions) in [
        (
            vec![("LOOP_BASE_URL", "http://127.0.0.1:1/")],
            range,
            "LOOP_API_KEY",
        ),
        (vec![key], range, "OMS_FILE"),
        (vec![key, files[1]], range, "OMS_FILE"),
        (
            vec![key, ("OMS_URL", "http://127.0.0.1:1")],
            range,
            "OMS_KEY",
        ),
        (
            vec![key, ("OMS_URL", "ftp://x"), ("OMS_KEY", "canary")],
            range,
            "OMS_URL",
        ),
        (
            vec![
                key,
                ("OMS_URL", "http://127.0.0.1:1"),
                ("OMS_KEY", "canary"),
            ],
            range,
            "LEDGER_FILE",
        ),
        (
            vec![
                key,
                ("OMS_URL", "http://127.0.0.1:1"),
                ("OMS_KEY", "canary"),
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
        (vec![("LOOP_API_KEY", "")], range, "empty"),
        (vec![("MERCHANT", "a/b")], range, "MERCHANT"),
        (
            vec![],
            &["--policy", policy.to_str().unwrap()],
            "proces_returns",
        ),
        (vec![], &["--policy", "/nowhere"], "--policy /nowhere"),
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
    let ledger = folder.path().join("ledger");
    let oms = folder.path().join("oms");
    let files = [
        key,
        ("LEDGER_FILE", ledger.to_str().unwrap()),
        ("OMS_FILE", oms.to_str().unwrap()),
    ];
    let problem = run_in(&files, &[]).await.unwrap_err();
    assert!(matches!(problem, Problem::Setup(it) if it.contains("which returns?")));
}
