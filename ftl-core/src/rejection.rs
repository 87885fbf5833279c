//! Why a command was refused (R10): a closed enum with stable snake_case codes, in the order of their checks.

pub mod reference;

use serde::{Deserialize, Serialize};

use crate::id::{EventId, Seq};
use crate::units::{Lots, Money, Price};

/// Declares the rejections with their wire code, their kind and their title.
macro_rules! rejections {
    ($($(#[$doc:meta])* $name:ident $({ $($(#[$fdoc:meta])* $field:ident : $ty:ty),* $(,)? })? => $code:literal, $kind:ident, $title:literal;)*) => {
        /// Why a command was refused. A rejection is an outcome: it is stored, and given again to a retry.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Rejection {
            $($(#[$doc])* $name $({ $($(#[$fdoc])* $field: $ty),* })?,)*
        }

        impl Rejection {
            /// The stable code.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code,)* }
            }
            /// What a caller can do about it.
            pub const fn kind(&self) -> RejectionKind {
                match self { $(Self::$name { .. } => RejectionKind::$kind,)* }
            }
            /// A sentence for people.
            pub const fn title(&self) -> &'static str {
                match self { $(Self::$name { .. } => $title,)* }
            }
            /// Code, kind and title of every rejection, in the order of their checks: the reference page is made of this.
            pub const CATALOGUE: &'static [(&'static str, RejectionKind, &'static str)] =
                &[$(($code, RejectionKind::$kind, $title),)*];
        }
    };
}

/// What a caller can do about a rejection; the HTTP status follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectionKind {
    /// It names something that is not there (404).
    Missing,
    /// The request cannot be meant so (400).
    Malformed,
    /// The state is in the way (409).
    Conflict,
    /// A rule of the game refuses it (422).
    Rule,
}

