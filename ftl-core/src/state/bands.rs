//! Safe bands: while every instrument of a book stays inside its band, nothing about the book's margin changes.
//!
//! A book's distance to its next threshold is piecewise linear in the judged marks of what it holds. Each of its n
//! instruments may use up one n-th of that distance; how far its mark may go for it is bounded by the steepest slope
//! that direction and margin allow, with one `Price` unit of rounding a share on top. The bands' edges stand in two heaps
//! an instrument: a price change looks at the nearest edge only, and a crossed band re-evaluates its book, exactly.
//!
//! A band may be narrower than it could be, never wider: an edge that is still safe after a trade stays where it is.
//!
//! ```text
//!  book ─▶ calm? ─▶ no bands: no price that the rules allow brings it to a threshold
//!            └─no─▶ a band an instrument, but for edges beyond the horizon
//! ```
//! The horizon is how far prices go by the rules (R2.4). Should a mark pass it all the same, as a rulebook of an
//! embedder may have it, the holders of its instrument are looked at, and its horizon is none from then on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::index::{InstrumentIndex, slots_of};
use super::portfolio::Worth;
use crate::book::Book;
use crate::id::InstrumentIdx;
use crate::mutant::Mutant;
use crate::rulebook::{MarginPolicy, Rulebook};
use crate::rules::Rules;
use crate::state::State;
use crate::units::{Bps, Direction, Lots, Price, Wide};

/// Prices between which an instrument cannot bring its book to a threshold; both ends are safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Band {
    pub instrument: InstrumentIdx,
    /// `Price::MIN`: its edge is in no heap.
    pub low: Price,
    /// `Price::MAX`: its edge is in no heap.
    pub high: Price,
}

/// The prices that the rules allow: from the floor less the crowd's part to the ceiling and the crowd's part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Horizon {
    low: Price,
    high: Price,
}

impl Horizon {
    /// R2.4: the crowd moves a price by `side_cap` of four floors at the most.
    pub fn under(rules: &Rules) -> Self {
        let crowd = (rules.floor.wide() * 4 * rules.exposure.side_cap.wide()).div_ceil(10_000);
        let price = |wide: Wide| Price::from_units(wide.clamp_i64());
        Self { low: price(rules.floor.wide() - crowd), high: price(rules.ceiling.wide() + crowd) }
    }

    fn has(self, mark: Price) -> bool {
        (self.low..=self.high).contains(&mark)
    }
}

/// Further than any price goes.
const FAR: Wide = Wide::of(i64::MAX);

/// A book's lots in one instrument.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holding {
    instrument: InstrumentIdx,
    net: Lots,
    gross: Lots,
}

/// A distance that must not be used up, in 10⁻⁴ `Money` units, and how it depends on equity and used margin:
/// `distance = equity_sign × 10,000 × equity − equity_sign × level × used`.
struct Distance {
    left: Wide,
    equity_sign: i64,
    level: Bps,
}

/// What one instrument may use up of a distance, and how fast its mark does where it goes one way.
struct Slope {
    part: Wide,
    rate: Wide,
}

impl Slope {
    /// Whether the mark may go so far.
    fn allows(&self, way: Wide) -> bool {
        self.part >= Wide::ZERO && (self.rate <= Wide::ZERO || way * self.rate <= self.part)
    }

    /// How far it may go at the most.
    fn room(&self) -> Wide {
        match (self.part < Wide::ZERO, self.rate <= Wide::ZERO) {
            (true, _) => Wide::ZERO,
            (false, true) => FAR,
            (false, false) => self.part.div_floor(self.rate),
        }
    }
}

fn band_in(bands: &FxHashMap<u32, Vec<Band>>, slot: u32, instrument: InstrumentIdx) -> Option<&Band> {
    bands.get(&slot)?.iter().find(|band| band.instrument == instrument)
}

