//! Which processes of a league live: each keeps one session open that holds a lock and has a row.
//!
//! ```text
//! process ──session: shared lock of the league, a row──▶ lives as long as the session does, however it ends
//! Alone   ──session: the same lock, exclusive───────────▶ nobody lives, and nobody begins to
//! ```
//! The lock says who lives; a row without one is of a process that is gone. Serving begins with a [`Presence`]; what works
//! on the stores with everything stopped takes [`Alone`]. Nothing of the game depends on it. Every two seconds a process
//! says how it is and who has a stream there, for operators.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use ftl_core::id::{AccountId, Seq};
use ftl_core::time::{At, Span};
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::connect::Database;
use super::rows::{fixed, number, ordered};

/// The lock's class; its other half is the league.
const CLASS: i32 = 1_179_929_680;
/// Between two times that the session says how the process is, and so whether it still lives.
const LOOK: Duration = Duration::from_secs(2);
/// Between two attempts to have one.
const AGAIN: Duration = Duration::from_millis(500);
/// How long the lock of a session that has ended is waited for.
const ENDING: ConstantBuilder = ConstantBuilder::new().with_delay(Duration::from_millis(50)).with_max_times(20);

/// Accounts that come or go in one statement: a stadium that returns is told in a few.
const AT_ONCE: usize = 5_000;

/// The rows whose session holds the league's lock.
const LIVING: &str = "FROM processes p WHERE p.league = $1 AND EXISTS (
        SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 1179929680::oid AND l.objsubid = 2 AND l.granted
            AND l.objid::bigint = (hashtext($1)::bigint & 4294967295) AND l.pid = p.backend
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))";

/// How a process is, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What `readyz` says there.
    pub status: String,
    /// The last entry that it has applied.
    pub applied: Seq,
    /// Accounts that are connected to it.
    pub accounts: u64,
}

impl Default for Standing {
    fn default() -> Self {
        Self { status: "starting".into(), applied: Seq(0), accounts: 0 }
    }
}

/// A process as the others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its own choice, at random.
    pub id: u128,
    /// What it does.
    pub role: String,
    /// The newest engine that it knows.
    pub engine: u32,
    /// Since when it has its session, by the database's clock.
    pub since: At,
    /// How it was when it last said so.
    pub standing: Standing,
    /// How long ago that was.
    pub told: Span,
}

/// The database does not answer, or somebody is alone with the league: ask again.
#[derive(Debug, thiserror::Error)]
#[error("it cannot be told that this process lives: {0}")]
pub struct PresenceError(#[from] sqlx::Error);

/// This process's session; the others know that it lives until this is dropped or the process ends.
#[derive(Debug)]
pub struct Presence {
    id: u128,
    standing: watch::Sender<(Standing, Arc<[AccountId]>)>,
    staying: JoinHandle<()>,
}

impl Presence {
    /// Begins to be there, as `role`, knowing engines up to `engine`. Fails while somebody is alone with the league.
    pub async fn begin(database: &Database, league: &str, role: &str, engine: u32) -> Result<Self, PresenceError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
        let id = u128::from_be_bytes(id);
        let (standing, told) = watch::channel(Default::default());
        let database = database.named("ftl present").noticed_when_gone();
        let me = Me { database, league: league.into(), role: role.into(), engine, id, standing: told };
        let session = me.enter().await?;
        Ok(Self { id, standing, staying: tokio::spawn(me.stay(session)) })
    }

    /// How this process is now, and who has a stream here: the others learn it within two seconds.
    pub fn tell(&self, standing: Standing, here: Arc<[AccountId]>) {
        self.standing.send_replace((standing, here));
    }

    /// This process has ended, whoever may still hold this.
    pub fn end(&self) {
        self.staying.abort();
    }

    /// What it is called among the others.
    pub fn id(&self) -> u128 {
        self.id
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.staying.abort();
    }
}

struct Me {
    database: Database,
    league: String,
    role: String,
    engine: u32,
    id: u128,
    standing: watch::Receiver<(Standing, Arc<[AccountId]>)>,
}

impl Me {
    async fn enter(&self) -> Result<PgConnection, sqlx::Error> {
        let mut session = self.database.connect().await?;
        sqlx::query("SELECT pg_advisory_lock_shared($1, hashtext($2))").bind(CLASS).bind(&self.league).execute(&mut session).await?;
        // The rows of those who are gone go with this one's former self.
        let gone = format!(
            "DELETE FROM processes WHERE league = $1
                AND (process = $2 OR backend = pg_backend_pid() OR process NOT IN (SELECT p.process {LIVING}))"
        );
        sqlx::query(sqlx::AssertSqlSafe(gone)).bind(&self.league).bind(self.id.to_be_bytes().to_vec()).execute(&mut session).await?;
        sqlx::query("INSERT INTO processes (league, process, backend, role, engine) VALUES ($1, $2, pg_backend_pid(), $3, $4)")
            .bind(&self.league)
            .bind(self.id.to_be_bytes().to_vec())
            .bind(&self.role)
            .bind(ordered(u64::from(self.engine)))
            .execute(&mut session)
            .await?;
        Ok(session)
    }

