//! The journal's entry and what became of it.

use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::event::Event;
use crate::id::{CommandId, InstrumentIdx, OrderId, PositionId, Seq};
use crate::rejection::Rejection;
use crate::time::At;
use crate::units::{Direction, Lots, Money, Price};

/// A command in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Dense, from 1.
    pub seq: Seq,
    /// The journal's clock; never goes back.
    pub at: At,
    /// What is asked.
    pub command: Command,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The entry's.
    pub seq: Seq,
    /// The entry's.
    pub at: At,
    /// The command's.
    pub id: CommandId,
    /// The command's body hash.
    pub body: u64,
    /// The answer, with the seq that first gave it.
    pub answer: Answer,
    /// Whether the id was known: the answer is the first one's, and the command had no effect.
    pub replayed: bool,
    /// What happened, timers that fell due before it first.
    pub events: Vec<Event>,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The entry that first gave it.
    pub seq: Seq,
    /// Accepted or refused.
    pub result: Result<Receipt, Rejection>,
}

/// What an accepted command is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// Done.
    Done,
    /// A footballer is listed.
    Listed(InstrumentIdx),
    /// An order filled at once.
    Opened {
        /// The order.
        order: OrderId,
        /// What it opened.
        position: PositionReceipt,
        /// The book after it.
        portfolio: Portfolio,
    },
    /// A close filled at once.
    Closed {
        /// The order.
        order: OrderId,
        /// Of which position.
        position: PositionId,
        /// How much of it.
        lots: Lots,
        /// The average fill, rounded against the trader.
        exit_price: Price,
        /// Realised.
        pnl: Money,
        /// What is left of it.
        rest: Option<PositionReceipt>,
        /// The book after it.
        portfolio: Portfolio,
    },
    /// An order rests.
    Resting {
        /// The order.
        order: OrderId,
        /// When it may fill; `None`: when the price comes to it.
        due: Option<At>,
        /// The book after it.
        portfolio: Portfolio,
    },
    /// Stop loss and take profit are changed, or will be.
    Modified {
        /// The position.
        position: PositionReceipt,
        /// When they arm; `None`: at once.
        due: Option<At>,
    },
    /// An order is taken back, or will be.
    Cancelled {
        /// The order.
        order: OrderId,
        /// When it takes effect; `None`: at once.
        due: Option<At>,
    },
}

/// A position as its trader is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionReceipt {
    /// Its id.
    pub id: PositionId,
    /// In what.
    pub instrument: InstrumentIdx,
    /// Which way.
    pub direction: Direction,
    /// How much is open.
    pub lots: Lots,
    /// R1.2: |entry cost| / shares, rounded against the trader.
    pub entry_price: Price,
    /// R1.2.
    pub entry_cost: Money,
    /// R4.7, at the mark.
    pub margin: Money,
    /// R4.6.
    pub stop_loss: Option<Price>,
    /// R4.6.
    pub take_profit: Option<Price>,
    /// When it was filled.
    pub opened_at: At,
}

/// A book's margin account (R5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portfolio {
    /// The wallet.
    pub balance: Money,
    /// Balance + Σ unrealised.
    pub equity: Money,
    /// Σ margin at the mark.
    pub used: Money,
    /// Of resting orders.
    pub reserved: Money,
    /// Equity − used − reserved.
    pub free: Money,
    /// Equity / used in basis points, rounded down; `None`: nothing used.
    pub level_bps: Option<i64>,
}
