//! What an import has to append: nothing where the league has it all, a batch for each match that it lacks, corrections
//! where the file says otherwise than the league.
//!
//! A match is one batch, told at one moment of the journal's time (`feed::retold`): no entry of anybody else stands
//! between its kick-off and its end, so nobody trades in it. Its result is known, so it is not played while somebody
//! holds a position or rests an order in it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Tournament;
use super::game::{Game, Known, Scored};
use super::name;
use super::roster::Roster;
use crate::command::{Action, Command, Correction};
use crate::feed;
use crate::fixture::{Fixture, Listed, MatchEvent, MatchPhase};
use crate::id::{CommandId, EventId, InstrumentId, InstrumentIdx, Seq};
use crate::rulebook::Rulebook;
use crate::source::MatchSource;
use crate::state::State;
use crate::units::Lots;

/// Footballers that are listed in one batch.
const LISTED_TOGETHER: usize = 500;

/// What an import comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The tournament's name.
    pub tournament: String,
    /// Matches with a result that the import takes, those of which only the score is known included.
    pub matches: usize,
    /// Matches of which only the score is known.
    pub score_only: usize,
    /// Goals whose scorers are known, of the matches taken.
    pub goals: usize,
    /// Footballers whom the files name.
    pub instruments: usize,
    /// Matches without a result: not played yet.
    pub not_played: usize,
    /// Matches that were called off.
    pub cancelled: usize,
    /// Matches with a result that the import does not take; `warnings` says why.
    pub refused: usize,
    /// Matches that the league did not have.
    pub added: usize,
    /// Corrections of matches that it had.
    pub corrections: usize,
    /// What is doubtful, and what was left out.
    pub warnings: Vec<String>,
}

/// An import that is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// What it came to.
    #[serde(flatten)]
    pub summary: Summary,
    /// The league's last entry before it.
    pub seq_before: u64,
    /// And after it: the same where the league had it all.
    pub seq_after: u64,
}

impl Imported {
    /// An import between two entries.
    pub const fn of(summary: Summary, before: Seq, after: Seq) -> Self {
        Self { summary, seq_before: before.0, seq_after: after.0 }
    }
}

/// What to append, in order, and what it comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Each to be appended as one batch; empty where the league has it all.
    pub batches: Vec<Vec<Action>>,
    /// What it comes to.
    pub summary: Summary,
    /// The league's last entry when it was planned.
    pub seen: Seq,
}

impl Plan {
    /// The batches as commands. Their ids follow from what the league was and from their place: whoever plans the same
    /// import for the same league makes the same, so that twice is once.
    pub fn commands(&self) -> impl Iterator<Item = Vec<Command>> + '_ {
        let command = |n: usize, m: usize, action: &Action| {
            let place = (self.seen, u64::try_from(n).unwrap_or(u64::MAX), u64::try_from(m).unwrap_or(u64::MAX));
            let hash = crate::hash::Hash::of(&crate::codec::encode(&("openfootball import", place, action)));
            let id = hash.0.first_chunk().map_or(0, |first| u128::from_be_bytes(*first));
            feed::command(CommandId(id), action.clone())
        };
        let batch = move |(n, batch): (usize, &Vec<Action>)| batch.iter().enumerate().map(|(m, action)| command(n, m, action)).collect();
        self.batches.iter().enumerate().map(batch)
    }
}

