//! Puts every combination to the crate, on two threads, and shows the plainest that fails.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ams_loop_bridge::{Action, Decision, Fingerprint, History, Policy, decide};
use ams_oms_client::{RmaSnapshot, RmaState};
use loop_client::{LONGEST_NOTE, Return};

use crate::oracle::{Seen, answer, is_complete_and_bad, may_process, names_what_is_wrong};
use crate::world::{
    Call, Case, Flagged, Goods, Header, Listed, Past, Shape, Stands, Switches, Whose, other_facts,
};

/// Goods, and all that they are crossed with.
pub(crate) struct Stratum {
    pub(crate) shapes: Vec<Shape>,
    pub(crate) headers: Vec<Header>,
    pub(crate) stands: Vec<Stands>,
    pub(crate) switches: Vec<Switches>,
    pub(crate) pasts: Vec<Past>,
}

/// How many goods a thread takes at a time.
const PORTION: u64 = 256;

/// Failures, by the rule that was broken.
#[derive(Default)]
struct Failures(BTreeMap<&'static str, Failure>);

struct Failure {
    times: u64,
    /// How far the plainest is from the plain case.
    oddity: u32,
    plainest: String,
}

impl Failures {
    fn note(&mut self, rule: &'static str, case: &Case<'_>, found: &Decision, wanted: &str) {
        let oddity = case.oddity();
        let is_plainest = self.0.get(rule).is_none_or(|known| oddity < known.oddity);
        let plainest = if is_plainest {
            format!(
                "{case}\n    decided {:?} ({}), note {:?}; wanted: {wanted}",
                found.action, found.explanation, found.note
            )
        } else {
            String::new()
        };
        self.add(
            rule,
            Failure {
                times: 1,
                oddity,
                plainest,
            },
        );
    }

    fn add(&mut self, rule: &'static str, failure: Failure) {
        match self.0.entry(rule) {
            Entry::Vacant(entry) => {
                entry.insert(failure);
            }
            Entry::Occupied(mut entry) => {
                let times = entry.get().times + failure.times;
                if failure.oddity < entry.get().oddity {
                    entry.insert(failure);
                }
                entry.get_mut().times = times;
            }
        }
    }
}

/// One rule per paragraph.
impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (rule, failure) in &self.0 {
            writeln!(
                f,
                "{rule}: {} times, such as\n    {}",
                failure.times, failure.plainest
            )?;
        }
        Ok(())
    }
}

impl Stratum {
    /// How many combinations were put to the crate.
    ///
    /// # Panics
    /// If one was answered wrongly.
    pub(crate) fn check(&self) -> u64 {
        let mut jobs = Vec::new();
        for shape in &self.shapes {
            let all = shape.combinations();
            for portion in 0..all.div_ceil(PORTION) {
                let numbers = portion * PORTION..all.min((portion + 1) * PORTION);
                jobs.extend(
                    self.headers
                        .iter()
                        .map(|&header| (shape, numbers.clone(), header)),
                );
            }
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut worker = Worker::new(self);
            while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (shape, numbers, header) = job.clone();
                worker.check_shape(shape, numbers, header);
            }
            (worker.count, worker.failures)
        };
        let (count, failures) = thread::scope(|scope| {
            let other = scope.spawn(work);
            let (count, mut failures) = work();
            let (more, others) = other.join().unwrap();
            for (rule, failure) in others.0 {
                failures.add(rule, failure);
            }
            (count + more, failures)
        });
        assert!(failures.0.is_empty(), "of {count} combinations\n{failures}");
        count
    }
}

/// I3, "once per set of facts": two flags whose notes differ must differ in their fingerprints, or
/// the second would never be seen. Returns how many flags there were.
///
/// # Panics
/// If two have one fingerprint.
pub(crate) fn different_notes_have_different_fingerprints(shapes: &[Shape]) -> usize {
    let policy = Switches::WISHES.policy();
    let mut history = Past::FRESH.history();
    Switches::WISHES.age(&mut history);
    let mut flags = 0;
    for shape in shapes {
        let mut goods = shape.goods.clone();
        let ret = goods.as_return();
        let mut rma = goods.as_snapshot(RmaState::Completed);
        let mut notes: HashMap<Fingerprint, String> = HashMap::new();
        for number in 0..shape.combinations() {
            if !shape.fill(number, &mut goods) {
                continue;
            }
            goods.count_in(&mut rma);
            let found = decide(&policy, &ret, Some(&rma), &history);
            if let (Action::Flag, Some(note)) = (found.action, found.note) {
                flags += 1;
                let first = notes
                    .entry(found.fingerprint)
                    .or_insert_with(|| note.clone());
                assert_eq!(*first, note, "one fingerprint, {goods:?}");
            }
        }
    }
    flags
}

/// One thread's part. All that can be made once is made once, or making it would take longer than
/// deciding.
struct Worker<'a> {
    stratum: &'a Stratum,
    switches: Vec<(Switches, Policy)>,
    pasts: Vec<(Past, History)>,
    other_facts: Fingerprint,
    count: u64,
    failures: Failures,
}

