use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use loop_ams_benches::{Case, Interpreter, Table, median, peer, ratio, take_turns};

use crate::ours::Intake;
use crate::{SECRET, Webhook, micros};

/// How often each peer is started; each time ours is measured right after it.
const ROUNDS: usize = 5;

/// Seconds that a peer needed per webhook, and the same of ours in that round.
type Samples = Vec<(f64, f64)>;

/// What the programs in `benches/peers` need for the same webhook.
pub(crate) fn beside_ours(intake: &Intake, webhook: &Webhook, times: u32) -> Table {
    let directory = tempfile::tempdir().unwrap();
    let body = directory.path().join("body.json");
    fs::write(&body, &webhook.body).unwrap();

    let mut table = Table::new(&["", "time per webhook", "ratio to ours"]);
    for (interpreter, script) in [
        (Interpreter::Node, "intake.mjs"),
        (Interpreter::Python, "intake.py"),
    ] {
        let mut samples: BTreeMap<String, Samples> = BTreeMap::new();
        for _ in 0..ROUNDS {
            let measured = measure(interpreter, script, &body, &webhook.signature);
            let mut ours = [Case::new("ours", || {
                black_box(intake.take(black_box(webhook)));
            })];
            let ours = take_turns(201, times, &mut ours)
                .remove(0)
                .once
                .as_secs_f64();
            for (name, seconds) in measured {
                samples.entry(name).or_default().push((seconds, ours));
            }
        }
        for (name, samples) in samples {
            let once = median(samples.iter().map(|(seconds, _)| *seconds).collect());
            let to_ours = median(
                samples
                    .iter()
                    .map(|(seconds, ours)| seconds / ours)
                    .collect(),
            );
            table.row([name, micros(Duration::from_secs_f64(once)), ratio(to_ours)]);
        }
    }
    table
}

/// The name and the seconds per webhook of each way that the script has.
fn measure(
    interpreter: Interpreter,
    script: &str,
    body: &Path,
    signature: &str,
) -> Vec<(String, f64)> {
    let Some(mut command) = peer(interpreter, script) else {
        return Vec::new();
    };
    let output = command
        .arg(body)
        .args([SECRET, signature])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines = printed.lines().filter_map(|line| {
        let Some((name, nanoseconds)) = line.split_once('\t') else {
            println!("{line}");
            return None;
        };
        let nanoseconds: f64 = nanoseconds.parse().unwrap();
        Some((name.to_owned(), nanoseconds / 1e9))
    });
    lines.collect()
}
