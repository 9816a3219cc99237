//! What shoppers send back, and what becomes of their parcels.

use loop_client::sandbox::{NewLine, NewReturn, Sandbox};

/// Loop's ids of the returns count up from here.
pub(crate) const FIRST_RETURN_ID: u64 = 99_904_598;

/// One shopper's return.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) return_id: u64,
    pub(crate) order_name: String,
    pub(crate) outcome: &'static str,
    /// SKUs of the units sent back, one line each.
    pub(crate) sent: Vec<&'static str>,
    /// SKUs of units that the shopper keeps.
    pub(crate) kept: Vec<&'static str>,
    pub(crate) is_gift: bool,
    pub(crate) webhooks_lost: bool,
    pub(crate) goods: Goods,
}

/// What the warehouse finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goods {
    AllGood,
    InTwoParcels,
    OneTooMany,
    DamagedThenFine,
    HeldThenReleased,
    OneDamaged,
    AllDamaged,
    OneMissing,
    EmptyParcel,
    WrongItem,
    HalfWay,
    OnTheWay,
}

impl Goods {
    const ALL: [Goods; 12] = [
        Goods::AllGood,
        Goods::OneDamaged,
        Goods::InTwoParcels,
        Goods::OneMissing,
        Goods::OneTooMany,
        Goods::WrongItem,
        Goods::DamagedThenFine,
        Goods::AllDamaged,
        Goods::HeldThenReleased,
        Goods::EmptyParcel,
        Goods::HalfWay,
        Goods::OnTheWay,
    ];
}

/// What is sent, what is kept, and what the shopper wants for it.
const BASKETS: [(&[&str], &[&str], &str, bool); 5] = [
    (&["TEE-BLK-M", "JEANS-32"], &[], "refund", false),
    (&["SOCK-3", "SOCK-3", "CAP-RED"], &[], "exchange", false),
    (&["MUG-BLUE", "MUG-BLUE"], &["MUG-CHIP"], "credit", false),
    (&["COAT-L", "SCARF"], &[], "exchange+refund", true),
    (
        &["BOOT-42", "LACES", "LACES", "POLISH"],
        &[],
        "exchange+credit",
        false,
    ),
];

/// Every kind of parcel with baskets of every kind.
pub(crate) fn cases() -> Vec<Case> {
    (0..)
        .zip(Goods::ALL.into_iter().cycle())
        .take(3 * Goods::ALL.len())
        .map(case)
        .collect()
}

fn case((at, goods): (usize, Goods)) -> Case {
    let number = u64::try_from(at).unwrap_or(u64::MAX);
    let (sent, kept, outcome, is_gift) =
        BASKETS
            .get(at % BASKETS.len())
            .copied()
            .unwrap_or((&[], &[], "refund", false));
    Case {
        return_id: FIRST_RETURN_ID.saturating_add(number),
        order_name: format!("#{}", number.saturating_add(1001)),
        outcome,
        sent: sent.to_vec(),
        kept: kept.to_vec(),
        is_gift,
        webhooks_lost: at % 5 == 3,
        goods,
    }
}

/// Shoppers submit the returns in Loop's portal.
pub(crate) fn submit(sandbox: &Sandbox, cases: &[Case], say: fn(&str)) {
    for case in cases {
        if case.webhooks_lost {
            sandbox.lose_webhooks_of(case.return_id);
        }
        let mut new = NewReturn::new(&case.order_name)
            .outcome(case.outcome)
            .is_gift(case.is_gift)
            .carrier("USPS")
            .tracking(format!("9400{}", case.return_id));
        for sku in &case.sent {
            new = new.line(NewLine::new(*sku).reason("Did not fit"));
        }
        for sku in &case.kept {
            new = new.line(NewLine::new(*sku).outcome("keep").reason("Arrived chipped"));
        }
        let id = sandbox.create_return(new);
        let lost = if case.webhooks_lost {
            ", webhooks lost"
        } else {
            ""
        };
        say(&format!(
            "shopper    {id}  {:<6} {} for {}{lost}",
            case.order_name,
            case.sent.join(" "),
            case.outcome
        ));
    }
}
