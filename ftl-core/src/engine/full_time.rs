//! Full time (R6.2) and abandonment (R6.3): one command, one price for all, nobody left in.

use crate::engine::admin::side_cap;
use crate::event::Event;
use crate::fixture::{Fixture, MatchPhase, Position, Reported};
use crate::id::{FixtureId, InstrumentIdx};
use crate::mutant::Mutant;
use crate::position::CloseReason;
use crate::rejection::Rejection;
use crate::rulebook::{Curve, PricingCurve, Rulebook};
use crate::rules::{Formula, Settlement};
use crate::state::State;
use crate::units::Price;

impl<R: Rulebook> State<R> {
    pub(crate) fn finish(&mut self, id: &FixtureId, phase: MatchPhase) -> Result<(), Rejection> {
        let fixture = self.fixture(id).ok_or(Rejection::UnknownFixture)?;
        if !fixture.is_live() {
            return Err(Rejection::WrongPhase { phase: fixture.phase });
        }
        let squad: Vec<InstrumentIdx> = fixture.squad.iter().map(|p| p.instrument).collect();
        let clean_sheets = self.clean_sheet_bumps(fixture);
        // From here nothing can fail.
        for instrument in &squad {
            if self.instrument(*instrument).is_some_and(|row| row.review.is_some()) {
                self.emit(Event::ReviewEnded { instrument: *instrument });
            }
        }
        self.reprice(id, true);
        clean_sheets.into_iter().for_each(|(instrument, bump)| self.rebump(instrument, bump));
        let prices: Vec<(InstrumentIdx, Price)> = squad.iter().filter_map(|idx| Some((*idx, self.settlement_of(*idx)?))).collect();
        let books = self.close_everything(&prices, CloseReason::AutoExitFt);
        books.into_iter().for_each(|book| self.cover_bad_debt(book));
        self.emit(Event::PhaseEntered { fixture: id.clone(), phase });
        for instrument in squad {
            self.rebump(instrument, None);
            if let Some(live_base) = self.instrument(instrument).map(|row| row.live_base) {
                self.emit(Event::SideCapSet { instrument, side_cap: side_cap(&self.rules, live_base) });
            }
        }
        Ok(())
    }

    /// R6.2: the one price of the whistle.
    fn settlement_of(&self, instrument: InstrumentIdx) -> Option<Price> {
        let row = self.instrument(instrument)?;
        Some(match self.rules.settlement {
            Settlement::ClearingPrice if self.mutated(Mutant::SettledAtTheMark) => self.mark_of(row),
            Settlement::ClearingPrice => self.clearing_price_of(row),
            Settlement::Mark => self.mark_of(row),
        })
    }

    /// R2.5: at the whistle a clean sheet adds its bump, for whom it counts.
    fn clean_sheet_bumps(&self, fixture: &Fixture) -> Vec<(InstrumentIdx, Option<Price>)> {
        let (Some(bump), Formula::Blend { clean_sheet_after, .. }) = (self.rules.bump, self.rules.scoring.formula) else {
            return Vec::new();
        };
        let earned = |p: &&crate::fixture::Participant| {
            matches!(p.position, Position::Defender | Position::Goalkeeper)
                && fixture.sheet.covers(Reported::CleanSheet)
                && p.appearance.on.is_some()
                && p.appearance.conceded_after.is_none()
                && p.appearance.played(fixture.clock) >= clean_sheet_after
        };
        fixture.squad.iter().filter(earned).map(|p| (p.instrument, Some(bump.clean_sheet))).collect()
    }

    /// Adds to an instrument's bump, or takes all of it off.
    fn rebump(&mut self, instrument: InstrumentIdx, more: Option<Price>) {
        let Some(row) = self.instrument(instrument) else { return };
        let bump = more.map_or(Price::ZERO, |more| self.cut_bump(row.bump + more, row.live_base));
        if bump == row.bump {
            return;
        }
        let (form, live_base, net) = (row.form, row.live_base, row.net);
        let mark = R::Pricing::mark(&self.rules, Curve { base: live_base + bump, net });
        self.emit(Event::PriceChanged { instrument, form, live_base, bump, net, mark });
    }
}
