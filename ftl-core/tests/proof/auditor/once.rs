//! What was asked before (R11.8): remembered ids by minutes of journal time.

use ftl_core::command::Command;
use ftl_core::id::CommandId;
use ftl_core::rejection::Rejection;
use ftl_core::time::At;

use super::Auditor;

/// An id and the answer that it got.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// The command's.
    pub id: CommandId,
    /// Hash of what it asked.
    pub body: u64,
    /// Minute of journal time in which it came.
    pub minute: u64,
    /// Which generation of ids it belongs to.
    pub generation: u64,
    /// What it was told.
    pub result: Result<(), Rejection>,
}

fn minute(at: At) -> u64 {
    at.0 / 60_000
}

impl Auditor {
    /// Ids of minute m are unknown when `at` has reached minute m + window + 1, for good. A generation that begins before
    /// the window is the elder from then on.
    pub(super) fn forget_old_ids(&mut self) {
        let Some(rules) = self.rules.as_ref() else { return };
        let since = minute(At(self.at.0.saturating_sub(rules.dedup_window.0)));
        if since <= self.known_since {
            return;
        }
        self.known_since = since;
        if self.known.iter().find(|r| r.generation == self.generation).is_some_and(|first| first.minute < since) {
            self.next_generation();
        }
    }

    /// The answer that this id got before, if it is known.
    pub(super) fn answered(&self, command: &Command) -> Option<&Remembered> {
        self.known.iter().find(|r| r.id == command.id && r.minute >= self.known_since)
    }

    /// Keeps the answer, in generations of half of what may be kept: a third one replaces the first.
    pub(super) fn remember(&mut self, command: &Command, result: Result<(), Rejection>) {
        let most = self.rules.as_ref().map_or(usize::MAX, |r| r.dedup_max as usize).div_ceil(2);
        if self.known.iter().filter(|r| r.generation == self.generation).count() >= most {
            self.next_generation();
        }
        let (minute, generation) = (minute(self.at), self.generation);
        self.known.push(Remembered { id: command.id, body: command.body, minute, generation, result });
    }

    fn next_generation(&mut self) {
        self.known.retain(|r| r.generation == self.generation);
        self.generation += 1;
    }
}
