//! The rows of history as the tables hold them, both ways.

use ftl_core::id::{AccountId, BookId, InstrumentIdx, OrderId, PositionId, Seq};
use ftl_core::ledger::{LedgerAccount, Posting, PostingReason};
use ftl_core::position::CloseReason;
use ftl_core::projection::{Bar, BarKey, ClosedPositionRow, FillRow, LedgerRow, ProjectionError, Row, TickRow, bars_of};
use ftl_core::time::At;
use ftl_core::units::{Direction, Lots, Money, Price};
use sqlx::query_builder::Separated;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{QueryBuilder, Row as _, SqliteConnection};

use super::unavailable;
use crate::sqlite::{bits, ordered};

/// Rows of one statement. Fewer are sent in statements of the next smaller power of two, so that few are prepared.
const ROWS_PER_STATEMENT: usize = 256;

/// Writes rows of any kind, and the bars that their ticks make.
pub(super) async fn write(transaction: &mut SqliteConnection, rows: &[Row]) -> Result<(), ProjectionError> {
    let (mut fills, mut closed, mut postings, mut ticks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        match row {
            Row::Fill(row) => fills.push(row),
            Row::ClosedPosition(row) => closed.push(row),
            Row::Ledger(row) => postings.push(row),
            Row::Tick(row) => ticks.push(row),
        }
    }
    let bars: Vec<(BarKey, Bar)> = bars_of(ticks.iter().copied()).into_iter().collect();
    insert(transaction, "INSERT INTO fill", "", &fills, |to, row| bind_fill(to, row)).await?;
    insert(transaction, "INSERT INTO closed_position", "", &closed, |to, row| bind_closed_position(to, row)).await?;
    insert(transaction, "INSERT INTO ledger", "", &postings, |to, row| bind_posting(to, row)).await?;
    insert(transaction, "INSERT INTO tick", "", &ticks, |to, row| bind_tick(to, row)).await?;
    write_bars(transaction, &bars).await
}

/// Adds bars behind what is there of them already.
pub(super) async fn write_bars(transaction: &mut SqliteConnection, bars: &[(BarKey, Bar)]) -> Result<(), ProjectionError> {
    let grow = " ON CONFLICT DO UPDATE SET high = max(high, excluded.high), low = min(low, excluded.low), close = excluded.close";
    insert(transaction, "INSERT INTO bar", grow, bars, |to, ((instrument, interval, start), bar)| {
        to.push_bind(instrument.0)
            .push_bind(ordered(interval.millis()))
            .push_bind(ordered(start.0))
            .push_bind(bar.open.units())
            .push_bind(bar.high.units())
            .push_bind(bar.low.units())
            .push_bind(bar.close.units());
    })
    .await
}

/// Sends rows, many to a statement: `into VALUES (…), (…) then`.
pub(in crate::sqlite) async fn insert<T: Sync>(
    transaction: &mut SqliteConnection,
    into: &str,
    then: &str,
    rows: &[T],
    bind: impl Fn(&mut Separated<'_, Sqlite, &'static str>, &T),
) -> Result<(), ProjectionError> {
    let mut rest = rows;
    while !rest.is_empty() {
        let size = (rest.len().next_power_of_two() / if rest.len().is_power_of_two() { 1 } else { 2 }).min(ROWS_PER_STATEMENT);
        let (now, later) = rest.split_at(size);
        let mut statement = QueryBuilder::new(into);
        statement.push(" ").push_values(now, |mut to, row| bind(&mut to, row)).push(then);
        statement.build().execute(&mut *transaction).await.map_err(unavailable)?;
        rest = later;
    }
    Ok(())
}

fn bind_fill(to: &mut Separated<'_, Sqlite, &'static str>, row: &FillRow) {
    to.push_bind(bits(row.seq.0))
        .push_bind(row.n)
        .push_bind(ordered(row.at.0))
        .push_bind(book_key(row.book))
        .push_bind(row.instrument.0)
        .push_bind(row.order.map(|order| order.0.to_be_bytes().to_vec()))
        .push_bind(row.position.0.to_be_bytes().to_vec())
        .push_bind(row.direction.sign())
        .push_bind(row.opened)
        .push_bind(row.lots.units())
        .push_bind(row.value.units())
        .push_bind(row.fee.units());
}

pub(super) fn fill(row: &SqliteRow) -> Result<FillRow, sqlx::Error> {
    let order: Option<&[u8]> = row.try_get(5)?;
    Ok(FillRow {
        seq: seq(row, 0)?,
        n: row.try_get(1)?,
        at: at(row, 2)?,
        book: book(row, 3)?,
        instrument: InstrumentIdx(row.try_get(4)?),
        order: order.map(id).transpose()?.map(OrderId),
        position: PositionId(id(row.try_get(6)?)?),
        direction: direction(row, 7)?,
        opened: row.try_get(8)?,
        lots: Lots::from_units(row.try_get(9)?),
        value: money(row, 10)?,
        fee: money(row, 11)?,
    })
}

fn bind_closed_position(to: &mut Separated<'_, Sqlite, &'static str>, row: &ClosedPositionRow) {
    to.push_bind(bits(row.seq.0))
        .push_bind(row.n)
        .push_bind(ordered(row.opened_at.0))
        .push_bind(ordered(row.closed_at.0))
        .push_bind(book_key(row.book))
        .push_bind(row.instrument.0)
        .push_bind(row.position.0.to_be_bytes().to_vec())
        .push_bind(row.direction.sign())
        .push_bind(row.lots.units())
        .push_bind(row.entry_cost.units())
        .push_bind(row.exit_value.units())
        .push_bind(row.pnl.units())
        .push_bind(row.reason.code());
}

