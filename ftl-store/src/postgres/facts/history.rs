//! `trades`, `closed_positions`, `ledger_postings`, `price_ticks`, and the bars of these.

use ftl_core::id::Seq;
use ftl_core::projection::{ClosedPositionRow, FillRow, LedgerRow, Row, Run, TickRow, rows_of};
use ftl_core::units::Price;

use super::{FlushError, Target, bars};
use crate::postgres::column::{code, holder, ordered, sign};
use crate::postgres::copy::CopyRows;
use crate::postgres::watermarks::Projection;

/// Rows of history by kind, each in order.
#[derive(Debug, Default)]
pub(in crate::postgres) struct History {
    pub(in crate::postgres) fills: Vec<FillRow>,
    closed: Vec<ClosedPositionRow>,
    postings: Vec<LedgerRow>,
    ticks: Vec<TickRow>,
}

impl FromIterator<Row> for History {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        let mut history = Self::default();
        for row in rows {
            match row {
                Row::Fill(row) => history.fills.push(row),
                Row::ClosedPosition(row) => history.closed.push(row),
                Row::Ledger(row) => history.postings.push(row),
                Row::Tick(row) => history.ticks.push(row),
            }
        }
        history
    }
}

impl History {
    /// The rows of a run.
    pub(super) fn of(run: Run<'_>) -> Self {
        run.outcomes().flat_map(rows_of).collect()
    }

    /// Writes what is behind `after` of one of [`Projection::HISTORY`].
    pub(in crate::postgres) async fn write(&self, projection: Projection, after: Seq, to: &mut Target<'_>) -> Result<u64, FlushError> {
        let ticks = self.ticks.iter().filter(|row| row.seq > after);
        match projection {
            Projection::Trades => {
                let fills = self.fills.iter().filter(|row| row.seq > after);
                let closed = self.closed.iter().filter(|row| row.seq > after);
                Ok(write_fills(to, fills).await? + write_closed(to, closed).await?)
            }
            Projection::LedgerPostings => write_postings(to, self.postings.iter().filter(|row| row.seq > after)).await,
            Projection::PriceTicks => write_ticks(to, ticks).await,
            Projection::Bars => bars::write(to, ticks).await,
            Projection::Accounts
            | Projection::Wallets
            | Projection::Instruments
            | Projection::CfdPositions
            | Projection::Orders
            | Projection::Fixtures
            | Projection::Leaderboard
            | Projection::CommandIds => Ok(0),
        }
    }
}

async fn write_fills(to: &mut Target<'_>, fills: impl Iterator<Item = &FillRow>) -> Result<u64, FlushError> {
    let mut rows = CopyRows::of(14);
    for row in fills {
        rows.row()
            .text(to.league)
            .bigint(ordered(row.seq.0))
            .integer(row.n.cast_signed())
            .bigint(ordered(row.at.0))
            .uuid(row.book.account.0)
            .integer(row.book.number.into())
            .integer(row.instrument.0.into())
            .opt(row.order, |to, order| to.uuid(order.0))
            .uuid(row.position.0)
            .smallint(sign(row.direction))
            .boolean(row.opened)
            .bigint(row.lots.units())
            .bigint(row.value.units())
            .bigint(row.fee.units());
    }
    to.copy("trades", rows).await
}

async fn write_closed(to: &mut Target<'_>, closed: impl Iterator<Item = &ClosedPositionRow>) -> Result<u64, FlushError> {
    let mut rows = CopyRows::of(15);
    for row in closed {
        rows.row()
            .text(to.league)
            .bigint(ordered(row.seq.0))
            .integer(row.n.cast_signed())
            .bigint(ordered(row.opened_at.0))
            .bigint(ordered(row.closed_at.0))
            .uuid(row.book.account.0)
            .integer(row.book.number.into())
            .integer(row.instrument.0.into())
            .uuid(row.position.0)
            .smallint(sign(row.direction))
            .bigint(row.lots.units())
            .bigint(row.entry_cost.units())
            .bigint(row.exit_value.units())
            .bigint(row.pnl.units())
            .text(row.reason.code());
    }
    to.copy("closed_positions", rows).await
}

async fn write_postings(to: &mut Target<'_>, postings: impl Iterator<Item = &LedgerRow>) -> Result<u64, FlushError> {
    let mut rows = CopyRows::of(9);
    for row in postings {
        let (holder, book) = holder(row.posting.account);
        rows.row()
            .text(to.league)
            .bigint(ordered(row.seq.0))
            .integer(row.n.cast_signed())
            .bigint(ordered(row.at.0))
            .text(&code(&row.reason))
            .text(holder)
            .opt(book, |to, book| to.uuid(book.account.0))
            .opt(book, |to, book| to.integer(book.number.into()))
            .bigint(row.posting.amount.units());
    }
    to.copy("ledger_postings", rows).await
}

async fn write_ticks(to: &mut Target<'_>, ticks: impl Iterator<Item = &TickRow>) -> Result<u64, FlushError> {
    let mut rows = CopyRows::of(8);
    for row in ticks {
        rows.row()
            .text(to.league)
            .integer(row.instrument.0.into())
            .bigint(ordered(row.seq.0))
            .integer(row.n.cast_signed())
            .bigint(ordered(row.at.0))
            .bigint(row.mark.units())
            .opt(row.live_base.map(Price::units), CopyRows::bigint)
            .bigint(row.net.units());
    }
    to.copy("price_ticks", rows).await
}