impl Tournament {
    /// What has to be appended to `league` so that it has this tournament.
    pub fn plan<R: Rulebook>(&self, league: &State<R>) -> Plan {
        let roster = Roster::of(&self.names, league.instruments().map(|row| &*row.footballer));
        let mut summary = Summary { tournament: self.name.clone(), warnings: self.warnings.clone(), ..Summary::default() };
        summary.warnings.extend(roster.warnings.iter().cloned());
        summary.instruments = roster.everybody().count();
        if roster.unknown_positions > 0 {
            let n = roster.unknown_positions;
            summary.warnings.push(format!("of {n} footballers it is not known where they play: they are scored as midfielders"));
        }
        let listings: Vec<Action> =
            roster.everybody().filter(|member| !member.listed).map(|member| Action::ListInstrument(member.footballer.clone())).collect();
        let mut plan = Plan { summary, seen: league.seq(), ..Plan::default() };
        plan.batches.extend(listings.chunks(LISTED_TOGETHER).map(<[Action]>::to_vec));
        let resting: BTreeSet<InstrumentIdx> = league.orders().map(|order| order.instrument).collect();
        for game in &self.games {
            match &game.known {
                Known::Nothing => plan.summary.not_played = plan.summary.not_played.saturating_add(1),
                Known::Off => plan.summary.cancelled = plan.summary.cancelled.saturating_add(1),
                Known::Contradiction(_) => plan.summary.refused = plan.summary.refused.saturating_add(1),
                Known::Score => {
                    plan.summary.matches = plan.summary.matches.saturating_add(1);
                    plan.summary.score_only = plan.summary.score_only.saturating_add(1);
                }
                Known::Goals => {
                    let planned = self.source(game, &roster).and_then(|source| plan.take(league, game, &source, &resting));
                    match planned {
                        Ok(()) => {
                            plan.summary.matches = plan.summary.matches.saturating_add(1);
                            plan.summary.goals = plan.summary.goals.saturating_add(game.goals.len());
                        }
                        Err(why) => {
                            plan.summary.refused = plan.summary.refused.saturating_add(1);
                            plan.summary.warnings.push(format!("{}: {why}: not imported", game.title()));
                        }
                    }
                }
            }
        }
        plan
    }
}

impl Plan {
    /// Takes a match whose goals are known.
    fn take<R: Rulebook>(
        &mut self,
        league: &State<R>,
        game: &Game,
        source: &MatchSource,
        resting: &BTreeSet<InstrumentIdx>,
    ) -> Result<(), String> {
        if let Some(fixture) = league.fixture(&source.id) {
            return self.correct(league, game, source, fixture);
        }
        guard_free(league, source.everybody().map(|(_, member)| &member.instrument), resting)?;
        self.batches.push(feed::retold(source));
        self.summary.added = self.summary.added.saturating_add(1);
        Ok(())
    }

    /// What the league has otherwise than the file becomes corrections (R3.7).
    fn correct<R: Rulebook>(&mut self, league: &State<R>, game: &Game, source: &MatchSource, fixture: &Fixture) -> Result<(), String> {
        if !matches!(fixture.phase, MatchPhase::Finished | MatchPhase::Finalised) {
            return Err(format!("the league has it, and there it is {:?}", fixture.phase));
        }
        let (mut had, mut told) = (Vec::new(), Vec::new());
        had.extend(fixture.events.iter().filter(|listed| listed.event.kind.is_goal()));
        // Goal n of the file is event `goal-n` of the source.
        let events = source.events.iter().filter(|event| event.kind.is_goal());
        let mut goals: Vec<Goal<'_>> = Vec::new();
        for (n, scored) in (1u32..).zip(&game.goals) {
            let id = EventId(format!("goal-{n}").into());
            let Some(event) = events.clone().find(|event| event.id == id) else { continue };
            let clock = source.moment_of(event).map(|moment| moment.clock.min(fixture.clock));
            goals.push(Goal { scored, instrument: event.instrument.clone(), clock });
        }
        for goal in goals {
            match had.iter().position(|listed| goal.is(league, fixture, listed)) {
                Some(place) => drop(had.remove(place)),
                None => told.push(goal),
            }
        }
        let mut corrections = Vec::new();
        for goal in told {
            let in_squad = goal.instrument.as_ref().is_some_and(|slug| fixture.place_of(slug).is_some());
            let instead = had.iter().position(|listed| fixture.conceding(listed) == Some(goal.scored.side.other()));
            let instead = instead.map(|place| had.remove(place));
            if !in_squad {
                let what = if instead.is_some() { "the goal stays with whom the league has" } else { "the goal is left out" };
                self.summary.warnings.push(format!(
                    "{}: {} was in neither squad when the match was imported: {what}",
                    game.title(),
                    goal.scored.name
                ));
                continue;
            }
            corrections.push(match instead {
                Some(listed) => {
                    let same_time = (listed.event.minute, listed.event.offset) == (goal.scored.minute, goal.scored.offset);
                    // Without a clock it keeps the one that it has.
                    Correction::Replace(MatchEvent { clock: goal.clock.filter(|_| !same_time), ..goal.event(listed.event.id.clone()) })
                }
                None => {
                    let added = corrections.iter().filter(|correction| matches!(correction, Correction::Add(_))).count();
                    Correction::Add(goal.event(free_id(fixture, added)))
                }
            });
        }
        corrections.extend(had.into_iter().map(|listed| Correction::TakeBack(listed.event.id.clone())));
        if !corrections.is_empty() {
            self.summary.corrections = self.summary.corrections.saturating_add(corrections.len());
            let id = fixture.id.clone();
            self.batches.push(corrections.into_iter().map(|correction| Action::CorrectEvent { fixture: id.clone(), correction }).collect());
        }
        Ok(())
    }
}

