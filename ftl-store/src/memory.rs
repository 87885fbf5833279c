//! History that lives in memory: for tests and for leagues that nobody keeps. It is lost with the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ftl_core::id::{BookId, CommandId, InstrumentIdx, Seq};
use ftl_core::ledger::LedgerAccount;
use ftl_core::outcome::Outcome;
use ftl_core::projection::{Bar, BarInterval, ClosedPositionRow, FillRow, LedgerRow, ProjectionError, Projections, Row, TickRow};
use ftl_core::time::At;

use crate::answers::{Answers, PastAnswer};

/// See the module.
#[derive(Debug, Default)]
pub struct MemoryProjections {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    written: Seq,
    rows: Vec<Row>,
    answered: Seq,
    answers: BTreeMap<CommandId, PastAnswer>,
}

impl MemoryProjections {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows of a book, the latest first, older than `before` if given.
    fn of_book<T: Clone>(&self, select: impl Fn(&Row) -> Option<(&T, (Seq, u32))>, before: Option<(Seq, u32)>, limit: usize) -> Vec<T> {
        let inner = self.lock();
        let rows = inner.rows.iter().rev().filter_map(select);
        rows.filter(|(_, key)| before.is_none_or(|before| *key < before)).map(|(row, _)| row.clone()).take(limit).collect()
    }
}

fn advance(watermark: &mut Seq, from: Seq, to: Seq) -> Result<(), ProjectionError> {
    if *watermark != from {
        return Err(ProjectionError::WatermarkMoved { expected: from, found: *watermark });
    }
    *watermark = to;
    Ok(())
}

#[async_trait]
impl Projections for MemoryProjections {
    async fn watermark(&self) -> Result<Seq, ProjectionError> {
        Ok(self.lock().written)
    }

    async fn write(&self, from: Seq, to: Seq, rows: Vec<Row>) -> Result<(), ProjectionError> {
        let mut inner = self.lock();
        advance(&mut inner.written, from, to)?;
        inner.rows.extend(rows);
        Ok(())
    }

    async fn closed_positions(
        &self,
        book: BookId,
        before: Option<(Seq, u32)>,
        limit: usize,
    ) -> Result<Vec<ClosedPositionRow>, ProjectionError> {
        let select = |row: &Row| matches!(row, Row::ClosedPosition(row) if row.book == book);
        Ok(self.of_book(
            |row| if let (Row::ClosedPosition(r), true) = (row, select(row)) { Some((r, (r.seq, r.n))) } else { None },
            before,
            limit,
        ))
    }

    async fn fills(&self, book: BookId, before: Option<(Seq, u32)>, limit: usize) -> Result<Vec<FillRow>, ProjectionError> {
        let select = |row: &Row| matches!(row, Row::Fill(row) if row.book == book);
        Ok(self.of_book(|row| if let (Row::Fill(r), true) = (row, select(row)) { Some((r, (r.seq, r.n))) } else { None }, before, limit))
    }

    async fn ledger(&self, book: BookId, before: Option<(Seq, u32)>, limit: usize) -> Result<Vec<LedgerRow>, ProjectionError> {
        let select = |row: &Row| matches!(row, Row::Ledger(row) if row.posting.account == LedgerAccount::Wallet(book));
        Ok(self.of_book(|row| if let (Row::Ledger(r), true) = (row, select(row)) { Some((r, (r.seq, r.n))) } else { None }, before, limit))
    }

    async fn ticks(&self, instrument: InstrumentIdx, after: (Seq, u32), limit: usize) -> Result<Vec<TickRow>, ProjectionError> {
        let inner = self.lock();
        let ticks = inner.rows.iter().filter_map(|row| if let Row::Tick(tick) = row { Some(tick) } else { None });
        Ok(ticks.filter(|tick| tick.instrument == instrument && (tick.seq, tick.n) > after).take(limit).cloned().collect())
    }

    async fn bars(&self, instrument: InstrumentIdx, interval: BarInterval, before: At, limit: usize) -> Result<Vec<Bar>, ProjectionError> {
        let mut bars: Vec<Bar> = Vec::new();
        for tick in self.ticks(instrument, (Seq(0), 0), usize::MAX).await? {
            let (start, mark) = (interval.start(tick.at), tick.mark);
            match bars.last_mut().filter(|bar| bar.start == start) {
                Some(bar) => *bar = Bar { high: bar.high.max(mark), low: bar.low.min(mark), close: mark, ..*bar },
                None => bars.push(Bar { start, open: mark, high: mark, low: mark, close: mark }),
            }
        }
        bars.retain(|bar| bar.start < before);
        Ok(bars.split_off(bars.len().saturating_sub(limit)))
    }
}

#[async_trait]
impl Answers for MemoryProjections {
    async fn answered(&self) -> Result<Seq, ProjectionError> {
        Ok(self.lock().answered)
    }

    async fn remember(&self, from: Seq, to: Seq, outcomes: &[Outcome]) -> Result<(), ProjectionError> {
        let mut inner = self.lock();
        advance(&mut inner.answered, from, to)?;
        for outcome in outcomes.iter().filter(|outcome| !outcome.replayed) {
            let past = PastAnswer { seq: outcome.seq, at: outcome.at, body: outcome.body, answer: outcome.answer.clone() };
            inner.answers.entry(outcome.id).or_insert(past);
        }
        Ok(())
    }

    async fn find(&self, id: CommandId) -> Result<Option<PastAnswer>, ProjectionError> {
        Ok(self.lock().answers.get(&id).cloned())
    }

    async fn ids(&self, after: Option<CommandId>, limit: usize) -> Result<Vec<(CommandId, At)>, ProjectionError> {
        let inner = self.lock();
        let behind = inner.answers.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        Ok(behind.take(limit).map(|(id, past)| (*id, past.at)).collect())
    }

    async fn forget_before(&self, at: At) -> Result<u64, ProjectionError> {
        let mut inner = self.lock();
        let before = inner.answers.len();
        inner.answers.retain(|_, past| past.at >= at);
        Ok(u64::try_from(before - inner.answers.len()).unwrap_or(u64::MAX))
    }
}
