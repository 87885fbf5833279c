//! The clock tick (R3.8, R4.4): drift, ends of reviews, what arms, resting orders, and the round.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::id::{FixtureId, InstrumentIdx, OrderId, PositionId};
use crate::instrument::Instrument;
use crate::limits;
use crate::mutant::Mutant;
use crate::order::CancelReason;
use crate::rejection::Rejection;
use crate::rulebook::scoring::live_base;
use crate::rulebook::{PricingCurve, Rulebook, ScoringModel};
use crate::state::State;
use crate::time::MatchClock;
use crate::units::{Price, Wide};

impl<R: Rulebook> State<R> {
    pub(crate) fn tick_clock(&mut self, id: &FixtureId, clock: MatchClock) -> Result<(), Rejection> {
        let fixture = self.fixture(id).ok_or(Rejection::UnknownFixture)?;
        if !fixture.is_live() {
            return Err(Rejection::WrongPhase { phase: fixture.phase });
        }
        if clock < fixture.clock {
            return Err(Rejection::ClockBack);
        }
        let stands = fixture.phase.base_minute().is_none();
        if (stands && clock != fixture.clock) || clock.0 > limits::MAX_CLOCK_MS {
            return Err(limits::invalid("clock", "the same while the match clock stands, at most 200 minutes"));
        }
        let instruments: BTreeSet<InstrumentIdx> = fixture.squad.iter().map(|p| p.instrument).collect();
        // From here nothing can fail.
        self.work.ticking = self.index.fixtures.get(id).copied();
        self.emit(Event::ClockTicked { fixture: id.clone(), clock });
        if !self.mutated(Mutant::DriftForgotten) {
            self.reprice(id, false);
        }
        self.end_reviews(&instruments);
        self.arm_what_is_due(&instruments);
        self.fill_what_is_due(&instruments);
        self.work.limits.extend(instruments);
        Ok(())
    }

    /// The form of everybody in the squads by the list and the clock as they are; tells what changed.
    pub(crate) fn reprice(&mut self, id: &FixtureId, over: bool) {
        let Some(fixture) = self.fixture(id) else { return };
        let mut changes = Vec::new();
        for participant in &fixture.squad {
            let Some(instrument) = self.instrument(participant.instrument) else { continue };
            let mut appearance = participant.appearance;
            if self.mutated(Mutant::DriftRunsOnAfterSubstitution) {
                appearance.off = None;
            }
            if self.mutated(Mutant::CleanSheetSurvivesGoal) {
                appearance.conceded_after = None;
            }
            let side = participant.side.index();
            let form = R::Scoring::form(&self.rules, &fixture.sheet, participant.position, side, &appearance, fixture.clock, over);
            let live_base = live_base(&self.rules, participant.position, form);
            let bump = self.bump_of(instrument, live_base);
            if (form, live_base, bump) != (instrument.form, instrument.live_base, instrument.bump) {
                changes.push((instrument.idx, form, live_base, bump, instrument.net));
            }
        }
        self.work.events.reserve(changes.len());
        for (instrument, form, live_base, bump, net) in changes {
            let mark = R::Pricing::mark(&self.rules, crate::rulebook::Curve { base: live_base + bump, net });
            self.emit(Event::PriceChanged { instrument, form, live_base, bump, net, mark });
        }
    }

    /// R2.5: Σ `amount × (span − age) / span`, rounded towards zero each, cut so that the price stays in its range.
    fn bump_of(&self, instrument: &Instrument, live_base: Price) -> Price {
        let Some(rules) = self.rules.bump else { return Price::ZERO };
        let part = |bump: &crate::instrument::Bump| {
            let left = rules.span.0.saturating_sub(self.at.since(bump.since).0);
            let magnitude = (bump.amount.magnitude().wide() * Wide::from(left)).div_floor(Wide::from(rules.span.0.max(1)));
            if bump.amount < Price::ZERO { -magnitude } else { magnitude }
        };
        let sum: Wide = instrument.bumps.iter().map(part).sum();
        self.cut_bump(Price::from_units(sum.clamp_i64()), live_base)
    }

    /// R2.5: `live_base + bump` stays in [floor, ceiling].
    pub(crate) fn cut_bump(&self, bump: Price, live_base: Price) -> Price {
        bump.clamp(self.rules.floor - live_base, self.rules.ceiling - live_base)
    }

    /// R3.9: reviews that are over end in this tick, after its drift.
    fn end_reviews(&mut self, instruments: &BTreeSet<InstrumentIdx>) {
        let early = self.mutated(Mutant::ReviewEndsEarly);
        for instrument in instruments {
            let review = self.instrument(*instrument).and_then(|row| row.review);
            if review.is_some_and(|review| early || review.until() <= self.at) {
                self.emit(Event::ReviewEnded { instrument: *instrument });
            }
        }
    }

    /// R4.5: stops and profits that arm; R4.4: limit orders that are taken back.
    fn arm_what_is_due(&mut self, instruments: &BTreeSet<InstrumentIdx>) {
        let (mut positions, mut orders): (BTreeSet<PositionId>, BTreeSet<OrderId>) = Default::default();
        for index in instruments.iter().filter_map(|idx| self.index.instruments.get(idx.index())) {
            positions.extend(&index.arming);
            orders.extend(&index.cancelling);
        }
        for id in positions {
            let Some(row) = self.position(id) else { continue };
            let Some(pending) = row.pending.filter(|pending| pending.due <= self.at) else { continue };
            let book = row.book;
            self.emit(Event::TriggersSet { book, position: id, stop_loss: pending.stop_loss, take_profit: pending.take_profit, due: None });
        }
        for id in orders {
            if self.order(id).and_then(|order| order.cancel_due).is_some_and(|due| due <= self.at) {
                self.cancel(id, CancelReason::User);
            }
        }
    }

    /// R4.4: resting market orders whose time has come, in journal order.
    fn fill_what_is_due(&mut self, instruments: &BTreeSet<InstrumentIdx>) {
        let early = self.mutated(Mutant::OrderFillsEarly);
        let mut due = BTreeSet::new();
        for index in instruments.iter().filter_map(|idx| self.index.instruments.get(idx.index())) {
            due.extend(index.market.iter().filter(|id| self.order(**id).is_some_and(|o| early || o.due.is_none_or(|due| due <= self.at))));
        }
        for id in due {
            // More timers than one entry fires may be waiting: what is stale must not fill.
            let stale = self.order(id).and_then(|order| order.stale_due).is_some_and(|stale| stale <= self.at);
            if stale && !self.mutated(Mutant::StaleOrderForgotten) {
                self.cancel(id, CancelReason::FeedStale);
            } else {
                self.fill_resting(id);
            }
        }
    }
}
