use std::time::Duration;

use ams_oms_client::{RmaKey, RmaVersion};
use loop_client::{DestinationId, ReturnState, Timestamp};
use serde::{Deserialize, Serialize};

use crate::decide::{
    Action, Decision, EffectStatus, Fingerprint, History, ProcessRecord, Reason, flag_status,
};
use crate::map::is_split;

/// What the ledger knows of one return. It holds ids, counts, states and reasons; nothing about
/// a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Merchant and RMA number, which is Loop's return id.
    pub key: RmaKey,
    /// Counts the stored versions of the entry; 0 before the first.
    pub revision: u64,
    /// Counts the claims there were on it: the number of the latest is its holder's.
    #[serde(default)]
    pub fence: u64,
    /// Until when somebody is at work on it.
    #[serde(default)]
    pub claimed_until: Option<Timestamp>,
    /// When the return was first heard of.
    pub first_seen: Timestamp,
    /// The RMA in the OMS.
    pub rma: RmaRecord,
    /// The process call.
    pub process: ProcessRecord,
    /// What the process call carried to be known by, if it did.
    #[serde(default)]
    pub attempt: Option<String>,
    /// Counts the process calls that were about to be sent, those included that are proven to have
    /// had no effect.
    #[serde(default)]
    pub process_intents: u64,
    /// The facts the return was last flagged for, once Loop has taken the flag.
    pub flagged: Option<Fingerprint>,
    /// Whether a flag was about to be sent, and no answer tells whether Loop has it.
    #[serde(default)]
    pub flag_is_unanswered: bool,
    /// Since when a flag that Loop took has not shown in the return's state.
    #[serde(default)]
    pub flag_unseen_since: Option<Timestamp>,
    /// The last decision.
    pub decision: Option<Decision>,
    /// The last decision that something was to be sent to Loop for, with the facts it rests on.
    pub acted_on: Option<Decision>,
    /// What came of the return, once it is settled. It can be reopened by new facts.
    pub settlement: Option<Settlement>,
    /// What it waits for, in words, while it is not settled.
    pub waiting_for: Option<String>,
    /// When to look at it next; `None` when only news can change anything.
    pub look_at: Option<Timestamp>,
    /// The version of the RMA that was last decided on.
    #[serde(default)]
    pub rma_version: Option<RmaVersion>,
    /// When the return was submitted, by Loop's clock.
    #[serde(default)]
    pub submitted_at: Option<Timestamp>,
    /// Counts the news about it, so that news that come during a look are not lost.
    pub news: u64,
    /// Failures in a row, for the pause before the next look.
    pub failures: u32,
    /// Whether Loop is to be asked at the next look, whatever the warehouse says.
    pub ask_loop: bool,
    /// Until when a pull may show what Loop would be asked for.
    #[serde(default)]
    pub hinted_until: Option<Timestamp>,
    /// When a webhook last spoke of it, until a look has followed.
    #[serde(default)]
    pub heard_at: Option<Timestamp>,
    /// What Loop's list last showed of it, as a digest; a pull that shows the same is no news.
    pub loop_digest: Option<String>,
    /// Whether goods were seen to have been received for it.
    pub goods_were_received: bool,
    /// Whether the ASN report has named several destinations for its units.
    pub split_destinations: bool,
    /// Where the ASN report says that its goods go.
    pub asn_destination: Option<DestinationId>,
    /// Whether Loop was told grades and dispositions, or was about to be.
    pub inspected: bool,
    /// Whether a note was ever about to be written: then the next one is looked for first.
    #[serde(default)]
    pub note_tried: bool,
    /// A note that could not be written with what it explains.
    pub owed_note: Option<OwedNote>,
    /// Earlier facts that the return was flagged for: they may come back. The latest are kept.
    pub flagged_before: Vec<Fingerprint>,
}

/// What the ledger knows of the RMA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RmaRecord {
    /// It is to be made, if one is owed. It may be there already: making it again is harmless.
    Wanted,
    /// It is in the OMS.
    Made,
    /// None is owed.
    NotOwed,
}

