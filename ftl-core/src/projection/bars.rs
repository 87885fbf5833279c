//! Bars of price changes (R2.7).

use std::collections::BTreeMap;

use super::{Bar, BarInterval, TickRow};
use crate::id::InstrumentIdx;
use crate::time::At;

/// A bar's key: whose, of which length, from when.
pub type BarKey = (InstrumentIdx, BarInterval, At);

/// The bars that ticks make, taken in order.
pub fn bars_of<'t>(ticks: impl Iterator<Item = &'t TickRow>) -> BTreeMap<BarKey, Bar> {
    let mut bars: BTreeMap<BarKey, Bar> = BTreeMap::new();
    for tick in ticks {
        for interval in BarInterval::ALL {
            let (start, mark) = (interval.start(tick.at), tick.mark);
            let first = Bar { start, open: mark, high: mark, low: mark, close: mark };
            let bar = bars.entry((tick.instrument, interval, start)).or_insert(first);
            bar.high = bar.high.max(mark);
            bar.low = bar.low.min(mark);
            bar.close = mark;
        }
    }
    bars
}
