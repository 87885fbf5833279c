//! Indexes over the rows: derived, rebuilt after a restore, never serialised. They make a price change cost
//! O(log n + what it affects), never O(holders).

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use rustc_hash::FxHashMap;

use super::bands::{Band, Horizon};
use super::slots::{Slots, hash_of};
use crate::fixture::Position as Playing;
use crate::id::{AccountId, FixtureId, InstrumentId, InstrumentIdx, OrderId, PositionId, Seq};
use crate::mutant::Mutant;
use crate::order::{Order, OrderAction};
use crate::position::Position;
use crate::rulebook::{MarginPolicy, Rulebook};
use crate::rules::Rules;
use crate::state::State;
use crate::time::At;
use crate::units::{Direction, Price};

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    pub slugs: FxHashMap<InstrumentId, InstrumentIdx>,
    pub fixtures: FxHashMap<FixtureId, u32>,
    pub instruments: Vec<InstrumentIndex>,
    /// The slot of the book that holds each position.
    pub positions: Slots,
    /// By a book's slot: the bands of those that are not calm.
    pub bands: FxHashMap<u32, Vec<Band>>,
    pub horizon: Horizon,
    pub timers: BTreeSet<Timer>,
    pub least_margin: LeastMargin,
    /// Few if any: whoever opens a position need not look at his account.
    pub suspended: BTreeSet<AccountId>,
}

/// What follows from the rules alone: margin a share at the least, by position and direction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LeastMargin([[Price; 2]; 4]);

impl LeastMargin {
    pub fn under<M: MarginPolicy>(rules: &Rules) -> Self {
        Self(Playing::ALL.map(|playing| [Direction::Long, Direction::Short].map(|direction| M::least(rules, playing, direction))))
    }

    pub fn of(&self, playing: Playing, direction: Direction) -> Price {
        let [long, short] = self.0.get(playing.index()).copied().unwrap_or_default();
        match direction {
            Direction::Long => long,
            Direction::Short => short,
        }
    }
}

/// What hangs on one instrument's price.
///
/// The edges of bands are left where they are when a book is traded in, and compared with its bands when they are met;
/// they are cleared of what is gone once that is more than the rest.
#[derive(Clone, Debug, Default)]
pub(crate) struct InstrumentIndex {
    /// How many positions in it are held by the books of each [`GROUP`] of slots.
    pub holders: Vec<u16>,
    /// The entry in which, and the judged mark up to which, its stops and bands have been looked at.
    pub noted: Option<(Seq, Price)>,
    /// Reached when the mark falls to the price: stops of longs, profits of shorts.
    pub falling: BTreeSet<(Price, PositionId)>,
    /// Reached when the mark rises to the price: stops of shorts, profits of longs.
    pub rising: BTreeSet<(Price, PositionId)>,
    /// Books that need a look when the mark falls below the price, the highest first.
    pub lower: BinaryHeap<(Price, u32)>,
    /// Books that need a look when the mark rises above the price, the lowest first.
    pub upper: BinaryHeap<(Reverse<Price>, u32)>,
    /// Its mark has been beyond the horizon: no edge here is too far to be kept.
    pub beyond: bool,
    /// How many books have a band here.
    pub banded: usize,
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

/// Books in a group: whoever looks for the holders of an instrument looks at the books of the groups that hold it.
const GROUP: u32 = 64;

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

/// The slots of a group.
pub(crate) fn slots_of(group: u32) -> impl Iterator<Item = u32> {
    (0..GROUP).map(move |n| group.saturating_mul(GROUP).saturating_add(n))
}

fn group_of(slot: u32) -> usize {
    slot.checked_div(GROUP).and_then(|group| usize::try_from(group).ok()).unwrap_or(0)
}

impl InstrumentIndex {
    /// The groups of books that hold it.
    pub fn groups(&self) -> impl Iterator<Item = u32> {
        (0u32..).zip(&self.holders).filter(|(_, held)| **held > 0).map(|(group, _)| group)
    }
}

impl Index {
    /// What follows from rules that come into force.
    pub fn turn_to<M: MarginPolicy>(&mut self, rules: &Rules) {
        self.least_margin = LeastMargin::under::<M>(rules);
        self.horizon = Horizon::under(rules);
    }

