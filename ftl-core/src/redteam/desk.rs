//! A trader's desk: the state that he sees, the orders that he gives. Every order is a command through `State::apply`.

use crate::command::{Action, Command, OpenPosition};
use crate::event::Event;
use crate::fixture::Fixture;
use crate::id::{AccountId, BookId, CommandId, FixtureId, InstrumentIdx, OrderId, PositionId};
use crate::outcome::{Entry, Outcome, Receipt};
use crate::redteam::cast::Cast;
use crate::rejection::Rejection;
use crate::state::State;
use crate::time::At;
use crate::units::{Direction, Lots, Money, Price};

/// A share: the smallest order.
pub(crate) const SHARE: Lots = Lots::from_units(1);
/// Account numbers of a trader begin at his place times this.
const SEATS: u128 = 1_000;

/// What a trader came to in a match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Result {
    /// Of all his accounts.
    pub pnl: Money,
    /// Margin committed at each open.
    pub stake: Money,
    /// Positions opened.
    pub opened: u64,
}

/// Where a desk's orders go.
pub(crate) trait Venue {
    /// The league as it is.
    fn state(&self) -> &State;
    /// Applies an action.
    fn apply(&mut self, at: At, action: Action) -> Outcome;
}

/// The state of a match and what its traders have staked.
pub(super) struct Floor {
    pub state: State,
    pub results: Vec<Result>,
}

impl Venue for Floor {
    fn state(&self) -> &State {
        &self.state
    }

    /// Notes who has opened what.
    fn apply(&mut self, at: At, action: Action) -> Outcome {
        let seq = self.state.seq().next();
        let at = at.max(self.state.at());
        let command = Command { id: CommandId(u128::from(seq.0)), body: 0, not_after: None, action };
        let outcome = self.state.apply(&Entry { seq, at, command });
        for event in &outcome.events {
            let Event::PositionOpened(opened) = event else { continue };
            if let Some(result) = self.results.get_mut(trader_of(opened.book)) {
                result.stake += opened.margin;
                result.opened = result.opened.saturating_add(1);
            }
        }
        outcome
    }
}

/// The season book of a trader's seat.
pub(crate) fn book_of(trader: usize, seat: usize) -> BookId {
    let number = |n: usize| u128::try_from(n).unwrap_or(0);
    BookId::season(AccountId(number(trader).saturating_add(1).saturating_mul(SEATS).saturating_add(number(seat))))
}

fn trader_of(book: BookId) -> usize {
    usize::try_from(book.account.0.checked_div(SEATS).unwrap_or(0)).unwrap_or(0).wrapping_sub(1)
}

/// See the module.
pub struct Desk<'a> {
    pub(crate) venue: &'a mut dyn Venue,
    pub(crate) cast: &'a Cast,
    pub(crate) fixture: &'a FixtureId,
    pub(crate) trader: usize,
    pub(crate) at: At,
    /// See [`share`](Self::share).
    pub(crate) share: Lots,
}

impl Desk<'_> {
    /// The time.
    pub fn now(&self) -> At {
        self.at
    }

    /// Lots of an ordinary order: a share where traders must not be in one another's way, more in a season.
    pub fn share(&self) -> Lots {
        self.share
    }

    /// Everything that can be known of the league.
    pub fn state(&self) -> &State {
        self.venue.state()
    }

    /// Who may be traded.
    pub fn cast(&self) -> &Cast {
        self.cast
    }

    /// The match.
    pub fn fixture(&self) -> Option<&Fixture> {
        self.state().fixture(self.fixture)
    }

    /// The book of one of his accounts.
    pub fn book(&self, seat: usize) -> BookId {
        book_of(self.trader, seat)
    }

    /// The mark of an instrument; 0 of an unknown one.
    pub fn mark(&self, instrument: InstrumentIdx) -> Price {
        self.state().mark(instrument).unwrap_or(Price::ZERO)
    }

    /// An instrument by the slug that an event names.
    pub fn named(&self, slug: Option<&crate::id::InstrumentId>) -> Option<InstrumentIdx> {
        self.state().find_instrument(slug?.as_str()).map(|row| row.idx)
    }

    /// A market order.
    ///
    /// # Errors
    /// As the league refuses it.
    pub fn open(
        &mut self,
        seat: usize,
        instrument: InstrumentIdx,
        direction: Direction,
        lots: Lots,
    ) -> core::result::Result<Receipt, Rejection> {
        let order = self.order(seat, instrument, direction, lots);
        self.place(order)
    }

    /// A market order to be refined.
    pub fn order(&self, seat: usize, instrument: InstrumentIdx, direction: Direction, lots: Lots) -> OpenPosition {
        OpenPosition { book: self.book(seat), instrument, direction, lots, limit: None, slippage: None, stop_loss: None, take_profit: None }
    }

    /// Any order to open.
    ///
    /// # Errors
    /// As the league refuses it.
    pub fn place(&mut self, order: OpenPosition) -> core::result::Result<Receipt, Rejection> {
        self.give(Action::OpenPosition(order))
    }

    /// Closes a position, or a part of it; refusals are tried again by whoever cares.
    pub fn close(&mut self, seat: usize, position: PositionId, lots: Option<Lots>) -> bool {
        let waits = self.state().position(position).is_none_or(|row| self.state().closing(row).next().is_some());
        let book = self.book(seat);
        !waits && self.give(Action::ClosePosition { book, position, lots }).is_ok()
    }

    /// Closes all positions of a seat that no close waits for.
    pub fn close_all(&mut self, seat: usize) {
        for position in self.positions(seat) {
            self.close(seat, position, None);
        }
    }

    /// The open positions of a seat, oldest first.
    pub fn positions(&self, seat: usize) -> Vec<PositionId> {
        self.state().positions_of(self.book(seat)).map(|row| row.id).collect()
    }

    /// Sets the stop loss of a position and keeps its take profit.
    pub fn set_stop(&mut self, seat: usize, position: PositionId, stop_loss: Price) -> bool {
        let Some(take_profit) = self.state().position(position).map(|row| row.take_profit) else { return false };
        let book = self.book(seat);
        self.give(Action::ModifyPosition { book, position, stop_loss: Some(stop_loss), take_profit }).is_ok()
    }

    /// Takes an order back.
    pub fn cancel(&mut self, seat: usize, order: OrderId) -> bool {
        let book = self.book(seat);
        self.give(Action::CancelOrder { book, order }).is_ok()
    }

    fn give(&mut self, action: Action) -> core::result::Result<Receipt, Rejection> {
        self.venue.apply(self.at, action).answer.result
    }
}
