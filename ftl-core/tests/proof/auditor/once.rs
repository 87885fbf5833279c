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
    /// Ids of minute m go when `at` has reached minute m + window + 1.
    pub(super) fn forget_old_ids(&mut self) {
        let Some(rules) = self.rules.as_ref() else { return };
        let (now, window) = (minute(self.at), rules.dedup_window.0 / 60_000);
        self.known.retain(|r| now < r.minute + window + 1);
    }

    /// The answer that this id got before, if it is known.
    pub(super) fn answered(&self, command: &Command) -> Option<&Remembered> {
        self.known.iter().find(|r| r.id == command.id)
    }

    /// Keeps the answer, in generations of half of what may be kept: a third one replaces the first.
    pub(super) fn remember(&mut self, command: &Command, result: Result<(), Rejection>) {
        let most = self.rules.as_ref().map_or(usize::MAX, |r| r.dedup_max as usize).div_ceil(2);
        let generation = self.known.last().map_or(0, |r| r.generation);
        let full = self.known.iter().filter(|r| r.generation == generation).count() >= most;
        let generation = generation + u64::from(full);
        self.known.retain(|r| r.generation + 1 >= generation);
        self.known.push(Remembered { id: command.id, body: command.body, minute: minute(self.at), generation, result });
    }
}
