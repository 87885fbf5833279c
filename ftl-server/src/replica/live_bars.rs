//! The minute bars of the window: the same as history writes, while they form.
//!
//! A bar that began before the window did is not told: nobody here knows what it opened with.

use std::collections::VecDeque;

use ftl_core::id::{InstrumentId, InstrumentIdx, Seq};
use ftl_core::projection::BarInterval;
use ftl_core::time::At;
use ftl_core::units::Price;
use rustc_hash::FxHashMap;

use crate::wire::Time;
use crate::wire::frame::public::BarFrame;

/// The interval of live bars; longer ones follow from them.
const INTERVAL: BarInterval = BarInterval::Minute;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct LiveBars {
    by_instrument: FxHashMap<InstrumentIdx, VecDeque<BarFrame>>,
    /// What happened up to then is not known here.
    dark_until: Option<At>,
}

impl LiveBars {
    /// No bars; nothing up to `dark_until` is known, or everything from the league's beginning on.
    pub fn new(dark_until: Option<At>) -> Self {
        Self { by_instrument: FxHashMap::default(), dark_until }
    }

    /// A mark that an instrument came to.
    pub fn fold(&mut self, idx: InstrumentIdx, slug: &InstrumentId, mark: Price, seq: Seq, at: At, oldest: u64) {
        let start = INTERVAL.start(at);
        if self.dark_until.is_some_and(|dark| start <= dark) {
            return;
        }
        let bars = self.by_instrument.entry(idx).or_default();
        match bars.back_mut() {
            Some(bar) if bar.start.0 == start => {
                bar.high = bar.high.max(mark);
                bar.low = bar.low.min(mark);
                bar.close = mark;
                bar.seq = seq.0;
            }
            _ => {
                bars.push_back(BarFrame {
                    idx: idx.0,
                    instrument: slug.clone(),
                    seq: seq.0,
                    interval: INTERVAL.code(),
                    start: Time(start),
                    open: mark,
                    high: mark,
                    low: mark,
                    close: mark,
                });
                while bars.front().is_some_and(|bar| bar.start.0.0.saturating_add(INTERVAL.millis()) < oldest) {
                    bars.pop_front();
                }
            }
        }
    }

    /// What a reader who comes back behind `after` may not have of an instrument's bars, in order of time: those that changed
    /// since, and the two before. A reader is told of bars once a second and may be cut before, at an entry that moved one.
    pub fn of(&self, idx: InstrumentIdx, after: Seq) -> impl Iterator<Item = &BarFrame> {
        self.by_instrument.get(&idx).into_iter().flat_map(move |bars| not_surely_told(bars, after))
    }

    /// The same of every instrument.
    pub fn since(&self, after: Seq) -> impl Iterator<Item = &BarFrame> {
        self.by_instrument.values().flat_map(move |bars| not_surely_told(bars, after))
    }

    /// The bar of an instrument that forms, or the last that did.
    pub fn last(&self, idx: InstrumentIdx) -> Option<&BarFrame> {
        self.by_instrument.get(&idx)?.back()
    }

    /// Every bar that changed behind `after`, for who was told of the others.
    pub fn behind(&self, after: Seq) -> Vec<BarFrame> {
        let changed = |bars: &VecDeque<BarFrame>| bars.iter().rev().take_while(|bar| bar.seq > after.0).cloned().collect::<Vec<_>>();
        self.by_instrument.values().flat_map(changed).collect()
    }
}

fn not_surely_told(bars: &VecDeque<BarFrame>, after: Seq) -> impl Iterator<Item = &BarFrame> {
    let changed = bars.partition_point(|bar| bar.seq <= after.0);
    bars.iter().skip(changed.saturating_sub(2))
}
