//! What the issue and the shared documents say is owed, written a second time: from the plain
//! counts, with nothing that the crate has computed.
//!
//! The crate reads its table from the top, and the first rule that applies decides. Here each row
//! has its whole condition, so that exactly one must apply, whatever the order.
//!
//! Where the documents are silent, the oracle holds the crate to what it did when this was written:
//! - A return that reads closed, review, expired or nothing known is waited for until the RMA is
//!   complete.
//! - An early flag is for damage to a unit that Loop lists, not to a stray.
//! - After a process call that Loop shows as done, the RMA's state (cancelled, unknown) no longer
//!   matters; before that, a flag of ours ends it, whatever became of the call.
//! - A merchant who flags a surplus has a person look at one that came for a closed return, too.
//! - A flag for these facts stands although the merchant's policy would process them by now.

use ams_loop_bridge::Action;

use Action::{Cancel, Escalate, Flag, Nothing, Process, Wait};

use crate::world::{
    Allowed, Call, Case, Flagged, Goods, Header, Listed, Outcomes, Overdue, Row, Stands, Stray,
    Whose,
};

/// A unit that Loop lists.
#[derive(Clone, Copy)]
struct Line {
    id: u64,
    sku: char,
}

fn lines(skus: &str) -> impl Iterator<Item = Line> {
    (1..).zip(skus.chars()).map(|(id, sku)| Line { id, sku })
}

impl Line {
    /// Whether what the row counts may be this unit.
    fn is_in(self, row: &Row) -> bool {
        row.sku == self.sku && row.names.is_none_or(|named| named == self.id)
    }

    /// Whether there are units in available stock for this line, and none of them is missing.
    fn is_supplied(self, skus: &str, rows: &[Row]) -> bool {
        let (mut available, mut wanted, mut none_missing) = (0, 1, true);
        for row in rows.iter().filter(|row| self.is_in(row)) {
            if row.names.is_none() {
                // It stands for all lines of its product.
                wanted = skus.chars().filter(|sku| *sku == self.sku).count();
            }
            available += row.available;
            none_missing &= row.missing == 0;
        }
        none_missing && usize::try_from(available).is_ok_and(|available| available >= wanted)
    }

    /// How a note begins that speaks of it.
    fn entry(self) -> &'static str {
        match (self.id, self.sku) {
            (1, 'A') => "line 1 A: ",
            (2, 'A') => "line 2 A: ",
            (2, 'B') => "line 2 B: ",
            (3, 'A') => "line 3 A: ",
            (3, 'B') => "line 3 B: ",
            (3, 'C') => "line 3 C: ",
            _ => panic!("no world has such a line"),
        }
    }
}

/// Whether a note names every line with a bad or missing unit. Where the warehouse names no line,
/// any of the same SKU will do: which of them it is cannot be told.
pub(crate) fn names_what_is_wrong(goods: &Goods, note: &str) -> bool {
    let Listed::Shipped(skus) = goods.listed else {
        return false;
    };
    let is_wrong = |line: Line| {
        let bad = |row: &Row| line.is_in(row) && row.damaged + row.held + row.missing > 0;
        goods.rows.iter().any(bad) || !line.is_supplied(skus, &goods.rows)
    };
    let may_stand_for = |line: Line, other: Line| {
        line.id == other.id
            || (line.sku == other.sku && goods.rows.iter().all(|row| row.names.is_none()))
    };
    lines(skus).all(|line| {
        !is_wrong(line)
            || lines(skus).any(|other| may_stand_for(line, other) && note.contains(other.entry()))
    }) && (goods.stray != Stray::Damaged || note.contains("STRAY: 1 not in good order"))
}

/// What there is to see in the goods of an RMA in this state.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    /// The warehouse has said all it is going to say.
    complete: bool,
    /// Every unit that Loop lists is available, and none that came is bad.
    sound: bool,
    /// More is available than Loop lists.
    surplus: bool,
    /// A unit came, of whatever product.
    arrived: bool,
    /// One of the units that Loop lists is damaged.
    damaged: bool,
    /// The warehouse does not know of a line, and there is nothing else to say against the goods.
    only_unheard: bool,
}

