//! Fixtures from announcement to the end (R6.1): squads, line-ups, phases.

use std::collections::BTreeSet;

use crate::command::CreateFixture;
use crate::event::Event;
use crate::fixture::{Fixture, MatchPhase, Reported, Side};
use crate::id::{FixtureId, InstrumentId, InstrumentIdx};
use crate::limits;
use crate::rejection::Rejection;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::units::Score;

impl<R: Rulebook> State<R> {
    pub(crate) fn create_fixture(&mut self, create: &CreateFixture) -> Result<(), Rejection> {
        if !create.fixture.is_well_formed() {
            return Err(limits::invalid("fixture", "1 to 64 characters"));
        }
        if self.fixture(&create.fixture).is_some() {
            return Err(Rejection::FixtureExists);
        }
        limits::check_name("home", &create.home)?;
        limits::check_name("away", &create.away)?;
        if create.home == create.away {
            return Err(limits::invalid("away", "another team than home"));
        }
        self.guard_squads(create)?;
        self.guard_coverage(create)?;
        if self.fixtures.len() >= limits::MAX_FIXTURES {
            return Err(limits::too_many(limits::MAX_FIXTURES));
        }
        // From here nothing can fail.
        let mut squad = Vec::new();
        for (side, footballers) in [(Side::Home, &create.home_squad), (Side::Away, &create.away_squad)] {
            for footballer in footballers {
                let known = self.find_instrument(footballer.instrument.as_str()).map(|row| row.idx);
                squad.push((known.unwrap_or_else(|| self.emit_listed(footballer)), side));
            }
        }
        self.emit(Event::FixtureCreated {
            fixture: create.fixture.clone(),
            home: create.home.clone(),
            away: create.away.clone(),
            kick_off: create.kick_off,
            coverage: create.coverage.clone(),
            squad,
            prior_conceded: create.prior_conceded,
        });
        Ok(())
    }

    /// Everybody once; who is listed already has the same position, and there is room for the others.
    fn guard_squads(&self, create: &CreateFixture) -> Result<(), Rejection> {
        let squads = [&create.home_squad, &create.away_squad];
        // Of a side of long ago nobody may be known.
        if squads.iter().any(|squad| squad.len() > limits::MAX_SQUAD) {
            return Err(limits::invalid("squads", "at most 60 footballers a side"));
        }
        let mut seen = BTreeSet::new();
        let mut new = 0usize;
        for footballer in squads.into_iter().flatten() {
            limits::check_footballer(footballer)?;
            if !seen.insert(&footballer.instrument) {
                return Err(Rejection::InstrumentBusy);
            }
            match self.find_instrument(footballer.instrument.as_str()) {
                Some(listed) if listed.footballer.position != footballer.position => return Err(Rejection::InstrumentExists),
                Some(_) => {}
                None => new = new.saturating_add(1),
            }
        }
        if self.instruments.len().saturating_add(new) > limits::MAX_INSTRUMENTS {
            return Err(limits::too_many(limits::MAX_INSTRUMENTS));
        }
        Ok(())
    }

    fn guard_coverage(&self, create: &CreateFixture) -> Result<(), Rejection> {
        let distinct: BTreeSet<Reported> = create.coverage.iter().map(|c| c.reported).collect();
        if distinct.len() != create.coverage.len() {
            return Err(limits::invalid("coverage", "each statistic once"));
        }
        let sane = |score: Score| score > Score::ZERO && score <= Score::from_units(10_000_000);
        if create.prior_conceded.is_some_and(|(home, away)| !sane(home) || !sane(away)) {
            return Err(limits::invalid("priorConceded", "more than 0, at most 10.000000"));
        }
        Ok(())
    }

    pub(crate) fn set_line_up(&mut self, id: &FixtureId, side: Side, starting: &[InstrumentId]) -> Result<(), Rejection> {
        let fixture = self.fixture(id).ok_or(Rejection::UnknownFixture)?;
        if fixture.phase != MatchPhase::Scheduled {
            return Err(Rejection::WrongPhase { phase: fixture.phase });
        }
        let in_squad = |slug: &InstrumentId| {
            let place = fixture.place_of(slug);
            fixture.at_place(place).filter(|p| p.side == side).map(|p| p.instrument).ok_or(Rejection::UnknownInstrument)
        };
        let numbers: Vec<InstrumentIdx> = starting.iter().map(in_squad).collect::<Result<_, _>>()?;
        let distinct: BTreeSet<_> = numbers.iter().collect();
        if numbers.is_empty() || distinct.len() != numbers.len() || numbers.len() > 11 {
            return Err(limits::invalid("starting", "1 to 11 footballers, each once"));
        }
        // From here nothing can fail.
        self.emit(Event::LineUpSet { fixture: id.clone(), side, starting: numbers });
        Ok(())
    }

    pub(crate) fn enter_phase(&mut self, id: &FixtureId, phase: MatchPhase) -> Result<(), Rejection> {
        use MatchPhase::{ExtraTime, FirstHalf, HalfTime, Penalties, Scheduled, SecondHalf};
        let fixture = self.fixture(id).ok_or(Rejection::UnknownFixture)?;
        let follows = matches!(
            (fixture.phase, phase),
            (Scheduled, FirstHalf)
                | (FirstHalf, HalfTime)
                | (HalfTime, SecondHalf)
                | (SecondHalf, ExtraTime | Penalties)
                | (ExtraTime, Penalties)
        );
        if !follows {
            return Err(Rejection::WrongPhase { phase: fixture.phase });
        }
        if phase == FirstHalf {
            self.guard_kick_off(fixture)?;
        }
        // From here nothing can fail.
        self.emit(Event::PhaseEntered { fixture: id.clone(), phase });
        if phase == FirstHalf {
            // Fair: nothing moves, the form is `previous`. Classic counts from zero from here on (R3.4).
            self.reprice(id, false);
        }
        Ok(())
    }

    /// R4.4, R3.9: what a feed must say of itself before it may serve `live`; and nobody plays two matches at a time.
    fn guard_kick_off(&self, fixture: &Fixture) -> Result<(), Rejection> {
        if self.rules.in_play.is_some() && fixture.declared_lag().is_none() {
            return Err(Rejection::FeedLagUndeclared);
        }
        if self.rules.review.is_some() && !fixture.sheet.covers(Reported::PenaltyAwarded) {
            return Err(Rejection::FeedIncomplete);
        }
        let busy = |instrument: InstrumentIdx| self.instrument(instrument).is_some_and(|row| row.fixture.is_some());
        if fixture.squad.iter().any(|p| busy(p.instrument)) {
            return Err(Rejection::InstrumentBusy);
        }
        Ok(())
    }

    pub(crate) fn finalise(&mut self, id: &FixtureId) -> Result<(), Rejection> {
        let fixture = self.fixture(id).ok_or(Rejection::UnknownFixture)?;
        if !fixture.awaits_final() {
            return Err(Rejection::WrongPhase { phase: fixture.phase });
        }
        // From here nothing can fail.
        self.emit(Event::PhaseEntered { fixture: id.clone(), phase: MatchPhase::Finalised });
        Ok(())
    }

    pub(crate) fn postpone(&mut self, id: &FixtureId) -> Result<(), Rejection> {
        let fixture = self.fixture(id).ok_or(Rejection::UnknownFixture)?;
        if fixture.phase != MatchPhase::Scheduled {
            return Err(Rejection::WrongPhase { phase: fixture.phase });
        }
        // From here nothing can fail.
        self.emit(Event::PhaseEntered { fixture: id.clone(), phase: MatchPhase::Postponed });
        Ok(())
    }
}
