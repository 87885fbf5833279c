//! What a trade changes: orders, positions, the imbalance, the wallet, the boards, and every index over them.

use crate::account::Account;
use crate::boards::{Boards, Closed, Seat, Standing, When};
use crate::event::{PositionClosed, PositionOpened};
use crate::id::{BookId, InstrumentIdx, OrderId, PositionId, Seq};
use crate::mutant::Mutant;
use crate::order::{Order, OrderAction};
use crate::position::{CloseReason, PendingTriggers, Position};
use crate::rulebook::Rulebook;
use crate::rules::BoardRules;
use crate::state::State;
use crate::state::index::Timer;
use crate::time::Week;
use crate::units::{Direction, Lots, Price};

impl<R: Rulebook> State<R> {
    pub(super) fn order_placed(&mut self, order: &Order) {
        self.index.timers.extend(Timer::of_order(order));
        if let Some(index) = self.index.of(order.instrument) {
            index.add_order(order);
        }
        if let Some(row) = self.closed_by(order) {
            row.closing.push(order.id);
        }
        self.change_book(order.book, |book| {
            book.orders.push(order.id);
            book.reserved += order.reserved;
        });
        self.orders.insert(order.clone());
        self.work.limits.insert(order.instrument);
    }

    /// The position that an order is to close.
    fn closed_by(&mut self, order: &Order) -> Option<&mut Position> {
        match order.action {
            OrderAction::Close { position } => self.positions.get_mut(position),
            OrderAction::Open { .. } => None,
        }
    }

    pub(super) fn remove_order(&mut self, id: OrderId) {
        let Some(order) = self.orders.remove(id) else { return };
        if let Some(timer) = Timer::of_order(&order) {
            self.index.timers.remove(&timer);
        }
        if let Some(index) = self.index.of(order.instrument) {
            index.remove_order(&order);
        }
        if let Some(row) = self.closed_by(&order) {
            row.closing.retain(|closing| *closing != id);
        }
        let keep_reserve = self.mutated(Mutant::ReserveKeptAfterFill);
        self.change_book(order.book, |book| {
            book.orders.retain(|resting| *resting != id);
            if !keep_reserve {
                book.reserved -= order.reserved;
            }
        });
    }

    pub(super) fn position_opened(&mut self, opened: &PositionOpened) {
        self.remove_order(opened.order);
        let position = Position {
            id: opened.position,
            book: opened.book,
            instrument: opened.instrument,
            direction: opened.direction,
            lots: opened.lots,
            entry_cost: opened.entry_cost,
            committed: opened.margin,
            opened_at: self.at,
            stop_loss: opened.stop_loss,
            take_profit: opened.take_profit,
            pending: None,
            closing: Vec::new(),
        };
        if let Some(index) = self.index.of(opened.instrument) {
            index.positions.insert(position.id);
            index.add_triggers(&position);
        }
        self.change_book(opened.book, |book| book.positions.push(opened.position));
        self.positions.insert(position);
        opened.postings().into_iter().for_each(|posting| self.post(posting));
        self.shift_net(opened.instrument, opened.direction, opened.lots, opened.net);
        self.record(opened.book, |boards, standing, seat, when, rules| boards.opened(standing, seat, opened.margin, when, rules));
        self.work.books.insert(opened.book);
        self.work.positions.insert(opened.position);
        self.note_mark(opened.instrument);
    }

    pub(super) fn position_closed(&mut self, closed: &PositionClosed) {
        if let Some(order) = closed.order {
            self.remove_order(order);
        }
        let whole = closed.remaining == Lots::ZERO;
        let voided = self.position(closed.position).filter(|_| closed.reason == CloseReason::Voided).map(|position| position.committed);
        if whole {
            self.remove_position(closed.position);
        } else if let Some(position) = self.positions.get_mut(closed.position) {
            position.lots = closed.remaining;
            position.entry_cost -= closed.entry_cost;
        }
        closed.postings().into_iter().for_each(|posting| self.post(posting));
        let held = self.at.since(closed.opened_at);
        let long_enough = self.rules.top_up.is_some_and(|rules| whole && held >= rules.held) && closed.reason != CloseReason::Voided;
        self.change_book(closed.book, |book| {
            if whole {
                book.positions.retain(|id| *id != closed.position);
            }
            if long_enough {
                book.held_closes = book.held_closes.saturating_add(1);
            }
        });
        if !self.mutated(Mutant::NetStaleAfterClose) {
            self.shift_net(closed.instrument, closed.direction, -closed.lots, closed.net);
        }
        let fixture = self.instrument(closed.instrument).and_then(|instrument| instrument.fixture);
        let result = Closed { pnl: closed.pnl, whole, fixture, voided, opened_in: Week::of(closed.opened_at) };
        self.record(closed.book, |boards, standing, seat, when, rules| boards.closed(standing, seat, result, when, rules));
        self.work.books.insert(closed.book);
        self.note_mark(closed.instrument);
    }

    fn remove_position(&mut self, id: PositionId) {
        let Some(position) = self.positions.remove(id) else { return };
        if let Some(index) = self.index.of(position.instrument) {
            index.positions.remove(&id);
            index.arming.remove(&id);
            index.remove_triggers(&position);
        }
    }

    fn shift_net(&mut self, instrument: InstrumentIdx, direction: Direction, lots: Lots, net: Lots) {
        self.change(instrument, |row| {
            row.net = net;
            match direction {
                Direction::Long => row.gross_long += lots,
                Direction::Short => row.gross_short += lots,
            }
        });
    }

    /// Writes a book's standing and moves it on the boards.
    fn record(&mut self, book: BookId, change: impl FnOnce(&mut Boards, &mut Standing, Seat, When, &BoardRules)) {
        let seq = if self.mutated(Mutant::RankForgetsWhoWasFirst) { Seq(0) } else { self.seq };
        let when = When { seq, week: Week::of(self.at) };
        let weeks_run_on = self.mutated(Mutant::WeekKeepsItsScore);
        let Some(seat) = self.accounts.get(book.account).map(Account::seat) else { return };
        if let Some(row) = self.books.get_mut(book) {
            if weeks_run_on {
                row.standing.carry_over(when.week);
            }
            change(&mut self.boards, &mut row.standing, seat, when, &self.rules.boards);
        }
    }

    /// Sets stop and profit (`armed`), and what is to replace them.
    pub(super) fn change_triggers(
        &mut self,
        id: PositionId,
        armed: Option<(Option<Price>, Option<Price>)>,
        pending: Option<PendingTriggers>,
    ) {
        let stale = self.mutated(Mutant::TriggerIndexStaleAfterModify);
        let Some(row) = self.positions.get_mut(id) else { return };
        let before = row.clone();
        row.pending = pending;
        if let Some((stop_loss, take_profit)) = armed {
            (row.stop_loss, row.take_profit) = (stop_loss, take_profit);
        }
        let after = row.clone();
        let Some(index) = self.index.of(after.instrument) else { return };
        if pending.is_some() {
            index.arming.insert(id);
        } else {
            index.arming.remove(&id);
        }
        if !stale {
            index.remove_triggers(&before);
            index.add_triggers(&after);
        }
        self.work.positions.insert(id);
    }
}
