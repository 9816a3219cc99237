//! Everybody of one scenario: merchants, the warehouse, the load balancer, and the services.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use crate::canaries::OMS_KEY;
use crate::front::{Front, Webhook};
use crate::merchant::{Merchant, Traits};
use crate::oms_side::{Goods, OmsSide};
use crate::patience::{hold, until};
use crate::service::{self, Service};

/// Of so many lines of the logs a failed test shows those that tell something.
const LINES: usize = 300;

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
    /// Workers for each merchant in every service.
    pub(crate) workers: usize,
    /// Whether the environment says where Loop is, and the file something else.
    pub(crate) loop_by_environment: bool,
    /// What a shell does before it becomes the service.
    pub(crate) before: Option<&'static str>,
    /// Returns that the services have left to the hours after them.
    pub(crate) left: BTreeSet<(&'static str, u64)>,
    /// What the ledger says of those that even then are not over.
    pub(crate) hanging: Vec<String>,
    /// What services printed that have ended.
    pub(crate) printed: Vec<Printed>,
    /// What they served when they were still there.
    pub(crate) served: Vec<String>,
}

pub(crate) struct Printed {
    pub(crate) out: Vec<String>,
    pub(crate) log: Vec<String>,
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
            workers: 1,
            loop_by_environment: false,
            before: None,
            left: BTreeSet::new(),
            hanging: Vec::new(),
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
        let service = Service::start_for_operators(&mut self.command()).await;
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
        if self.loop_by_environment {
            command.env("LOOP_BASE_URL", &self.merchants[0].loop_side.api);
        }
        command.envs(self.database.iter().map(|url| ("DATABASE_URL", url)));
        command
    }

    fn configuration(&self) -> String {
        let (state, workers) = (self.state.display(), self.workers);
        let start = format!(
            r#"
listen = "127.0.0.1:0"
operator_listen = "127.0.0.1:0"
state = "{state}"
drain = "30s"
workers = {workers}
"#
        );
        let table = |merchant: &Merchant| {
            let nowhere = "http://127.0.0.1:1/api";
            let url = &merchant.loop_side.api;
            let url = if self.loop_by_environment {
                nowhere
            } else {
                url
            };
            merchant.table(url, &self.oms.base)
        };
        start + &self.merchants.iter().map(table).collect::<String>()
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

    /// Asks the running services for all that they show, for the audit.
    pub(crate) async fn look_around(&mut self) {
        for service in &self.services {
            for path in ["/", "/metrics", "/readyz", "/healthz"] {
                self.served.push(service.get(path).await.1);
            }
        }
    }
}

impl Drop for Town {
    /// What led to a failure: the troubles, and all about returns that hang.
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        for entry in &self.hanging {
            println!("not over: {entry}");
        }
        let lines = self.printed.iter().flat_map(|it| &it.log);
        let hangs = |line: &str| {
            self.left
                .iter()
                .any(|(_, id)| line.contains(&id.to_string()))
        };
        let tells =
            |line: &&String| line.contains("\"ERROR\"") || line.contains("\"WARN\"") || hangs(line);
        for line in lines.filter(tells).take(LINES) {
            println!("{line}");
        }
    }
}
