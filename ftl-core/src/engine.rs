//! The engine: what an entry does. `apply` is the one way in.
//!
//! ```text
//!  apply ─▶ pass time ─▶ timers due ─▶ retry? expired? ─▶ one handler ─▶ the round ─▶ warnings ─▶ Outcome
//!                                                          admin · match_day · trade
//! ```
//! A handler is a column of guards, each a `return Err(Rejection::…)`; below the line "from here nothing can fail" it
//! emits events. Emitting evolves the state at once, so a cascade sees its own effects.

mod admin;
mod close;
mod correct;
mod fill;
mod full_time;
mod guards;
mod match_day;
mod open;
mod report;
mod review;
mod round;
#[cfg(test)]
mod tests;
mod tick;
mod timers;

pub use open::Quote;

use std::hint::black_box;

use crate::book::Book;
use crate::command::{Action, Command};
use crate::event::Event;
use crate::id::{OrderId, PositionId, Seq};
use crate::mutant::Mutant;
use crate::outcome::{Answer, Entry, Outcome, Receipt};
use crate::rejection::Rejection;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::time::At;

/// The newest engine that this program knows. Where a later one does something else, a handler asks
/// [`State::engine`](crate::state::State::engine), and what the older one did stays behind its number. A build for tests
/// knows one more, which does the same.
pub const NEWEST: u32 = if cfg!(feature = "testing") { 2 } else { 1 };

/// An entry, or a state, of an engine that this program does not know: whoever meets one stops rather than guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} is of engine {engine}, this program knows engines up to {NEWEST}: use a later program")]
pub struct NewerEngine {
    /// The entry.
    pub seq: Seq,
    /// Its engine.
    pub engine: u32,
}

/// To be asked of every entry before it is applied.
pub fn require_known(entry: &Entry) -> Result<(), NewerEngine> {
    if let Action::UseEngine { engine } = entry.command.action
        && engine > NEWEST
    {
        return Err(NewerEngine { seq: entry.seq, engine });
    }
    Ok(())
}

impl<R: Rulebook> State<R> {
    /// Applies one entry. The entry's seq must be the next one; its time must not go back.
    pub fn apply(&mut self, entry: &Entry) -> Outcome {
        debug_assert_eq!(entry.seq, self.seq.next(), "entries come in order");
        self.pass_time(entry.seq, entry.at);
        let command = &entry.command;
        self.look_ahead(&command.action);
        if self.quarantine.contains_key(&entry.seq) {
            let answer = Answer { seq: entry.seq, result: Err(Rejection::Quarantined { seq: entry.seq }) };
            if self.remembered.get(command.id).is_none() {
                self.remember(command.id, command.body, &answer);
            }
            return self.outcome(command, answer, false);
        }
        self.fire_timers();
        if let Some(known) = self.remembered.get(command.id).filter(|_| !self.mutated(Mutant::RetryExecutesAgain)) {
            let same = known.body == command.body;
            let answer = if same { known.answer } else { Answer { seq: entry.seq, result: Err(Rejection::IdempotencyKeyReused) } };
            return self.outcome(command, answer, true);
        }
        let result = self.decide(command);
        if result.is_ok() {
            self.settle();
        }
        self.answer(command, result)
    }

