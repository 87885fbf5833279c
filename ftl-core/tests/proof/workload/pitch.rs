//! What a feed says: matches squeezed into a few dozen ticks, with everything that can happen in one.

use ftl_core::command::{Action, Command, Correction};
use ftl_core::fixture::{EventKind, Fixture, MatchEvent, MatchPhase, Participant, Position};
use ftl_core::id::{EventId, FixtureId, InstrumentId};
use ftl_core::state::State;
use ftl_core::time::MatchClock;

use super::Workload;

/// A match that was announced, or tried to be.
pub struct Match {
    pub id: FixtureId,
}

impl Match {
    pub fn of(id: FixtureId) -> Self {
        Self { id }
    }
}

/// What a feed is about to say.
#[derive(Clone, Copy)]
enum News {
    Tick,
    Event,
    Correction,
    Phase,
}

/// What happens on a pitch, by how often it is tried here: what moves prices most, most.
const EVENTS: &[(u64, EventKind)] = &[
    (16, EventKind::Goal),
    (5, EventKind::PenaltyGoal),
    (5, EventKind::OwnGoal),
    (6, EventKind::ShotOnTarget),
    (4, EventKind::KeyPass),
    (4, EventKind::Tackle),
    (3, EventKind::Interception),
    (3, EventKind::Clearance),
    (3, EventKind::Aerial),
    (4, EventKind::Save),
    (4, EventKind::SaveInsideBox),
    (5, EventKind::PenaltyAwarded),
    (3, EventKind::PenaltyMissed),
    (4, EventKind::PenaltySaved),
    (6, EventKind::Yellow),
    (3, EventKind::SecondYellow),
    (4, EventKind::Red),
    (8, EventKind::Substitution),
    (4, EventKind::VarCheck),
    (6, EventKind::CheckEnded),
    (9, EventKind::Restart),
];

impl Workload {
    /// The command and how long the feed takes to say it.
    pub(super) fn play(&mut self, state: &State, pause: u64) -> (Command, u64) {
        let known: Vec<&Fixture> = self.matches.iter().filter_map(|m| state.fixture(&m.id)).collect();
        let live: Vec<&Fixture> = known.iter().copied().filter(|f| f.phase.is_live()).collect();
        let chosen = if live.is_empty() || self.numbers.chance(6) { known } else { live };
        let Some(fixture) = self.numbers.pick(&chosen).copied() else {
            return (self.operate(state), pause);
        };
        let fixture_id = fixture.id.clone();
        let (action, pause) = match fixture.phase {
            MatchPhase::Scheduled => (self.before(fixture), pause),
            MatchPhase::Finished | MatchPhase::Abandoned => match self.numbers.below(100) {
                0..35 => (self.correct(fixture), pause),
                35..70 => (Action::FinaliseFixture { fixture: fixture_id }, pause),
                _ => (self.another(state), pause),
            },
            MatchPhase::Finalised if self.numbers.chance(30) => (self.correct(fixture), pause),
            MatchPhase::Finalised | MatchPhase::Postponed => (self.another(state), pause),
            _ => {
                let over = fixture.display_minute().is_none_or(|minute| minute >= 46 + fixture.phase.base_minute().unwrap_or(0));
                let table = if over {
                    [(40, News::Tick), (12, News::Event), (5, News::Correction), (30, News::Phase)]
                } else {
                    [(57, News::Tick), (32, News::Event), (7, News::Correction), (2, News::Phase)]
                };
                match self.numbers.weighted(&table) {
                    News::Tick => self.tick(fixture),
                    News::Event => (self.report(fixture), pause),
                    News::Correction => (self.correct(fixture), pause),
                    News::Phase => (self.move_on(fixture), pause),
                }
            }
        };
        (self.command(action), pause)
    }

    fn before(&mut self, fixture: &Fixture) -> Action {
        let id = fixture.id.clone();
        match self.numbers.below(100) {
            0..3 => Action::PostponeFixture { fixture: id },
            3..15 => {
                let side = fixture.squad[self.numbers.below(fixture.squad.len() as u64) as usize].side;
                let starting =
                    fixture.squad.iter().filter(|p| p.side == side).map(|p| p.slug.clone()).filter(|_| self.numbers.chance(80)).collect();
                Action::SetLineUp { fixture: id, side, starting }
            }
            15..18 => self.tick(fixture).0,
            _ => Action::EnterPhase { fixture: id, phase: MatchPhase::FirstHalf },
        }
    }

