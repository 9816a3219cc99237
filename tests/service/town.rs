//! Everybody of one scenario: merchants, the warehouse, the load balancer, and the services.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::Command;

use ams_oms_client::{MerchantId, Oms as _, RmaKey, RmaNumber, SqliteOms, Warehouse as _};
use futures_util::StreamExt as _;

use crate::audit::{self, Mercy};
use crate::canaries::OMS_KEY;
use crate::front::{Front, Webhook};
use crate::later;
use crate::merchant::{Merchant, Traits};
use crate::oms_side::{Goods, OmsSide};
use crate::patience::{hold, until};
use crate::service::{self, Service};

pub(crate) struct Town {
    folder: tempfile::TempDir,
    pub(crate) front: Front,
    pub(crate) oms: OmsSide,
    pub(crate) merchants: Vec<Merchant>,
    pub(crate) services: Vec<Service>,
    /// Where the services keep their files.
    pub(crate) state: PathBuf,
    /// The database that they share, if they do.
    pub(crate) database: Option<String>,
    /// What a shell does before it becomes the service.
    pub(crate) before: Option<&'static str>,
    /// Returns that the services have left to the hours after them.
    left: BTreeSet<(&'static str, u64)>,
    /// What services printed that have ended.
    printed: Vec<Printed>,
    /// What they served when they were still there.
    served: Vec<String>,
}

struct Printed {
    out: Vec<String>,
    log: Vec<String>,
}

impl Town {
    pub(crate) async fn found(traits: &[Traits]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let front = Front::start().await;
        let mut merchants = Vec::new();
        for traits in traits {
            merchants.push(Merchant::open(*traits, &front).await);
        }
        let state = folder.path().join("state");
        fs::create_dir(&state).unwrap();
        Self {
            front,
            oms: OmsSide::start(folder.path().join("oms.sqlite")).await,
            merchants,
            services: Vec::new(),
            state,
            database: None,
            before: None,
            left: BTreeSet::new(),
            printed: Vec::new(),
            served: Vec::new(),
            folder,
        }
    }

    pub(crate) fn merchant(&mut self, name: &str) -> &mut Merchant {
        let found = self.merchants.iter_mut().find(|it| it.name() == name);
        found.unwrap()
    }

    /// Returns whose webhooks nobody is there to take. Gives back the webhooks.
    pub(crate) async fn submit_unheard(
        &mut self,
        merchant: &str,
        goods: impl Iterator<Item = Goods>,
    ) -> Vec<Webhook> {
        self.front.point_at(Vec::new());
        let submitted = self.merchant(merchant).submit(goods).await;
        until("Loop's webhooks", async || {
            let mut missing: BTreeSet<_> = submitted.iter().copied().collect();
            let mut copies = self.front.copies(merchant);
            // Each is sent again when nobody takes it.
            copies.retain(|webhook| missing.remove(&webhook.return_id()));
            hold(missing.is_empty(), || {
                format!("{} are missing", missing.len())
            })?;
            Ok(copies)
        })
        .await
    }

    /// Starts a service, and webhooks go to it, too.
    pub(crate) async fn start_service(&mut self) -> &Service {
        let service = Service::start(&mut self.command()).await;
        self.services.push(service);
        self.point_front();
        self.services.last().unwrap()
    }

    /// What runs the service for these merchants.
    pub(crate) fn command(&self) -> Command {
        let file = self.folder.path().join("service.toml");
        fs::write(&file, self.configuration()).unwrap();
        let arguments = ["--config".as_ref(), file.as_os_str()];
        let plain = service::command(&arguments);
        let mut command = match self.before {
            None => plain,
            Some(before) => {
                let mut shell = Command::new("sh");
                shell.arg("-c").arg(format!("{before}; exec \"$0\" \"$@\""));
                shell.arg(plain.get_program()).args(plain.get_args());
                shell
            }
        };
        command.env("THE_OMS_KEY", OMS_KEY);
        command.envs(self.merchants.iter().flat_map(Merchant::secrets));
        command.envs(self.database.iter().map(|url| ("DATABASE_URL", url)));
        command
    }

    fn configuration(&self) -> String {
        let state = self.state.display();
        let start = format!("listen = \"127.0.0.1:0\"\nstate = \"{state}\"\ndrain = \"30s\"\n");
        let tables = self.merchants.iter().map(|it| it.table(&self.oms.base));
        start + &tables.collect::<String>()
    }

    pub(crate) fn point_front(&self) {
        let urls = self.services.iter().map(|it| it.url.clone());
        self.front.point_at(urls.collect());
    }

    /// All services die at once.
    pub(crate) fn kill_services(&mut self) {
        for mut service in std::mem::take(&mut self.services) {
            service.process.kill();
            self.keep(&service);
        }
        self.point_front();
    }

    /// All services are asked to stop, and have to.
    pub(crate) async fn stop_services(&mut self) {
        for service in &self.services {
            service.process.terminate();
        }
        self.services_end().await;
    }

    /// Those that were asked to stop do.
    pub(crate) async fn services_end(&mut self) {
        for mut service in std::mem::take(&mut self.services) {
            let status = service.process.ended().await;
            assert_eq!(status.code(), Some(0), "how it ended: {status}");
            self.keep(&service);
        }
        self.point_front();
    }

    fn keep(&mut self, service: &Service) {
        self.printed.push(Printed {
            out: service.process.out(),
            log: service.process.err(),
        });
    }

    /// The ledger's file of a merchant.
    pub(crate) fn ledger(&self, merchant: &str) -> PathBuf {
        self.state.join(format!("{merchant}.ledger.sqlite"))
    }

