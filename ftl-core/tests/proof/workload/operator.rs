//! What operators ask: accounts, grants, instruments, rules.

use ftl_core::command::{Action, Command, Footballer};
use ftl_core::fixture::Position;
use ftl_core::id::AccountId;
use ftl_core::rules::Rules;
use ftl_core::state::State;
use ftl_core::time::Span;
use ftl_core::units::{Bps, Lots, Money};

use super::Workload;

/// What an operator is about to do.
#[derive(Clone, Copy)]
enum Chore {
    OpenAccount,
    Suspend,
    Grant,
    TopUp,
    List,
    Freeze,
    Deactivate,
    Rules,
    Void,
    Tick,
}

impl Workload {
    pub(super) fn operate(&mut self, state: &State) -> Command {
        let action = self.chore(state);
        self.command(action)
    }

    fn chore(&mut self, state: &State) -> Action {
        if let Some(frozen) = state.instruments().find(|i| i.frozen && i.active && i.fixture.is_none())
            && self.numbers.chance(50)
        {
            return Action::UnfreezeInstrument { instrument: frozen.footballer.instrument.clone() };
        }
        if let Some(barred) = state.accounts().filter(|a| a.suspended).map(|a| a.id).min()
            && self.numbers.chance(50)
        {
            return Action::SuspendAccount { account: barred, suspended: false };
        }
        match self.numbers.weighted(&[
            (10, Chore::OpenAccount),
            (6, Chore::Suspend),
            (14, Chore::Grant),
            (10, Chore::TopUp),
            (6, Chore::List),
            (10, Chore::Freeze),
            (3, Chore::Deactivate),
            (14, Chore::Rules),
            (10, Chore::Void),
            (8, Chore::Tick),
        ]) {
            Chore::OpenAccount => {
                let account = AccountId(self.numbers.id());
                self.open_account(account)
            }
            Chore::Suspend => Action::SuspendAccount { account: self.account(), suspended: self.numbers.chance(80) },
            Chore::Grant => {
                let key = self.name("grant").as_str().into();
                Action::Grant { book: self.book(), amount: Money::from_units(self.numbers.within(1, 5_000_000_000)), key }
            }
            Chore::TopUp => {
                let due: Vec<_> =
                    state.books().filter(|b| b.positions.is_empty() && b.held_closes >= 3).map(|b| (b.balance, b.id)).collect();
                let poorest = due.into_iter().min().filter(|_| self.numbers.chance(80));
                let book = self.book();
                Action::TopUp { book: poorest.map_or(book, |(_, id)| id) }
            }
            Chore::List => {
                let name = self.name("newcomer");
                Action::ListInstrument(Footballer {
                    instrument: name.as_str().into(),
                    name,
                    team: "none".into(),
                    position: Position::ALL[self.numbers.below(4) as usize],
                    record: None,
                })
            }
            Chore::Freeze => match self.numbers.pick(&self.slugs(state)) {
                Some(instrument) => Action::FreezeInstrument { instrument: instrument.clone() },
                None => Action::TopUp { book: self.book() },
            },
            Chore::Deactivate => match self.numbers.pick(&self.slugs(state)) {
                Some(instrument) => Action::DeactivateInstrument { instrument: instrument.clone() },
                None => Action::TopUp { book: self.book() },
            },
            Chore::Rules => {
                let rules = self.amended(state.rules());
                Action::SetRules(Box::new(rules))
            }
            Chore::Void => match state.positions().map(|p| p.id).nth(self.numbers.below(6) as usize) {
                Some(position) => Action::VoidPosition { position },
                None => Action::TopUp { book: self.book() },
            },
            Chore::Tick => Action::Tick { due: state.next_timer().unwrap_or_default() },
        }
    }

    fn slugs(&self, state: &State) -> Vec<ftl_core::id::InstrumentId> {
        state.instruments().map(|i| i.footballer.instrument.clone()).collect()
    }

    fn amended(&mut self, rules: &Rules) -> Rules {
        let mut rules = rules.clone();
        match self.numbers.below(11) {
            0 => rules.fee_bps = Bps(self.numbers.below(40) as u32),
            1 => rules.spread_bps = Bps(self.numbers.below(80) as u32),
            2 => rules.boards.bots = !rules.boards.bots,
            3 => rules.boards.roi_min_positions = 1 + self.numbers.below(4) as u32,
            4 => rules.boards.roi_min_margin = Money::from_units(self.numbers.within(1, 10_000_000_000)),
            5 => rules.max_lots = Lots::from_units(self.numbers.within(100, 2_000)),
            6 => rules.dedup_window = Span::minutes(self.numbers.below(12)),
            7 => rules.margin.leverage = self.numbers.within(2, 30) as u32,
            8 => rules.margin.gap_multiple = self.numbers.chance(60).then(|| Bps(10_000 + self.numbers.below(15_000) as u32)),
            9 => rules.margin.washout_at = Bps(4_000 + self.numbers.below(2_000) as u32),
            _ => rules.finalise_after = Span::minutes(self.numbers.below(40)),
        }
        rules
    }
}
