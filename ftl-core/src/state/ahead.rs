//! Looking at what entries to come will look at. Called by whoever has several entries at hand, before the first of them is
//! applied; it must never change anything, nor have anything depend on it.
//!
//! Of a large league nothing is in the processor's caches. An entry's steps wait for memory one after the other (where is its
//! book, the book, its positions, is its id known); those of several entries need nothing of each other, and wait together.

use std::array::from_fn;
use std::hint::black_box;

use super::slots::hash_of;
use crate::book::Book;
use crate::command::Action;
use crate::id::{BookId, PositionId};
use crate::outcome::Entry;
use crate::rulebook::Rulebook;
use crate::state::State;

/// Leagues with fewer books lie in the caches anyway, and would pay for the looking.
const MANY: usize = 10_000;
/// Entries that are looked at together: more wait for no less, and the first would leave the caches before its turn.
pub const AHEAD: usize = 16;

impl<R: Rulebook> State<R> {
    /// Looks at what the first [`AHEAD`] of `entries` will look at.
    pub fn foresee(&self, entries: &[Entry]) {
        if self.books.len() < MANY {
            return;
        }
        let trades: [Option<(BookId, PositionId)>; AHEAD] = from_fn(|n| entries.get(n).and_then(trade));
        // Where books stand, and everything else that follows from the entry alone.
        let slots = trades.map(|trade| {
            let (book, position) = trade?;
            black_box(self.index.positions.glance(hash_of(&position)));
            self.books.candidate(book)
        });
        entries.iter().take(AHEAD).for_each(|entry| self.remembered.glance(entry.command.id));
        slots.iter().flatten().for_each(|slot| {
            black_box(self.books.at(*slot).map(Book::glance));
        });
    }
}

/// The book that an entry trades in, and the position that it is about or makes.
fn trade(entry: &Entry) -> Option<(BookId, PositionId)> {
    #[allow(clippy::wildcard_enum_match_arm, reason = "next to all commands are trades")]
    match &entry.command.action {
        // Who opens at once makes an order first, then the position.
        Action::OpenPosition(open) => Some((open.book, PositionId::made_by(entry.at, entry.seq, 1))),
        Action::ClosePosition { book, position, .. } | Action::ModifyPosition { book, position, .. } => Some((*book, *position)),
        _ => None,
    }
}
