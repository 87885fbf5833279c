//! What traders ask: opens, limits, closes, stops, cancellations; small ones and ones that stake everything.

use ftl_core::command::{Action, Command, OpenPosition, Slippage};
use ftl_core::id::{BookId, InstrumentIdx};
use ftl_core::order::Order;
use ftl_core::position::Position;
use ftl_core::state::State;
use ftl_core::units::{Bps, Direction, Lots, Price};

use super::Workload;

/// What a trader is about to ask.
#[derive(Clone, Copy)]
enum Wish {
    Open,
    Limit,
    Close,
    Modify,
    Cancel,
}

impl Workload {
    pub(super) fn trade(&mut self, state: &State) -> Command {
        let action = self.wish(state);
        self.command(action)
    }

    pub(super) fn wish(&mut self, state: &State) -> Action {
        let book = self.book();
        let wish = self.numbers.weighted(&[(42, Wish::Open), (14, Wish::Limit), (26, Wish::Close), (12, Wish::Modify), (6, Wish::Cancel)]);
        let positions: Vec<&Position> = state.positions_of(book).collect();
        let orders: Vec<&Order> = state.orders_of(book).collect();
        match wish {
            Wish::Close | Wish::Modify if positions.is_empty() => self.open(state, book, false),
            Wish::Cancel if orders.is_empty() => self.open(state, book, true),
            Wish::Open => self.open(state, book, false),
            Wish::Limit => self.open(state, book, true),
            Wish::Close => self.close(book, &positions),
            Wish::Modify => self.modify(state, book, &positions),
            Wish::Cancel => {
                let order = self.numbers.pick(&orders).map(|order| order.id).expect("there is one");
                Action::CancelOrder { book, order }
            }
        }
    }

    fn open(&mut self, state: &State, book: BookId, limit: bool) -> Action {
        let Some((instrument, mark)) = self.market(state) else {
            return Action::TopUp { book };
        };
        let direction = if self.numbers.chance(55) { Direction::Long } else { Direction::Short };
        let lots = self.size(state, book, mark);
        let limit = limit.then(|| self.aside(mark, direction.opposite()));
        let from = limit.unwrap_or(mark);
        let stop_loss = self.numbers.chance(35).then(|| self.aside(from, direction.opposite()));
        let take_profit = self.numbers.chance(35).then(|| self.aside(from, direction));
        let slippage = self.numbers.chance(20).then(|| Slippage {
            client_price: Price::from_units(mark.units() + self.numbers.within(-4_000, 4_000)),
            tolerance: Bps(self.numbers.below(150) as u32),
        });
        Action::OpenPosition(OpenPosition { book, instrument, direction, lots, limit, slippage, stop_loss, take_profit })
    }

    /// An instrument that trades, mostly; traders crowd where others are.
    pub(super) fn market(&mut self, state: &State) -> Option<(InstrumentIdx, Price)> {
        let open: Vec<InstrumentIdx> = state.instruments().filter(|i| i.active && !i.frozen && i.review.is_none()).map(|i| i.idx).collect();
        let all = state.instruments().count() as u64;
        let chosen = match self.numbers.below(100) {
            0..6 => InstrumentIdx(self.numbers.below(all) as u16),
            6..40 => *open.first()?,
            _ => *self.numbers.pick(&open)?,
        };
        Some((chosen, state.mark(chosen)?))
    }

    /// A little, a lot, or as much as the margin bears.
    fn size(&mut self, state: &State, book: BookId, mark: Price) -> Lots {
        let units = match self.numbers.below(100) {
            0..25 => self.numbers.within(1, 60),
            25..55 => self.numbers.within(50, 500),
            55..65 => 1_000,
            _ => {
                let rules = state.rules();
                let free = state.portfolio(book).map_or(0, |p| p.free.units().max(0));
                let notional = i128::from(mark.units()) * i128::from(rules.contract_size);
                let most = i128::from(free) * i128::from(rules.margin.leverage) / notional.max(1);
                (most * i128::from(self.numbers.within(60, 101)) / 100).clamp(1, 1_000) as i64
            }
        };
        Lots::from_units(units)
    }

    /// A price on the side of `mark` that `direction` gains on: near more often than far.
    pub(super) fn aside(&mut self, mark: Price, direction: Direction) -> Price {
        let furthest = self.numbers.weighted(&[(3, 5), (4, 40), (2, 300)]);
        let distance = 1 + mark.units() * self.numbers.within(0, furthest) / 1_000;
        Price::from_units(mark.units() + direction.sign() * distance)
    }

    fn close(&mut self, book: BookId, positions: &[&Position]) -> Action {
        let position = self.numbers.pick(positions).expect("there is one");
        let lots = self.numbers.chance(45).then(|| match self.numbers.below(10) {
            0 => position.lots + Lots::from_units(1),
            1 => position.lots,
            _ => Lots::from_units(self.numbers.within(1, position.lots.units())),
        });
        Action::ClosePosition { book, position: position.id, lots }
    }

    fn modify(&mut self, state: &State, book: BookId, positions: &[&Position]) -> Action {
        let position = self.numbers.pick(positions).expect("there is one");
        let mark = state.mark(position.instrument).unwrap_or_default();
        let stop_loss = self.numbers.chance(70).then(|| self.aside(mark, position.direction.opposite()));
        let take_profit = self.numbers.chance(60).then(|| self.aside(mark, position.direction));
        Action::ModifyPosition { book, position: position.id, stop_loss, take_profit }
    }
}
