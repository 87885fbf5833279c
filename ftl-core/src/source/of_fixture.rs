//! A match that a league has played, as a source: so that it can be played again, by others.
//!
//! A state knows what happened and at which minute, not when the halves ended or how long the breaks were: halves are as
//! long as their events say, breaks as long as usual. Corrections are in the list of events already. What is expected of
//! the defences (R3.5) is the rules' default.

use super::{Declared, End, Feed, MatchSource, PhaseSpan, Sides, SquadMember, Told};
use crate::fixture::{EventKind, Fixture, Listed, MatchPhase, Participant, Side};
use crate::rulebook::Rulebook;
use crate::state::State;

/// Half-time and what lies before extra time and before a shoot-out, in seconds.
const BREAK: u64 = 900;
const SHORT_BREAK: u64 = 300;
/// A shoot-out, in seconds.
const SHOOT_OUT: u64 = 600;

/// A half: its phase, the minute that it begins after, its regular length, and stoppage at least, in minutes.
const HALVES: [(MatchPhase, u16, u16, u16); 4] = [
    (MatchPhase::FirstHalf, 0, 45, 2),
    (MatchPhase::SecondHalf, 45, 45, 4),
    (MatchPhase::ExtraTime, 90, 15, 0),
    (MatchPhase::ExtraTime, 105, 15, 0),
];

impl MatchSource {
    /// A match of `state` that has been played to its end; `None` of one that has not, or that makes no sound source.
    pub fn of_fixture<R: Rulebook>(fixture: &Fixture, state: &State<R>) -> Option<Self> {
        let end = match fixture.phase {
            MatchPhase::Finished | MatchPhase::Finalised => End::Finish,
            MatchPhase::Abandoned => End::Abandon,
            MatchPhase::Scheduled
            | MatchPhase::FirstHalf
            | MatchPhase::HalfTime
            | MatchPhase::SecondHalf
            | MatchPhase::ExtraTime
            | MatchPhase::Penalties
            | MatchPhase::Postponed => return None,
        };
        let squad = |side| {
            let them = fixture.squad.iter().filter(move |participant| participant.side == side);
            (1..).zip(them).filter_map(|(number, participant)| member(state, fixture, number, participant)).collect()
        };
        let source = Self {
            id: fixture.id.clone(),
            name: format!("{} v {}", fixture.home, fixture.away),
            notes: Some("As a league has it: halves are as long as their events say.".into()),
            home: fixture.home.clone(),
            away: fixture.away.clone(),
            kick_off: fixture.kick_off,
            feed: Feed {
                coverage: fixture.coverage.iter().map(|c| Declared { reported: c.reported, lag_ms: c.lag.map(|lag| lag.0) }).collect(),
            },
            prior_conceded: None,
            squads: Sides { home: squad(Side::Home), away: squad(Side::Away) },
            phases: phases(fixture),
            events: told(fixture),
            corrections: Vec::new(),
            end,
        };
        source.check().is_ok().then_some(source)
    }
}

fn member<R: Rulebook>(state: &State<R>, fixture: &Fixture, number: u16, participant: &Participant) -> Option<SquadMember> {
    let footballer = &state.instrument(participant.instrument)?.footballer;
    Some(SquadMember {
        instrument: participant.slug.clone(),
        name: footballer.name.clone(),
        number,
        position: participant.position,
        // Without a line-up everybody plays, and a source says so by naming none.
        starts: participant.starts && fixture.lined_up[participant.side.index()],
        record: footballer.record,
    })
}

/// Which half an event lies in.
fn half_of(listed: &Listed) -> usize {
    match listed.event.minute {
        0..=45 => 0,
        46..=90 => 1,
        91..=105 => 2,
        _ => 3,
    }
}

/// The events of the match, and those of the shoot-out: from the first kick on.
fn before_and_in_the_shoot_out(fixture: &Fixture) -> (&[Listed], &[Listed]) {
    let is_kick = |listed: &Listed| matches!(listed.event.kind, EventKind::ShootoutGoal | EventKind::ShootoutMiss);
    let first = fixture.events.iter().position(is_kick).unwrap_or(fixture.events.len());
    fixture.events.split_at(first)
}

fn phases(fixture: &Fixture) -> Vec<PhaseSpan> {
    let (played, shoot_out) = before_and_in_the_shoot_out(fixture);
    let last = played.iter().map(half_of).max().unwrap_or(0).max(1);
    let mut phases = Vec::new();
    let mut now = 0_u64;
    let mut push = |phase, pause: u64, length: u64| {
        let starts = now.saturating_add(pause);
        now = starts.saturating_add(length);
        phases.push(PhaseSpan { phase, starts, ends: now });
    };
    for (half, (phase, _, regular, least)) in HALVES.into_iter().enumerate() {
        // Nobody plays one half of extra time alone.
        if half > last && !(half == 3 && last == 2) {
            break;
        }
        let stoppage = played.iter().filter(|listed| half_of(listed) == half).map(|listed| listed.event.offset).max();
        let minutes = regular.saturating_add(stoppage.unwrap_or(0).max(least));
        let pause = if half >= 2 { SHORT_BREAK } else { 0 };
        push(phase, pause, u64::from(minutes).saturating_mul(60));
        if half == 0 {
            push(MatchPhase::HalfTime, 0, BREAK);
        }
    }
    if !shoot_out.is_empty() {
        push(MatchPhase::Penalties, SHORT_BREAK, SHOOT_OUT);
    }
    phases
}

/// The events in their order. Within its minute an event keeps its second as far as the clock tells it: of a later half
/// it is not known when it began, so its earliest event is taken to have come at the beginning of a minute.
fn told(fixture: &Fixture) -> Vec<Told> {
    let clock = |listed: &Listed| listed.event.clock.map_or(0, |clock| clock.0.checked_div(1_000).unwrap_or(0));
    // Whole minutes of its half before an event, in seconds.
    let before = |listed: &Listed| {
        let (_, begins, ..) = HALVES[half_of(listed)];
        let minutes = listed.event.minute.saturating_add(listed.event.offset).saturating_sub(begins).saturating_sub(1);
        u64::from(minutes).saturating_mul(60)
    };
    let (played, shoot_out) = before_and_in_the_shoot_out(fixture);
    let began = [0, 1, 2, 3].map(|half| {
        let of_half = played.iter().filter(|listed| half_of(listed) == half);
        let earliest = of_half.map(|listed| clock(listed).saturating_sub(before(listed))).min();
        if half == 0 { 0 } else { earliest.unwrap_or(0) }
    });
    let mut latest = ((0, 0), 0);
    let in_play = played.iter().map(|listed| {
        let half = half_of(listed);
        let second = clock(listed).saturating_sub(before(listed)).saturating_sub(began[half]).min(59);
        // Events of one minute do not go back.
        let minute = (half, before(listed));
        let second = if latest.0 == minute { second.max(latest.1) } else { second };
        latest = (minute, second);
        row(listed, HALVES[half].0, second)
    });
    let kicks = (1_u64..).zip(shoot_out).map(|(n, listed)| row(listed, MatchPhase::Penalties, n.saturating_mul(20).min(SHOOT_OUT)));
    in_play.chain(kicks).collect()
}

fn row(listed: &Listed, phase: MatchPhase, second: u64) -> Told {
    let event = &listed.event;
    Told {
        id: event.id.clone(),
        phase,
        minute: event.minute,
        offset: event.offset,
        second: Some(second),
        kind: event.kind,
        instrument: event.instrument.clone(),
        related: event.related.clone(),
    }
}
