//! Safe bands: while every instrument of a book stays inside its band, nothing about the book's margin changes.
//!
//! A book's distance to its next threshold is piecewise linear in the judged marks of what it holds. Each of its n
//! instruments may use up one n-th of that distance; how far its mark may go for it is bounded by the steepest slope
//! that direction and margin allow, with one `Price` unit of rounding a share on top. The bands' edges stand in two heaps
//! an instrument: a price change looks at the nearest edge only, and a crossed band re-evaluates its book, exactly.
//!
//! A band may be narrower than it could be, never wider: an edge that is still safe after a trade stays where it is.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::index::InstrumentIndex;
use super::portfolio::Worth;
use crate::book::Book;
use crate::id::InstrumentIdx;
use crate::mutant::Mutant;
use crate::position::Position;
use crate::rulebook::{MarginPolicy, Rulebook};
use crate::state::State;
use crate::units::{Bps, Lots, Price, Wide};

/// Prices between which an instrument cannot bring its book to a threshold; both ends are safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Band {
    pub instrument: InstrumentIdx,
    /// `Price::MIN`: its edge is in no heap.
    pub low: Price,
    /// `Price::MAX`: its edge is in no heap.
    pub high: Price,
}

/// Further than any price goes.
const FAR: Wide = Wide::of(i64::MAX);

/// A book's lots in one instrument.
struct Holding {
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

fn index_of(slot: u32) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}

fn band_in(bands: &[Vec<Band>], slot: u32, instrument: InstrumentIdx) -> Option<&Band> {
    bands.get(index_of(slot))?.iter().find(|band| band.instrument == instrument)
}

