//! The bounded world in plain words and numbers, and how it is put to the crate.

use std::fmt;

use ams_loop_bridge::{Fingerprint, History, Policy, ProcessRecord, Surplus};
use ams_oms_client::{
    Condition, ReceivedLine, RmaSnapshot, RmaState, RmaVersion, UnexpectedItem, UnitCounts,
};
use loop_client::{Return, ReturnState};
use serde_json::json;

use crate::common::{HOUR, RETURN, at, count, key, line, line_ref, read, return_json};

/// The destination that is this warehouse, in every policy here.
const HERE: u64 = 5;

/// What Loop says of the state of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    Open,
    Review,
    Closed,
    Cancelled,
    Expired,
    /// A word that nobody knows.
    Odd,
    /// No state is named.
    Unnamed,
}

impl Stands {
    pub(crate) const ALL: [Self; 7] = [
        Self::Open,
        Self::Review,
        Self::Closed,
        Self::Cancelled,
        Self::Expired,
        Self::Odd,
        Self::Unnamed,
    ];

    pub(crate) fn in_loop(self) -> Option<ReturnState> {
        Some(match self {
            Self::Open => ReturnState::Open,
            Self::Review => ReturnState::Review,
            Self::Closed => ReturnState::Closed,
            Self::Cancelled => ReturnState::Cancelled,
            Self::Expired => ReturnState::Expired,
            Self::Odd => ReturnState::Unknown("processing".to_owned()),
            Self::Unnamed => return None,
        })
    }
}

/// What the warehouse's system says of the RMA as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    Announced,
    Arrived,
    InProgress,
    Completed,
    Cancelled,
    /// A word that nobody knows.
    Odd,
    /// There is no RMA, and there was one.
    Gone,
    /// There is no RMA, and none was seen before.
    NotMade,
}

impl Header {
    pub(crate) const WITH_RMA: [Self; 6] = [
        Self::Announced,
        Self::Arrived,
        Self::InProgress,
        Self::Completed,
        Self::Cancelled,
        Self::Odd,
    ];
    pub(crate) const ALL: [Self; 8] = [
        Self::Announced,
        Self::Arrived,
        Self::InProgress,
        Self::Completed,
        Self::Cancelled,
        Self::Odd,
        Self::Gone,
        Self::NotMade,
    ];

    pub(crate) fn in_oms(self) -> Option<RmaState> {
        Some(match self {
            Self::Announced => RmaState::Announced,
            Self::Arrived => RmaState::Arrived,
            Self::InProgress => RmaState::InProgress,
            Self::Completed => RmaState::Completed,
            Self::Cancelled => RmaState::Cancelled,
            Self::Odd => RmaState::Unknown,
            Self::Gone | Self::NotMade => return None,
        })
    }
}

/// What Loop lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listed {
    /// One unit per letter, which is its SKU; the line item ids are 1, 2, 3.
    Shipped(&'static str),
    /// One line, and the shopper keeps it.
    Kept,
    Empty,
    /// The payload has no list of lines at all.
    Unlisted,
    OneIdTwoProducts,
    OtherDestination,
    DestinationUnnamed,
    /// By a method with which nothing is shipped back.
    NoShipBack,
}

/// Whose evidence is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    ThisReturn,
    RmaOfAnotherReturn,
    RmaOfAnotherMerchant,
    /// The RMA and the ledger are of one return, and what was read from Loop is another.
    ReturnOfAnother,
}

/// A row of the warehouse's, in whole units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line item id it names, if the warehouse gives ids back.
    pub(crate) names: Option<u64>,
    pub(crate) sku: char,
    pub(crate) expected: u32,
    pub(crate) available: u32,
    pub(crate) damaged: u32,
    pub(crate) held: u32,
    pub(crate) missing: u32,
}

/// A unit of a SKU that no line expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stray {
    None,
    Good,
    Damaged,
}

/// What Loop lists, and what the warehouse says of it.
#[derive(Debug, Clone)]
pub(crate) struct Goods {
    pub(crate) listed: Listed,
    pub(crate) whose: Whose,
    pub(crate) rows: Vec<Row>,
    pub(crate) stray: Stray,
}

/// Goods some of whose counts run through all values up to a limit.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) goods: Goods,
    /// Per row, the most units that are available, damaged, held, missing.
    pub(crate) most: Vec<[u32; 4]>,
    /// Whether of all orders of the same counts one will do.
    pub(crate) in_one_order: bool,
}

impl Shape {
    /// Goods that are just these.
    pub(crate) fn fixed(goods: Goods) -> Self {
        let most = vec![[0; 4]; goods.rows.len()];
        Self {
            goods,
            most,
            in_one_order: false,
        }
    }

