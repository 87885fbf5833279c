//! One match of a tournament: what is known of it, and the match source that it makes.

use super::file::{Goal, MatchRow, Score};
use super::kick_off;
use super::name;
use super::roster::{Member, Roster};
use crate::command::Footballer;
use crate::fixture::{EventKind, MatchPhase, Reported, Side};
use crate::id::{EventId, FixtureId};
use crate::limits;
use crate::source::{Declared, End, Feed, MatchSource, PhaseSpan, Sides, SquadMember, Told};
use crate::time::At;

/// What these files deliver: goals, and what follows from them. A penalty that scored was awarded before.
const COVERAGE: [Reported; 5] = [Reported::Goal, Reported::OwnGoal, Reported::Conceded, Reported::CleanSheet, Reported::PenaltyAwarded];
/// The declared lag of everything, in milliseconds: what the bundled matches declare.
const LAG_MS: u64 = 3_000;
/// Stoppage that every half has, in minutes: with it a match lasts 96 minutes, as in R3.3.
const STOPPAGE: [u16; 4] = [2, 4, 1, 1];
/// From a whistle to the kick-off after it, in minutes: half-time, before extra time, between its halves, before penalties.
const BREAKS: [u16; 4] = [15, 5, 2, 4];
/// A shoot-out, in minutes.
const SHOOT_OUT: u16 = 10;
/// Characters of a team in a fixture's id: with the date before them two teams are 64.
const LONGEST_TEAM: usize = 26;

/// A match of the file.
#[derive(Clone, Debug)]
pub(super) struct Game {
    pub id: FixtureId,
    pub day: super::kick_off::Date,
    pub kick_off: At,
    pub home: String,
    pub away: String,
    pub score: Score,
    pub known: Known,
    /// In the order of the match.
    pub goals: Vec<Scored>,
}

/// How much of it the file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Not played yet, or nobody knows.
    Nothing,
    /// It was called off.
    Off,
    /// The score, and not who scored.
    Score,
    /// The file contradicts itself.
    Contradiction(String),
    /// The score and everybody who scored.
    Goals,
}

/// A goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scored {
    /// The side that it counts for.
    pub side: Side,
    /// Who scored, as the file names him.
    pub name: String,
    pub kind: EventKind,
    pub phase: MatchPhase,
    pub minute: u16,
    pub offset: u16,
}

impl Scored {
    fn of(side: Side, goal: &Goal, extra_time: bool) -> Self {
        let kind = match (goal.owngoal.unwrap_or(false), goal.penalty.unwrap_or(false)) {
            (true, _) => EventKind::OwnGoal,
            (false, true) => EventKind::PenaltyGoal,
            (false, false) => EventKind::Goal,
        };
        let (minute, offset) = (goal.minute.minute.max(1), goal.offset.map_or(goal.minute.offset, |stoppage| stoppage.0));
        let (minute, offset) = in_its_half(minute, offset, extra_time);
        Self { side, name: goal.name.0.clone(), kind, phase: phase_of(minute), minute, offset }
    }

    /// The side that the scorer plays for.
    pub fn scorers_side(&self) -> Side {
        if self.kind == EventKind::OwnGoal { self.side.other() } else { self.side }
    }

    fn order(&self) -> (u16, u16) {
        (self.minute, self.offset)
    }
}

/// A minute as football counts it: stoppage only behind the last minute of a half, nothing beyond the last half.
///
/// 91 of a match without extra time is 90+1, 121 of one with it is 120+1, 44+2 is 46: 45+1.
fn in_its_half(minute: u16, offset: u16, extra_time: bool) -> (u16, u16) {
    let ends: &[u16] = if extra_time { &[45, 90, 105, 120] } else { &[45, 90] };
    let last = ends.last().copied().unwrap_or(90);
    let end = ends.iter().copied().find(|end| minute <= *end).unwrap_or(last);
    let whole = minute.saturating_add(offset);
    if offset == 0 && minute <= end { (minute, 0) } else { (whole.min(end), whole.saturating_sub(end)) }
}

const fn phase_of(minute: u16) -> MatchPhase {
    match minute {
        0..=45 => MatchPhase::FirstHalf,
        46..=90 => MatchPhase::SecondHalf,
        _ => MatchPhase::ExtraTime,
    }
}

impl Game {
    /// From a row of the file; `later` is how many years later it is told.
    pub fn of(row: &MatchRow, later: i16) -> Self {
        let (home, away) = (name::team(&row.team1.0.0), name::team(&row.team2.0.0));
        let id = format!("{}-{}-{}", row.date.0, name::slug(&home, LONGEST_TEAM), name::slug(&away, LONGEST_TEAM));
        let score = row.score();
        let (goals1, goals2) = (row.goals1.as_deref().unwrap_or_default(), row.goals2.as_deref().unwrap_or_default());
        // Some files forget the score after extra time, never a goal in it.
        let late = goals1.iter().chain(goals2).any(|goal| goal.minute.minute > 105);
        let extra_time = score.extra_time.is_some() || score.penalties.is_some() || late;
        let of = |side: Side, goals: &[Goal]| goals.iter().map(|goal| Scored::of(side, goal, extra_time)).collect::<Vec<_>>();
        let mut goals = of(Side::Home, goals1);
        goals.extend(of(Side::Away, goals2));
        goals.sort_by_key(Scored::order);
        let known = match score.goals() {
            _ if row.is_off() => Known::Off,
            _ if home == away => Known::Contradiction("a team plays against itself".into()),
            None if goals.is_empty() => Known::Nothing,
            None => Known::Contradiction("goals without a score".into()),
            Some(told) => told_of(told, [goals1.len(), goals2.len()]),
        };
        let kick_off = kick_off::at(row.date, row.time, row.timezone, later);
        Self { id: FixtureId(id.into()), day: row.date, kick_off, home, away, score, known, goals }
    }

