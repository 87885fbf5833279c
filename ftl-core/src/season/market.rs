//! The league that a season is played in: every command of everybody goes through here, and is counted.

use crate::command::{Action, Command};
use crate::id::CommandId;
use crate::outcome::{Entry, Outcome};
use crate::redteam::desk::Venue;
use crate::state::State;
use crate::time::At;

use super::tally::Tally;

/// See the module.
pub(super) struct Market {
    pub state: State,
    pub tally: Tally,
    /// Entries, where somebody wants them.
    pub kept: Option<Vec<Entry>>,
}

impl Market {
    /// Before the first entry.
    pub fn new(tally: Tally, keep: bool) -> Self {
        Self { state: State::new(), tally, kept: keep.then(Vec::new) }
    }

    /// Applies a command at a time; one that has gone by already is now.
    pub fn apply(&mut self, at: At, command: Command) -> Outcome {
        let at = at.max(self.state.at());
        self.tally.time_is(at, &self.state);
        let entry = Entry { seq: self.state.seq().next(), at, command };
        let outcome = self.state.apply(&entry);
        self.tally.observe(&entry, &outcome, &self.state);
        if let Some(kept) = &mut self.kept {
            kept.push(entry);
        }
        outcome
    }
}

/// What the red team orders. Its ids are the places of its entries: no draw of 128 bits is as small.
impl Venue for Market {
    fn state(&self) -> &State {
        &self.state
    }

    fn apply(&mut self, at: At, action: Action) -> Outcome {
        let id = CommandId(u128::from(self.state.seq().next().0));
        Self::apply(self, at, Command { id, body: 0, not_after: None, action })
    }
}
