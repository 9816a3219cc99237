//! Creating RMAs and reading them back.

use super::stage::{Goods, Stage, receive, rma, unchanged, units};
use super::verdict::{Checked, done, ensure, fail, offered, skip};
use super::{Rule, join, tell};
use crate::{
    Condition, CreateOutcome, OmsError, Parcel, RmaKey, RmaNumber, RmaSnapshot, RmaState,
    WarehouseWork,
};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "unknown-is-none",
        "Reading an RMA that does not exist gives None, which is no error.",
        |stage| Box::pin(unknown_is_none(stage)),
    ),
    Rule::new(
        "announced-as-promised",
        "A new RMA has the announced lines and units, and nothing has come of it.",
        |stage| Box::pin(announced_as_promised(stage)),
    ),
    Rule::new(
        "key-kept",
        "An RMA is found under the merchant and number it was created with, in every spelling.",
        |stage| Box::pin(key_kept(stage)),
    ),
    Rule::new(
        "long-numbers-kept",
        "RMA numbers are kept to the last digit, up to the longest that is declared.",
        |stage| Box::pin(long_numbers_kept(stage)),
    ),
    Rule::new(
        "lines-identified",
        "Lines come back with their references if that is declared, and with a SKU or barcode \
         otherwise.",
        |stage| Box::pin(lines_identified(stage)),
    ),
    Rule::new(
        "create-repeats",
        "Creating the same goods again is AlreadyExists and changes nothing.",
        |stage| Box::pin(create_repeats(stage)),
    ),
    Rule::new(
        "create-races",
        "Of several workers that create one RMA at once, exactly one is told Created.",
        |stage| Box::pin(create_races(stage)),
    ),
    Rule::new(
        "create-in-any-state",
        "The same goods are AlreadyExists in whatever state the RMA is, cancelled included, with \
         what it is now.",
        |stage| Box::pin(create_in_any_state(stage)),
    ),
    Rule::new(
        "other-goods-conflict",
        "Other goods under a number that exists are a Conflict with the stored snapshot.",
        |stage| Box::pin(other_goods_conflict(stage)),
    ),
    Rule::new(
        "conflict-changes-nothing",
        "What is stored stays as it is when other goods are refused.",
        |stage| Box::pin(conflict_changes_nothing(stage)),
    ),
];

async fn unknown_is_none(stage: &Stage<'_>) -> Checked {
    stage.prepare(&stage.merchant, &[]).await?;
    match stage.oms.get_rma(&stage.key(0)).await {
        Ok(None) => Ok(()),
        Ok(Some(_)) => fail("get_rma of a number that was never created answers a snapshot"),
        Err(error) => fail(format!(
            "get_rma of a number that was never created answers {}",
            tell::error(&error)
        )),
    }
}

async fn announced_as_promised(stage: &Stage<'_>) -> Checked {
    let rma = stage.rma(0, &[("1", "SKU-A", 1), ("2", "SKU-B", 3)])?;
    let created = stage.announce(&rma).await?;
    let lines = [
        ("1", "SKU-A", [1, 0, 0, 0, 0]),
        ("2", "SKU-B", [3, 0, 0, 0, 0]),
    ];
    stage.expect(&created, "after create_rma", &lines)?;
    ensure(created.state == RmaState::Announced, || {
        format!("a new RMA is in state {}", created.state)
    })?;
    ensure(
        created.receipts.is_empty() && created.unexpected.is_empty(),
        || "a new RMA has receipts or unexpected items".to_owned(),
    )?;
    ensure(!created.is_complete(), || {
        "a new RMA counts as complete".to_owned()
    })?;
    let read = stage.read(&rma.key()).await?;
    unchanged(&created, &read, "reading what create_rma has just answered")
}

async fn key_kept(stage: &Stage<'_>) -> Checked {
    let rma = stage.rma(0, &[("1", "SKU-A", 1)])?;
    let created = stage.announce(&rma).await?;
    same_key(&created, &rma.key())?;
    let spelled = format!("00{}", rma.rma_number);
    let Ok(number) = spelled.parse::<RmaNumber>() else {
        return fail(format!("{spelled} is not read as a number"));
    };
    let key = RmaKey::new(stage.merchant.clone(), number);
    same_key(&stage.read(&key).await?, &rma.key())
}

fn same_key(snapshot: &RmaSnapshot, key: &RmaKey) -> Checked {
    ensure(snapshot.key == *key, || {
        format!("the answer about {key} has the key {}", snapshot.key)
    })
}

