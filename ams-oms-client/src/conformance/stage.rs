//! What one rule works with: the system under test, merchants and numbers of its own, and short
//! forms of what most rules do.

use std::num::{NonZeroU32, NonZeroU64};

use super::verdict::{Checked, Stop, done, ensure, fail, offered};
use super::{WarehouseDriver, tell};
use crate::{
    Capabilities, Condition, CreateOutcome, ItemRef, LineRef, MerchantId, Oms, OmsError, ReceiptId,
    ReceivedUnits, Rma, RmaKey, RmaLine, RmaNumber, RmaSnapshot, UnitCounts, WarehouseWork,
};

pub(super) struct Stage<'a> {
    pub(super) oms: &'a dyn Oms,
    pub(super) dock: &'a dyn WarehouseDriver,
    pub(super) can: Capabilities,
    /// The rule's own merchant.
    pub(super) merchant: MerchantId,
    /// Another merchant, whose name begins with the first one's.
    pub(super) neighbour: MerchantId,
    first_number: u64,
}

/// Line reference, SKU and quantity.
pub(super) type Goods<'a> = [(&'a str, &'a str, u32)];

/// SKU, condition and quantity.
pub(super) type Found<'a> = [(&'a str, Condition, u32)];

/// How many numbers each rule has to itself.
const NUMBERS: u64 = 100;

impl<'a> Stage<'a> {
    pub(super) fn new(
        oms: &'a dyn Oms,
        dock: &'a dyn WarehouseDriver,
        prefix: &str,
        rule: &str,
        place: usize,
    ) -> Checked<Self> {
        let name = |text: String| {
            MerchantId::new(text).map_err(|error| Stop::Failed(format!("merchant prefix: {error}")))
        };
        Ok(Self {
            oms,
            dock,
            can: oms.capabilities(),
            merchant: name(format!("{prefix}.{rule}"))?,
            neighbour: name(format!("{prefix}.{rule}.b"))?,
            first_number: u64::try_from(place).unwrap_or(0).saturating_mul(NUMBERS),
        })
    }

    /// One of the rule's numbers; `n` is below 100.
    pub(super) fn number(&self, n: u64) -> RmaNumber {
        NonZeroU64::MIN
            .saturating_add(self.first_number.saturating_add(n))
            .into()
    }

    /// Whether the number is one of the rule's: others are judged by the rules on leaks.
    pub(super) fn is_own(&self, number: RmaNumber) -> bool {
        let first = self.number(0).get();
        (first..first.saturating_add(NUMBERS)).contains(&number.get())
    }

    pub(super) fn key(&self, n: u64) -> RmaKey {
        RmaKey::new(self.merchant.clone(), self.number(n))
    }

    pub(super) fn rma(&self, n: u64, goods: &Goods<'_>) -> Checked<Rma> {
        rma(self.key(n), goods)
    }

    /// Tells the driver which merchant and items are about to be used.
    pub(super) async fn prepare(&self, merchant: &MerchantId, skus: &[&str]) -> Checked {
        let answer = self.dock.prepare(merchant, skus).await;
        done("the driver's prepare", offered(answer)?)
    }

    /// Creates the RMA, whatever comes of it.
    pub(super) async fn create(&self, rma: &Rma) -> Checked<Result<CreateOutcome, OmsError>> {
        let skus: Vec<&str> = rma
            .lines
            .iter()
            .filter_map(|line| line.sku.as_deref())
            .collect();
        self.prepare(&rma.merchant, &skus).await?;
        Ok(self.oms.create_rma(rma).await)
    }

    /// Creates an RMA that must not exist yet.
    pub(super) async fn announce(&self, rma: &Rma) -> Checked<RmaSnapshot> {
        match self.create(rma).await? {
            Ok(CreateOutcome::Created(snapshot)) => Ok(snapshot),
            Ok(CreateOutcome::AlreadyExists(_)) => fail(format!(
                "{} was never announced, and create_rma answers AlreadyExists; was this merchant \
                 prefix used before?",
                rma.key()
            )),
            Err(error) => fail(format!(
                "create_rma of {} answers {}",
                rma.key(),
                tell::error(&error)
            )),
        }
    }

    /// Announces these goods under the rule's merchant.
    pub(super) async fn announced(&self, n: u64, goods: &Goods<'_>) -> Checked<RmaKey> {
        let rma = self.rma(n, goods)?;
        self.announce(&rma).await?;
        Ok(rma.key())
    }

    /// Reads an RMA that must exist.
    pub(super) async fn read(&self, key: &RmaKey) -> Checked<RmaSnapshot> {
        let answer = done("get_rma", self.oms.get_rma(key).await)?;
        answer.map_or_else(|| fail(format!("get_rma of {key} answers None")), Ok)
    }

