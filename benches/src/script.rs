//! `Script`: numbers actions as the journal would, with ids and expiries as clients send them.

use ftl_core::command::{Action, Command};
use ftl_core::id::{CommandId, Seq};
use ftl_core::outcome::Entry;
use ftl_core::time::{At, Span};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// When every script begins: a Monday in 2027, in milliseconds.
pub(crate) const BEGINS: At = At(1_800_230_400_000);

/// How long a client's command may wait (the server's default).
const PATIENCE: Span = Span::seconds(10);

/// See the module.
#[derive(Clone, Debug)]
pub struct Script {
    seq: Seq,
    at: At,
    in_this_ms: u32,
    per_ms: u32,
    random: Pcg64,
}

impl Script {
    /// A script of `seed`, with so many commands in a millisecond of journal time.
    pub fn new(seed: u64, per_ms: u32) -> Self {
        Self { seq: Seq(0), at: BEGINS, in_this_ms: 0, per_ms, random: Pcg64::seed_from_u64(seed) }
    }

    /// The next entry.
    pub fn entry(&mut self, action: Action) -> Entry {
        self.seq = self.seq.next();
        self.in_this_ms += 1;
        if self.in_this_ms > self.per_ms {
            self.in_this_ms = 1;
            self.at = At(self.at.0 + 1);
        }
        let id = CommandId(u128::from(self.random.next_u64()) << 64 | u128::from(self.random.next_u64()));
        let command = Command { id, body: self.random.next_u64(), not_after: Some(self.at.after(PATIENCE)), action };
        Entry { seq: self.seq, at: self.at, command }
    }

    /// Lets journal time pass before the next entry.
    pub fn pass(&mut self, span: Span) {
        self.at = self.at.after(span);
        self.in_this_ms = 0;
    }

    /// Where the last entry is.
    pub fn seq(&self) -> Seq {
        self.seq
    }
    /// Its time.
    pub fn at(&self) -> At {
        self.at
    }
    /// What else is drawn.
    pub fn random(&mut self) -> &mut Pcg64 {
        &mut self.random
    }
}
