//! Something happened on the pitch (R6.1, R3.9): validated, listed, reviewed, priced.

use crate::event::Event;
use crate::fixture::{EventKind, Fixture, Listed, MatchEvent, MatchPhase, Participant};
use crate::id::{EventId, FixtureId};
use crate::limits;
use crate::rejection::Rejection;
use crate::rulebook::Rulebook;
use crate::state::State;

impl<R: Rulebook> State<R> {
    pub(crate) fn report_event(&mut self, id: &FixtureId, event: &MatchEvent) -> Result<(), Rejection> {
        let fixture = self.fixture(id).ok_or(Rejection::UnknownFixture)?;
        if !is_timely(event.kind, fixture.phase) {
            return Err(Rejection::WrongPhase { phase: fixture.phase });
        }
        guard_new(fixture, &event.id)?;
        let listed = guard_event(fixture, event)?;
        let latest = fixture.events.iter().map(|l| (l.event.minute, l.event.offset)).max();
        let goes_back = latest.is_some_and(|latest| (event.minute, event.offset) < latest);
        if goes_back || event.clock.is_some_and(|clock| clock > fixture.clock) {
            return Err(Rejection::ClockBack);
        }
        guard_on_pitch(fixture, &listed)?;
        // From here nothing can fail.
        let event = MatchEvent { clock: Some(event.clock.unwrap_or(fixture.clock)), ..event.clone() };
        self.amend(id, Event::EventReported { fixture: id.clone(), event }, Some(listed));
        Ok(())
    }
}

/// Which phases an event may be reported in.
fn is_timely(kind: EventKind, phase: MatchPhase) -> bool {
    let in_play = phase.base_minute().is_some();
    match kind {
        EventKind::ShootoutGoal | EventKind::ShootoutMiss => phase == MatchPhase::Penalties,
        EventKind::Yellow
        | EventKind::SecondYellow
        | EventKind::Red
        | EventKind::Substitution
        | EventKind::VarCheck
        | EventKind::CheckEnded
        | EventKind::Restart => phase.is_live(),
        EventKind::Goal
        | EventKind::PenaltyGoal
        | EventKind::OwnGoal
        | EventKind::ShotOnTarget
        | EventKind::KeyPass
        | EventKind::Tackle
        | EventKind::Interception
        | EventKind::Clearance
        | EventKind::Aerial
        | EventKind::Save
        | EventKind::SaveInsideBox
        | EventKind::PenaltyAwarded
        | EventKind::PenaltyMissed
        | EventKind::PenaltySaved => in_play,
    }
}

/// An id that the fixture has not seen, while there is room for it.
pub(crate) fn guard_new(fixture: &Fixture, event: &EventId) -> Result<(), Rejection> {
    if fixture.reported.contains(event) {
        return Err(Rejection::DuplicateEvent);
    }
    if fixture.reported.len() >= limits::MAX_EVENTS {
        return Err(limits::too_many(limits::MAX_EVENTS));
    }
    Ok(())
}

/// A well-formed event of known footballers, wherever it stands.
pub(crate) fn guard_event(fixture: &Fixture, event: &MatchEvent) -> Result<Listed, Rejection> {
    if !event.id.is_well_formed() {
        return Err(limits::invalid("eventId", "1 to 64 characters"));
    }
    if event.minute > limits::MAX_MINUTE || event.offset > limits::MAX_OFFSET {
        return Err(limits::invalid("minute", "at most 130, with an offset of at most 60"));
    }
    let listed = fixture.listed(event.clone());
    if event.instrument.is_some() != listed.who.is_some() || event.related.is_some() != listed.other.is_some() {
        return Err(Rejection::UnknownInstrument);
    }
    let needs_nobody = matches!(event.kind, EventKind::VarCheck | EventKind::CheckEnded | EventKind::Restart);
    if !needs_nobody && listed.who.is_none() {
        return Err(limits::invalid("instrument", "the footballer that the event is credited to"));
    }
    if listed.who.is_some() && listed.who == listed.other {
        return Err(limits::invalid("related", "another footballer than the instrument"));
    }
    if event.kind == EventKind::Substitution && listed.other.is_none() {
        return Err(limits::invalid("related", "the footballer who goes off"));
    }
    Ok(listed)
}

/// R6.1: who an event is credited to is on the pitch.
fn guard_on_pitch(fixture: &Fixture, listed: &Listed) -> Result<(), Rejection> {
    let clock = listed.event.clock.unwrap_or(fixture.clock);
    let on = |p: Option<&Participant>| p.is_none_or(|p| p.appearance.on_pitch(clock));
    let (who, other) = (fixture.at_place(listed.who), fixture.at_place(listed.other));
    let good = match listed.event.kind {
        EventKind::Yellow | EventKind::SecondYellow | EventKind::Red | EventKind::VarCheck | EventKind::CheckEnded | EventKind::Restart => {
            true
        }
        EventKind::Substitution => {
            let fresh = who.is_some_and(|p| p.appearance.on.is_none());
            let leaves = other.is_some_and(|p| p.appearance.on.is_some() && p.appearance.off.is_none());
            fresh && leaves && who.map(|p| p.side) == other.map(|p| p.side)
        }
        EventKind::Goal
        | EventKind::PenaltyGoal
        | EventKind::OwnGoal
        | EventKind::ShotOnTarget
        | EventKind::KeyPass
        | EventKind::Tackle
        | EventKind::Interception
        | EventKind::Clearance
        | EventKind::Aerial
        | EventKind::Save
        | EventKind::SaveInsideBox
        | EventKind::PenaltyAwarded
        | EventKind::PenaltyMissed
        | EventKind::PenaltySaved
        | EventKind::ShootoutGoal
        | EventKind::ShootoutMiss => on(who) && on(other),
    };
    good.then_some(()).ok_or(Rejection::NotOnPitch)
}
