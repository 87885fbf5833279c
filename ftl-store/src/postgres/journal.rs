//! The journal in PostgreSQL: one row a batch, in one autocommitted statement, shared by as many processes as like.
//!
//! ```text
//! append ──▶ task ──▶ append_batch(): takes turns, checks the head, moves it, inserts ──▶ committed ──▶ acknowledged
//!                                                         another session, at most once per 5 ms ──▶ NOTIFY
//! wait   ──▶ the watch: looks at the head every 5 to 50 ms, or when it is notified
//! read   ──▶ rows, their links and hashes checked
//! ```
//! No transaction is ever open across the network. It must never serve a batch that it did not check, and never acknowledge
//! one that the server did not commit.

mod announce;
mod watch;

use async_trait::async_trait;
use ftl_core::command::Command;
use ftl_core::id::Seq;
use ftl_core::journal::{AppendError, Appended, ChainCheck, Journal, JournalError, ReadError, Refusal, StoredBatch, Tip};
use ftl_core::time::At;
use sqlx::{PgConnection, Row};
use tokio::task::JoinHandle;

use self::watch::Watch;
use super::batches::{PostgresBatches, head_of, no_answer};
use super::connect::Database;
use super::fate::{self, Fate};
use super::leagues::{self, Founded, LeagueError, OrderedBy};
use super::rows::{number, ordered};
use crate::appending::{Advanced, Appender, Head, HeadStore, SharedOptions, last_of};
use crate::archive::Archive;
use crate::raw_batch;

/// See the module. Dropping it finishes what was asked for.
pub struct PostgresJournal {
    founded: Founded,
    batches: PostgresBatches,
    appender: Appender,
    watch: Watch,
    announcing: JoinHandle<()>,
}

impl PostgresJournal {
    /// Opens the journal of a league that was founded; one that Redis orders is refused.
    pub async fn open(database: &Database, league: &str, options: SharedOptions) -> Result<Self, LeagueError> {
        let founded = leagues::find(database, league).await?;
        if founded.ordered_by != OrderedBy::Postgres {
            let (found, asked) = (founded.ordered_by.name().into(), OrderedBy::Postgres.name().into());
            return Err(LeagueError::Differs { what: "order", found, asked });
        }
        let batches = PostgresBatches::new(database, league);
        let store = Store { database: database.clone(), league: league.into(), options: options.clone(), connection: None };
        let appender = Appender::start(store, founded.meta.clock, &options);
        let watch = Watch::start(database, league, batches.clone(), appender.appended());
        let announcing = announce::start(database, league, appender.appended());
        Ok(Self { founded, batches, appender, watch, announcing })
    }

    /// What the league was founded as.
    pub fn founded(&self) -> &Founded {
        &self.founded
    }

    /// The end of what is stored, with its chain hash and its time.
    pub async fn checked_head(&self) -> Result<ChainCheck, JournalError> {
        Archive::head(&self.batches).await
    }

    /// The rows that this journal is.
    pub fn batches(&self) -> &PostgresBatches {
        &self.batches
    }
}

impl Drop for PostgresJournal {
    fn drop(&mut self) {
        self.announcing.abort();
    }
}

#[async_trait]
impl Journal for PostgresJournal {
    async fn append(&self, seen: Tip, at: Option<At>, commands: Vec<Command>) -> Result<Appended, AppendError> {
        self.appender.append(seen, at, commands).await
    }

    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError> {
        self.batches.read(after, limit).await
    }

    async fn head(&self) -> Result<Tip, JournalError> {
        Ok(self.batches.stored_head().await.map_err(no_answer)?.tip())
    }

    async fn wait(&self, after: Seq) -> Result<(), JournalError> {
        self.watch.wait(after).await
    }
}

/// The connection that appends, and nothing else.
struct Store {
    database: Database,
    league: String,
    options: SharedOptions,
    connection: Option<PgConnection>,
}

impl Store {
    async fn connected(&mut self) -> Result<PgConnection, sqlx::Error> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => self.database.connect().await,
        }
    }
}

#[async_trait]
impl HeadStore for Store {
    async fn head(&mut self) -> Result<Head, Refusal> {
        let refused = |error: sqlx::Error| Refusal::Store(error.to_string());
        let patience = self.options.patience;
        let asked = async {
            let mut connection = self.connected().await?;
            let head = head_of(&mut connection, &self.league).await?;
            self.connection = Some(connection);
            Ok(head)
        };
        match tokio::time::timeout(patience, asked).await {
            Ok(head) => head.map_err(refused),
            Err(_elapsed) => Err(Refusal::Store(format!("no answer for {} ms", patience.as_millis()))),
        }
    }

    async fn advance(&mut self, head: &Head, batch: &StoredBatch, encoded: &[u8], now: Option<At>) -> Result<Advanced, AppendError> {
        // Nothing was sent yet: that it cannot be is certain.
        let mut connection = self.connected().await.map_err(|error| AppendError::Refused(Refusal::Store(error.to_string())))?;
        let count = usize::try_from(raw_batch::count(encoded).unwrap_or(0)).unwrap_or(usize::MAX);
        let append = sqlx::query("SELECT * FROM append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
            .bind(&self.league)
            .bind(ordered(head.epoch))
            .bind(ordered(head.check.tip.seq.0))
            .bind(batch.prev.0.to_be_bytes().to_vec())
            .bind(now.map(|now| ordered(now.0)))
            .bind(ordered(self.options.most_skew_ms))
            .bind(ordered(last_of(batch.first, count).0))
            .bind(ordered(batch.at.0))
            .bind(batch.batch_id.0.to_be_bytes().to_vec())
            .bind(batch.chain.0.to_vec())
            .bind(encoded)
            .fetch_one(&mut connection);
        let row = match tokio::time::timeout(self.options.patience, append).await {
            Ok(Ok(row)) => row,
            Ok(Err(error)) => {
                // A statement that was rolled back leaves a connection that is good for the next.
                if matches!(&error, sqlx::Error::Database(_)) && fate::of(&error) == Fate::Refused {
                    self.connection = Some(connection);
                }
                return Err(fate::append_error(&error));
            }
            // The connection goes with its statement: what it may yet do is the server's.
            Err(_elapsed) => return Err(AppendError::Unknown(format!("no answer for {} ms", self.options.patience.as_millis()))),
        };
        self.connection = Some(connection);
        let answer = |error: sqlx::Error| AppendError::Unknown(error.to_string());
        if row.try_get::<bool, _>(0).map_err(answer)? {
            return Ok(Advanced::Stored);
        }
        // What follows was answered to a statement that stored nothing.
        let refused = |error: sqlx::Error| AppendError::Refused(Refusal::Store(error.to_string()));
        let server = At(number(&row, 1).map_err(refused)?);
        if now.is_some_and(|now| now.0.abs_diff(server.0) > self.options.most_skew_ms) {
            return Ok(Advanced::Skewed { server });
        }
        Ok(Advanced::Elsewhere(Head::of_row(&row, 2).map_err(refused)?))
    }
}
