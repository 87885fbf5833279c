//! A season: every fixture of a source in the order of kick-off, and traders of mixed temper who trade in it, in one
//! league of their own. `ftl sim` plays one; tests and calibration play small ones.
//!
//! ```text
//!  Matches ─▶ Running (announce, looks before kick-off, feed) ─┐ next moment
//!                                                              ▼
//!  Calendar ─▶ traders due ─▶ decide(Look) ─▶ Command ─▶ State::apply ─▶ Tally (what it came to)
//!                                                              └──────▶ kept entries (for a journal), where asked for
//! ```
//! Everything is a command through [`State::apply`], at the times of the matches; all draws follow from the seed. The
//! same season gives the same hash on every machine. A trader must never look at a feed's future.
//!
//! # Cost
//! A calendar says whose turn it is, so that a clock tick costs what the traders do who act in it, and nothing for the
//! others. What all of them look at (marks, moves, margin a share) is taken down once a look.

mod calendar;
pub mod distribution;
mod look;
mod market;
mod matches;
pub mod persona;
mod red_team;
mod running;
mod tally;
#[cfg(test)]
mod tests;
mod trader;

use std::collections::VecDeque;

use crate::command::{AccountKind, Action, Command, Genesis, OpenAccount};
use crate::id::{AccountId, CommandId};
use crate::outcome::Entry;
use crate::rules::Rules;
use crate::seeded::Seeded;
use crate::source::MatchSource;
use crate::state::State;
use crate::time::At;

pub use matches::Matches;
pub use red_team::{Attacker, Made};
pub use tally::{Drift, Goals, HORIZONS, MarkOut, MatchLine, PersonaLine, Tally};

use calendar::Calendar;
use look::Look;
use market::Market;
use red_team::RedTeam;
use running::{Moment, Running, heard_of};
use trader::Trader;

/// Accounts that a league of so many traders expects (R2.3): a thousand where there are none.
pub fn expected_accounts(traders: u32) -> u64 {
    if traders == 0 { 1_000 } else { u64::from(traders) }
}

/// What is played.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The fixtures.
    pub matches: Matches,
    /// The rules of the league.
    pub rules: Rules,
    /// How many traders.
    pub accounts: u32,
    /// Whether the red team trades among them, on accounts of its own.
    pub red_team: bool,
    /// Everything that is drawn follows from it.
    pub seed: u64,
}

impl Plan {
    /// What the league is founded with: it expects as many accounts as there are traders.
    pub fn genesis(&self) -> Genesis {
        Genesis { rules: self.rules.clone(), ..Genesis::of("sim", self.rules.preset, expected_accounts(self.accounts)) }
    }
}

/// A season as it runs.
pub struct Season {
    plan: Plan,
    market: Market,
    draws: Seeded,
    traders: Vec<Trader>,
    calendar: Calendar,
    red_team: RedTeam,
    /// The matches that have been announced and are not over, in the order of kick-off.
    running: VecDeque<Running>,
    /// The next match to be announced, and its number.
    ahead: Option<(u64, MatchSource)>,
    due: Vec<u32>,
    look: Look,
}

impl Season {
    /// Before its first entry. `keep` has every entry kept until it is [taken](Self::take_kept).
    pub fn new(plan: Plan, keep: bool) -> Self {
        let mut draws = Seeded::new("season", plan.seed);
        let traders: Vec<Trader> = persona::cast(plan.accounts).map(|persona| Trader::new(persona, &mut draws)).collect();
        let mut calendar = Calendar::default();
        for (n, trader) in (0..).zip(&traders) {
            calendar.put(n, draws.between(0, trader.persona().gap.1));
        }
        let tally = Tally::of(traders.iter().map(|trader| (trader.account(), trader.persona_number())));
        let ahead = plan.matches.get(0).map(|source| (0, source));
        let red_team = RedTeam::new(plan.red_team);
        let (running, due, look) = (VecDeque::new(), Vec::new(), Look::default());
        Self { plan, market: Market::new(tally, keep), draws, traders, calendar, red_team, running, ahead, due, look }
    }

    /// What is played.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The league after the last entry.
    pub fn state(&self) -> &State {
        &self.market.state
    }

