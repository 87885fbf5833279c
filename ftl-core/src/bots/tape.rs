//! The marks that the crowd has seen: the last two dozen looks of each instrument.

use std::collections::{BTreeMap, VecDeque};

use crate::fixture::Fixture;
use crate::id::InstrumentIdx;
use crate::state::State;
use crate::units::{Bps, Price, Wide};

/// How many looks are kept: two minutes of match time at the pace of R3.8.
const KEPT: usize = 24;

#[derive(Clone, Debug, Default)]
pub(super) struct Tape {
    marks: BTreeMap<InstrumentIdx, VecDeque<Price>>,
}

impl Tape {
    /// A look at everybody in a match.
    pub fn note(&mut self, state: &State, fixture: &Fixture) {
        for participant in &fixture.squad {
            let Some(mark) = state.mark(participant.instrument) else { continue };
            let marks = self.marks.entry(participant.instrument).or_default();
            if marks.len() >= KEPT {
                marks.pop_front();
            }
            marks.push_back(mark);
        }
    }

    /// How far the mark has come since the oldest look that is kept, in basis points of it, rounded down.
    pub fn moved(&self, instrument: InstrumentIdx) -> i64 {
        let marks = self.marks.get(&instrument);
        let ends = marks.and_then(|marks| Some((*marks.front()?, *marks.back()?)));
        let Some((first, last)) = ends.filter(|(first, _)| *first > Price::ZERO) else { return 0 };
        ((last - first).wide() * 10_000).div_floor(first.wide()).clamp_i64()
    }
}

/// `price`, higher by `bps` of it, or lower where that is negative.
pub(super) fn shifted(price: Price, bps: i64) -> Price {
    Price::from_units((price.wide() * (Wide::of(10_000) + Wide::of(bps))).div_floor(Bps(10_000).wide()).clamp_i64())
}