    /// Lets the warehouse work, and reads what the system says then. What the driver itself
    /// answers is not looked at: it is not under test.
    pub(super) async fn work(&self, key: &RmaKey, work: WarehouseWork) -> Checked<RmaSnapshot> {
        let what = format!("the driver's {}", tell::work(&work));
        done(&what, offered(self.dock.apply(key, work).await)?)?;
        self.read(key).await
    }

    /// Like [`work`](Stage::work), with `None` when the driver does not have the work.
    pub(super) async fn try_work(
        &self,
        key: &RmaKey,
        work: WarehouseWork,
    ) -> Checked<Option<RmaSnapshot>> {
        match self.work(key, work).await {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(Stop::Skipped(_)) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    /// Receives units by SKU.
    pub(super) async fn receive(
        &self,
        key: &RmaKey,
        receipt: &str,
        found: &Found<'_>,
    ) -> Checked<RmaSnapshot> {
        self.work(key, receive(key, receipt, found)?).await
    }

    /// Fails unless the lines have these counts: expected, available, damaged, held, missing.
    pub(super) fn expect(
        &self,
        snapshot: &RmaSnapshot,
        when: &str,
        lines: &[(&str, &str, [u32; 5])],
    ) -> Checked {
        ensure(snapshot.lines.len() == lines.len(), || {
            format!(
                "{when}: the snapshot should have {} lines and has {}",
                lines.len(),
                snapshot.lines.len()
            )
        })?;
        for (line_ref, sku, [expected, available, damaged, held, missing]) in lines {
            let wanted = UnitCounts {
                expected: *expected,
                available: *available,
                damaged: *damaged,
                held: *held,
                missing: *missing,
            };
            let told = self.counts(snapshot, line_ref, sku)?;
            ensure(told == wanted, || {
                format!(
                    "{when}: line {line_ref} ({sku}) should have {}, and has {}",
                    tell::counts(&wanted),
                    tell::counts(&told)
                )
            })?;
        }
        Ok(())
    }

    /// The counts of one line, found as the bridge finds it: by reference if the system gives
    /// references back, by SKU otherwise.
    pub(super) fn counts(
        &self,
        snapshot: &RmaSnapshot,
        line_ref: &str,
        sku: &str,
    ) -> Checked<UnitCounts> {
        let by_ref = snapshot.lines.iter().find(|line| {
            line.line_ref
                .as_ref()
                .is_some_and(|known| known.as_str() == line_ref)
        });
        let by_sku = || {
            let mut same = snapshot
                .lines
                .iter()
                .filter(|line| line.sku.as_deref() == Some(sku));
            let found = same.next();
            if same.next().is_none() { found } else { None }
        };
        by_ref.or_else(by_sku).map_or_else(
            || {
                fail(format!(
                    "the snapshot has no line {line_ref}, nor one of SKU {sku} alone"
                ))
            },
            |line| Ok(line.counts),
        )
    }
}

/// Fails when two snapshots tell different things, whatever their versions.
pub(super) fn unchanged(before: &RmaSnapshot, after: &RmaSnapshot, what: &str) -> Checked {
    tell::difference(before, after).map_or(Ok(()), |difference| {
        fail(format!("{what} changed the RMA: {difference}"))
    })
}

pub(super) fn rma(key: RmaKey, goods: &Goods<'_>) -> Checked<Rma> {
    let mut lines = Vec::with_capacity(goods.len());
    for (line_ref, sku, quantity) in goods {
        lines.push(RmaLine::new(self::line_ref(line_ref)?, units(*quantity)).with_sku(*sku));
    }
    Rma::new(key, lines).map_err(|error| own_mistake(&error))
}

pub(super) fn receive(key: &RmaKey, receipt: &str, found: &Found<'_>) -> Checked<WarehouseWork> {
    let items = found
        .iter()
        .map(|(sku, condition, quantity)| {
            let item = ItemRef::Sku((*sku).to_owned());
            ReceivedUnits::new(item, *condition, units(*quantity))
        })
        .collect();
    receive_items(key, receipt, items)
}

pub(super) fn receive_items(
    key: &RmaKey,
    receipt: &str,
    units: Vec<ReceivedUnits>,
) -> Checked<WarehouseWork> {
    Ok(WarehouseWork::Receive {
        receipt_id: receipt_id(key, receipt)?,
        units,
    })
}

/// Unique in the whole system, because some systems insist on that.
pub(super) fn receipt_id(key: &RmaKey, receipt: &str) -> Checked<ReceiptId> {
    ReceiptId::new(format!("{key}/{receipt}")).map_err(|error| own_mistake(&error))
}

pub(super) fn line_ref(text: &str) -> Checked<LineRef> {
    LineRef::new(text).map_err(|error| own_mistake(&error))
}

/// A quantity or a page size; 0 is taken for 1.
pub(super) fn units(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)
}

/// A rule that builds something the types refuse is a fault of the suite.
fn own_mistake(error: &dyn std::error::Error) -> Stop {
    Stop::Failed(format!("the suite itself is at fault: {error}"))
}