    async fn own_oms(&self, merchant: &str) -> SqliteOms {
        let file = self.state.join(format!("{merchant}.oms.sqlite"));
        SqliteOms::open(file).await.unwrap()
    }

    /// The goods of these returns arrive; the dock waits for their RMAs.
    pub(crate) async fn receive(&self, merchant: &str, ids: &[u64]) {
        let of_it = self
            .merchants
            .iter()
            .find(|it| it.name() == merchant)
            .unwrap();
        if of_it.traits.has_own_oms {
            let oms = self.own_oms(merchant).await;
            for id in ids {
                unpack(&oms, merchant, *id, of_it.book[id]).await;
            }
        } else {
            const AT_ONCE: usize = 8;
            let work = ids
                .iter()
                .map(|id| self.oms.receive(merchant, *id, of_it.book[id]));
            futures_util::stream::iter(work)
                .buffer_unordered(AT_ONCE)
                .collect::<()>()
                .await;
        }
    }

    async fn rmas(&self, merchant: &Merchant) -> BTreeSet<u64> {
        if !merchant.traits.has_own_oms {
            return self.oms.rmas(merchant.name()).await;
        }
        let oms = self.own_oms(merchant.name()).await;
        let all = NonZeroU32::new(1000).unwrap();
        let page = oms
            .changes(&merchant.name().parse().unwrap(), None, all)
            .await
            .unwrap();
        assert!(!page.more);
        page.changes.iter().map(|it| it.rma_number.get()).collect()
    }

    /// Waits until all returns of these merchants have RMAs, and of those whose goods are there no
    /// more than so many are neither refunded nor with a person.
    pub(crate) async fn settled_but(&self, merchants: &[&str], leftover: usize) {
        for merchant in self
            .merchants
            .iter()
            .filter(|it| merchants.contains(&it.name()))
        {
            let what = format!("{} to be settled", merchant.name());
            until(&what, async || {
                let rmas = self.rmas(merchant).await;
                let without = merchant.book.keys().filter(|id| !rmas.contains(id)).count();
                let truth = merchant.loop_side.truth().await;
                let is_open = |(id, goods): &(&u64, &Goods)| {
                    **goods != Goods::OnTheWay && !truth[id].is_over()
                };
                let open: Vec<_> = merchant.book.iter().filter(is_open).collect();
                let is_done = without <= leftover && open.len() <= leftover;
                hold(is_done, || {
                    format!("{without} without an RMA, open {open:?}")
                })
            })
            .await;
        }
    }

    /// All of everybody.
    pub(crate) async fn settled(&self) {
        let names: Vec<_> = self.merchants.iter().map(Merchant::name).collect();
        self.settled_but(&names, 0).await;
    }

    /// As it would be some hours later, when nobody is held up by the dead any more.
    pub(crate) async fn hours_later(&mut self) {
        for merchant in &self.merchants {
            let truth = merchant.loop_side.truth().await.into_iter();
            let open = truth.filter(|(_, truth)| !truth.is_over());
            self.left.extend(open.map(|(id, _)| (merchant.name(), id)));
            let store = match &self.database {
                Some(url) => later::Store::Postgres(url),
                None => later::Store::Sqlite(self.ledger(merchant.name())),
            };
            later::hours_later(store, merchant, &self.oms).await;
        }
    }

    /// Asks the running services for all that they show, for the audit.
    pub(crate) async fn look_around(&mut self) {
        for service in &self.services {
            for path in ["/", "/metrics", "/readyz", "/healthz"] {
                self.served.push(service.get(path).await.1);
            }
        }
    }

    /// The end: everybody goes home, and the books must be in order.
    pub(crate) async fn audit(mut self, mercy: Mercy) {
        self.look_around().await;
        self.stop_services().await;
        let mut faults = Vec::new();
        let mut log = Vec::new();
        for printed in &self.printed {
            match crate::log::read(&printed.log) {
                Ok(lines) => log.extend(lines),
                Err(fault) => faults.push(fault),
            }
        }
        for merchant in &self.merchants {
            let truth = merchant.loop_side.truth().await;
            let rmas = self.rmas(merchant).await;
            faults.extend(audit::judge(merchant, &truth, &rmas, mercy));
            let left = |id| self.left.contains(&(merchant.name(), id));
            faults.extend(audit::untold(merchant, &log, left));
        }
        let shown = self
            .printed
            .iter()
            .flat_map(|it| it.out.iter().chain(&it.log));
        faults.extend(audit::betrayed(shown.chain(&self.served)));
        assert!(
            faults.is_empty(),
            "{} faults:\n{}",
            faults.len(),
            faults.join("\n")
        );
    }

    /// How many returns ended how, for people to read.
    pub(crate) async fn summary(&self) -> String {
        let mut endings = BTreeMap::<&str, usize>::new();
        for merchant in &self.merchants {
            for truth in merchant.loop_side.truth().await.values() {
                let ending = match truth {
                    it if it.refunds > 0 => "refunded",
                    it if it.flagged => "flagged",
                    _ => "open",
                };
                *endings.entry(ending).or_default() += 1;
            }
        }
        format!("{endings:?}")
    }
}

/// The dock of a merchant whose OMS is a file.
async fn unpack(oms: &SqliteOms, merchant: &str, id: u64, goods: Goods) {
    let merchant: MerchantId = merchant.parse().unwrap();
    let key = RmaKey::new(merchant, RmaNumber::new(id).unwrap());
    until(&format!("the RMA {key}"), async || {
        let found = oms.get_rma(&key).await.unwrap();
        hold(found.is_some(), || "it is not there".to_owned())
    })
    .await;
    for work in goods.work(id) {
        let work = serde_json::from_value(work).unwrap();
        oms.apply(&key, work).await.unwrap();
    }
}
