//! What a book is worth (R4.8, R5.1): equity, used margin, free margin, level.

use crate::book::Book;
use crate::command::OpenPosition;
use crate::id::{BookId, InstrumentIdx};
use crate::instrument::Instrument;
use crate::outcome::{Portfolio, PositionReceipt};
use crate::position::Position;
use crate::rulebook::curve::{notional, price_per_share};
use crate::rulebook::{MarginPolicy, Rounding, Rulebook};
use crate::state::State;
use crate::units::{Bps, Direction, Lots, Money, Price, Wide};

/// Equity and used margin.
pub(crate) type Worth = (Wide, Wide);

/// An instrument's mark as it would be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MarkIf {
    pub instrument: InstrumentIdx,
    pub mark: Price,
}

impl MarkIf {
    fn or(as_if: Option<Self>, instrument: &Instrument, mark: impl FnOnce() -> Price) -> Price {
        as_if.filter(|as_if| as_if.instrument == instrument.idx).map_or_else(mark, |as_if| as_if.mark)
    }
}

/// What an open would cost and leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenFill {
    pub entry_cost: Money,
    pub fee: Money,
    pub margin: Money,
    pub net: Lots,
    pub mark: Price,
}

impl<R: Rulebook> State<R> {
    /// A book's margin account, at judged marks; free margin counts the worse of both marks under review (R3.9).
    pub fn portfolio(&self, book: BookId) -> Option<Portfolio> {
        self.book(book).map(|row| self.portfolio_in(row))
    }

    pub(crate) fn portfolio_in(&self, row: &Book) -> Portfolio {
        // The round has mostly valued it, and nothing has happened since.
        let known = self.work.valued.filter(|(book, events, _)| (*book, *events) == (row.id, self.work.events.len()));
        let (equity, used) = known.map_or_else(|| self.judged(row), |(_, _, worth)| worth);
        let reviewed = |position: &Position| self.instrument(position.instrument).is_some_and(|row| row.review.is_some());
        // Where nothing is under review both look at the same marks.
        let free = if row.positions.iter().any(reviewed) { self.free(row, None) } else { equity - used };
        account_of(row, row.balance, (equity, used), free)
    }

    /// The same after a fill that has not happened.
    pub(crate) fn portfolio_after(&self, open: &OpenPosition, fill: &OpenFill) -> Option<Portfolio> {
        let row = self.book(open.book)?;
        let as_if = MarkIf { instrument: open.instrument, mark: fill.mark };
        let gain = open.direction.wide() * notional(&self.rules, fill.mark, open.lots) - fill.entry_cost.wide() - fill.fee.wide();
        let (equity, used) = self.judged_if(row, Some(as_if));
        let free = self.free(row, Some(as_if)) + gain - fill.margin.wide();
        Some(account_of(row, row.balance - fill.fee, (equity + gain, used + fill.margin.wide()), free))
    }

    /// R4.8: `direction × mark × lots × contract − entry cost`, at the judged mark.
    pub fn unrealised(&self, position: &Position) -> Money {
        let mark = self.instrument(position.instrument).map_or(Price::ZERO, |row| self.judged_mark(row));
        Money::from_units(self.unrealised_at(position, mark).clamp_i64())
    }

    /// A position as its trader is told of it.
    pub fn position_receipt(&self, position: &Position) -> PositionReceipt {
        let row = self.instrument(position.instrument);
        let margin = row.map_or(Wide::ZERO, |row| self.margin_of(row, position.direction, position.lots, self.mark_of(row)));
        PositionReceipt {
            id: position.id,
            instrument: position.instrument,
            direction: position.direction,
            lots: position.lots,
            entry_price: price_per_share(&self.rules, position.entry_cost, position.lots, Rounding::against(position.direction)),
            entry_cost: position.entry_cost,
            margin: Money::from_units(margin.clamp_i64()),
            stop_loss: position.stop_loss,
            take_profit: position.take_profit,
            opened_at: position.opened_at,
        }
    }

