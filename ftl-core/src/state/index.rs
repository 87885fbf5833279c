//! Indexes over the rows: derived, rebuilt after a restore, never serialised. They make a price change cost
//! O(log n + what it affects), never O(holders).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::bands::Band;
use crate::id::{AccountId, BookId, FixtureId, InstrumentId, InstrumentIdx, OrderId, PositionId, Seq};
use crate::mutant::Mutant;
use crate::order::{Order, OrderAction};
use crate::position::Position;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::time::At;
use crate::units::{Direction, Price};

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    pub slugs: FxHashMap<InstrumentId, InstrumentIdx>,
    pub fixtures: FxHashMap<FixtureId, u32>,
    pub instruments: Vec<InstrumentIndex>,
    /// Where each book's bands stand in the instruments' indexes.
    pub bands: FxHashMap<BookId, Vec<Band>>,
    pub timers: BTreeSet<Timer>,
}

/// What hangs on one instrument's price.
#[derive(Clone, Debug, Default)]
pub(crate) struct InstrumentIndex {
    /// Every open position in it.
    pub positions: BTreeSet<PositionId>,
    /// Reached when the mark falls to the price: stops of longs, profits of shorts.
    pub falling: BTreeSet<(Price, PositionId)>,
    /// Reached when the mark rises to the price: stops of shorts, profits of longs.
    pub rising: BTreeSet<(Price, PositionId)>,
    /// Books that need a look when the mark falls below the price.
    pub lower: BTreeSet<(Price, BookId)>,
    /// Books that need a look when the mark rises above the price.
    pub upper: BTreeSet<(Price, BookId)>,
    /// Market orders that rest, to open and to close.
    pub market: BTreeSet<OrderId>,
    /// Limit orders to buy, best first.
    pub limit_long: BTreeSet<(Reverse<Price>, OrderId)>,
    /// Limit orders to sell, best first.
    pub limit_short: BTreeSet<(Price, OrderId)>,
    /// Limit orders that are to be taken back.
    pub cancelling: BTreeSet<OrderId>,
    /// Positions whose stop and profit are to arm.
    pub arming: BTreeSet<PositionId>,
}

/// Something that happens by itself. Fires in the order of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer {
    pub due: At,
    /// The entry that set it.
    pub set_by: Seq,
    pub kind: TimerKind,
}

/// What a timer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKind {
    /// R4.4 `feed_stale`.
    CancelStale(OrderId),
    /// R3.7.
    Finalise(u32),
}

impl InstrumentIndex {
    /// Where a stop or profit stands: `true` in `falling`.
    fn triggers(position: &Position) -> impl Iterator<Item = (bool, Price)> {
        let falls = |is_stop: bool| is_stop == (position.direction == Direction::Long);
        let stop = position.stop_loss.map(|price| (falls(true), price));
        let profit = position.take_profit.map(|price| (falls(false), price));
        stop.into_iter().chain(profit)
    }

    pub fn add_triggers(&mut self, position: &Position) {
        for (falling, price) in Self::triggers(position) {
            let set = if falling { &mut self.falling } else { &mut self.rising };
            set.insert((price, position.id));
        }
    }

    pub fn remove_triggers(&mut self, position: &Position) {
        for (falling, price) in Self::triggers(position) {
            let set = if falling { &mut self.falling } else { &mut self.rising };
            set.remove(&(price, position.id));
        }
    }

    pub fn add_order(&mut self, order: &Order) {
        match order.action {
            OrderAction::Open { direction: Direction::Long, limit: Some(limit), .. } => {
                self.limit_long.insert((Reverse(limit), order.id));
            }
            OrderAction::Open { direction: Direction::Short, limit: Some(limit), .. } => {
                self.limit_short.insert((limit, order.id));
            }
            OrderAction::Open { limit: None, .. } | OrderAction::Close { .. } => {
                self.market.insert(order.id);
            }
        }
        if order.cancel_due.is_some() {
            self.cancelling.insert(order.id);
        }
    }

    pub fn remove_order(&mut self, order: &Order) {
        match order.action {
            OrderAction::Open { direction: Direction::Long, limit: Some(limit), .. } => {
                self.limit_long.remove(&(Reverse(limit), order.id));
            }
            OrderAction::Open { direction: Direction::Short, limit: Some(limit), .. } => {
                self.limit_short.remove(&(limit, order.id));
            }
            OrderAction::Open { limit: None, .. } | OrderAction::Close { .. } => {
                self.market.remove(&order.id);
            }
        }
        self.cancelling.remove(&order.id);
    }
}