fn band_mut(bands: &mut FxHashMap<u32, Vec<Band>>, slot: u32, instrument: InstrumentIdx) -> Option<&mut Band> {
    bands.get_mut(&slot)?.iter_mut().find(|band| band.instrument == instrument)
}

impl<R: Rulebook> State<R> {
    /// Sets a book's bands around the judged marks as they are.
    pub(crate) fn set_bands(&mut self, slot: u32) {
        if let Some(book) = self.books.at(slot) {
            let worth = self.judged(book);
            self.set_bands_of(slot, worth);
        }
    }

    /// The same for a book whose worth is known.
    pub(crate) fn set_bands_of(&mut self, slot: u32, worth: Worth) {
        let Some(book) = self.books.at(slot) else { return };
        let calm = self.is_calm(book, worth);
        if calm && !self.index.bands.contains_key(&slot) {
            return;
        }
        let mut holdings = std::mem::take(&mut self.work.holdings);
        holdings.clear();
        if !calm {
            holdings_of(book, &mut holdings);
        }
        let mut bands = self.index.bands.get_mut(&slot).map(std::mem::take).unwrap_or_default();
        let instruments = &mut self.index.instruments;
        bands.retain(|band| {
            let stays = holdings.iter().any(|holding| holding.instrument == band.instrument);
            if !stays && let Some(index) = instruments.get_mut(band.instrument.index()) {
                index.banded = index.banded.saturating_sub(1);
            }
            stays
        });
        let distances = self.distances(book, worth);
        let shares = if self.mutated(Mutant::BandTooWide) { 1 } else { holdings.len() };
        let parts = distances.each_ref().map(|distance| distance.left.div_floor(i64::try_from(shares).unwrap_or(i64::MAX).max(1)));
        for holding in &holdings {
            self.set_band(slot, &mut bands, holding, &distances, parts);
        }
        self.work.holdings = holdings;
        if calm || bands.is_empty() {
            self.index.bands.remove(&slot);
            return;
        }
        self.index.bands.insert(slot, bands);
        self.clear_stale_edges(slot);
    }

    /// Draws in the edges of one instrument's band that are not safe any more.
    fn set_band(&mut self, slot: u32, bands: &mut Vec<Band>, holding: &Holding, distances: &[Distance; 2], parts: [Wide; 2]) {
        let Some(instrument) = self.instrument(holding.instrument) else { return };
        let mark = self.judged_mark(instrument);
        let horizon = self.index.horizon;
        let slopes = |falling: bool| {
            let [a, b] = distances;
            let [for_a, for_b] = parts;
            [self.slope(a, for_a, holding, falling), self.slope(b, for_b, holding, falling)]
        };
        let (falls, rises) = (slopes(true), slopes(false));
        let Some(index) = self.index.instruments.get_mut(holding.instrument.index()) else { return };
        let place = bands.iter().position(|band| band.instrument == holding.instrument);
        let held = place.and_then(|place| bands.get(place)).copied();
        let Band { low, high, .. } = held.unwrap_or(Band { instrument: holding.instrument, low: Price::MIN, high: Price::MAX });
        // Where there is no edge the horizon is as far as the mark goes.
        let lowest = if index.beyond { low } else { low.max(horizon.low) };
        let highest = if index.beyond { high } else { high.min(horizon.high) };
        let room = |slopes: &[Slope; 2]| slopes.iter().map(Slope::room).fold(FAR, Wide::min);
        let price = |wide: Wide| Price::from_units(wide.clamp_i64());
        let (down, up) = (mark.wide() - lowest.wide(), highest.wide() - mark.wide());
        let nearer_low =
            falls.iter().any(|slope| !slope.allows(down)).then(|| price(mark.wide() - room(&falls))).filter(|edge| *edge > low);
        let nearer_high =
            rises.iter().any(|slope| !slope.allows(up)).then(|| price(mark.wide() + room(&rises))).filter(|edge| *edge < high);
        let safe = Band { instrument: holding.instrument, low: nearer_low.unwrap_or(low), high: nearer_high.unwrap_or(high) };
        index.lower.extend(nearer_low.map(|edge| (edge, slot)));
        index.upper.extend(nearer_high.map(|edge| (Reverse(edge), slot)));
        match place.and_then(|place| bands.get_mut(place)) {
            Some(band) => *band = safe,
            None if nearer_low.is_some() || nearer_high.is_some() => {
                index.banded = index.banded.saturating_add(1);
                if bands.len() == bands.capacity() {
                    bands.reserve_exact(bands.len().max(1));
                }
                bands.push(safe);
            }
            None => {}
        }
    }

