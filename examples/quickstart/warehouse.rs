//! What people with scanners do.

use std::num::NonZeroU32;

use ams_oms_client::{
    Condition, ItemRef, LineRef, MerchantId, Oms, ReceiptId, ReceivedUnits, RmaKey, RmaNumber,
    SqliteOms, Warehouse as _, WarehouseWork,
};

use crate::Outcome;
use crate::shoppers::{Case, Goods};

const ONE: NonZeroU32 = NonZeroU32::MIN;

/// The parcels of all cases arrive and are unpacked.
pub(crate) async fn receive(
    oms: &SqliteOms,
    merchant: &MerchantId,
    cases: &[Case],
    say: fn(&str),
) -> Outcome<()> {
    for case in cases {
        let number = RmaNumber::new(case.return_id).ok_or("return ids are not zero")?;
        let key = RmaKey::new(merchant.clone(), number);
        for work in work_for(oms, &key, case.goods).await? {
            oms.apply(&key, work).await?;
        }
        say(&format!("warehouse  {number}  {}", describe(case.goods)));
    }
    Ok(())
}

async fn work_for(oms: &SqliteOms, key: &RmaKey, goods: Goods) -> Outcome<Vec<WarehouseWork>> {
    use Condition::{Available, Damaged, Held};
    use WarehouseWork::{Arrive, Close};

    let rma = oms
        .get_rma(key)
        .await?
        .ok_or_else(|| format!("no RMA {key}"))?;
    let lines: Vec<LineRef> = rma
        .lines
        .into_iter()
        .filter_map(|line| line.line_ref)
        .collect();
    let (first, others) = lines.split_first().ok_or("an RMA has lines")?;
    let receipt = |number: u32, units: Vec<ReceivedUnits>| -> Outcome<WarehouseWork> {
        let receipt_id = ReceiptId::new(format!("{}-{number}", key.rma_number))?;
        Ok(WarehouseWork::Receive { receipt_id, units })
    };
    let as_ = |lines: &[LineRef], condition: Condition| -> Vec<ReceivedUnits> {
        lines
            .iter()
            .map(|line| units(ItemRef::Line(line.clone()), condition))
            .collect()
    };
    let one = std::slice::from_ref(first);
    let regrade = |from, to| WarehouseWork::Regrade {
        line_ref: first.clone(),
        from,
        to,
        quantity: ONE,
    };
    Ok(match goods {
        Goods::OnTheWay => Vec::new(),
        Goods::HalfWay => vec![Arrive, receipt(1, as_(one, Available))?],
        Goods::AllGood => vec![Arrive, receipt(1, as_(&lines, Available))?, Close],
        Goods::InTwoParcels => {
            vec![
                receipt(1, as_(one, Available))?,
                receipt(2, as_(others, Available))?,
                Close,
            ]
        }
        Goods::OneTooMany => {
            let more = receipt(2, as_(one, Available))?;
            vec![receipt(1, as_(&lines, Available))?, more, Close]
        }
        Goods::DamagedThenFine | Goods::HeldThenReleased | Goods::OneDamaged => {
            let at_first = if goods == Goods::HeldThenReleased {
                Held
            } else {
                Damaged
            };
            let good = receipt(2, as_(others, Available))?;
            let mut work = vec![receipt(1, as_(one, at_first))?, good];
            if goods != Goods::OneDamaged {
                work.push(regrade(at_first, Available));
            }
            work.push(Close);
            work
        }
        Goods::AllDamaged => vec![receipt(1, as_(&lines, Damaged))?, Close],
        Goods::OneMissing => vec![receipt(1, as_(others, Available))?, Close],
        Goods::EmptyParcel => vec![Arrive, Close],
        Goods::WrongItem => {
            let mut found = as_(others, Available);
            found.push(units(ItemRef::Sku("SOMETHING-ELSE".to_owned()), Available));
            vec![receipt(1, found)?, Close]
        }
    })
}

fn units(item: ItemRef, condition: Condition) -> ReceivedUnits {
    ReceivedUnits::new(item, condition, ONE)
}

fn describe(goods: Goods) -> &'static str {
    match goods {
        Goods::AllGood => "all units in good order",
        Goods::InTwoParcels => "all units in good order, in two parcels",
        Goods::OneTooMany => "all units in good order, and one nobody expected",
        Goods::DamagedThenFine => "one unit taken for damaged, then found in good order",
        Goods::HeldThenReleased => "one unit put on hold, then found in good order",
        Goods::OneDamaged => "one unit damaged",
        Goods::AllDamaged => "all units damaged",
        Goods::OneMissing => "one unit missing",
        Goods::EmptyParcel => "an empty parcel",
        Goods::WrongItem => "something else in place of one unit",
        Goods::HalfWay => "one unit so far, the rest is to come",
        Goods::OnTheWay => "nothing yet",
    }
}