    pub fn of(&mut self, instrument: InstrumentIdx) -> Option<&mut InstrumentIndex> {
        self.instruments.get_mut(instrument.index())
    }

    /// A position is in the book in this slot.
    pub fn add_position(&mut self, position: &Position, slot: u32) {
        self.positions.insert(hash_of(&position.id), slot);
        let Some(index) = self.of(position.instrument) else { return };
        let group = group_of(slot);
        if index.holders.len() <= group {
            index.holders.resize(group.saturating_add(1), 0);
        }
        if let Some(held) = index.holders.get_mut(group) {
            *held = held.saturating_add(1);
        }
        index.add_triggers(position);
        if position.pending.is_some() {
            index.arming.insert(position.id);
        }
    }

    /// A position has left the book in this slot.
    pub fn remove_position(&mut self, position: &Position, slot: u32) {
        self.positions.remove(hash_of(&position.id), |other| other == slot);
        let Some(index) = self.of(position.instrument) else { return };
        if let Some(held) = index.holders.get_mut(group_of(slot)) {
            *held = held.saturating_sub(1);
        }
        index.arming.remove(&position.id);
        index.remove_triggers(position);
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
        let Some(index) = self.index.instruments.get_mut(instrument.index()) else { return };
        if !index.limit_long.is_empty() || !index.limit_short.is_empty() {
            self.work.limits.insert(instrument);
        }
        let before = index.noted.filter(|(entry, _)| *entry == self.seq).map(|(_, mark)| mark);
        index.noted = Some((self.seq, judged));
        // Nearly always nothing is reached, which the nearest one tells.
        let falls = index.falling.last().is_some_and(|(nearest, _)| *nearest >= judged);
        let rises = index.rising.first().is_some_and(|(nearest, _)| *nearest <= judged);
        if falls && before.is_none_or(|before| judged < before) && !under_review {
            let highest = before.unwrap_or(Price::MAX);
            let fallen = index.falling.range((judged, PositionId(0))..=(highest, PositionId(u128::MAX)));
            self.work.positions.extend(fallen.map(|(_, id)| *id));
        }
        if rises && before.is_none_or(|before| judged > before) && !under_review && !forget_shorts {
            let lowest = before.unwrap_or(Price::MIN);
            let risen = index.rising.range((lowest, PositionId(0))..=(judged, PositionId(u128::MAX)));
            self.work.positions.extend(risen.map(|(_, id)| *id));
        }
        self.note_bands(instrument, judged);
    }

    /// Builds every index from the rows.
    pub(crate) fn rebuild_index(&mut self) {
        self.index = Index::default();
        self.index.turn_to::<R::Margin>(&self.rules);
        self.index.suspended = self.accounts.iter().filter(|account| account.suspended).map(|account| account.id).collect();
        for instrument in &self.instruments {
            self.index.slugs.insert(instrument.footballer.instrument.clone(), instrument.idx);
            self.index.instruments.push(InstrumentIndex::default());
        }
        for (number, fixture) in (0u32..).zip(self.fixtures.iter()) {
            self.index.fixtures.insert(fixture.id.clone(), number);
            if let Some((due, set_by)) = fixture.final_due {
                self.index.timers.insert(Timer { due, set_by, kind: TimerKind::Finalise(number) });
            }
        }
        for (slot, book) in self.books.slots() {
            for position in &book.positions {
                self.index.add_position(position, slot);
            }
        }
        for order in self.orders.iter() {
            if let Some(index) = self.index.instruments.get_mut(order.instrument.index()) {
                index.add_order(order);
            }
            self.index.timers.extend(Timer::of_order(order));
        }
        let books: Vec<u32> = self.books.slots().filter(|(_, book)| !book.positions.is_empty()).map(|(slot, _)| slot).collect();
        books.into_iter().for_each(|slot| self.set_bands(slot));
        self.rebuild_boards();
    }
}

impl Timer {
    /// When a resting order is given up for want of clock ticks (R4.4).
    pub fn of_order(order: &Order) -> Option<Self> {
        Some(Self { due: order.stale_due?, set_by: order.placed_by, kind: TimerKind::CancelStale(order.id) })
    }
}
