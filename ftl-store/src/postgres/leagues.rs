//! Which leagues a database holds: founding one, and raising its epoch.
//!
//! A league says which store orders it. Its rows in `batches` are the journal where that is PostgreSQL, and the archive
//! where it is Redis; opened as the other, two heads would decide what comes next, so that is refused.

use std::time::Duration;

use ftl_core::journal::JournalClock;
use ftl_core::time::At;
use sqlx::{Connection, PgConnection, Row};

use super::connect::Database;
use super::rows::{number, ordered};
use crate::data_dir::LeagueMeta;

/// Which store's head decides what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderedBy {
    /// PostgreSQL.
    Postgres,
    /// Redis, with PostgreSQL behind it.
    Redis,
}

/// A league as it was founded; fixed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founded {
    /// Its name, its clock, since when.
    pub meta: LeagueMeta,
    /// Which store orders it.
    pub ordered_by: OrderedBy,
}

/// Why a league is not used.
#[derive(Debug, thiserror::Error)]
pub enum LeagueError {
    /// The operator names another league, or founds this one.
    #[error("there is no league {0} in the database")]
    NoLeague(String),
    /// The operator chooses another name.
    #[error("{0:?} is no name for a league: 1 to 63 of a-z, 0-9, - and _, the first a letter or a digit")]
    Name(String),
    /// The operator asks for what the league is, or names another one.
    #[error("the league's {what} is {found}, not {asked}")]
    Differs {
        /// In what.
        what: &'static str,
        /// What it is.
        found: String,
        /// What was asked for.
        asked: String,
    },
    /// Another process raised the epoch first: look again.
    #[error("the league's epoch is no longer {expected}")]
    EpochMoved {
        /// What the caller took it for.
        expected: u64,
    },
    /// Another process holds the league's epoch: it recovers, look again later.
    #[error("another process recovers the league {0}")]
    Recovering(String),
    /// The database does not answer.
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

/// Founds a league where there is none of its name. One that is there must have the same clock and the same order.
pub async fn found(database: &Database, meta: &LeagueMeta, ordered_by: OrderedBy) -> Result<Founded, LeagueError> {
    if !is_name(&meta.league) {
        return Err(LeagueError::Name(meta.league.clone()));
    }
    let mut connection = database.connect().await?;
    sqlx::query(
        "WITH founded AS (
            INSERT INTO leagues (league, clock, ordered_by, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING league
        )
        INSERT INTO heads (league) SELECT league FROM founded",
    )
    .bind(&meta.league)
    .bind(clock_name(meta.clock))
    .bind(ordered_by.name())
    .bind(ordered(meta.created_at.0))
    .execute(&mut connection)
    .await?;
    let found = read(&mut connection, &meta.league).await?;
    connection.close().await?;
    let differs = |what, found: &str, asked: &str| Err(LeagueError::Differs { what, found: found.into(), asked: asked.into() });
    if found.meta.clock != meta.clock {
        return differs("clock", clock_name(found.meta.clock), clock_name(meta.clock));
    }
    if found.ordered_by != ordered_by {
        return differs("order", found.ordered_by.name(), ordered_by.name());
    }
    Ok(found)
}

/// A league of the database.
pub async fn find(database: &Database, league: &str) -> Result<Founded, LeagueError> {
    let mut connection = database.connect().await?;
    let found = read(&mut connection, league).await?;
    connection.close().await?;
    Ok(found)
}

/// Every league of the database, by name.
pub async fn list(database: &Database) -> Result<Vec<Founded>, LeagueError> {
    let mut connection = database.connect().await?;
    let rows = sqlx::query("SELECT league, clock, ordered_by, created_at FROM leagues ORDER BY league").fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(rows.iter().map(founded).collect::<Result<_, _>>()?)
}

/// Notes that a stream was begun for a league; `false` where one was begun before. Whoever gets `true` makes it.
pub(crate) async fn begin_stream(database: &Database, league: &str) -> Result<bool, LeagueError> {
    let mut connection = database.connect().await?;
    let begun = sqlx::query("UPDATE heads SET streamed = true WHERE league = $1 AND NOT streamed AND epoch = 0 AND last = 0")
        .bind(league)
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok(begun.rows_affected() == 1)
}

/// How long the holder of a league's lock may be silent: one that is frozen, or cut off, must not keep the league from
/// being recovered by another. Longer than a step of a recovery may take.
const IDLE: Duration = Duration::from_secs(5);

/// The right to recover a league, held by a session: it goes when the session does.
pub struct EpochLock {
    connection: PgConnection,
    league: String,
}

impl EpochLock {
    /// Takes it, or says that another process has it.
    pub async fn take(database: &Database, league: &str) -> Result<Self, LeagueError> {
        let mut connection = database.named("ftl recovery").let_go_when_idle(IDLE).connect().await?;
        let taken: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_lock(1179929669, hashtext($1))").bind(league).fetch_one(&mut connection).await?;
        if taken { Ok(Self { connection, league: league.into() }) } else { Err(LeagueError::Recovering(league.into())) }
    }