impl Seen {
    pub(crate) fn of(goods: &Goods, header: Header) -> Self {
        let Listed::Shipped(skus) = goods.listed else {
            // Nothing is to come, so there is nothing to compare.
            return Self {
                complete: false,
                sound: false,
                surplus: false,
                arrived: false,
                damaged: false,
                only_unheard: false,
            };
        };
        let rows = &goods.rows;
        let lines = || lines(skus);
        let concerns_us = |row: &Row| lines().any(|line| line.is_in(row));
        let is_heard_of = |line: Line| {
            rows.iter()
                .any(|row| line.is_in(row) || row.names == Some(line.id))
        };
        let is_supplied = |line: Line| line.is_supplied(skus, rows);
        let no_bad_unit =
            goods.stray != Stray::Damaged && rows.iter().all(|row| row.damaged + row.held == 0);
        let available: u32 = rows.iter().map(|row| row.available).sum();
        let wanted = skus.chars().count();
        let came = goods.stray != Stray::None
            || rows
                .iter()
                .any(|row| row.available + row.damaged + row.held > 0);
        Self {
            complete: match header {
                Header::Completed => true,
                Header::Announced | Header::Arrived | Header::InProgress => {
                    let is_settled = |row: &Row| {
                        let accounted = row.available + row.damaged + row.held + row.missing;
                        row.held == 0 && accounted >= row.expected
                    };
                    rows.iter().any(|row| row.expected > 0) && rows.iter().all(is_settled)
                }
                Header::Cancelled | Header::Odd | Header::Gone | Header::NotMade => false,
            },
            sound: no_bad_unit && lines().all(is_supplied),
            surplus: goods.stray != Stray::None
                || usize::try_from(available).is_ok_and(|available| available > wanted),
            arrived: came,
            damaged: rows.iter().any(|row| row.damaged > 0 && concerns_us(row)),
            only_unheard: no_bad_unit
                && lines().any(|line| !is_heard_of(line))
                && lines().all(|line| !is_heard_of(line) || is_supplied(line)),
        }
    }
}

/// The full list of conditions for a process call (I1, I2, I6, I8 and what the policy asks).
pub(crate) fn may_process(case: &Case<'_>, seen: Seen) -> bool {
    let Case {
        goods,
        stands,
        switches,
        past,
        ..
    } = case;
    // The merchant enabled it, for this outcome.
    switches.process_returns
        && switches.outcomes != Outcomes::OnlyAnother
        // Nothing was sent before, and nobody was asked to review it.
        && past.call == Call::NotSent
        && past.flagged == Flagged::Never
        // Loop says that it is open, and it is the return that the evidence is about.
        && *stands == Stands::Open
        && goods.whose == Whose::ThisReturn
        // There is something to come, all of it to this warehouse.
        && matches!(goods.listed, Listed::Shipped(skus) if !skus.is_empty())
        && !past.split_destinations
        // All of it came, nothing is bad, and no more comes.
        && seen.complete
        && seen.sound
        && !(switches.flag_surplus && seen.surplus)
}

/// A complete RMA in which a unit that Loop lists is damaged, on hold or missing, or a bad unit
/// came beside (I3). A line that the warehouse never heard of is told apart: it may be a change
/// of the return that has not reached it.
pub(crate) fn is_complete_and_bad(seen: Seen) -> bool {
    seen.complete && !seen.sound && !seen.only_unheard
}

