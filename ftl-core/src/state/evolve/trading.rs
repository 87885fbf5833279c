//! What a trade changes: orders, positions, the imbalance, the wallet, the boards, and every index over them.

use crate::boards::{Closed, Moved, Seat, When};
use crate::book::Book;
use crate::event::{PositionClosed, PositionOpened};
use crate::id::{InstrumentIdx, OrderId, PositionId, Seq};
use crate::ledger::{LedgerAccount, Posting};
use crate::mutant::Mutant;
use crate::order::Order;
use crate::position::{CloseReason, PendingTriggers, Position};
use crate::rulebook::Rulebook;
use crate::rules::BoardRules;
use crate::state::State;
use crate::state::index::Timer;
use crate::time::Week;
use crate::units::{Direction, Lots, Money, Price};

impl<R: Rulebook> State<R> {
    pub(super) fn order_placed(&mut self, order: &Order) {
        self.index.timers.extend(Timer::of_order(order));
        if let Some(index) = self.index.of(order.instrument) {
            index.add_order(order);
        }
        self.change_book(order.book, |book| {
            book.orders.push(order.id);
            book.reserved += order.reserved;
        });
        self.orders.insert(order.clone());
        self.work.limits.insert(order.instrument);
    }

    pub(super) fn remove_order(&mut self, id: OrderId) {
        let Some(order) = self.orders.remove(id) else { return };
        if let Some(timer) = Timer::of_order(&order) {
            self.index.timers.remove(&timer);
        }
        if let Some(index) = self.index.of(order.instrument) {
            index.remove_order(&order);
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
        let Some(slot) = self.books.slot(opened.book) else { return };
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
        };
        self.index.add_position(&position, slot);
        if position.stop_loss.is_some() || position.take_profit.is_some() {
            self.work.positions.insert(position.id);
        }
        self.trade(slot, &opened.postings(), |book, seat, when, rules| {
            book.add_position(position);
            book.standing.opened(seat, opened.margin, when, rules)
        });
        self.shift_net(opened.instrument, opened.direction, opened.lots, opened.net);
        self.work.look_at(opened.book, slot);
        self.note_mark(opened.instrument);
    }

    pub(super) fn position_closed(&mut self, closed: &PositionClosed) {
        if let Some(order) = closed.order {
            self.remove_order(order);
        }
        let Some(slot) = self.books.slot(closed.book) else { return };
        let whole = closed.remaining == Lots::ZERO;
        let held = self.at.since(closed.opened_at);
        let long_enough = self.rules.top_up.is_some_and(|rules| whole && held >= rules.held) && closed.reason != CloseReason::Voided;
        let fixture = self.instrument(closed.instrument).and_then(|instrument| instrument.fixture);
        let opened_in = Week::of(closed.opened_at);
        let mut gone = None;
        self.trade(slot, &closed.postings(), |book, seat, when, rules| {
            let row = book.position(closed.position).copied();
            let voided = row.filter(|_| closed.reason == CloseReason::Voided).map(|position| position.committed);
            if whole {
                gone = book.remove_position(closed.position);
            } else if let Some(position) = book.position_mut(closed.position) {
                position.lots = closed.remaining;
                position.entry_cost -= closed.entry_cost;
            }
            if long_enough {
                book.held_closes = book.held_closes.saturating_add(1);
            }
            book.standing.closed(seat, &Closed { pnl: closed.pnl, whole, fixture, voided, opened_in }, when, rules)
        });
        if let Some(position) = gone {
            self.index.remove_position(&position, slot);
        }
        if !self.mutated(Mutant::NetStaleAfterClose) {
            self.shift_net(closed.instrument, closed.direction, -closed.lots, closed.net);
        }
        self.work.look_at(closed.book, slot);
        self.note_mark(closed.instrument);
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

    /// A fill in the book in a slot: its postings, and a change that tells what it moves on the boards.
    fn trade(&mut self, slot: u32, postings: &[Posting], change: impl FnOnce(&mut Book, Seat, When, &BoardRules) -> Option<Moved>) {
        let seq = if self.mutated(Mutant::RankForgetsWhoWasFirst) { Seq(0) } else { self.seq };
        let when = When { seq, week: Week::of(self.at) };
        let weeks_run_on = self.mutated(Mutant::WeekKeepsItsScore);
        let Some(book) = self.books.at_mut(slot) else { return };
        if weeks_run_on {
            book.standing.carry_over(when.week);
        }
        let seat = book.seat();
        let moved = change(book, seat, when, &self.rules.boards);
        let of_book = |posting: &&Posting| posting.account == LedgerAccount::Wallet(book.id);
        let wallet: Money = postings.iter().filter(of_book).map(|posting| posting.amount).sum();
        book.balance += wallet;
        if book.id.number == 0 {
            self.boards.update(slot, when.week, moved, &self.books, &self.rules.boards);
        }
        for posting in postings {
            match posting.account {
                LedgerAccount::Wallet(_) => {}
                LedgerAccount::House | LedgerAccount::Insurance | LedgerAccount::Fees | LedgerAccount::Mint => self.post(*posting),
            }
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
        let Some(row) = self.holder(id).and_then(|slot| self.books.at_mut(slot)).and_then(|book| book.position_mut(id)) else { return };
        let before = *row;
        row.pending = pending;
        if let Some((stop_loss, take_profit)) = armed {
            (row.stop_loss, row.take_profit) = (stop_loss, take_profit);
        }
        let after = *row;
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