    /// The league's epoch.
    pub async fn epoch(&mut self) -> Result<u64, LeagueError> {
        let row = sqlx::query("SELECT epoch FROM heads WHERE league = $1").bind(&self.league).fetch_optional(&mut self.connection).await?;
        Ok(number(&row.ok_or_else(|| LeagueError::NoLeague(self.league.clone()))?, 0)?)
    }

    /// Raises the epoch by one, if it is still `from`: from then on nothing is stored in the former one.
    pub async fn raise(&mut self, from: u64) -> Result<u64, LeagueError> {
        let raised = sqlx::query("UPDATE heads SET epoch = epoch + 1, streamed = true WHERE league = $1 AND epoch = $2")
            .bind(&self.league)
            .bind(ordered(from))
            .execute(&mut self.connection)
            .await?;
        if raised.rows_affected() == 1 { Ok(from + 1) } else { Err(LeagueError::EpochMoved { expected: from }) }
    }

    /// Says that whoever holds it still works: a holder that says nothing for [`IDLE`] loses it.
    pub(crate) async fn keep(&mut self) -> Result<(), LeagueError> {
        sqlx::query("SELECT 1").execute(&mut self.connection).await?;
        Ok(())
    }

    /// Lets go of it.
    pub async fn release(self) {
        // Where closing fails the session is gone, and the lock with it.
        let _ = self.connection.close().await;
    }
}

/// Whether a league may be called this: its name is part of keys and of file names.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= 63 && name.starts_with(plain) && name.chars().all(|c| plain(c) || c == '-' || c == '_')
}

impl OrderedBy {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }
}

async fn read(connection: &mut PgConnection, league: &str) -> Result<Founded, LeagueError> {
    let row = sqlx::query("SELECT league, clock, ordered_by, created_at FROM leagues WHERE league = $1")
        .bind(league)
        .fetch_optional(connection)
        .await?;
    Ok(founded(&row.ok_or_else(|| LeagueError::NoLeague(league.into()))?)?)
}

fn founded(row: &sqlx::postgres::PgRow) -> Result<Founded, sqlx::Error> {
    let clock = if row.try_get::<&str, _>(1)? == "supplied" { JournalClock::Supplied } else { JournalClock::Store };
    let ordered_by = if row.try_get::<&str, _>(2)? == "redis" { OrderedBy::Redis } else { OrderedBy::Postgres };
    Ok(Founded { meta: LeagueMeta { league: row.try_get(0)?, clock, created_at: At(number(row, 3)?) }, ordered_by })
}

fn clock_name(clock: JournalClock) -> &'static str {
    match clock {
        JournalClock::Store => "store",
        JournalClock::Supplied => "supplied",
    }
}
