//! Matches as rows: fixtures, their squads, and their lists of events.
//!
//! Events name footballers by slug and squads by number, so the squads' slugs are taken from the command that announced
//! the match: it is in the same entry.

use std::collections::BTreeMap;

use super::run::Run;
use crate::command::Action;
use crate::event::Event;
use crate::fixture::{Coverage, MatchEvent, MatchPhase, Side};
use crate::id::{EventId, FixtureId, InstrumentId, Seq};
use crate::time::{At, MatchClock};

/// What a run does to matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatchChanges {
    /// Announced.
    pub made: Vec<FixtureRow>,
    /// Phase and clock of each that moved, the announced ones among them.
    pub moved: BTreeMap<FixtureId, FixturePatch>,
    /// The lists of events, by match and event.
    pub events: BTreeMap<(FixtureId, EventId), MatchEventChange>,
}

/// A match as it is announced: scheduled, at 0:00.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixtureRow {
    /// Which.
    pub fixture: FixtureId,
    /// Team names.
    pub home: String,
    /// Team names.
    pub away: String,
    /// When it is planned to begin.
    pub kick_off: At,
    /// What its feed delivers.
    pub coverage: Vec<Coverage>,
    /// When it was announced.
    pub created_at: At,
    /// By which entry.
    pub created_seq: Seq,
    /// Everybody, with his side.
    pub squad: Vec<(InstrumentId, Side)>,
}

/// What a run changes of a match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FixturePatch {
    /// The phase that it entered last, and when.
    pub phase: Option<(MatchPhase, At, Seq)>,
    /// Where its clock stands.
    pub clock: Option<MatchClock>,
}

/// What a run changes of an event on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchEventChange {
    /// As it stands; `None`: as it stood before the run.
    pub event: Option<MatchEvent>,
    /// The entry that put it on the list, where that was in this run, and when.
    pub reported: Option<(At, Seq)>,
    /// How it stands.
    pub standing: EventStanding,
    /// The entry that changed it last.
    pub changed: Seq,
}

/// How an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventStanding {
    /// As the feed reported it.
    Reported,
    /// Replaced, or added by a correction.
    Corrected,
    /// Taken back.
    Withdrawn,
}

impl EventStanding {
    /// Its stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Corrected => "corrected",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What a run does to matches.
pub fn match_changes(run: Run<'_>) -> MatchChanges {
    let mut changes = MatchChanges::default();
    for (command, outcome) in run.entries() {
        let (at, seq) = (outcome.at, outcome.seq);
        for event in &outcome.events {
            #[allow(clippy::wildcard_enum_match_arm, reason = "the others change no match's row")]
            match event {
                Event::FixtureCreated { fixture, home, away, kick_off, coverage, .. } => changes.made.push(FixtureRow {
                    fixture: fixture.clone(),
                    home: home.clone(),
                    away: away.clone(),
                    kick_off: *kick_off,
                    coverage: coverage.clone(),
                    created_at: at,
                    created_seq: seq,
                    squad: squad(&command.action),
                }),
                Event::PhaseEntered { fixture, phase } => {
                    changes.moved.entry(fixture.clone()).or_default().phase = Some((*phase, at, seq));
                }
                Event::ClockTicked { fixture, clock } => changes.moved.entry(fixture.clone()).or_default().clock = Some(*clock),
                Event::EventReported { fixture, event } => {
                    changes.list(fixture, &event.id, Some(event), EventStanding::Reported, (at, seq));
                }
                Event::EventCorrected { fixture, event, replacement } => {
                    let standing = if replacement.is_some() { EventStanding::Corrected } else { EventStanding::Withdrawn };
                    changes.list(fixture, event, replacement.as_ref(), standing, (at, seq));
                }
                _ => {}
            }
        }
    }
    changes
}

impl MatchChanges {
    /// Whether the run touched nothing here.
    pub fn is_empty(&self) -> bool {
        self.made.is_empty() && self.moved.is_empty() && self.events.is_empty()
    }

    fn list(&mut self, fixture: &FixtureId, id: &EventId, event: Option<&MatchEvent>, standing: EventStanding, when: (At, Seq)) {
        let none = MatchEventChange { event: None, reported: None, standing, changed: when.1 };
        let change = self.events.entry((fixture.clone(), id.clone())).or_insert(none);
        if event.is_some() {
            change.event = event.cloned();
            // A store that has the event already keeps the place that it has on the list.
            change.reported = change.reported.or(Some(when));
        }
        (change.standing, change.changed) = (standing, when.1);
    }
}

fn squad(action: &Action) -> Vec<(InstrumentId, Side)> {
    let Action::CreateFixture(create) = action else { return Vec::new() };
    let of = |side: Side, squad: &[crate::command::Footballer]| -> Vec<(InstrumentId, Side)> {
        squad.iter().map(|footballer| (footballer.instrument.clone(), side)).collect()
    };
    let mut everybody = of(Side::Home, &create.home_squad);
    everybody.extend(of(Side::Away, &create.away_squad));
    everybody
}