    pub(crate) fn combinations(&self) -> u64 {
        let digits = self.most.iter().flatten();
        digits.map(|most| u64::from(most + 1)).product()
    }

    /// Fills in the combination of this number, counted from 0; `false` if it is to be left out.
    /// Beside the counts, the goods must be those of the shape.
    pub(crate) fn fill(&self, number: u64, goods: &mut Goods) -> bool {
        let mut rest = number;
        for ((row, given), most) in goods.rows.iter_mut().zip(&self.goods.rows).zip(&self.most) {
            for (units, given, most) in [
                (&mut row.available, given.available, most[0]),
                (&mut row.damaged, given.damaged, most[1]),
                (&mut row.held, given.held, most[2]),
                (&mut row.missing, given.missing, most[3]),
            ] {
                let radix = u64::from(most) + 1;
                *units = given + u32::try_from(rest % radix).unwrap();
                rest /= radix;
            }
        }
        let counts = |row: &Row| [row.available, row.damaged, row.held, row.missing];
        !self.in_one_order || goods.rows.is_sorted_by_key(counts)
    }
}

/// When an RMA that is not complete is called overdue, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// One second is left; to be flagged.
    NotYet,
    /// To the second, and it is only said.
    Said,
    /// To the second, and to be flagged.
    Flagged,
    /// Nobody knows since when the goods are awaited; to be flagged.
    SinceWhen,
    /// For years, and the merchant has switched the limit off; to be flagged.
    Never,
}

/// What the merchant has allowed beyond the article; both are about RMAs that are no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    Neither,
    CancelInLoop,
    RecreateRma,
}

/// Whether the merchant wants this outcome processed, which is `refund`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcomes {
    All,
    ThisOne,
    OnlyAnother,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Switches {
    pub(crate) process_returns: bool,
    pub(crate) flag_surplus: bool,
    pub(crate) flag_early: bool,
    pub(crate) overdue: Overdue,
    pub(crate) allowed: Allowed,
    pub(crate) outcomes: Outcomes,
}

impl Switches {
    /// The article, with refunds enabled.
    pub(crate) const ON: Self = Self {
        process_returns: true,
        flag_surplus: false,
        flag_early: false,
        overdue: Overdue::NotYet,
        allowed: Allowed::Neither,
        outcomes: Outcomes::All,
    };
    /// The article, with all else that a merchant can wish for.
    pub(crate) const WISHES: Self = Self {
        process_returns: true,
        flag_surplus: true,
        flag_early: true,
        overdue: Overdue::Flagged,
        allowed: Allowed::CancelInLoop,
        outcomes: Outcomes::ThisOne,
    };

    /// All that [`Policy::check`] lets pass: to name outcomes while nothing is processed is
    /// refused.
    pub(crate) fn every() -> Vec<Self> {
        let mut every = Vec::new();
        for (process_returns, outcomes) in [
            (true, Outcomes::All),
            (true, Outcomes::ThisOne),
            (true, Outcomes::OnlyAnother),
            (false, Outcomes::All),
        ] {
            for (flag_surplus, flag_early) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                for overdue in [Overdue::NotYet, Overdue::Said, Overdue::Flagged] {
                    let allowed = [
                        Allowed::Neither,
                        Allowed::CancelInLoop,
                        Allowed::RecreateRma,
                    ];
                    every.extend(allowed.map(|allowed| Self {
                        process_returns,
                        flag_surplus,
                        flag_early,
                        overdue,
                        allowed,
                        outcomes,
                    }));
                }
            }
        }
        every
    }

    pub(crate) fn policy(self) -> Policy {
        let mut policy = Policy::default();
        policy.destinations = [HERE.to_string().parse().unwrap()].into();
        policy.process_returns = self.process_returns;
        policy.surplus = if self.flag_surplus {
            Surplus::Flag
        } else {
            Surplus::Process
        };
        policy.flag_early = self.flag_early;
        policy.overdue_after_days = if self.overdue == Overdue::Never {
            0
        } else {
            60
        };
        policy.flag_overdue = self.overdue != Overdue::Said;
        policy.cancel_in_loop = self.allowed == Allowed::CancelInLoop;
        policy.recreate_rma = self.allowed == Allowed::RecreateRma;
        let named: &[&str] = match self.outcomes {
            Outcomes::All => &[],
            Outcomes::ThisOne => &["Refund"],
            Outcomes::OnlyAnother => &["exchange"],
        };
        policy.process_outcomes = named.iter().map(|&word| word.to_owned()).collect();
        policy
    }

    /// Sets since when the goods are awaited, so that they are as overdue as they should be.
    pub(crate) fn age(self, history: &mut History) {
        const LIMIT: i64 = 60 * 24 * HOUR;
        history.expected_since = match self.overdue {
            Overdue::NotYet => Some(at(1 - LIMIT)),
            Overdue::Said | Overdue::Flagged => Some(at(-LIMIT)),
            Overdue::SinceWhen => None,
            Overdue::Never => Some(at(-20 * LIMIT)),
        };
    }
}

