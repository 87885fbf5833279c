//! What happened: complete facts. `State::evolve` applies them; rebuilding from stored events runs no rule.

pub mod reference;

use serde::{Deserialize, Serialize};

use crate::command::{AccountKind, Footballer, Genesis};
use crate::fixture::{Coverage, MatchEvent, MatchPhase, Side};
use crate::id::{AccountId, BookId, District, EventId, FixtureId, InstrumentIdx, NaturalKey, OrderId, PositionId};
use crate::ledger::{Posting, PostingReason};
use crate::rules::Rules;
use crate::time::{At, MatchClock};
use crate::units::{Direction, Lots, Money, Price, Score};

pub use crate::order::{CancelReason, Order, OrderAction};
pub use crate::position::CloseReason;

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The league begins.
    LeagueFounded(Box<Genesis>),
    /// New rules hold.
    RulesChanged(Box<Rules>),

    /// A participant begins, with an empty book.
    AccountOpened {
        /// Who.
        account: AccountId,
        /// Where he plays.
        district: District,
        /// Person or program.
        kind: AccountKind,
    },
    /// An account was barred or let back.
    AccountSuspended {
        /// Whose.
        account: AccountId,
        /// Whether he is barred now.
        suspended: bool,
    },
    /// Value moved that no fill moved. The postings sum to zero.
    ValuePosted {
        /// Why.
        reason: PostingReason,
        /// The natural key of a grant.
        key: Option<NaturalKey>,
        /// From where to where.
        postings: [Posting; 2],
    },

    /// A footballer is on the market.
    InstrumentListed {
        /// His number.
        instrument: InstrumentIdx,
        /// Who he is.
        footballer: Box<Footballer>,
        /// What he starts from (R3.3).
        form: Score,
        /// The price of that form.
        live_base: Price,
        /// R2.4.
        side_cap: Lots,
    },
    /// Trading stops or goes on.
    InstrumentFrozen {
        /// Which.
        instrument: InstrumentIdx,
        /// Whether it stands now.
        frozen: bool,
    },
    /// Off the market for good.
    InstrumentDeactivated {
        /// Which.
        instrument: InstrumentIdx,
    },
    /// Form, and with it the price, moved; or the crowd's part of it did.
    PriceChanged {
        /// Which.
        instrument: InstrumentIdx,
        /// R3.4.
        form: Score,
        /// R3.1.
        live_base: Price,
        /// R2.5.
        bump: Price,
        /// R2.1: Σ direction × lots.
        net: Lots,
        /// R2.1.
        mark: Price,
    },
    /// R2.4, at a settlement.
    SideCapSet {
        /// Which.
        instrument: InstrumentIdx,
        /// Lots of one side.
        side_cap: Lots,
    },
    /// R3.9: under review, or longer than before.
    ReviewHeld {
        /// Which.
        instrument: InstrumentIdx,
        /// The review as it stands now.
        review: crate::instrument::Review,
    },
    /// R3.9: judged again by the mark as it is.
    ReviewEnded {
        /// Which.
        instrument: InstrumentIdx,
    },

    /// A match is announced.
    FixtureCreated {
        /// Which.
        fixture: FixtureId,
        /// Team names.
        home: String,
        /// Team names.
        away: String,
        /// When.
        kick_off: At,
        /// What its feed delivers.
        coverage: Vec<Coverage>,
        /// Everybody in the squads, with his side.
        squad: Vec<(InstrumentIdx, Side)>,
        /// R3.5, of each side.
        prior_conceded: Option<(Score, Score)>,
    },
    /// Who starts.
    LineUpSet {
        /// Which match.
        fixture: FixtureId,
        /// Which side.
        side: Side,
        /// On the pitch at kick-off.
        starting: Vec<InstrumentIdx>,
    },
    /// The match entered a phase; at kick-off the form of everybody in the squads becomes his `previous`.
    PhaseEntered {
        /// Which match.
        fixture: FixtureId,
        /// Which phase.
        phase: MatchPhase,
    },
    /// The match clock stands here.
    ClockTicked {
        /// Which match.
        fixture: FixtureId,
        /// Time played.
        clock: MatchClock,
    },
    /// An event is on the list.
    EventReported {
        /// Which match.
        fixture: FixtureId,
        /// What, with its clock filled in.
        event: MatchEvent,
    },
    /// An event of the list was replaced, or taken off it.
    EventCorrected {
        /// Which match.
        fixture: FixtureId,
        /// Which.
        event: EventId,
        /// What stands in its place.
        replacement: Option<MatchEvent>,
    },

    /// An order rests.
    OrderPlaced(Box<Order>),
    /// An order is gone.
    OrderCancelled {
        /// Whose.
        book: BookId,
        /// Which.
        order: OrderId,
        /// Why.
        reason: CancelReason,
    },
    /// R4.4: a limit order is to be taken back in play, once the delay is over.
    CancelRequested {
        /// Whose.
        book: BookId,
        /// Which.
        order: OrderId,
        /// When it takes effect: in the first clock tick from then on.
        due: At,
    },
    /// A fill opened a position (R2.2).
    PositionOpened(Box<PositionOpened>),
    /// A fill closed a position or a part of it.
    PositionClosed(Box<PositionClosed>),
    /// Stop loss and take profit are as said, or will be.
    TriggersSet {
        /// Whose.
        book: BookId,
        /// Which.
        position: PositionId,
        /// R4.6.
        stop_loss: Option<Price>,
        /// R4.6.
        take_profit: Option<Price>,
        /// R4.5: in play they arm in the first clock tick from then on; the former ones hold until then.
        due: Option<At>,
    },
    /// R4.5: an event came in between; the former stop loss and take profit stay.
    TriggersDiscarded {
        /// Whose.
        book: BookId,
        /// Which.
        position: PositionId,
    },
    /// R5.2: the level fell below the warning.
    MarginWarned {
        /// Whose.
        book: BookId,
    },
    /// R5.2: it recovered; the next fall warns again.
    MarginRearmed {
        /// Whose.
        book: BookId,
    },
    /// A later engine executes from here on.
    EngineSwitched {
        /// Which.
        engine: u32,
    },
}

