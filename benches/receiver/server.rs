//! A server as a process of its own, so that what it uses is told apart from what the load costs.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use loop_ams_benches::Usage;

use crate::load::{Connections, PATH, SECRET};

/// As many as Loop would hardly open.
const CONNECTIONS: usize = 4;

pub(crate) struct Server {
    pub(crate) name: &'static str,
    child: Child,
    address: SocketAddr,
    at_rest: u64,
    sent: usize,
    took: Duration,
    cpu: Duration,
}

impl Server {
    /// Starts it and waits for the line with its address. What else it prints is read and thrown
    /// away.
    pub(crate) fn start(name: &'static str, mut command: Command) -> Self {
        let mut child = command
            .env("LOOP_WEBHOOK_SECRET", SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| address(&line.unwrap()));
        let address = address.unwrap_or_else(|| panic!("{name} has not said where it listens"));
        thread::spawn(move || lines.for_each(drop));
        let mut server = Self {
            name,
            child,
            address,
            at_rest: 0,
            sent: 0,
            took: Duration::ZERO,
            cpu: Duration::ZERO,
        };
        server.at_rest = server.usage().resident;
        server
    }

    pub(crate) fn usage(&self) -> Usage {
        Usage::of(&self.child.id().to_string()).unwrap()
    }

    /// Sends these without counting, so that what is compiled or cached at first is.
    pub(crate) fn warm_up(&mut self, webhooks: Vec<Vec<u8>>) {
        self.connections().send(webhooks);
    }

    /// Sends these and adds up what they cost.
    pub(crate) fn take(&mut self, webhooks: Vec<Vec<u8>>) {
        self.sent += webhooks.len();
        let connections = self.connections();
        let before = self.usage().cpu;
        self.took += connections.send(webhooks);
        self.cpu += self.usage().cpu - before;
    }

    fn connections(&self) -> Connections {
        Connections::open(self.address, CONNECTIONS).unwrap()
    }

    pub(crate) fn per_second(&self) -> f64 {
        count(self.sent) / self.took.as_secs_f64()
    }

    /// Microseconds.
    pub(crate) fn cpu_per_request(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / count(self.sent)
    }

    pub(crate) fn memory_at_rest(&self) -> u64 {
        self.at_rest
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Out of a line like `listening on http://127.0.0.1:8080/webhooks/loop`.
fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    rest.strip_suffix(PATH)?.parse().ok()
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}
