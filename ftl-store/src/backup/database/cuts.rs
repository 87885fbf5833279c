//! What operators cut off a league in PostgreSQL, in its backup: `forks.db`, beside the journal. A league that was never cut
//! has none. In a directory, where it may be restored to, it only lies there, and goes along into the next backup.

use std::path::PathBuf;

use ftl_core::journal::ChainCheck;
use futures::TryStreamExt;
use sqlx::{ConnectOptions, Connection, PgConnection, Row};

use super::{BATCHES, BackupError, COPY_BYTES, TOGETHER, made, unsound};
use crate::data_dir::{DataDir, OpenError};
use crate::postgres::copy::CopyRows;
use crate::postgres::rows::ordered;
use crate::raw_batch::RawBatch;
use crate::sqlite::reading;

/// The file.
pub(in crate::backup) const FILE: &str = "forks.db";

const TABLES: &str = "
    CREATE TABLE fork (epoch INTEGER PRIMARY KEY, at INTEGER NOT NULL, cut_to INTEGER NOT NULL, reason TEXT NOT NULL, forked_at INTEGER NOT NULL) STRICT;
    CREATE TABLE cut_batch (
        fork INTEGER NOT NULL REFERENCES fork, last INTEGER NOT NULL, first INTEGER NOT NULL, at INTEGER NOT NULL, epoch INTEGER NOT NULL,
        batch_id BLOB NOT NULL, prev BLOB NOT NULL, chain BLOB NOT NULL, commands BLOB NOT NULL, PRIMARY KEY (fork, last)
    ) STRICT, WITHOUT ROWID;";

/// In microseconds, as PostgreSQL keeps it.
const FORKS: &str = "SELECT epoch, at, cut_to, reason, (extract(epoch FROM forked_at) * 1000000)::bigint FROM forks WHERE league = $1";

fn file_of(directory: &DataDir) -> PathBuf {
    directory.path().join(FILE)
}

/// Copies them as of the caller's transaction.
pub(super) async fn copy(connection: &mut PgConnection, league: &str, target: &DataDir) -> Result<(), BackupError> {
    let forks = sqlx::query(FORKS).bind(league).fetch_all(&mut *connection).await?;
    if forks.is_empty() {
        return Ok(());
    }
    let file = file_of(target);
    let failed = |error| OpenError::database(&file, error);
    let mut copy = made(&file).await?;
    sqlx::raw_sql(TABLES).execute(&mut copy).await.map_err(failed)?;
    for row in forks {
        let mut insert = sqlx::query("INSERT INTO fork (epoch, at, cut_to, reason, forked_at) VALUES (?, ?, ?, ?, ?)");
        for column in 0..3 {
            insert = insert.bind(row.try_get::<i64, _>(column)?);
        }
        insert = insert.bind(row.try_get::<String, _>(3)?).bind(row.try_get::<i64, _>(4)?);
        insert.execute(&mut copy).await.map_err(failed)?;
    }
    let query = format!("{BATCHES}, fork FROM cut_batches WHERE league = $1 ORDER BY fork, last");
    let mut rows = sqlx::query(sqlx::AssertSqlSafe(query)).bind(league).fetch(connection).try_chunks(TOGETHER);
    while let Some(rows) = rows.try_next().await.map_err(|error| error.1)? {
        let mut transaction = copy.begin().await.map_err(failed)?;
        for row in rows {
            let insert =
                "INSERT INTO cut_batch (last, first, at, epoch, batch_id, prev, chain, commands, fork) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
            let mut insert = sqlx::query(insert);
            for column in 0..4 {
                insert = insert.bind(row.try_get::<i64, _>(column)?);
            }
            for column in 4..8 {
                insert = insert.bind(row.try_get::<Vec<u8>, _>(column)?);
            }
            insert.bind(row.try_get::<i64, _>(8)?).execute(&mut *transaction).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
    }
    copy.close().await.map_err(failed)?;
    Ok(())
}

/// Puts them back, in the caller's transaction, and says which epoch the last of them began; 0 where there are none. What a
/// fork cut off is followed hash by hash.
pub(super) async fn put_back(connection: &mut PgConnection, source: &DataDir, league: &str) -> Result<u64, BackupError> {
    let file = file_of(source);
    if !file.is_file() {
        return Ok(0);
    }
    let failed = |error| OpenError::database(&file, error);
    let mut original = reading(&file).connect().await.map_err(failed)?;
    let mut newest = 0;
    let forks = sqlx::query("SELECT epoch, at, cut_to, reason, forked_at FROM fork").fetch_all(&mut original).await.map_err(failed)?;
    for row in forks {
        let (epoch, at, cut_to): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let insert = "INSERT INTO forks (league, epoch, at, cut_to, reason, forked_at)
                      VALUES ($1, $2, $3, $4, $5, 'epoch'::timestamptz + $6 * interval '1 microsecond')";
        let insert = sqlx::query(insert).bind(league).bind(epoch).bind(at).bind(cut_to);
        insert.bind(row.try_get::<String, _>(3)?).bind(row.try_get::<i64, _>(4)?).execute(&mut *connection).await?;
        newest = newest.max(epoch.cast_unsigned());
    }
    let query = format!("{BATCHES}, fork FROM cut_batch ORDER BY fork, last");
    let mut rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch(&mut original);
    let mut copied = CopyRows::of(10);
    let mut check: Option<(i64, ChainCheck)> = None;
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let fork: i64 = row.try_get(8).map_err(failed)?;
        let raw = RawBatch::of(row).map_err(failed)?;
        match &mut check {
            Some((of, check)) if *of == fork => raw.follow(check).map_err(unsound)?,
            // The batch that it linked to may have been cut off by a later fork.
            other => *other = Some((fork, raw.check())),
        }
        let row = copied.row().text(league).bigint(fork);
        row.bigint(ordered(raw.last.0)).bigint(ordered(raw.batch.first.0)).bigint(ordered(raw.batch.at.0));
        row.bigint(ordered(raw.batch.epoch)).bytes(&raw.batch.batch_id.0.to_be_bytes()).bytes(&raw.batch.prev.0.to_be_bytes());
        row.bytes(&raw.batch.chain.0).bytes(&raw.encoded);
        if copied.len() > COPY_BYTES {
            std::mem::replace(&mut copied, CopyRows::of(10)).send(connection, "cut_batches").await?;
        }
    }
    drop(rows);
    copied.send(connection, "cut_batches").await?;
    original.close().await.map_err(failed)?;
    Ok(newest)
}
