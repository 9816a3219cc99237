//! What the warehouse finds, and how the snapshot tells it.

use super::stage::{Stage, line_ref, receipt_id, receive, receive_items, unchanged, units};
use super::verdict::{Checked, done, ensure, fail, needs, offered, skip};
use super::{Rule, tell};
use crate::Condition::{Available, Damaged, Held};
use crate::{ItemRef, ReceivedUnits, Rma, RmaLine, RmaState, WarehouseWork};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "arrival-is-no-receipt",
        "A parcel that is here unopened counts for nothing yet.",
        |stage| Box::pin(arrival_is_no_receipt(stage)),
    ),
    Rule::new(
        "receipts-add-up",
        "Counts are absolute and cumulative over all receipts.",
        |stage| Box::pin(receipts_add_up(stage)),
    ),
    Rule::new(
        "receipt-repeats",
        "A receipt that is reported again changes nothing, after completion too.",
        |stage| Box::pin(receipt_repeats(stage)),
    ),
    Rule::new(
        "receipts-listed",
        "Receipts, if the system keeps them, are listed once each, in order, with ids that stay.",
        |stage| Box::pin(receipts_listed(stage)),
    ),
    Rule::new(
        "conditions-counted",
        "Units count in the condition they are in; held ones settle nothing until completion.",
        |stage| Box::pin(conditions_counted(stage)),
    ),
    Rule::new(
        "conditions-in-one-line",
        "The units of one line can be in different conditions, if that is declared.",
        |stage| Box::pin(conditions_in_one_line(stage)),
    ),
    Rule::new(
        "unknown-condition-held",
        "A condition that is not known counts as held, never as available.",
        |stage| Box::pin(unknown_condition_held(stage)),
    ),
    Rule::new(
        "items-by-any-name",
        "Units named by line, by SKU or by barcode count for the line they belong to.",
        |stage| Box::pin(items_by_any_name(stage)),
    ),
    Rule::new(
        "same-sku-lines",
        "Lines that share a SKU stay apart and share its units: none is lost or counted twice, if \
         such lines are declared possible.",
        |stage| Box::pin(same_sku_lines(stage)),
    ),
    Rule::new(
        "unexpected-never-netted",
        "An item that no line expects is told as unexpected and makes up for no line.",
        |stage| Box::pin(unexpected_never_netted(stage)),
    ),
    Rule::new(
        "surplus-stays-on-its-line",
        "More units than expected are told as they are and make up for no other line.",
        |stage| Box::pin(surplus_stays_on_its_line(stage)),
    ),
    Rule::new(
        "missing-is-settled",
        "Units reported missing are settled, and are missing no more when they are found.",
        |stage| Box::pin(missing_is_settled(stage)),
    ),
    Rule::new(
        "closed-short",
        "An RMA that is finished short is completed, and what did not come is not invented.",
        |stage| Box::pin(closed_short(stage)),
    ),
];

async fn arrival_is_no_receipt(stage: &Stage<'_>) -> Checked {
    let key = stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    let arrived = stage.work(&key, WarehouseWork::Arrive).await?;
    stage.expect(&arrived, "after Arrive", &[("1", "SKU-A", [1, 0, 0, 0, 0])])?;
    ensure(
        matches!(arrived.state, RmaState::Arrived | RmaState::InProgress),
        || format!("after Arrive the state is {}", arrived.state),
    )?;
    ensure(!arrived.is_complete(), || {
        "after Arrive it counts as complete".to_owned()
    })
}

