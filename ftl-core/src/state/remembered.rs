//! The ids of commands and their answers (R11.8): a retry gets the first answer, an id with another body is refused.
//!
//! Kept by minutes of journal time, so that forgetting is a whole minute at once and depends on entries alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::codec;
use crate::hash::Hash;
use crate::id::CommandId;
use crate::outcome::Answer;
use crate::time::{At, Span};

/// Ids in a chunk.
const CHUNK: usize = 256;

/// A command that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its id.
    pub id: CommandId,
    /// Its body's hash.
    pub body: u64,
    /// What it was told.
    pub answer: Answer,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    minutes: BTreeMap<u64, Vec<Chunk>>,
    places: FxHashMap<CommandId, (u64, u32)>,
}

#[derive(Clone, Debug)]
struct Chunk {
    known: Arc<Vec<Known>>,
    hash: Option<Hash>,
}

/// What a snapshot keeps.
pub type RememberedImage = Vec<(u64, Vec<Arc<Vec<Known>>>)>;

fn minute(at: At) -> u64 {
    at.0.saturating_div(60_000)
}

impl Remembered {
    /// What is known of an id.
    pub fn get(&self, id: CommandId) -> Option<&Known> {
        let (minute, n) = self.places.get(&id)?;
        let n = usize::try_from(*n).ok()?;
        self.minutes.get(minute)?.get(n.checked_div(CHUNK)?)?.known.get(n.checked_rem(CHUNK)?)
    }

    /// Remembers an answer given at `at`; beyond `max` the oldest minutes go.
    pub fn insert(&mut self, at: At, known: Known, max: usize) {
        let minute = minute(at);
        let chunks = self.minutes.entry(minute).or_default();
        if chunks.last().is_none_or(|chunk| chunk.known.len() >= CHUNK) {
            chunks.push(Chunk { known: Arc::new(Vec::new()), hash: None });
        }
        let before = chunks.len().saturating_sub(1).saturating_mul(CHUNK);
        let Some(chunk) = chunks.last_mut() else { return };
        let n = before.saturating_add(chunk.known.len());
        self.places.insert(known.id, (minute, u32::try_from(n).unwrap_or(u32::MAX)));
        chunk.hash = None;
        Arc::make_mut(&mut chunk.known).push(known);
        while self.places.len() > max && self.minutes.len() > 1 {
            self.forget_oldest();
        }
    }

    /// Forgets the minutes that ended more than `window` before `at`.
    pub fn forget(&mut self, at: At, window: Span) {
        let kept = minute(At(at.0.saturating_sub(window.0)));
        while self.minutes.first_key_value().is_some_and(|(minute, _)| *minute < kept) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((_, chunks)) = self.minutes.pop_first() else { return };
        for known in chunks.iter().flat_map(|chunk| chunk.known.iter()) {
            self.places.remove(&known.id);
        }
    }

    /// How many ids are known.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Over everything that is remembered.
    pub fn hash(&mut self) -> Hash {
        let mut tree = blake3::Hasher::new();
        for (minute, chunks) in &mut self.minutes {
            tree.update(&minute.to_be_bytes());
            for chunk in chunks {
                tree.update(&chunk.hash.get_or_insert_with(|| leaf(&chunk.known)).0);
            }
        }
        Hash(*tree.finalize().as_bytes())
    }

    /// What a snapshot keeps.
    pub fn image(&self) -> RememberedImage {
        let share = |chunks: &Vec<Chunk>| chunks.iter().map(|chunk| Arc::clone(&chunk.known)).collect();
        self.minutes.iter().map(|(minute, chunks)| (*minute, share(chunks))).collect()
    }
}

/// The same as [`Remembered::hash`], all chunks anew.
pub fn hash(image: &RememberedImage) -> Hash {
    let mut tree = blake3::Hasher::new();
    for (minute, chunks) in image {
        tree.update(&minute.to_be_bytes());
        for chunk in chunks {
            tree.update(&leaf(chunk).0);
        }
    }
    Hash(*tree.finalize().as_bytes())
}

fn leaf(known: &[Known]) -> Hash {
    Hash::of(&codec::encode(known))
}

impl From<RememberedImage> for Remembered {
    fn from(image: RememberedImage) -> Self {
        let mut remembered = Self::default();
        for (minute, chunks) in image {
            let mut n = 0u32;
            for known in chunks.iter().flat_map(|chunk| chunk.iter()) {
                remembered.places.insert(known.id, (minute, n));
                n = n.saturating_add(1);
            }
            remembered.minutes.insert(minute, chunks.into_iter().map(|known| Chunk { known, hash: None }).collect());
        }
        remembered
    }
}
