//! What the house can lose on the present book (R7.2, R11.11), and what books would bring if they closed now.

use crate::id::{BookId, InstrumentIdx};
use crate::rulebook::curve::notional;
use crate::rulebook::margin::gap;
use crate::rulebook::{PricingCurve, Rounding, Rulebook};
use crate::state::State;
use crate::units::{Direction, Money, Wide};

/// The present book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// Σ over instruments of the worse side: gross lots × contract × distance of `live_base` to the end of its range.
    pub worst_loss: Money,
    /// The instrument, and what its worst single event would cost (R4.7's gap on the worse side).
    pub worst_event: Option<(InstrumentIdx, Money)>,
    /// What the house has won (positive) or lost so far.
    pub house: Money,
    /// What is set aside.
    pub insurance: Money,
}

impl<R: Rulebook> State<R> {
    /// R7.2.
    pub fn risk(&self) -> Risk {
        let rules = &self.rules;
        let side = |row: &crate::instrument::Instrument, direction: Direction| {
            let distance = match direction {
                Direction::Long => rules.ceiling - row.live_base,
                Direction::Short => row.live_base - rules.floor,
            };
            notional(rules, distance, row.gross(direction))
        };
        let worst = |row| side(row, Direction::Long).max(side(row, Direction::Short));
        // A gap against the longs is one for the house; it pays what moves with them.
        let by_event = |row: &crate::instrument::Instrument| {
            let one =
                |direction: Direction| notional(rules, gap(rules, row.footballer.position, direction.opposite()), row.gross(direction));
            one(Direction::Long).max(one(Direction::Short))
        };
        let money = |wide: Wide| Money::from_units(wide.clamp_i64());
        Risk {
            worst_loss: money(self.instruments().map(worst).sum()),
            worst_event: self
                .instruments()
                .map(|row| (by_event(row), row.idx))
                .max()
                .filter(|(cost, _)| *cost > Wide::ZERO)
                .map(|(cost, idx)| (idx, money(cost))),
            house: self.ledger.house,
            insurance: self.ledger.insurance,
        }
    }

    /// R8.1 `equity`: the balance and what each position would bring alone on the curve, less grants.
    pub fn equity_less_grants(&self, book: BookId) -> Option<Money> {
        let row = self.book(book)?;
        let value = |position: &crate::position::Position| {
            let instrument = self.instrument(position.instrument)?;
            let direction = position.direction.opposite();
            let fill =
                R::Pricing::fill_value(&self.rules, Self::curve_of(instrument), direction, position.lots, Rounding::against(direction))
                    .ok()?;
            let exit = position.direction.wide() * fill.wide();
            Some(exit - position.entry_cost.wide())
        };
        let open: Wide = self.positions_of(book).filter_map(value).sum();
        Some(Money::from_units((row.balance.wide() - row.grants.wide() + open).clamp_i64()))
    }
}
