//! Connections to PostgreSQL from a `DATABASE_URL`, TLS as its `sslmode` says, and what a server must be set to.
//!
//! Every statement has a timeout, and one that waits for a lock gives up after a second: nothing hangs, and what gave up is
//! certainly not in. A server that may lose what it committed is refused at the start.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};

/// How long a statement may wait for a lock.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a statement of the journal may take.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long it may take to connect, or to get a connection of a pool.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a database is not used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The operator sets the URL right. It is not repeated here: it may hold a password.
    #[error("the database's URL cannot be read: {0}")]
    Url(String),
    /// The operator starts the server, or tries again.
    #[error("the database does not answer: {0}")]
    Unreachable(sqlx::Error),
    /// The operator sets it right on the server.
    #[error(
        "the database runs with {setting}={found}, and would lose what it acknowledged: set {setting}=on in postgresql.conf (or ALTER SYSTEM SET {setting} = on), then reload"
    )]
    Setting {
        /// Which setting.
        setting: &'static str,
        /// What it is.
        found: String,
    },
}

/// A database, and how to talk to it.
#[derive(Clone, Debug)]
pub struct Database {
    options: PgConnectOptions,
}

impl Database {
    /// Reads a URL like `postgres://user:password@host:5432/name?sslmode=verify-full`.
    pub fn at(url: &str) -> Result<Self, ConnectError> {
        let options = PgConnectOptions::from_str(url).map_err(|error| ConnectError::Url(error.to_string()))?;
        let named = if options.get_application_name().is_some() { options } else { options.application_name("ftl") };
        let options = named.disable_statement_logging().options([
            ("statement_timeout", STATEMENT_TIMEOUT.as_millis().to_string()),
            ("lock_timeout", LOCK_TIMEOUT.as_millis().to_string()),
            ("idle_in_transaction_session_timeout", STATEMENT_TIMEOUT.as_millis().to_string()),
        ]);
        Ok(Self { options })
    }

    /// The same under another name in `pg_stat_activity`.
    pub fn named(&self, application_name: &str) -> Self {
        Self { options: self.options.clone().application_name(application_name) }
    }

    /// With another limit for statements: for long reads, flushes and migrations.
    pub fn statement_timeout(&self, timeout: Duration) -> Self {
        Self { options: self.options.clone().options([("statement_timeout", timeout.as_millis().to_string())]) }
    }

    /// For sessions that copy whole leagues: their statements and transactions take their time.
    pub(crate) fn without_limits(&self) -> Self {
        let none = [("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0")];
        Self { options: self.options.clone().options(none) }
    }

    /// For sessions that others wait for: the server gives up within half a minute on a machine that went without a word.
    pub(crate) fn noticed_when_gone(&self) -> Self {
        let alive = [("tcp_keepalives_idle", "10"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3")];
        Self { options: self.options.clone().options(alive) }
    }

    /// For sessions that hold what others wait for: the server ends one that asks nothing for so long.
    pub(crate) fn let_go_when_idle(&self, longest: Duration) -> Self {
        Self { options: self.options.clone().options([("idle_session_timeout", longest.as_millis().to_string())]) }
    }

    /// For sessions that store nothing, and so need not wait for a sync.
    pub(crate) fn without_sync(&self) -> Self {
        Self { options: self.options.clone().options([("synchronous_commit", "off")]) }
    }

    /// A connection of its own.
    pub async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        match tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&self.options)).await {
            Ok(connected) => connected,
            Err(_elapsed) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// A pool that connects when it is asked for the first time.
    pub fn pool(&self, max_connections: u32) -> PgPool {
        self.pool_options(max_connections).connect_lazy_with(self.options.clone())
    }

    /// Refuses a server that may lose what it committed.
    pub async fn require_durable(&self) -> Result<(), ConnectError> {
        let mut connection = self.connect().await.map_err(ConnectError::Unreachable)?;
        for setting in ["fsync", "synchronous_commit"] {
            let found: String = sqlx::query_scalar("SELECT current_setting($1)")
                .bind(setting)
                .fetch_one(&mut connection)
                .await
                .map_err(ConnectError::Unreachable)?;
            if found == "off" {
                return Err(ConnectError::Setting { setting, found });
            }
        }
        connection.close().await.map_err(ConnectError::Unreachable)
    }

    fn pool_options(&self, max_connections: u32) -> PgPoolOptions {
        PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(CONNECT_TIMEOUT)
            .idle_timeout(Duration::from_secs(60))
            // A statement on a dead connection fails by itself; asking first would cost a round trip each time.
            .test_before_acquire(false)
    }
}
