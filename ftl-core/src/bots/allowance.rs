//! R9.5: the crowd takes at most 1 % of a side cap a minute, all bots together.

use std::collections::BTreeMap;

use crate::id::InstrumentIdx;
use crate::instrument::Instrument;
use crate::time::At;
use crate::units::{Direction, Lots};

/// What the crowd has taken in the minute of journal time that runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowance {
    minute: u64,
    taken: BTreeMap<(InstrumentIdx, bool), Lots>,
}

impl Allowance {
    /// A look at `now`: a new minute, a new allowance.
    pub fn begin(&mut self, now: At) {
        let minute = now.0.checked_div(60_000).unwrap_or(0);
        if minute != self.minute {
            self.minute = minute;
            self.taken.clear();
        }
    }

    /// Lots that may still be asked for on that side. A side cap of 760 lots leaves 7.60 a minute.
    pub fn left(&self, instrument: &Instrument, direction: Direction) -> Lots {
        let whole = Lots::from_units(instrument.side_cap.wide().div_floor(100_i64).clamp_i64());
        let taken = self.taken.get(&key(instrument.idx, direction)).copied().unwrap_or(Lots::ZERO);
        (whole - taken).max(Lots::ZERO)
    }

    /// Asked for; a refusal or a cancellation gives nothing back.
    pub fn take(&mut self, instrument: InstrumentIdx, direction: Direction, lots: Lots) {
        *self.taken.entry(key(instrument, direction)).or_default() += lots;
    }
}

const fn key(instrument: InstrumentIdx, direction: Direction) -> (InstrumentIdx, bool) {
    (instrument, matches!(direction, Direction::Long))
}
