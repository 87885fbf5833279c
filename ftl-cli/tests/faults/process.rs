//! One `ftl serve` in a process of its own, killed and started again as the test likes. What it logs goes to a file.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// The operator's, of every process.
pub const OPERATOR: &str = "operator-token-of-the-tests";

/// A safeguard that the processes do without: `links`, `ids`, `watermarks` or `lives`.
const SWITCHED_OFF: &str = "FTL_SWITCHED_OFF";

/// See the module.
pub struct Process {
    /// Like `api-0`.
    pub name: String,
    role: &'static str,
    environment: Vec<(&'static str, String)>,
    log: PathBuf,
    child: Option<Child>,
    /// Where it listens; nowhere while it does not run.
    url: Arc<Mutex<Option<String>>>,
}

impl Process {
    pub fn new(role: &'static str, number: usize, environment: Vec<(&'static str, String)>, logs: &std::path::Path) -> Self {
        let name = format!("{role}-{number}");
        let log = logs.join(format!("{name}.log"));
        Self { name, role, environment, log, child: None, url: Arc::default() }
    }

    /// Starts it; it listens when [`url`](Self::url) says where.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "{} runs", self.name);
        let log = std::fs::File::options().create(true).append(true).open(&self.log).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_ftl"))
            .args(["serve", "--role", self.role, "--json"])
            .env_clear()
            .envs(["PATH", SWITCHED_OFF].iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let url = Arc::new(Mutex::new(None));
        self.url = Arc::clone(&url);
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if let Some(said) = serde_json::from_str::<Value>(&line).ok().and_then(|said| said["url"].as_str().map(str::to_owned)) {
                    *url.lock().unwrap() = Some(said);
                }
            }
        });
        self.child = Some(child);
    }

    /// Where it listens.
    pub fn url(&self) -> Option<String> {
        self.url.lock().unwrap().clone()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        *self.url.lock().unwrap() = None;
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to end, and waits until it has.
    pub fn end(&mut self) {
        *self.url.lock().unwrap() = None;
        if let Some(mut child) = self.child.take() {
            let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
            assert!(asked.success(), "{}", self.name);
            assert!(child.wait().unwrap().success(), "{}", self.name);
        }
    }

    /// What it has logged, in all its lives: an object a line.
    pub fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The same as text, for whatever is no object: a panic.
    pub fn words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().filter(|line| !line.starts_with('{')).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
