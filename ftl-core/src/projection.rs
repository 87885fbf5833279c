//! The projections port: history that is no part of the state (R2.7), written behind it with a watermark.
//!
//! [`rows_of`] turns outcomes into rows, purely; a store writes them and the watermark in one transaction. What else a
//! store keeps of a league as rows (accounts, balances, instruments, positions, orders, matches, results) is folded from
//! outcomes here too, by one function a table, and needs no state: events are complete facts.

mod accounts;
mod bars;
mod changes;
mod instruments;
mod leaderboard;
mod matches;
mod orders;
mod positions;
mod run;
mod wallets;

pub use accounts::{AccountPatch, AccountRow, account_changes};
pub use bars::{BarKey, bars_of};
pub use changes::{Changes, Patch};
pub use instruments::{InstrumentPatch, InstrumentRow, instrument_changes};
pub use leaderboard::{LeaderboardChange, LeaderboardKey, leaderboard_changes};
pub use matches::{EventStanding, FixturePatch, FixtureRow, MatchChanges, MatchEventChange, match_changes};
pub use orders::{OrderEnd, OrderFate, OrderPatch, OrderRow, order_changes};
pub use positions::{PositionPatch, PositionRow, position_changes};
pub use run::{Executed, Run};
pub use wallets::balance_changes;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::id::{BookId, InstrumentIdx, OrderId, PositionId, Seq};
use crate::ledger::{Posting, PostingReason};
use crate::outcome::Outcome;
use crate::position::CloseReason;
use crate::time::At;
use crate::units::{Direction, Lots, Money, Price};

/// One row of history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// An order filled.
    Fill(FillRow),
    /// A position closed, or a part of it.
    ClosedPosition(ClosedPositionRow),
    /// Value moved.
    Ledger(LedgerRow),
    /// A price changed.
    Tick(TickRow),
}

/// An order filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillRow {
    /// Entry and place in it.
    pub seq: Seq,
    /// Entry and place in it.
    pub n: u32,
    /// When.
    pub at: At,
    /// Whose.
    pub book: BookId,
    /// In what.
    pub instrument: InstrumentIdx,
    /// Which order; a stop, washout or settlement has none.
    pub order: Option<OrderId>,
    /// Which position.
    pub position: PositionId,
    /// Which way the position is.
    pub direction: Direction,
    /// `true` opened, `false` closed.
    pub opened: bool,
    /// How much.
    pub lots: Lots,
    /// Signed value of the fill: entry cost or exit value.
    pub value: Money,
    /// The fee.
    pub fee: Money,
}

/// A position closed, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedPositionRow {
    /// Entry and place in it.
    pub seq: Seq,
    /// Entry and place in it.
    pub n: u32,
    /// When it was opened.
    pub opened_at: At,
    /// When it closed.
    pub closed_at: At,
    /// Whose.
    pub book: BookId,
    /// In what.
    pub instrument: InstrumentIdx,
    /// Which.
    pub position: PositionId,
    /// Which way it was.
    pub direction: Direction,
    /// How much of it.
    pub lots: Lots,
    /// R1.2.
    pub entry_cost: Money,
    /// See [`PositionClosed`](crate::event::PositionClosed).
    pub exit_value: Money,
    /// Realised.
    pub pnl: Money,
    /// Why.
    pub reason: CloseReason,
}

/// Value moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// Entry and place in it.
    pub seq: Seq,
    /// Entry and place in it.
    pub n: u32,
    /// When.
    pub at: At,
    /// Why.
    pub reason: PostingReason,
    /// Where and how much.
    pub posting: Posting,
}

/// A price changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickRow {
    /// Entry and place in it.
    pub seq: Seq,
    /// Entry and place in it.
    pub n: u32,
    /// When.
    pub at: At,
    /// Whose.
    pub instrument: InstrumentIdx,
    /// R2.1.
    pub mark: Price,
    /// R3.1; `None` where only the crowd moved it.
    pub live_base: Option<Price>,
    /// R2.1.
    pub net: Lots,
}

/// A length of bar (R2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BarInterval {
    /// One second.
    #[serde(rename = "1s")]
    Second,
    /// One minute.
    #[serde(rename = "1m")]
    Minute,
    /// Five minutes.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// One hour.
    #[serde(rename = "1h")]
    Hour,
}

impl BarInterval {
    /// All, shortest first.
    pub const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::FiveMinutes, Self::Hour];

    /// As on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Second => "1s",
            Self::Minute => "1m",
            Self::FiveMinutes => "5m",
            Self::Hour => "1h",
        }
    }
    /// How long it is.
    pub const fn millis(self) -> u64 {
        match self {
            Self::Second => 1_000,
            Self::Minute => 60_000,
            Self::FiveMinutes => 300_000,
            Self::Hour => 3_600_000,
        }
    }
    /// When the bar that holds `at` began.
    pub fn start(self, at: At) -> At {
        At(at.0.saturating_sub(at.0.checked_rem(self.millis()).unwrap_or(0)))
    }
}

