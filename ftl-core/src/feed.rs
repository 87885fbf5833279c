//! The feed of a match whose course is known: a source and a time of kick-off become the commands of match day.
//!
//! ```text
//!  announce: CreateFixture, SetLineUp ×2
//!  Schedule: EnterPhase, TickClock …, ReportEvent, CorrectEvent, …, FinishFixture | AbandonFixture, Tick (finalised)
//! ```
//! Who calls it: replays, simulations, the demo, the server's feed job. It must not look at prices or orders: a feed
//! knows the pitch alone.
//!
//! # Order at one moment
//! The phase begins; then what happened is reported, corrections behind the events; then the clock ticks; then the
//! match ends. News before the tick: an order that is due fills after the news that came at the same moment, never
//! before it (R4.4).
//!
//! # Pace
//! At speed 1 the clock ticks every 5 s of match time, and every 5 s of journal time while it stands (R3.8). A paced
//! schedule divides the times of the match by its speed. Durations of the rules are journal time (R1.3) and keep their
//! length, so ticks come at most four times a second in play and once a second in breaks, which is more often than
//! R3.8 asks for; the last tick of a phase stands at its whistle whatever the spacing.

use crate::command::{Action, Command, Correction, CreateFixture};
use crate::fixture::{MatchEvent, Side};
use crate::id::{CommandId, FixtureId};
use crate::seeded::Seeded;
use crate::source::{Amended, End, MatchSource, Moment, Told};
use crate::time::{At, MatchClock, Span};

/// R3.8.
const TICK_EVERY: Span = Span::seconds(5);
/// Between two ticks of a paced match in play, in journal time.
const CLOSEST_IN_PLAY: Span = Span(250);
/// Between two ticks of a paced match in a break, in journal time.
const CLOSEST_IN_BREAK: Span = Span(1_000);
/// R3.7, the rules' default: when a finished match is finalised.
const FINALISED_AFTER: Span = Span::minutes(30);

/// What is sent before kick-off: the fixture and its line-ups. `kick_off` is when it is to begin.
pub fn announce(source: &MatchSource, kick_off: At) -> Vec<Action> {
    let create = CreateFixture {
        fixture: source.id.clone(),
        home: source.home.clone(),
        away: source.away.clone(),
        kick_off,
        coverage: source.coverage(),
        home_squad: source.footballers(Side::Home),
        away_squad: source.footballers(Side::Away),
        prior_conceded: source.prior_conceded.as_ref().map(|prior| (prior.home, prior.away)),
    };
    let mut actions = vec![Action::CreateFixture(Box::new(create))];
    for side in [Side::Home, Side::Away] {
        let starting = source.starting(side);
        if !starting.is_empty() {
            actions.push(Action::SetLineUp { fixture: source.id.clone(), side, starting });
        }
    }
    actions
}

/// One command of match day and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it is to be appended.
    pub at: At,
    /// What.
    pub action: Action,
}

/// Match day from kick-off to the end, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    fixture: FixtureId,
    steps: Vec<Step>,
}

impl Schedule {
    /// Match day in real time from `kick_off` on.
    pub fn of(source: &MatchSource, kick_off: At) -> Self {
        Self::paced(source, kick_off, 1)
    }

    /// Match day `speed` times as fast (1 at least); see the module's "Pace".
    pub fn paced(source: &MatchSource, kick_off: At, speed: u32) -> Self {
        let speed = u64::from(speed.max(1));
        let (in_play, in_break) = (spacing(CLOSEST_IN_PLAY, speed), spacing(CLOSEST_IN_BREAK, speed));
        let mut planned = Planned { source, kick_off, speed, in_play, in_break, steps: Vec::new() };
        planned.phases();
        planned.news();
        planned.end();
        let mut steps = std::mem::take(&mut planned.steps);
        steps.sort_by_key(|(place, _)| *place);
        let steps = steps.into_iter().map(|(place, action)| Step { at: planned.at(place), action }).collect();
        Self { fixture: source.id.clone(), steps }
    }

    /// In order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// As commands whose ids follow from `salt`, the fixture and the place in the schedule: whoever makes them makes
    /// the same, so that twice is once.
    pub fn commands(&self, salt: u64) -> impl Iterator<Item = (At, Command)> + '_ {
        let mut ids = Seeded::new(&format!("feed {}", self.fixture), salt);
        self.steps.iter().map(move |step| (step.at, command(ids.command_id(), step.action.clone())))
    }
}

impl IntoIterator for Schedule {
    type Item = Step;
    type IntoIter = std::vec::IntoIter<Step>;
    fn into_iter(self) -> Self::IntoIter {
        self.steps.into_iter()
    }
}

/// A match that is over, told at one moment: of ticks in a row the last alone, and no waiting until it is final. What it
/// leaves is what its whole schedule leaves, since a form follows from the clock and the list of events alone (R3.4).
pub fn retold(source: &MatchSource) -> Vec<Action> {
    let mut actions = announce(source, source.kick_off);
    let steps = Schedule::of(source, source.kick_off).steps;
    let is_tick = |step: Option<&Step>| step.is_some_and(|step| matches!(step.action, Action::TickClock { .. }));
    for (n, step) in steps.iter().enumerate() {
        let superseded = is_tick(Some(step)) && is_tick(steps.get(n.saturating_add(1)));
        if !superseded && !matches!(step.action, Action::Tick { .. }) {
            actions.push(step.action.clone());
        }
    }
    actions.push(Action::FinaliseFixture { fixture: source.id.clone() });
    actions
}

