//! [`Projections`] and [`Answers`](crate::answers::Answers) in PostgreSQL: what routes of the past read. The flusher
//! writes these tables; the ports' own writes are for leagues that are written by nobody else (imports, tests).

use async_trait::async_trait;
use ftl_core::id::{BookId, InstrumentIdx, OrderId, PositionId, Seq};
use ftl_core::ledger::Posting;
use ftl_core::projection::{Bar, BarInterval, ClosedPositionRow, FillRow, LedgerRow, ProjectionError, Projections, Row, TickRow};
use ftl_core::time::At;
use ftl_core::units::Price;
use sqlx::Row as _;
use sqlx::postgres::{PgPool, PgRow};

use super::column::{self, Id, at, coded, direction, id, instrument, ledger_account, limited, lots, money, n, ordered, price, seq};
use super::connect::Database;
use super::facts::{History, Target};
use super::partitions::Days;
use super::watermarks::{self, Projection};

/// See the module.
pub struct PostgresProjections {
    pub(super) pool: PgPool,
    pub(super) league: String,
    days: tokio::sync::Mutex<Days>,
}

impl PostgresProjections {
    /// The projections of `league` in a database whose tables are up to date, over so many connections.
    pub async fn open(database: &Database, league: &str, connections: u32) -> Result<Self, ProjectionError> {
        let pool = database.named("ftl projections").pool(connections);
        watermarks::begin(&pool, league).await.map_err(unavailable)?;
        Ok(Self { pool, league: league.to_owned(), days: tokio::sync::Mutex::default() })
    }

    /// Ends its connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Fills of everybody, in order, behind (`after`).
    pub async fn all_fills(&self, after: (Seq, u32), limit: usize) -> Result<Vec<FillRow>, ProjectionError> {
        self.behind("SELECT * FROM trades WHERE league = $1 AND (seq, n) > ($2, $3) ORDER BY seq, n LIMIT $4", after, limit, fill).await
    }

    /// Closed positions of everybody, in order, behind (`after`).
    pub async fn all_closed_positions(&self, after: (Seq, u32), limit: usize) -> Result<Vec<ClosedPositionRow>, ProjectionError> {
        let query = "SELECT * FROM closed_positions WHERE league = $1 AND (seq, n) > ($2, $3) ORDER BY seq, n LIMIT $4";
        self.behind(query, after, limit, closed_position).await
    }

    /// Postings of every ledger account, in order, behind (`after`).
    pub async fn all_postings(&self, after: (Seq, u32), limit: usize) -> Result<Vec<LedgerRow>, ProjectionError> {
        let query = "SELECT * FROM ledger_postings WHERE league = $1 AND (seq, n) > ($2, $3) ORDER BY seq, n LIMIT $4";
        self.behind(query, after, limit, posting).await
    }

