//! The ids of commands and their answers (R11.8): a retry gets the first answer, an id with another body is refused.
//!
//! In two generations: when the younger is half of what may be kept, or begins before the window, the elder goes, all at
//! once and without looking at any of it. An id of a minute before the window is unknown, whether or not it has gone.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::slots::{Slots, hash_of};
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
    younger: Generation,
    elder: Generation,
    /// Ids of earlier minutes are unknown.
    since: u64,
    /// What is forgotten and not taken apart yet: whenever a chunk is begun it takes the place of one of these.
    refuse: Vec<Chunk>,
}

#[derive(Clone, Debug, Default)]
struct Generation {
    chunks: Vec<Chunk>,
    /// Places by id: chunk × [`CHUNK`] + place in it.
    places: Slots,
}

/// Ids of one minute.
#[derive(Clone, Debug)]
struct Chunk {
    minute: u64,
    known: Arc<Vec<Known>>,
    hash: Option<Hash>,
}

/// What a snapshot keeps.
#[derive(Clone, Serialize, Deserialize)]
pub struct RememberedImage {
    since: u64,
    /// The elder generation and the younger: each chunk's minute and ids.
    generations: [Vec<(u64, Arc<Vec<Known>>)>; 2],
}

fn minute(at: At) -> u64 {
    at.0.saturating_div(60_000)
}

impl Chunk {
    /// An empty one, in the room of a forgotten one where no snapshot shares it.
    fn begun(minute: u64, forgotten: Option<Self>) -> Self {
        let mut known = forgotten.map(|chunk| chunk.known).unwrap_or_default();
        match Arc::get_mut(&mut known) {
            Some(room) => room.clear(),
            None => known = Arc::default(),
        }
        Self { minute, known, hash: None }
    }
}

impl Generation {
    fn get(&self, id: CommandId, since: u64) -> Option<&Known> {
        let place = self.places.find(hash_of(&id), |place| self.at(place, since).is_some_and(|known| known.id == id))?;
        self.at(place, since)
    }

    fn at(&self, place: u32, since: u64) -> Option<&Known> {
        let place = usize::try_from(place).ok()?;
        let chunk = self.chunks.get(place.checked_div(CHUNK)?).filter(|chunk| chunk.minute >= since)?;
        chunk.known.get(place.checked_rem(CHUNK)?)
    }

    fn insert(&mut self, minute: u64, known: Known, refuse: &mut Vec<Chunk>) {
        if self.chunks.last().is_none_or(|chunk| chunk.minute != minute || chunk.known.len() >= CHUNK) {
            self.chunks.push(Chunk::begun(minute, refuse.pop()));
        }
        let before = self.chunks.len().saturating_sub(1).saturating_mul(CHUNK);
        if let Some(chunk) = self.chunks.last_mut() {
            let place = before.saturating_add(chunk.known.len());
            self.places.insert(hash_of(&known.id), u32::try_from(place).unwrap_or(u32::MAX));
            chunk.hash = None;
            Arc::make_mut(&mut chunk.known).push(known);
        }
    }

    /// Forgets all of it; its table begins anew with the room that it has.
    fn clear(&mut self, refuse: &mut Vec<Chunk>) {
        self.places.clear();
        refuse.append(&mut self.chunks);
    }

    fn hash(&mut self) -> Hash {
        let leaf = |chunk: &mut Chunk| (chunk.minute, *chunk.hash.get_or_insert_with(|| leaf(&chunk.known)));
        let leaves: Vec<(u64, Hash)> = self.chunks.iter_mut().map(leaf).collect();
        branch(leaves)
    }

    fn image(&self) -> Vec<(u64, Arc<Vec<Known>>)> {
        self.chunks.iter().map(|chunk| (chunk.minute, Arc::clone(&chunk.known))).collect()
    }
}

impl Remembered {
    /// What is known of an id.
    pub fn get(&self, id: CommandId) -> Option<&Known> {
        self.younger.get(id, self.since).or_else(|| self.elder.get(id, self.since))
    }

    /// Remembers an answer given at `at`; each generation has at most half of `max`, rounded up.
    pub fn insert(&mut self, at: At, known: Known, max: usize) {
        if self.younger.places.len() >= max.div_ceil(2) {
            self.turn();
        }
        self.younger.insert(minute(at), known, &mut self.refuse);
    }

    /// The minutes that ended more than `window` before `at` are unknown from now on.
    pub fn forget(&mut self, at: At, window: Span) {
        let since = minute(At(at.0.saturating_sub(window.0)));
        if since <= self.since {
            return;
        }
        self.since = since;
        // Room for what comes is worth keeping, half as much of it every minute.
        self.refuse.truncate(self.refuse.len().div_ceil(2));
        if self.younger.chunks.first().is_some_and(|chunk| chunk.minute < since) {
            self.turn();
        }
    }

    /// The elder generation goes, the younger takes its place.
    fn turn(&mut self) {
        self.elder.clear(&mut self.refuse);
        std::mem::swap(&mut self.younger, &mut self.elder);
    }

    /// How many ids are kept.
    pub fn len(&self) -> usize {
        self.younger.places.len().saturating_add(self.elder.places.len())
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Over everything that is remembered.
    pub fn hash(&mut self) -> Hash {
        root(self.since, [self.elder.hash(), self.younger.hash()])
    }

    /// What a snapshot keeps.
    pub fn image(&self) -> RememberedImage {
        RememberedImage { since: self.since, generations: [self.elder.image(), self.younger.image()] }
    }
}

impl RememberedImage {
    /// The same as [`Remembered::hash`], all chunks anew.
    pub fn hash(&self) -> Hash {
        root(self.since, self.generations.each_ref().map(|chunks| branch(chunks.iter().map(|(minute, known)| (*minute, leaf(known))))))
    }
}

fn leaf(known: &[Known]) -> Hash {
    Hash::of(&codec::encode(known))
}

fn branch(leaves: impl IntoIterator<Item = (u64, Hash)>) -> Hash {
    let mut tree = blake3::Hasher::new();
    for (minute, hash) in leaves {
        tree.update(&minute.to_be_bytes());
        tree.update(&hash.0);
    }
    Hash(*tree.finalize().as_bytes())
}

fn root(since: u64, generations: [Hash; 2]) -> Hash {
    let mut tree = blake3::Hasher::new();
    tree.update(&since.to_be_bytes());
    generations.iter().for_each(|hash| {
        tree.update(&hash.0);
    });
    Hash(*tree.finalize().as_bytes())
}

impl From<Vec<(u64, Arc<Vec<Known>>)>> for Generation {
    fn from(chunks: Vec<(u64, Arc<Vec<Known>>)>) -> Self {
        let mut places = Slots::default();
        for (n, (_, known)) in chunks.iter().enumerate() {
            let first = u32::try_from(n.saturating_mul(CHUNK)).unwrap_or(u32::MAX);
            (first..).zip(known.iter()).for_each(|(place, known)| places.insert(hash_of(&known.id), place));
        }
        Self { chunks: chunks.into_iter().map(|(minute, known)| Chunk { minute, known, hash: None }).collect(), places }
    }
}

impl From<RememberedImage> for Remembered {
    fn from(image: RememberedImage) -> Self {
        let [elder, younger] = image.generations.map(Generation::from);
        Self { younger, elder, since: image.since, refuse: Vec::new() }
    }
}
