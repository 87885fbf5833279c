//! The workload: a seed turned into a league's journal, command by command, looking at the state as a user would.
//!
//! ```text
//!  seed ─▶ setting (rules, squads) ─▶ opening moves ─▶ { trader | pitch | operator | mischief } ─▶ Entry ─▶ next
//! ```
//! Most commands mean well; some of every kind do not. It must never know what the engine will answer, only what it
//! answered before.

mod mischief;
mod operator;
mod pitch;
mod setting;
mod trader;

use std::collections::VecDeque;

use ftl_core::command::{Action, Command};
use ftl_core::fixture::MatchPhase;
use ftl_core::id::{AccountId, BookId, CommandId, Seq};
use ftl_core::outcome::{Entry, Outcome};
use ftl_core::state::State;
use ftl_core::time::At;

use crate::numbers::Numbers;
pub use pitch::Match;
pub use setting::Setting;

/// See the module.
pub struct Workload {
    numbers: Numbers,
    seq: Seq,
    at: At,
    setting: Setting,
    accounts: Vec<AccountId>,
    matches: Vec<Match>,
    /// What has to be asked first.
    planned: VecDeque<Action>,
    /// What was asked, to be asked again.
    sent: Vec<Command>,
    /// Numbers what it names: grants, events.
    named: u32,
}

/// The first moment of a week.
const MONDAY: u64 = 1_790_553_600_000;

/// Who asks.
#[derive(Clone, Copy)]
enum Voice {
    Trader,
    Pitch,
    Operator,
    Mischief,
}

impl Workload {
    pub fn of(seed: u64) -> Self {
        let mut numbers = Numbers::of(seed);
        let setting = Setting::drawn(&mut numbers);
        // Mostly well away from a Monday, so that a week's top-up is once a sequence unless time jumps; now and then minutes
        // before one, so that a week turns while people trade.
        let drawn = numbers.below(60_000);
        let at = At(if drawn.is_multiple_of(4) { MONDAY - 180_000 + drawn } else { MONDAY - 597_600_000 + drawn });
        let accounts = (0..6 + numbers.below(15)).map(|_| AccountId(numbers.id())).collect();
        let mut workload =
            Self { numbers, seq: Seq(0), at, setting, accounts, matches: Vec::new(), planned: VecDeque::new(), sent: Vec::new(), named: 0 };
        workload.plan_opening();
        workload
    }

    /// The next entry, given what the league has come to.
    pub fn next(&mut self, state: &State) -> Entry {
        let (command, pause) = match self.planned.pop_front() {
            Some(action) => (self.command(action), self.numbers.below(50)),
            None => self.choose(state),
        };
        self.at = At(self.at.0 + pause);
        self.seq = self.seq.next();
        if self.sent.len() < 400 {
            self.sent.push(command.clone());
        }
        Entry { seq: self.seq, at: self.at, command }
    }

    /// Takes note of what came of the last entry.
    pub fn learn(&mut self, entry: &Entry, outcome: &Outcome) {
        if outcome.replayed || outcome.answer.result.is_err() {
            return;
        }
        if let Action::OpenAccount(opened) = &entry.command.action
            && !self.accounts.contains(&opened.account)
        {
            self.accounts.push(opened.account);
        }
    }

    fn choose(&mut self, state: &State) -> (Command, u64) {
        let live = state.fixtures().any(|fixture| fixture.phase.is_live());
        let before = state.fixtures().any(|fixture| fixture.phase == MatchPhase::Scheduled);
        let table: &[(u64, Voice)] = match (live, before) {
            (true, _) => &[(44, Voice::Trader), (45, Voice::Pitch), (4, Voice::Operator), (7, Voice::Mischief)],
            (false, true) => &[(60, Voice::Trader), (22, Voice::Pitch), (8, Voice::Operator), (10, Voice::Mischief)],
            (false, false) => &[(55, Voice::Trader), (20, Voice::Pitch), (13, Voice::Operator), (12, Voice::Mischief)],
        };
        let pause = self.pause();
        match self.numbers.weighted(table) {
            Voice::Trader => (self.trade(state), pause),
            Voice::Pitch => self.play(state, pause),
            Voice::Operator => (self.operate(state), pause),
            Voice::Mischief => self.mischief(state, pause),
        }
    }

    /// Mostly the pace of a busy league; now and then long enough for a timer.
    fn pause(&mut self) -> u64 {
        match self.numbers.below(1_000) {
            0..960 => self.numbers.below(400),
            960..990 => 1_000 + self.numbers.below(30_000),
            990..996 => 60_000 + self.numbers.below(1_200_000),
            996..998 => 1_800_000 + self.numbers.below(600_000),
            998 => 604_800_000,
            _ => 2 * 604_800_000,
        }
    }

    fn command(&mut self, action: Action) -> Command {
        Command { id: CommandId(self.numbers.id()), body: self.numbers.next(), not_after: None, action }
    }

    fn name(&mut self, stem: &str) -> String {
        self.named += 1;
        format!("{stem}-{}", self.named)
    }

    fn account(&mut self) -> AccountId {
        self.numbers.pick(&self.accounts).copied().unwrap_or(AccountId(0))
    }

    fn book(&mut self) -> BookId {
        BookId::season(self.account())
    }
}
