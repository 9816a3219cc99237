//! What the fuzzers of `fuzz/` check, without a fuzzer: every seed, cut short, spliced and with
//! bytes changed, from a generator that makes the same inputs in every run.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::path::Path;

/// Mutants of each pair of seeds.
const ROUNDS: usize = 8;

/// Xorshift: the same inputs in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

fn mutant(one: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = one[..chance.below(one.len() + 1)].to_vec();
    bytes.extend_from_slice(&other[chance.below(other.len() + 1)..]);
    for _ in 0..chance.below(4) {
        let at = chance.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = match chance.below(3) {
                0 => b"\"\\{}[],: \n0-e@"[chance.below(14)],
                1 => *byte ^ (1 << chance.below(8)),
                _ => u8::try_from(chance.below(256)).unwrap_or(0),
            };
        }
    }
    bytes
}

fn drive(target: &str, check: fn(&[u8])) {
    let seeds = seeds(target);
    assert!(seeds.len() > 5, "{target} has {} seeds", seeds.len());
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    for one in &seeds {
        check(one);
        for end in (0..one.len()).step_by(7) {
            check(&one[..end]);
        }
        for other in &seeds {
            for _ in 0..ROUNDS {
                check(&mutant(one, other, &mut chance));
            }
        }
    }
}

#[test]
fn webhooks() {
    drive("webhook", targets::webhook);
}

#[test]
fn walks_through_the_returns_list() {
    drive("returns_list", targets::returns_list);
}

#[test]
fn asn_reports() {
    drive("asn_report", targets::asn_report);
}

#[test]
fn answers_to_a_process_call() {
    drive("process_answer", targets::process_answer);
}