/// The name of the one row that applies, and its answer.
///
/// # Errors
/// The names of all that apply, if it is not one.
pub(crate) fn answer(case: &Case<'_>, seen: Seen) -> Result<(&'static str, Action), String> {
    let rows = table(case, seen);
    let mut applying = rows.iter().filter(|(applies, ..)| *applies);
    match (applying.next(), applying.next()) {
        (Some(&(_, name, action)), None) => Ok((name, action)),
        _ => {
            let names: Vec<&str> = rows
                .iter()
                .filter(|(applies, ..)| *applies)
                .map(|(_, name, _)| *name)
                .collect();
            Err(format!("{names:?}"))
        }
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn table(case: &Case<'_>, seen: Seen) -> [(bool, &'static str, Action); 49] {
    let Case {
        goods,
        header,
        stands,
        switches,
        past,
    } = *case;
    let open = stands == Stands::Open;
    let closed = stands == Stands::Closed;
    let review = stands == Stands::Review;
    let cancelled = stands == Stands::Cancelled;
    let expired = stands == Stands::Expired;
    let no_known_state = matches!(stands, Stands::Odd | Stands::Unnamed);
    let takes_a_flag = open || no_known_state;

    let ours = goods.whose == Whose::ThisReturn;
    let called = ours && !matches!(past.call, Call::NotSent | Call::NotKnown);
    let uncalled = ours && matches!(past.call, Call::NotSent | Call::NotKnown);
    let nothing_sent = past.call == Call::NotSent && past.flagged == Flagged::Never;
    let flagged = past.flagged != Flagged::Never;
    let for_this = past.flagged == Flagged::ForThis;

    // A process call was made, and Loop does not show that it was carried out.
    let unseen = called && !closed && !flagged;
    let refused = past.call == Call::Refused;
    let failed = past.call == Call::Failed;
    let early = matches!(past.call, Call::UnknownEarly | Call::AcceptedEarly);
    let late = matches!(past.call, Call::UnknownLate | Call::AcceptedLate);
    let damage_after_all = seen.complete && !seen.sound;

    let listed = &goods.listed;
    let owed = uncalled && matches!(listed, Listed::Shipped(skus) if !skus.is_empty());
    let nothing_comes = matches!(
        listed,
        Listed::Kept | Listed::Empty | Listed::OtherDestination | Listed::NoShipBack
    ) || *listed == Listed::Shipped("");
    let too_little = matches!(listed, Listed::Unlisted | Listed::DestinationUnnamed);
    let too_much = *listed == Listed::OneIdTwoProducts;

    let gone = owed && header == Header::Gone;
    let may_recreate = switches.allowed == Allowed::RecreateRma
        && open
        && nothing_sent
        && !past.goods_were_received;
    let void = owed && header == Header::Cancelled;
    let may_cancel = switches.allowed == Allowed::CancelInLoop
        && open
        && nothing_sent
        && !past.goods_were_received
        && !seen.arrived;

    let on_the_way = matches!(
        header,
        Header::Announced | Header::Arrived | Header::InProgress
    );
    let partial = owed && on_the_way && !seen.complete;
    let damage_now = switches.flag_early && seen.damaged;
    let awaited = partial && open && !flagged && !damage_now;
    let overdue = matches!(switches.overdue, Overdue::Said | Overdue::Flagged);
    let flag_overdue = switches.overdue == Overdue::Flagged;

    let complete = owed && seen.complete;
    let unwanted = switches.flag_surplus && seen.surplus;
    let fine = seen.sound && !unwanted;
    let decidable = complete && open && !for_this;
    let payable = decidable && fine && !flagged;
    let enabled = payable && past.call == Call::NotSent && switches.process_returns;
    let wanted = switches.outcomes != Outcomes::OnlyAnother;

    [
        (!ours, "evidence of another return", Escalate),
        // After a process call.
        (called && closed && !damage_after_all, "processed", Nothing),
        (
            called && closed && damage_after_all,
            "damaged after process",
            Escalate,
        ),
        (
            called && !closed && flagged,
            "flagged after the call",
            Nothing,
        ),
        (unseen && refused, "refused", Escalate),
        (unseen && failed && takes_a_flag, "failed", Flag),
        (
            unseen && failed && !takes_a_flag,
            "failed, takes no flag",
            Escalate,
        ),
        (
            unseen && (early || late) && review,
            "in review after the call",
            Escalate,
        ),
        (unseen && early && !review, "queued", Wait),
        (unseen && late && takes_a_flag, "unconfirmed", Flag),
        (
            unseen && late && (cancelled || expired),
            "unconfirmed, takes no flag",
            Escalate,
        ),
        // What is owed to this warehouse.
        (uncalled && nothing_comes, "zero ship-back lines", Nothing),
        (uncalled && too_little, "Loop says too little", Wait),
        (uncalled && too_much, "Loop contradicts itself", Escalate),
        // No evidence from the warehouse.
        (owed && header == Header::NotMade, "not made yet", Wait),
        (gone && may_recreate, "vanished, to be made again", Wait),
        (gone && !may_recreate, "vanished", Escalate),
        (
            owed && header == Header::Odd,
            "unknown state of the OMS",
            Escalate,
        ),
        (
            void && cancelled && !seen.arrived,
            "cancelled on both sides",
            Nothing,
        ),
        // Of returns cancelled in Loop the OMS model says "if goods come: Escalate", and makes no
        // exception for an RMA that was cancelled as well.
        (
            void && cancelled && seen.arrived,
            "cancelled on both sides, goods came",
            Escalate,
        ),
        (
            void && !cancelled && may_cancel,
            "cancelled in the OMS, to be cancelled",
            Cancel,
        ),
        (
            void && !cancelled && !may_cancel,
            "cancelled in the OMS",
            Escalate,
        ),
        // The rest may come.
        (
            partial && cancelled && seen.arrived,
            "cancelled, goods came",
            Escalate,
        ),
        (partial && cancelled && !seen.arrived, "cancelled", Nothing),
        (partial && open && flagged, "flagged early", Wait),
        (
            partial && open && !flagged && damage_now,
            "damaged, to be flagged early",
            Flag,
        ),
        (
            awaited && overdue && flag_overdue,
            "overdue, to be flagged",
            Flag,
        ),
        (awaited && overdue && !flag_overdue, "overdue", Wait),
        (awaited && !overdue, "partial receipt", Wait),
        (
            partial && (review || closed || expired),
            "partial, not open",
            Wait,
        ),
        (
            partial && no_known_state,
            "partial, unknown state of Loop",
            Wait,
        ),
        // No more comes.
        (complete && closed && fine, "already closed, good", Nothing),
        (complete && closed && !fine, "already closed, bad", Escalate),
        (
            complete && review && for_this,
            "in review, flagged for this",
            Nothing,
        ),
        (
            complete && review && flagged && !for_this && fine,
            "available after the flag, in review",
            Nothing,
        ),
        (
            complete && review && !for_this && !(flagged && fine),
            "in review",
            Escalate,
        ),
        (
            complete && cancelled && seen.arrived,
            "cancelled, goods came, complete",
            Escalate,
        ),
        (
            complete && cancelled && !seen.arrived,
            "cancelled, complete",
            Nothing,
        ),
        (complete && expired && seen.arrived, "expired", Escalate),
        (
            complete && expired && !seen.arrived,
            "expired, nothing came",
            Nothing,
        ),
        (
            complete && no_known_state,
            "unknown state of Loop",
            Escalate,
        ),
        (complete && open && for_this, "flagged for this", Nothing),
        (
            decidable && seen.only_unheard,
            "a line the OMS has not heard of",
            Escalate,
        ),
        (
            decidable && !fine && !seen.only_unheard,
            "damaged, missing or unwanted",
            Flag,
        ),
        (
            decidable && fine && flagged,
            "available after the flag",
            Nothing,
        ),
        (
            payable && past.call == Call::NotKnown,
            "the ledger does not know",
            Escalate,
        ),
        (
            payable && past.call == Call::NotSent && !switches.process_returns
                || enabled && !past.split_destinations && !wanted,
            "left to the merchant",
            Nothing,
        ),
        (
            enabled && past.split_destinations,
            "mixed destinations",
            Escalate,
        ),
        (may_process(case, seen), "all units available", Process),
    ]
}