    /// Whether no prices inside the horizon, all of them at once, bring a book to a threshold. Said of books that are
    /// not warned: what they stand before is the warning and the washout, and longs only lose to them where prices fall,
    /// shorts where they rise.
    fn is_calm(&self, book: &Book, (equity, used): Worth) -> bool {
        if book.positions.is_empty() {
            return true;
        }
        let margin = self.rules.margin;
        let level = margin.warn_below.max(margin.washout_at).wide();
        let by_margin = (level * R::Margin::steepest(&self.rules).wide()).div_ceil(10_000);
        if book.warned || by_margin > Wide::of(10_000) {
            return false;
        }
        let horizon = self.index.horizon;
        let (mut by_fall, mut by_rise, mut gross) = (Wide::ZERO, Wide::ZERO, Wide::ZERO);
        for position in &book.positions {
            let Some(instrument) = self.instrument(position.instrument) else { return false };
            let mark = self.judged_mark(instrument);
            let bounded = self.index.instruments.get(instrument.idx.index()).is_some_and(|index| !index.beyond);
            if !bounded || !horizon.has(mark) {
                return false;
            }
            let lots = position.lots.wide();
            match position.direction {
                Direction::Long => by_fall = by_fall + lots * (mark - horizon.low).wide(),
                Direction::Short => by_rise = by_rise + lots * (horizon.high - mark).wide(),
            }
            gross = gross + lots;
        }
        // Margin a share is rounded to a `Price` unit, now and then.
        let worst = by_fall * 10_000 + by_rise * (Wide::of(10_000) + by_margin) + gross * level * 2;
        worst * i64::from(self.rules.contract_size) < equity * 10_000 - used * level
    }

    /// Where a book's edges have gone to: lists that are mostly of the past are cleared.
    fn clear_stale_edges(&mut self, slot: u32) {
        let bands = &self.index.bands;
        for band in bands.get(&slot).into_iter().flatten() {
            let Some(index) = self.index.instruments.get_mut(band.instrument.index()) else { continue };
            let InstrumentIndex { lower, upper, banded, .. } = index;
            let most = banded.saturating_mul(2).saturating_add(64);
            let of = |slot: u32| band_in(bands, slot, band.instrument);
            if lower.len() > most {
                clear(lower, |(edge, slot)| of(*slot).is_some_and(|band| band.low == *edge));
            }
            if upper.len() > most {
                clear(upper, |(edge, slot)| of(*slot).is_some_and(|band| band.high == edge.0));
            }
        }
    }

    /// Notes the books whose edges the judged mark has passed.
    pub(crate) fn note_bands(&mut self, instrument: InstrumentIdx, judged: Price) {
        let horizon = self.index.horizon;
        let Some(index) = self.index.instruments.get_mut(instrument.index()) else { return };
        if !index.beyond && !horizon.has(judged) {
            index.beyond = true;
            for slot in index.groups().flat_map(slots_of) {
                self.work.look_at_slot(&self.books, slot);
            }
        }
        let bands = &mut self.index.bands;
        let (work, books) = (&mut self.work, &self.books);
        pass(
            &mut index.lower,
            |(edge, _)| *edge > judged,
            |(edge, slot)| {
                if let Some(band) = band_mut(bands, slot, instrument).filter(|band| band.low == edge) {
                    band.low = Price::MIN;
                    work.look_at_slot(books, slot);
                }
            },
        );
        pass(
            &mut index.upper,
            |(Reverse(edge), _)| *edge < judged,
            |(Reverse(edge), slot)| {
                if let Some(band) = band_mut(bands, slot, instrument).filter(|band| band.high == edge) {
                    band.high = Price::MAX;
                    work.look_at_slot(books, slot);
                }
            },
        );
    }