/// What the ledger says of the one process call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    NotSent,
    /// No answer proves what happened; one second is left.
    UnknownEarly,
    /// The same, at the deadline to the second.
    UnknownLate,
    AcceptedEarly,
    AcceptedLate,
    Refused,
    Failed,
    /// The ledger does not know whether there was one.
    NotKnown,
}

impl Call {
    pub(crate) const ALL: [Self; 8] = [
        Self::NotSent,
        Self::UnknownEarly,
        Self::UnknownLate,
        Self::AcceptedEarly,
        Self::AcceptedLate,
        Self::Refused,
        Self::Failed,
        Self::NotKnown,
    ];

    fn record(self) -> ProcessRecord {
        const EARLY: i64 = 1 - 24 * HOUR;
        const LATE: i64 = -24 * HOUR;
        match self {
            Self::NotSent => ProcessRecord::NotSent,
            Self::UnknownEarly => ProcessRecord::Unknown { since: at(EARLY) },
            Self::UnknownLate => ProcessRecord::Unknown { since: at(LATE) },
            Self::AcceptedEarly => ProcessRecord::Accepted { since: at(EARLY) },
            Self::AcceptedLate => ProcessRecord::Accepted { since: at(LATE) },
            Self::Refused => ProcessRecord::Refused {
                message: "no".to_owned(),
            },
            Self::Failed => ProcessRecord::Failed,
            Self::NotKnown => ProcessRecord::NotRecorded,
        }
    }
}

/// What the ledger says of flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flagged {
    Never,
    ForThis,
    ForOther,
}

/// What the ledger says of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Past {
    pub(crate) call: Call,
    pub(crate) flagged: Flagged,
    pub(crate) goods_were_received: bool,
    pub(crate) split_destinations: bool,
}

impl Past {
    pub(crate) const FRESH: Self = Self {
        call: Call::NotSent,
        flagged: Flagged::Never,
        goods_were_received: false,
        split_destinations: false,
    };

    /// With any call and any flag, and with each of the two other notes.
    pub(crate) fn every() -> Vec<Self> {
        let mut every = Vec::new();
        for (goods_were_received, split_destinations) in
            [(false, false), (true, false), (false, true)]
        {
            every.extend(Self::product(&Call::ALL).map(|past| Self {
                goods_were_received,
                split_destinations,
                ..past
            }));
        }
        every
    }

    /// With each of these calls and any flag. The first was never flagged, so that there is an
    /// answer from which to take what "flagged for these facts" means.
    pub(crate) fn product(calls: &[Call]) -> impl Iterator<Item = Self> {
        calls.iter().flat_map(|&call| {
            [Flagged::Never, Flagged::ForThis, Flagged::ForOther].map(|flagged| Self {
                call,
                flagged,
                ..Self::FRESH
            })
        })
    }

    /// All but the fingerprint of a flag, and since when the goods are awaited.
    pub(crate) fn history(self) -> History {
        let mut history = History::none(key(RETURN), at(0));
        history.process = self.call.record();
        history.goods_were_received = self.goods_were_received;
        history.split_destinations = self.split_destinations;
        history
    }
}

/// One combination.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) goods: &'a Goods,
    pub(crate) header: Header,
    pub(crate) stands: Stands,
    pub(crate) switches: Switches,
    pub(crate) past: Past,
}

impl Goods {
    /// As read from Loop's API; the state is to be set.
    pub(crate) fn as_return(&self) -> Return {
        let id = match self.whose {
            Whose::ReturnOfAnother => RETURN + 1,
            _ => RETURN,
        };
        let lines = match self.listed {
            Listed::Shipped(skus) => (1..)
                .zip(skus.chars())
                .map(|(id, sku)| line(id, &sku.to_string()))
                .collect(),
            Listed::Kept => {
                vec![json!({"line_item_id": 1, "sku": "A", "outcome": "Keep Item"})]
            }
            Listed::OneIdTwoProducts => vec![line(1, "A"), line(1, "B")],
            Listed::Empty | Listed::Unlisted => Vec::new(),
            Listed::OtherDestination | Listed::DestinationUnnamed | Listed::NoShipBack => {
                vec![line(1, "A")]
            }
        };
        let mut json = return_json(id, "open", &lines);
        json["destination_id"] = json!(HERE);
        match self.listed {
            Listed::Unlisted => json["line_items"] = json!(null),
            Listed::OtherDestination => json["destination_id"] = json!(HERE + 1),
            Listed::DestinationUnnamed => json["destination_id"] = json!(null),
            Listed::NoShipBack => json["return_method"] = json!({"provider": "no-ship-back"}),
            _ => {}
        }
        read(json)
    }

