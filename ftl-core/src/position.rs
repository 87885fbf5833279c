//! An open position: one row (R4.3).

use serde::{Deserialize, Serialize};

use crate::id::{BookId, InstrumentIdx, PositionId};
use crate::time::At;
use crate::units::{Direction, Lots, Money, Price};

/// An open position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Its id; sorts by age.
    pub id: PositionId,
    /// Whose.
    pub book: BookId,
    /// In what.
    pub instrument: InstrumentIdx,
    /// Which way.
    pub direction: Direction,
    /// How much is open.
    pub lots: Lots,
    /// R1.2: what the trader paid (long) or took in (short, negative) for what is open.
    pub entry_cost: Money,
    /// Margin at the fill, what boards call "committed"; of all that it was opened with.
    pub committed: Money,
    /// When it was filled.
    pub opened_at: At,
    /// R4.6.
    pub stop_loss: Option<Price>,
    /// R4.6.
    pub take_profit: Option<Price>,
    /// R4.5: what will replace the two.
    pub pending: Option<PendingTriggers>,
}

/// Stop loss and take profit that have not armed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTriggers {
    /// R4.6.
    pub stop_loss: Option<Price>,
    /// R4.6.
    pub take_profit: Option<Price>,
    /// They arm in the first clock tick from then on.
    pub due: At,
}

/// R4.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The trader asked.
    User,
    /// R4.6.
    StopLoss,
    /// R4.6.
    TakeProfit,
    /// R5.3.
    Washout,
    /// Full time (R6.2).
    AutoExitFt,
    /// The instrument left the market.
    Deactivated,
    /// Undone by an operator.
    Voided,
}

impl CloseReason {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::StopLoss => "stop_loss",
            Self::TakeProfit => "take_profit",
            Self::Washout => "washout",
            Self::AutoExitFt => "auto_exit_ft",
            Self::Deactivated => "deactivated",
            Self::Voided => "voided",
        }
    }
}