pub(super) fn closed_position(row: &SqliteRow) -> Result<ClosedPositionRow, sqlx::Error> {
    Ok(ClosedPositionRow {
        seq: seq(row, 0)?,
        n: row.try_get(1)?,
        opened_at: at(row, 2)?,
        closed_at: at(row, 3)?,
        book: book(row, 4)?,
        instrument: InstrumentIdx(row.try_get(5)?),
        position: PositionId(id(row.try_get(6)?)?),
        direction: direction(row, 7)?,
        lots: Lots::from_units(row.try_get(8)?),
        entry_cost: money(row, 9)?,
        exit_value: money(row, 10)?,
        pnl: money(row, 11)?,
        reason: coded::<CloseReason>(row.try_get(12)?)?,
    })
}

fn bind_posting(to: &mut Separated<'_, Sqlite, &'static str>, row: &LedgerRow) {
    let (account, book) = match row.posting.account {
        LedgerAccount::Wallet(book) => ("wallet", Some(book_key(book))),
        LedgerAccount::House => ("house", None),
        LedgerAccount::Insurance => ("insurance", None),
        LedgerAccount::Fees => ("fees", None),
        LedgerAccount::Mint => ("mint", None),
    };
    to.push_bind(bits(row.seq.0))
        .push_bind(row.n)
        .push_bind(ordered(row.at.0))
        .push_bind(code(&row.reason))
        .push_bind(account)
        .push_bind(book)
        .push_bind(row.posting.amount.units());
}

pub(super) fn ledger(row: &SqliteRow) -> Result<LedgerRow, sqlx::Error> {
    let account = match row.try_get::<&str, _>(4)? {
        "wallet" => LedgerAccount::Wallet(book(row, 5)?),
        "house" => LedgerAccount::House,
        "insurance" => LedgerAccount::Insurance,
        "fees" => LedgerAccount::Fees,
        "mint" => LedgerAccount::Mint,
        other => return Err(unknown(format!("no ledger account is called {other}"))),
    };
    Ok(LedgerRow {
        seq: seq(row, 0)?,
        n: row.try_get(1)?,
        at: at(row, 2)?,
        reason: coded::<PostingReason>(row.try_get(3)?)?,
        posting: Posting { account, amount: money(row, 6)? },
    })
}

fn bind_tick(to: &mut Separated<'_, Sqlite, &'static str>, row: &TickRow) {
    to.push_bind(row.instrument.0)
        .push_bind(bits(row.seq.0))
        .push_bind(row.n)
        .push_bind(ordered(row.at.0))
        .push_bind(row.mark.units())
        .push_bind(row.live_base.map(Price::units))
        .push_bind(row.net.units());
}

pub(super) fn tick(row: &SqliteRow) -> Result<TickRow, sqlx::Error> {
    Ok(TickRow {
        instrument: InstrumentIdx(row.try_get(0)?),
        seq: seq(row, 1)?,
        n: row.try_get(2)?,
        at: at(row, 3)?,
        mark: Price::from_units(row.try_get(4)?),
        live_base: row.try_get::<Option<i64>, _>(5)?.map(Price::from_units),
        net: Lots::from_units(row.try_get(6)?),
    })
}

pub(super) fn bar(row: &SqliteRow) -> Result<Bar, sqlx::Error> {
    let price = |column: usize| row.try_get(column).map(Price::from_units);
    Ok(Bar { start: at(row, 0)?, open: price(1)?, high: price(2)?, low: price(3)?, close: price(4)? })
}

/// A book as a key: the account's 16 bytes, then its number.
pub(super) fn book_key(book: BookId) -> Vec<u8> {
    let mut key = book.account.0.to_be_bytes().to_vec();
    key.extend_from_slice(&book.number.to_be_bytes());
    key
}

fn book(row: &SqliteRow, column: usize) -> Result<BookId, sqlx::Error> {
    let key: &[u8] = row.try_get(column)?;
    let (account, number) = key.split_last_chunk::<2>().ok_or_else(|| unknown("a book's key is short".into()))?;
    Ok(BookId { account: AccountId(id(account)?), number: u16::from_be_bytes(*number) })
}

pub(in crate::sqlite) fn id(bytes: &[u8]) -> Result<u128, sqlx::Error> {
    bytes.try_into().map(u128::from_be_bytes).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn seq(row: &SqliteRow, column: usize) -> Result<Seq, sqlx::Error> {
    row.try_get::<i64, _>(column).map(|seq| Seq(seq.cast_unsigned()))
}

fn at(row: &SqliteRow, column: usize) -> Result<At, sqlx::Error> {
    row.try_get::<i64, _>(column).map(|at| At(at.cast_unsigned()))
}

fn money(row: &SqliteRow, column: usize) -> Result<Money, sqlx::Error> {
    row.try_get(column).map(Money::from_units)
}

fn direction(row: &SqliteRow, column: usize) -> Result<Direction, sqlx::Error> {
    match row.try_get::<i64, _>(column)? {
        1 => Ok(Direction::Long),
        -1 => Ok(Direction::Short),
        other => Err(unknown(format!("no direction is {other}"))),
    }
}

/// The stable code of a posting's reason: its wire name.
fn code(reason: &PostingReason) -> &'static str {
    match reason {
        PostingReason::Seed => "seed",
        PostingReason::Grant => "grant",
        PostingReason::TopUp => "top_up",
        PostingReason::Realised => "realised",
        PostingReason::Fee => "fee",
        PostingReason::BadDebt => "bad_debt",
    }
}

/// What a stable code stands for: codes are the wire names.
fn coded<T: serde::de::DeserializeOwned>(code: &str) -> Result<T, sqlx::Error> {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};
    let text: StrDeserializer<'_, Error> = code.into_deserializer();
    T::deserialize(text).map_err(|error| unknown(error.to_string()))
}

fn unknown(what: String) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
