//! Matches drawn from the priors of R3.3, on fixed seeds: the world in which the fair rules promise that nobody gains by
//! watching the clock. Simulations and the tests of that promise draw their matches here.
//!
//! # What holds
//! Eleven a side, a 4-4-2, all statistics covered, everybody without a record (so he starts at the prior mean). In every
//! second of play one event at most is drawn, with probability prior / 5,760 each, so that over 96 minutes the means are
//! the priors'; a match lasts 96 minutes in the mean. The rates are the same in every second: after a goal, during a
//! check, in stoppage. A stop that silenced the pitch would make the drift of R3.4, which counts a stop as played,
//! predictable behind it.
//!
//! # What cannot hold at once
//! The priors' goals of a 4-4-2 are 2 × 0.40 + 4 × 0.10 + 4 × 0.05 = 1.40, with the opponents' own goals 1.461; a keeper
//! concedes 1.35. Goals conceded move two instruments at a time (keeper's score, clean sheets of five), so **1.35
//! conceded holds** and footballers score 0.92 of their prior, in its proportions. What a footballer's score loses by
//! that he gets back in another statistic of his own: forwards and midfielders in shots on target, defenders in
//! clearances. So the mean score of each is exactly the prior's, and each price is a martingale but for the clamp at the
//! ends of the range and rounding. The same correction holds what else the priors leave open: penalties are taken by
//! forwards (each misses 0.02 rather than 0.01, since a keeper saves 0.03 and a missed one is a statistic of its taker),
//! a side with a man less scores and is scored against as before. After a caution the rate of the next is a third, since
//! it counts three times as much (−4 instead of −1). Saves are not tied to the other side's shots. A side whose keeper is
//! sent off plays on without one.
//!
//! One goal in 25 that is reported is taken back after a check, on top of the 1.35; one in 12 of the others stands after
//! one. Penalties are awarded 20 to 60 s before the kick.

mod course;
mod rates;

use crate::fixture::{MatchPhase, Position, Reported};
use crate::id::{FixtureId, InstrumentId};
use crate::rules::{Rules, ScoringRules};
use crate::seeded::Seeded;
use crate::source::{Declared, End, Feed, MatchSource, PhaseSpan, Sides, SquadMember};
use crate::time::{At, Span};

/// The shirts of a side and where they play.
const SIDE: [(u16, Position); 11] = [
    (1, Position::Goalkeeper),
    (2, Position::Defender),
    (3, Position::Defender),
    (4, Position::Defender),
    (5, Position::Defender),
    (6, Position::Midfielder),
    (7, Position::Midfielder),
    (8, Position::Midfielder),
    (11, Position::Midfielder),
    (9, Position::Forward),
    (10, Position::Forward),
];

/// All that a feed can deliver.
const ALL: [Reported; 20] = [
    Reported::Goal,
    Reported::Assist,
    Reported::ShotOnTarget,
    Reported::KeyPass,
    Reported::Tackle,
    Reported::Interception,
    Reported::Clearance,
    Reported::Aerial,
    Reported::Save,
    Reported::InsideBox,
    Reported::PenaltySaved,
    Reported::Conceded,
    Reported::CleanSheet,
    Reported::OwnGoal,
    Reported::Yellow,
    Reported::Red,
    Reported::PenaltyMissed,
    Reported::PenaltyAwarded,
    Reported::Restart,
    Reported::VarCheck,
];

/// 2030-01-05T15:00:00Z: when the first synthetic match kicks off.
const FIRST_KICK_OFF: At = At(1_893_855_600_000);
/// Between the kick-offs of two synthetic matches.
const APART: Span = Span::minutes(180);
/// The declared lag of everything.
const LAG_MS: u64 = 3_000;
/// Half-time, in seconds.
const HALF_TIME: u64 = 900;

/// A supply of matches.
#[derive(Clone, Debug)]
pub struct Synthetic {
    seed: u64,
    teams: Option<u64>,
    scoring: ScoringRules,
}

impl Synthetic {
    /// Matches of `seed`, each of two teams that never played before.
    pub fn new(seed: u64) -> Self {
        Self { seed, teams: None, scoring: Rules::fair(1_000).scoring }
    }

    /// Matches among `teams` teams (two at least, rounded up to an even number), whose footballers keep their form.
    #[must_use]
    pub fn among(self, teams: u64) -> Self {
        Self { teams: Some(teams.max(2).checked_next_multiple_of(2).unwrap_or(2)), ..self }
    }

    /// The `n`-th match.
    pub fn draw(&self, n: u64) -> MatchSource {
        let mut draws = Seeded::numbered("synthetic match", self.seed, n);
        let (home, away) = self.teams_of(n);
        let squads = Sides { home: squad(home), away: squad(away) };
        let course = course::play(&self.scoring, &squads, &mut draws);
        let second_half = course.first_half.saturating_add(HALF_TIME);
        let phases = vec![
            PhaseSpan { phase: MatchPhase::FirstHalf, starts: 0, ends: course.first_half },
            PhaseSpan { phase: MatchPhase::HalfTime, starts: course.first_half, ends: second_half },
            PhaseSpan { phase: MatchPhase::SecondHalf, starts: second_half, ends: second_half.saturating_add(course.second_half) },
        ];
        MatchSource {
            id: FixtureId(format!("synthetic-{}-{n}", self.seed).into()),
            name: format!("{} v {}, drawn from the priors", team(home), team(away)),
            notes: None,
            home: team(home),
            away: team(away),
            kick_off: FIRST_KICK_OFF.after(Span(APART.0.saturating_mul(n))),
            feed: Feed { coverage: ALL.iter().map(|reported| Declared { reported: *reported, lag_ms: Some(LAG_MS) }).collect() },
            prior_conceded: None,
            squads,
            phases,
            events: course.events,
            corrections: course.corrections,
            end: End::Finish,
        }
    }

    fn teams_of(&self, n: u64) -> (u64, u64) {
        let home = n.saturating_mul(2);
        let home = self.teams.and_then(|teams| home.checked_rem(teams)).unwrap_or(home);
        (home, home.saturating_add(1))
    }
}

fn team(number: u64) -> String {
    format!("Synthetic {number}")
}

fn squad(team_number: u64) -> Vec<SquadMember> {
    let member = |(number, position): &(u16, Position)| SquadMember {
        instrument: InstrumentId(format!("synthetic-{team_number}-{number}").into()),
        name: format!("{} number {number}", team(team_number)),
        number: *number,
        position: *position,
        starts: true,
        record: None,
    };
    SIDE.iter().map(member).collect()
}

#[cfg(test)]
mod tests;