async fn long_numbers_kept(stage: &Stage<'_>) -> Checked {
    let longest = stage.can.longest_rma_number;
    let small = stage.number(0).get();
    // The second differs from the first in what 32 bits leave out; the others are where floating
    // point, signed and unsigned numbers end.
    let values = [
        small,
        small + (1 << 32),
        (1 << 53) + 1,
        (1 << 63) + 1,
        u64::MAX,
    ];
    let numbers: Vec<RmaNumber> = values
        .into_iter()
        .filter(|value| digits(*value) <= longest)
        .filter_map(RmaNumber::new)
        .collect();
    let quantities: Vec<(RmaNumber, u32)> = numbers.iter().copied().zip(1..).collect();
    for (number, quantity) in &quantities {
        let key = RmaKey::new(stage.merchant.clone(), *number);
        let created = stage
            .announce(&rma(key.clone(), &[("1", "SKU-A", *quantity)])?)
            .await?;
        same_number(&created, *number)?;
    }
    for (number, quantity) in &quantities {
        let key = RmaKey::new(stage.merchant.clone(), *number);
        let read = stage.read(&key).await?;
        same_number(&read, *number)?;
        let when = format!("reading {number}");
        stage.expect(&read, &when, &[("1", "SKU-A", [*quantity, 0, 0, 0, 0])])?;
    }
    let open = stage.oms.list_open(&stage.merchant, None, units(200)).await;
    if stage.can.list_open
        && let Ok(open) = offered(open)
    {
        // A shorter page is legal, and the rules on lists see whether the rest follows.
        let mut open = done("list_open", open)?;
        open.retain(|number| numbers.contains(number));
        ensure(numbers.starts_with(&open), || {
            format!("the open RMAs are {numbers:?}, and list_open answers {open:?}")
        })?;
    }
    longer_than_declared(stage, longest).await
}

fn same_number(snapshot: &RmaSnapshot, number: RmaNumber) -> Checked {
    let told = snapshot.key.rma_number;
    ensure(told == number, || {
        format!("the answer about {number} has the number {told}")
    })
}

/// A number that is too long may be refused, or kept after all; never cut.
async fn longer_than_declared(stage: &Stage<'_>, longest: u32) -> Checked {
    let Some(number) = 10u64.checked_pow(longest).and_then(RmaNumber::new) else {
        return Ok(());
    };
    let key = RmaKey::new(stage.merchant.clone(), number);
    let long = rma(key.clone(), &[("1", "SKU-A", 99)])?;
    match stage.create(&long).await? {
        Ok(CreateOutcome::Created(_)) => same_number(&stage.read(&key).await?, number),
        Err(OmsError::Rejected { .. }) => Ok(()),
        other => fail(format!(
            "create_rma of {number}, which has more digits than declared, answers {}",
            tell::created(&other)
        )),
    }
}

fn digits(value: u64) -> u32 {
    value.checked_ilog10().map_or(1, |log| log + 1)
}

async fn lines_identified(stage: &Stage<'_>) -> Checked {
    let rma = stage.rma(0, &[("line-one", "SKU-A", 1), ("line-two", "SKU-B", 1)])?;
    stage.announce(&rma).await?;
    let read = stage.read(&rma.key()).await?;
    for line in &rma.lines {
        let known = read.lines.iter().any(|told| {
            if stage.can.echoes_line_refs {
                told.line_ref.as_ref() == Some(&line.line_ref) && told.sku == line.sku
            } else {
                told.sku == line.sku || (told.barcode.is_some() && told.barcode == line.barcode)
            }
        });
        ensure(known, || {
            format!(
                "no line of the snapshot can be told to be {} ({:?}): {}",
                line.line_ref,
                line.sku,
                tell::lines(&read.lines)
            )
        })?;
    }
    Ok(())
}

async fn create_repeats(stage: &Stage<'_>) -> Checked {
    let rma = stage.rma(0, &[("1", "SKU-A", 1), ("2", "SKU-B", 3)])?;
    let created = stage.announce(&rma).await?;
    let mut informed = rma.clone();
    informed.lines.reverse();
    informed.order_name = Some("#1001".to_owned());
    informed.outcome = Some("exchange".to_owned());
    informed.parcels = vec![Parcel::new(Some("UPS"), Some("1Z9"))];
    for line in &mut informed.lines {
        line.title = Some("Tee".to_owned());
    }
    for (again, what) in [
        (&rma, "creating it again"),
        (
            &informed,
            "creating it again with other information and in another order",
        ),
        (&rma, "creating it a third time"),
    ] {
        match stage.create(again).await? {
            Ok(CreateOutcome::AlreadyExists(now)) => unchanged(&created, &now, what)?,
            other => return fail(format!("{what} answers {}", tell::created(&other))),
        }
    }
    unchanged(
        &created,
        &stage.read(&rma.key()).await?,
        "creating it again",
    )
}

async fn create_races(stage: &Stage<'_>) -> Checked {
    let goods = stage.rma(0, &[("1", "SKU-A", 1)])?;
    stage.prepare(&stage.merchant, &["SKU-A"]).await?;
    let same = join::all((0..8).map(|_| stage.oms.create_rma(&goods))).await;
    one_created(&same, "8 workers that announce the same")?;
    let refused = same.iter().find(|answer| answer.is_err());
    if let Some(refused) = refused {
        return fail(format!("one of them is told {}", tell::created(refused)));
    }

    let these = stage.rma(1, &[("1", "SKU-A", 1)])?;
    let others = stage.rma(1, &[("1", "SKU-A", 2)])?;
    let workers = (0..8).map(|n| if n % 2 == 0 { &these } else { &others });
    let mixed = join::all(workers.map(|rma| stage.oms.create_rma(rma))).await;
    one_created(&mixed, "8 workers, half of whom announce other goods")?;
    let odd = mixed
        .iter()
        .find(|answer| !matches!(answer, Ok(_) | Err(OmsError::Conflict { .. })));
    odd.map_or(Ok(()), |odd| {
        fail(format!("one of them is told {}", tell::created(odd)))
    })
}

