//! `Queue`: the books that an entry has still to look at, the lowest account first (R5.5). Filled by `evolve`, emptied by
//! the round.
//!
//! ```text
//!  push ─▶ noted ─▶ many: sorted once ─┐
//!                └▶ few:  a heap ──────┴─▶ next: the lower of both
//! ```
//! A goal notes a hundred thousand at once, and every washout one more: to sort many once and go through them costs a
//! fraction of what a heap of as many does, which moves seventeen of them for each that leaves.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::id::BookId;

/// Noted between two looks, so many are few.
const FEW: usize = 32;
/// So many for each that waits already are few too: what waits is not sorted again for them.
const FEW_OF: usize = 16;

/// A book and its slot.
type Noted = (BookId, u32);

/// See the module. Some are in it more than once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    noted: Vec<Noted>,
    /// The next one is the last.
    sorted: Vec<Noted>,
    late: BinaryHeap<Reverse<Noted>>,
}

impl Queue {
    /// Notes a book.
    pub fn push(&mut self, book: BookId, slot: u32) {
        self.noted.push((book, slot));
    }

    /// The lowest account's.
    pub fn next(&mut self) -> Option<Noted> {
        if !self.noted.is_empty() {
            self.sort_in();
        }
        match (self.sorted.last(), self.late.peek()) {
            (Some(sorted), Some(Reverse(late))) => Some(*sorted.min(late)),
            (sorted, late) => sorted.or(late.map(|Reverse(late)| late)).copied(),
        }
    }

    /// Takes out what [`next`](Self::next) is, as often as it is in.
    pub fn done(&mut self) {
        let Some(next) = self.next() else { return };
        while self.sorted.last() == Some(&next) {
            self.sorted.pop();
        }
        while self.late.peek() == Some(&Reverse(next)) {
            self.late.pop();
        }
    }

    /// Leaves in it what is to stay.
    pub fn retain(&mut self, stays: impl Fn(BookId) -> bool) {
        self.noted.retain(|(book, _)| stays(*book));
        self.sorted.retain(|(book, _)| stays(*book));
        self.late.retain(|Reverse((book, _))| stays(*book));
    }

    /// Forgets all; the room stays.
    pub fn clear(&mut self) {
        self.noted.clear();
        self.sorted.clear();
        self.late.clear();
    }

    fn sort_in(&mut self) {
        let waiting = self.sorted.len().saturating_add(self.late.len());
        if !self.sorted.is_empty() && self.noted.len() <= FEW.max(waiting / FEW_OF) {
            self.late.extend(self.noted.drain(..).map(Reverse));
        } else {
            self.sorted.append(&mut self.noted);
            self.sorted.sort_unstable_by(|a, b| b.cmp(a));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
    use std::collections::BTreeSet;

    use super::{BookId, Queue};
    use crate::id::AccountId;

    #[test]
    fn books_come_lowest_first_and_once_whenever_they_were_noted() {
        let (mut queue, mut model) = (Queue::default(), BTreeSet::new());
        let mut state = 1u64;
        for round in 0..200 {
            for _ in 0..[0, 1, 3, 33, 100][round % 5] {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let slot = (state >> 33) as u32 % 64;
                let book = BookId::season(AccountId(u128::from(slot) * 7));
                queue.push(book, slot);
                model.insert((book, slot));
            }
            for _ in 0..round % 7 {
                assert_eq!(queue.next(), model.first().copied());
                queue.done();
                model.pop_first();
            }
        }
        while let Some(next) = queue.next() {
            assert_eq!(Some(next), model.pop_first());
            queue.done();
        }
        assert!(model.is_empty());
    }
}
