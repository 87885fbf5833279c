//! Connections to Redis from a `REDIS_URL` (`rediss://` for TLS), what a server must be set to, and the keys of a league.

use std::path::PathBuf;
use std::time::Duration;

use ftl_core::time::At;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, RedisResult, TlsCertificates};
use tokio::sync::Mutex;

/// How long it may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a Redis is not used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The operator sets the URL right. It is not repeated here: it may hold a password.
    #[error("Redis's URL cannot be read: {}", .0.category())]
    Url(RedisError),
    /// The operator names the file right.
    #[error("sslrootcert={}: {source}", path.display())]
    Authority {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The operator starts the server, or tries again.
    #[error("Redis does not answer: {0}")]
    Unreachable(#[from] RedisError),
    /// The operator sets it right on the server.
    #[error(
        "Redis runs with maxmemory-policy {0} and would throw the journal away when memory runs short: set `maxmemory-policy noeviction` in redis.conf, or CONFIG SET maxmemory-policy noeviction"
    )]
    Evicts(String),
}

/// A Redis, and how to talk to it.
#[derive(Clone, Debug)]
pub struct RedisServer {
    client: Client,
}

impl RedisServer {
    /// Reads a URL like `rediss://user:password@host:6379/0?sslrootcert=ca.pem`. With `rediss` the server's certificate is
    /// checked, against that authority or, where none is named, against those that the system trusts.
    pub fn at(url: &str) -> Result<Self, ConnectError> {
        let client = match authority(url) {
            None => Client::open(url),
            Some((url, path)) => {
                let pem = std::fs::read(&path).map_err(|source| ConnectError::Authority { path, source })?;
                Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert: Some(pem) })
            }
        };
        Ok(Self { client: client.map_err(ConnectError::Url)? })
    }

    /// A connection of its own; an answer that takes longer than `patience` does not come.
    pub async fn connect(&self, patience: Duration) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_TIMEOUT)).set_response_timeout(Some(patience));
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Refuses a server that may throw entries away, and warns of one that keeps nothing on disk.
    pub async fn require_settings(&self) -> Result<(), ConnectError> {
        // Services that forbid CONFIG tell the same here.
        let mut connection = self.connect(CONNECT_TIMEOUT).await?;
        let memory: String = redis::cmd("INFO").arg("memory").query_async(&mut connection).await?;
        let policy = field(&memory, "maxmemory_policy");
        if policy != "noeviction" {
            return Err(ConnectError::Evicts(policy.into()));
        }
        let persistence: String = redis::cmd("INFO").arg("persistence").query_async(&mut connection).await?;
        if field(&persistence, "aof_enabled") != "1" {
            tracing::warn!("Redis runs without an append-only file: a restart loses what was not yet archived");
        }
        Ok(())
    }

    /// Used memory as parts of a thousand of `maxmemory`; `None` where that is not limited.
    pub async fn memory_permille(&self) -> RedisResult<Option<u64>> {
        let mut connection = self.connect(CONNECT_TIMEOUT).await?;
        let memory: String = redis::cmd("INFO").arg("memory").query_async(&mut connection).await?;
        let number = |name| field(&memory, name).parse::<u64>().unwrap_or(0);
        Ok(number("used_memory").saturating_mul(1_000).checked_div(number("maxmemory")))
    }

    /// Its clock.
    pub async fn clock(&self) -> RedisResult<At> {
        let mut connection = self.connect(CONNECT_TIMEOUT).await?;
        Ok(time_of(redis::cmd("TIME").query_async(&mut connection).await?))
    }
}

/// What `TIME` answers.
pub(super) fn time_of((seconds, micros): (u64, u64)) -> At {
    At(seconds.saturating_mul(1_000).saturating_add(micros / 1_000))
}

/// The parameter that PostgreSQL's URLs have too, taken out of a URL.
fn authority(url: &str) -> Option<(String, PathBuf)> {
    let (front, query) = url.split_once('?')?;
    let named = |part: &&str| part.starts_with("sslrootcert=");
    let path = query.split('&').find(named)?.split_once('=')?.1;
    let rest: Vec<&str> = query.split('&').filter(|part| !named(part)).collect();
    let url = if rest.is_empty() { front.to_owned() } else { format!("{front}?{}", rest.join("&")) };
    Some((url, path.into()))
}