/// A fill that opened a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionOpened {
    /// Its id.
    pub position: PositionId,
    /// The order that it filled.
    pub order: OrderId,
    /// Whose.
    pub book: BookId,
    /// In what.
    pub instrument: InstrumentIdx,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub lots: Lots,
    /// R1.2: signed; rounded once, against the trader.
    pub entry_cost: Money,
    /// Margin at the fill, what boards call "committed".
    pub margin: Money,
    /// R4.6.
    pub stop_loss: Option<Price>,
    /// R4.6.
    pub take_profit: Option<Price>,
    /// From the wallet to `fees`.
    pub fee: Money,
    /// R2.1, after the fill.
    pub net: Lots,
    /// R2.1, after the fill.
    pub mark: Price,
}

/// A fill that closed a position or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionClosed {
    /// Which.
    pub position: PositionId,
    /// The order that it filled, where a user asked.
    pub order: Option<OrderId>,
    /// Whose.
    pub book: BookId,
    /// In what.
    pub instrument: InstrumentIdx,
    /// Which way it was.
    pub direction: Direction,
    /// How much of it.
    pub lots: Lots,
    /// What is left.
    pub remaining: Lots,
    /// The part of the entry cost that goes with it.
    pub entry_cost: Money,
    /// What the fill brought (long) or cost (short, negative): signed like `entry_cost`.
    pub exit_value: Money,
    /// `exit_value − entry_cost`: house to wallet.
    pub pnl: Money,
    /// From the wallet to `fees`.
    pub fee: Money,
    /// Why.
    pub reason: CloseReason,
    /// When the position was opened.
    pub opened_at: At,
    /// R2.1, after the fill.
    pub net: Lots,
    /// R2.1, after the fill.
    pub mark: Price,
}

impl PositionOpened {
    /// The fee's postings.
    pub fn postings(&self) -> [Posting; 2] {
        fee_postings(self.book, self.fee)
    }
}

impl PositionClosed {
    /// The realised result's postings and the fee's.
    pub fn postings(&self) -> [Posting; 4] {
        use crate::ledger::LedgerAccount::{House, Wallet};
        let [fee_out, fee_in] = fee_postings(self.book, self.fee);
        [Posting { account: Wallet(self.book), amount: self.pnl }, Posting { account: House, amount: -self.pnl }, fee_out, fee_in]
    }
}

fn fee_postings(book: BookId, fee: Money) -> [Posting; 2] {
    use crate::ledger::LedgerAccount::{Fees, Wallet};
    [Posting { account: Wallet(book), amount: -fee }, Posting { account: Fees, amount: fee }]
}

impl Event {
    /// Every posting of the event with its reason; they sum to zero (R11.1).
    pub fn postings(&self) -> Vec<(PostingReason, Posting)> {
        #[allow(clippy::wildcard_enum_match_arm, reason = "no other event moves value")]
        match self {
            Self::ValuePosted { reason, postings, .. } => postings.iter().map(|p| (*reason, *p)).collect(),
            Self::PositionOpened(opened) => opened.postings().into_iter().map(|p| (PostingReason::Fee, p)).collect(),
            Self::PositionClosed(closed) => {
                let [wallet, house, fee_out, fee_in] = closed.postings();
                vec![
                    (PostingReason::Realised, wallet),
                    (PostingReason::Realised, house),
                    (PostingReason::Fee, fee_out),
                    (PostingReason::Fee, fee_in),
                ]
            }
            _ => Vec::new(),
        }
    }
}