/// A note that is still to be written in Loop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwedNote {
    /// What it says.
    pub text: String,
    /// How often it was tried since it is owed.
    pub tries: u32,
}

impl OwedNote {
    pub(crate) fn new(text: String) -> Self {
        Self { text, tries: 0 }
    }
}

/// How a return ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Settlement {
    /// What came of it.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}

/// What came of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Loop was told to process it and was seen to have done so.
    Processed,
    /// Loop was told to hold it for a person.
    Flagged,
    /// Nothing was owed; the entry's decision says why.
    Closed,
    /// A person has to look; the entry's decision says at what.
    Escalated,
}

impl Entry {
    /// Of a return heard of for the first time.
    #[must_use]
    pub fn new(key: RmaKey, now: Timestamp) -> Self {
        Self {
            key,
            revision: 0,
            fence: 0,
            claimed_until: None,
            first_seen: now,
            rma: RmaRecord::Wanted,
            process: ProcessRecord::NotSent,
            attempt: None,
            process_intents: 0,
            flagged: None,
            flag_is_unanswered: false,
            flag_unseen_since: None,
            decision: None,
            acted_on: None,
            settlement: None,
            waiting_for: Some("the first look".to_owned()),
            look_at: Some(now),
            rma_version: None,
            submitted_at: None,
            news: 0,
            failures: 0,
            ask_loop: true,
            hinted_until: None,
            heard_at: None,
            loop_digest: None,
            goods_were_received: false,
            split_destinations: false,
            asn_destination: None,
            inspected: false,
            note_tried: false,
            owed_note: None,
            flagged_before: Vec::new(),
        }
    }

    /// Of an RMA that was in the OMS before the ledger heard of it. What was sent to Loop for it
    /// is not known, so nothing that moves money ever will be.
    #[must_use]
    pub fn adopted(key: RmaKey, now: Timestamp) -> Self {
        Self {
            rma: RmaRecord::Made,
            process: ProcessRecord::NotRecorded,
            // Nor is it known which notes were written.
            note_tried: true,
            ..Self::new(key, now)
        }
    }

    /// What [`crate::decide`] needs to know of it.
    #[must_use]
    pub fn history(&self, now: Timestamp) -> History {
        History {
            expected_since: Some(self.first_seen),
            process: self.process.clone(),
            flagged: self.flagged.clone(),
            rma_was_made: self.rma == RmaRecord::Made,
            goods_were_received: self.goods_were_received,
            split_destinations: self.split_destinations,
            ..History::none(self.key.clone(), now)
        }
    }

    /// Something may have changed in the OMS.
    pub fn note_oms_news(&mut self, now: Timestamp) {
        self.news = self.news.saturating_add(1);
        self.look_at = Some(now);
    }

    /// Something may have changed in Loop.
    pub fn note_loop_news(&mut self, now: Timestamp) {
        self.note_oms_news(now);
        self.ask_loop = true;
        self.hinted_until = None;
    }

    /// Somebody says that something may have changed in Loop. A pull will show it, which costs
    /// nothing more; Loop is asked for it when none has done so `by` then.
    pub fn note_loop_hint(&mut self, by: Timestamp) {
        self.news = self.news.saturating_add(1);
        self.look_at = Some(self.look_at.map_or(by, |at| at.min(by)));
        if !self.ask_loop {
            self.ask_loop = true;
            self.hinted_until = Some(by);
        }
    }

    /// Whether Loop is to be asked now, whatever the warehouse says.
    #[must_use]
    pub fn must_ask_loop(&self, now: Timestamp) -> bool {
        self.ask_loop && self.hinted_until.is_none_or(|by| by <= now)
    }

    /// Takes back what is believed of the process call: it may have been sent, and nobody knows.
    pub fn doubt_process(&mut self) {
        if self.process == ProcessRecord::NotSent {
            self.process = ProcessRecord::NotRecorded;
            self.note_tried = true;
        }
    }

