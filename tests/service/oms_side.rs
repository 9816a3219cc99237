//! The warehouse: the OMS over HTTP, run as a process, and the people at its dock.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::canaries::{DOCK_KEY, OMS_KEY};
use crate::process::Process;
use crate::programs::program;

pub(crate) struct OmsSide {
    process: Option<Process>,
    http: reqwest::Client,
    pub(crate) base: String,
    file: PathBuf,
}

/// What arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goods {
    OnTheWay,
    Good,
    /// One unit of two is.
    Damaged,
    /// One unit of two, and the warehouse waits for no more.
    Short,
}

/// The units of every return; of what is bad it is the first.
pub(crate) const SKUS: [&str; 2] = ["TEE", "CAP"];

impl Goods {
    /// The work at the dock, in its order.
    pub(crate) fn work(self, id: u64) -> Vec<Value> {
        let unit = |sku: &str, condition: &str| json!({ "item": { "sku": sku }, "condition": condition, "quantity": 1 });
        let [first, second] = SKUS;
        let units = match self {
            Self::OnTheWay => return Vec::new(),
            Self::Good => vec![unit(first, "available"), unit(second, "available")],
            Self::Damaged => vec![unit(first, "damaged"), unit(second, "available")],
            Self::Short => vec![unit(second, "available")],
        };
        let receipt = format!("dock-{id}");
        vec![
            json!({ "work": "receive", "receipt_id": receipt, "units": units }),
            json!({ "work": "close" }),
        ]
    }
}

impl OmsSide {
    /// It keeps its RMAs in this file.
    pub(crate) async fn start(file: PathBuf) -> Self {
        let mut side = Self {
            process: None,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: format!("http://127.0.0.1:{}", free_port()),
            file,
        };
        side.up().await;
        side
    }

    /// Again at the same address, if it was down.
    pub(crate) async fn up(&mut self) {
        let mut command = Command::new(program("oms_server"));
        command.arg("--file").arg(&self.file);
        command.args(["--address", self.base.trim_start_matches("http://")]);
        command
            .env("OMS_BRIDGE_KEY", OMS_KEY)
            .env("OMS_DOCK_KEY", DOCK_KEY);
        let mut process = Process::start("oms_server", &mut command);
        process.line("An OMS at").await;
        self.process = Some(process);
    }

    /// It takes calls, and answers none of them.
    pub(crate) fn hang(&self) {
        self.process.as_ref().unwrap().freeze();
    }

    pub(crate) fn answer_again(&self) {
        self.process.as_ref().unwrap().thaw();
    }

    /// It dies.
    pub(crate) fn down(&mut self) {
        self.process = None;
    }

    async fn call(&self, method: Method, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/v1/merchants/{path}", self.base);
        let request = self.http.request(method, url).bearer_auth(key);
        let request = request.header("Content-Type", "application/json");
        let answer = request.body(body.to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap(),
        )
    }

    /// Goods are unpacked.
    pub(crate) async fn receive(&self, merchant: &str, id: u64, goods: Goods) {
        for work in goods.work(id) {
            let path = format!("{merchant}/rmas/{id}/work");
            let (status, answer) = self.call(Method::POST, &path, DOCK_KEY, &work).await;
            assert_eq!(status, 200, "{path} {work}: {answer}");
        }
    }

    /// The numbers of all RMAs of a merchant.
    pub(crate) async fn rmas(&self, merchant: &str) -> BTreeSet<u64> {
        let mut numbers = BTreeSet::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{merchant}/changes?limit=1000{cursor}");
            let (status, page) = self.call(Method::GET, &path, OMS_KEY, &Value::Null).await;
            assert_eq!(status, 200, "{path}: {page}");
            for change in page["changes"].as_array().unwrap() {
                let number = change["rma_number"].as_str().unwrap();
                numbers.insert(number.parse().unwrap());
            }
            if page["more"] != true {
                return numbers;
            }
            cursor = format!("&cursor={}", page["next"].as_str().unwrap());
        }
    }
}

/// It has to keep its port when it is started again.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
