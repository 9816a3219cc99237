//! The conformance suite finds what it is made for: implementations that break the contract in
//! one way each, and the rules that see it.
#![cfg(all(feature = "memory", feature = "conformance"))]
// Helpers of an integration test are not seen as test code by Clippy's own exemption.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure has to end the test"
)]

mod broken;

use std::collections::BTreeSet;

use ams_oms_client::conformance::{self, Rule, Suite};

use broken::{Broken, Defect, Modest, Sound, Strict};

#[tokio::test]
async fn each_defect_breaks_its_rules_and_no_other() {
    let mut wrong = Vec::new();
    for (defect, rules) in broken::all() {
        let name = format!("{defect:?}");
        let oms = Broken::new(defect);
        let report = conformance::run(&oms, &oms).await;
        let failed: BTreeSet<&str> = report.failed().map(|(rule, _)| rule.id()).collect();
        if failed != rules.iter().copied().collect() {
            let shown = report.into_result().map_err(|broken| broken.to_string());
            wrong.push(format!("{name} should break {rules:?}, and: {shown:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A rule that nothing breaks would be no test.
#[test]
fn every_rule_is_broken_by_some_defect() {
    let broken: BTreeSet<&str> = broken::all()
        .into_iter()
        .flat_map(|(_, rules)| rules.iter().copied())
        .collect();
    let rules: BTreeSet<&str> = Rule::all().map(Rule::id).collect();
    assert_eq!(broken, rules);
}

/// The wrapper around the defects is not itself the defect; and the suite prepares whatever it
/// uses.
#[tokio::test]
async fn without_a_defect_every_rule_holds() {
    for sound in [
        Box::new(Sound) as Box<dyn Defect>,
        Box::new(Strict::default()),
    ] {
        let oms = Broken::new(sound);
        let report = conformance::run(&oms, &oms).await;
        assert!(report.is_passed(), "{oms:?}\n{report}");
        assert_eq!(report.skipped().count(), 0, "{report}");
    }
}

/// What a system does not have is no failure, as long as it says so.
#[tokio::test]
async fn a_modest_system_passes_and_is_told_what_was_not_judged() {
    let oms = Broken::new(Box::new(Modest));
    let report = conformance::run(&oms, &oms).await;
    assert!(report.is_passed(), "{report}");
    let skipped: Vec<&str> = report.skipped().map(|(rule, _)| rule.id()).collect();
    for rule in [
        "amend-replaces",
        "feed-tells-creation",
        "missing-is-settled",
    ] {
        assert!(skipped.contains(&rule), "{rule}\n{report}");
    }
    for rule in Rule::all().map(Rule::id) {
        let core = rule.starts_with("create-") || rule.starts_with("capabilit");
        assert!(!(core && skipped.contains(&rule)), "{rule}\n{report}");
    }
}

#[tokio::test]
async fn a_prefix_names_the_merchants_and_serves_once() {
    let oms = ams_oms_client::MemoryOms::new();
    let suite = |prefix: &str| Suite::new(&oms, &oms).merchant_prefix(prefix);
    for refused in ["", "a/b", "a b", &"x".repeat(25)] {
        assert!(suite(refused).is_err(), "{refused:?}");
    }
    let longest = "x".repeat(24);
    let report = suite(&longest).unwrap().run().await;
    assert!(report.is_passed(), "{report}");
    assert_eq!(report.merchant_prefix(), longest);

    let again = suite(&longest).unwrap().run().await;
    let (_, evidence) = again.failed().next().unwrap();
    assert!(evidence.contains("prefix"), "{evidence}");
    assert!(suite("other").unwrap().run().await.is_passed());
}

#[tokio::test]
async fn single_rules_are_run_on_any_task_and_a_misspelt_one_does_not_pass() {
    let run = |id: &'static str| {
        tokio::spawn(async move {
            let oms = ams_oms_client::MemoryOms::new();
            Suite::new(&oms, &oms).only(Rule::named(id)).run().await
        })
    };
    let report = run("cancel-repeats").await.unwrap();
    assert!(report.is_passed(), "{report}");
    assert_eq!(report.results().len(), 1);
    let report = run("cancel-repaets").await.unwrap();
    assert!(report.into_result().is_err());
}
