//! The list of events is amended (R3.7), by a report or a correction, and the price follows.

use std::collections::{BTreeMap, BTreeSet};

use crate::command::Correction;
use crate::engine::report::{guard_event, guard_new};
use crate::event::Event;
use crate::fixture::{Fixture, Listed, MatchEvent, MatchPhase};
use crate::id::{EventId, FixtureId, InstrumentIdx, OrderId, PositionId};
use crate::mutant::Mutant;
use crate::order::CancelReason;
use crate::rejection::Rejection;
use crate::rulebook::{Rulebook, ScoringModel};
use crate::state::State;
use crate::time::MatchClock;
use crate::units::Score;

impl<R: Rulebook> State<R> {
    pub(crate) fn correct_event(&mut self, id: &FixtureId, correction: &Correction) -> Result<(), Rejection> {
        let fixture = self.fixture(id).ok_or(Rejection::UnknownFixture)?;
        if matches!(fixture.phase, MatchPhase::Scheduled | MatchPhase::Postponed) {
            return Err(Rejection::WrongPhase { phase: fixture.phase });
        }
        let known = |event: &EventId| {
            let listed = fixture.events.iter().find(|listed| listed.event.id == *event);
            listed.map(|listed| listed.event.clock).ok_or_else(|| Rejection::UnknownEvent { event: event.clone() })
        };
        // Without a clock a replacement keeps the old one's, an addition has the fixture's.
        let within = |event: &MatchEvent, otherwise: Option<MatchClock>| match event.clock {
            Some(clock) if clock > fixture.clock => Err(Rejection::ClockBack),
            _ => Ok(MatchEvent { clock: event.clock.or(otherwise).or(Some(fixture.clock)), ..event.clone() }),
        };
        let (event, replacement) = match correction {
            Correction::TakeBack(event) => {
                known(event)?;
                (event.clone(), None)
            }
            Correction::Replace(event) => {
                let clock = known(&event.id)?;
                guard_event(fixture, event)?;
                (event.id.clone(), Some(within(event, clock)?))
            }
            Correction::Add(event) => {
                guard_new(fixture, &event.id)?;
                guard_event(fixture, event)?;
                (event.id.clone(), Some(within(event, None)?))
            }
        };
        // From here nothing can fail.
        self.amend(id, Event::EventCorrected { fixture: id.clone(), event, replacement }, None);
        Ok(())
    }

    /// Emits the change of the list, and what follows: reviews, prices, orders that an event intervened in.
    /// `reported` is the event of a report; of a correction `None`.
    pub(crate) fn amend(&mut self, id: &FixtureId, change: Event, reported: Option<Listed>) {
        let before = self.scores(id);
        self.emit(change);
        let after = self.scores(id);
        let moved: BTreeSet<InstrumentIdx> =
            after.iter().filter(|(idx, score)| before.get(*idx) != Some(*score)).map(|(idx, _)| *idx).collect();
        let Some(phase) = self.fixture(id).map(|fixture| fixture.phase) else { return };
        let mut touched = moved.clone();
        if phase.is_live() {
            touched.extend(self.review_after(id, reported.as_ref(), &moved));
        }
        if phase == MatchPhase::Finalised {
            return;
        }
        self.reprice(id, !phase.is_live());
        if !self.mutated(Mutant::EventCancelsNothing) {
            self.intervene(&touched);
        }
    }

    /// What everybody would have for this match at the fixture's clock: who differs has been moved.
    fn scores(&self, id: &FixtureId) -> BTreeMap<InstrumentIdx, (Score, Option<crate::time::Span>, Score)> {
        let Some(fixture) = self.fixture(id) else { return BTreeMap::new() };
        let of = |p: &crate::fixture::Participant| {
            let (side, over) = (p.side.index(), !fixture.phase.is_live());
            let form = R::Scoring::form(&self.rules, &fixture.sheet, p.position, side, &p.appearance, fixture.clock, over);
            (p.instrument, (p.appearance.score, clean_sheet_end(fixture, p), form))
        };
        fixture.squad.iter().map(of).collect()
    }

    /// R4.4, R4.5: an event in between cancels resting market orders and discards stops and profits that have not armed.
    fn intervene(&mut self, instruments: &BTreeSet<InstrumentIdx>) {
        let (mut orders, mut positions): (BTreeSet<OrderId>, BTreeSet<PositionId>) = Default::default();
        for index in instruments.iter().filter_map(|idx| self.index.instruments.get(idx.index())) {
            orders.extend(&index.market);
            positions.extend(&index.arming);
        }
        for order in orders {
            self.cancel(order, CancelReason::EventIntervened);
        }
        for position in positions {
            if let Some(book) = self.position(position).map(|row| row.book) {
                self.emit(Event::TriggersDiscarded { book, position });
            }
        }
    }
}

/// When the clean sheet ended, of whom one counts for.
fn clean_sheet_end(fixture: &Fixture, participant: &crate::fixture::Participant) -> Option<crate::time::Span> {
    use crate::fixture::{Position, Reported};
    let counts = matches!(participant.position, Position::Defender | Position::Goalkeeper) && fixture.sheet.covers(Reported::CleanSheet);
    participant.appearance.conceded_after.filter(|_| counts)
}
