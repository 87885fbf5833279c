//! A match: who plays, what the feed reports, what happened (R3.6 to R3.9, R6.1).
//!
//! The nouns of match day. Their arithmetic is in `scoring`, their commands in `engine/match_day.rs`.

mod match_state;

pub use match_state::{Fixture, Listed, Participant};

use serde::{Deserialize, Serialize};

use crate::id::{EventId, InstrumentId};
use crate::time::{MatchClock, Span};

/// Where a footballer plays; decides his weights, prior and margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Weights of goals and shots.
    Forward,
    /// Weights of all-round play.
    Midfielder,
    /// Weights of defending, clean sheet.
    Defender,
    /// Weights of saves, clean sheet.
    Goalkeeper,
}

impl Position {
    /// All, in the order of the tables of R3.
    pub const ALL: [Self; 4] = [Self::Forward, Self::Midfielder, Self::Defender, Self::Goalkeeper];

    /// As an index into the tables of R3.
    pub const fn index(self) -> usize {
        match self {
            Self::Forward => 0,
            Self::Midfielder => 1,
            Self::Defender => 2,
            Self::Goalkeeper => 3,
        }
    }
}

/// One of the two sides of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Named first.
    Home,
    /// Named second.
    Away,
}

impl Side {
    /// The opponent.
    pub const fn other(self) -> Self {
        match self {
            Self::Home => Self::Away,
            Self::Away => Self::Home,
        }
    }
    /// 0 for home, 1 for away.
    pub const fn index(self) -> usize {
        match self {
            Self::Home => 0,
            Self::Away => 1,
        }
    }
}

/// What a feed can deliver: the statistics of R3.2, and three signals that open or end a review (R3.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reported {
    /// Statistic.
    Goal,
    /// Statistic.
    Assist,
    /// Statistic; a goal counts as one too.
    ShotOnTarget,
    /// Statistic.
    KeyPass,
    /// Statistic.
    Tackle,
    /// Statistic.
    Interception,
    /// Statistic.
    Clearance,
    /// Statistic.
    Aerial,
    /// Statistic; a penalty saved counts as one too.
    Save,
    /// Statistic: a save from inside the box; a penalty saved counts as one too.
    InsideBox,
    /// Statistic.
    PenaltySaved,
    /// Statistic of a goalkeeper: follows from the goals.
    Conceded,
    /// Statistic of a goalkeeper or defender: follows from the goals.
    CleanSheet,
    /// Statistic.
    OwnGoal,
    /// Statistic.
    Yellow,
    /// Statistic; a second yellow counts as one.
    Red,
    /// Statistic; a penalty saved is one of its taker.
    PenaltyMissed,
    /// Signal; a feed without it may not serve `live` (R3.9).
    PenaltyAwarded,
    /// Signal: play goes on after a stop.
    Restart,
    /// Signal: a check begins and ends.
    VarCheck,
}

/// One thing that a feed delivers, and how late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// What.
    pub reported: Reported,
    /// The declared 99th percentile of its lag; without it the feed may not serve `live` (R4.4).
    pub lag: Option<Span>,
}

/// Something that happened, as the feed tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchEvent {
    /// The feed's own id, unique within the fixture.
    pub id: EventId,
    /// What.
    pub kind: EventKind,
    /// Minute as football counts it: 1 is the first; 45 and 90 hold stoppage time.
    pub minute: u16,
    /// Minutes of stoppage time on top ("90+4" is 90 and 4).
    pub offset: u16,
    /// Time played when it happened; the fixture's clock where the feed does not say.
    pub clock: Option<MatchClock>,
    /// Whom it is credited to.
    pub instrument: Option<InstrumentId>,
    /// The other footballer: see [`EventKind`].
    pub related: Option<InstrumentId>,
}

/// What can happen. `instrument` is the footballer named first, `related` the one in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The scorer (who assisted, if anybody).
    Goal,
    /// The taker. Counts as [`Goal`](Self::Goal).
    PenaltyGoal,
    /// Who put it into his own net.
    OwnGoal,
    /// Who shot, and did not score.
    ShotOnTarget,
    /// Who passed, and it was no assist.
    KeyPass,
    /// Who tackled.
    Tackle,
    /// Who intercepted.
    Interception,
    /// Who cleared.
    Clearance,
    /// Who won it.
    Aerial,
    /// The keeper, from outside the box.
    Save,
    /// The keeper, from inside the box.
    SaveInsideBox,
    /// A footballer of the side that gets it: the taker where he is known.
    PenaltyAwarded,
    /// The taker, wide or onto the frame.
    PenaltyMissed,
    /// The keeper (the taker).
    PenaltySaved,
    /// Who is cautioned.
    Yellow,
    /// Who is sent off with it: −4 in all (R3.2).
    SecondYellow,
    /// Who is sent off.
    Red,
    /// Who comes on (who goes off).
    Substitution,
    /// A check is announced; of whom where it is known.
    VarCheck,
    /// The check is over.
    CheckEnded,
    /// Play goes on.
    Restart,
    /// A kick of the shoot-out: no statistic.
    ShootoutGoal,
    /// A kick of the shoot-out: no statistic.
    ShootoutMiss,
}

/// Where a match stands (R6.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchPhase {
    /// Announced.
    #[default]
    Scheduled,
    /// Live.
    FirstHalf,
    /// Live, the clock stands.
    HalfTime,
    /// Live.
    SecondHalf,
    /// Live.
    ExtraTime,
    /// Live, the clock stands.
    Penalties,
    /// Settled; corrections still fold (R3.7).
    Finished,
    /// Over for good.
    Finalised,
    /// Settled at the last tick, never played to the end.
    Abandoned,
    /// Will not begin as planned.
    Postponed,
}

impl MatchPhase {
    /// Whether the match is on: every phase of `live`, breaks included (R4.4).
    pub const fn is_live(self) -> bool {
        matches!(self, Self::FirstHalf | Self::HalfTime | Self::SecondHalf | Self::ExtraTime | Self::Penalties)
    }
    /// The minute that the phase's clock counts from; `None` where no ball is in play.
    pub const fn base_minute(self) -> Option<u64> {
        match self {
            Self::FirstHalf => Some(0),
            Self::SecondHalf => Some(45),
            Self::ExtraTime => Some(90),
            Self::Scheduled | Self::HalfTime | Self::Penalties | Self::Finished | Self::Finalised | Self::Abandoned | Self::Postponed => {
                None
            }
        }
    }
}
