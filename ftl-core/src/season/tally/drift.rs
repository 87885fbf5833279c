//! How far prices go in a match without what the crowd does to them: the moves of `live_base`.

use crate::fixture::{EventKind, Fixture, Participant, Position};
use crate::id::InstrumentIdx;
use crate::state::State;
use crate::units::{Price, Wide};

/// Moves of many footballers, each from kick-off to full time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// How many.
    pub count: u64,
    /// Σ move in 10⁻⁶ of the price at kick-off.
    pub sum_ppm: Wide,
    /// Σ move².
    pub squares: Wide,
    /// Σ of the squares of all single moves in the match, its realised variance.
    pub realised: Wide,
}

impl Drift {
    fn add(&mut self, ppm: i64, realised: Wide) {
        self.count = self.count.saturating_add(1);
        self.sum_ppm = self.sum_ppm + Wide::of(ppm);
        self.squares = self.squares + Wide::of(ppm) * Wide::of(ppm);
        self.realised = self.realised + realised;
    }
}

/// An instrument's way.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    from: Price,
    last: Price,
    realised: Wide,
    /// Events and corrections that moved it, ever.
    events: u64,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Drifts {
    pub by_position: [Drift; 4],
    pub scorers: Drift,
    ways: Vec<Way>,
}

impl Drifts {
    /// Kick-off.
    pub fn begin(&mut self, fixture: &Fixture, state: &State) {
        for participant in &fixture.squad {
            let base = base(participant, state);
            let way = self.way(participant.instrument);
            (way.from, way.last, way.realised) = (base, base, Wide::ZERO);
        }
    }

    /// `live_base` is now this; by news from the pitch, or by the clock.
    pub fn moved(&mut self, instrument: InstrumentIdx, live_base: Price, news: bool) {
        let way = self.way(instrument);
        if news {
            way.events = way.events.saturating_add(1);
        }
        if way.last > Price::ZERO && live_base != way.last {
            let move_ppm = ppm(way.last, live_base);
            way.realised = way.realised + Wide::of(move_ppm) * Wide::of(move_ppm);
        }
        way.last = live_base;
    }

    /// Events that have moved it so far.
    pub fn events_of(&self, instrument: InstrumentIdx) -> u64 {
        self.ways.get(instrument.index()).map_or(0, |way| way.events)
    }

    /// Full time; gives the mean move of those who played, in 10⁻⁶.
    pub fn end(&mut self, fixture: &Fixture, state: &State) -> i64 {
        let (mut sum, mut count) = (Wide::ZERO, 0_i64);
        for (place, participant) in (0_u16..).zip(&fixture.squad) {
            let way = *self.way(participant.instrument);
            if participant.appearance.on.is_none() || way.from <= Price::ZERO {
                continue;
            }
            let move_ppm = ppm(way.from, base(participant, state));
            self.by_position[participant.position.index()].add(move_ppm, way.realised);
            if scored(fixture, place) {
                self.scorers.add(move_ppm, way.realised);
            }
            sum = sum + Wide::of(move_ppm);
            count = count.saturating_add(1);
        }
        sum.div_floor(count.max(1)).clamp_i64()
    }

    fn way(&mut self, instrument: InstrumentIdx) -> &mut Way {
        let place = instrument.index();
        if self.ways.len() <= place {
            self.ways.resize(place.saturating_add(1), Way::default());
        }
        &mut self.ways[place]
    }
}

fn base(participant: &Participant, state: &State) -> Price {
    state.instrument(participant.instrument).map_or(Price::ZERO, |row| row.live_base)
}

fn ppm(from: Price, to: Price) -> i64 {
    ((to - from).wide() * 1_000_000).div_floor(from.wide().max(Wide::of(1))).clamp_i64()
}

/// Whether a place of the squad has a goal to his credit.
fn scored(fixture: &Fixture, place: u16) -> bool {
    fixture.events.iter().any(|listed| listed.who == Some(place) && matches!(listed.event.kind, EventKind::Goal | EventKind::PenaltyGoal))
}

// Positions index the array by `Position::index`.
const _: () = assert!(Position::ALL.len() == 4);
