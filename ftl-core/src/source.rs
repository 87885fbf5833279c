//! A match as a file tells it: teams, squads, when each phase began, what happened.
//!
//! ```text
//!  file ──parse──▶ MatchSource ──feed::Schedule──▶ (At, Action) … ──▶ journal
//!  synthetic::Synthetic ──▶ MatchSource
//! ```
//! Who calls it: the feed of the server, `ftl replay`, `ftl demo`, simulations. It knows nothing of prices or orders.
//!
//! # The file
//! One JSON object; an unknown field is an error. Times are counted from kick-off, so that a match can be played at
//! any hour and at any speed.
//!
//! | field | what |
//! |---|---|
//! | `id`, `name`, `home`, `away` | the fixture's id, a title, the two teams |
//! | `notes` | optional: what is approximated, where it is from |
//! | `kickOff` | when it was planned, RFC 3339 |
//! | `feed.coverage` | what is delivered, and how late: `[{"reported": "goal", "lagMs": 3000}]` (R3.6, R4.4) |
//! | `priorConceded` | optional: goals that each side is expected to concede, `{"home": "1.350000", "away": …}` (R3.5) |
//! | `squads` | `home` and `away`: `[{"instrument": slug, "name", "number", "position", "starts": true}]` |
//! | `phases` | `[{"phase": "first_half", "starts": 0, "ends": 2820}]`: seconds of real time since kick-off, in order; `extra_time` may come twice, the break between its halves being no phase |
//! | `events` | `[{"id", "phase", "minute", "offset", "second", "kind", "instrument", "related"}]`, in order |
//! | `corrections` | optional: `[{"phase", "minute", "offset", "second", "takeBack": id}]` or `"replace": {"id", "kind", …}`, in order |
//! | `end` | `finish` or `abandon`, at the end of the last phase |
//!
//! `minute` and `offset` are football's ("45+2" is 45 and 2; 1 is the first minute). While the ball is in play `second`
//! counts from 0 to 59 within that minute (the middle of it where absent); in `half_time` and `penalties` it counts
//! from the beginning of the phase, and must be given.

mod error;
mod moment;
mod of_fixture;
mod validate;

pub use error::SourceError;
pub use moment::Moment;

use serde::{Deserialize, Serialize};

use crate::command::{Footballer, Record};
use crate::fixture::{Coverage, EventKind, MatchPhase, Position, Reported, Side};
use crate::id::{EventId, FixtureId, InstrumentId};
use crate::time::{At, Span};
use crate::units::Score;

/// A match, complete and checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchSource {
    /// The fixture's id.
    pub id: FixtureId,
    /// A title for people.
    pub name: String,
    /// What is approximated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Team name.
    pub home: String,
    /// Team name.
    pub away: String,
    /// When it was planned to begin.
    #[serde(with = "moment::rfc3339")]
    pub kick_off: At,
    /// What the feed delivers.
    pub feed: Feed,
    /// R3.5; the rules' default where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_conceded: Option<Sides<Score>>,
    /// Who may play.
    pub squads: Sides<Vec<SquadMember>>,
    /// When each phase began and ended.
    pub phases: Vec<PhaseSpan>,
    /// What happened, in order.
    pub events: Vec<Told>,
    /// What was amended, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Amended>,
    /// How it ended.
    pub end: End,
}

/// One value for each side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sides<T> {
    /// Of the side named first.
    pub home: T,
    /// Of the side named second.
    pub away: T,
}

impl<T> Sides<T> {
    /// The value of one side.
    pub const fn of(&self, side: Side) -> &T {
        match side {
            Side::Home => &self.home,
            Side::Away => &self.away,
        }
    }
}

/// What the feed declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// One row for each thing that it delivers.
    pub coverage: Vec<Declared>,
}

/// One thing that the feed delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declared {
    /// What.
    pub reported: Reported,
    /// The 99th percentile of its lag, in milliseconds; without it the match may not be `live` (R4.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_ms: Option<u64>,
}

/// A footballer of a squad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SquadMember {
    /// The slug that he trades under.
    pub instrument: InstrumentId,
    /// As shown.
    pub name: String,
    /// On his shirt.
    pub number: u16,
    /// Decides weights, prior and margin.
    pub position: Position,
    /// On the pitch at kick-off; else on the bench.
    #[serde(default)]
    pub starts: bool,
    /// What is known of earlier matches (R3.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
}

/// When a phase ran, in seconds of real time since kick-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseSpan {
    /// Which.
    pub phase: MatchPhase,
    /// Its first second.
    pub starts: u64,
    /// The whistle, stoppage included.
    pub ends: u64,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Unique within the match.
    pub id: EventId,
    /// In which phase.
    pub phase: MatchPhase,
    /// As football counts.
    pub minute: u16,
    /// Minutes of stoppage on top.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u16,
    /// Within the minute; in breaks, since the phase began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<u64>,
    /// What.
    pub kind: EventKind,
    /// Whom it is credited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<InstrumentId>,
    /// The other footballer: see [`EventKind`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related: Option<InstrumentId>,
}

