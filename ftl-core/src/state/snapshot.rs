//! Snapshots: a clone of the `Arc`s that hold the rows, serialised and hashed on another thread while apply goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fixtures::Fixtures;
use super::remembered::{Remembered, RememberedImage};
use super::table::{Table, TableImage};
use crate::account::Account;
use crate::book::Book;
use crate::codec::{self, DecodeError};
use crate::command::Genesis;
use crate::engine::{NEWEST, NewerEngine};
use crate::hash::Hash;
use crate::id::{NaturalKey, Seq};
use crate::instrument::Instrument;
use crate::ledger::Ledger;
use crate::order::Order;
use crate::rulebook::Rulebook;
use crate::rules::Rules;
use crate::state::State;
use crate::time::At;

/// A league as it was after one entry. Taking it clones `Arc`s; hashing and encoding are for another thread.
#[derive(Clone, Serialize, Deserialize)]
pub struct Snapshot {
    head: Head,
    fixtures: Fixtures,
    accounts: TableImage<Account>,
    books: TableImage<Book>,
    orders: TableImage<Order>,
    remembered: RememberedImage,
    engine: u32,
}

/// The small rows; hashed as one leaf.
#[derive(Clone, Serialize, Deserialize)]
struct Head {
    seq: Seq,
    at: At,
    genesis: Option<Arc<Genesis>>,
    rules: Arc<Rules>,
    ledger: Ledger,
    instruments: Vec<Instrument>,
    granted: Arc<BTreeSet<NaturalKey>>,
    quarantine: BTreeMap<Seq, String>,
}

/// A snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Damaged, or written by a newer program.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The rows do not have the hash that the snapshot says.
    #[error("the snapshot's rows hash to {got}, it says {expected}")]
    HashMismatch {
        /// What the snapshot says.
        expected: Hash,
        /// What its rows give.
        got: Hash,
    },
    /// Of an engine that this program does not know.
    #[error(transparent)]
    Engine(#[from] NewerEngine),
    /// Founded with another rulebook.
    #[error("the snapshot is of rulebook {0:?}")]
    Rulebook(String),
}

impl Snapshot {
    /// The entry that it was taken after.
    pub fn seq(&self) -> Seq {
        self.head.seq
    }
    /// The state hash.
    pub fn hash(&self) -> Hash {
        let parts = [self.fixtures.hash(), self.accounts.hash(), self.books.hash(), self.orders.hash(), self.remembered.hash()];
        root(&self.head, self.engine, parts)
    }
    /// As bytes, with the hash in front.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&(self.hash(), self))
    }
}

impl<R: Rulebook> State<R> {
    fn head(&self) -> Head {
        Head {
            seq: self.seq,
            at: self.at,
            genesis: self.genesis.clone(),
            rules: Arc::clone(&self.rules),
            ledger: self.ledger,
            instruments: self.instruments.clone(),
            granted: Arc::clone(&self.granted),
            quarantine: self.met_quarantine(),
        }
    }

    /// The quarantined entries up to here: those to come are no part of the state yet.
    fn met_quarantine(&self) -> BTreeMap<Seq, String> {
        self.quarantine.range(..=self.seq).map(|(seq, reason)| (*seq, reason.clone())).collect()
    }

    /// The state hash: a tree over the chunks of the tables. It depends on the entries alone.
    pub fn hash(&mut self) -> Hash {
        self.fixtures.remember_leaves();
        let parts = [self.fixtures.hash(), self.accounts.hash(), self.books.hash(), self.orders.hash(), self.remembered.hash()];
        root(&self.head(), self.engine, parts)
    }

    /// What is needed to go on from here.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            head: self.head(),
            fixtures: self.fixtures.clone(),
            accounts: self.accounts.image(),
            books: self.books.image(),
            orders: self.orders.image(),
            remembered: self.remembered.image(),
            engine: self.engine,
        }
    }

    /// The state that a snapshot holds; its hash is computed anew and compared, its indexes are built.
    pub fn restore(bytes: &[u8]) -> Result<Self, RestoreError> {
        let (expected, snapshot): (Hash, Snapshot) = codec::decode(bytes)?;
        if snapshot.engine > NEWEST {
            return Err(NewerEngine { seq: snapshot.head.seq, engine: snapshot.engine }.into());
        }
        let mut state = Self {
            engine: snapshot.engine,
            seq: snapshot.head.seq,
            at: snapshot.head.at,
            genesis: snapshot.head.genesis,
            rules: snapshot.head.rules,
            ledger: snapshot.head.ledger,
            instruments: snapshot.head.instruments,
            fixtures: snapshot.fixtures,
            granted: snapshot.head.granted,
            quarantine: snapshot.head.quarantine,
            accounts: Table::from(snapshot.accounts),
            books: Table::from(snapshot.books),
            orders: Table::from(snapshot.orders),
            remembered: Remembered::from(snapshot.remembered),
            ..Self::new()
        };
        if let Some(genesis) = state.genesis.as_ref().filter(|genesis| genesis.rulebook != R::NAME) {
            return Err(RestoreError::Rulebook(genesis.rulebook.clone()));
        }
        let got = state.hash();
        if got != expected {
            return Err(RestoreError::HashMismatch { expected, got });
        }
        state.rebuild_index();
        Ok(state)
    }
}

/// The root of the hash tree. The first engine is not told, so that leagues from before there was a second keep theirs.
fn root(head: &Head, engine: u32, parts: [Hash; 5]) -> Hash {
    let mut tree = blake3::Hasher::new();
    tree.update(&codec::encode(head));
    if engine > 1 {
        tree.update(&engine.to_be_bytes());
    }
    for part in parts {
        tree.update(&part.0);
    }
    Hash(*tree.finalize().as_bytes())
}
