//! An order: what a trader wants, until it is filled or cancelled (R4.3, R4.4).

use serde::{Deserialize, Serialize};

use crate::id::{BookId, InstrumentIdx, OrderId, PositionId, Seq};
use crate::time::At;
use crate::units::{Direction, Lots, Money, Price};

/// A resting order. A filled or cancelled one is history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id; sorts by age.
    pub id: OrderId,
    /// Whose.
    pub book: BookId,
    /// In what.
    pub instrument: InstrumentIdx,
    /// To open or to close.
    pub action: OrderAction,
    /// How much. Of a close, at most what is left of the position when it fills.
    pub lots: Lots,
    /// When it was placed.
    pub placed_at: At,
    /// The entry that placed it.
    pub placed_by: Seq,
    /// R4.4: it fills (a limit order: begins to look at the mark) in the first clock tick from then on;
    /// `None` between matches.
    pub due: Option<At>,
    /// R4.4: when it is given up for want of clock ticks; limit orders wait.
    pub stale_due: Option<At>,
    /// R4.6: the margin that it reserves; nothing for a close.
    pub reserved: Money,
    /// R4.4: taken back in the first clock tick from then on.
    pub cancel_due: Option<At>,
}

/// What an order does when it fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderAction {
    /// A new position.
    Open {
        /// Which way.
        direction: Direction,
        /// `None`: market.
        limit: Option<Price>,
        /// What the client saw and accepts.
        slippage: Option<crate::command::Slippage>,
        /// R4.6.
        stop_loss: Option<Price>,
        /// R4.6.
        take_profit: Option<Price>,
    },
    /// The user closes.
    Close {
        /// Which.
        position: PositionId,
    },
}

/// Why an order was cancelled. Stable snake_case codes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The trader took it back.
    User,
    /// R4.4: something happened to the instrument while it rested.
    EventIntervened,
    /// R4.4: no clock tick in time.
    FeedStale,
    /// The position closed first.
    PositionGone,
    /// The match ended, or the instrument left the market.
    MarketClosed,
    /// R4.2: a guard refused it when it came to fill; the rejection's code.
    Refused(String),
}

impl CancelReason {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::User => "user",
            Self::EventIntervened => "event_intervened",
            Self::FeedStale => "feed_stale",
            Self::PositionGone => "position_gone",
            Self::MarketClosed => "market_closed",
            Self::Refused(code) => code,
        }
    }
}
