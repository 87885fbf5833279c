//! The journal port: every change of a league is a command appended to one totally ordered, durable journal.
//!
//! ```text
//!  shells ──append──▶ journal (orders, stamps, stores) ──read──▶ replicas: State::apply
//! ```
//! Who implements it: [`memory::MemoryJournal`] here, the stores of `ftl-store`. Who calls it: the replica loop of
//! `ftl-server`, replays and simulations. Any implementation must pass `ftl_store::conformance`.

pub mod memory;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::hash::Hash;
use crate::id::Seq;
use crate::outcome::Entry;
use crate::time::At;

/// Random identity of one stored batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchId(pub u128);

/// What a caller has applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// The journal's epoch; raised by every recovery.
    pub epoch: u64,
    /// The last entry applied; 0 before the first.
    pub seq: Seq,
    /// The batch that it came in.
    pub batch_id: BatchId,
}

/// The unit of storage: whole or not at all, under its last seq.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredBatch {
    /// Its identity.
    pub batch_id: BatchId,
    /// The batch before it; nil for the first.
    pub prev: BatchId,
    /// The seq of its first command.
    pub first: Seq,
    /// The store's clock when it was stored, for all its commands.
    pub at: At,
    /// The epoch that it was stored in.
    pub epoch: u64,
    /// BLAKE3 over the chain hash before it and everything in it.
    pub chain: Hash,
    /// In order; never empty.
    pub commands: Vec<Command>,
}

impl StoredBatch {
    /// The seq of its last command.
    pub fn last(&self) -> Seq {
        let n = u64::try_from(self.commands.len()).unwrap_or(u64::MAX);
        Seq(self.first.0.saturating_add(n).saturating_sub(1))
    }

    /// The entries that it holds.
    pub fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        (self.first.0..).zip(&self.commands).map(|(seq, command)| Entry { seq: Seq(seq), at: self.at, command: command.clone() })
    }

    /// What `chain` must be after `before`: BLAKE3 of the former chain hash, the ids, `first`, `at` and the commands
    /// in the journal's encoding. Epochs and batch boundaries are inside; the state hash does not depend on them.
    pub fn chain_after(&self, before: &Hash) -> Hash {
        self.chain_over(before, &crate::codec::encode(&self.commands))
    }

    /// [`chain_after`](Self::chain_after) from the commands as they are stored: `encoded` is hashed as it is, and
    /// `self.commands` is not looked at. A store checks what it holds without decoding it.
    pub fn chain_over(&self, before: &Hash, encoded: &[u8]) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&before.0);
        hasher.update(&self.batch_id.0.to_be_bytes());
        hasher.update(&self.prev.0.to_be_bytes());
        hasher.update(&self.first.0.to_be_bytes());
        hasher.update(&self.at.0.to_be_bytes());
        hasher.update(&self.epoch.to_be_bytes());
        hasher.update(encoded);
        Hash(*hasher.finalize().as_bytes())
    }
}

/// Where an append went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Seq of the first command.
    pub first: Seq,
    /// Seq of the last command.
    pub last: Seq,
    /// The store's clock.
    pub at: At,
}

/// Which clock stamps the entries; fixed when a journal is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalClock {
    /// The store's own: `max(previous at, now)`.
    Store,
    /// `at` comes with the append, never going back (replays, simulations, tests).
    Supplied,
}

/// An append's failure.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Certainly not in.
    #[error("append refused: {0}")]
    Refused(Refusal),
    /// It may still land: look for the ids in the tail until their `not_after` has passed.
    #[error("append of unknown fate: {0}")]
    Unknown(String),
}

/// Why an append is certainly not in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The head is below what the caller has applied: the journal lost its tail.
    #[error("the journal ends at {head}, the caller has applied {seen}")]
    HeadBehind {
        /// Where the journal ends.
        head: Seq,
        /// What the caller has applied.
        seen: Seq,
    },
    /// A recovery happened since the caller read.
    #[error("the journal is in epoch {current}, the caller in {seen}")]
    WrongEpoch {
        /// The journal's.
        current: u64,
        /// The caller's.
        seen: u64,
    },
    /// The store's clock and the caller's are too far apart, or it stands too far behind the journal.
    #[error("clock: {0}")]
    Clock(String),
    /// `at` was supplied to a journal that stamps by itself, or missing from one that does not, or goes back.
    #[error("supplied time: {0}")]
    SuppliedTime(String),
    /// Nothing to append.
    #[error("an empty batch")]
    Empty,
    /// The store refuses writes: no space, read only, closed.
    #[error("the store refuses: {0}")]
    Store(String),
}

/// A read's failure.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// What was asked for is no longer here; the journal begins at `first`.
    #[error("the journal begins at {first}")]
    Trimmed {
        /// The first entry that is here.
        first: Seq,
    },
    /// What is stored is damaged; nothing after it is served.
    #[error("the journal is damaged at {at}: {what}")]
    Corrupt {
        /// Where.
        at: Seq,
        /// How.
        what: String,
    },
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] JournalError),
}

/// The store did not answer, or not in time.
#[derive(Debug, thiserror::Error)]
#[error("the journal does not answer: {0}")]
pub struct JournalError(pub String);

/// A totally ordered, durable sequence of commands.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Stores `commands` as one batch behind everything stored so far.
    ///
    /// `seen` is what the caller has applied; `at` only for [`JournalClock::Supplied`].
    async fn append(&self, seen: Tip, at: Option<At>, commands: Vec<Command>) -> Result<Appended, AppendError>;

    /// Whole batches behind entry `after`, in order, until they hold `limit` entries or the journal ends.
    /// `after` must be the end of a batch (or 0).
    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError>;

    /// Where the journal ends.
    async fn head(&self) -> Result<Tip, JournalError>;

    /// Returns when there is an entry behind `after`.
    async fn wait(&self, after: Seq) -> Result<(), JournalError>;
}

/// Where wall-clock time comes from, for whoever stamps entries.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> At;
}

/// What a reader checks before it applies: dense seqs, linked batches, chain hashes, time that does not go back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainCheck {
    /// The last entry checked.
    pub tip: Tip,
    /// The chain hash up to it.
    pub chain: Hash,
    /// Its time.
    pub at: At,
}

impl ChainCheck {
    /// Checks that `batch` follows, and advances.
    pub fn follow(&mut self, batch: &StoredBatch) -> Result<(), ReadError> {
        let corrupt = |what: String| Err(ReadError::Corrupt { at: batch.first, what });
        if batch.commands.is_empty() {
            return corrupt("an empty batch".into());
        }
        if batch.first != self.tip.seq.next() {
            return corrupt(format!("begins at {}, expected {}", batch.first, self.tip.seq.next()));
        }
        if batch.prev != self.tip.batch_id {
            return corrupt("does not link to the batch before".into());
        }
        if batch.at < self.at {
            return corrupt("its time goes back".into());
        }
        if batch.epoch < self.tip.epoch {
            return corrupt("its epoch goes back".into());
        }
        if batch.chain_after(&self.chain) != batch.chain {
            return corrupt("its hash does not match".into());
        }
        *self = Self { tip: Tip { epoch: batch.epoch, seq: batch.last(), batch_id: batch.batch_id }, chain: batch.chain, at: batch.at };
        Ok(())
    }
}
