//! A league that several processes share: in PostgreSQL alone, or in a Redis stream with PostgreSQL behind it.
//!
//! A process waits for databases that do not answer yet, so the order in which things are started does not matter; what is
//! refused (a setting, a newer database, another order) ends the start with what to do.

use std::sync::Arc;
use std::time::Duration;

use ftl_core::engine::NEWEST;
use ftl_core::journal::{Clock, Journal, JournalClock, JournalError};
use ftl_core::projection::ProjectionError;
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::archive::Archive;
use ftl_store::clock::SystemClock;
use ftl_store::data_dir::LeagueMeta;
use ftl_store::postgres::batches::PostgresBatches;
use ftl_store::postgres::connect::{ConnectError, Database};
use ftl_store::postgres::flusher::{Batches, FlushError, Flusher};
use ftl_store::postgres::identities::PostgresIdentities;
use ftl_store::postgres::journal::PostgresJournal;
use ftl_store::postgres::leagues::{self, LeagueError, OrderedBy};
use ftl_store::postgres::migrations::{self, MigrateError};
use ftl_store::postgres::presence::{Presence, PresenceError};
use ftl_store::postgres::projections::PostgresProjections;
use ftl_store::postgres::quarantine::QuarantineError;
use ftl_store::postgres::snapshots::PostgresSnapshots;
use ftl_store::postgres::state_hashes::StateHashes;
use ftl_store::postgres::tickets::PostgresTickets;
use ftl_store::redis::connect::{ConnectError as RedisError, RedisServer};
use ftl_store::redis::journal::{OpenError, RedisJournal};
use ftl_store::redis::tickets::RedisTickets;
use ftl_store::tickets::Tickets;
use tokio::runtime::Handle;

use super::Stores;
use crate::config::{Config, Role, Secret};
use crate::history::Keeping;
use crate::replica::kept::Kept;
use crate::replica::quarantine::Quarantine;

/// Connections for reads of history, and for accounts.
const CONNECTIONS: u32 = 4;
/// An append of unknown fate is told of within a second.
const PATIENCE: Duration = Duration::from_millis(900);
/// Between two attempts to reach a database that does not answer.
const AGAIN: Duration = Duration::from_millis(500);

/// The databases of a shared league, for whoever looks after them.
#[derive(Clone)]
pub struct SharedLeague {
    /// The database that keeps it for good.
    pub database: Database,
    /// The stream that orders it, if one does.
    pub stream: Option<Stream>,
    /// Its batches in the database.
    pub batches: Arc<PostgresBatches>,
    /// Its flusher, if this process writes.
    pub flusher: Option<Arc<Flusher>>,
    /// That this process lives, as the others see it.
    pub presence: Arc<Presence>,
}

impl SharedLeague {
    /// The clock that stamps: that of whatever orders.
    pub(crate) async fn clock(&self) -> Result<At, JournalError> {
        match &self.stream {
            Some(stream) => stream.redis.clock().await.map_err(|error| JournalError(error.to_string())),
            None => self.batches.clock().await,
        }
    }

    /// What this process and the others compute.
    pub(crate) fn state_hashes(&self, config: &Config) -> StateHashes {
        StateHashes::at(&self.database, &config.league, self.presence.id(), config.role.name())
    }
}

/// A stream in Redis.
#[derive(Clone)]
pub struct Stream {
    /// Where.
    pub redis: RedisServer,
    /// As a journal.
    pub journal: Arc<RedisJournal>,
}