    /// How one instrument's mark uses up its part of a distance.
    fn slope(&self, distance: &Distance, part: Wide, holding: &Holding, falling: bool) -> Slope {
        let contract = i64::from(self.rules.contract_size);
        let (net, gross) = (holding.net.wide() * contract, holding.gross.wide() * contract);
        let level = distance.level.wide();
        let rounding = level * gross;
        let direction: i64 = if falling { -1 } else { 1 };
        // Equity moves with the net; used margin only against the distance where it grows (lower thresholds, rising)
        // or shrinks (the upper threshold, falling).
        let by_equity = -(net * 10_000 * direction * distance.equity_sign);
        let margin_hurts = (direction > 0) == (distance.equity_sign > 0);
        let by_margin = || (level * R::Margin::steepest(&self.rules).wide() * gross).div_ceil(10_000);
        Slope { part: part - rounding, rate: if margin_hurts { by_equity + by_margin() } else { by_equity } }
    }

    /// The thresholds that the book can reach next: the warning, or washout and recovery.
    fn distances(&self, book: &Book, (equity, used): Worth) -> [Distance; 2] {
        let margin = self.rules.margin;
        let above = |level: Bps, strictly: i64| Distance {
            left: equity * 10_000 - used * level.wide() - Wide::of(strictly),
            equity_sign: 1,
            level,
        };
        let below = |level: Bps| Distance { left: used * level.wide() - equity * 10_000 - Wide::of(1), equity_sign: -1, level };
        if book.warned {
            [above(margin.washout_at, 1), below(margin.rearm_at)]
        } else {
            [above(margin.warn_below, 0), above(margin.washout_at, 1)]
        }
    }
}

/// Edges that leave a heap one by one, at the most, or this part of it; where more are passed, all that are leave at once.
const ONE_BY_ONE: usize = 64;
const ONE_BY_ONE_OF: usize = 16;

/// Takes the edges out that are passed.
fn pass<E: Ord + Copy>(heap: &mut BinaryHeap<E>, is_passed: impl Fn(&E) -> bool, mut met: impl FnMut(E)) {
    for _ in 0..ONE_BY_ONE.max(heap.len() / ONE_BY_ONE_OF) {
        if !heap.peek().is_some_and(&is_passed) {
            return;
        }
        heap.pop().into_iter().for_each(&mut met);
    }
    heap.retain(|edge| {
        let passed = is_passed(edge);
        if passed {
            met(*edge);
        }
        !passed
    });
}

/// Leaves in a heap what is still so, once.
fn clear<E: Ord>(heap: &mut BinaryHeap<E>, is_so: impl Fn(&E) -> bool) {
    let mut edges = std::mem::take(heap).into_vec();
    edges.retain(is_so);
    edges.sort_unstable();
    edges.dedup();
    *heap = BinaryHeap::from(edges);
}

/// What a book holds of each instrument.
fn holdings_of(book: &Book, holdings: &mut Vec<Holding>) {
    for position in &book.positions {
        let (net, gross) = (position.direction.signed(position.lots), position.lots);
        match holdings.iter_mut().find(|holding| holding.instrument == position.instrument) {
            Some(holding) => (holding.net, holding.gross) = (holding.net + net, holding.gross + gross),
            None => holdings.push(Holding { instrument: position.instrument, net, gross }),
        }
    }
}
