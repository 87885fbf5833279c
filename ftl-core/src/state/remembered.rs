//! The ids of commands and their answers (R11.8): a retry gets the first answer, an id with another body is refused.
//!
//! In two generations: when the younger is half of what may be kept, or begins before the window, the elder goes, all at
//! once and without looking at any of it. An id of a minute before the window is unknown, whether or not it has gone.

mod packed;
#[cfg(test)]
mod tests;

use std::hint::black_box;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::slots::{Slots, hash_of};
use super::table::shared;
use crate::codec;
use crate::hash::Hash;
use crate::id::CommandId;
use crate::outcome::Answer;
use crate::time::{At, Span};
use packed::Packed;

/// Ids in a chunk.
const CHUNK: usize = 256;
/// Chunks whose room is given back in a minute, at most: one takes a microsecond, and somebody's price change waits for it.
const GIVEN_BACK: usize = 8;

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
    refuse: Vec<Arc<Packed>>,
}

#[derive(Clone, Debug, Default)]
struct Generation {
    chunks: Vec<Chunk>,
    /// The last chunk, which is shared with nobody: whoever adds to it need not ask.
    open: Open,
    /// Places by id: chunk × [`CHUNK`] + place in it.
    places: Slots,
}

/// Ids of one minute, all that there will be.
#[derive(Clone, Debug)]
struct Chunk {
    minute: u64,
    known: Arc<Packed>,
    hash: Option<Hash>,
}

/// Ids of one minute, to which more may come.
#[derive(Clone, Debug, Default)]
struct Open {
    minute: u64,
    known: Packed,
}

/// What a snapshot keeps.
#[derive(Clone, Serialize, Deserialize)]
pub struct RememberedImage {
    since: u64,
    /// The elder generation and the younger: each chunk's minute and ids.
    generations: [Vec<(u64, Arc<Packed>)>; 2],
}

fn minute(at: At) -> u64 {
    at.0.saturating_div(60_000)
}

impl Generation {
    fn get(&self, id: CommandId, since: u64) -> Option<Known> {
        let is_it = |place| self.at(place, since).is_some_and(|(known, place)| known.id(place) == Some(id));
        let (known, place) = self.at(self.places.find(hash_of(&id), is_it)?, since)?;
        known.get(place)
    }

    fn at(&self, place: u32, since: u64) -> Option<(&Packed, usize)> {
        let place = usize::try_from(place).ok()?;
        let (minute, known) = match self.chunks.get(place.checked_div(CHUNK)?) {
            Some(chunk) => (chunk.minute, chunk.known.as_ref()),
            None => (self.open.minute, &self.open.known),
        };
        (minute >= since).then_some((known, place.checked_rem(CHUNK)?))
    }

    fn insert(&mut self, minute: u64, (id, body, answer): (CommandId, u64, &Answer), refuse: &mut Vec<Arc<Packed>>) {
        if self.open.minute != minute || self.open.known.len() >= CHUNK {
            self.close(refuse);
            self.open.minute = minute;
        }
        let place = self.chunks.len().saturating_mul(CHUNK).saturating_add(self.open.known.len());
        self.places.insert(hash_of(&id), u32::try_from(place).unwrap_or(u32::MAX));
        self.open.known.push(id, body, answer);
    }

    /// Nothing more comes to the open chunk. The next one has the room of a forgotten one that no snapshot shares.
    fn close(&mut self, refuse: &mut Vec<Arc<Packed>>) {
        if self.open.known.len() > 0 {
            let mut room = refuse.pop().and_then(Arc::into_inner).unwrap_or_else(|| self.open.known.room_alike());
            room.clear();
            let known = Arc::new(std::mem::replace(&mut self.open.known, room));
            self.chunks.push(Chunk { minute: self.open.minute, known, hash: None });
        }
    }

    /// The minute of its eldest ids.
    fn begins(&self) -> Option<u64> {
        let open = (self.open.known.len() > 0).then_some(self.open.minute);
        self.chunks.first().map(|chunk| chunk.minute).or(open)
    }

    /// Forgets all of it; its table begins anew with the room that it has.
    fn clear(&mut self, refuse: &mut Vec<Arc<Packed>>) {
        self.places.clear();
        self.open.known.clear();
        refuse.extend(self.chunks.drain(..).map(|chunk| chunk.known));
    }

    fn hash(&mut self) -> Hash {
        let of_chunk = |chunk: &mut Chunk| (chunk.minute, *chunk.hash.get_or_insert_with(|| leaf(&chunk.known)));
        let mut leaves: Vec<(u64, Hash)> = self.chunks.iter_mut().map(of_chunk).collect();
        if self.open.known.len() > 0 {
            leaves.push((self.open.minute, leaf(&self.open.known)));
        }
        branch(leaves)
    }

    fn image(&self) -> Vec<(u64, Arc<Packed>)> {
        let open = (self.open.known.len() > 0).then(|| (self.open.minute, Arc::new(self.open.known.clone())));
        let minutes = self.chunks.iter().map(|chunk| chunk.minute);
        minutes.zip(shared(&self.chunks, |chunk| &chunk.known)).chain(open).collect()
    }
}

impl Remembered {
    /// What is known of an id.
    pub fn get(&self, id: CommandId) -> Option<Known> {
        self.younger.get(id, self.since).or_else(|| self.elder.get(id, self.since))
    }

    /// Looks at where the places of an id are, or would be.
    pub fn glance(&self, id: CommandId) {
        let hash = hash_of(&id);
        black_box((self.younger.places.glance(hash), self.elder.places.glance(hash)));
    }

    /// Remembers what a command (its id, its body's hash) was answered at `at`; each generation has at most half of `max`, rounded up.
    pub fn insert(&mut self, at: At, known: (CommandId, u64, &Answer), max: usize) {
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
        // Room for what comes is worth keeping, half as much of it every minute; to give much of it back at once takes long.
        let given_back = self.refuse.len().saturating_div(2).min(GIVEN_BACK);
        self.refuse.truncate(self.refuse.len().saturating_sub(given_back));
        if self.younger.begins().is_some_and(|minute| minute < since) {
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

fn leaf(known: &Packed) -> Hash {
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

impl From<Vec<(u64, Arc<Packed>)>> for Generation {
    fn from(chunks: Vec<(u64, Arc<Packed>)>) -> Self {
        let mut places = Slots::default();
        for (n, (_, known)) in chunks.iter().enumerate() {
            let first = u32::try_from(n.saturating_mul(CHUNK)).unwrap_or(u32::MAX);
            let ids = (0..known.len()).filter_map(|place| known.id(place));
            (first..).zip(ids).for_each(|(place, id)| places.insert(hash_of(&id), place));
        }
        let mut chunks: Vec<Chunk> = chunks.into_iter().map(|(minute, known)| Chunk { minute, known, hash: None }).collect();
        let open = chunks.pop().map(|last| Open { minute: last.minute, known: Arc::unwrap_or_clone(last.known) });
        Self { chunks, open: open.unwrap_or_default(), places }
    }
}

impl From<RememberedImage> for Remembered {
    fn from(image: RememberedImage) -> Self {
        let [elder, younger] = image.generations.map(Generation::from);
        Self { younger, elder, since: image.since, refuse: Vec::new() }
    }
}