impl<'a> Worker<'a> {
    fn new(stratum: &'a Stratum) -> Self {
        let switches = stratum.switches.iter().map(|&on| (on, on.policy()));
        let pasts = stratum.pasts.iter().map(|&past| (past, past.history()));
        Self {
            stratum,
            switches: switches.collect(),
            pasts: pasts.collect(),
            other_facts: other_facts(),
            count: 0,
            failures: Failures::default(),
        }
    }

    /// Puts the goods of these numbers to the crate, with all that they are crossed with.
    fn check_shape(&mut self, shape: &Shape, numbers: Range<u64>, header: Header) {
        let mut goods = shape.goods.clone();
        let mut ret = goods.as_return();
        let mut rma = header.in_oms().map(|state| goods.as_snapshot(state));
        for number in numbers {
            if !shape.fill(number, &mut goods) {
                continue;
            }
            if let Some(rma) = &mut rma {
                goods.count_in(rma);
            }
            self.check_evidence(&goods, header, &mut ret, rma.as_ref());
        }
    }

    fn check_evidence(
        &mut self,
        goods: &Goods,
        header: Header,
        ret: &mut Return,
        rma: Option<&RmaSnapshot>,
    ) {
        let seen = Seen::of(goods, header);
        let mut these_facts = None;
        for (past, history) in &mut self.pasts {
            history.rma_was_made = header != Header::NotMade;
            history.flagged = match past.flagged {
                Flagged::Never => None,
                Flagged::ForThis => Some(these_facts.clone().expect("decided on before")),
                Flagged::ForOther => Some(self.other_facts.clone()),
            };
            for &stands in &self.stratum.stands {
                ret.state = stands.in_loop();
                for (switches, policy) in &self.switches {
                    switches.age(history);
                    let found = decide(policy, ret, rma, history);
                    let case = Case {
                        goods,
                        header,
                        stands,
                        switches: *switches,
                        past: *past,
                    };
                    self.count += 1;
                    let facts = these_facts.get_or_insert_with(|| found.fingerprint.clone());
                    judge(&case, seen, facts, &found, &mut self.failures);
                }
            }
        }
    }
}

/// Holds an answer against the documents: the invariants by name, then the whole table.
fn judge(
    case: &Case<'_>,
    seen: Seen,
    these_facts: &Fingerprint,
    found: &Decision,
    failures: &mut Failures,
) {
    let Case {
        goods,
        stands,
        past,
        ..
    } = case;
    let processed = found.action == Action::Process;
    let uncalled = matches!(past.call, Call::NotSent | Call::NotKnown);
    let mut demand = |holds: bool, rule: &'static str, wanted: &str| {
        if !holds {
            failures.note(rule, case, found, wanted);
        }
    };

    demand(
        !processed || past.call == Call::NotSent,
        "I1 One process",
        "no call after one that may have had an effect",
    );
    demand(
        !processed || may_process(case, seen),
        "I2 Evidence",
        "no process call without all of the evidence",
    );
    demand(
        processed || !may_process(case, seen),
        "Never forgotten",
        "a process call",
    );

    let bad = goods.whose == Whose::ThisReturn && is_complete_and_bad(seen);
    demand(!(processed && bad), "I3 Bad goods", "no process call");
    if bad && uncalled && *stands == Stands::Open {
        if past.flagged == Flagged::ForThis {
            demand(
                found.action == Action::Nothing && found.note.is_none(),
                "I3 Bad goods, once per set of facts",
                "nothing, as it was flagged for these facts",
            );
        } else {
            let note = found.note.as_deref().unwrap_or_default();
            demand(found.action == Action::Flag, "I3 Bad goods", "a flag");
            demand(
                names_what_is_wrong(goods, note),
                "I3 Bad goods, with a note",
                "a note that names every line that is not all right",
            );
        }
    }
    demand(
        found.fingerprint == *these_facts,
        "I3 Bad goods, per set of facts",
        "the same fingerprint, as the facts are the same",
    );
    let note_is_short = |note: &String| note.chars().count() <= LONGEST_NOTE;
    demand(
        found
            .note
            .as_ref()
            .map_or(found.action != Action::Flag, note_is_short),
        "A flag says why",
        "a note of at most 254 characters with every flag",
    );

    let moves_nothing = !matches!(found.action, Action::Process | Action::Cancel);
    let nothing_listed = !matches!(goods.listed, Listed::Shipped(skus) if !skus.is_empty());
    demand(
        !nothing_listed || (moves_nothing && (found.action != Action::Flag || !uncalled)),
        "I6 Zero is not all",
        "no effect without lines to ship back",
    );
    let unknown = matches!(stands, Stands::Odd | Stands::Unnamed)
        || case.header == Header::Odd
        || goods.whose != Whose::ThisReturn
        || matches!(
            goods.listed,
            Listed::Unlisted | Listed::DestinationUnnamed | Listed::OneIdTwoProducts
        );
    demand(
        !unknown || moves_nothing,
        "I8 Unknown never authorises",
        "neither a process nor a cancel call",
    );

    match answer(case, seen) {
        Ok((_, action)) if action == found.action => {}
        Ok((name, action)) => failures.note(name, case, found, &format!("{action:?}")),
        Err(names) => failures.note("Every case is in the table once", case, found, &names),
    }
}