async fn receipts_add_up(stage: &Stage<'_>) -> Checked {
    let key = stage
        .announced(0, &[("1", "SKU-A", 3), ("2", "SKU-B", 1)])
        .await?;
    let first = stage
        .receive(&key, "r1", &[("SKU-A", Available, 1)])
        .await?;
    let lines = [
        ("1", "SKU-A", [3, 1, 0, 0, 0]),
        ("2", "SKU-B", [1, 0, 0, 0, 0]),
    ];
    stage.expect(&first, "after the first receipt", &lines)?;
    ensure(!first.is_complete(), || {
        "after the first of several receipts it counts as complete".to_owned()
    })?;

    let found = [("SKU-A", Available, 1), ("SKU-B", Available, 1)];
    let second = stage.receive(&key, "r2", &found).await?;
    let lines = [
        ("1", "SKU-A", [3, 2, 0, 0, 0]),
        ("2", "SKU-B", [1, 1, 0, 0, 0]),
    ];
    stage.expect(&second, "after the second receipt", &lines)?;

    let third = stage
        .receive(&key, "r3", &[("SKU-A", Available, 1)])
        .await?;
    let lines = [
        ("1", "SKU-A", [3, 3, 0, 0, 0]),
        ("2", "SKU-B", [1, 1, 0, 0, 0]),
    ];
    stage.expect(&third, "after the third receipt", &lines)?;
    ensure(third.is_complete(), || {
        "with every unit received it does not count as complete".to_owned()
    })
}

async fn receipt_repeats(stage: &Stage<'_>) -> Checked {
    let key = stage
        .announced(0, &[("1", "SKU-A", 2), ("2", "SKU-B", 1)])
        .await?;
    let found = [("SKU-A", Available, 1), ("SKU-B", Available, 1)];
    let reversed = [("SKU-B", Available, 1), ("SKU-A", Available, 1)];
    let once = stage.receive(&key, "r1", &found).await?;
    for (again, what) in [
        (found, "reporting a receipt again"),
        (reversed, "reporting a receipt again in another order"),
    ] {
        let twice = stage.receive(&key, "r1", &again).await?;
        unchanged(&once, &twice, what)?;
    }
    if let Some(closed) = stage.try_work(&key, WarehouseWork::Close).await? {
        let late = stage.receive(&key, "r1", &found).await?;
        unchanged(&closed, &late, "reporting a receipt again after completion")?;
    }
    Ok(())
}

async fn receipts_listed(stage: &Stage<'_>) -> Checked {
    let key = stage.announced(0, &[("1", "SKU-A", 3)]).await?;
    let mut listed = Vec::new();
    for receipt in ["r1", "r2", "r3"] {
        let now = stage
            .receive(&key, receipt, &[("SKU-A", Available, 1)])
            .await?;
        if now.receipts.is_empty() && listed.is_empty() {
            return skip("the system keeps no receipts");
        }
        let told: Vec<_> = now.receipts.into_iter().map(|receipt| receipt.id).collect();
        ensure(
            told.starts_with(&listed) && told.len() == listed.len() + 1,
            || format!("after receipt {receipt} the ids are {told:?}; they were {listed:?}"),
        )?;
        listed = told;
    }
    Ok(())
}

async fn conditions_counted(stage: &Stage<'_>) -> Checked {
    let goods = [("1", "SKU-A", 2), ("2", "SKU-B", 1), ("3", "SKU-C", 1)];
    let key = stage.announced(0, &goods).await?;
    let found = [
        ("SKU-A", Available, 2),
        ("SKU-B", Damaged, 1),
        ("SKU-C", Held, 1),
    ];
    let received = stage.receive(&key, "r1", &found).await?;
    let lines = [
        ("1", "SKU-A", [2, 2, 0, 0, 0]),
        ("2", "SKU-B", [1, 0, 1, 0, 0]),
        ("3", "SKU-C", [1, 0, 0, 1, 0]),
    ];
    stage.expect(&received, "after units in each condition", &lines)?;
    ensure(!received.is_complete(), || {
        "it counts as complete with a unit held".to_owned()
    })?;
    if let Some(closed) = stage.try_work(&key, WarehouseWork::Close).await? {
        stage.expect(&closed, "after Close", &lines)?;
        ensure(closed.is_complete(), || {
            "after Close it does not count as complete".to_owned()
        })?;
    }
    Ok(())
}