/// The databases are refused, or do not answer.
#[derive(Debug, thiserror::Error)]
pub enum SharedError {
    /// PostgreSQL.
    #[error("DATABASE_URL: {0}")]
    Database(#[from] ConnectError),
    /// Its tables.
    #[error("DATABASE_URL: {0}")]
    Migrate(#[from] MigrateError),
    /// The league.
    #[error("LEAGUE: {0}")]
    League(#[from] LeagueError),
    /// Redis.
    #[error("REDIS_URL: {0}")]
    Redis(#[from] RedisError),
    /// The stream.
    #[error("REDIS_URL: {0}")]
    Stream(#[from] OpenError),
    /// The projections.
    #[error("DATABASE_URL: {0}")]
    Projections(#[from] ProjectionError),
    /// The flusher.
    #[error("DATABASE_URL: {0}")]
    Flusher(#[from] FlushError),
    /// Somebody works on the league with every process stopped, or the database does not answer.
    #[error("DATABASE_URL: {0}")]
    Presence(#[from] PresenceError),
    /// What is set aside cannot be read.
    #[error("DATABASE_URL: {0}")]
    Quarantine(#[from] QuarantineError),
}

impl SharedError {
    /// Whether waiting may help.
    fn passes(&self) -> bool {
        match self {
            Self::Database(ConnectError::Unreachable(_))
            | Self::Redis(RedisError::Unreachable(_))
            | Self::Quarantine(_)
            | Self::Presence(_) => true,
            Self::Migrate(MigrateError::Database(_)) | Self::League(LeagueError::Database(_)) => true,
            Self::Stream(OpenError::Redis(RedisError::Unreachable(_)) | OpenError::League(LeagueError::Database(_))) => true,
            Self::Projections(ProjectionError::Unavailable(_)) | Self::Flusher(FlushError::Database(_)) => true,
            Self::Database(_) | Self::Redis(_) | Self::Migrate(_) | Self::League(_) | Self::Stream(_) => false,
            Self::Projections(_) | Self::Flusher(_) => false,
        }
    }
}

/// The stores of the configuration's league, once its databases answer.
pub(super) async fn open(config: &Config, url: &Secret) -> Result<Stores, SharedError> {
    let mut told = false;
    loop {
        match try_open(config, url).await {
            Ok(stores) => return Ok(stores),
            Err(error) if error.passes() => {
                if !told {
                    tracing::warn!(%error, "waiting");
                }
                told = true;
                tokio::time::sleep(AGAIN).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn try_open(config: &Config, url: &Secret) -> Result<Stores, SharedError> {
    let database = Database::at(&url.0)?;
    database.require_durable().await?;
    migrations::run(&database).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let redis = config.redis_url.as_ref().map(|url| RedisServer::at(&url.0)).transpose()?;
    let ordered_by = if redis.is_some() { OrderedBy::Redis } else { OrderedBy::Postgres };
    let meta = LeagueMeta { league: config.league.clone(), clock: JournalClock::Store, created_at: clock.now() };
    leagues::found(&database, &meta, ordered_by).await?;

    let league = config.league.as_str();
    let presence = Arc::new(Presence::begin(&database, league, config.role.name(), NEWEST).await?);
    let batches = Arc::new(PostgresBatches::new(&database, league));
    let options = SharedOptions { clock: Arc::clone(&clock), patience: PATIENCE, ..SharedOptions::default() };
    let stream = match redis {
        Some(redis) => Some(Stream { journal: Arc::new(RedisJournal::open(&redis, &database, league, options.clone()).await?), redis }),
        None => None,
    };
    let journal: Arc<dyn Journal> = match &stream {
        Some(stream) => stream.journal.clone(),
        None => Arc::new(PostgresJournal::open(&database, league, options).await?),
    };
    let projections = Arc::new(PostgresProjections::open(&database, league, CONNECTIONS).await?);
    let flusher = match (config.role, config.flusher_embedded) {
        (Role::Flusher, _) | (Role::All, true) => {
            let stored = match &stream {
                Some(_) => Batches::Archive(batches.clone()),
                None => Batches::Journal(Arc::clone(&journal)),
            };
            Some(Arc::new(Flusher::open(&database, league, stored).await?))
        }
        (Role::All | Role::Api | Role::Ws | Role::Feed, _) => None,
    };
    let kept = match &stream {
        Some(_) => Kept::by(Arc::clone(&batches) as Arc<dyn Archive>, config.ack),
        None => Kept::by_the_journal(),
    };
    let tickets: Arc<dyn Tickets> = match &stream {
        Some(stream) => Arc::new(RedisTickets::at(&stream.redis, league, PATIENCE)),
        None => Arc::new(PostgresTickets::at(&database, league)),
    };
    Ok(Stores {
        journal,
        tickets,
        answers: projections.clone(),
        projections,
        identities: Arc::new(PostgresIdentities::at(&database, league, CONNECTIONS)),
        snapshots: Some(Arc::new(PostgresSnapshots::at(&database, league, Handle::current()))),
        quarantine: Quarantine::in_database(&database, league).await?,
        clock,
        keeping: flusher.clone().map_or(Keeping::Elsewhere, Keeping::Flusher),
        kept,
        league: None,
        shared: Some(SharedLeague { database, stream, batches, flusher, presence }),
    })
}