    /// As read from the warehouse's system; the counts are to be set.
    pub(crate) fn as_snapshot(&self, state: RmaState) -> RmaSnapshot {
        let mut key = key(RETURN);
        match self.whose {
            Whose::RmaOfAnotherReturn => key = crate::common::key(RETURN + 1),
            Whose::RmaOfAnotherMerchant => key.merchant = "stranger".parse().unwrap(),
            Whose::ThisReturn | Whose::ReturnOfAnother => {}
        }
        let rows = self.rows.iter().map(|row| {
            let said = ReceivedLine::new(UnitCounts::default()).with_sku(row.sku);
            match row.names {
                Some(id) => said.with_line_ref(line_ref(&id.to_string())),
                None => said,
            }
        });
        let version = RmaVersion::new("1");
        let mut rma = RmaSnapshot::new(key, state, "said", version, rows.collect()).unwrap();
        let condition = match self.stray {
            Stray::None => return rma,
            Stray::Good => Condition::Available,
            Stray::Damaged => Condition::Damaged,
        };
        rma.unexpected
            .push(UnexpectedItem::new(count(1), condition).with_sku("STRAY"));
        rma
    }

    pub(crate) fn count_in(&self, rma: &mut RmaSnapshot) {
        for (said, row) in rma.lines.iter_mut().zip(&self.rows) {
            said.counts = UnitCounts {
                expected: row.expected,
                available: row.available,
                damaged: row.damaged,
                held: row.held,
                missing: row.missing,
            };
        }
    }
}

/// The fingerprint of facts that are no facts of this world.
pub(crate) fn other_facts() -> Fingerprint {
    let ret = read(return_json(RETURN, "open", &[line(77, "ELSE")]));
    let rows = [crate::common::row(77, "ELSE", [1, 0, 1, 0, 0])];
    let rma = crate::common::rma("completed", &rows, &[]);
    let history = History::none(key(RETURN), at(0));
    ams_loop_bridge::decide(&Policy::default(), &ret, Some(&rma), &history).fingerprint
}

impl Case<'_> {
    /// How far it is from the plain case, so that the plainest failure can be shown.
    pub(crate) fn oddity(&self) -> u32 {
        let rows = &self.goods.rows;
        let units: u32 = rows
            .iter()
            .map(|row| row.available.abs_diff(row.expected) + row.damaged + row.held + row.missing)
            .sum();
        let (switches, plain, past) = (self.switches, Switches::ON, self.past);
        let odd = [
            self.stands != Stands::Open,
            self.header != Header::Completed,
            self.goods.whose != Whose::ThisReturn,
            self.goods.stray != Stray::None,
            switches.process_returns != plain.process_returns,
            switches.flag_surplus != plain.flag_surplus,
            switches.flag_early != plain.flag_early,
            switches.overdue != plain.overdue,
            switches.allowed != plain.allowed,
            switches.outcomes != plain.outcomes,
            past.call != Call::NotSent,
            past.flagged != Flagged::Never,
            past.goods_were_received,
            past.split_destinations,
        ];
        let odd: u32 = odd.map(u32::from).iter().sum();
        units + odd + u32::try_from(rows.len()).unwrap()
    }
}

/// What differs from the plain case, and the goods.
impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Goods {
            listed,
            whose,
            rows,
            stray,
        } = self.goods;
        write!(
            f,
            "Loop: {:?}, {listed:?}. RMA: {:?}",
            self.stands, self.header
        )?;
        for row in rows {
            match row.names {
                Some(id) => write!(f, ", line {id}")?,
                None => f.write_str(", product")?,
            }
            write!(
                f,
                " {} (expected {}, available {}, damaged {}, held {}, missing {})",
                row.sku, row.expected, row.available, row.damaged, row.held, row.missing
            )?;
        }
        if *stray != Stray::None {
            write!(f, ", stray {stray:?}")?;
        }
        if *whose != Whose::ThisReturn {
            write!(f, ". {whose:?}")?;
        }
        if self.switches != Switches::ON {
            write!(f, ". {:?}", self.switches)?;
        }
        if self.past != Past::FRESH {
            write!(f, ". {:?}", self.past)?;
        }
        Ok(())
    }
}
