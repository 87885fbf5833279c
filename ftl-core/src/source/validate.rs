//! What the types of a match file cannot say: who exists, what lies where, who was on the pitch.

use std::collections::{BTreeMap, BTreeSet};

use super::{MatchSource, Moment, Replacement, SourceError, SquadMember, Told};
use crate::fixture::{EventKind, MatchPhase, Position, Side};
use crate::id::{EventId, InstrumentId};

/// A match is at most this long, in seconds of real time.
const LONGEST: u64 = 24 * 3_600;

/// All checks, in the order of the fields.
pub(super) fn check(source: &MatchSource) -> Result<(), SourceError> {
    names(source)?;
    coverage(source)?;
    let sides = squads(source)?;
    phases(source)?;
    events(source, &sides)?;
    corrections(source, &sides)
}

type SideOf<'a> = BTreeMap<&'a InstrumentId, Side>;

fn names(source: &MatchSource) -> Result<(), SourceError> {
    if !source.id.is_well_formed() {
        return refuse("id", "takes 1 to 64 printable characters");
    }
    for (field, team) in [("home", &source.home), ("away", &source.away)] {
        if team.trim().is_empty() || team.chars().count() > 64 {
            return refuse(field, "takes a team's name of 1 to 64 characters");
        }
    }
    if source.home == source.away {
        return refuse("away", "is the same team as home");
    }
    Ok(())
}

fn coverage(source: &MatchSource) -> Result<(), SourceError> {
    let mut seen = BTreeSet::new();
    for (i, declared) in source.feed.coverage.iter().enumerate() {
        if !seen.insert(declared.reported) {
            return refuse(format!("feed.coverage[{i}].reported"), "is declared twice");
        }
    }
    Ok(())
}

fn squads(source: &MatchSource) -> Result<SideOf<'_>, SourceError> {
    let mut sides = SideOf::new();
    for (side, squad, field) in [(Side::Home, &source.squads.home, "home"), (Side::Away, &source.squads.away, "away")] {
        let mut numbers = BTreeSet::new();
        for (i, member) in squad.iter().enumerate() {
            let field = format!("squads.{field}[{i}] ({})", member.instrument);
            if !member.instrument.is_well_formed() {
                return refuse(field, "its instrument takes 1 to 64 printable characters");
            }
            if member.name.trim().is_empty() {
                return refuse(field, "has no name");
            }
            if sides.insert(&member.instrument, side).is_some() {
                return refuse(field, "is in the squads twice");
            }
            if !numbers.insert(member.number) {
                return refuse(field, format!("the number {} is taken", member.number));
            }
        }
        starting(squad, field)?;
    }
    Ok(sides)
}

fn starting(squad: &[SquadMember], field: &str) -> Result<(), SourceError> {
    let starting = squad.iter().filter(|m| m.starts).count();
    let keepers = squad.iter().filter(|m| m.starts && m.position == Position::Goalkeeper).count();
    match (starting, keepers) {
        (0, _) | (7..=11, 0 | 1) => Ok(()),
        (7..=11, _) => refuse(format!("squads.{field}"), format!("{keepers} goalkeepers start")),
        _ => refuse(
            format!("squads.{field}"),
            format!("{starting} footballers start; a side has 7 to 11, or nobody where the line-up is unknown"),
        ),
    }
}

fn phases(source: &MatchSource) -> Result<(), SourceError> {
    let mut before: Option<super::PhaseSpan> = None;
    for (i, span) in source.phases.iter().enumerate() {
        let field = format!("phases[{i}]");
        let follows = match before.map(|b| b.phase) {
            None => span.phase == MatchPhase::FirstHalf && span.starts == 0,
            Some(MatchPhase::FirstHalf) => span.phase == MatchPhase::HalfTime,
            Some(MatchPhase::HalfTime) => span.phase == MatchPhase::SecondHalf,
            Some(MatchPhase::SecondHalf) => matches!(span.phase, MatchPhase::ExtraTime | MatchPhase::Penalties),
            Some(MatchPhase::ExtraTime) => {
                let second = i.checked_sub(2).and_then(|n| source.phases.get(n)).is_some_and(|s| s.phase == MatchPhase::ExtraTime);
                span.phase == MatchPhase::Penalties || (span.phase == MatchPhase::ExtraTime && !second)
            }
            Some(_) => false,
        };
        if !follows {
            return refuse(field, format!("{:?} cannot stand here; the first is first_half and starts at 0", span.phase));
        }
        if span.ends <= span.starts || span.ends > LONGEST {
            return refuse(field, "ends before it begins, or after a day");
        }
        if before.is_some_and(|b| span.starts < b.ends) {
            return refuse(field, "starts before the one before it ends");
        }
        before = Some(*span);
    }
    if source.phases.is_empty() { refuse("phases", "is empty") } else { Ok(()) }
}

