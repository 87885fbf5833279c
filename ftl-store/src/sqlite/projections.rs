//! History in SQLite: fills, closed positions, ledger, ticks and bars, written behind the journal with a watermark in
//! the same transaction. A crash loses nothing: what is not there yet is written again from the journal.
//!
//! One connection writes, a few read. The rows' tables are in [`rows`].

pub(super) mod rows;

mod rewind;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use ftl_core::id::{BookId, InstrumentIdx, Seq};
use ftl_core::projection::{Bar, BarInterval, ClosedPositionRow, FillRow, LedgerRow, ProjectionError, Projections, Row, TickRow};
use ftl_core::time::At;
use sqlx::sqlite::{Sqlite, SqlitePool, SqliteRow};
use sqlx::{ConnectOptions, Connection, SqliteConnection, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use self::rows::{bar, book_key, closed_position, fill, ledger, tick};
use super::{Durability, HISTORY, WriteConnection, ordered, reading, writing};
use crate::data_dir::{OpenError, WriterLock};

/// See the module.
pub struct SqliteProjections {
    file: PathBuf,
    /// `None` once closed, or where it is only read.
    writer: Mutex<Option<WriteConnection>>,
    pub(super) readers: SqlitePool,
}

impl SqliteProjections {
    /// Opens the history for its one writer; makes it where there is none.
    pub async fn open(file: &Path, lock: Arc<WriterLock>) -> Result<Self, OpenError> {
        let mut writer = writing(file, Durability::Rebuildable).connect().await.map_err(|error| OpenError::database(file, error))?;
        HISTORY.migrate(&mut writer, file).await?;
        Ok(Self { file: file.into(), writer: Mutex::new(Some(WriteConnection::new(writer, lock))), readers: super::readers(file) })
    }

    /// A history that holds nothing yet, where nobody has the league open.
    pub(crate) async fn found(file: &Path) -> Result<(), OpenError> {
        let failed = |error| OpenError::database(file, error);
        let mut connection = writing(file, Durability::Rebuildable).connect().await.map_err(failed)?;
        HISTORY.migrate(&mut connection, file).await?;
        connection.close().await.map_err(failed)
    }

    /// Opens the history to read it, beside its writer if it has one.
    pub async fn open_for_reading(file: &Path) -> Result<Self, OpenError> {
        if !file.exists() {
            return Err(OpenError::NoHistory { file: file.into() });
        }
        let failed = |error| OpenError::database(file, error);
        let mut connection = reading(file).connect().await.map_err(failed)?;
        HISTORY.require_current(&mut connection, file).await?;
        connection.close().await.map_err(failed)?;
        Ok(Self { file: file.into(), writer: Mutex::new(None), readers: super::readers(file) })
    }

    /// The furthest of the watermarks.
    pub(crate) async fn furthest(&self) -> Result<Seq, OpenError> {
        let seq: i64 = sqlx::query_scalar("SELECT max(seq) FROM watermark")
            .fetch_one(&self.readers)
            .await
            .map_err(|error| OpenError::database(&self.file, error))?;
        Ok(Seq(seq.cast_unsigned()))
    }

    /// Closes the files; later writes are refused.
    pub async fn close(&self) {
        self.readers.close().await;
        if let Some(writer) = self.writer.lock().await.take() {
            writer.close("history").await;
        }
    }

    /// SQLite's own check of the file: what it finds wrong, nothing where all is well.
    pub async fn integrity(&self) -> Result<Vec<String>, ProjectionError> {
        super::integrity(&self.readers).await.map_err(unavailable)
    }

    /// Fills of everybody, in order, behind (`after`).
    pub async fn all_fills(&self, after: (Seq, u32), limit: usize) -> Result<Vec<FillRow>, ProjectionError> {
        self.behind("SELECT * FROM fill WHERE (seq, n) > (?, ?) ORDER BY seq, n LIMIT ?", after, limit, fill).await
    }

    /// Closed positions of everybody, in order, behind (`after`).
    pub async fn all_closed_positions(&self, after: (Seq, u32), limit: usize) -> Result<Vec<ClosedPositionRow>, ProjectionError> {
        self.behind("SELECT * FROM closed_position WHERE (seq, n) > (?, ?) ORDER BY seq, n LIMIT ?", after, limit, closed_position).await
    }

    /// Postings of every ledger account, in order, behind (`after`).
    pub async fn all_postings(&self, after: (Seq, u32), limit: usize) -> Result<Vec<LedgerRow>, ProjectionError> {
        self.behind("SELECT * FROM ledger WHERE (seq, n) > (?, ?) ORDER BY seq, n LIMIT ?", after, limit, ledger).await
    }

    pub(super) async fn writer(&self) -> Result<MutexGuard<'_, Option<WriteConnection>>, ProjectionError> {
        Ok(self.writer.lock().await)
    }

    pub(super) fn connection<'g>(
        guard: &'g mut MutexGuard<'_, Option<WriteConnection>>,
    ) -> Result<&'g mut SqliteConnection, ProjectionError> {
        guard
            .as_mut()
            .map(|writer| &mut writer.connection)
            .ok_or_else(|| ProjectionError::Unavailable("the history is closed, or open for reading only".into()))
    }

    pub(super) async fn begin<'g>(
        guard: &'g mut MutexGuard<'_, Option<WriteConnection>>,
    ) -> Result<Transaction<'g, Sqlite>, ProjectionError> {
        Self::connection(guard)?.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)
    }

    /// Moves a watermark, or finds that another writer did.
    pub(super) async fn advance(transaction: &mut SqliteConnection, projection: &str, from: Seq, to: Seq) -> Result<(), ProjectionError> {
        let moved = sqlx::query("UPDATE watermark SET seq = ? WHERE projection = ? AND seq = ?")
            .bind(ordered(to.0))
            .bind(projection)
            .bind(ordered(from.0))
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
        if moved.rows_affected() == 1 {
            return Ok(());
        }
        let found: i64 = sqlx::query_scalar("SELECT seq FROM watermark WHERE projection = ?")
            .bind(projection)
            .fetch_one(transaction)
            .await
            .map_err(unavailable)?;
        Err(ProjectionError::WatermarkMoved { expected: from, found: Seq(found.cast_unsigned()) })
    }

    pub(super) async fn watermark_of(&self, projection: &str) -> Result<Seq, ProjectionError> {
        let seq: i64 = sqlx::query_scalar("SELECT seq FROM watermark WHERE projection = ?")
            .bind(projection)
            .fetch_one(&self.readers)
            .await
            .map_err(unavailable)?;
        Ok(Seq(seq.cast_unsigned()))
    }

    async fn behind<T>(
        &self,
        query: &'static str,
        after: (Seq, u32),
        limit: usize,
        read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, ProjectionError> {
        let rows = sqlx::query(query).bind(ordered(after.0.0)).bind(after.1).bind(limited(limit)).fetch_all(&self.readers).await;
        rows.and_then(|rows| rows.iter().map(read).collect()).map_err(unavailable)
    }

    async fn of_book<T>(
        &self,
        query: &'static str,
        book: BookId,
        before: Option<(Seq, u32)>,
        limit: usize,
        read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, ProjectionError> {
        let (seq, n) = before.unwrap_or((Seq(u64::MAX), 0));
        let rows = sqlx::query(query).bind(book_key(book)).bind(ordered(seq.0)).bind(n).bind(limited(limit)).fetch_all(&self.readers).await;
        rows.and_then(|rows| rows.iter().map(read).collect()).map_err(unavailable)
    }
}

#[async_trait]
impl Projections for SqliteProjections {
    async fn watermark(&self) -> Result<Seq, ProjectionError> {
        self.watermark_of("history").await
    }

    async fn write(&self, from: Seq, to: Seq, rows: Vec<Row>) -> Result<(), ProjectionError> {
        let mut guard = self.writer().await?;
        // Dropped on any error, which rolls it back.
        let mut transaction = Self::begin(&mut guard).await?;
        Self::advance(&mut transaction, "history", from, to).await?;
        rows::write(&mut transaction, &rows).await?;
        transaction.commit().await.map_err(unavailable)
    }

    async fn closed_positions(
        &self,
        book: BookId,
        before: Option<(Seq, u32)>,
        limit: usize,
    ) -> Result<Vec<ClosedPositionRow>, ProjectionError> {
        let query = "SELECT * FROM closed_position WHERE book = ? AND (seq, n) < (?, ?) ORDER BY seq DESC, n DESC LIMIT ?";
        self.of_book(query, book, before, limit, closed_position).await
    }

    async fn fills(&self, book: BookId, before: Option<(Seq, u32)>, limit: usize) -> Result<Vec<FillRow>, ProjectionError> {
        self.of_book("SELECT * FROM fill WHERE book = ? AND (seq, n) < (?, ?) ORDER BY seq DESC, n DESC LIMIT ?", book, before, limit, fill)
            .await
    }

    async fn ledger(&self, book: BookId, before: Option<(Seq, u32)>, limit: usize) -> Result<Vec<LedgerRow>, ProjectionError> {
        self.of_book(
            "SELECT * FROM ledger WHERE book = ? AND (seq, n) < (?, ?) ORDER BY seq DESC, n DESC LIMIT ?",
            book,
            before,
            limit,
            ledger,
        )
        .await
    }

    async fn ticks(&self, instrument: InstrumentIdx, after: (Seq, u32), limit: usize) -> Result<Vec<TickRow>, ProjectionError> {
        let rows = sqlx::query("SELECT * FROM tick WHERE instrument = ? AND (seq, n) > (?, ?) ORDER BY seq, n LIMIT ?")
            .bind(instrument.0)
            .bind(ordered(after.0.0))
            .bind(after.1)
            .bind(limited(limit))
            .fetch_all(&self.readers)
            .await;
        rows.and_then(|rows| rows.iter().map(tick).collect()).map_err(unavailable)
    }

    async fn bars(&self, instrument: InstrumentIdx, interval: BarInterval, before: At, limit: usize) -> Result<Vec<Bar>, ProjectionError> {
        let query =
            "SELECT start, open, high, low, close FROM bar WHERE instrument = ? AND interval = ? AND start < ? ORDER BY start DESC LIMIT ?";
        let rows = sqlx::query(query)
            .bind(instrument.0)
            .bind(ordered(interval.millis()))
            .bind(ordered(before.0))
            .bind(limited(limit))
            .fetch_all(&self.readers)
            .await;
        rows.and_then(|rows| rows.iter().rev().map(bar).collect()).map_err(unavailable)
    }
}

fn limited(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn unavailable(error: sqlx::Error) -> ProjectionError {
    ProjectionError::Unavailable(error.to_string())
}
