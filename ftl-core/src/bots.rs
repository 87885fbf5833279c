//! Bots (R9.5): seeded traders that make a market of a league with few people in it. They send the commands that
//! everybody sends, see the state that everybody sees, and are marked as bots.
//!
//! ```text
//!  clock tick applied ──▶ Crowd::look(&State) ──▶ each bot: View ──▶ Intent ──▶ allowance, dry run ──▶ Command
//! ```
//! Who calls it: replays, simulations, the demo, the server's bot job. A bot must never look at the feed's future, and
//! the crowd takes at most 1 % of a side cap a minute, all bots together.
//!
//! What a crowd does follows from its seed and the states that it was shown, in order.

mod allowance;
mod contrarian;
mod fan;
mod market_maker;
mod momentum;
mod noise;
mod scalper;
mod tape;
#[cfg(test)]
mod tests;
mod view;

use crate::command::{AccountKind, Action, Command, OpenAccount, OpenPosition};
use crate::feed::command;
use crate::fixture::Fixture;
use crate::id::{AccountId, BookId, District, FixtureId, InstrumentIdx, OrderId, PositionId};
use crate::seeded::Seeded;
use crate::state::State;
use crate::time::At;
use crate::units::{Direction, Lots, Price};

use allowance::Allowance;
use tape::Tape;
use view::View;

/// What kind of trader a bot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BotKind {
    /// Goes long on the side that he is for, and stays.
    Fan,
    /// Follows what moved.
    Momentum,
    /// Leans against what moved.
    Contrarian,
    /// Does anything.
    Noise,
    /// Small, often, with a near stop and a near profit.
    Scalper,
    /// Limits on both sides, and against the crowd's imbalance.
    MarketMaker,
}

impl BotKind {
    /// All, in the order in which a crowd is filled.
    pub const ALL: [Self; 6] = [Self::Fan, Self::Momentum, Self::Contrarian, Self::Noise, Self::Scalper, Self::MarketMaker];

    /// A bot of this kind does something in one look of so many.
    const fn one_look_in(self) -> u64 {
        match self {
            Self::Fan => 72,
            Self::Momentum | Self::Contrarian => 30,
            Self::Noise => 40,
            Self::Scalper => 20,
            Self::MarketMaker => 24,
        }
    }

    fn decide(self, view: &View<'_>, draws: &mut Seeded) -> Option<Intent> {
        match self {
            Self::Fan => fan::decide(view, draws),
            Self::Momentum => momentum::decide(view, draws),
            Self::Contrarian => contrarian::decide(view, draws),
            Self::Noise => noise::decide(view, draws),
            Self::Scalper => scalper::decide(view, draws),
            Self::MarketMaker => market_maker::decide(view, draws),
        }
    }
}

/// What a bot wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intent {
    Open(Wish),
    Close(PositionId),
    Cancel(OrderId),
}

/// A position that a bot wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wish {
    instrument: InstrumentIdx,
    direction: Direction,
    lots: Lots,
    limit: Option<Price>,
    stop_loss: Option<Price>,
    take_profit: Option<Price>,
}

/// One bot.
#[derive(Clone, Debug)]
struct Bot {
    kind: BotKind,
    account: AccountId,
    /// What he is like, once for all: which side he is for, how large he trades.
    nature: u64,
    draws: Seeded,
}

/// Every bot of a league.
#[derive(Clone, Debug)]
pub struct Crowd {
    bots: Vec<Bot>,
    tape: Tape,
    allowance: Allowance,
}

impl Crowd {
    /// `n` bots of `seed`, the kinds in turn.
    pub fn new(seed: u64, n: u32) -> Self {
        let bot = |(i, kind): (u32, BotKind)| {
            let mut draws = Seeded::numbered("bot", seed, u64::from(i));
            Bot { kind, account: draws.account_id(), nature: draws.next_u64(), draws }
        };
        let bots = (0..n).zip(BotKind::ALL.into_iter().cycle()).map(bot).collect();
        Self { bots, tape: Tape::default(), allowance: Allowance::default() }
    }

    /// Accounts and kinds, in order.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, BotKind)> + '_ {
        self.bots.iter().map(|bot| (bot.account, bot.kind))
    }

    /// The commands that open the bots' accounts, in districts drawn from `districts`.
    pub fn enrol(&mut self, districts: &[District]) -> Vec<Command> {
        let enrol = |bot: &mut Bot| {
            let district = bot.draws.pick(districts)?.clone();
            let open = OpenAccount { account: bot.account, district, kind: AccountKind::Bot };
            Some(command(bot.draws.command_id(), Action::OpenAccount(open)))
        };
        self.bots.iter_mut().filter_map(enrol).collect()
    }

    /// What the bots do about a match, having seen its clock tick (or, before kick-off, its prices) at `now`.
    /// Commands that the state would refuse as it is are not sent.
    pub fn look(&mut self, state: &State, fixture: &FixtureId, now: At) -> Vec<Command> {
        let Some(fixture) = state.fixture(fixture) else { return Vec::new() };
        self.tape.note(state, fixture);
        self.allowance.begin(now);
        let mut commands = Vec::new();
        for bot in &mut self.bots {
            if !bot.draws.chance(1, bot.kind.one_look_in()) {
                continue;
            }
            let view = View { state, fixture, tape: &self.tape, book: BookId::season(bot.account), nature: bot.nature, now };
            let Some(intent) = bot.kind.decide(&view, &mut bot.draws) else { continue };
            if let Some(action) = permitted(&mut self.allowance, state, fixture, view.book, intent) {
                commands.push(command(bot.draws.command_id(), action));
            }
        }
        commands
    }
}

/// The action, if the allowance and the state leave room for it.
fn permitted(allowance: &mut Allowance, state: &State, fixture: &Fixture, book: BookId, intent: Intent) -> Option<Action> {
    match intent {
        Intent::Open(wish) => {
            let instrument = state.instrument(wish.instrument)?;
            let Wish { direction, limit, stop_loss, take_profit, .. } = wish;
            let lots = wish.lots.min(allowance.left(instrument, direction));
            let open = OpenPosition { book, instrument: wish.instrument, direction, lots, limit, slippage: None, stop_loss, take_profit };
            state.quote(&open).ok()?;
            allowance.take(wish.instrument, direction, lots);
            Some(Action::OpenPosition(open))
        }
        Intent::Close(position) => {
            let row = state.position(position)?;
            let instrument = state.instrument(row.instrument)?;
            let stands = instrument.review.is_some() || instrument.frozen || fixture.awaits_final() || state.closing(row).next().is_some();
            (!stands).then_some(Action::ClosePosition { book, position, lots: None })
        }
        Intent::Cancel(order) => {
            let row = state.order(order)?;
            row.cancel_due.is_none().then_some(Action::CancelOrder { book, order })
        }
    }
}
