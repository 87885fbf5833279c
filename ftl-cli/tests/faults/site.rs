//! What is broken and mended: the databases, the processes, and the wires between them.
//!
//! ```text
//!  api-0  api-1  flusher-0  flusher-1
//!    │╲     │╲      │╲         │╲        a wire from each process to each database
//!  Redis   Postgres                      a second Redis stands by, to be promoted
//! ```

use std::time::{Duration, Instant};

use ftl_store::throwaway::{AppendFsync, ThrowawayPostgres, ThrowawayRedis};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::process::{OPERATOR, Process};
use crate::proxy::Wire;

/// How a league is kept, and when it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Postgres alone.
    Postgres,
    /// Redis orders, and an answer waits for Postgres.
    RedisAcknowledgedByPostgres,
    /// Redis orders and acknowledges.
    RedisAlone,
}

impl Setup {
    pub fn has_redis(self) -> bool {
        self != Self::Postgres
    }

    /// Whether nothing that was acknowledged may be lost.
    pub fn keeps_everything(self) -> bool {
        self != Self::RedisAlone
    }
}

/// Two of each.
pub const PROCESSES: [(&str, usize); 4] = [("api", 0), ("api", 1), ("flusher", 0), ("flusher", 1)];

/// A Redis, and one that stands by.
pub struct Redises {
    pub ruling: ThrowawayRedis,
    pub standby: ThrowawayRedis,
}

/// See the module.
pub struct Site {
    pub setup: Setup,
    pub postgres: Mutex<ThrowawayPostgres>,
    pub redis: Option<Mutex<Redises>>,
    pub processes: Vec<Mutex<Process>>,
    /// Of each process, to Postgres and to Redis.
    pub wires: Vec<(Wire, Option<Wire>)>,
    pub http: reqwest::Client,
    directory: tempfile::TempDir,
    database_url: String,
}

impl Site {
    /// Everything runs when it returns.
    pub async fn start(setup: Setup) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let postgres = ThrowawayPostgres::start().unwrap();
        let redis = setup.has_redis().then(|| {
            let start = || ThrowawayRedis::start(AppendFsync::EverySecond).unwrap();
            Redises { ruling: start(), standby: start() }
        });
        let (mut processes, mut wires) = (Vec::new(), Vec::new());
        for (role, number) in PROCESSES {
            let to_postgres = Wire::to(postgres.port(), b"").await;
            let to_redis = match &redis {
                Some(redis) => Some(Wire::to(redis.ruling.port(), b"XADD").await),
                None => None,
            };
            let mut environment = vec![
                ("API_PORT", "0".to_owned()),
                ("WS_PORT", "0".to_owned()),
                ("FTL_DATA", directory.path().join("data").display().to_string()),
                ("OPERATOR_TOKEN", OPERATOR.to_owned()),
                ("DISABLE_RATE_LIMIT", "1".to_owned()),
                ("LOG_FORMAT", "json".to_owned()),
                ("LOG_LEVEL", std::env::var("FTL_FAULT_LOG").unwrap_or_else(|_| "info".into())),
                ("DATABASE_URL", format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", to_postgres.port)),
            ];
            if let Some(wire) = &to_redis {
                environment.push(("REDIS_URL", format!("redis://127.0.0.1:{}/", wire.port)));
                environment.push(("ACK", if setup.keeps_everything() { "postgres" } else { "journal" }.to_owned()));
            }
            let mut process = Process::new(role, number, environment, directory.path());
            process.start();
            processes.push(Mutex::new(process));
            wires.push((to_postgres, to_redis));
        }
        let http = reqwest::Client::builder().pool_max_idle_per_host(64).build().unwrap();
        let database_url = postgres.url();
        let site =
            Self { setup, postgres: Mutex::new(postgres), redis: redis.map(Mutex::new), processes, wires, http, directory, database_url };
        site.all_ready(Duration::from_secs(30)).await;
        site
    }

    /// Of the database itself, past every wire.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// Where an api listens, if it does.
    pub async fn url(&self, process: usize) -> Option<String> {
        self.processes[process].lock().await.url()
    }

    /// What `readyz` says.
    pub async fn readyz(&self, process: usize) -> Option<Value> {
        let url = self.url(process).await?;
        let asked = self.http.get(format!("{url}/readyz")).timeout(Duration::from_secs(2)).send().await.ok()?;
        asked.json().await.ok()
    }

    /// Waits until every process is ready at one seq, and says at which.
    pub async fn all_ready(&self, longest: Duration) -> u64 {
        let begun = Instant::now();
        loop {
            let mut found = Vec::new();
            for process in 0..self.processes.len() {
                found.push(self.readyz(process).await);
            }
            let first = found[0].as_ref().and_then(|ready| ready["seq"].as_u64());
            let at_one =
                |ready: &Option<Value>| ready.as_ref().is_some_and(|ready| ready["status"] == "ready" && ready["seq"].as_u64() == first);
            if found.iter().all(at_one) {
                return first.unwrap();
            }
            if begun.elapsed() > longest {
                panic!("not all ready at one seq within {longest:?}: {found:?}\n{}", self.last_words().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The ends of the logs: warnings and worse.
    pub async fn last_words(&self) -> String {
        let mut text = String::new();
        for process in &self.processes {
            let process = process.lock().await;
            let loud: Vec<Value> = process.log().into_iter().filter(is_telling).collect();
            text += &format!("-- {}\n", process.name);
            for line in &loud[loud.len().saturating_sub(5)..] {
                let line = line.to_string();
                text += &format!("{:.400}\n", line);
            }
            text += &process.words();
        }
        text + &format!("logs: {}\n", self.keep_logs())
    }

    /// Keeps the logs, for whoever wants to know why; says where.
    fn keep_logs(&self) -> String {
        let to = std::env::temp_dir().join(format!("ftl-faults-{}", std::process::id()));
        let _ = std::fs::create_dir_all(&to);
        for entry in std::fs::read_dir(self.directory.path()).into_iter().flatten().flatten() {
            let _ = std::fs::copy(entry.path(), to.join(entry.file_name()));
        }
        to.display().to_string()
    }
}

/// Warnings and worse, without those that every request repeats.
fn is_telling(line: &Value) -> bool {
    line["level"] != "INFO" && line["target"] != "sqlx_core::pool::connection" && line["fields"]["message"] != "an append was refused"
}
