//! What may be asked of a league. A command is data: the journal stores it, `State::apply` answers it.

use serde::{Deserialize, Serialize};

use crate::fixture::{Coverage, MatchEvent, MatchPhase, Position, Side};
use crate::id::{AccountId, BookId, CommandId, District, EventId, FixtureId, InstrumentId, InstrumentIdx, NaturalKey, OrderId, PositionId};
use crate::rules::Rules;
use crate::time::{At, MatchClock};
use crate::units::{Bps, Direction, Lots, Money, Price, Score};

/// A request with its identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The same id within the window gets the same outcome (R11.8).
    pub id: CommandId,
    /// Hash of the request's body: the same id with another body is refused.
    pub body: u64,
    /// Rejected `expired` when its entry's `at` is later.
    pub not_after: Option<At>,
    /// What is asked.
    pub action: Action,
}

/// What is asked. Imperative names; the wire name of a variant is its snake_case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The first entry of every journal, and only that.
    FoundLeague(Box<Genesis>),
    /// Replaces the rules; `k_mod`, leverage and contract only while no position is open (R2.3).
    SetRules(Box<Rules>),
    /// Nothing but the passing of time: fires the timers that are due.
    Tick {
        /// The timer that made somebody look.
        due: At,
    },

    /// An account plays from here on. Natural key: the account id.
    OpenAccount(OpenAccount),
    /// Bars an account from new orders, or lets it back.
    SuspendAccount {
        /// Whose.
        account: AccountId,
        /// `false` lifts it.
        suspended: bool,
    },
    /// Points from the mint. Natural key: `key`.
    Grant {
        /// Into which book.
        book: BookId,
        /// More than nothing.
        amount: Money,
        /// Once for ever.
        key: NaturalKey,
    },
    /// The weekly top-up (R4.8). Natural key: (book, week).
    TopUp {
        /// Into which book.
        book: BookId,
    },

    /// Lists a footballer outside any fixture.
    ListInstrument(Footballer),
    /// Stops trading in an instrument.
    FreezeInstrument {
        /// Which.
        instrument: InstrumentId,
    },
    /// Lets it trade again.
    UnfreezeInstrument {
        /// Which.
        instrument: InstrumentId,
    },
    /// Closes its positions at the clearing price and takes it off the market (R4.9).
    DeactivateInstrument {
        /// Which.
        instrument: InstrumentId,
    },

    /// Announces a match; unknown footballers of its squads are listed.
    CreateFixture(Box<CreateFixture>),
    /// Who starts and who sits on the bench. Without one everybody in the squads plays.
    SetLineUp {
        /// Which match.
        fixture: FixtureId,
        /// Which side.
        side: Side,
        /// On the pitch at kick-off; everybody else in the squad is on the bench.
        starting: Vec<InstrumentId>,
    },
    /// The match enters a phase; `first_half` is the kick-off.
    EnterPhase {
        /// Which match.
        fixture: FixtureId,
        /// `first_half`, `half_time`, `second_half`, `extra_time` or `penalties`.
        phase: MatchPhase,
    },
    /// The clock tick (R3.8): drift, end of reviews, resting orders, triggers, margin.
    TickClock {
        /// Which match.
        fixture: FixtureId,
        /// Time played since kick-off; the same again while the match clock stands.
        clock: MatchClock,
    },
    /// Something happened on the pitch. Natural key: the event's id.
    ReportEvent {
        /// Which match.
        fixture: FixtureId,
        /// What.
        event: MatchEvent,
    },
    /// The list of events is amended (R3.7).
    CorrectEvent {
        /// Which match.
        fixture: FixtureId,
        /// How.
        correction: Correction,
    },
    /// Full time (R6.2).
    FinishFixture {
        /// Which match.
        fixture: FixtureId,
    },
    /// No more corrections to form; its instruments trade again (R3.7).
    FinaliseFixture {
        /// Which match.
        fixture: FixtureId,
    },
    /// Full time at the last tick (R6.3).
    AbandonFixture {
        /// Which match.
        fixture: FixtureId,
    },
    /// Not today; nothing else happens (R6.3).
    PostponeFixture {
        /// Which match.
        fixture: FixtureId,
    },

    /// R4.1 `open`.
    OpenPosition(OpenPosition),
    /// R4.1 `close`.
    ClosePosition {
        /// Whose.
        book: BookId,
        /// Which.
        position: PositionId,
        /// All of it when absent.
        lots: Option<Lots>,
    },
    /// R4.1 `modify`: both values are set as given, `None` takes one away.
    ModifyPosition {
        /// Whose.
        book: BookId,
        /// Which.
        position: PositionId,
        /// Closes when the mark has gone this far against the position.
        stop_loss: Option<Price>,
        /// Closes when the mark has gone this far with the position.
        take_profit: Option<Price>,
    },
    /// R4.1 `cancel`: takes a resting limit order back; before and between matches any resting order.
    CancelOrder {
        /// Whose.
        book: BookId,
        /// Which.
        order: OrderId,
    },
    /// Undoes a position as if it had not been (`voided`).
    VoidPosition {
        /// Which.
        position: PositionId,
    },
    /// From here on the league is executed by a later engine. A program that does not know it must not execute this.
    UseEngine {
        /// Which: the one in force comes before it.
        engine: u32,
    },
}

