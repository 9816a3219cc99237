//! PostgreSQL servers of a test's own. Self-contained, so that tests of other packages can include
//! the file.
//!
//! A server lives in a directory of its own under the temporary directory and listens on a Unix
//! socket there, so any number can run at once. It goes when its value is dropped, or when the
//! test's process ends, however it ends.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

static SERIAL: AtomicU32 = AtomicU32::new(0);

fn serial() -> u32 {
    SERIAL.fetch_add(1, Ordering::Relaxed)
}

/// A running server. Its superuser is `postgres`. Every role may connect without a password, except
/// the members of a role `locked`.
#[derive(Debug)]
pub(crate) struct PostgresServer {
    programs: PathBuf,
    /// Holds the data, the log, and the socket.
    home: PathBuf,
    /// A server does not run as root.
    user: Option<(u32, u32)>,
    /// Stops the server and removes its home when its standard input ends.
    guard: Child,
}

impl PostgresServer {
    /// Starts a new server. `None`, with a word on standard error, where PostgreSQL is not
    /// installed; a panic there, if `REQUIRE_POSTGRES` is set.
    pub(crate) fn start() -> Option<Self> {
        let server = Self::without_data()?;
        let data = server.data();
        server.run(
            "initdb",
            &[
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                // Of the new files only: the server itself syncs.
                "--no-sync",
                "--pgdata",
                &data,
            ],
        );
        server.append(
            "postgresql.conf",
            "fsync = on\nmax_connections = 200\nshared_buffers = 16MB\n",
        );
        fs::write(
            Path::new(&data).join("pg_hba.conf"),
            "local all +locked scram-sha-256\nlocal all all trust\nlocal replication all trust\n",
        )
        .unwrap();
        server.append("postgresql.conf", &server.address());
        server.start_again();
        Some(server)
    }

    /// The server that all tests of this process share, which none may stop.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<PostgresServer>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// A second server that follows this one.
    pub(crate) fn standby(&self) -> Self {
        let standby = Self::without_data().unwrap();
        let (data, socket) = (standby.data(), self.home.display().to_string());
        standby.run(
            "pg_basebackup",
            &[
                "--host",
                &socket,
                "--username=postgres",
                "--pgdata",
                &data,
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync",
            ],
        );
        standby.append("postgresql.conf", &standby.address());
        standby.start_again();
        standby
    }

    fn without_data() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(
                std::env::var_os("REQUIRE_POSTGRES").is_none(),
                "no PostgreSQL server found"
            );
            // Not by a macro, whose output the test harness hides.
            let mut stderr = io::stderr();
            writeln!(stderr, "skipped: no PostgreSQL server found").unwrap();
            return None;
        };
        let name = format!("ams-postgres-{}-{}", process::id(), serial());
        let home = std::env::temp_dir().join(name);
        fs::create_dir(&home).unwrap();
        let user = (fs::metadata(&home).unwrap().uid() == 0).then(unprivileged);
        if let Some((uid, gid)) = user {
            chown(&home, Some(uid), Some(gid)).unwrap();
        }
        let guard = command("sh", user)
            .args([
                "-c",
                r#"read -r _; "$0" stop --silent --mode=immediate --pgdata "$1/data"; rm -rf "$1""#,
            ])
            .args([&programs.join("pg_ctl"), &home])
            .current_dir("/")
            .process_group(0) // it outlives an interrupt from the keyboard
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self {
            programs,
            home,
            user,
            guard,
        })
    }

    /// Makes an empty database and names it.
    pub(crate) fn database(&self) -> String {
        let name = format!("test_{}", serial());
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// Where to connect to.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        let socket = self.home.display().to_string().replace('/', "%2F");
        format!("postgres://{user}@{socket}/{database}")
    }

    /// Runs statements as the superuser, all in one transaction, and gives back their rows as text.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        self.psql(database, &["--command", sql])
    }

    /// Runs `psql` on a database as the superuser.
    pub(crate) fn psql(&self, database: &str, arguments: &[&str]) -> String {
        let url = self.url("postgres", database);
        let mut all = vec!["--no-psqlrc", "-qAt", "--set=ON_ERROR_STOP=1", &url];
        all.extend(arguments);
        self.run("psql", &all)
    }

    /// Kills all of the server's processes at once, as a crash would, and starts it again.
    pub(crate) fn crash_and_restart(&self) {
        self.pg_ctl(&["restart", "--mode=immediate"]);
    }

    /// Kills all of the server's processes at once, as a crash would.
    pub(crate) fn crash(&self) {
        self.pg_ctl(&["stop", "--mode=immediate"]);
    }

    /// Starts the server after [`PostgresServer::crash`].
    pub(crate) fn start_again(&self) {
        self.pg_ctl(&["start"]);
    }

    /// Makes a standby the server that is written to.
    pub(crate) fn promote(&self) {
        self.pg_ctl(&["promote"]);
    }

    /// Runs one of PostgreSQL's programs and gives back what it prints.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = command(self.programs.join(program), self.user)
            .args(arguments)
            .current_dir(&self.home)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}\n{out}{err}",
            output.status
        );
        out.trim_end().to_owned()
    }

    fn pg_ctl(&self, arguments: &[&str]) {
        let log = self.home.join("log").display().to_string();
        let data = self.data();
        let mut all = vec!["--silent", "--wait", "--pgdata", &data, "--log", &log];
        all.extend(arguments);
        self.run("pg_ctl", &all);
    }

    fn data(&self) -> String {
        self.home.join("data").display().to_string()
    }

    fn address(&self) -> String {
        let home = self.home.display();
        format!("listen_addresses = ''\nunix_socket_directories = '{home}'\n")
    }

    fn append(&self, file: &str, text: &str) {
        let path = Path::new(&self.data()).join(file);
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        drop(self.guard.wait());
    }
}

/// Where the newest installed server's programs are.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let newest_first = versions.into_iter().rev().map(|(_, path)| path);
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest_first
        .chain(std::env::split_paths(&path))
        .find(|programs| programs.join("initdb").exists())
}

/// Somebody who is not root.
fn unprivileged() -> (u32, u32) {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| {
            let line = passwd
                .lines()
                .find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            let mut id = || fields.next()?.parse().ok();
            Some((id()?, id()?))
        })
        .unwrap()
}

fn command(program: impl AsRef<std::ffi::OsStr>, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}