    /// As warnings name it.
    pub fn title(&self) -> String {
        format!("{} {} – {}", self.day.0, self.home, self.away)
    }

    pub fn team(&self, side: Side) -> &str {
        match side {
            Side::Home => &self.home,
            Side::Away => &self.away,
        }
    }

    /// The match source, where who scored is known and what it says could have been.
    pub fn source(&self, tournament: &str, told_later: bool, roster: &Roster) -> Result<MatchSource, String> {
        let squads = Sides { home: squad(roster.of_team(&self.home))?, away: squad(roster.of_team(&self.away))? };
        let mut events = Vec::new();
        for (n, goal) in (1u32..).zip(&self.goals) {
            let who = roster.find(self.team(goal.scorers_side()), &goal.name).ok_or_else(|| format!("nobody is called {}", goal.name))?;
            let told = Told {
                id: EventId(format!("goal-{n}").into()),
                phase: goal.phase,
                minute: goal.minute,
                offset: goal.offset,
                second: None,
                kind: goal.kind,
                instrument: Some(who.footballer.instrument.clone()),
                related: None,
            };
            if goal.kind == EventKind::PenaltyGoal {
                let id = EventId(format!("goal-{n}-penalty").into());
                events.push(Told { id, kind: EventKind::PenaltyAwarded, second: Some(0), ..told.clone() });
            }
            events.push(told);
        }
        events.sort_by_key(|told| (told.minute, told.offset, told.second.unwrap_or(30)));
        let source = MatchSource {
            id: self.id.clone(),
            name: format!("{} v {}, {tournament}", self.home, self.away),
            notes: told_later.then(|| format!("Played on {}; a journal's time begins with 1970.", self.day.0)),
            home: self.home.clone(),
            away: self.away.clone(),
            kick_off: self.kick_off,
            feed: Feed { coverage: COVERAGE.iter().map(|reported| Declared { reported: *reported, lag_ms: Some(LAG_MS) }).collect() },
            prior_conceded: None,
            squads,
            phases: self.phases(),
            events,
            corrections: Vec::new(),
            end: End::Finish,
        };
        source.check().map_err(|error| error.to_string())?;
        Ok(source)
    }

    /// When each phase ran: halves as long as their last goal says, and as R3.3 has them at least.
    fn phases(&self) -> Vec<PhaseSpan> {
        let extra_time = self.score.extra_time.is_some() || self.goals.iter().any(|goal| goal.phase == MatchPhase::ExtraTime);
        let halves: &[(MatchPhase, u16, u16)] = &[
            (MatchPhase::FirstHalf, 45, 45),
            (MatchPhase::SecondHalf, 45, 90),
            (MatchPhase::ExtraTime, 15, 105),
            (MatchPhase::ExtraTime, 15, 120),
        ];
        let mut phases: Vec<PhaseSpan> = Vec::new();
        let mut now = 0u64;
        let mut push = |phase, minutes: u16, pause: u16| {
            let starts = now.saturating_add(seconds(pause));
            let ends = starts.saturating_add(seconds(minutes));
            phases.push(PhaseSpan { phase, starts, ends });
            now = ends;
        };
        let [half_time, before_extra_time, between, before_penalties] = BREAKS;
        for (n, ((phase, regular, end), least)) in halves.iter().zip(STOPPAGE).enumerate() {
            if n >= 2 && !extra_time {
                break;
            }
            let last = self.goals.iter().filter(|goal| goal.minute == *end).map(|goal| goal.offset).max().unwrap_or(0);
            let pause = match n {
                2 => before_extra_time,
                3 => between,
                _ => 0,
            };
            push(*phase, regular.saturating_add(last.max(least)), pause);
            if n == 0 {
                push(MatchPhase::HalfTime, half_time, 0);
            }
        }
        if self.score.penalties.is_some() {
            push(MatchPhase::Penalties, SHOOT_OUT, before_penalties);
        }
        phases
    }
}

fn told_of(score: [u16; 2], goals: [usize; 2]) -> Known {
    let told = score.map(usize::from);
    match goals {
        _ if goals == told => Known::Goals,
        [0, 0] => Known::Score,
        [home, away] => Known::Contradiction(format!("the score is {}–{} and {home}–{away} goals are named", score[0], score[1])),
    }
}

/// Everybody of a team, each with a number of his own. Nobody starts: without line-ups everybody plays.
fn squad(members: &[Member]) -> Result<Vec<SquadMember>, String> {
    if members.len() > limits::MAX_SQUAD {
        return Err(format!("{} footballers of one team are known, {} can play", members.len(), limits::MAX_SQUAD));
    }
    let mut numbers: std::collections::BTreeSet<u16> = std::collections::BTreeSet::new();
    let own: Vec<Option<u16>> = members.iter().map(|member| member.number.filter(|number| numbers.insert(*number))).collect();
    let mut free = 1u16..;
    let mut rows = Vec::new();
    for (member, own) in members.iter().zip(own) {
        let Some(number) = own.or_else(|| free.find(|number| !numbers.contains(number))) else { return Err("no number is free".into()) };
        let Footballer { instrument, name, position, record, .. } = member.footballer.clone();
        rows.push(SquadMember { instrument, name, number, position, starts: false, record });
    }
    Ok(rows)
}

fn seconds(minutes: u16) -> u64 {
    u64::from(minutes).saturating_mul(60)
}
