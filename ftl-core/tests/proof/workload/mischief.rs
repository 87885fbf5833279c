//! What nobody should ask, and retries of what somebody did.

use ftl_core::command::{Action, Command, OpenAccount, OpenPosition};
use ftl_core::fixture::MatchPhase;
use ftl_core::id::{AccountId, BookId, District, FixtureId, InstrumentIdx, OrderId, PositionId};
use ftl_core::state::State;
use ftl_core::time::{At, MatchClock};
use ftl_core::units::{Direction, Lots, Money, Price};

use super::Workload;

impl Workload {
    pub(super) fn mischief(&mut self, state: &State, pause: u64) -> (Command, u64) {
        let command = match self.numbers.below(100) {
            0..40 => self.again(),
            40..48 => {
                let reused = self.again();
                Command { body: reused.body ^ 1, ..reused }
            }
            48..56 => {
                Command { not_after: Some(At(self.at.0.saturating_add(pause).saturating_sub(self.numbers.below(2)))), ..self.trade(state) }
            }
            _ => {
                let action = self.misuse(state);
                self.command(action)
            }
        };
        (command, pause)
    }

    /// One of the last commands, or one of long ago.
    fn again(&mut self) -> Command {
        let n = self.sent.len();
        let recent = &self.sent[n.saturating_sub(if self.numbers.chance(70) { 8 } else { n })..];
        self.numbers.pick(recent).cloned().expect("the league was founded")
    }

    fn misuse(&mut self, state: &State) -> Action {
        let book = self.book();
        let Some((instrument, mark)) = self.market(state) else { return Action::TopUp { book } };
        let plain = OpenPosition {
            book,
            instrument,
            direction: Direction::Long,
            lots: Lots::from_units(10),
            limit: None,
            slippage: None,
            stop_loss: None,
            take_profit: None,
        };
        let up = |units: i64| Some(Price::from_units(mark.units() + units));
        let fixture = self.matches.first().map_or_else(|| FixtureId::from("none"), |m| m.id.clone());
        let foreign = state.positions().find(|p| p.book != book).map(|p| p.id);
        let resting = state.orders().find(|o| o.book != book).map(|o| o.id);
        match self.numbers.below(30) {
            0 => Action::OpenPosition(OpenPosition { instrument: InstrumentIdx(60_000), ..plain }),
            1 => Action::OpenPosition(OpenPosition { book: BookId::season(AccountId(7)), ..plain }),
            2 => Action::OpenPosition(OpenPosition { book: BookId { number: 9, ..book }, ..plain }),
            3 => Action::OpenPosition(OpenPosition { lots: Lots::ZERO, ..plain }),
            4 => Action::OpenPosition(OpenPosition { lots: Lots::MAX, ..plain }),
            5 => Action::OpenPosition(OpenPosition { lots: Lots::from_units(-100), ..plain }),
            6 => Action::OpenPosition(OpenPosition { stop_loss: up(10), ..plain }),
            7 => Action::OpenPosition(OpenPosition { take_profit: Some(mark), ..plain }),
            8 => Action::OpenPosition(OpenPosition { limit: up(1), ..plain }),
            9 => Action::OpenPosition(OpenPosition { limit: Some(Price::MIN), ..plain }),
            10 => Action::OpenPosition(OpenPosition { direction: Direction::Short, limit: Some(Price::MAX), ..plain }),
            11 => Action::OpenPosition(OpenPosition { stop_loss: Some(Price::MIN), take_profit: Some(Price::MAX), ..plain }),
            12 => Action::ClosePosition { book, position: PositionId(self.numbers.id()), lots: None },
            13 => Action::ClosePosition { book, position: foreign.unwrap_or(PositionId(1)), lots: None },
            14 => Action::ModifyPosition { book, position: foreign.unwrap_or(PositionId(1)), stop_loss: None, take_profit: None },
            15 => Action::CancelOrder { book, order: resting.unwrap_or(OrderId(1)) },
            16 => Action::CancelOrder { book, order: OrderId(self.numbers.id()) },
            17 => Action::Grant { book, amount: Money::MAX, key: self.name("grant").as_str().into() },
            18 => Action::Grant { book, amount: Money::from_units(-1), key: self.name("grant").as_str().into() },
            19 => Action::Grant { book, amount: Money::from_units(1_000_000), key: "grant-1".into() },
            20 => Action::OpenAccount(OpenAccount {
                account: AccountId(self.numbers.id()),
                district: District::from("Atlantis"),
                kind: ftl_core::command::AccountKind::Human,
            }),
            21 => {
                let account = self.account();
                self.open_account(account)
            }
            22 => Action::FoundLeague(Box::new(self.genesis())),
            23 => Action::TickClock { fixture, clock: MatchClock(self.numbers.below(3)) },
            24 => Action::EnterPhase { fixture, phase: if self.numbers.chance(50) { MatchPhase::HalfTime } else { MatchPhase::Finished } },
            25 => Action::FinishFixture { fixture: FixtureId::from("nowhere") },
            26 => Action::FinaliseFixture { fixture },
            27 => Action::FreezeInstrument { instrument: "nobody".into() },
            28 => Action::VoidPosition { position: PositionId(self.numbers.id()) },
            _ => {
                let mut rules = state.rules().clone();
                match self.numbers.below(4) {
                    0 => rules.contract_size = 0,
                    1 => rules.margin.leverage = 0,
                    2 => rules.floor = rules.ceiling,
                    _ => rules.min_lots = Lots::ZERO,
                }
                Action::SetRules(Box::new(rules))
            }
        }
    }
}
