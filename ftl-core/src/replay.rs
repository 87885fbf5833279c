//! A replay: a match source, rules and a seed become one stream of commands on a journal with `clock = supplied`.
//!
//! ```text
//!  loop: driver.next(&state) ──▶ (at, commands) ──append, apply──▶ outcomes ──▶ report.observe
//! ```
//! Who calls it: `ftl replay`, `ftl sim`, the demo's rehearsal, tests. All times are those of the match and all ids
//! follow from the seed, so the hash is the same on every journal and at every speed: whoever wants to watch sleeps
//! between two batches.
//!
//! The league of a replay is founded for 1,000 accounts; bots stand on its boards (R9.5).

mod report;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::bots::Crowd;
use crate::command::{Action, Command, Genesis};
use crate::feed::{Schedule, announce, command};
use crate::rules::Preset;
use crate::seeded::Seeded;
use crate::source::MatchSource;
use crate::state::State;
use crate::time::{At, Span};

pub use report::{BoardLine, InstrumentLine, ReplayBoards, ReplayReport};

/// Accounts that a replay's league expects (R2.3).
const EXPECTED_ACCOUNTS: u64 = 1_000;
/// The league is founded this long before kick-off: the market is open meanwhile.
const BEFORE_KICK_OFF: Span = Span::minutes(10);
/// How often the bots look before kick-off.
const LOOK_EVERY: Span = Span::seconds(15);

/// What is replayed.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The match.
    pub source: MatchSource,
    /// The rules.
    pub rules: Preset,
    /// How many bots trade.
    pub bots: u32,
    /// Everything that is drawn follows from it.
    pub seed: u64,
}

impl Replay {
    /// What the league is founded with.
    pub fn genesis(&self) -> Genesis {
        let mut genesis = Genesis::of("replay", self.rules, EXPECTED_ACCOUNTS);
        genesis.rules.boards.bots = true;
        genesis
    }

    /// The stream of commands from the first entry on.
    pub fn driver(&self) -> ReplayDriver {
        ReplayDriver::new(self)
    }

    /// An empty report of it.
    pub fn report(&self) -> ReplayReport {
        ReplayReport::of(&self.source.id, self.rules, self.seed)
    }
}

/// The stream of commands of a replay. It looks at the state that its last batch made.
#[derive(Clone, Debug)]
pub struct ReplayDriver {
    fixture: crate::id::FixtureId,
    steps: VecDeque<(At, Vec<Command>)>,
    crowd: Crowd,
    /// The last batch was a moment at which bots look.
    look: Option<At>,
}

impl ReplayDriver {
    fn new(replay: &Replay) -> Self {
        let source = &replay.source;
        let founded = At(source.kick_off.0.saturating_sub(BEFORE_KICK_OFF.0));
        let mut ids = Seeded::new("replay", replay.seed);
        let mut crowd = Crowd::new(replay.seed, replay.bots);
        let genesis = replay.genesis();
        let enrolled = crowd.enrol(&genesis.districts);
        let mut opening = vec![command(ids.command_id(), Action::FoundLeague(Box::new(genesis)))];
        opening.extend(enrolled);
        opening.extend(announce(source, source.kick_off).into_iter().map(|action| command(ids.command_id(), action)));
        let mut steps = VecDeque::from([(founded, opening)]);
        // Before kick-off nothing ticks: the bots look at moments of their own.
        let mut at = founded.after(LOOK_EVERY);
        while at < source.kick_off {
            steps.push_back((at, Vec::new()));
            at = at.after(LOOK_EVERY);
        }
        for (at, command) in Schedule::of(source, source.kick_off).commands(replay.seed) {
            match steps.back_mut() {
                // A batch ends with a tick, or where time goes on.
                Some((last, batch)) if *last == at && !ends_with_tick(batch) => batch.push(command),
                _ => steps.push_back((at, vec![command])),
            }
        }
        Self { fixture: source.id.clone(), steps, crowd, look: None }
    }

    /// The next batch and its time, never earlier than the one before; `None` at the end. `state` is what the journal's
    /// entries so far have made, all batches of before included.
    pub fn next(&mut self, state: &State) -> Option<(At, Vec<Command>)> {
        loop {
            if let Some(at) = self.look.take() {
                let commands = self.crowd.look(state, &self.fixture, at);
                if !commands.is_empty() {
                    return Some((at, commands));
                }
            }
            let (at, commands) = self.steps.pop_front()?;
            self.look = (commands.is_empty() || ends_with_tick(&commands)).then_some(at);
            if !commands.is_empty() {
                return Some((at, commands));
            }
        }
    }

    /// When the next batch of the feed is due; bots answer at once.
    pub fn due(&self) -> Option<At> {
        self.look.or_else(|| self.steps.front().map(|(at, _)| *at))
    }
}

fn ends_with_tick(batch: &[Command]) -> bool {
    batch.last().is_some_and(|command| matches!(command.action, Action::TickClock { .. }))
}