    /// The RMA is in the OMS.
    pub fn note_rma_made(&mut self) {
        self.rma = RmaRecord::Made;
        self.settlement = None;
        self.waiting_for = Some("the goods".to_owned());
    }

    /// A look found that no RMA is owed.
    pub fn note_not_owed(
        &mut self,
        decision: &Decision,
        state: Option<&ReturnState>,
        news: u64,
        now: Timestamp,
    ) {
        self.rma = RmaRecord::NotOwed;
        self.note_decision(decision, state, None, news, now);
    }

    /// A look found that goods are still to come; `next` is when to look although nothing was
    /// heard.
    pub fn note_receiving(&mut self, next: Option<Timestamp>, news: u64, now: Timestamp) {
        self.failures = 0;
        self.settlement = None;
        self.waiting_for = Some(Reason::Receiving.to_string());
        let hinted_until = self.hinted_until.filter(|_| self.news == news);
        // By then the warehouse may know; Loop has nothing to say of it.
        self.look_again(next, false, news, now);
        if let Some(by) = hinted_until {
            self.look_at = Some(next.map_or(by, |next| next.min(by)));
            self.ask_loop = true;
            self.hinted_until = hinted_until;
        }
    }

    /// Whether Loop took a flag for these facts before, even if others came between.
    #[must_use]
    pub fn was_flagged_for(&self, facts: &Fingerprint) -> bool {
        self.flagged.as_ref() == Some(facts) || self.flagged_before.contains(facts)
    }

    fn note_flagged(&mut self, facts: &Fingerprint) {
        // Facts that go to and fro are few; a warehouse that invents ever new ones is not fed for
        // ever.
        const KEPT: usize = 32;
        if !self.was_flagged_for(facts) {
            self.flagged_before.push(facts.clone());
            if self.flagged_before.len() > KEPT {
                self.flagged_before.remove(0);
            }
        }
        self.flagged = Some(facts.clone());
        self.flag_is_unanswered = false;
    }

    /// The return is in review, and a flag was about to be sent or was sent without an answer: it
    /// arrived. `false` when none was.
    pub fn note_flag_seen(&mut self) -> bool {
        let intended = self.acted_on.as_ref();
        let Some(facts) = intended
            .filter(|it| it.action == Action::Flag && !self.was_flagged_for(&it.fingerprint))
            .map(|it| it.fingerprint.clone())
        else {
            return false;
        };
        self.note_flagged(&facts);
        true
    }

    /// The ASN report names a destination of one of its units.
    pub fn note_asn_destination(&mut self, destination: Option<DestinationId>) {
        self.split_destinations |= is_split(self.asn_destination, destination);
        self.asn_destination = self.asn_destination.or(destination);
    }

    /// Writes down what is about to be done, before it is done.
    pub fn intend(&mut self, decision: &Decision) {
        self.decision = Some(decision.clone());
        self.acted_on = Some(decision.clone());
        self.flag_is_unanswered |= decision.action == Action::Flag;
        self.settlement = None;
        self.waiting_for = Some(format!("{:?} to be carried out", decision.action));
    }

    /// Whether this very decision was carried out before.
    #[must_use]
    pub fn has_done(&self, decision: &Decision) -> bool {
        self.settlement.is_some() && self.decision.as_ref() == Some(decision)
    }

    /// Writes down that a process call is about to leave. `false` when one may have left before:
    /// then none may.
    #[must_use]
    pub fn intend_process(&mut self, now: Timestamp) -> bool {
        if self.process != ProcessRecord::NotSent {
            return false;
        }
        self.process = ProcessRecord::Unknown { since: now };
        self.process_intents = self.process_intents.saturating_add(1);
        true
    }

    /// Loop queued the process call that was intended.
    pub fn note_process_accepted(&mut self) {
        if let ProcessRecord::Unknown { since } = self.process {
            self.process = ProcessRecord::Accepted { since };
        }
    }

    /// It is proven that the process call had no effect, and it may be sent again.
    pub fn note_process_not_applied(&mut self) {
        if matches!(self.process, ProcessRecord::Unknown { .. }) {
            self.process = ProcessRecord::NotSent;
        }
    }

