//! The files of the openfootball projects as they lie there, in all the forms that they have had.
//!
//! ```text
//!  {"name", "matches": [{"date", "time", "team1", "team2", "score", "goals1", "goals2", "status"}]}
//!  {"name", "rounds": [{"name", "matches": [{… "score1", "score2", "score1et", …, "timezone"}]}]}
//!  [{"name", "players": [{"number", "pos", "name"}]}]                                       squads
//! ```
//! Who reads them: `openfootball`. Fields that say nothing about the game (ground, group, club) are passed over; a value
//! of another type, or one that cannot be, refuses the whole file with its line and path.

use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::DeserializeOwned};

use super::kick_off::{Date, Time, Zone};
use crate::source::SourceError;

/// Reads a text; a failure names line and path.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, SourceError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(SourceError::of_parser)?;
    json.end().map_err(SourceError::of_trailing)?;
    Ok(value)
}

/// A tournament or a league's season.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct TournamentFile {
    pub name: Name,
    #[serde(default)]
    pub matches: Option<Vec<MatchRow>>,
    /// The older form.
    #[serde(default)]
    pub rounds: Option<Vec<Round>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Round {
    #[serde(default)]
    pub matches: Vec<MatchRow>,
}

/// What tells a tournament from another file.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Shape {
    #[serde(default)]
    pub matches: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    pub rounds: Option<serde::de::IgnoredAny>,
}

/// A match, played or not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct MatchRow {
    pub date: Date,
    #[serde(default)]
    pub time: Option<Time>,
    /// Of the older form: "UTC+3".
    #[serde(default)]
    pub timezone: Option<Zone>,
    pub team1: Team,
    pub team2: Team,
    #[serde(default)]
    pub score: Option<Score>,
    #[serde(default)]
    pub score1: Option<u16>,
    #[serde(default)]
    pub score2: Option<u16>,
    #[serde(default)]
    pub score1et: Option<u16>,
    #[serde(default)]
    pub score2et: Option<u16>,
    #[serde(default)]
    pub score1p: Option<u16>,
    #[serde(default)]
    pub score2p: Option<u16>,
    #[serde(default)]
    pub goals1: Option<Vec<Goal>>,
    #[serde(default)]
    pub goals2: Option<Vec<Goal>>,
    #[serde(default)]
    pub status: Option<String>,
}

impl MatchRow {
    /// What it came to, in one form.
    pub fn score(&self) -> Score {
        let both = |one: Option<u16>, two: Option<u16>| one.zip(two).map(|(one, two)| [one, two]);
        let old = Score {
            full_time: both(self.score1, self.score2),
            extra_time: both(self.score1et, self.score2et),
            penalties: both(self.score1p, self.score2p),
        };
        self.score.filter(|score| *score != Score::default()).unwrap_or(old)
    }

    /// Whether it was called off, or broken off without a result that counts.
    pub fn is_off(&self) -> bool {
        let off = ["canceled", "cancelled", "postponed", "abandoned", "annulled", "suspended"];
        self.status.as_ref().is_some_and(|status| off.contains(&status.to_lowercase().as_str()))
    }
}

/// A goal, in the list of the side that it counts for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Goal {
    pub name: Name,
    pub minute: Minute,
    /// Stoppage, where `minute` is a number.
    #[serde(default)]
    pub offset: Option<Stoppage>,
    #[serde(default)]
    pub penalty: Option<bool>,
    #[serde(default)]
    pub owngoal: Option<bool>,
}

/// A side's squad.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct SquadRow {
    pub name: Name,
    pub players: Vec<PlayerRow>,
}

/// A footballer of a squad.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct PlayerRow {
    pub name: Name,
    #[serde(default)]
    pub number: Option<u16>,
    #[serde(default)]
    pub pos: Option<String>,
}

/// 1 to 100 characters that hold a letter or a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(pub String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let good = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !good || super::name::words(&name).is_empty() {
            return Err(de::Error::custom(format_args!("{text:?}: takes a name of 1 to 100 characters")));
        }
        Ok(Self(name))
    }
}

/// A team by its name alone, or as an object with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Team(pub Name);

impl<'de> Deserialize<'de> for Team {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Team;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a team's name, or an object with it")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Team, E> {
                Name::deserialize(de::value::StrDeserializer::new(text)).map(Team)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Team, A::Error> {
                #[derive(Deserialize)]
                struct Named {
                    name: Name,
                }
                Named::deserialize(de::value::MapAccessDeserializer::new(map)).map(|named| Team(named.name))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A result: after 90 minutes, after extra time, of the shoot-out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Score {
    pub full_time: Option<[u16; 2]>,
    pub extra_time: Option<[u16; 2]>,
    pub penalties: Option<[u16; 2]>,
}

impl Score {
    /// The goals of both sides, shoot-out apart.
    pub fn goals(&self) -> Option<[u16; 2]> {
        self.extra_time.or(self.full_time)
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Score;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a score: [2, 0] or {\"ft\": [2, 0]}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Score, A::Error> {
                let goals = Vec::deserialize(de::value::SeqAccessDeserializer::new(seq))?;
                Ok(Score { full_time: both_of(&goals)?, ..Score::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Score, A::Error> {
                #[derive(Deserialize)]
                struct Parts {
                    #[serde(default)]
                    ft: Pair,
                    #[serde(default)]
                    et: Pair,
                    #[serde(default)]
                    p: Pair,
                }
                let parts = Parts::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Score { full_time: parts.ft.0, extra_time: parts.et.0, penalties: parts.p.0 })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// The goals of both sides; `null`, `[]` and `[null, null]` say that they are not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pair(Option<[u16; 2]>);

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        both_of(&Option::<Vec<Option<u16>>>::deserialize(deserializer)?.unwrap_or_default()).map(Self)
    }
}

fn both_of<E: de::Error>(goals: &[Option<u16>]) -> Result<Option<[u16; 2]>, E> {
    match goals {
        [] | [None, None] => Ok(None),
        [Some(one), Some(two)] => Ok(Some([*one, *two])),
        _ => Err(E::custom("takes the goals of both sides, such as [2, 0]")),
    }
}

/// A minute of football: 67, "67" or "90+4".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Minute {
    pub minute: u16,
    pub offset: u16,
}

impl Minute {
    /// The last minute that can be.
    const LAST: u16 = 150;

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches(['\'', '’']);
        let (minute, offset) = match text.split_once('+') {
            Some((minute, offset)) => (minute.trim().parse().ok()?, offset.trim().parse().ok()?),
            None => (text.parse().ok()?, 0),
        };
        (minute <= Self::LAST && offset <= crate::limits::MAX_OFFSET).then_some(Self { minute, offset })
    }
}

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Minute;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a minute such as 67 or \"90+4\"")
            }
            fn visit_u64<E: de::Error>(self, minute: u64) -> Result<Minute, E> {
                let known = u16::try_from(minute).ok().filter(|minute| *minute <= Minute::LAST);
                known.map(|minute| Minute { minute, offset: 0 }).ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(minute), &self))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Minute, E> {
                Minute::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Minutes of stoppage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stoppage(pub u16);

impl<'de> Deserialize<'de> for Stoppage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let minutes = Minute::deserialize(deserializer)?;
        let good = minutes.offset == 0 && minutes.minute <= crate::limits::MAX_OFFSET;
        good.then_some(Self(minutes.minute)).ok_or_else(|| de::Error::custom("takes minutes of stoppage, at most 60"))
    }
}
