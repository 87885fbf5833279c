//! A match of the season from the opening of its market to its last entry: what the feed sends, and when traders look.

use std::collections::VecDeque;

use crate::command::{Action, Command};
use crate::feed::{Schedule, announce, command};
use crate::id::FixtureId;
use crate::seeded::Seeded;
use crate::source::MatchSource;
use crate::state::State;
use crate::time::{At, Span};

use super::look::{Look, Tape};

/// The market opens this long before kick-off.
const MARKET_BEFORE: Span = Span::minutes(10);
/// How often traders look before kick-off.
const LOOK_EVERY: Span = Span::seconds(15);

/// What happens next in a match.
#[derive(Clone, Debug)]
pub(super) enum Moment {
    /// The feed sends it; traders look after a clock tick.
    Feed(Command),
    /// Traders look.
    Look,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Running {
    fixture: FixtureId,
    moments: VecDeque<(At, Moment)>,
    tape: Tape,
}

/// When the market of a match opens.
pub(super) fn opens(source: &MatchSource) -> At {
    At(source.kick_off.0.saturating_sub(MARKET_BEFORE.0))
}

impl Running {
    /// All that is to come of a match.
    pub fn of(source: &MatchSource, salt: u64, draws: &mut Seeded) -> Self {
        let opens = opens(source);
        let mut moments = VecDeque::new();
        for action in announce(source, source.kick_off) {
            moments.push_back((opens, Moment::Feed(command(draws.command_id(), action))));
        }
        let mut at = opens.after(LOOK_EVERY);
        while at < source.kick_off {
            moments.push_back((at, Moment::Look));
            at = at.after(LOOK_EVERY);
        }
        moments.extend(Schedule::of(source, source.kick_off).commands(salt).map(|(at, command)| (at, Moment::Feed(command))));
        Self { fixture: source.id.clone(), moments, tape: Tape::default() }
    }

    /// When the next thing happens.
    pub fn next_at(&self) -> Option<At> {
        self.moments.front().map(|(at, _)| *at)
    }

    /// The next thing.
    pub fn pop(&mut self) -> Option<(At, Moment)> {
        self.moments.pop_front()
    }

    /// Whether nothing is to come.
    pub fn is_over(&self) -> bool {
        self.moments.is_empty()
    }

    /// Takes down what traders see now.
    pub fn look(&mut self, state: &State, look: &mut Look) {
        if let Some(fixture) = state.fixture(&self.fixture) {
            self.tape.note(state, fixture);
            look.take_down(state, fixture, &self.tape);
        }
    }

    /// The action that would come next, for whoever sits in the stadium.
    #[allow(dead_code, reason = "the red team looks ahead")]
    pub fn coming(&self) -> impl Iterator<Item = (At, &Action)> {
        self.moments.iter().filter_map(|(at, moment)| match moment {
            Moment::Feed(command) => Some((*at, &command.action)),
            Moment::Look => None,
        })
    }
}