/// What changed since a batch was planned: a match may be played no longer once somebody holds a position in it.
///
/// # Errors
/// Why not.
pub fn still_free<R: Rulebook>(league: &State<R>, batch: &[Command]) -> Result<(), String> {
    let resting: BTreeSet<InstrumentIdx> = league.orders().map(|order| order.instrument).collect();
    for command in batch {
        let Action::CreateFixture(create) = &command.action else { continue };
        guard_free(league, create.home_squad.iter().chain(&create.away_squad).map(|footballer| &footballer.instrument), &resting)?;
    }
    Ok(())
}

/// Nobody has anything in a match whose result is known, and nobody plays in two matches at a time.
fn guard_free<'a, R: Rulebook>(
    league: &State<R>,
    squads: impl Iterator<Item = &'a InstrumentId>,
    resting: &BTreeSet<InstrumentIdx>,
) -> Result<(), String> {
    for slug in squads {
        let Some(row) = league.find_instrument(slug.as_str()) else { continue };
        if row.gross_long != Lots::ZERO || row.gross_short != Lots::ZERO || resting.contains(&row.idx) {
            return Err(format!("somebody holds a position or rests an order in {slug}, and its result is known"));
        }
        if row.fixture.is_some() {
            return Err(format!("{slug} is in another match"));
        }
    }
    Ok(())
}

/// A goal of the file beside what the league would call it.
struct Goal<'a> {
    scored: &'a Scored,
    instrument: Option<InstrumentId>,
    clock: Option<crate::time::MatchClock>,
}

impl Goal<'_> {
    /// Whether the league has it as `listed`: the same side, minute and kind, by the same footballer or by one whose name
    /// the file's is another form of.
    fn is<R: Rulebook>(&self, league: &State<R>, fixture: &Fixture, listed: &Listed) -> bool {
        let event = &listed.event;
        let same = (event.kind, event.minute, event.offset) == (self.scored.kind, self.scored.minute, self.scored.offset)
            && fixture.conceding(listed) == Some(self.scored.side.other());
        let has = |footballer: &crate::command::Footballer| {
            let (one, two) = (name::words(&footballer.name), name::words(&self.scored.name));
            one == two || name::is_short_for(&two, &one)
        };
        let listed_as = event.instrument.as_ref().and_then(|slug| league.find_instrument(slug.as_str()));
        same && (event.instrument == self.instrument || listed_as.is_some_and(|row| has(&row.footballer)))
    }

    fn event(&self, id: EventId) -> MatchEvent {
        let Scored { kind, minute, offset, .. } = *self.scored;
        MatchEvent { id, kind, minute, offset, clock: self.clock, instrument: self.instrument.clone(), related: None }
    }
}

/// An id that the fixture has never seen, `taken` new ones apart.
fn free_id(fixture: &Fixture, taken: usize) -> EventId {
    let ids = (1u32..).map(|n| EventId(format!("goal-{n}").into()));
    ids.filter(|id| !fixture.reported.contains(id)).nth(taken).unwrap_or_default()
}