fn events(source: &MatchSource, sides: &SideOf<'_>) -> Result<(), SourceError> {
    let mut ids = BTreeSet::new();
    let mut last: Option<(Moment, u16, u16)> = None;
    let mut pitch = Pitch::at_kick_off(source);
    for (i, told) in source.events.iter().enumerate() {
        let field = format!("events[{i}] ({})", told.id);
        if !told.id.is_well_formed() {
            return refuse(field, "its id takes 1 to 64 printable characters");
        }
        if !ids.insert(&told.id) {
            return refuse(field, "the id is used twice");
        }
        let Some(moment) = source.moment_of(told) else {
            return refuse(field, format!("{:?} has no {}+{} at second {:?}", told.phase, told.minute, told.offset, told.second));
        };
        if last.is_some_and(|(m, minute, offset)| moment < m || (told.minute, told.offset) < (minute, offset)) {
            return refuse(field, "is earlier than the event before it");
        }
        last = Some((moment, told.minute, told.offset));
        credited(told.kind, told.instrument.as_ref(), told.related.as_ref(), sides).or_else(|what| refuse(field.as_str(), what))?;
        pitch.admit(told).or_else(|what| refuse(field.as_str(), what))?;
    }
    Ok(())
}

fn corrections(source: &MatchSource, sides: &SideOf<'_>) -> Result<(), SourceError> {
    let told_at = |id: &EventId| source.events.iter().find(|t| t.id == *id).and_then(|t| source.moment_of(t));
    let mut last: Option<Moment> = None;
    for (i, amended) in source.corrections.iter().enumerate() {
        let field = format!("corrections[{i}]");
        let Some(moment) = source.moment_of_amendment(amended) else {
            return refuse(
                field,
                format!("{:?} has no {}+{} at second {:?}", amended.phase, amended.minute, amended.offset, amended.second),
            );
        };
        let event = match (&amended.take_back, &amended.replace) {
            (Some(id), None) => id,
            (None, Some(Replacement { id, kind, instrument, related })) => {
                credited(*kind, instrument.as_ref(), related.as_ref(), sides).or_else(|what| refuse(field.as_str(), what))?;
                id
            }
            _ => return refuse(field, "takes either takeBack or replace"),
        };
        match told_at(event) {
            None => return refuse(field, format!("there is no event {event}")),
            Some(told) if told.real >= moment.real => return refuse(field, format!("comes before {event} is told")),
            Some(_) => {}
        }
        if last.is_some_and(|m| moment < m) {
            return refuse(field, "is earlier than the correction before it");
        }
        last = Some(moment);
    }
    Ok(())
}

/// Whether an event of that kind names whom it must, and nobody unknown.
fn credited(kind: EventKind, instrument: Option<&InstrumentId>, related: Option<&InstrumentId>, sides: &SideOf<'_>) -> Result<(), String> {
    for id in [instrument, related].into_iter().flatten() {
        if !sides.contains_key(id) {
            return Err(format!("{id} is in neither squad"));
        }
    }
    let needs_nobody = matches!(kind, EventKind::VarCheck | EventKind::CheckEnded | EventKind::Restart);
    if instrument.is_none() && !needs_nobody {
        return Err("names no instrument".into());
    }
    let side = |id: Option<&InstrumentId>| id.and_then(|i| sides.get(i));
    if kind == EventKind::Substitution && side(related) != side(instrument) {
        return Err("takes off (related) somebody of the same side".into());
    }
    if kind == EventKind::Goal && related.is_some() && side(related) != side(instrument) {
        return Err("its assist is of the other side".into());
    }
    if instrument.is_some() && related == instrument {
        return Err("names the same footballer twice".into());
    }
    Ok(())
}

/// Who is on the pitch (R6.1), as far as the file says.
struct Pitch {
    on: BTreeSet<InstrumentId>,
    gone: BTreeSet<InstrumentId>,
}

impl Pitch {
    fn at_kick_off(source: &MatchSource) -> Self {
        let plays = |(side, member): &(Side, &SquadMember)| member.starts || source.starting(*side).is_empty();
        let on = source.everybody().filter(plays).map(|(_, m)| m.instrument.clone()).collect();
        Self { on, gone: BTreeSet::new() }
    }

    fn admit(&mut self, told: &Told) -> Result<(), String> {
        let shoot_out = matches!(told.kind, EventKind::ShootoutGoal | EventKind::ShootoutMiss);
        let anywhere = matches!(
            told.kind,
            EventKind::Yellow | EventKind::SecondYellow | EventKind::Red | EventKind::VarCheck | EventKind::CheckEnded | EventKind::Restart
        );
        if shoot_out != (told.phase == MatchPhase::Penalties) && !anywhere {
            return Err("a kick of the shoot-out belongs into penalties, and only that".into());
        }
        if told.phase == MatchPhase::HalfTime && !anywhere && told.kind != EventKind::Substitution {
            return Err("does not happen at half-time".into());
        }
        let Some(who) = &told.instrument else { return Ok(()) };
        if told.kind == EventKind::Substitution {
            let Some(off) = told.related.as_ref().filter(|off| self.on.contains(*off)) else {
                return Err("who goes off is not on the pitch".into());
            };
            if self.on.contains(who) || self.gone.contains(who) {
                return Err(format!("{who} cannot come on"));
            }
            self.leave(off);
            self.on.insert(who.clone());
        } else if matches!(told.kind, EventKind::Red | EventKind::SecondYellow) {
            self.leave(who);
        } else if !anywhere && !self.on.contains(who) {
            return Err(format!("{who} is not on the pitch"));
        }
        Ok(())
    }

    fn leave(&mut self, who: &InstrumentId) {
        self.on.remove(who);
        self.gone.insert(who.clone());
    }
}

fn refuse<T>(field: impl Into<String>, what: impl Into<String>) -> Result<T, SourceError> {
    Err(SourceError::contradiction(field, what))
}
