//! History as it is stored, read in step with an execution and compared row by row: fills, closed positions and
//! postings in the order of entries, ticks in that of each instrument.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use ftl_core::id::{InstrumentIdx, Seq};
use ftl_core::outcome::Outcome;
use ftl_core::projection::{Projections, Row, rows_of};
use ftl_store::postgres::projections::PostgresProjections;
use ftl_store::sqlite::projections::SqliteProjections;

use super::Reading;
use crate::failure::Failure;

/// Rows read at a time.
const TOGETHER: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Table {
    Fills,
    ClosedPositions,
    Ledger,
    Ticks(InstrumentIdx),
}

/// History as one of the stores holds it.
#[derive(Clone)]
pub enum Rows {
    /// In a directory.
    Sqlite(Arc<SqliteProjections>),
    /// In a database.
    Postgres(Arc<PostgresProjections>),
}

/// A row that differs.
pub struct Difference {
    /// The entry.
    pub seq: Seq,
    /// As stored.
    pub stored: Option<Row>,
    /// As executed.
    pub executed: Option<Row>,
}

/// One table, read from the start on.
#[derive(Default)]
struct Column {
    waiting: VecDeque<Row>,
    after: (Seq, u32),
    ended: bool,
    differs: bool,
}

/// See the module.
pub struct StoredHistory {
    rows: Rows,
    /// Up to here history is written.
    pub written: Seq,
    from: Seq,
    columns: BTreeMap<Table, Column>,
    /// Rows compared.
    pub compared: u64,
    /// The first row of each table that differs.
    pub differences: Vec<Difference>,
}

impl StoredHistory {
    /// History of the entries behind `from`.
    pub async fn of(reading: &Reading, from: Seq) -> Result<Self, Failure> {
        let rows = reading.rows();
        let written = rows.watermark().await?;
        let column = || Column { after: (from, u32::MAX), ..Column::default() };
        let columns = [Table::Fills, Table::ClosedPositions, Table::Ledger].into_iter().map(|table| (table, column())).collect();
        Ok(Self { rows, written, from, columns, compared: 0, differences: Vec::new() })
    }

    /// Compares the rows of one entry, if they are written already.
    pub async fn compare(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        if outcome.seq > self.written {
            return Ok(());
        }
        for row in rows_of(outcome) {
            let table = table_of(&row);
            let stored = self.take(table).await?;
            self.compared += 1;
            if stored.as_ref() != Some(&row) {
                self.differ(table, Difference { seq: outcome.seq, stored, executed: Some(row) });
            }
        }
        Ok(())
    }

    /// After the last entry, `to`: no table may hold more rows up to there.
    pub async fn finish(&mut self, to: Seq) -> Result<(), Failure> {
        let tables: Vec<Table> = self.columns.keys().copied().collect();
        for table in tables {
            if let Some(stored) = self.take(table).await?.filter(|row| seq_of(row) <= to.min(self.written)) {
                self.differ(table, Difference { seq: seq_of(&stored), stored: Some(stored), executed: None });
            }
        }
        Ok(())
    }

    /// A table that differs once differs in every row after it: the first says it all.
    fn differ(&mut self, table: Table, difference: Difference) {
        let Some(column) = self.columns.get_mut(&table) else { return };
        if !column.differs {
            column.differs = true;
            self.differences.push(difference);
        }
    }

    async fn take(&mut self, table: Table) -> Result<Option<Row>, Failure> {
        let from = self.from;
        let column = self.columns.entry(table).or_insert_with(|| Column { after: (from, u32::MAX), ..Column::default() });
        if column.waiting.is_empty() && !column.ended && !column.differs {
            let page = self.rows.page(table, column.after).await?;
            column.ended = page.len() < TOGETHER;
            column.after = page.last().map_or(column.after, place_of);
            column.waiting.extend(page);
        }
        Ok(column.waiting.pop_front())
    }
}

impl Rows {
    /// Up to which entry it is written.
    pub async fn watermark(&self) -> Result<Seq, Failure> {
        Ok(match self {
            Self::Sqlite(rows) => rows.watermark().await?,
            Self::Postgres(rows) => rows.watermark().await?,
        })
    }

    async fn page(&self, table: Table, after: (Seq, u32)) -> Result<Vec<Row>, Failure> {
        match self {
            Self::Sqlite(rows) => Ok(match table {
                Table::Fills => wrapped(rows.all_fills(after, TOGETHER).await?, Row::Fill),
                Table::ClosedPositions => wrapped(rows.all_closed_positions(after, TOGETHER).await?, Row::ClosedPosition),
                Table::Ledger => wrapped(rows.all_postings(after, TOGETHER).await?, Row::Ledger),
                Table::Ticks(instrument) => wrapped(rows.ticks(instrument, after, TOGETHER).await?, Row::Tick),
            }),
            Self::Postgres(rows) => Ok(match table {
                Table::Fills => wrapped(rows.all_fills(after, TOGETHER).await?, Row::Fill),
                Table::ClosedPositions => wrapped(rows.all_closed_positions(after, TOGETHER).await?, Row::ClosedPosition),
                Table::Ledger => wrapped(rows.all_postings(after, TOGETHER).await?, Row::Ledger),
                Table::Ticks(instrument) => wrapped(rows.ticks(instrument, after, TOGETHER).await?, Row::Tick),
            }),
        }
    }
}

fn wrapped<T>(rows: Vec<T>, row: impl Fn(T) -> Row) -> Vec<Row> {
    rows.into_iter().map(row).collect()
}

fn table_of(row: &Row) -> Table {
    match row {
        Row::Fill(_) => Table::Fills,
        Row::ClosedPosition(_) => Table::ClosedPositions,
        Row::Ledger(_) => Table::Ledger,
        Row::Tick(tick) => Table::Ticks(tick.instrument),
    }
}

fn place_of(row: &Row) -> (Seq, u32) {
    match row {
        Row::Fill(row) => (row.seq, row.n),
        Row::ClosedPosition(row) => (row.seq, row.n),
        Row::Ledger(row) => (row.seq, row.n),
        Row::Tick(row) => (row.seq, row.n),
    }
}

fn seq_of(row: &Row) -> Seq {
    place_of(row).0
}
