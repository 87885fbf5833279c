//! Tournaments of the openfootball projects: a file of results becomes matches that can be played, and instruments that
//! keep their identity from one tournament to the next.
//!
//! ```text
//!  file, squads ──parse──▶ Tournament ──matches──▶ MatchSource … ──▶ replays, simulations
//!                               └──────plan(&State)──▶ batches of actions ──▶ journal
//! ```
//! Who calls it: `ftl import`, `POST /api/admin/imports`, simulations. It must not invent anybody: instruments are the
//! footballers whom the file or the squads name.
//!
//! # What a file tells
//! - A goal stands in the list of the side that it counts for; an own goal's scorer plays for the other side.
//! - Without line-ups everybody known of a team plays the whole match. Of whom no squad says where he plays, he is scored
//!   as a midfielder. A shoot-out is no statistic.
//! - A match whose scorers are not told is counted and not played: nothing in a league can follow from it. Goals that
//!   contradict the score refuse that match, with a warning. What does not read refuses the file, with line and field.
//! - A fixture is its day and its two teams; a footballer is his team and his name ([`roster`](self)).

mod file;
mod game;
mod kick_off;
mod name;
mod plan;
mod roster;
#[cfg(test)]
mod tests;

pub use plan::{Imported, Plan, Summary, still_free};

use std::collections::BTreeMap;

use self::file::{MatchRow, SquadRow, TournamentFile};
use self::game::{Game, Known};
use self::roster::{Names, Roster};
use crate::command::Footballer;
use crate::fixture::Position;
use crate::id::FixtureId;
use crate::source::{MatchSource, SourceError};

/// Footballers whom the files may name of one team.
const MOST_OF_A_TEAM: usize = 1_000;

/// A tournament as its files tell it.
#[derive(Clone, Debug)]
pub struct Tournament {
    name: String,
    /// In the order of kick-off, of one moment in that of the file.
    games: Vec<Game>,
    names: Names,
    told_later: bool,
    /// What the files say that cannot be taken as it is.
    warnings: Vec<String>,
}

impl Tournament {
    /// Reads a tournament's text, and that of its squads where there are any.
    ///
    /// # Errors
    /// Names the line and the field of what does not read.
    pub fn parse(text: &str, squads: Option<&str>) -> Result<Self, SourceError> {
        let file: TournamentFile = file::read(text)?;
        let squads: Vec<SquadRow> = squads.map(file::read).transpose()?.unwrap_or_default();
        let rows: Vec<MatchRow> = match (file.matches, file.rounds) {
            (Some(matches), None) => matches,
            (None, Some(rounds)) => rounds.into_iter().flat_map(|round| round.matches).collect(),
            (None, None) => return Err(SourceError::contradiction("matches", "is missing, and so is rounds")),
            (Some(_), Some(_)) => return Err(SourceError::contradiction("rounds", "stands beside matches; one of them is enough")),
        };
        let tournament = Self::of(file.name.0, &rows, &squads);
        match tournament.names.largest() {
            (team, n) if n > MOST_OF_A_TEAM => {
                Err(SourceError::contradiction(team, format!("has {n} footballers; at most {MOST_OF_A_TEAM}")))
            }
            _ => Ok(tournament),
        }
    }

    fn of(name: String, rows: &[MatchRow], squads: &[SquadRow]) -> Self {
        let later = rows.iter().map(|row| row.date).min().map_or(0, kick_off::years_later);
        let mut games: Vec<Game> = rows.iter().map(|row| Game::of(row, later)).collect();
        let mut warnings = Vec::new();
        once_each(&mut games, &mut warnings);
        games.sort_by_key(|game| game.kick_off);
        let mut names = Names::default();
        for squad in squads {
            for player in &squad.players {
                let position = player.pos.as_deref().and_then(position);
                if !names.of_squad(&squad.name.0, &player.name.0, position, player.number) {
                    warnings.push(format!("{}: {} is in the squad twice, and is one footballer", squad.name.0, player.name.0));
                }
            }
        }
        for game in games.iter().filter(|game| game.known == Known::Goals) {
            for goal in &game.goals {
                names.of_goal(game.team(goal.scorers_side()), &goal.name);
            }
        }
        for game in &mut games {
            // Nobody scored, and nobody is known who could have played.
            if game.known == Known::Goals && !names.knows(&game.home) && !names.knows(&game.away) {
                game.known = Known::Score;
            }
            if let Known::Contradiction(what) = &game.known {
                warnings.push(format!("{}: {what}: not imported", game.title()));
            }
        }
        Self { name, games, names, told_later: later > 0, warnings }
    }

    /// Whether a text is of a tournament rather than of one match: it has `matches`, or `rounds`.
    pub fn is_one(text: &str) -> bool {
        serde_json::from_str::<file::Shape>(text).is_ok_and(|shape| shape.matches.is_some() || shape.rounds.is_some())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The matches whose goals are known, in the order of kick-off, for a league that knows nobody yet.
    pub fn matches(&self) -> Vec<MatchSource> {
        self.matches_among(std::iter::empty())
    }

    /// The same where `listed` are instruments already: they keep their slugs.
    pub fn matches_among<'a>(&self, listed: impl Iterator<Item = &'a Footballer>) -> Vec<MatchSource> {
        let roster = Roster::of(&self.names, listed);
        self.played().filter_map(|game| self.source(game, &roster).ok()).collect()
    }

    /// Everybody whom the files name, as a league that knows nobody yet would list him.
    pub fn footballers(&self) -> Vec<Footballer> {
        Roster::of(&self.names, std::iter::empty()).everybody().map(|member| member.footballer.clone()).collect()
    }

    fn played(&self) -> impl Iterator<Item = &Game> {
        self.games.iter().filter(|game| game.known == Known::Goals)
    }

    fn source(&self, game: &Game, roster: &Roster) -> Result<MatchSource, String> {
        game.source(&self.name, self.told_later, roster)
    }
}

/// Of two rows for one fixture that one stands which tells more.
fn once_each(games: &mut Vec<Game>, warnings: &mut Vec<String>) {
    let mut kept: Vec<Game> = Vec::new();
    let mut places: BTreeMap<FixtureId, usize> = BTreeMap::new();
    for game in games.drain(..) {
        let place = *places.entry(game.id.clone()).or_insert(kept.len());
        let Some(other) = kept.get_mut(place) else {
            kept.push(game);
            continue;
        };
        let tells = |game: &Game| match game.known {
            Known::Goals => 3,
            Known::Score => 2,
            Known::Contradiction(_) => 1,
            Known::Nothing | Known::Off => 0,
        };
        if tells(other) > 0 && tells(&game) > 0 && (other.score, &other.goals) != (game.score, &game.goals) {
            warnings.push(format!("{}: stands in the file twice, and differs: one of them is not imported", game.title()));
        }
        if tells(&game) > tells(other) {
            *other = game;
        }
    }
    *games = kept;
}

/// Where a squad says that somebody plays.
fn position(text: &str) -> Option<Position> {
    match text.trim().to_uppercase().as_str() {
        "GK" | "G" | "GOALKEEPER" => Some(Position::Goalkeeper),
        "DF" | "D" | "DEF" | "DEFENDER" => Some(Position::Defender),
        "MF" | "M" | "MID" | "MIDFIELDER" => Some(Position::Midfielder),
        "FW" | "F" | "FWD" | "ST" | "FORWARD" => Some(Position::Forward),
        _ => None,
    }
}