rejections! {
    /// The same id came with another body.
    IdempotencyKeyReused => "idempotency_key_reused", Conflict, "This key was used for another request";
    /// The entry is later than the command's `not_after`.
    Expired => "expired", Conflict, "The command came too late";
    /// Anything before `FoundLeague`.
    LeagueNotFounded => "league_not_founded", Conflict, "The league has not been founded";
    /// A second `FoundLeague`.
    LeagueAlreadyFounded => "league_already_founded", Conflict, "The league has been founded already";
    /// Genesis names a rulebook that this program does not have.
    UnknownRulebook => "unknown_rulebook", Conflict, "This program does not know the league's rulebook";
    /// A field is outside what the rules or the limits allow.
    InvalidField {
        /// Which.
        field: String,
        /// What it takes.
        expected: String,
    } => "invalid_field", Malformed, "A field has no valid value";
    /// R2.3: `k_mod`, leverage and contract change only while no position is open.
    PositionsOpen => "positions_open", Conflict, "Positions are open";
    /// R1.1: a result does not fit its unit.
    Overflow => "overflow", Rule, "An amount does not fit its unit";

    /// No such account.
    UnknownAccount => "unknown_account", Missing, "Unknown account";
    /// `OpenAccount` twice.
    AccountExists => "account_exists", Conflict, "The account exists already";
    /// Not one of the league's districts.
    UnknownDistrict => "unknown_district", Rule, "Unknown district";
    /// The account may not trade.
    AccountSuspended => "account_suspended", Rule, "The account is suspended";
    /// The natural key was used.
    AlreadyGranted => "already_granted", Conflict, "This grant was made already";
    /// R4.8: not flat, not below, or too few closed positions.
    TopUpNotDue => "top_up_not_due", Rule, "No top-up is due";

    /// R4.2 guard 1.
    UnknownInstrument => "unknown_instrument", Missing, "Unknown instrument";
    /// R4.2 guard 1.
    InactiveInstrument => "inactive_instrument", Rule, "The instrument is off the market";
    /// No such position, or not in this book.
    UnknownPosition => "unknown_position", Missing, "Unknown position";
    /// No such order, or not in this book, or no longer resting.
    UnknownOrder => "unknown_order", Missing, "Unknown order";
    /// R4.4: only limit orders can be taken back in play.
    NotCancellable => "not_cancellable", Rule, "Only limit orders can be taken back in play";
    /// R4.2 guard 2.
    TradeWindowClosed => "trade_window_closed", Rule, "No new positions at this time of the match";
    /// R4.2 guard 3.
    Frozen => "frozen", Rule, "The instrument is frozen";
    /// R4.2 guard 4, R3.9.
    UnderReview => "under_review", Rule, "The instrument is under review";
    /// R4.2 guard 5.
    InvalidLots {
        /// The smallest.
        min: Lots,
        /// The largest; of a close, what the position has.
        max: Lots,
    } => "invalid_lots", Rule, "The size is out of range";
    /// R4.2 guard 6.
    StopLossWrongSide {
        /// What it is compared with.
        mark: Price,
    } => "stop_loss_wrong_side", Rule, "The stop loss is on the wrong side of the price";
    /// R4.2 guard 6.
    TakeProfitWrongSide {
        /// What it is compared with.
        mark: Price,
    } => "take_profit_wrong_side", Rule, "The take profit is on the wrong side of the price";
    /// R4.2 guard 6.
    LimitWrongSide {
        /// What it is compared with.
        mark: Price,
    } => "limit_wrong_side", Rule, "The limit is on the wrong side of the price";
    /// R4.2 guard 7.
    SlippageExceeded {
        /// The average fill, rounded against the trader.
        fill: Price,
        /// The worst that the client accepts.
        worst: Price,
    } => "slippage_exceeded", Rule, "The price has moved away";
    /// R4.2 guard 8, R2.6.
    PriceLimit => "price_limit", Rule, "So near to the end of its range the price can only come back";
    /// R4.2 guard 9, R2.4.
    ExposureLimit {
        /// What is left for this account on this side.
        available: Lots,
    } => "exposure_limit", Rule, "This side of the instrument is full";
    /// The book holds as many positions and resting orders as it may.
    TooManyPositions {
        /// How many it may hold.
        max: u32,
    } => "too_many_positions", Rule, "The book holds too many positions and orders";
    /// R4.2 guard 10, R5.1.
    InsufficientMargin {
        /// Margin of the new position.
        required: Money,
        /// Free before it.
        free: Money,
    } => "insufficient_margin", Rule, "Not enough free margin";

    /// No such fixture.
    UnknownFixture => "unknown_fixture", Missing, "Unknown fixture";
    /// `CreateFixture` twice.
    FixtureExists => "fixture_exists", Conflict, "The fixture exists already";
    /// `ListInstrument` twice, or a squad that contradicts what is listed.
    InstrumentExists => "instrument_exists", Conflict, "The instrument exists already";
    /// As many instruments or fixtures as the league may have.
    TooMany {
        /// How many.
        max: u32,
    } => "too_many", Rule, "The league is full";
    /// A footballer is in two live matches, or twice in one.
    InstrumentBusy => "instrument_busy", Conflict, "A footballer can play one match at a time";
    /// The fixture's phase does not allow it.
    WrongPhase {
        /// Where the match stands.
        phase: crate::fixture::MatchPhase,
    } => "wrong_phase", Conflict, "The match is not in a phase that allows this";
    /// R4.4: without a declared lag a feed may not serve `live`.
    FeedLagUndeclared => "feed_lag_undeclared", Rule, "The feed has not declared how late it is";
    /// R3.9: a feed that does not report penalties awarded may not serve `live`.
    FeedIncomplete => "feed_incomplete", Rule, "The feed does not report penalties awarded";
    /// The match clock or minute goes back.
    ClockBack => "clock_back", Conflict, "The match clock goes back";
    /// The event's id is known.
    DuplicateEvent => "duplicate_event", Conflict, "This event is known already";
    /// A correction of an event that is not known.
    UnknownEvent {
        /// Its id.
        event: EventId,
    } => "unknown_event", Missing, "Unknown event";
    /// R6.1: who did it is not on the pitch.
    NotOnPitch => "not_on_pitch", Rule, "The footballer is not on the pitch";
    /// The entry was quarantined by an operator.
    Quarantined {
        /// Which.
        seq: Seq,
    } => "quarantined", Conflict, "The command was set aside by the operator";
}

impl From<crate::units::Overflow> for Rejection {
    fn from(_: crate::units::Overflow) -> Self {
        Self::Overflow
    }
}

impl std::fmt::Display for Rejection {
    /// One line with the figures that matter.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.title())?;
        #[allow(clippy::wildcard_enum_match_arm, reason = "the others have no figures")]
        match self {
            Self::InvalidField { field, expected } => write!(f, ": {field} takes {expected}"),
            Self::InvalidLots { min, max } => write!(f, ": from {min} to {max}"),
            Self::StopLossWrongSide { mark } | Self::TakeProfitWrongSide { mark } | Self::LimitWrongSide { mark } => {
                write!(f, ": it is {mark}")
            }
            Self::SlippageExceeded { fill, worst } => write!(f, ": {fill} is worse than {worst}"),
            Self::ExposureLimit { available } => write!(f, ": {available} lots are left for you"),
            Self::TooManyPositions { max } | Self::TooMany { max } => write!(f, ": at most {max}"),
            Self::InsufficientMargin { required, free } => write!(f, ": needs {required}, free {free}"),
            Self::WrongPhase { phase } => write!(f, ": it is in {phase:?}"),
            Self::UnknownEvent { event } => write!(f, ": {event}"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Rejection {}