fn one_created(answers: &[Result<CreateOutcome, OmsError>], who: &str) -> Checked {
    let created = answers
        .iter()
        .filter(|answer| matches!(answer, Ok(CreateOutcome::Created(_))))
        .count();
    ensure(created == 1, || {
        let answers: Vec<String> = answers.iter().map(tell::created).collect();
        format!("{who} are told {}", answers.join(", "))
    })
}

async fn create_in_any_state(stage: &Stage<'_>) -> Checked {
    let mut reached = 0;
    for (n, what) in (0..).zip(["cancelled", "arrived", "received", "closed"]) {
        let rma = stage.rma(n, &[("1", "SKU-A", 1)])?;
        stage.announce(&rma).await?;
        let key = rma.key();
        let now = match what {
            "cancelled" => cancelled(stage, &key).await?,
            "arrived" => stage.try_work(&key, WarehouseWork::Arrive).await?,
            "received" => {
                let work = receive(&key, "r1", &[("SKU-A", Condition::Available, 1)])?;
                stage.try_work(&key, work).await?
            }
            _ => stage.try_work(&key, WarehouseWork::Close).await?,
        };
        let Some(now) = now else { continue };
        reached += 1;
        match stage.create(&rma).await? {
            Ok(CreateOutcome::AlreadyExists(told)) => {
                unchanged(
                    &now,
                    &told,
                    &format!("creating it again when it was {what}"),
                )?;
            }
            other => {
                return fail(format!(
                    "creating it again when it was {what} answers {}",
                    tell::created(&other)
                ));
            }
        }
    }
    if reached == 0 {
        return skip("neither cancelling nor any work of the driver is supported");
    }
    Ok(())
}

/// Cancels by the side that can.
async fn cancelled(stage: &Stage<'_>, key: &RmaKey) -> Checked<Option<RmaSnapshot>> {
    if stage.can.cancel
        && let Ok(answer) = offered(stage.oms.cancel_rma(key, "conformance").await)
    {
        done("cancel_rma", answer)?;
        return stage.read(key).await.map(Some);
    }
    stage.try_work(key, WarehouseWork::Cancel).await
}

async fn other_goods_conflict(stage: &Stage<'_>) -> Checked {
    let second = if stage.can.duplicate_sku_lines {
        "SKU-A"
    } else {
        "SKU-B"
    };
    let one = [("1", "SKU-A", 1)];
    let two = [("1", "SKU-A", 1), ("2", second, 2)];
    let others: [(&str, &Goods<'_>, &Goods<'_>); 7] = [
        ("more units", &one, &[("1", "SKU-A", 2)]),
        ("fewer units", &[("1", "SKU-A", 2)], &one),
        ("another SKU", &one, &[("1", "SKU-B", 1)]),
        ("another line reference", &one, &[("2", "SKU-A", 1)]),
        ("one more line", &one, &two),
        ("one line less", &two, &one),
        (
            "the units of two lines exchanged",
            &two,
            &[("1", "SKU-A", 2), ("2", second, 1)],
        ),
    ];
    for (n, (what, stored, goods)) in (0..).zip(others) {
        let created = stage.announce(&stage.rma(n, stored)?).await?;
        let answer = stage.create(&stage.rma(n, goods)?).await?;
        conflict(&answer, &created, what)?;
    }
    if stage.can.amend {
        let before = stage.rma(9, &one)?;
        stage.announce(&before).await?;
        let after = stage.rma(9, &[("1", "SKU-A", 5)])?;
        if let Ok(amended) = offered(stage.oms.amend_rma(&after).await) {
            let amended = done("amend_rma", amended)?;
            let answer = stage.create(&before).await?;
            conflict(&answer, &amended, "the goods before an amendment")?;
        }
    }
    Ok(())
}

fn conflict(answer: &Result<CreateOutcome, OmsError>, stored: &RmaSnapshot, what: &str) -> Checked {
    match answer {
        Err(OmsError::Conflict { existing }) => {
            tell::difference(stored, existing).map_or(Ok(()), |difference| {
                fail(format!(
                    "the conflict on {what} does not carry what is stored: {difference}"
                ))
            })
        }
        other => fail(format!(
            "creating with {what} answers {}",
            tell::created(other)
        )),
    }
}

async fn conflict_changes_nothing(stage: &Stage<'_>) -> Checked {
    let rma = stage.rma(0, &[("1", "SKU-A", 1)])?;
    let created = stage.announce(&rma).await?;
    // Whether this is refused as it should be is another rule's business.
    drop(
        stage
            .create(&stage.rma(0, &[("1", "SKU-A", 2), ("2", "SKU-B", 1)])?)
            .await?,
    );
    let read = stage.read(&rma.key()).await?;
    unchanged(&created, &read, "creating it with other goods")
}