    /// Loop declined the process call, in words that it documents.
    pub fn note_process_refused(&mut self, message: String) {
        if matches!(self.process, ProcessRecord::Unknown { .. }) {
            self.process = ProcessRecord::Refused { message };
        }
    }

    /// Loop reported a failed processing. A report names no attempt, so it never makes way for a
    /// second call.
    pub fn note_process_failed(&mut self) {
        if matches!(
            self.process,
            ProcessRecord::Unknown { .. } | ProcessRecord::Accepted { .. }
        ) {
            self.process = ProcessRecord::Failed;
        }
    }

    /// A look is over. `state` is what it found in Loop, `next` is when to look although nothing
    /// was heard, and `news` is what the entry counted when the look began.
    pub fn note_decision(
        &mut self,
        decision: &Decision,
        state: Option<&ReturnState>,
        next: Option<Timestamp>,
        news: u64,
        now: Timestamp,
    ) {
        self.failures = 0;
        self.waiting_for = None;
        self.goods_were_received |= decision.facts.anything_received();
        if decision.action == Action::Flag {
            self.note_flagged(&decision.fingerprint);
            self.flag_unseen_since = Some(now);
        } else if flag_status(state) != EffectStatus::StillOpen {
            self.flag_unseen_since = None;
        }
        match (decision.action, &decision.reason) {
            (Action::Wait | Action::Cancel, _) => {
                self.settlement = None;
                self.waiting_for = Some(decision.explanation.clone());
            }
            (Action::Process, _) => {
                self.settlement = None;
                self.waiting_for = Some("Loop to finish processing".to_owned());
            }
            (Action::Nothing, Reason::Processed) => self.settle(Outcome::Processed, now),
            (Action::Flag, _)
            | (Action::Nothing, Reason::AlreadyFlagged | Reason::GoodAfterFlag) => {
                self.settle(Outcome::Flagged, now);
            }
            (Action::Nothing, _) => self.settle(Outcome::Closed, now),
            (Action::Escalate, _) => self.settle(Outcome::Escalated, now),
        }
        if self.flag_unseen_since.is_some() {
            self.settlement = None;
            self.waiting_for = Some("Loop to show the flag".to_owned());
        }
        self.decision = Some(decision.clone());
        let next = self
            .next_flag_look(now)
            .map_or(next, |look| Some(next.map_or(look, |next| next.min(look))));
        let waits_for_loop = next.is_some() && decision.reason != Reason::Receiving;
        self.look_again(next, waits_for_loop, news, now);
    }

    /// When to look for a flag that does not show: more and more rarely, because Loop may keep
    /// flags apart from the state for good.
    fn next_flag_look(&self, now: Timestamp) -> Option<Timestamp> {
        const SOONEST: Duration = Duration::from_secs(3600);
        let since = self.flag_unseen_since?;
        Some(now.plus(now.since(since).max(SOONEST)))
    }

    /// A look failed: the next one comes later and later, up to a pause of `longest`.
    pub fn note_failure(&mut self, what: String, longest: Duration, news: u64, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.waiting_for = Some(what);
        let doubled = 2u32.saturating_pow(self.failures.saturating_sub(1));
        let pause = Duration::from_secs(30).saturating_mul(doubled).min(longest);
        self.look_again(Some(now.plus(pause)), true, news, now);
    }

    fn look_again(&mut self, next: Option<Timestamp>, ask_loop: bool, news: u64, now: Timestamp) {
        self.release();
        if self.news == news {
            self.look_at = next;
            self.ask_loop = ask_loop;
            self.hinted_until = None;
            self.heard_at = None;
        } else {
            self.look_at = Some(now);
        }
    }

    fn settle(&mut self, outcome: Outcome, now: Timestamp) {
        let at = match &self.settlement {
            Some(known) if known.outcome == outcome => known.at,
            _ => now,
        };
        self.settlement = Some(Settlement { outcome, at });
        self.waiting_for = None;
    }
}