async fn conditions_in_one_line(stage: &Stage<'_>) -> Checked {
    needs(stage.can.unit_conditions, "unit_conditions")?;
    let key = stage.announced(0, &[("1", "SKU-A", 3)]).await?;
    let found = [("SKU-A", Available, 2), ("SKU-A", Damaged, 1)];
    let received = stage.receive(&key, "r1", &found).await?;
    let lines = [("1", "SKU-A", [3, 2, 1, 0, 0])];
    stage.expect(&received, "after a receipt in two conditions", &lines)?;
    ensure(received.is_complete(), || {
        "it does not count as complete with every unit available or damaged".to_owned()
    })
}

async fn unknown_condition_held(stage: &Stage<'_>) -> Checked {
    let words = [
        "awaiting inspection",
        "Grade B",
        "not available",
        "AVAILABLE?",
        "新品",
    ];
    for (n, word) in (0..).zip(words) {
        let key = stage.announced(n, &[("1", "SKU-A", 1)]).await?;
        let item = ItemRef::Sku("SKU-A".to_owned());
        let id = receipt_id(&key, "r1")?;
        let answer = stage.dock.receive_in_words(&key, &id, &item, word).await;
        done("the driver's receive_in_words", offered(answer)?)?;
        let read = stage.read(&key).await?;
        let when = format!("after a unit in the condition {word:?}");
        stage.expect(&read, &when, &[("1", "SKU-A", [1, 0, 0, 1, 0])])?;
    }
    Ok(())
}

async fn items_by_any_name(stage: &Stage<'_>) -> Checked {
    let skus = ["SKU-A", "SKU-B", "SKU-C"];
    let mut lines = Vec::new();
    for (text, sku) in ["1", "2", "3"].into_iter().zip(skus) {
        let line = RmaLine::new(line_ref(text)?, units(1)).with_sku(sku);
        lines.push(line.with_barcode(format!("400000000000{text}")));
    }
    let Ok(rma) = Rma::new(stage.key(0), lines) else {
        return fail("the suite itself is at fault");
    };
    stage.announce(&rma).await?;
    let items = [
        ItemRef::Line(line_ref("1")?),
        ItemRef::Sku("SKU-B".to_owned()),
        ItemRef::Barcode("4000000000003".to_owned()),
    ];
    let found = items
        .into_iter()
        .map(|item| ReceivedUnits::new(item, Available, units(1)))
        .collect();
    let work = receive_items(&rma.key(), "r1", found)?;
    let received = stage.work(&rma.key(), work).await?;
    let lines = [
        ("1", "SKU-A", [1, 1, 0, 0, 0]),
        ("2", "SKU-B", [1, 1, 0, 0, 0]),
        ("3", "SKU-C", [1, 1, 0, 0, 0]),
    ];
    stage.expect(
        &received,
        "after units named by line, SKU and barcode",
        &lines,
    )
}

async fn same_sku_lines(stage: &Stage<'_>) -> Checked {
    needs(stage.can.duplicate_sku_lines, "duplicate_sku_lines")?;
    let key = stage
        .announced(0, &[("1", "SKU-A", 1), ("2", "SKU-A", 2)])
        .await?;
    if stage.can.echoes_line_refs {
        let announced = stage.read(&key).await?.lines;
        let mut expected: Vec<u32> = announced.iter().map(|it| it.counts.expected).collect();
        expected.sort_unstable();
        ensure(expected == [1, 2], || {
            let lines = tell::lines(&announced);
            format!("of two lines of one SKU, of 1 and 2 units, are told {lines}")
        })?;
    }
    let received = stage
        .receive(&key, "r1", &[("SKU-A", Available, 3)])
        .await?;
    let sums = received
        .lines
        .iter()
        .try_fold((0u32, 0u32), |(expected, available), line| {
            let expected = expected.checked_add(line.counts.expected)?;
            Some((expected, available.checked_add(line.counts.available)?))
        });
    ensure(sums == Some((3, 3)), || {
        format!(
            "two lines of one SKU expect 3 and got 3 available; told are {}",
            tell::lines(&received.lines)
        )
    })?;
    ensure(received.is_complete(), || {
        format!(
            "every unit of two lines of one SKU came, and it is not complete: {}",
            tell::lines(&received.lines)
        )
    })
}