    /// How this process is, and who came and went since `told`.
    async fn say(&self, session: &mut PgConnection, told: &mut BTreeSet<AccountId>) -> Result<(), sqlx::Error> {
        let (Standing { status, applied, accounts }, here) = self.standing.borrow().clone();
        sqlx::query(
            "UPDATE processes SET status = $3, applied = $4, accounts = $5, told_at = clock_timestamp() WHERE league = $1 AND process = $2",
        )
        .bind(&self.league)
        .bind(self.id.to_be_bytes().to_vec())
        .bind(status)
        .bind(ordered(applied.0))
        .bind(ordered(accounts))
        .execute(&mut *session)
        .await?;
        let here: BTreeSet<AccountId> = here.iter().copied().collect();
        let gone: BTreeSet<AccountId> = told.difference(&here).copied().take(AT_ONCE).collect();
        let come: BTreeSet<AccountId> = here.difference(told).copied().take(AT_ONCE).collect();
        let leave = "DELETE FROM present WHERE league = $1 AND process = $2 AND account = ANY($3)";
        let enter = "INSERT INTO present (league, process, account) SELECT $1, $2, unnest($3) ON CONFLICT DO NOTHING";
        for (accounts, statement) in [(&gone, leave), (&come, enter)] {
            if accounts.is_empty() {
                continue;
            }
            let accounts: Vec<Vec<u8>> = accounts.iter().map(|account| account.0.to_be_bytes().to_vec()).collect();
            let statement = sqlx::query(statement).bind(&self.league).bind(self.id.to_be_bytes().to_vec()).bind(accounts);
            statement.execute(&mut *session).await?;
        }
        told.retain(|account| !gone.contains(account));
        told.extend(come);
        Ok(())
    }

    async fn stay(self, session: PgConnection) {
        let mut session = Some(session);
        let mut told = BTreeSet::new();
        loop {
            let there = match &mut session {
                Some(session) => {
                    tokio::time::sleep(LOOK).await;
                    matches!(tokio::time::timeout(LOOK, self.say(session, &mut told)).await, Ok(Ok(())))
                }
                None => false,
            };
            if there {
                continue;
            }
            session = match self.enter().await {
                Ok(session) => {
                    // What was told went with the former row.
                    told.clear();
                    Some(session)
                }
                Err(error) => {
                    tracing::debug!(%error, "other processes do not know that this one lives");
                    tokio::time::sleep(AGAIN).await;
                    None
                }
            };
        }
    }
}

/// The processes of a league that live, the oldest first.
pub async fn living(connection: &mut PgConnection, league: &str) -> Result<Vec<Process>, sqlx::Error> {
    let query = format!(
        "SELECT p.process, p.role, p.engine, floor(extract(epoch FROM p.since) * 1000)::bigint, p.status, p.applied, p.accounts,
            greatest(0, floor(extract(epoch FROM clock_timestamp() - p.told_at) * 1000))::bigint {LIVING} ORDER BY p.since"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query)).bind(league).fetch_all(connection).await?;
    rows.iter().map(process).collect()
}

/// Accounts that have a stream, each once, of whichever process that lives.
pub async fn accounts_here(database: &Database, league: &str) -> Result<u64, PresenceError> {
    let query = format!("SELECT count(DISTINCT h.account) FROM present h WHERE h.league = $1 AND h.process IN (SELECT p.process {LIVING})");
    let mut connection = database.connect().await?;
    let row = sqlx::query(sqlx::AssertSqlSafe(query)).bind(league).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(number(&row, 0)?)
}

/// The processes of a league that live, over a connection of its own.
pub async fn living_of(database: &Database, league: &str) -> Result<Vec<Process>, PresenceError> {
    let mut connection = database.connect().await?;
    let found = living(&mut connection, league).await?;
    connection.close().await?;
    Ok(found)
}

fn process(row: &PgRow) -> Result<Process, sqlx::Error> {
    let engine = u32::try_from(number(row, 2)?).unwrap_or(u32::MAX);
    let standing = Standing { status: row.try_get(4)?, applied: Seq(number(row, 5)?), accounts: number(row, 6)? };
    let (since, told) = (At(number(row, 3)?), Span(number(row, 7)?));
    Ok(Process { id: u128::from_be_bytes(fixed(row, 0)?), role: row.try_get(1)?, engine, since, standing, told })
}

/// The right to work on a league whose processes are all stopped. It goes with its session.
#[derive(Debug)]
pub struct Alone {
    pub(crate) connection: PgConnection,
    pub(super) league: String,
}

/// Why nobody is alone with a league.
#[derive(Debug, thiserror::Error)]
pub enum AloneError {
    /// Stop them first.
    #[error("{}", told(.0))]
    Others(Vec<Process>),
    /// The database does not answer.
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

impl Alone {
    /// Takes it; whoever wants to serve waits until it is gone. The session of who has just ended may hold its lock for a
    /// moment more.
    pub async fn with(database: &Database, league: &str) -> Result<Self, AloneError> {
        let nobody_lives = |error: &AloneError| matches!(error, AloneError::Others(others) if others.is_empty());
        (|| Self::try_with(database, league)).retry(ENDING).when(nobody_lives).await
    }

    async fn try_with(database: &Database, league: &str) -> Result<Self, AloneError> {
        let mut connection = database.named("ftl alone").without_limits().connect().await?;
        let alone: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_lock($1, hashtext($2))").bind(CLASS).bind(league).fetch_one(&mut connection).await?;
        if alone {
            return Ok(Self { connection, league: league.into() });
        }
        let others = living(&mut connection, league).await?;
        connection.close().await?;
        Err(AloneError::Others(others))
    }

    /// Lets go of it.
    pub async fn release(self) {
        // Where closing fails the session is gone, and the lock with it.
        let _ = self.connection.close().await;
    }
}

fn told(others: &[Process]) -> String {
    let roles: Vec<&str> = others.iter().map(|process| process.role.as_str()).collect();
    match roles.as_slice() {
        [] => "another process has just begun, or works on the league alone".to_owned(),
        [one] => format!("a process of role {one} lives"),
        many => format!("{} processes live, of roles {}", many.len(), many.join(", ")),
    }
}