/// A command without an expiry; its body hash is that of the action in the journal's encoding.
pub fn command(id: CommandId, action: Action) -> Command {
    let hash = crate::hash::Hash::of(&crate::codec::encode(&action));
    let body = hash.0.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    Command { id, body, not_after: None, action }
}

/// The spacing of ticks in match time: 5 s, or what `closest` of journal time is at that speed.
const fn spacing(closest: Span, speed: u64) -> Span {
    let paced = closest.0.saturating_mul(speed);
    if speed > 1 && paced > TICK_EVERY.0 { Span(paced) } else { TICK_EVERY }
}

/// What decides the order: real time, then phase, then kind (see the module's "Order at one moment").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    real: Span,
    span: usize,
    rank: Rank,
    /// Journal time on top, never scaled (R1.3).
    later: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Enter,
    Event,
    Correction,
    Tick,
    End,
}

struct Planned<'a> {
    source: &'a MatchSource,
    kick_off: At,
    speed: u64,
    in_play: Span,
    in_break: Span,
    steps: Vec<(Place, Action)>,
}

impl Planned<'_> {
    fn at(&self, place: Place) -> At {
        let real = place.real.0.checked_div(self.speed).unwrap_or(0);
        self.kick_off.after(Span(real)).after(place.later)
    }

    fn push(&mut self, real: Span, span: usize, rank: Rank, action: Action) {
        self.steps.push((Place { real, span, rank, later: Span(0) }, action));
    }

    fn phases(&mut self) {
        let source = self.source;
        for (i, span) in source.phases.iter().enumerate() {
            let (starts, ends) = (Span::seconds(span.starts), Span::seconds(span.ends));
            let former = i.checked_sub(1).and_then(|before| source.phases.get(before));
            if former.is_none_or(|former| former.phase != span.phase) {
                self.push(starts, i, Rank::Enter, Action::EnterPhase { fixture: source.id.clone(), phase: span.phase });
            }
            let (before, after) = (source.clock_before(i), source.clock_before(i.saturating_add(1)));
            if former.is_some_and(|former| former.ends < span.starts) {
                self.tick(starts, i, before);
            }
            let every = if span.is_played() { self.in_play } else { self.in_break };
            let mut real = starts.plus(every);
            while real < ends {
                let played = if span.is_played() { real.0.saturating_sub(starts.0) } else { 0 };
                self.tick(real, i, MatchClock(before.0.saturating_add(played)));
                real = real.plus(every);
            }
            self.tick(ends, i, after);
            let resumes = source.phases.get(i.saturating_add(1)).map_or(ends, |next| Span::seconds(next.starts));
            let mut real = ends.plus(self.in_break);
            while real < resumes {
                self.tick(real, i, after);
                real = real.plus(self.in_break);
            }
        }
    }

    fn tick(&mut self, real: Span, span: usize, clock: MatchClock) {
        self.push(real, span, Rank::Tick, Action::TickClock { fixture: self.source.id.clone(), clock });
    }

    fn news(&mut self) {
        let source = self.source;
        for told in &source.events {
            let Some(Moment { real, span, .. }) = source.moment_of(told) else { continue };
            self.push(real, span, Rank::Event, Action::ReportEvent { fixture: source.id.clone(), event: event_of(told) });
        }
        for amended in &source.corrections {
            let Some(Moment { real, span, .. }) = source.moment_of_amendment(amended) else { continue };
            let Some(correction) = correction_of(source, amended) else { continue };
            self.push(real, span, Rank::Correction, Action::CorrectEvent { fixture: source.id.clone(), correction });
        }
    }

    fn end(&mut self) {
        let source = self.source;
        let (real, span) = (source.length(), source.phases.len());
        let fixture = source.id.clone();
        let end = match source.end {
            End::Finish => Action::FinishFixture { fixture },
            End::Abandon => Action::AbandonFixture { fixture },
        };
        self.push(real, span, Rank::End, end);
        // Finalising is a timer of the league (R3.7); the tick is for journals that look at no clock of their own.
        let place = Place { real, span, rank: Rank::End, later: FINALISED_AFTER };
        let due = self.at(place);
        self.steps.push((place, Action::Tick { due }));
    }
}

/// The event as the feed tells it the moment it happens: its clock is the fixture's.
fn event_of(told: &Told) -> MatchEvent {
    MatchEvent {
        id: told.id.clone(),
        kind: told.kind,
        minute: told.minute,
        offset: told.offset,
        clock: None,
        instrument: told.instrument.clone(),
        related: told.related.clone(),
    }
}

/// A replaced event keeps its minute, and its clock by bearing none (R3.7).
fn correction_of(source: &MatchSource, amended: &Amended) -> Option<Correction> {
    if let Some(event) = &amended.take_back {
        return Some(Correction::TakeBack(event.clone()));
    }
    let replacement = amended.replace.as_ref()?;
    let told = source.events.iter().find(|told| told.id == replacement.id)?;
    let (instrument, related) = (replacement.instrument.clone(), replacement.related.clone());
    Some(Correction::Replace(MatchEvent { kind: replacement.kind, instrument, related, ..event_of(told) }))
}

#[cfg(test)]
mod tests;
