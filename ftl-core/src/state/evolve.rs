//! `evolve`: the only code that changes the game. Total: every event that a handler emitted, or a store kept, applies.

mod match_day;
mod trading;

use std::sync::Arc;

use crate::account::Account;
use crate::boards::{Boards, Standing};
use crate::book::Book;
use crate::command::AccountKind;
use crate::event::Event;
use crate::fixture::{Fixture, MatchPhase};
use crate::id::{AccountId, BookId, InstrumentIdx};
use crate::instrument::Instrument;
use crate::ledger::{LedgerAccount, Posting, PostingReason};
use crate::mutant::Mutant;
use crate::position::PendingTriggers;
use crate::rulebook::Rulebook;
use crate::rulebook::scoring::ScoreSheet;
use crate::state::State;
use crate::state::index::InstrumentIndex;
use crate::time::{MatchClock, Week};
use crate::units::{Lots, Money, Price};

impl<R: Rulebook> State<R> {
    /// Applies one fact.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::LeagueFounded(genesis) => {
                self.rules = Arc::new(genesis.rules.clone());
                self.genesis = Some(Arc::new((**genesis).clone()));
                self.index.turn_to::<R::Margin>(&self.rules);
            }
            Event::RulesChanged(rules) => {
                self.rules = Arc::new((**rules).clone());
                self.index.turn_to::<R::Margin>(&self.rules);
                self.rebuild_boards();
                for (slot, book) in self.books.slots().filter(|(_, book)| !book.positions.is_empty()) {
                    self.work.look_at(book.id, slot);
                }
                self.work.limits.extend(self.instruments.iter().map(|row| row.idx));
            }
            Event::EngineSwitched { engine } => self.engine = *engine,
            Event::AccountOpened { account, district, kind } => self.account_opened(*account, district, *kind),
            Event::AccountSuspended { account, suspended } => {
                if let Some(row) = self.accounts.get_mut(*account) {
                    row.suspended = *suspended;
                }
                if *suspended {
                    self.index.suspended.insert(*account);
                } else {
                    self.index.suspended.remove(account);
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
                if let Some(index) = self.index.of(*instrument) {
                    index.noted = None;
                }
                self.note_mark(*instrument);
            }
            Event::FixtureCreated { fixture, home, away, kick_off, coverage, squad, prior_conceded } => {
                let number = u32::try_from(self.fixtures.len()).unwrap_or(u32::MAX);
                self.index.fixtures.insert(fixture.clone(), number);
                self.fixtures.push(Fixture {
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
                });
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
        if !outcome.replayed && self.remembered.get(outcome.id).is_none() {
            self.remember(outcome.id, outcome.body, &outcome.answer);
        }
        self.rest();
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

    /// Notes that a book's margin must be looked at.
    fn look_at(&mut self, book: BookId) {
        if let Some(slot) = self.books.slot(book) {
            self.work.look_at(book, slot);
        }
    }

    fn account_opened(&mut self, account: AccountId, district: &crate::id::District, kind: AccountKind) {
        let districts = self.genesis.as_ref().map(|genesis| genesis.districts.as_slice()).unwrap_or_default();
        let place = districts.iter().position(|known| known == district).unwrap_or(0);
        let district = u16::try_from(place).unwrap_or(0);
        self.accounts.insert(Account { id: account, district, since: self.at, kind, suspended: false });
        let standing = Standing::of(kind == AccountKind::Bot, district, Week::of(self.at));
        self.books.insert(Book { standing, ..Book::new(BookId::season(account)) });
    }

    fn value_posted(&mut self, reason: PostingReason, postings: &[Posting]) {
        let week = Week::of(self.at);
        for posting in postings {
            self.post(*posting);
            let LedgerAccount::Wallet(book) = posting.account else { continue };
            self.look_at(book);
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
        if posting.amount == Money::ZERO {
            return;
        }
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

    /// Builds the boards from the standings.
    pub(crate) fn rebuild_boards(&mut self) {
        let season = self.books.slots().filter(|(_, book)| book.id.number == 0);
        let standings = season.map(|(slot, book)| (slot, book.seat(), &book.standing));
        self.boards = Boards::rebuild(&self.rules.boards, standings);
    }
}
