//! The disk with the ledgers is full, and has space again.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::StatusCode;

use crate::audit::Mercy;
use crate::flood::flood;
use crate::front::Webhook;
use crate::log;
use crate::merchant::{Traits, a_mix};
use crate::oms_side::Goods;
use crate::patience::{hold, until};
use crate::service::Service;
use crate::town::Town;

/// Errors in a row after which Loop might give up on the subscription.
const IN_A_ROW: usize = 3;

pub(crate) async fn full_and_empty_again() {
    let mut town = Town::found(&[Traits::usual("acme")]).await;
    let Some(disk) = Disk::take(&mut town) else {
        println!("skipped: neither may a file system be mounted, nor is there a prlimit");
        return;
    };
    town.start_service().await;
    let early = town.merchant("acme").submit(a_mix(5)).await;
    town.receive("acme", &early).await;
    town.settled().await;

    disk.fill(&town.services[0]);
    let goods = a_mix(5).chain([Goods::OnTheWay; 7]);
    let webhooks = town.submit_unheard("acme", goods).await;
    let late: Vec<u64> = webhooks.iter().map(Webhook::return_id).collect();
    let service = &town.services[0];
    let sent = flood(service, webhooks.iter(), 1, |_| ()).await;
    println!("on a full disk: {:?}", sent.answers);
    let only = sent
        .answers
        .keys()
        .all(|status| [200, 503].contains(status));
    let in_a_row = sent.refused_in_a_row;
    assert!(
        only && (1..=IN_A_ROW).contains(&in_a_row),
        "{in_a_row}: {:?}",
        sent.answers
    );
    let lost = [("merchant", "acme"), ("outcome", "not_recorded")];
    service
        .metric("webhooks_total", &lost, |count| count > 0.0)
        .await;
    until("readiness to tell it", async || {
        let (status, told) = service.readiness().await;
        hold(status == StatusCode::SERVICE_UNAVAILABLE, || {
            told.to_string()
        })
    })
    .await;
    assert_eq!(service.get("/healthz").await.0, StatusCode::OK, "it runs");

    disk.free(service);
    until("readiness to come back", async || {
        let (status, told) = service.readiness().await;
        hold(status == StatusCode::OK, || told.to_string())
    })
    .await;
    assert_eq!(service.send(&webhooks[0]).await, Some(StatusCode::OK));
    town.point_front();
    town.receive("acme", &late).await;
    // One may have been at work when nothing could be written down any more.
    town.settled_but(&["acme"], 1).await;
    let written = log::read(&town.services[0].process.err()).unwrap();
    let words = ["ledger", "disk", "full"];
    assert!(
        written.iter().any(|line| log::tells(line, "acme", &words)),
        "the log is silent"
    );
    town.look_around().await;
    town.stop_services().await;
    town.hours_later().await;
    town.settled().await;
    town.audit(Mercy { deaths: 1 }).await;
}

/// A disk for one service that can be full.
enum Disk {
    /// A small file system of its own. Goes with the value.
    Mounted(PathBuf),
    /// No file may become any larger.
    Limited,
}

impl Disk {
    fn take(town: &mut Town) -> Option<Self> {
        let state = &town.state;
        let mounted = runs(
            "mount",
            &["-t", "tmpfs", "-o", "size=4m", "tmpfs"],
            Some(state),
        );
        if mounted {
            return Some(Self::Mounted(state.clone()));
        }
        // Who hits the limit gets an error then, and not the signal that ends it.
        town.before = Some("trap '' XFSZ");
        runs("prlimit", &["--version"], None).then_some(Self::Limited)
    }

    fn fill(&self, service: &Service) {
        match self {
            Self::Mounted(folder) => {
                let mut file = File::create(folder.join("ballast")).unwrap();
                for size in [65_536, 4096, 512, 1] {
                    while file.write_all(&vec![0; size]).is_ok() {}
                }
            }
            Self::Limited => limit(service, "4096:"),
        }
    }

    fn free(&self, service: &Service) {
        match self {
            Self::Mounted(folder) => fs::remove_file(folder.join("ballast")).unwrap(),
            Self::Limited => limit(service, "unlimited:"),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Mounted(folder) = self {
            // Also while somebody still has files open there.
            runs("umount", &["--lazy"], Some(folder));
            // The town is gone, and could not take along what was mounted there.
            drop(folder.parent().map(fs::remove_dir_all));
        }
    }
}

fn limit(service: &Service, size: &str) {
    let (pid, size) = (service.process.id().to_string(), format!("--fsize={size}"));
    assert!(runs("prlimit", &["--pid", &pid, &size], None), "prlimit");
}

fn runs(program: &str, arguments: &[&str], path: Option<&Path>) -> bool {
    let output = Command::new(program).args(arguments).args(path).output();
    output.is_ok_and(|output| output.status.success())
}