    /// The league, to be hashed.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.market.state
    }

    /// What it came to so far.
    pub fn tally(&self) -> &Tally {
        &self.market.tally
    }

    /// What the red team came to so far, by the end of the last match.
    pub fn attackers(&self) -> &[Attacker] {
        self.red_team.attackers()
    }

    /// The entries since the last call; nothing where they are not kept.
    pub fn take_kept(&mut self) -> Vec<Entry> {
        self.market.kept.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Plays the next moment; `false` where the season is over.
    pub fn step(&mut self) -> bool {
        if self.market.state.seq().0 == 0 {
            return self.found();
        }
        self.bring_on();
        let Some(place) = self.earliest() else { return false };
        let Some(running) = self.running.get_mut(place) else { return false };
        let Some((at, moment)) = running.pop() else { return false };
        match moment {
            Moment::Feed(command) => {
                let heard = heard_of(&command.action);
                let ticks = matches!(command.action, Action::TickClock { .. });
                let ends = matches!(command.action, Action::FinishFixture { .. } | Action::AbandonFixture { .. });
                self.market.apply(at, command);
                if let Some(heard) = heard {
                    running.tell(&heard, &mut self.market, at);
                }
                if ends {
                    self.red_team.settle(&self.market);
                }
                if ticks {
                    self.trade(place, at);
                }
            }
            Moment::Look => self.trade(place, at),
            Moment::Team(heard) => running.tell(&heard, &mut self.market, at),
        }
        if self.running.get(place).is_some_and(Running::is_over) {
            self.running.remove(place);
        }
        true
    }

    /// The league and its accounts, a moment before the first match is announced.
    fn found(&mut self) -> bool {
        let Some((_, first)) = &self.ahead else { return false };
        let at = running::opens(first);
        let genesis = self.plan.genesis();
        let districts = genesis.districts.clone();
        let id = self.draws.command_id();
        self.market.apply(at, command(id, Action::FoundLeague(Box::new(genesis))));
        let accounts: Vec<AccountId> = self.traders.iter().map(Trader::account).chain(self.red_team.accounts()).collect();
        for account in accounts {
            let Some(district) = self.draws.pick(&districts) else { continue };
            let open = OpenAccount { account, district: district.clone(), kind: AccountKind::Human };
            let id = self.draws.command_id();
            self.market.apply(at, command(id, Action::OpenAccount(open)));
        }
        true
    }

    /// Announces the matches whose market opens before anything else happens.
    fn bring_on(&mut self) {
        while let Some((number, source)) = self.ahead.take() {
            let opens = running::opens(&source);
            if self.earliest().and_then(|place| self.running.get(place)?.next_at()).is_some_and(|next| next < opens) {
                self.ahead = Some((number, source));
                return;
            }
            let next = number.saturating_add(1);
            self.running.push_back(Running::of(&source, self.plan.seed, &mut self.draws, self.red_team.squad()));
            self.ahead = self.plan.matches.get(next).map(|source| (next, source));
        }
    }

    /// The match whose turn it is.
    fn earliest(&self) -> Option<usize> {
        let due = self.running.iter().enumerate().filter_map(|(place, running)| Some((running.next_at()?, place)));
        due.min().map(|(_, place)| place)
    }

    /// Whoever is due looks at a match and acts.
    fn trade(&mut self, place: usize, at: At) {
        if self.traders.is_empty() {
            return;
        }
        if let Some(running) = self.running.get_mut(place) {
            running.look(&self.market.state, &mut self.look);
        }
        self.calendar.take(&mut self.due);
        for n in &self.due {
            let Some(trader) = usize::try_from(*n).ok().and_then(|n| self.traders.get(n)) else { continue };
            if let Some(action) = trader.decide(&self.look, &self.market.state, at, &mut self.draws) {
                let id = self.draws.command_id();
                self.market.apply(at, command(id, action));
            }
            let (low, high) = trader.persona().gap;
            self.calendar.put(*n, self.draws.between(low, high));
        }
    }
}

/// A trader's command. Ids are never used twice, so the body's hash has nothing to tell apart.
fn command(id: CommandId, action: Action) -> Command {
    Command { id, body: 0, not_after: None, action }
}