fn band_mut(bands: &mut [Vec<Band>], slot: u32, instrument: InstrumentIdx) -> Option<&mut Band> {
    bands.get_mut(index_of(slot))?.iter_mut().find(|band| band.instrument == instrument)
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
        if self.index.bands.len() <= index_of(slot) {
            self.index.bands.resize_with(index_of(slot).saturating_add(1), Vec::new);
        }
        let mut bands = self.index.bands.get_mut(index_of(slot)).map(std::mem::take).unwrap_or_default();
        let instruments = &mut self.index.instruments;
        bands.retain(|band| {
            let stays = book.positions.iter().any(|position| position.instrument == band.instrument);
            if !stays && let Some(index) = instruments.get_mut(band.instrument.index()) {
                index.banded = index.banded.saturating_sub(1);
            }
            stays
        });
        let distances = self.distances(book, worth);
        let shares = if self.mutated(Mutant::BandTooWide) { 1 } else { holdings(book).count() };
        for holding in holdings(book) {
            let Some(safe) = self.safe_band(&holding, &distances, shares) else { continue };
            let Some(index) = self.index.instruments.get_mut(safe.instrument.index()) else { continue };
            let place = bands.iter().position(|held| held.instrument == safe.instrument).unwrap_or_else(|| {
                index.banded = index.banded.saturating_add(1);
                if bands.len() == bands.capacity() {
                    bands.reserve_exact(bands.len().max(1));
                }
                bands.push(Band { low: Price::MIN, high: Price::MAX, ..safe });
                bands.len().saturating_sub(1)
            });
            let Some(held) = bands.get_mut(place) else { continue };
            if held.low < safe.low {
                held.low = safe.low;
                index.lower.push((safe.low, slot));
            }
            if held.high > safe.high {
                held.high = safe.high;
                index.upper.push((Reverse(safe.high), slot));
            }
        }
        if let Some(kept) = self.index.bands.get_mut(index_of(slot)) {
            *kept = bands;
        }
        self.clear_stale_edges(slot);
    }

    /// Where a book's edges have gone to: lists that are mostly of the past are cleared.
    fn clear_stale_edges(&mut self, slot: u32) {
        let bands = &self.index.bands;
        for band in bands.get(index_of(slot)).into_iter().flatten() {
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
        let Some(index) = self.index.instruments.get_mut(instrument.index()) else { return };
        let bands = &mut self.index.bands;
        while let Some((edge, slot)) = index.lower.peek().copied().filter(|(edge, _)| *edge > judged) {
            index.lower.pop();
            if let Some(band) = band_mut(bands, slot, instrument).filter(|band| band.low == edge) {
                band.low = Price::MIN;
                self.work.look_at_slot(&self.books, slot);
            }
        }
        while let Some((Reverse(edge), slot)) = index.upper.peek().copied().filter(|(edge, _)| edge.0 < judged) {
            index.upper.pop();
            if let Some(band) = band_mut(bands, slot, instrument).filter(|band| band.high == edge) {
                band.high = Price::MAX;
                self.work.look_at_slot(&self.books, slot);
            }
        }
    }

    fn safe_band(&self, holding: &Holding, distances: &[Distance; 2], shares: usize) -> Option<Band> {
        let mark = self.judged_mark(self.instrument(holding.instrument)?);
        let shares = i64::try_from(shares).unwrap_or(i64::MAX);
        let room = |falling: bool| {
            let [a, b] = distances.each_ref().map(|distance| self.room(distance, holding, shares, falling));
            a.min(b)
        };
        let (down, up) = (room(true), room(false));
        Some(Band {
            instrument: holding.instrument,
            low: if down >= FAR { Price::MIN } else { Price::from_units((mark.wide() - down).clamp_i64()) },
            high: if up >= FAR { Price::MAX } else { Price::from_units((mark.wide() + up).clamp_i64()) },
        })
    }

    /// How far one instrument's mark may go before it has used up its part of a distance.
    fn room(&self, distance: &Distance, holding: &Holding, shares: i64, falling: bool) -> Wide {
        let contract = i64::from(self.rules.contract_size);
        let (net, gross) = (holding.net.wide() * contract, holding.gross.wide() * contract);
        let level = distance.level.wide();
        let rounding = level * gross;
        let steepest = R::Margin::steepest(&self.rules);
        let by_margin = (level * steepest.wide() * gross).div_ceil(10_000);
        let direction: i64 = if falling { -1 } else { 1 };
        // Equity moves with the net; used margin only against the distance where it grows (lower thresholds, rising)
        // or shrinks (the upper threshold, falling).
        let by_equity = -(net * 10_000 * direction * distance.equity_sign);
        let margin_hurts = (direction > 0) == (distance.equity_sign > 0);
        let rate = if margin_hurts { by_equity + by_margin } else { by_equity };
        let part = distance.left.div_floor(shares.max(1)) - rounding;
        match (part < Wide::ZERO, rate <= Wide::ZERO) {
            (true, _) => Wide::ZERO,
            (false, true) => FAR,
            (false, false) => part.div_floor(rate),
        }
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

/// Leaves in a heap what is still so, once.
fn clear<E: Ord>(heap: &mut BinaryHeap<E>, is_so: impl Fn(&E) -> bool) {
    let mut edges = std::mem::take(heap).into_vec();
    edges.retain(is_so);
    edges.sort_unstable();
    edges.dedup();
    *heap = BinaryHeap::from(edges);
}

/// What a book holds of each instrument. Books hold few positions: looking at them again costs less than a list.
fn holdings(book: &Book) -> impl Iterator<Item = Holding> {
    let first = |(n, position): &(usize, &Position)| book.positions.iter().take(*n).all(|other| other.instrument != position.instrument);
    book.positions.iter().enumerate().filter(first).map(|(n, position)| {
        let mut holding = Holding { instrument: position.instrument, net: Lots::ZERO, gross: Lots::ZERO };
        for same in book.positions.iter().skip(n).filter(|other| other.instrument == position.instrument) {
            holding.net += same.direction.signed(same.lots);
            holding.gross += same.lots;
        }
        holding
    })
}
