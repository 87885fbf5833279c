//! `evolve`: the only code that changes the game. Total: every event that a handler emitted, or a store kept, applies.

use std::sync::Arc;

use crate::account::Account;
use crate::boards::{Boards, Closed, Seat};
use crate::book::Book;
use crate::command::AccountKind;
use crate::event::{Event, PositionClosed, PositionOpened};
use crate::fixture::{EventKind, Fixture, Listed, MatchEvent, MatchPhase, Participant, Side};
use crate::id::{AccountId, BookId, EventId, InstrumentIdx};
use crate::instrument::{Bump, Instrument};
use crate::ledger::{LedgerAccount, Posting, PostingReason};
use crate::mutant::Mutant;
use crate::order::{Order, OrderAction};
use crate::position::{CloseReason, PendingTriggers, Position};
use crate::rulebook::Rulebook;
use crate::rulebook::scoring::{Appearance, ScoreSheet};
use crate::state::State;
use crate::state::index::{InstrumentIndex, Timer, TimerKind};
use crate::time::{At, MatchClock};
use crate::units::{Direction, Lots, Price};

impl<R: Rulebook> State<R> {
    /// Applies one fact.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::LeagueFounded(genesis) => {
                self.rules = Arc::new(genesis.rules.clone());
                self.genesis = Some(Arc::new((**genesis).clone()));
            }
            Event::RulesChanged(rules) => {
                self.rules = Arc::new((**rules).clone());
                self.rebuild_boards();
                let books: Vec<BookId> = self.books.iter().filter(|book| !book.positions.is_empty()).map(|book| book.id).collect();
                self.work.books.extend(books);
                let live: Vec<_> = self.fixtures().filter(|fixture| fixture.is_live() || fixture.awaits_final()).map(|f| f.id.clone()).collect();
                for fixture in live {
                    self.change_fixture(&fixture, |state, row| row.recount(&state.rules));
                }
            }
            Event::AccountOpened { account, district, kind } => self.account_opened(*account, district, *kind),
            Event::AccountSuspended { account, suspended } => {
                if let Some(row) = self.accounts.get_mut(*account) {
                    row.suspended = *suspended;
                }
            }
            Event::ValuePosted { reason, key, postings } => {
                if let Some(key) = key {
                    Arc::make_mut(&mut self.granted).insert(key.clone());
                }
                self.value_posted(*reason, postings);
            }
            Event::InstrumentListed { instrument, footballer, form, live_base, side_cap } => {
                self.index.slugs.insert(footballer.instrument.clone(), *instrument);
                self.index.instruments.push(InstrumentIndex::default());
                self.instruments.push(Instrument {
                    idx: *instrument,
                    footballer: Arc::new((**footballer).clone()),
                    active: true,
                    frozen: false,
                    form: *form,
                    live_base: *live_base,
                    bump: Price::ZERO,
                    bumps: Vec::new(),
                    net: Lots::ZERO,
                    gross_long: Lots::ZERO,
                    gross_short: Lots::ZERO,
                    side_cap: *side_cap,
                    fixture: None,
                    review: None,
                });
            }
            Event::InstrumentFrozen { instrument, frozen } => self.change(*instrument, |row| row.frozen = *frozen),
            Event::InstrumentDeactivated { instrument } => self.change(*instrument, |row| row.active = false),
            Event::PriceChanged { instrument, form, live_base, bump, .. } => {
                self.change(*instrument, |row| (row.form, row.live_base, row.bump) = (*form, *live_base, *bump));
                self.note_mark(*instrument);
            }
            Event::SideCapSet { instrument, side_cap } => self.change(*instrument, |row| row.side_cap = *side_cap),
            Event::ReviewHeld { instrument, review } => self.change(*instrument, |row| row.review = Some(*review)),
            Event::ReviewEnded { instrument } => {
                self.change(*instrument, |row| row.review = None);
                self.note_mark(*instrument);
            }
            Event::FixtureCreated { fixture, home, away, kick_off, coverage, squad, prior_conceded } => {
                let number = u32::try_from(self.fixtures.len()).unwrap_or(u32::MAX);
                self.index.fixtures.insert(fixture.clone(), number);
                self.fixtures.push(Arc::new(Fixture {
                    id: fixture.clone(),
                    home: home.clone(),
                    away: away.clone(),
                    kick_off: *kick_off,
                    coverage: coverage.clone(),
                    sheet: ScoreSheet::new(&self.rules, coverage, *prior_conceded),
                    phase: MatchPhase::Scheduled,
                    clock: MatchClock(0),
                    phase_began: MatchClock(0),
                    squad: self.participants(squad),
                    lined_up: [false, false],
                    events: Vec::new(),
                    reported: Default::default(),
                    final_due: None,
                }));
            }
            Event::LineUpSet { fixture, side, starting } => self.change_fixture(fixture, |_, row| {
                if let Some(known) = row.lined_up.get_mut(side.index()) {
                    *known = true;
                }
                for participant in row.squad.iter_mut().filter(|p| p.side == *side) {
                    participant.starts = starting.contains(&participant.instrument);
                }
            }),
            Event::PhaseEntered { fixture, phase } => self.phase_entered(fixture, *phase),
            Event::ClockTicked { fixture, clock } => {
                let at = self.at;
                let span = self.rules.bump.map(|bump| bump.span);
                self.change_fixture(fixture, |state, row| {
                    row.clock = *clock;
                    if let Some(span) = span {
                        for participant in &row.squad {
                            state.change(participant.instrument, |i| i.bumps.retain(|bump| at.since(bump.since) < span));
                        }
                    }
                });
            }
            Event::EventReported { fixture, event } => self.change_fixture(fixture, |state, row| {
                row.list(&state.rules, event.clone());
                if let Some(listed) = row.events.last() {
                    state.add_bumps(row, listed);
                }
            }),
            Event::EventCorrected { fixture, event, replacement } => self.event_corrected(fixture, event, replacement.as_ref()),
            Event::OrderPlaced(order) => self.order_placed(order),
            Event::OrderCancelled { order, .. } => {
                self.remove_order(*order);
            }
            Event::CancelRequested { order, due, .. } => {
                if let Some(row) = self.orders.get_mut(*order) {
                    row.cancel_due = Some(*due);
                    let instrument = row.instrument;
                    if let Some(index) = self.index.of(instrument) {
                        index.cancelling.insert(*order);
                    }
                }
            }
            Event::PositionOpened(opened) => self.position_opened(opened),
            Event::PositionClosed(closed) => self.position_closed(closed),
            Event::TriggersSet { position, stop_loss, take_profit, due, .. } => {
                let pending = due.map(|due| PendingTriggers { stop_loss: *stop_loss, take_profit: *take_profit, due });
                let armed = due.is_none().then_some((*stop_loss, *take_profit));
                self.change_triggers(*position, armed, pending);
            }
            Event::TriggersDiscarded { position, .. } => self.change_triggers(*position, None, None),
            Event::MarginWarned { book } => self.change_book(*book, |row| row.warned = true),
            Event::MarginRearmed { book } => self.change_book(*book, |row| row.warned = false),
        }
    }

    /// Applies what an entry came to, running no rule: seq, time, the remembered answer, the facts.
    pub fn absorb(&mut self, outcome: &crate::outcome::Outcome) {
        self.pass_time(outcome.seq, outcome.at);
        for event in &outcome.events {
            self.evolve(event);
        }
        if !outcome.replayed {
            self.remember(outcome.id, outcome.body, outcome.answer.clone());
        }
        let work = std::mem::take(&mut self.work);
        work.books.iter().for_each(|book| self.set_bands(*book));
    }

    pub(crate) fn change(&mut self, instrument: InstrumentIdx, change: impl FnOnce(&mut Instrument)) {
        if let Some(row) = self.instruments.get_mut(instrument.index()) {
            change(row);
        }
    }

    fn change_book(&mut self, book: BookId, change: impl FnOnce(&mut Book)) {
        if let Some(row) = self.books.get_mut(book) {
            change(row);
        }
    }

    /// Takes a fixture's row out, so that the change may look at and change the rest of the state, and puts it back.
    fn change_fixture(&mut self, fixture: &crate::id::FixtureId, change: impl FnOnce(&mut Self, &mut Fixture)) {
        let Some(number) = self.index.fixtures.get(fixture).and_then(|n| usize::try_from(*n).ok()) else { return };
        let Some(slot) = self.fixtures.get_mut(number) else { return };
        // The slot gives its reference away meanwhile, so that the row changes in place unless a snapshot shares it.
        let mut row = std::mem::take(slot);
        change(self, Arc::make_mut(&mut row));
        if let Some(slot) = self.fixtures.get_mut(number) {
            *slot = row;
        }
    }

    fn participants(&self, squad: &[(InstrumentIdx, Side)]) -> Vec<Participant> {
        let participant = |(instrument, side): &(InstrumentIdx, Side)| {
            let footballer = &self.instrument(*instrument)?.footballer;
            Some(Participant {
                instrument: *instrument,
                slug: footballer.instrument.clone(),
                position: footballer.position,
                side: *side,
                starts: false,
                appearance: Appearance::default(),
            })
        };
        squad.iter().filter_map(participant).collect()
    }

    fn account_opened(&mut self, account: AccountId, district: &crate::id::District, kind: AccountKind) {
        let districts = self.genesis.as_ref().map(|genesis| genesis.districts.as_slice()).unwrap_or_default();
        let place = districts.iter().position(|known| known == district).unwrap_or(0);
        self.accounts.insert(Account { id: account, district: u16::try_from(place).unwrap_or(0), kind, suspended: false });
        let mut book = Book::new(BookId::season(account));
        book.standing.bot = kind == AccountKind::Bot;
        self.books.insert(book);
    }

    fn value_posted(&mut self, reason: PostingReason, postings: &[Posting]) {
        let week = week_of(self.at);
        for posting in postings {
            self.post(*posting);
            let LedgerAccount::Wallet(book) = posting.account else { continue };
            self.work.books.insert(book);
            self.change_book(book, |row| match reason {
                PostingReason::Seed | PostingReason::Grant => row.grants += posting.amount,
                PostingReason::TopUp => {
                    row.grants += posting.amount;
                    row.topped_up = Some(week);
                    row.held_closes = 0;
                }
                PostingReason::Realised | PostingReason::Fee | PostingReason::BadDebt => {}
            });
        }
    }

    fn post(&mut self, posting: Posting) {
        match posting.account {
            LedgerAccount::Wallet(book) => self.change_book(book, |row| row.balance += posting.amount),
            LedgerAccount::House if self.mutated(Mutant::HousePostingSkipped) => {}
            LedgerAccount::House => self.ledger.house += posting.amount,
            LedgerAccount::Insurance => self.ledger.insurance += posting.amount,
            LedgerAccount::Fees if self.mutated(Mutant::FeeGoesNowhere) => {}
            LedgerAccount::Fees => self.ledger.fees += posting.amount,
            LedgerAccount::Mint => self.ledger.mint += posting.amount,
        }
    }

    fn phase_entered(&mut self, fixture: &crate::id::FixtureId, phase: MatchPhase) {
        let Some(number) = self.index.fixtures.get(fixture).copied() else { return };
        let (at, seq, finalise_after) = (self.at, self.seq, self.rules.finalise_after);
        self.change_fixture(fixture, |state, row| {
            let kick_off = phase == MatchPhase::FirstHalf;
            row.phase = phase;
            row.phase_began = row.clock;
            if let Some((due, set_by)) = row.final_due.take() {
                state.index.timers.remove(&Timer { due, set_by, kind: TimerKind::Finalise(number) });
            }
            if row.awaits_final() {
                let due = at.after(finalise_after);
                row.final_due = Some((due, seq));
                state.index.timers.insert(Timer { due, set_by: seq, kind: TimerKind::Finalise(number) });
            }
            for participant in &mut row.squad {
                if kick_off {
                    let known = row.lined_up.get(participant.side.index()).copied().unwrap_or(false);
                    participant.starts = participant.starts || !known;
                    participant.appearance.previous = state.instrument(participant.instrument).map(|i| i.form).unwrap_or_default();
                }
                state.change(participant.instrument, |instrument| {
                    if !phase.is_live() {
                        instrument.bumps.clear();
                    }
                    match phase {
                        MatchPhase::FirstHalf => instrument.fixture = Some(number),
                        MatchPhase::Finalised => instrument.fixture = None,
                        MatchPhase::Scheduled
                        | MatchPhase::HalfTime
                        | MatchPhase::SecondHalf
                        | MatchPhase::ExtraTime
                        | MatchPhase::Penalties
                        | MatchPhase::Finished
                        | MatchPhase::Abandoned
                        | MatchPhase::Postponed => {}
                    }
                });
            }
            if kick_off {
                row.recount(&state.rules);
            }
        });
    }

    fn event_corrected(&mut self, fixture: &crate::id::FixtureId, event: &EventId, replacement: Option<&MatchEvent>) {
        if self.mutated(Mutant::CorrectionIgnored) {
            return;
        }
        self.change_fixture(fixture, |state, row| {
            for participant in &row.squad {
                state.change(participant.instrument, |i| i.bumps.retain(|bump| bump.event != *event));
            }
            let place = row.events.iter().position(|listed| listed.event.id == *event);
            let listed = replacement.map(|event| row.listed(event.clone()));
            match (place, listed) {
                (Some(place), Some(listed)) => {
                    state.add_bumps(row, &listed);
                    row.events.splice(place..=place, [listed]);
                }
                (Some(place), None) => {
                    row.events.remove(place);
                }
                (None, Some(listed)) => {
                    row.reported.insert(event.clone());
                    state.add_bumps(row, &listed);
                    row.events.push(listed);
                }
                (None, None) => {}
            }
            row.recount(&state.rules);
        });
    }

    /// R2.5: what an event adds to the prices of whom it names, for a while.
    fn add_bumps(&mut self, fixture: &Fixture, listed: &Listed) {
        let Some(rules) = self.rules.bump else { return };
        let (who, other) = match listed.event.kind {
            EventKind::Goal => (rules.goal, rules.assist),
            EventKind::PenaltyGoal => (rules.goal, Price::ZERO),
            EventKind::OwnGoal => (rules.own_goal, Price::ZERO),
            EventKind::Red | EventKind::SecondYellow => (rules.red, Price::ZERO),
            EventKind::Yellow => (rules.yellow, Price::ZERO),
            EventKind::PenaltyMissed => (rules.penalty_missed, Price::ZERO),
            EventKind::PenaltySaved => (rules.penalty_saved, rules.penalty_missed),
            EventKind::ShotOnTarget
            | EventKind::KeyPass
            | EventKind::Tackle
            | EventKind::Interception
            | EventKind::Clearance
            | EventKind::Aerial
            | EventKind::Save
            | EventKind::SaveInsideBox
            | EventKind::PenaltyAwarded
            | EventKind::Substitution
            | EventKind::VarCheck
            | EventKind::CheckEnded
            | EventKind::Restart
            | EventKind::ShootoutGoal
            | EventKind::ShootoutMiss => return,
        };
        let since = self.at;
        for (place, amount) in [(listed.who, who), (listed.other, other)] {
            let Some(participant) = fixture.at_place(place).filter(|_| amount != Price::ZERO) else { continue };
            let event = listed.event.id.clone();
            self.change(participant.instrument, |instrument| instrument.bumps.push(Bump { amount, since, event }));
        }
    }

    fn order_placed(&mut self, order: &Order) {
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

    fn remove_order(&mut self, id: crate::id::OrderId) {
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

    fn position_opened(&mut self, opened: &PositionOpened) {
        self.remove_order(opened.order);
        let position = Position {
            id: opened.position,
            book: opened.book,
            instrument: opened.instrument,
            direction: opened.direction,
            lots: opened.lots,
            entry_cost: opened.entry_cost,
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
        self.record(opened.book, |boards, standing, seat, seq, rules| boards.opened(standing, seat, opened.margin, seq, rules));
        self.work.books.insert(opened.book);
        self.note_mark(opened.instrument);
    }

    fn position_closed(&mut self, closed: &PositionClosed) {
        if let Some(order) = closed.order {
            self.remove_order(order);
        }
        let whole = closed.remaining == Lots::ZERO;
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
        let result = Closed { pnl: closed.pnl, whole, fixture, voided: closed.reason == CloseReason::Voided };
        self.record(closed.book, |boards, standing, seat, seq, rules| boards.closed(standing, seat, result, seq, rules));
        self.work.books.insert(closed.book);
        self.note_mark(closed.instrument);
    }

    fn remove_position(&mut self, id: crate::id::PositionId) {
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
    fn record(
        &mut self,
        book: BookId,
        change: impl FnOnce(&mut Boards, &mut crate::boards::Standing, Seat, crate::id::Seq, &crate::rules::BoardRules),
    ) {
        let seq = if self.mutated(Mutant::RankForgetsWhoWasFirst) { crate::id::Seq(0) } else { self.seq };
        let Some(account) = self.accounts.get(book.account) else { return };
        let seat = Seat { account: account.id, district: account.district };
        if let Some(row) = self.books.get_mut(book) {
            change(&mut self.boards, &mut row.standing, seat, seq, &self.rules.boards);
        }
    }

    /// Builds the boards from the standings.
    pub(crate) fn rebuild_boards(&mut self) {
        let standings = self.books.iter().filter(|book| book.id.number == 0).filter_map(|book| {
            let account = self.accounts.get(book.id.account)?;
            Some((Seat { account: account.id, district: account.district }, &book.standing))
        });
        self.boards = Boards::rebuild(&self.rules.boards, standings);
    }

    /// Sets stop and profit (`armed`), and what is to replace them.
    fn change_triggers(&mut self, id: crate::id::PositionId, armed: Option<(Option<Price>, Option<Price>)>, pending: Option<PendingTriggers>) {
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
        self.note_mark(after.instrument);
    }
}

/// Weeks since the Monday before 1970-01-01: days from then on, by seven.
pub(crate) fn week_of(at: At) -> u64 {
    at.0.saturating_div(86_400_000).saturating_add(3).saturating_div(7)
}