/// What a league is founded with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// The league's name.
    pub league: String,
    /// Name and version of the rulebook that computes it; another one is refused.
    pub rulebook: String,
    /// Accounts that the league expects (R2.3); `rules.k_mod` was derived from it.
    pub expected_accounts: u64,
    /// The rules at the start.
    pub rules: Rules,
    /// R8.3.
    pub districts: Vec<District>,
}

/// A participant begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAccount {
    /// Who.
    pub account: AccountId,
    /// One of the league's districts.
    pub district: District,
    /// A person or a program.
    pub kind: AccountKind,
}

/// Bots are marked as such, out of prizes and (by default) out of boards (R9.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A person.
    Human,
    /// A program.
    Bot,
}

/// A footballer as a feed or an import names him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footballer {
    /// The slug that he trades under.
    pub instrument: InstrumentId,
    /// As shown.
    pub name: String,
    /// His team's name.
    pub team: String,
    /// Decides weights, prior and margin.
    pub position: Position,
    /// What is known of earlier matches; the prior mean where absent (R3.3).
    pub record: Option<Record>,
}

/// Earlier matches of a footballer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// How many.
    pub matches: u32,
    /// His mean score in them.
    pub average: Score,
}

/// A match to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateFixture {
    /// Its id.
    pub fixture: FixtureId,
    /// Team names.
    pub home: String,
    /// Team names.
    pub away: String,
    /// When it is planned to begin.
    pub kick_off: At,
    /// What the feed delivers, and how late (R3.6, R4.4).
    pub coverage: Vec<Coverage>,
    /// Squad of each side.
    pub home_squad: Vec<Footballer>,
    /// Squad of each side.
    pub away_squad: Vec<Footballer>,
    /// Goals that each side is expected to concede (home, away); the rules' default where absent (R3.5).
    pub prior_conceded: Option<(Score, Score)>,
}

/// How the list of events is amended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// It did not happen.
    TakeBack(EventId),
    /// It happened otherwise; the new event bears the old one's id.
    Replace(MatchEvent),
    /// It happened earlier than what is known already.
    Add(MatchEvent),
}

/// R4.1 `open`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPosition {
    /// Whose.
    pub book: BookId,
    /// In what.
    pub instrument: InstrumentIdx,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub lots: Lots,
    /// `None` is a market order; a limit order fills when its average fill is within this.
    pub limit: Option<Price>,
    /// The price that the client saw, and how far the average fill may be worse, as a ratio of it.
    pub slippage: Option<Slippage>,
    /// Closes when the mark has gone this far against the position.
    pub stop_loss: Option<Price>,
    /// Closes when the mark has gone this far with the position.
    pub take_profit: Option<Price>,
}

/// The worst fill that a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slippage {
    /// The price that the client saw.
    pub client_price: Price,
    /// How much worse the average fill may be.
    pub tolerance: Bps,
}