    /// Another match of the same teams, once the last one is over.
    fn another(&mut self, state: &State) -> Action {
        if self.matches.len() < 4 {
            let home = self.numbers.below(self.setting.teams.len() as u64) as usize;
            let away = (home + 1) % self.setting.teams.len();
            self.announce(home, away);
            if let Some(first) = self.planned.pop_front() {
                return first;
            }
        }
        self.wish(state)
    }

    /// The clock goes on: five seconds of journal time for anything up to minutes of the match.
    fn tick(&mut self, fixture: &Fixture) -> (Action, u64) {
        let stands = matches!(fixture.phase, MatchPhase::HalfTime | MatchPhase::Penalties) && !self.numbers.chance(3);
        let step = match self.numbers.below(100) {
            _ if stands => 0,
            0..35 => 5_000,
            35..40 => 0,
            40..80 => 20_000 + self.numbers.below(160_000),
            _ => 150_000 + self.numbers.below(400_000),
        };
        let pause = match self.numbers.below(100) {
            0..60 => 3_500 + self.numbers.below(2_000),
            60..75 => 6_000 + self.numbers.below(4_000),
            75..88 => 17_000 + self.numbers.below(60_000),
            _ => self.numbers.below(1_500),
        };
        (Action::TickClock { fixture: fixture.id.clone(), clock: MatchClock(fixture.clock.0 + step) }, pause)
    }

    fn move_on(&mut self, fixture: &Fixture) -> Action {
        let id = fixture.id.clone();
        let enter = |phase| Action::EnterPhase { fixture: id.clone(), phase };
        if self.numbers.chance(6) {
            return Action::AbandonFixture { fixture: id };
        }
        match fixture.phase {
            MatchPhase::FirstHalf => enter(MatchPhase::HalfTime),
            MatchPhase::HalfTime => enter(MatchPhase::SecondHalf),
            MatchPhase::SecondHalf if self.numbers.chance(25) => enter(MatchPhase::ExtraTime),
            MatchPhase::SecondHalf | MatchPhase::ExtraTime if self.numbers.chance(20) => enter(MatchPhase::Penalties),
            _ => Action::FinishFixture { fixture: id },
        }
    }

    fn report(&mut self, fixture: &Fixture) -> Action {
        let reviewing = self.numbers.chance(25);
        let kind = match fixture.phase {
            MatchPhase::HalfTime => {
                self.numbers.weighted(&[(2, EventKind::Yellow), (2, EventKind::Restart), (1, EventKind::Red), (1, EventKind::VarCheck)])
            }
            MatchPhase::Penalties => {
                self.numbers.weighted(&[(3, EventKind::ShootoutGoal), (3, EventKind::ShootoutMiss), (1, EventKind::Yellow)])
            }
            _ if reviewing => self.numbers.weighted(&[
                (5, EventKind::Restart),
                (3, EventKind::CheckEnded),
                (2, EventKind::PenaltyGoal),
                (1, EventKind::PenaltyMissed),
            ]),
            _ => self.numbers.weighted(EVENTS),
        };
        let event = self.event(fixture, kind);
        Action::ReportEvent { fixture: fixture.id.clone(), event }
    }

    /// An event of a kind with people who could have done it, nearly always.
    fn event(&mut self, fixture: &Fixture, kind: EventKind) -> MatchEvent {
        let (instrument, related) = self.cast(fixture, kind);
        let (minute, offset) = self.minute(fixture);
        let clock = match self.numbers.below(100) {
            0..65 => None,
            65..85 => Some(fixture.clock),
            85..98 => Some(MatchClock(fixture.clock.0.saturating_sub(self.numbers.below(90_000)))),
            _ => Some(MatchClock(fixture.clock.0 + 1_000)),
        };
        let id = match fixture.events.last() {
            Some(last) if self.numbers.chance(3) => last.event.id.clone(),
            // Unique in its match only, as feeds count.
            _ => EventId::from(format!("e{}", fixture.reported.len() + 1).as_str()),
        };
        MatchEvent { id, kind, minute, offset, clock, instrument, related }
    }

