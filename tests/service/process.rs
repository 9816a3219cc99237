//! A process with all that it prints. It goes when its value is dropped.

use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::patience::until;

/// Variables that the programs under test go by: whoever runs the tests may have set them.
const THEIRS: [&str; 12] = [
    "DATABASE_URL",
    "LEDGER_FILE",
    "LOOP_API_KEY",
    "LOOP_BASE_URL",
    "LOOP_SANDBOX_API",
    "LOOP_SANDBOX_CONTROL",
    "LOOP_WEBHOOK_SECRET",
    "MERCHANT",
    "OMS_FILE",
    "OMS_KEY",
    "OMS_URL",
    "RUST_LOG",
];
/// Of so many lines a failed test shows the last.
const LAST_WORDS: usize = 40;

type Lines = Arc<Mutex<Vec<String>>>;

pub(crate) struct Process {
    name: String,
    child: Child,
    out: Lines,
    err: Lines,
    collectors: Vec<JoinHandle<()>>,
}

impl Process {
    pub(crate) fn start(name: &str, command: &mut Command) -> Self {
        for variable in THEIRS {
            if !command.get_envs().any(|(set, _)| set == variable) {
                command.env_remove(variable);
            }
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (out, err) = (collect(out), collect(err));
        Self {
            name: name.to_owned(),
            child,
            out: out.0,
            err: err.0,
            collectors: vec![out.1, err.1],
        }
    }

    pub(crate) fn out(&self) -> Vec<String> {
        lock(&self.out).clone()
    }

    pub(crate) fn err(&self) -> Vec<String> {
        lock(&self.err).clone()
    }

    /// The rest of the first printed line that begins like this.
    pub(crate) async fn line(&mut self, beginning: &str) -> String {
        let what = format!("{} to print {beginning:?}", self.name);
        until(&what, async || {
            let found = self.printed(beginning);
            match (found, self.child.try_wait().unwrap()) {
                (Some(rest), _) => Ok(Ok(rest)),
                // The last lines may come after the end.
                (None, Some(status)) => Ok(self.printed(beginning).ok_or(status)),
                (None, None) => Err(self.out().join("\n")),
            }
        })
        .await
        .unwrap_or_else(|status| panic!("{} ended with {status} instead", self.name))
    }

    fn printed(&self, beginning: &str) -> Option<String> {
        let rest = |line: &String| line.strip_prefix(beginning).map(|it| it.trim().to_owned());
        lock(&self.out).iter().find_map(rest)
    }

    /// Asks it to stop, as systemd and Kubernetes do.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// It stands still, and whoever waits for it waits.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        // A shell has it built in; the standard library can only kill.
        let kill = format!("kill -{name} \"$0\"");
        let sent = Command::new("sh").args(["-c", &kill, &pid]).status();
        assert!(sent.unwrap().success(), "no {name} for {}", self.name);
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.hear_it_out();
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let what = format!("{} to end", self.name);
        let status = until(&what, async || {
            let status = self.child.try_wait().unwrap();
            status.ok_or_else(|| "it runs".to_owned())
        })
        .await;
        self.hear_it_out();
        status
    }

    /// What it said last may still be on its way when it has ended.
    fn hear_it_out(&mut self) {
        for collector in self.collectors.drain(..) {
            collector.join().unwrap();
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it ever had, in KiB.
    pub(crate) fn most_memory(&self) -> u64 {
        let file = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(file).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.unwrap().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        if thread::panicking() {
            let err = self.err();
            let last = &err[err.len().saturating_sub(LAST_WORDS)..];
            println!("last words of {}:\n{}\n", self.name, last.join("\n"));
        }
    }
}

/// Its lines; what a killed process began and did not end is none.
fn collect(stream: impl Read + Send + 'static) -> (Lines, JoinHandle<()>) {
    let lines = Lines::default();
    let collected = Arc::clone(&lines);
    let collector = thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok() && line.ends_with(b"\n") {
            let text = String::from_utf8_lossy(&line);
            lock(&collected).push(text.trim_end_matches('\n').to_owned());
            line.clear();
        }
    });
    (lines, collector)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