/// What a life of a server calls itself: after a restart, or of a replica that was promoted, it is another; so it is of a
/// master that was a replica meanwhile, and has what that one's master had. Empty where the service does not tell.
pub(super) async fn life(connection: &mut MultiplexedConnection) -> RedisResult<String> {
    let mut both = redis::pipe();
    both.cmd("INFO").arg("server").cmd("INFO").arg("replication");
    let (server, replication): (String, String) = both.query_async(connection).await?;
    Ok(life_of(&server, &replication))
}

/// `master_replid2` is the history that a server followed before it was promoted: zeros where it never followed one.
fn life_of(server: &str, replication: &str) -> String {
    let (run, followed) = (field(server, "run_id"), field(replication, "master_replid2"));
    match run.is_empty() || followed.bytes().all(|digit| digit == b'0') {
        true => run.to_owned(),
        false => format!("{run} after {followed}"),
    }
}

pub(super) fn field<'i>(info: &'i str, name: &str) -> &'i str {
    let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.unwrap_or_default().trim()
}

/// The keys of a league. What stands in braces decides the shard: all of a league's are on one.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    league: String,
}

impl Keys {
    pub(super) fn of(league: &str) -> Self {
        Self { league: league.into() }
    }

    /// Where the journal ends.
    pub(super) fn head(&self) -> String {
        format!("{{{}}}:head", self.league)
    }

    /// Whose turn it is to mend the stream.
    pub(super) fn turn(&self) -> String {
        format!("{{{}}}:turn", self.league)
    }

    /// A ticket that opened a stream.
    pub(super) fn ticket(&self, id: &str) -> String {
        format!("{{{}}}:ticket:{id}", self.league)
    }

    /// The stream of an epoch.
    pub(super) fn stream(&self, epoch: u64) -> String {
        format!("{{{}}}:journal:{epoch}", self.league)
    }
}

/// A connection that is made anew when it broke.
pub(super) struct Link {
    server: RedisServer,
    patience: Duration,
    current: Mutex<Option<MultiplexedConnection>>,
}

impl Link {
    pub(super) fn new(server: &RedisServer, patience: Duration) -> Self {
        Self { server: server.clone(), patience, current: Mutex::default() }
    }

    pub(super) async fn connection(&self) -> RedisResult<MultiplexedConnection> {
        let mut current = self.current.lock().await;
        if let Some(connection) = &*current {
            return Ok(connection.clone());
        }
        let connection = self.server.connect(self.patience).await?;
        *current = Some(connection.clone());
        Ok(connection)
    }

    /// Lets go of the connection: the next one to ask gets a new one.
    pub(super) async fn renew(&self) {
        *self.current.lock().await = None;
    }

    /// A result, after a failure of which the connection is made anew.
    pub(super) async fn checked<T>(&self, result: RedisResult<T>) -> RedisResult<T> {
        if result.is_err() {
            self.renew().await;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_league_share_a_hash_tag() {
        let keys = Keys::of("world-cup");
        assert_eq!(keys.head(), "{world-cup}:head");
        assert_eq!(keys.stream(3), "{world-cup}:journal:3");
    }

    #[test]
    fn an_authority_is_taken_out_of_the_url() {
        let taken = |url: &str| authority(url).map(|(url, path)| format!("{url} {}", path.display()));
        assert_eq!(taken("rediss://h:1/0?sslrootcert=/a/ca.pem").as_deref(), Some("rediss://h:1/0 /a/ca.pem"));
        assert_eq!(taken("rediss://h/?protocol=resp3&sslrootcert=ca.pem").as_deref(), Some("rediss://h/?protocol=resp3 ca.pem"));
        assert_eq!(taken("rediss://h/?protocol=resp3"), None);
    }

    #[test]
    fn a_server_that_followed_another_is_in_another_life() {
        let server = "# Server\r\nredis_version:7.0.15\r\nrun_id:ab\r\n";
        assert_eq!(life_of(server, "master_replid2:0000\r\n"), "ab");
        assert_eq!(life_of(server, "role:master\r\n"), "ab");
        assert_eq!(life_of(server, "master_replid2:00c0\r\n"), "ab after 00c0");
        assert_eq!(life_of("", "master_replid2:00c0\r\n"), "");
    }

    #[test]
    fn a_field_of_info_is_found_by_its_whole_name() {
        let info = "# Memory\r\nmaxmemory_policy_x:no\r\nmaxmemory_policy:noeviction\r\nmaxmemory:0\r\n";
        assert_eq!(field(info, "maxmemory_policy"), "noeviction");
        assert_eq!(field(info, "maxmemory"), "0");
        assert_eq!(field(info, "absent"), "");
    }
}