/// Below and above every book, to bound a range of edges.
const FIRST_BOOK: BookId = BookId { account: AccountId(0), number: 0 };
const LAST_BOOK: BookId = BookId { account: AccountId(u128::MAX), number: u16::MAX };

/// The next price up.
fn next_above(price: Price) -> Price {
    price.checked_add(Price::from_units(1)).unwrap_or(Price::MAX)
}

impl Index {
    pub fn of(&mut self, instrument: InstrumentIdx) -> Option<&mut InstrumentIndex> {
        self.instruments.get_mut(instrument.index())
    }
}

impl<R: Rulebook> State<R> {
    /// The mark of an instrument has changed: notes whom it reaches. The first time in an entry it looks at everything
    /// beyond the mark, later at what lies between the former mark and the new one: what was found before is in `work`,
    /// and what has been taken out of it was found on the safe side.
    pub(crate) fn note_mark(&mut self, instrument: InstrumentIdx) {
        let Some(row) = self.instruments.get(instrument.index()) else { return };
        let judged = self.judged_mark(row);
        let under_review = row.review.is_some();
        let forget_shorts = self.mutated(Mutant::TriggerIndexMissesShorts);
        let Some(index) = self.index.instruments.get(instrument.index()) else { return };
        self.work.limits.insert(instrument);
        let before = self.work.noted.insert(instrument, judged);
        if before.is_none_or(|before| judged < before) {
            let highest = before.unwrap_or(Price::MAX);
            if !under_review {
                let fallen = index.falling.range((judged, PositionId(0))..=(highest, PositionId(u128::MAX)));
                self.work.positions.extend(fallen.map(|(_, id)| *id));
            }
            let edges = index.lower.range((next_above(judged), FIRST_BOOK)..=(highest, LAST_BOOK));
            self.work.books.extend(edges.map(|(_, book)| *book));
        }
        if before.is_none_or(|before| judged > before) {
            let lowest = before.unwrap_or(Price::MIN);
            if !under_review && !forget_shorts {
                let risen = index.rising.range((lowest, PositionId(0))..=(judged, PositionId(u128::MAX)));
                self.work.positions.extend(risen.map(|(_, id)| *id));
            }
            let edges = index.upper.range((lowest, FIRST_BOOK)..(judged, FIRST_BOOK));
            self.work.books.extend(edges.map(|(_, book)| *book));
        }
    }

    /// Builds every index from the rows.
    pub(crate) fn rebuild_index(&mut self) {
        self.index = Index::default();
        for instrument in &self.instruments {
            self.index.slugs.insert(instrument.footballer.instrument.clone(), instrument.idx);
            self.index.instruments.push(InstrumentIndex::default());
        }
        for (number, fixture) in (0u32..).zip(&self.fixtures) {
            self.index.fixtures.insert(fixture.id.clone(), number);
            if let Some((due, set_by)) = fixture.final_due {
                self.index.timers.insert(Timer { due, set_by, kind: TimerKind::Finalise(number) });
            }
        }
        for position in self.positions.iter() {
            let Some(index) = self.index.instruments.get_mut(position.instrument.index()) else { continue };
            index.positions.insert(position.id);
            index.add_triggers(position);
            if position.pending.is_some() {
                index.arming.insert(position.id);
            }
        }
        for order in self.orders.iter() {
            if let Some(index) = self.index.instruments.get_mut(order.instrument.index()) {
                index.add_order(order);
            }
            self.index.timers.extend(Timer::of_order(order));
        }
        let books: Vec<BookId> = self.books.iter().filter(|book| !book.positions.is_empty()).map(|book| book.id).collect();
        for book in books {
            self.set_bands(book);
        }
        self.rebuild_boards();
    }
}

impl Timer {
    /// When a resting order is given up for want of clock ticks (R4.4).
    pub fn of_order(order: &Order) -> Option<Self> {
        Some(Self { due: order.stale_due?, set_by: order.placed_by, kind: TimerKind::CancelStale(order.id) })
    }
}