    async fn behind<T>(
        &self,
        query: &'static str,
        after: (Seq, u32),
        limit: usize,
        read: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, ProjectionError> {
        let query = sqlx::query(query).bind(&self.league).bind(ordered(after.0.0)).bind(after.1.cast_signed()).bind(limited(limit));
        let rows = query.fetch_all(&self.pool).await;
        rows.and_then(|rows| rows.iter().map(read).collect()).map_err(unavailable)
    }

    async fn of_book<T>(
        &self,
        query: &'static str,
        book: BookId,
        before: Option<(Seq, u32)>,
        limit: usize,
        read: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, ProjectionError> {
        let (seq, n) = before.unwrap_or((Seq(u64::MAX), 0));
        let query = sqlx::query(query).bind(&self.league).bind(Id(book.account.0)).bind(i32::from(book.number));
        let rows = query.bind(ordered(seq.0)).bind(n.cast_signed()).bind(limited(limit)).fetch_all(&self.pool).await;
        rows.and_then(|rows| rows.iter().map(read).collect()).map_err(unavailable)
    }

    async fn written(&self) -> Result<[(Projection, Seq); 4], ProjectionError> {
        let found = watermarks::all(&self.pool, &self.league).await.map_err(unavailable)?;
        let of = |projection: Projection| found.iter().find(|(name, _)| name == projection.name()).map_or(Seq(0), |(_, seq)| *seq);
        Ok(Projection::HISTORY.map(|projection| (projection, of(projection))))
    }
}

#[async_trait]
impl Projections for PostgresProjections {
    async fn watermark(&self) -> Result<Seq, ProjectionError> {
        Ok(self.written().await?.into_iter().map(|(_, seq)| seq).min().unwrap_or_default())
    }

    async fn write(&self, from: Seq, to: Seq, rows: Vec<Row>) -> Result<(), ProjectionError> {
        let history: History = rows.into_iter().collect();
        let mut connection = self.pool.acquire().await.map_err(unavailable)?;
        self.days.lock().await.make(&mut connection, "trades", history.fills.iter().map(|fill| fill.at)).await.map_err(unavailable)?;
        drop(connection);
        let written = self.written().await?;
        let found = written.into_iter().map(|(_, seq)| seq).min().unwrap_or_default();
        if found != from {
            return Err(ProjectionError::WatermarkMoved { expected: from, found });
        }
        // Dropped on any error, which rolls it back.
        let mut transaction = self.pool.begin().await.map_err(unavailable)?;
        // A flusher may have written one of the four further than another.
        for (projection, after) in written.into_iter().filter(|(_, after)| *after < to) {
            if !watermarks::advance(&mut transaction, &self.league, projection.name(), after, to).await.map_err(unavailable)? {
                let found = watermarks::read(&mut transaction, &self.league, projection.name()).await.map_err(unavailable)?;
                return Err(ProjectionError::WatermarkMoved { expected: from, found });
            }
            let mut target = Target { connection: &mut transaction, league: &self.league, suffix: "" };
            history.write(projection, after, &mut target).await.map_err(|error| ProjectionError::Unavailable(error.to_string()))?;
        }
        transaction.commit().await.map_err(unavailable)
    }

    async fn closed_positions(
        &self,
        book: BookId,
        before: Option<(Seq, u32)>,
        limit: usize,
    ) -> Result<Vec<ClosedPositionRow>, ProjectionError> {
        let query = "SELECT * FROM closed_positions WHERE league = $1 AND account = $2 AND book = $3 AND (seq, n) < ($4, $5)
                     ORDER BY seq DESC, n DESC LIMIT $6";
        self.of_book(query, book, before, limit, closed_position).await
    }

    async fn fills(&self, book: BookId, before: Option<(Seq, u32)>, limit: usize) -> Result<Vec<FillRow>, ProjectionError> {
        let query = "SELECT * FROM trades WHERE league = $1 AND account = $2 AND book = $3 AND (seq, n) < ($4, $5)
                     ORDER BY seq DESC, n DESC LIMIT $6";
        self.of_book(query, book, before, limit, fill).await
    }

    async fn ledger(&self, book: BookId, before: Option<(Seq, u32)>, limit: usize) -> Result<Vec<LedgerRow>, ProjectionError> {
        let query = "SELECT * FROM ledger_postings WHERE league = $1 AND account = $2 AND book = $3 AND (seq, n) < ($4, $5)
                     ORDER BY seq DESC, n DESC LIMIT $6";
        self.of_book(query, book, before, limit, posting).await
    }

    async fn ticks(&self, instrument: InstrumentIdx, after: (Seq, u32), limit: usize) -> Result<Vec<TickRow>, ProjectionError> {
        let query = "SELECT * FROM price_ticks WHERE league = $1 AND instrument = $2 AND (seq, n) > ($3, $4) ORDER BY seq, n LIMIT $5";
        let query = sqlx::query(query).bind(&self.league).bind(i32::from(instrument.0));
        let rows = query.bind(ordered(after.0.0)).bind(after.1.cast_signed()).bind(limited(limit)).fetch_all(&self.pool).await;
        rows.and_then(|rows| rows.iter().map(tick).collect()).map_err(unavailable)
    }

    async fn bars(&self, instrument: InstrumentIdx, interval: BarInterval, before: At, limit: usize) -> Result<Vec<Bar>, ProjectionError> {
        let query = "SELECT start, open, high, low, close FROM bars
                     WHERE league = $1 AND instrument = $2 AND interval_ms = $3 AND start < $4 ORDER BY start DESC LIMIT $5";
        let query = sqlx::query(query).bind(&self.league).bind(i32::from(instrument.0));
        let interval = i32::try_from(interval.millis()).unwrap_or(i32::MAX);
        let rows = query.bind(interval).bind(ordered(before.0)).bind(limited(limit)).fetch_all(&self.pool).await;
        rows.and_then(|rows| rows.iter().rev().map(bar).collect()).map_err(unavailable)
    }
}

fn fill(row: &PgRow) -> Result<FillRow, sqlx::Error> {
    Ok(FillRow {
        seq: seq(row, "seq")?,
        n: n(row)?,
        at: at(row, "at")?,
        book: column::book(row)?,
        instrument: instrument(row)?,
        order: row.try_get::<Option<Id>, _>("order_id")?.map(|order| OrderId(order.0)),
        position: PositionId(id(row, "position")?),
        direction: direction(row)?,
        opened: row.try_get("opened")?,
        lots: lots(row, "lots")?,
        value: money(row, "value")?,
        fee: money(row, "fee")?,
    })
}

fn closed_position(row: &PgRow) -> Result<ClosedPositionRow, sqlx::Error> {
    Ok(ClosedPositionRow {
        seq: seq(row, "seq")?,
        n: n(row)?,
        opened_at: at(row, "opened_at")?,
        closed_at: at(row, "closed_at")?,
        book: column::book(row)?,
        instrument: instrument(row)?,
        position: PositionId(id(row, "position")?),
        direction: direction(row)?,
        lots: lots(row, "lots")?,
        entry_cost: money(row, "entry_cost")?,
        exit_value: money(row, "exit_value")?,
        pnl: money(row, "pnl")?,
        reason: coded(row.try_get("reason")?)?,
    })
}

fn posting(row: &PgRow) -> Result<LedgerRow, sqlx::Error> {
    let posting = Posting { account: ledger_account(row)?, amount: money(row, "amount")? };
    Ok(LedgerRow { seq: seq(row, "seq")?, n: n(row)?, at: at(row, "at")?, reason: coded(row.try_get("reason")?)?, posting })
}

fn tick(row: &PgRow) -> Result<TickRow, sqlx::Error> {
    Ok(TickRow {
        seq: seq(row, "seq")?,
        n: n(row)?,
        at: at(row, "at")?,
        instrument: instrument(row)?,
        mark: price(row, "mark")?,
        live_base: row.try_get::<Option<i64>, _>("live_base")?.map(Price::from_units),
        net: lots(row, "net")?,
    })
}

fn bar(row: &PgRow) -> Result<Bar, sqlx::Error> {
    Ok(Bar {
        start: at(row, "start")?,
        open: price(row, "open")?,
        high: price(row, "high")?,
        low: price(row, "low")?,
        close: price(row, "close")?,
    })
}

pub(super) fn unavailable(error: sqlx::Error) -> ProjectionError {
    ProjectionError::Unavailable(error.to_string())
}
