//! The market as everybody sees it: a list that is swapped whole, so that reading prices takes no lock.

use std::collections::HashMap;
use std::sync::Arc;

use ftl_core::event::Event;
use ftl_core::id::{InstrumentId, InstrumentIdx, Seq};
use ftl_core::outcome::Outcome;

use crate::wire::League;
use crate::wire::instrument::InstrumentView;

/// Every instrument as it is after one entry.
#[derive(Debug, Default)]
pub struct Market {
    /// The entry.
    pub seq: Seq,
    /// In the order of listing.
    pub instruments: Vec<Arc<InstrumentView>>,
    by_slug: Arc<HashMap<InstrumentId, usize>>,
}

impl Market {
    /// The instrument with this slug.
    pub fn find(&self, slug: &str) -> Option<&Arc<InstrumentView>> {
        self.instruments.get(*self.by_slug.get(slug)?)
    }

    /// The slug of an instrument; empty of one that nobody listed.
    pub(crate) fn slug(&self, idx: InstrumentIdx) -> InstrumentId {
        self.instruments.get(idx.index()).map_or_else(|| InstrumentId::from(""), |row| row.id.clone())
    }

    /// The market after more entries, whose outcomes name what changed.
    pub(crate) fn after<'a>(&self, league: &League, outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut changed: Vec<InstrumentIdx> = Vec::new();
        let mut all = self.instruments.is_empty();
        for event in outcomes.flat_map(|outcome| &outcome.events) {
            match touched(event) {
                Touched::One(idx) => changed.push(idx),
                Touched::All => all = true,
                Touched::None => {}
            }
        }
        if all {
            return Self::of(league);
        }
        changed.sort_unstable();
        changed.dedup();
        let mut instruments = self.instruments.clone();
        for row in changed.into_iter().filter_map(|idx| league.instrument(idx)) {
            instruments[row.idx.index()] = Arc::new(InstrumentView::of(league, row));
        }
        Self { seq: league.seq(), instruments, by_slug: Arc::clone(&self.by_slug) }
    }

    /// The market of a state.
    pub(crate) fn of(league: &League) -> Self {
        let instruments: Vec<_> = league.instruments().map(|row| Arc::new(InstrumentView::of(league, row))).collect();
        let by_slug = instruments.iter().enumerate().map(|(idx, row)| (row.id.clone(), idx)).collect();
        Self { seq: league.seq(), instruments, by_slug: Arc::new(by_slug) }
    }
}

enum Touched {
    None,
    One(InstrumentIdx),
    All,
}

fn touched(event: &Event) -> Touched {
    match event {
        Event::PriceChanged { instrument, .. }
        | Event::InstrumentFrozen { instrument, .. }
        | Event::InstrumentDeactivated { instrument }
        | Event::SideCapSet { instrument, .. }
        | Event::ReviewHeld { instrument, .. }
        | Event::ReviewEnded { instrument } => Touched::One(*instrument),
        Event::PositionOpened(opened) => Touched::One(opened.instrument),
        Event::PositionClosed(closed) => Touched::One(closed.instrument),
        // What a fixture does concerns everybody in its squads, and a rule may concern everybody.
        Event::LeagueFounded(_)
        | Event::RulesChanged(_)
        | Event::EngineSwitched { .. }
        | Event::InstrumentListed { .. }
        | Event::FixtureCreated { .. }
        | Event::PhaseEntered { .. } => Touched::All,
        _ => Touched::None,
    }
}
