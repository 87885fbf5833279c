//! A server's process, which ends when its owner does.
//!
//! A shell stands between: it starts the server, waits for a word or the end of its own input, which is a pipe from here, and
//! kills the server. However this process ends, the pipe ends with it; then the directory goes too.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::ThrowawayError;

const WATCH: &str = r#""$@" </dev/null >"$LOG" 2>&1 & server=$!; echo $server; read -r how; kill -9 $server 2>/dev/null; wait $server 2>/dev/null; [ "$how" = keep ] || rm -rf "$REMOVE""#;

/// How long a server may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who runs a server: PostgreSQL refuses to be run by root.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// A running server.
#[derive(Debug)]
pub(super) struct Process {
    watcher: Child,
    pub(super) pid: u32,
}

impl Process {
    /// Starts `program`, which works in `dir` and whose words go to a file `log` there.
    pub(super) fn start(program: &Path, args: &[String], user: Option<User>, dir: &Path) -> Result<Self, ThrowawayError> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WATCH, "watch"]).arg(program).args(args).env("LOG", dir.join("log")).env("REMOVE", dir).env("LC_ALL", "C");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).current_dir("/");
        // A group of its own: an interrupt at the terminal is for the test, which then ends the server.
        command.process_group(0);
        if let Some(user) = user {
            command.uid(user.uid).gid(user.gid);
        }
        let mut watcher = command.spawn().map_err(ThrowawayError::io("starting a server"))?;
        let mut line = String::new();
        if let Some(out) = watcher.stdout.take() {
            BufReader::new(out).read_line(&mut line).map_err(ThrowawayError::io("starting a server"))?;
        }
        let pid = line.trim().parse().map_err(|_| ThrowawayError::DidNotStart { program: "sh", why: "it named no process".into() })?;
        Ok(Self { watcher, pid })
    }

    /// Whether the server still runs.
    pub(super) fn runs(&self) -> bool {
        std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Sends a signal by its name.
    pub(super) fn signal(&self, name: &str) {
        let _ = Command::new("kill").arg(format!("-{name}")).arg(self.pid.to_string()).stderr(Stdio::null()).status();
    }

    /// Ends it at once, as a crash would, and returns when it is gone.
    pub(super) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // What the server keeps stays: it may be started again.
        if let Some(mut word) = self.watcher.stdin.take() {
            let _ = word.write_all(b"keep\n");
        }
        let _ = self.watcher.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// A program of `PATH`, or of one of `elsewhere`.
pub(super) fn find(program: &'static str, package: &'static str, elsewhere: &[PathBuf]) -> Result<PathBuf, ThrowawayError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(elsewhere.iter().cloned())
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
        .ok_or(ThrowawayError::Missing { program, package })
}

/// A port of the loopback that is free now.
pub(super) fn free_port() -> Result<u16, ThrowawayError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(ThrowawayError::io("looking for a free port"))?;
    Ok(listener.local_addr().map_err(ThrowawayError::io("looking for a free port"))?.port())
}

/// Waits until `up` says so, the process ends, or it takes too long.
pub(super) fn await_up(program: &'static str, process: &Process, log: &Path, up: impl Fn() -> bool) -> Result<(), ThrowawayError> {
    let began = Instant::now();
    while !up() {
        if !process.runs() || began.elapsed() > PATIENCE {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            let why = said.lines().rev().take(5).collect::<Vec<_>>().join(" / ");
            return Err(ThrowawayError::DidNotStart { program, why });
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