    pub(crate) fn unrealised_at(&self, position: &Position, mark: Price) -> Wide {
        position.direction.wide() * notional(&self.rules, mark, position.lots) - position.entry_cost.wide()
    }

    /// R4.7, for a whole position.
    pub(crate) fn margin_of(&self, instrument: &Instrument, direction: Direction, lots: Lots, mark: Price) -> Wide {
        let least = self.index.least_margin.of(instrument.footballer.position, direction);
        notional(&self.rules, R::Margin::at(&self.rules, least, mark), lots)
    }

    /// Equity and used margin at judged marks: what R5 looks at.
    pub(crate) fn judged(&self, book: &Book) -> Worth {
        self.judged_if(book, None)
    }

    fn judged_if(&self, book: &Book, as_if: Option<MarkIf>) -> Worth {
        self.worth(book, |row| (MarkIf::or(as_if, row, || self.judged_mark(row)), None))
    }

    /// R5.1: equity less used margin, resting orders apart; with one mark as it would be, and the worse of both
    /// marks for what is under review.
    pub(crate) fn free(&self, book: &Book, as_if: Option<MarkIf>) -> Wide {
        let (equity, used) = self.worth(book, |row| {
            let mark = MarkIf::or(as_if, row, || self.mark_of(row));
            (mark, row.review.map(|review| review.mark))
        });
        equity - used
    }

    /// Sums over a book's positions, each at the mark of its instrument; of two marks the worse counts.
    fn worth(&self, book: &Book, marks: impl Fn(&Instrument) -> (Price, Option<Price>)) -> Worth {
        let (mut equity, mut used) = (book.balance.wide(), Wide::ZERO);
        for position in &book.positions {
            let Some(row) = self.instrument(position.instrument) else { continue };
            let at = |mark: Price| (self.unrealised_at(position, mark), self.margin_of(row, position.direction, position.lots, mark));
            let (mark, other) = marks(row);
            let (mut unrealised, mut margin) = at(mark);
            if let Some((u, m)) = other.map(at) {
                (unrealised, margin) = (unrealised.min(u), margin.max(m));
            }
            (equity, used) = (equity + unrealised, used + margin);
        }
        (equity, used)
    }

    /// R5.3: whether the level is at or below the washout.
    pub(crate) fn is_washed_out(&self, (equity, used): Worth) -> bool {
        used > Wide::ZERO && !above(equity, used, self.rules.margin.washout_at)
    }

    /// R5.3: the position with the lowest unrealised result at judged marks; of equals the older.
    pub(crate) fn lowest_position(&self, book: &Book) -> Option<Position> {
        use crate::mutant::Mutant::{WashoutPicksTheBest, WashoutTiePicksTheYounger};
        let keyed = book.positions.iter().map(|position| (self.unrealised(position), position));
        let found = if self.mutated(WashoutPicksTheBest) {
            keyed.max_by_key(|(unrealised, position)| (*unrealised, position.id))
        } else if self.mutated(WashoutTiePicksTheYounger) {
            keyed.min_by_key(|(unrealised, position)| (*unrealised, std::cmp::Reverse(position.id)))
        } else {
            keyed.min_by_key(|(unrealised, position)| (*unrealised, position.id))
        };
        found.map(|(_, position)| *position)
    }
}

fn account_of(row: &Book, balance: Money, (equity, used): Worth, free: Wide) -> Portfolio {
    let money = |wide: Wide| Money::from_units(wide.clamp_i64());
    Portfolio {
        balance,
        equity: money(equity),
        used: money(used),
        reserved: row.reserved,
        free: money(free - row.reserved.wide()),
        level_bps: (used > Wide::ZERO).then(|| (equity * 10_000).div_floor(used).clamp_i64()),
    }
}

/// Whether equity / used is above a level, by cross-multiplication.
pub(crate) fn above(equity: Wide, used: Wide, level: Bps) -> bool {
    equity * 10_000 > used * level.wide()
}
