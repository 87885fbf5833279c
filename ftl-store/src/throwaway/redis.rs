//! `ThrowawayRedis`: a Redis of its own, append-only, on a port of the loopback.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::ThrowawayError;
use super::process::{Process, await_up, find, free_port};

/// How often Redis syncs its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendFsync {
    /// With every command: what was acknowledged is there after a crash.
    Always,
    /// Once a second.
    EverySecond,
    /// When the system likes.
    No,
}

/// See the module.
#[derive(Debug)]
pub struct ThrowawayRedis {
    process: Option<Process>,
    program: PathBuf,
    port: u16,
    fsync: AppendFsync,
    settings: Vec<String>,
    dir: TempDir,
}

impl ThrowawayRedis {
    /// Starts one.
    pub fn start(fsync: AppendFsync) -> Result<Self, ThrowawayError> {
        Self::start_with(fsync, &[])
    }

    /// With further arguments like `--maxmemory-policy`, `allkeys-lru`.
    pub fn start_with(fsync: AppendFsync, settings: &[&str]) -> Result<Self, ThrowawayError> {
        let program = find("redis-server", "redis-server", &["/usr/sbin".into(), "/usr/bin".into()])?;
        let dir = tempfile::tempdir().map_err(ThrowawayError::io("making a directory"))?;
        std::fs::create_dir(dir.path().join("data")).map_err(ThrowawayError::io("making a directory"))?;
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut redis = Self { process: None, program, port: free_port()?, fsync, settings, dir };
        redis.restart()?;
        Ok(redis)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Its port on the loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process that the server is.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.pid)
    }

    /// What it keeps: to be copied, or put back, while it does not run.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Stops (`STOP`) or continues (`CONT`) it, or sends it another signal.
    pub fn signal(&self, name: &str) {
        if let Some(process) = &self.process {
            process.signal(name);
        }
    }

    /// Starts it again on its directory and its port, and returns when it has loaded what is there.
    pub fn restart(&mut self) -> Result<(), ThrowawayError> {
        self.kill();
        let fsync = match self.fsync {
            AppendFsync::Always => "always",
            AppendFsync::EverySecond => "everysec",
            AppendFsync::No => "no",
        };
        let port = self.port.to_string();
        let data = self.data().display().to_string();
        let usual = [
            ["--port", &port],
            ["--bind", "127.0.0.1"],
            ["--dir", &data],
            ["--appendonly", "yes"],
            ["--appendfsync", fsync],
            ["--save", ""],
            ["--maxmemory-policy", "noeviction"],
            ["--enable-debug-command", "local"],
            ["--daemonize", "no"],
        ];
        let args: Vec<String> = usual.iter().flatten().map(|arg| (*arg).to_owned()).chain(self.settings.iter().cloned()).collect();
        let log = self.dir.path().join("log");
        let process = Process::start(&self.program, &args, None, self.dir.path())?;
        await_up("redis-server", &process, &log, || answers(self.port))?;
        self.process = Some(process);
        Ok(())
    }

    /// Puts a copy of what it keeps into `to`, as a backup of its directory would.
    pub fn copy_data(&self, to: &Path) -> Result<(), ThrowawayError> {
        copy(&self.data(), to).map_err(ThrowawayError::io("copying Redis's directory"))
    }

    /// Replaces what it keeps by `from`. It must not run.
    pub fn put_back(&self, from: &Path) -> Result<(), ThrowawayError> {
        std::fs::remove_dir_all(self.data())
            .and_then(|()| copy(from, &self.data()))
            .map_err(ThrowawayError::io("putting Redis's directory back"))
    }
}

impl Drop for ThrowawayRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<[u8; 5]> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    // While it loads it answers `-LOADING`.
    ask().is_ok_and(|answer| &answer == b"+PONG")
}
