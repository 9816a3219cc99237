//! The crash matrix: short runs in which nothing happens by chance, cut at every boundary, and at
//! every pair of those that change something. A cut before or after a read leaves the world as the
//! cut after the last change does, so pairs of reads would repeat the others.

use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use ams_loop_bridge::Policy;

use super::cut::{Cuts, How};
use super::load::{Clerk, Person};
use super::run::{Report, report, undisturbed};
use super::search::number;
use super::shop::{Line, State};
use super::sim::{Event, HOUR, MINUTE, Shared};
use super::world::{Life, Schedule, World};
use super::yard::Goods;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    Good,
    Damaged,
    /// More came than was expected: a note before the process call.
    Surplus,
    /// Loop accepts the process call, and never carries it out.
    NeverProcessed,
    Edited,
    Cancelled,
    TwoWorkers,
}

impl Scene {
    const ALL: [Self; 7] = [
        Self::Good,
        Self::Damaged,
        Self::Surplus,
        Self::NeverProcessed,
        Self::Edited,
        Self::Cancelled,
        Self::TwoWorkers,
    ];

    fn play(self, cuts: Cuts, in_words: bool) -> Played {
        let mut policy = Policy::processing();
        policy.process_deadline_hours = 6;
        let mut sim = undisturbed(self as u64, policy, cuts, in_words);
        if self == Self::NeverProcessed {
            sim.faults.process_never = 10_000;
        }
        let workers = 1 + usize::from(self == Self::TwoWorkers);
        let schedule = Schedule {
            fast: 0,
            settles_every: 30 * MINUTE,
            pulls_every: HOUR,
            first_settle: 10 * MINUTE,
            first_pull: 5 * MINUTE,
        };
        let life = Life {
            breaks_until: 0,
            quiet_from: 4 * HOUR,
            // Two cuts late in the run put the last flag off by two passes.
            settled_by: 24 * HOUR,
            end: 28 * HOUR,
        };
        let mut world = World::new(Shared::new(sim), vec![schedule; workers], life);
        world.begin();
        world.shared.with(|sim| {
            let line = |id, sku| Line {
                id,
                sku,
                kept: false,
            };
            sim.start_return(1, vec![line(10, "TEE-S"), line(11, "CAP")]);
            let mut then = |at, event| sim.schedule(at, event);
            match self {
                Self::Edited => then(HOUR, Event::Person(1, Person::Edits)),
                Self::Cancelled => {
                    let does = Person::BecomesState(State::Cancelled);
                    then(HOUR, Event::Person(1, does));
                }
                Self::Surplus => then(2 * HOUR, Event::Clerk(1, Clerk::FindsStray)),
                _ => {}
            }
            let first = if self == Self::Damaged {
                Goods::Damaged
            } else {
                Goods::Good
            };
            then(2 * HOUR, Event::Clerk(1, Clerk::Counts(0, first)));
            then(2 * HOUR, Event::Clerk(1, Clerk::Counts(1, Goods::Good)));
            then(2 * HOUR + MINUTE, Event::Clerk(1, Clerk::Finishes));
        });
        while world.step_of_life() {}
        let last = world.shared.with(|sim| sim.cuts.last);
        Played {
            last,
            report: report(&world),
        }
    }
}

struct Played {
    /// The number of the last boundary at which anything but a cursor changed.
    last: u64,
    report: Report,
}

/// The first run that broke a rule.
type Broken = Mutex<Option<(Scene, Cuts, String)>>;

fn play(scene: Scene, cuts: Cuts, runs: &AtomicU64, broken: &Broken) -> u64 {
    runs.fetch_add(1, Ordering::Relaxed);
    let played = scene.play(cuts, false);
    if let Some(what) = played.report.violation {
        broken.lock().unwrap().get_or_insert((scene, cuts, what));
    }
    played.last
}

/// Cuts once more, everywhere behind the last cut, and `more` times after that.
fn cut(scene: Scene, cuts: Cuts, more: usize, runs: &AtomicU64, broken: &Broken) {
    let last = play(scene, cuts, runs, broken);
    let place = cuts.at.iter().flatten().count();
    if more == 0 || place == cuts.at.len() {
        return;
    }
    let behind = cuts.at.iter().flatten().map(|(at, _)| *at).max();
    for at in behind.unwrap_or(0) + 1..=last {
        for how in How::ALL {
            let mut cuts = cuts;
            cuts.at[place] = Some((at, how));
            cut(scene, cuts, more - 1, runs, broken);
        }
    }
}

/// Every way to cut every scene so many times; how many there were.
fn cut_everywhere(reads: bool, times: usize) -> u64 {
    let (runs, broken) = (AtomicU64::new(0), Broken::default());
    let uncut = Cuts {
        reads,
        ..Cuts::default()
    };
    let mut firsts = Vec::new();
    for scene in Scene::ALL {
        let last = play(scene, uncut, &runs, &broken);
        println!("{scene:?}: {last} boundaries");
        assert!(last > 10, "{scene:?} does nothing");
        let all = (1..=last).flat_map(|at| How::ALL.map(|how| (scene, at, how)));
        firsts.extend(all);
    }
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let place = usize::try_from(place).unwrap();
                    let Some((scene, at, how)) = firsts.get(place).copied() else {
                        return;
                    };
                    let mut cuts = uncut;
                    cuts.at[0] = Some((at, how));
                    cut(scene, cuts, times - 1, &runs, &broken);
                    if broken.lock().unwrap().is_some() {
                        return;
                    }
                }
            });
        }
    });
    if let Some((scene, cuts, what)) = broken.into_inner().unwrap() {
        for line in scene.play(cuts, true).report.tail {
            println!("{line}");
        }
        let at: Vec<String> = cuts
            .at
            .iter()
            .flatten()
            .map(|(at, how)| format!("{at}{how:?}"))
            .collect();
        panic!(
            "{scene:?}: {what}\n\nSCENE={scene:?} READS={} CUTS={} cargo test --workspace \
             --test simulation replay_cut -- --nocapture\n",
            u8::from(reads),
            at.join(","),
        );
    }
    runs.into_inner()
}

#[test]
fn a_run_cut_at_any_boundary_breaks_no_rule() {
    println!("{} runs", cut_everywhere(true, 1));
}

#[test]
fn a_run_cut_at_any_two_changes_breaks_no_rule() {
    println!("{} runs", cut_everywhere(false, 2));
}

#[test]
#[ignore = "over a million runs"]
fn a_run_cut_at_any_three_changes_breaks_no_rule() {
    println!("{} runs", cut_everywhere(false, 3));
}

/// As a failure above prints it.
#[test]
fn replay_cut() {
    let scene = env::var("SCENE").unwrap_or_default();
    let scene = Scene::ALL
        .into_iter()
        .find(|known| format!("{known:?}") == scene)
        .unwrap_or(Scene::Good);
    let mut cuts = Cuts {
        reads: number("READS") == Some(1),
        ..Cuts::default()
    };
    let asked = env::var("CUTS").unwrap_or_default();
    for (place, text) in asked.split(',').filter(|text| !text.is_empty()).enumerate() {
        let digits = text.trim_end_matches(char::is_alphabetic);
        let how = How::ALL
            .into_iter()
            .find(|how| format!("{digits}{how:?}") == text)
            .expect("Before, Lost or After");
        cuts.at[place] = Some((digits.parse().expect("a number"), how));
    }
    let report = scene.play(cuts, true).report;
    for line in &report.tail {
        println!("{line}");
    }
    assert_eq!(report.violation, None);
}
