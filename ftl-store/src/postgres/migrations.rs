//! The tables, from `migrations/postgres/`, brought up to date one transaction a step, under a lock.
//!
//! A step only adds: a program that does not know it goes on. What was applied is kept with a checksum; a database with a
//! step that this program does not know is of a newer program and refused, and so is one whose step reads otherwise.

use sqlx::{Connection, PgConnection, Row};

use super::connect::Database;

/// The advisory lock that whoever migrates holds: two programs that start at once take turns.
const LOCK: i64 = 0x4654_4C4D_4947;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// From 1 on, without gaps.
    pub number: i32,
    /// Its file's name.
    pub name: &'static str,
    /// What it does.
    pub sql: &'static str,
}

macro_rules! migration {
    ($number:literal, $name:literal) => {
        Migration { number: $number, name: $name, sql: include_str!(concat!("../../../migrations/postgres/", $name, ".sql")) }
    };
}

/// Every step that this program knows, in order.
pub const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001-journal"),
    migration!(2, "0002-projections"),
    migration!(3, "0003-identities"),
    migration!(4, "0004-snapshots"),
    migration!(5, "0005-quarantine"),
    migration!(6, "0006-forks"),
    migration!(7, "0007-processes"),
    migration!(8, "0008-tickets"),
    migration!(9, "0009-state-hashes"),
    migration!(10, "0010-process-health"),
    migration!(11, "0011-presence"),
];

/// Why a database is not brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The operator uses the program that wrote it, or a later one.
    #[error("the database has migration {found}, this program knows {known}: use the program that wrote it, or a later one")]
    Newer {
        /// The database's last step.
        found: i32,
        /// This program's.
        known: i32,
    },
    /// The operator uses the program that wrote it: this one has other tables in mind.
    #[error("the database's migration {number} is not this program's {name}")]
    Differs {
        /// Which.
        number: i32,
        /// What this program calls it.
        name: &'static str,
    },
    /// The operator runs `ftl migrate`.
    #[error("the database lacks {} migrations, the first is {first}: run `ftl migrate`", missing)]
    Behind {
        /// How many.
        missing: usize,
        /// The first one.
        first: &'static str,
    },
    /// The operator looks into PostgreSQL's message. Nothing of this step was kept.
    #[error("migration {name}: {source}")]
    Failed {
        /// Which.
        name: &'static str,
        /// What PostgreSQL says.
        source: sqlx::Error,
    },
    /// The database does not answer.
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

/// What would be applied, in order; nothing is changed.
pub async fn plan(database: &Database) -> Result<Vec<Migration>, MigrateError> {
    let mut connection = database.connect().await?;
    let missing = missing(&mut connection).await?;
    connection.close().await?;
    Ok(missing)
}

/// Applies what is missing, and says what that was.
pub async fn run(database: &Database) -> Result<Vec<Migration>, MigrateError> {
    // Without limits: an index over a large table takes its time, and so does waiting for another program that migrates.
    let mut connection = database.named("ftl migrate").connect().await?;
    sqlx::raw_sql("SET statement_timeout = 0; SET lock_timeout = 0; SET client_min_messages = warning").execute(&mut connection).await?;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut connection).await?;
    sqlx::raw_sql(
        "CREATE TABLE IF NOT EXISTS ftl_migrations (
            number     integer     PRIMARY KEY,
            name       text        NOT NULL,
            checksum   bytea       NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )",
    )
    .execute(&mut connection)
    .await?;
    let missing = missing(&mut connection).await?;
    for migration in &missing {
        apply(&mut connection, migration).await.map_err(|source| MigrateError::Failed { name: migration.name, source })?;
    }
    // The lock goes with the session.
    connection.close().await?;
    Ok(missing)
}

/// Refuses a database that is not as this program needs it.
pub async fn require_current(database: &Database) -> Result<(), MigrateError> {
    let missing = plan(database).await?;
    match missing.first() {
        None => Ok(()),
        Some(first) => Err(MigrateError::Behind { missing: missing.len(), first: first.name }),
    }
}

async fn missing(connection: &mut PgConnection) -> Result<Vec<Migration>, MigrateError> {
    let begun: bool = sqlx::query_scalar("SELECT to_regclass('ftl_migrations') IS NOT NULL").fetch_one(&mut *connection).await?;
    let rows = match begun {
        true => sqlx::query("SELECT number, checksum FROM ftl_migrations ORDER BY number").fetch_all(&mut *connection).await?,
        false => Vec::new(),
    };
    let mut missing = MIGRATIONS.to_vec();
    for row in rows {
        let (number, sum): (i32, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
        let Some(known) = MIGRATIONS.iter().find(|migration| migration.number == number) else {
            return Err(MigrateError::Newer { found: number, known: MIGRATIONS.last().map_or(0, |last| last.number) });
        };
        if checksum(known) != sum {
            return Err(MigrateError::Differs { number, name: known.name });
        }
        missing.retain(|migration| migration.number != number);
    }
    Ok(missing)
}

async fn apply(connection: &mut PgConnection, migration: &Migration) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(migration.sql).execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO ftl_migrations (number, name, checksum) VALUES ($1, $2, $3)")
        .bind(migration.number)
        .bind(migration.name)
        .bind(checksum(migration))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

fn checksum(migration: &Migration) -> Vec<u8> {
    blake3::hash(migration.sql.as_bytes()).as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_gaps() {
        let numbers: Vec<i32> = MIGRATIONS.iter().map(|migration| migration.number).collect();
        let expected: Vec<i32> = (1..=i32::try_from(MIGRATIONS.len()).unwrap()).collect();
        assert_eq!(numbers, expected);
    }
}
