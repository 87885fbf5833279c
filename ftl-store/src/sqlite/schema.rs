//! The databases' tables, from `migrations/sqlite/`, and the version that each file says it has.
//!
//! A database of a newer version is refused, never touched; an older one is brought up to date by its writer, one
//! transaction a step. The version is `PRAGMA user_version`: the number of steps taken.

use std::path::Path;

use sqlx::SqliteConnection;

use crate::data_dir::OpenError;

/// One database's tables.
#[derive(Debug)]
pub(crate) struct Schema {
    application_id: i64,
    steps: &'static [&'static str],
}

pub(crate) const JOURNAL: Schema =
    Schema { application_id: 0x4654_4C4A, steps: &[include_str!("../../../migrations/sqlite/journal/0001-batches.sql")] };
pub(crate) const HISTORY: Schema = Schema {
    application_id: 0x4654_4C48,
    steps: &[
        include_str!("../../../migrations/sqlite/history/0001-history.sql"),
        include_str!("../../../migrations/sqlite/history/0002-answers-in-order.sql"),
    ],
};
pub(crate) const ACCOUNTS: Schema =
    Schema { application_id: 0x4654_4C41, steps: &[include_str!("../../../migrations/sqlite/accounts/0001-accounts.sql")] };

impl Schema {
    /// The version that this program writes.
    pub(crate) fn current(&self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(i64::MAX)
    }

    /// Refuses a file that is not ours or newer than this program; says the file's version, 0 for an empty one.
    pub(crate) async fn version(&self, connection: &mut SqliteConnection, file: &Path) -> Result<i64, OpenError> {
        let damaged = |error: sqlx::Error| OpenError::database(file, error);
        let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await.map_err(damaged)?;
        let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await.map_err(damaged)?;
        if version != 0 && application != self.application_id {
            return Err(OpenError::Foreign { file: file.into() });
        }
        if version > self.current() {
            return Err(OpenError::Newer { file: file.into(), found: version, known: self.current() });
        }
        Ok(version)
    }

    /// Brings the file up to this program's version.
    pub(crate) async fn migrate(&self, connection: &mut SqliteConnection, file: &Path) -> Result<(), OpenError> {
        let from = self.version(connection, file).await?;
        let taken = usize::try_from(from).unwrap_or(0);
        for (step, to) in self.steps.iter().zip(1i64..).skip(taken) {
            let whole = format!("BEGIN IMMEDIATE; {step} PRAGMA user_version = {to}; COMMIT;");
            sqlx::raw_sql(sqlx::AssertSqlSafe(whole)).execute(&mut *connection).await.map_err(|error| OpenError::database(file, error))?;
        }
        Ok(())
    }

    /// Refuses a file that a reader cannot read as it is.
    pub(crate) async fn require_current(&self, connection: &mut SqliteConnection, file: &Path) -> Result<(), OpenError> {
        let found = self.version(connection, file).await?;
        if found < self.current() { Err(OpenError::Older { file: file.into(), found, known: self.current() }) } else { Ok(()) }
    }
}
