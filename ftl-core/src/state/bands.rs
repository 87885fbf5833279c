//! Safe bands: while every instrument of a book stays inside its band, nothing about the book's margin changes.
//!
//! A book's distance to its next threshold is piecewise linear in the judged marks of what it holds. Each of its n
//! instruments may use up one n-th of that distance; how far its mark may go for it is bounded by the steepest slope
//! that direction and margin allow, with one `Price` unit of rounding a share on top. Bands sit in two ordered sets an
//! instrument: a price change looks at the nearest edges only, and a crossed band re-evaluates its book, exactly.

use crate::id::{BookId, InstrumentIdx};
use crate::mutant::Mutant;
use crate::rulebook::{MarginPolicy, Rulebook};
use crate::state::State;
use crate::units::{Bps, Lots, Price, Wide};

/// Prices between which an instrument cannot bring its book to a threshold; both ends are safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Band {
    pub instrument: InstrumentIdx,
    pub low: Price,
    pub high: Price,
}

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

impl<R: Rulebook> State<R> {
    /// Takes a book's bands out of the indexes.
    pub(crate) fn clear_bands(&mut self, book: BookId) {
        for band in self.index.bands.remove(&book).unwrap_or_default() {
            if let Some(index) = self.index.of(band.instrument) {
                index.lower.remove(&(band.low, book));
                index.upper.remove(&(band.high, book));
            }
        }
    }

    /// Sets a book's bands around the judged marks as they are.
    pub(crate) fn set_bands(&mut self, book: BookId) {
        self.clear_bands(book);
        let bands = self.bands_of(book);
        if bands.is_empty() {
            return;
        }
        for band in &bands {
            if let Some(index) = self.index.of(band.instrument) {
                index.lower.insert((band.low, book));
                index.upper.insert((band.high, book));
            }
        }
        self.index.bands.insert(book, bands);
    }

    fn bands_of(&self, book: BookId) -> Vec<Band> {
        let holdings = self.holdings(book);
        let distances = self.distances(book);
        let shares = if self.mutated(Mutant::BandTooWide) { 1 } else { i64::try_from(holdings.len()).unwrap_or(i64::MAX) };
        holdings
            .iter()
            .filter_map(|holding| {
                let mark = self.judged_mark(self.instrument(holding.instrument)?);
                let room = |falling: bool| distances.iter().map(|d| self.room(d, holding, shares, falling)).min().unwrap_or(Wide::ZERO);
                let (down, up) = (room(true), room(false));
                Some(Band {
                    instrument: holding.instrument,
                    low: Price::from_units((mark.wide() - down).clamp_i64()),
                    high: Price::from_units((mark.wide() + up).clamp_i64()),
                })
            })
            .collect()
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
            (false, true) => Wide::of(i64::MAX),
            (false, false) => part.div_floor(rate),
        }
    }

    fn holdings(&self, book: BookId) -> Vec<Holding> {
        let mut holdings: Vec<Holding> = Vec::new();
        for position in self.positions_of(book) {
            let signed = position.direction.signed(position.lots);
            match holdings.iter_mut().find(|h| h.instrument == position.instrument) {
                Some(holding) => {
                    holding.net += signed;
                    holding.gross += position.lots;
                }
                None => holdings.push(Holding { instrument: position.instrument, net: signed, gross: position.lots }),
            }
        }
        holdings
    }

    /// The thresholds that the book can reach next: the warning, or washout and recovery.
    fn distances(&self, book: BookId) -> Vec<Distance> {
        let Some(row) = self.book(book) else { return Vec::new() };
        let margin = self.rules.margin;
        let (equity, used) = self.judged(row);
        let above = |level: Bps, strictly: i64| Distance {
            left: equity * 10_000 - used * level.wide() - Wide::of(strictly),
            equity_sign: 1,
            level,
        };
        let below = |level: Bps| Distance { left: used * level.wide() - equity * 10_000 - Wide::of(1), equity_sign: -1, level };
        if row.warned {
            vec![above(margin.washout_at, 1), below(margin.rearm_at)]
        } else {
            vec![above(margin.warn_below, 0), above(margin.washout_at, 1)]
        }
    }
}