/// Open, high, low, close of the mark over an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// When it began.
    pub start: At,
    /// First mark in it.
    pub open: Price,
    /// Highest.
    pub high: Price,
    /// Lowest.
    pub low: Price,
    /// Last.
    pub close: Price,
}

/// The history rows of one outcome, in order. A replayed outcome has none.
pub fn rows_of(outcome: &Outcome) -> Vec<Row> {
    let (seq, at) = (outcome.seq, outcome.at);
    // A tick has a row for each price: to grow would move them again and again.
    let mut rows = Vec::with_capacity(outcome.events.len().next_multiple_of(4));
    let mut n = 0u32;
    let mut next = || {
        n = n.saturating_add(1);
        n
    };
    for event in &outcome.events {
        #[allow(clippy::wildcard_enum_match_arm, reason = "the others are no history")]
        match event {
            Event::PositionOpened(e) => {
                rows.push(Row::Fill(FillRow {
                    seq,
                    n: next(),
                    at,
                    book: e.book,
                    instrument: e.instrument,
                    order: Some(e.order),
                    position: e.position,
                    direction: e.direction,
                    opened: true,
                    lots: e.lots,
                    value: e.entry_cost,
                    fee: e.fee,
                }));
                rows.push(Row::Tick(TickRow { seq, n: next(), at, instrument: e.instrument, mark: e.mark, live_base: None, net: e.net }));
            }
            Event::PositionClosed(e) => {
                rows.push(Row::Fill(FillRow {
                    seq,
                    n: next(),
                    at,
                    book: e.book,
                    instrument: e.instrument,
                    order: e.order,
                    position: e.position,
                    direction: e.direction,
                    opened: false,
                    lots: e.lots,
                    value: e.exit_value,
                    fee: e.fee,
                }));
                rows.push(Row::ClosedPosition(ClosedPositionRow {
                    seq,
                    n: next(),
                    opened_at: e.opened_at,
                    closed_at: at,
                    book: e.book,
                    instrument: e.instrument,
                    position: e.position,
                    direction: e.direction,
                    lots: e.lots,
                    entry_cost: e.entry_cost,
                    exit_value: e.exit_value,
                    pnl: e.pnl,
                    reason: e.reason,
                }));
                rows.push(Row::Tick(TickRow { seq, n: next(), at, instrument: e.instrument, mark: e.mark, live_base: None, net: e.net }));
            }
            Event::PriceChanged { instrument, live_base, net, mark, .. } => rows.push(Row::Tick(TickRow {
                seq,
                n: next(),
                at,
                instrument: *instrument,
                mark: *mark,
                live_base: Some(*live_base),
                net: *net,
            })),
            _ => {}
        }
        for (reason, posting) in event.postings() {
            if posting.amount != Money::ZERO {
                rows.push(Row::Ledger(LedgerRow { seq, n: next(), at, reason, posting }));
            }
        }
    }
    rows
}

/// A projection's failure.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// Another writer moved the watermark: catch up and go on.
    #[error("the watermark is at {found}, expected {expected}")]
    WatermarkMoved {
        /// Where the writer thought it was.
        expected: Seq,
        /// Where it is.
        found: Seq,
    },
    /// The store did not answer.
    #[error("the projections do not answer: {0}")]
    Unavailable(String),
}

/// Where history goes and is read from.
#[async_trait]
pub trait Projections: Send + Sync {
    /// Up to which entry history is written.
    async fn watermark(&self) -> Result<Seq, ProjectionError>;

    /// Writes the rows of the entries behind `from` up to `to` and moves the watermark, in one transaction.
    async fn write(&self, from: Seq, to: Seq, rows: Vec<Row>) -> Result<(), ProjectionError>;

    /// Closed positions of a book, the latest first, older than (`before`) if given.
    async fn closed_positions(
        &self,
        book: BookId,
        before: Option<(Seq, u32)>,
        limit: usize,
    ) -> Result<Vec<ClosedPositionRow>, ProjectionError>;

    /// Fills of a book, the latest first, older than (`before`) if given.
    async fn fills(&self, book: BookId, before: Option<(Seq, u32)>, limit: usize) -> Result<Vec<FillRow>, ProjectionError>;

    /// Postings of a book's wallet, the latest first, older than (`before`) if given.
    async fn ledger(&self, book: BookId, before: Option<(Seq, u32)>, limit: usize) -> Result<Vec<LedgerRow>, ProjectionError>;

    /// Price changes of an instrument, in order, behind (`after`).
    async fn ticks(&self, instrument: InstrumentIdx, after: (Seq, u32), limit: usize) -> Result<Vec<TickRow>, ProjectionError>;

    /// The last `limit` bars of an instrument that began before `before`, in order.
    async fn bars(&self, instrument: InstrumentIdx, interval: BarInterval, before: At, limit: usize) -> Result<Vec<Bar>, ProjectionError>;
}
