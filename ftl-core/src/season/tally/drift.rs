//! How far prices go in a match without what the crowd does to them: the moves of `live_base`.

use crate::command::Action;
use crate::fixture::{EventKind, Fixture, Participant, Position};
use crate::id::InstrumentIdx;
use crate::rulebook::{MarginPolicy, WorstEventMargin};
use crate::state::State;
use crate::units::{Direction, Money, Price, Wide};

const BOTH: [Direction; 2] = [Direction::Long, Direction::Short];

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
    /// A long and a short at full margin from kick-off would have been washed out (R5.3) in so many of them.
    pub washed_out: [u64; 2],
}

impl Drift {
    fn add(&mut self, ppm: i64, way: &Way) {
        let realised = way.realised;
        for (count, side) in self.washed_out.iter_mut().zip(&way.full) {
            *count = count.saturating_add(u64::from(side.is_washed_out));
        }
        self.count = self.count.saturating_add(1);
        self.sum_ppm = self.sum_ppm + Wide::of(ppm);
        self.squares = self.squares + Wide::of(ppm) * Wide::of(ppm);
        self.realised = self.realised + realised;
    }
}

/// What goals did to the prices of their scorers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Goals {
    /// How many.
    pub count: u64,
    /// Σ move in 10⁻⁶ of the price before.
    pub sum_ppm: Wide,
}

/// What an entry tells of the pitch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct News {
    /// Something happened, or was amended.
    is_news: bool,
    /// Who scored.
    scorer: Option<InstrumentIdx>,
}

impl News {
    #[allow(clippy::wildcard_enum_match_arm, reason = "the others tell nothing")]
    pub fn of(action: &Action, state: &State) -> Self {
        match action {
            Action::ReportEvent { event, .. } => {
                let scores = matches!(event.kind, EventKind::Goal | EventKind::PenaltyGoal);
                let scorer = event.instrument.as_ref().filter(|_| scores).and_then(|slug| state.find_instrument(slug.as_str()));
                Self { is_news: true, scorer: scorer.map(|row| row.idx) }
            }
            Action::CorrectEvent { .. } => Self { is_news: true, scorer: None },
            _ => Self::default(),
        }
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
    /// A long and a short at full margin from kick-off.
    full: [FullMargin; 2],
}

/// A share at full margin.
#[derive(Clone, Copy, Debug, Default)]
struct FullMargin {
    equity: Price,
    is_washed_out: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Drifts {
    pub by_position: [Drift; 4],
    pub scorers: Drift,
    pub goals: [Goals; 4],
    /// At kick-off; a price in the unit of money, so that it can be spread like one.
    pub prices: [Vec<Money>; 4],
    ways: Vec<Way>,
}

impl Drifts {
    /// Kick-off.
    pub fn begin(&mut self, fixture: &Fixture, state: &State) {
        for participant in &fixture.squad {
            let base = base(participant, state);
            let margin = |direction| WorstEventMargin::per_share(state.rules(), participant.position, direction, base);
            let full = BOTH.map(|direction| FullMargin { equity: margin(direction), is_washed_out: false });
            let way = self.way(participant.instrument);
            (way.from, way.last, way.realised, way.full) = (base, base, Wide::ZERO, full);
        }
    }

    /// `live_base` is now this; by news from the pitch, or by the clock.
    pub fn moved(&mut self, instrument: InstrumentIdx, live_base: Price, news: News, state: &State) {
        let row = state.instrument(instrument);
        if news.scorer == Some(instrument)
            && let (Some(row), Some(way)) = (row, self.ways.get(instrument.index()))
            && let Some(goals) = self.goals.get_mut(row.footballer.position.index())
            && way.last > Price::ZERO
        {
            goals.count = goals.count.saturating_add(1);
            goals.sum_ppm = goals.sum_ppm + Wide::of(ppm(way.last, live_base));
        }
        let way = self.way(instrument);
        if news.is_news {
            way.events = way.events.saturating_add(1);
        }
        if way.last > Price::ZERO && live_base != way.last {
            let move_ppm = ppm(way.last, live_base);
            way.realised = way.realised + Wide::of(move_ppm) * Wide::of(move_ppm);
        }
        let moved = live_base - way.last;
        way.last = live_base;
        let Some(row) = row else { return };
        for (full, direction) in way.full.iter_mut().zip(BOTH) {
            full.equity += if direction == Direction::Long { moved } else { -moved };
            // Nobody is judged under review (R3.9).
            if !full.is_washed_out && row.review.is_none() {
                let used = WorstEventMargin::per_share(state.rules(), row.footballer.position, direction, live_base);
                full.is_washed_out = full.equity.wide() * 10_000 <= used.wide() * state.rules().margin.washout_at.wide();
            }
        }
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
            self.prices[participant.position.index()].push(Money::from_units(way.from.units().saturating_mul(100)));
            let move_ppm = ppm(way.from, base(participant, state));
            self.by_position[participant.position.index()].add(move_ppm, &way);
            if scored(fixture, place) {
                self.scorers.add(move_ppm, &way);
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