    /// As football counts it, and not before what is on the list.
    fn minute(&mut self, fixture: &Fixture) -> (u16, u16) {
        let latest = fixture.events.iter().map(|listed| (listed.event.minute, listed.event.offset)).max().unwrap_or((1, 0));
        if self.numbers.chance(3) {
            return (latest.0.saturating_sub(1), 0);
        }
        let base = fixture.phase.base_minute().unwrap_or(0) as u16;
        let Some(shown) = fixture.display_minute() else { return latest };
        let (shown, full) = (shown as u16 + 1, base + if base == 90 { 30 } else { 45 });
        latest.max(if shown > full { (full, shown - full) } else { (shown, 0) })
    }

    fn cast(&mut self, fixture: &Fixture, kind: EventKind) -> (Option<InstrumentId>, Option<InstrumentId>) {
        let on = |p: &&Participant| p.appearance.on.is_some() && p.appearance.off.is_none();
        let careless = self.numbers.chance(4);
        let here: Vec<&Participant> = fixture.squad.iter().filter(|p| careless || on(p)).collect();
        let keepers: Vec<&Participant> = here.iter().copied().filter(|p| p.position == Position::Goalkeeper).collect();
        let who = match kind {
            EventKind::Save | EventKind::SaveInsideBox | EventKind::PenaltySaved => self.numbers.pick(&keepers).copied(),
            EventKind::Yellow | EventKind::SecondYellow | EventKind::Red if self.numbers.chance(10) => self.numbers.pick(&fixture.squad),
            EventKind::SecondYellow => {
                let cautioned = fixture.events.iter().filter(|l| l.event.kind == EventKind::Yellow);
                let cautioned: Vec<&Participant> = cautioned.filter_map(|l| fixture.at_place(l.who)).collect();
                self.numbers.pick(&cautioned).copied().or(self.numbers.pick(&here).copied())
            }
            EventKind::Substitution => {
                let bench: Vec<&Participant> = fixture.squad.iter().filter(|p| p.appearance.on.is_none()).collect();
                self.numbers.pick(&bench).copied()
            }
            EventKind::Restart | EventKind::CheckEnded => None,
            EventKind::VarCheck if self.numbers.chance(50) => None,
            EventKind::ShootoutGoal | EventKind::ShootoutMiss => self.numbers.pick(&here).copied(),
            _ => self.numbers.pick(&here).copied(),
        };
        let Some(who) = who else { return (None, None) };
        let mates: Vec<&Participant> = here.iter().copied().filter(|p| p.side == who.side && p.slug != who.slug).collect();
        let others: Vec<&Participant> = here.iter().copied().filter(|p| p.side != who.side).collect();
        let related = match kind {
            EventKind::Goal if self.numbers.chance(60) => self.numbers.pick(&mates),
            EventKind::Substitution => self.numbers.pick(&mates),
            EventKind::PenaltySaved if self.numbers.chance(80) => self.numbers.pick(&others),
            EventKind::VarCheck if self.numbers.chance(30) => self.numbers.pick(&others),
            _ => None,
        };
        (Some(who.slug.clone()), related.map(|p| p.slug.clone()))
    }

    fn correct(&mut self, fixture: &Fixture) -> Action {
        let goals: Vec<&MatchEvent> = fixture.events.iter().map(|l| &l.event).filter(|e| e.kind.is_goal()).collect();
        let all: Vec<&MatchEvent> = fixture.events.iter().map(|l| &l.event).collect();
        let of = if self.numbers.chance(60) && !goals.is_empty() { goals } else { all };
        let Some(event) = self.numbers.pick(&of).map(|event| (*event).clone()) else { return self.report(fixture) };
        let correction = match self.numbers.below(100) {
            0..45 => Correction::TakeBack(event.id),
            45..49 => Correction::TakeBack(EventId::from("nobody-saw-it")),
            49..78 => {
                let kind = if self.numbers.chance(60) { event.kind } else { self.numbers.weighted(EVENTS) };
                let (instrument, related) = self.cast(fixture, kind);
                Correction::Replace(MatchEvent { kind, instrument, related, ..event })
            }
            _ => {
                let kind = self.numbers.weighted(EVENTS);
                let earlier = MatchClock(self.numbers.below(fixture.clock.0 + 1));
                let new = self.event(fixture, kind);
                Correction::Add(MatchEvent { minute: event.minute, offset: event.offset, clock: Some(earlier), ..new })
            }
        };
        Action::CorrectEvent { fixture: fixture.id.clone(), correction }
    }
}
