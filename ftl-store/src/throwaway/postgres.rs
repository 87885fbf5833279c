//! `ThrowawayPostgres`: a PostgreSQL of its own, on a socket and a port of the loopback.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;

use tempfile::TempDir;

use super::ThrowawayError;
use super::process::{Process, User, await_up, find, free_port};

const PACKAGE: &str = "postgresql";

/// See the module. Durable: a crash loses nothing that it acknowledged.
#[derive(Debug)]
pub struct ThrowawayPostgres {
    process: Option<Process>,
    programs: PathBuf,
    user: Option<User>,
    settings: Vec<String>,
    port: u16,
    databases: AtomicU32,
    dir: TempDir,
}

impl ThrowawayPostgres {
    /// Makes a cluster and starts it.
    pub fn start() -> Result<Self, ThrowawayError> {
        Self::start_with(&[])
    }

    /// With settings like `fsync=off` beside the usual ones.
    pub fn start_with(settings: &[&str]) -> Result<Self, ThrowawayError> {
        let initdb = find("initdb", PACKAGE, &packaged())?;
        // In `PATH` there may be links to some of its programs alone.
        let initdb = initdb.canonicalize().map_err(ThrowawayError::io("looking for PostgreSQL's programs"))?;
        let programs = initdb.parent().unwrap_or(Path::new("/")).to_path_buf();
        let dir = tempfile::tempdir().map_err(ThrowawayError::io("making a directory"))?;
        let user = not_root()?;
        if let Some(user) = user {
            chown(dir.path(), Some(user.uid), Some(user.gid)).map_err(ThrowawayError::io("giving the directory to postgres"))?;
        }
        let mut command = Command::new(&initdb);
        command.arg("-D").arg(dir.path().join("data")).args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        command.current_dir(dir.path()).stdin(Stdio::null());
        if let Some(user) = user {
            command.uid(user.uid).gid(user.gid);
        }
        let made = command.output().map_err(ThrowawayError::io("running initdb"))?;
        if !made.status.success() {
            return Err(ThrowawayError::DidNotStart { program: "initdb", why: String::from_utf8_lossy(&made.stderr).into() });
        }
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut postgres = Self { process: None, programs, user, settings, port: free_port()?, databases: AtomicU32::new(0), dir };
        postgres.restart()?;
        Ok(postgres)
    }

    /// The URL of its first database, over its socket.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The URL of one of its databases, over its socket.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@localhost:{}/{database}?host={}&sslmode=disable", self.port, self.dir.path().display())
    }

    /// The URL of one of its databases over TCP, for whatever stands between.
    pub fn tcp_url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Its port on the loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process that the server is.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.pid)
    }

    /// A new, empty database; says its name.
    pub fn create_database(&self) -> Result<String, ThrowawayError> {
        let name = format!("league_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let created = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-h"])
            .arg(self.dir.path())
            .args(["-p", &self.port.to_string(), "-U", "postgres", "-c", &format!("CREATE DATABASE {name}"), "postgres"])
            .output()
            .map_err(ThrowawayError::io("running psql"))?;
        if !created.status.success() {
            return Err(ThrowawayError::DidNotStart { program: "psql", why: String::from_utf8_lossy(&created.stderr).into() });
        }
        Ok(name)
    }

    /// Ends the server as a crash would: no checkpoint, no goodbye.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Stops (`STOP`) or continues (`CONT`) the server's own process, or sends it another signal.
    pub fn signal(&self, name: &str) {
        if let Some(process) = &self.process {
            process.signal(name);
        }
    }

    /// Starts it again on its directory and its port; it recovers what it has to.
    pub fn restart(&mut self) -> Result<(), ThrowawayError> {
        self.kill();
        // Its backends notice by themselves that the server is gone; while one of them lives, a new server is refused.
        let began = Instant::now();
        loop {
            match self.run() {
                Err(ThrowawayError::DidNotStart { .. }) if began.elapsed() < Duration::from_secs(10) => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                done => return done,
            }
        }
    }

    fn run(&mut self) -> Result<(), ThrowawayError> {
        let dir = self.dir.path();
        let mut args = vec!["-D".into(), dir.join("data").display().to_string()];
        let settings = [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".into(),
            format!("unix_socket_directories={}", dir.display()),
            "max_connections=200".into(),
            "shared_buffers=64MB".into(),
            "max_wal_size=2GB".into(),
            "log_checkpoints=off".into(),
        ];
        for setting in settings.into_iter().chain(self.settings.iter().cloned()) {
            args.extend(["-c".into(), setting]);
        }
        let log = dir.join("log");
        let process = Process::start(&self.programs.join("postgres"), &args, self.user, dir)?;
        let ready = || {
            let mut ask = Command::new(self.programs.join("pg_isready"));
            ask.args(["-q", "-p", &self.port.to_string(), "-h"]).arg(dir);
            ask.status().is_ok_and(|status| status.success())
        };
        await_up("postgres", &process, &log, ready)?;
        self.process = Some(process);
        Ok(())
    }
}

impl Drop for ThrowawayPostgres {
    fn drop(&mut self) {
        // Before its directory goes.
        self.kill();
    }
}

/// Where Debian has PostgreSQL's programs, the latest version first.
fn packaged() -> Vec<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut directories: Vec<(u32, PathBuf)> =
        versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))).collect();
    directories.sort();
    directories.into_iter().rev().map(|(_, directory)| directory).collect()
}

/// The user `postgres` where this process is root, which PostgreSQL refuses to be.
fn not_root() -> Result<Option<User>, ThrowawayError> {
    let id = |args: &[&str]| -> Option<u32> {
        let said = Command::new("id").args(args).output().ok()?;
        String::from_utf8_lossy(&said.stdout).trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    match (id(&["-u", "postgres"]), id(&["-g", "postgres"])) {
        (Some(uid), Some(gid)) => Ok(Some(User { uid, gid })),
        _ => Err(ThrowawayError::Missing { program: "the user postgres", package: PACKAGE }),
    }
}
