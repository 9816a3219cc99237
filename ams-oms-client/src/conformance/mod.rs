//! Shows whether an implementation of [`Oms`] keeps the contract (feature `conformance`).
//!
//! A *rule* is one sentence of the contract with a check behind it: announce this, let the
//! warehouse do that, read what the system says then. [`run`] checks all of them and reports;
//! it never panics and asserts nothing.
//!
//! # Running it
//!
//! You need your [`Oms`], connected to a **test** system, and something that plays the warehouse
//! in that system: an implementation of [`Warehouse`], through which the suite lets parcels arrive
//! and units be received. Then one line in a test is all:
//!
//! ```
//! # #[cfg(feature = "memory")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ams_oms_client::conformance::Broken> {
//! use ams_oms_client::{MemoryOms, conformance};
//!
//! let oms = MemoryOms::new(); // yours here, and below the warehouse behind it
//! conformance::run(&oms, &oms).await.into_result()
//! # }
//! # #[cfg(not(feature = "memory"))]
//! # fn main() {}
//! ```
//!
//! It works on any executor and uses no clock. The rules run one after the other; concurrency,
//! where a rule is about it, is several calls polled by one task.
//!
//! # The driver
//!
//! [`WarehouseDriver`] is [`Warehouse`] and two hooks that most systems leave as they are. Write
//! [`apply`](Warehouse::apply) so that each piece of work goes through the system as a person's
//! would, and return only when the work shows in [`get_rma`](Oms::get_rma). Answer
//! [`OmsError::unsupported`](crate::OmsError::unsupported) for work that the system does not know:
//! the rules that need it are skipped then, and say so.
//!
//! ```
//! use ams_oms_client::conformance::WarehouseDriver;
//! use ams_oms_client::{
//!     OmsError, RmaKey, RmaSnapshot, Warehouse, WarehouseWork, async_trait,
//! };
//!
//! /// Plays the people at the dock of a made-up system.
//! struct MyDock;
//!
//! #[async_trait]
//! impl Warehouse for MyDock {
//!     async fn apply(&self, _: &RmaKey, work: WarehouseWork) -> Result<RmaSnapshot, OmsError> {
//!         match work {
//!             // WarehouseWork::Receive { receipt_id, units } => scan them in and read the RMA
//!             // WarehouseWork::Close => finish it and read the RMA
//!             _ => Err(OmsError::unsupported("apply")),
//!         }
//!     }
//! }
//!
//! impl WarehouseDriver for MyDock {}
//! ```
//!
//! # Reading the report
//!
//! [`Report`] prints as a table: each rule with its sentence, and below it the evidence when it
//! failed or the reason when it was skipped. Rules are skipped for three reasons: a capability that
//! [`capabilities`](Oms::capabilities) does not declare, work that the driver does not have, and a
//! premise that another rule judges. Nothing else hides behind a skip: declared and lacking, or
//! working and not declared, is a failure of its own (`capability-...`).
//!
//! Start at the first failure: later ones often follow from it. [`Suite::only`] repeats single
//! rules. A transient failure of the system under test counts against the rule that met it.
//!
//! # Data it leaves behind
//!
//! Each rule announces a few RMAs for merchants of its own, whose names begin with a prefix, and
//! removes nothing. The prefix is new on every run, so a system that keeps its data can be tested
//! again and again; [`Suite::merchant_prefix`] sets it.

mod announcing;
mod changing;
mod correcting;
mod driver;
mod feed;
mod honesty;
mod join;
mod listing;
mod receiving;
mod report;
mod rule;
mod stage;
mod tell;
mod tenants;
mod texts;
mod verdict;

use std::fmt;
use std::hash::{BuildHasher, RandomState};

pub use driver::WarehouseDriver;
pub use report::{Broken, Outcome, Report, RuleResult};
pub use rule::Rule;

#[cfg(doc)]
use crate::Warehouse;
use crate::{InvalidId, MerchantId, Oms};

/// Checks every rule, with a merchant prefix that is new on each run.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use ams_oms_client::{MemoryOms, conformance};
///
/// let oms = MemoryOms::new();
/// let report = conformance::run(&oms, &oms).await;
/// assert!(report.is_passed(), "{report}");
/// # }
/// # #[cfg(not(feature = "memory"))]
/// # fn main() {}
/// ```
pub async fn run(oms: &dyn Oms, warehouse: &dyn WarehouseDriver) -> Report {
    Suite::new(oms, warehouse).run().await
}

/// The suite with its settings. [`run`] is the short form.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use ams_oms_client::MemoryOms;
/// use ams_oms_client::conformance::{Rule, Suite};
///
/// let oms = MemoryOms::new();
/// let report = Suite::new(&oms, &oms)
///     .merchant_prefix("ci-1234")?
///     .only(Rule::named("cancel-repeats"))
///     .run()
///     .await;
/// assert_eq!(report.results().len(), 1);
/// report.into_result()?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "memory"))]
/// # fn main() {}
/// ```
pub struct Suite<'a> {
    oms: &'a dyn Oms,
    warehouse: &'a dyn WarehouseDriver,
    prefix: String,
    rules: Vec<Rule>,
}

impl<'a> Suite<'a> {
    /// All rules, with a prefix that is new on each run.
    #[must_use]
    pub fn new(oms: &'a dyn Oms, warehouse: &'a dyn WarehouseDriver) -> Self {
        let unique = RandomState::new().hash_one("suite");
        Self {
            oms,
            warehouse,
            prefix: format!("suite-{unique:016x}"),
            rules: Rule::all().collect(),
        }
    }

    /// Sets what the names of all merchants begin with: 1 to 24 of the characters that a
    /// [`MerchantId`] may have.
    ///
    /// Most rules need merchants that they have not used before, so a prefix serves for one run.
    ///
    /// # Errors
    /// [`InvalidId`] when it is too long, empty or has other characters.
    pub fn merchant_prefix(mut self, prefix: &str) -> Result<Self, InvalidId> {
        // Too long by exactly what the suite appends to it.
        MerchantId::new(format!("{prefix}{:.>width$}", "", width = 64 - 24))?;
        MerchantId::new(prefix)?;
        prefix.clone_into(&mut self.prefix);
        Ok(self)
    }

    /// Checks these rules only.
    #[must_use]
    pub fn only(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.rules = rules.into_iter().collect();
        self
    }

    /// Checks the rules, one after the other.
    pub async fn run(self) -> Report {
        let mut results = Vec::with_capacity(self.rules.len());
        for rule in self.rules {
            let outcome = rule.check(self.oms, self.warehouse, &self.prefix).await;
            results.push(RuleResult { rule, outcome });
        }
        Report::new(self.prefix, results)
    }
}

impl fmt::Debug for Suite<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite")
            .field("oms", &self.oms)
            .field("prefix", &self.prefix)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