async fn unexpected_never_netted(stage: &Stage<'_>) -> Checked {
    // SKUs are compared exactly: a look-alike is another item.
    for (n, foreign) in (0..).zip(["SKU-X", "sku-a"]) {
        stage.prepare(&stage.merchant, &[foreign]).await?;
        let key = stage.announced(n, &[("1", "SKU-A", 2)]).await?;
        let received = stage
            .receive(&key, "r1", &[(foreign, Available, 2)])
            .await?;
        let lines = [("1", "SKU-A", [2, 0, 0, 0, 0])];
        stage.expect(&received, &format!("after 2 units of {foreign}"), &lines)?;
        ensure(!received.is_complete(), || {
            format!("after 2 units of {foreign} it counts as complete")
        })?;
        let told: u64 = received
            .unexpected
            .iter()
            .filter(|item| item.sku.as_deref() == Some(foreign) && item.condition == Available)
            .map(|item| u64::from(item.quantity.get()))
            .sum();
        ensure(told == 2, || {
            format!(
                "2 available units of {foreign} came unexpected; told are {:?}",
                received.unexpected
            )
        })?;
    }
    Ok(())
}

async fn surplus_stays_on_its_line(stage: &Stage<'_>) -> Checked {
    let key = stage
        .announced(0, &[("1", "SKU-A", 1), ("2", "SKU-B", 1)])
        .await?;
    let received = stage
        .receive(&key, "r1", &[("SKU-A", Available, 3)])
        .await?;
    let lines = [
        ("1", "SKU-A", [1, 3, 0, 0, 0]),
        ("2", "SKU-B", [1, 0, 0, 0, 0]),
    ];
    stage.expect(&received, "after 3 units of 1", &lines)?;
    ensure(!received.is_complete(), || {
        "one line's surplus made the RMA complete".to_owned()
    })
}

async fn missing_is_settled(stage: &Stage<'_>) -> Checked {
    needs(stage.can.explicit_missing, "explicit_missing")?;
    let key = stage.announced(0, &[("1", "SKU-A", 1)]).await?;
    let missing = WarehouseWork::ReportMissing {
        line_ref: line_ref("1")?,
        quantity: units(1),
    };
    let reported = stage.work(&key, missing).await?;
    stage.expect(
        &reported,
        "after ReportMissing",
        &[("1", "SKU-A", [1, 0, 0, 0, 1])],
    )?;
    ensure(reported.is_complete(), || {
        "with its only unit reported missing it does not count as complete".to_owned()
    })?;
    let work = receive(&key, "r1", &[("SKU-A", Damaged, 1)])?;
    let found = stage.work(&key, work).await?;
    let lines = [("1", "SKU-A", [1, 0, 1, 0, 0])];
    stage.expect(&found, "after the missing unit was found damaged", &lines)
}

async fn closed_short(stage: &Stage<'_>) -> Checked {
    let key = stage.announced(0, &[("1", "SKU-A", 3)]).await?;
    stage
        .receive(&key, "r1", &[("SKU-A", Available, 1)])
        .await?;
    let closed = stage.work(&key, WarehouseWork::Close).await?;
    ensure(
        closed.state == RmaState::Completed && closed.is_complete(),
        || format!("after Close the state is {}", closed.state),
    )?;
    let counts = stage.counts(&closed, "1", "SKU-A")?;
    // A system that says so outright may call the rest missing now.
    let short = u64::from(counts.missing) + counts.outstanding();
    ensure(
        (counts.expected, counts.available, counts.received(), short) == (3, 1, 1, 2),
        || {
            format!(
                "1 of 3 units came before Close; told are {}",
                tell::counts(&counts)
            )
        },
    )
}
