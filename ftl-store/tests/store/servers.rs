//! Throwaway servers with leagues in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ftl_core::journal::{Journal, JournalClock};
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::data_dir::LeagueMeta;
use ftl_store::postgres::batches::PostgresBatches;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::journal::PostgresJournal;
use ftl_store::postgres::leagues::{self, OrderedBy};
use ftl_store::postgres::migrations;
use ftl_store::redis::connect::RedisServer;
use ftl_store::redis::journal::RedisJournal;
use ftl_store::throwaway::{AppendFsync, ThrowawayPostgres, ThrowawayRedis};

/// A PostgreSQL, perhaps with a Redis in front. Those that a test kills are its own to restart.
pub struct Servers {
    pub postgres: ThrowawayPostgres,
    pub redis: Option<ThrowawayRedis>,
    pub database: Database,
    leagues: AtomicU32,
}

impl Servers {
    pub async fn postgres() -> Arc<Self> {
        Arc::new(Self::start(None).await)
    }

    pub async fn both() -> Arc<Self> {
        Arc::new(Self::start(Some(AppendFsync::EverySecond)).await)
    }

    pub async fn start(redis: Option<AppendFsync>) -> Self {
        let redis = redis.map(|fsync| ThrowawayRedis::start(fsync).unwrap());
        let postgres = ThrowawayPostgres::start().unwrap();
        let database = Database::at(&postgres.url()).unwrap();
        database.require_durable().await.unwrap();
        migrations::run(&database).await.unwrap();
        Self { postgres, redis, database, leagues: AtomicU32::new(0) }
    }

    /// Founds a new league; says its name.
    pub async fn found(&self, clock: JournalClock, ordered_by: OrderedBy) -> String {
        let league = format!("league-{}", self.leagues.fetch_add(1, Ordering::Relaxed));
        let meta = LeagueMeta { league: league.clone(), clock, created_at: At(1_000) };
        leagues::found(&self.database, &meta, ordered_by).await.unwrap();
        league
    }

    /// Opens a league's journal as one more process would.
    pub async fn open(&self, league: &str, options: SharedOptions) -> Arc<dyn Journal> {
        match leagues::find(&self.database, league).await.unwrap().ordered_by {
            OrderedBy::Postgres => Arc::new(PostgresJournal::open(&self.database, league, options).await.unwrap()),
            OrderedBy::Redis => Arc::new(self.open_redis_with(league, options).await),
        }
    }

    pub async fn open_redis(&self, league: &str) -> RedisJournal {
        self.open_redis_with(league, SharedOptions::default()).await
    }

    pub async fn open_redis_with(&self, league: &str, options: SharedOptions) -> RedisJournal {
        RedisJournal::open(&self.redis_server(), &self.database, league, options).await.unwrap()
    }

    pub fn redis_server(&self) -> RedisServer {
        RedisServer::at(&self.redis.as_ref().unwrap().url()).unwrap()
    }

    pub fn batches(&self, league: &str) -> PostgresBatches {
        PostgresBatches::new(&self.database, league)
    }
}