    /// The guards every command passes, and its handler.
    fn decide(&mut self, command: &Command) -> Result<Receipt, Rejection> {
        if command.not_after.is_some_and(|last| last < self.at) {
            return Err(Rejection::Expired);
        }
        if self.genesis.is_none() && !matches!(command.action, Action::FoundLeague(_)) {
            return Err(Rejection::LeagueNotFounded);
        }
        let done = |()| Receipt::Done;
        match &command.action {
            Action::FoundLeague(genesis) => self.found_league(genesis).map(done),
            Action::SetRules(rules) => self.set_rules(rules).map(done),
            Action::Tick { .. } => Ok(Receipt::Done),
            Action::OpenAccount(open) => self.open_account(open).map(done),
            Action::SuspendAccount { account, suspended } => self.suspend_account(*account, *suspended).map(done),
            Action::Grant { book, amount, key } => self.grant(*book, *amount, key).map(done),
            Action::TopUp { book } => self.top_up(*book).map(done),
            Action::ListInstrument(footballer) => self.list_instrument(footballer).map(Receipt::Listed),
            Action::FreezeInstrument { instrument } => self.freeze(instrument, true).map(done),
            Action::UnfreezeInstrument { instrument } => self.freeze(instrument, false).map(done),
            Action::DeactivateInstrument { instrument } => self.deactivate(instrument).map(done),
            Action::CreateFixture(create) => self.create_fixture(create).map(done),
            Action::SetLineUp { fixture, side, starting } => self.set_line_up(fixture, *side, starting).map(done),
            Action::EnterPhase { fixture, phase } => self.enter_phase(fixture, *phase).map(done),
            Action::TickClock { fixture, clock } => self.tick_clock(fixture, *clock).map(done),
            Action::ReportEvent { fixture, event } => self.report_event(fixture, event).map(done),
            Action::CorrectEvent { fixture, correction } => self.correct_event(fixture, correction).map(done),
            Action::FinishFixture { fixture } => self.finish(fixture, crate::fixture::MatchPhase::Finished).map(done),
            Action::AbandonFixture { fixture } => self.finish(fixture, crate::fixture::MatchPhase::Abandoned).map(done),
            Action::FinaliseFixture { fixture } => self.finalise(fixture).map(done),
            Action::PostponeFixture { fixture } => self.postpone(fixture).map(done),
            Action::OpenPosition(open) => self.open_position(open),
            Action::ClosePosition { book, position, lots } => self.close_position(*book, *position, *lots),
            Action::ModifyPosition { book, position, stop_loss, take_profit } => {
                self.modify_position(*book, *position, *stop_loss, *take_profit)
            }
            Action::CancelOrder { book, order } => self.cancel_order(*book, *order),
            Action::VoidPosition { position } => self.void_position(*position).map(done),
            Action::UseEngine { engine } => self.use_engine(*engine).map(done),
        }
    }

    /// The journal's position and clock move; old ids are forgotten.
    pub(crate) fn pass_time(&mut self, seq: Seq, at: At) {
        self.seq = seq;
        self.at = at;
        self.rest();
        self.work.clear();
        self.remembered.forget(at, self.rules.dedup_window);
    }

    /// Takes the book of a trade to hand, and looks at all of it: of a large league no part is in the processor's caches,
    /// and what is asked for at once comes at once, where every step on the way to an answer would wait for its own.
    fn look_ahead(&mut self, action: &Action) {
        #[allow(clippy::wildcard_enum_match_arm, reason = "next to all commands are trades")]
        let id = match action {
            Action::OpenPosition(open) => open.book,
            Action::ClosePosition { book, .. } | Action::ModifyPosition { book, .. } => *book,
            _ => return,
        };
        black_box(self.books.take_to_hand(id).map(Book::glance));
    }

    fn answer(&mut self, command: &Command, result: Result<Receipt, Rejection>) -> Outcome {
        if result.is_err() && self.mutated(Mutant::RejectionMovesTheClockBack) {
            self.at = At(self.at.0.saturating_sub(1));
        }
        let answer = Answer { seq: self.seq, result };
        self.remember(command.id, command.body, &answer);
        self.outcome(command, answer, false)
    }

    pub(crate) fn remember(&mut self, id: crate::id::CommandId, body: u64, answer: &Answer) {
        let max = usize::try_from(self.rules.dedup_max).unwrap_or(usize::MAX);
        self.remembered.insert(self.at, (id, body, answer), max);
    }

    fn outcome(&mut self, command: &Command, answer: Answer, replayed: bool) -> Outcome {
        self.rest();
        self.work.valued = None;
        let events = std::mem::take(&mut self.work.events);
        Outcome { seq: self.seq, at: self.at, id: command.id, body: command.body, answer, replayed, events }
    }

    /// What was noted and not looked at has its bands around the marks as they are.
    pub(crate) fn rest(&mut self) {
        while let Some((_, slot)) = self.work.books.next() {
            self.work.books.done();
            self.set_bands(slot);
        }
    }

    /// A fact: applied at once, and told with the outcome.
    pub(crate) fn emit(&mut self, event: Event) {
        self.evolve(&event);
        // Most entries come to one event: room for four would be a kilobyte.
        if self.work.events.capacity() == 0 {
            self.work.events.reserve_exact(1);
        }
        self.work.events.push(event);
    }

    pub(crate) fn make_order_id(&mut self) -> OrderId {
        let index = self.work.made;
        self.work.made = index.saturating_add(1);
        OrderId::made_by(self.at, self.seq, index)
    }

    pub(crate) fn make_position_id(&mut self) -> PositionId {
        let index = self.work.made;
        self.work.made = index.saturating_add(1);
        PositionId::made_by(self.at, self.seq, index)
    }
}