/// An amendment, and when it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Amended {
    /// In which phase.
    pub phase: MatchPhase,
    /// As football counts.
    pub minute: u16,
    /// Minutes of stoppage on top.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u16,
    /// Within the minute; in breaks, since the phase began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<u64>,
    /// This event did not happen. Either this or `replace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_back: Option<EventId>,
    /// It happened otherwise. Either this or `take_back`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<Replacement>,
}

/// What stands in the place of an event; its time stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// Of the event that it replaces.
    pub id: EventId,
    /// What.
    pub kind: EventKind,
    /// Whom it is credited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<InstrumentId>,
    /// The other footballer: see [`EventKind`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related: Option<InstrumentId>,
}

/// How a match ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Played to the end (R6.2).
    Finish,
    /// Broken off (R6.3).
    Abandon,
}

/// Serde's `skip_serializing_if` passes by reference.
const fn is_zero(n: &u16) -> bool {
    *n == 0
}

/// Name and text of each match that comes with the program.
const BUNDLED: [(&str, &str); 3] = [
    ("wc2022-final", include_str!("../fixtures/wc2022-final.json")),
    ("var-takeback", include_str!("../fixtures/var-takeback.json")),
    ("red-abandoned", include_str!("../fixtures/red-abandoned.json")),
];

impl MatchSource {
    /// Reads and checks a file's text.
    ///
    /// # Errors
    /// Names the field and the line of what does not parse, the field and the event of what contradicts itself.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let mut json = serde_json::Deserializer::from_str(text);
        let source: Self = serde_path_to_error::deserialize(&mut json).map_err(SourceError::of_parser)?;
        json.end().map_err(SourceError::of_trailing)?;
        source.check()?;
        Ok(source)
    }

    /// The names of the matches that come with the program.
    pub fn bundled_names() -> impl Iterator<Item = &'static str> {
        BUNDLED.iter().map(|(name, _)| *name)
    }

    /// A match that comes with the program; `None` for another name.
    ///
    /// # Errors
    /// None for the bundled names: a test reads them all.
    pub fn bundled(name: &str) -> Option<Result<Self, SourceError>> {
        BUNDLED.iter().find(|(known, _)| *known == name).map(|(_, text)| Self::parse(text))
    }

    /// Checks what the types cannot say; see [`SourceError::Contradiction`].
    ///
    /// # Errors
    /// The first contradiction, with its field.
    pub fn check(&self) -> Result<(), SourceError> {
        validate::check(self)
    }

    /// What the feed delivers, as the fixture's command says it.
    pub fn coverage(&self) -> Vec<Coverage> {
        self.feed.coverage.iter().map(|d| Coverage { reported: d.reported, lag: d.lag_ms.map(Span) }).collect()
    }

    /// Whether the feed delivers `reported`.
    pub fn covers(&self, reported: Reported) -> bool {
        self.feed.coverage.iter().any(|d| d.reported == reported)
    }

    /// Team name of a side.
    pub fn team(&self, side: Side) -> &str {
        match side {
            Side::Home => &self.home,
            Side::Away => &self.away,
        }
    }

    /// The squad of a side as the fixture's command says it.
    pub fn footballers(&self, side: Side) -> Vec<Footballer> {
        let of = |member: &SquadMember| Footballer {
            instrument: member.instrument.clone(),
            name: member.name.clone(),
            team: self.team(side).to_owned(),
            position: member.position,
            record: member.record,
        };
        self.squads.of(side).iter().map(of).collect()
    }

    /// Who is on the pitch at kick-off; nobody where the file names no line-up (everybody plays then).
    pub fn starting(&self, side: Side) -> Vec<InstrumentId> {
        self.squads.of(side).iter().filter(|m| m.starts).map(|m| m.instrument.clone()).collect()
    }

    /// Everybody of both squads with his side.
    pub fn everybody(&self) -> impl Iterator<Item = (Side, &SquadMember)> {
        let home = self.squads.home.iter().map(|m| (Side::Home, m));
        home.chain(self.squads.away.iter().map(|m| (Side::Away, m)))
    }

    /// Real time from kick-off to the end of the last phase.
    pub fn length(&self) -> Span {
        Span::seconds(self.phases.last().map_or(0, |span| span.ends))
    }

    /// When an event happened.
    pub fn moment_of(&self, told: &Told) -> Option<Moment> {
        self.moment(told.phase, told.minute, told.offset, told.second)
    }

    /// When an amendment came.
    pub fn moment_of_amendment(&self, amended: &Amended) -> Option<Moment> {
        self.moment(amended.phase, amended.minute, amended.offset, amended.second)
    }
}

#[cfg(test)]
mod tests;
