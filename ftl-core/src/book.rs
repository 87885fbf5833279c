//! A book: what an account trades in (balance, positions, orders, margin).

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use crate::boards::{Seat, Standing, Standings};
use crate::id::{BookId, OrderId, PositionId};
use crate::position::Position;
use crate::state::table::Table;
use crate::time::Week;
use crate::units::Money;

/// A book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// Its id.
    pub id: BookId,
    /// The wallet (R4.8); may be negative while positions are open (R5.4).
    pub balance: Money,
    /// Open positions, oldest first: everything that margin is judged by lies in one place.
    pub positions: Vec<Position>,
    /// Resting orders, oldest first; most books have none, and pay for a pointer alone.
    pub orders: ThinVec<OrderId>,
    /// Σ margin reserved by them.
    pub reserved: Money,
    /// R5.2: warned, and not recovered since.
    pub warned: bool,
    /// What came from the mint: the `equity` board takes it off again.
    pub grants: Money,
    /// R4.8: closed positions that were held long enough for a top-up.
    pub held_closes: u32,
    /// R4.8: the week of the last top-up.
    pub topped_up: Option<Week>,
    /// What boards need.
    pub standing: Standing,
}

impl Book {
    /// An empty one.
    pub fn new(id: BookId) -> Self {
        Self {
            id,
            balance: Money::ZERO,
            positions: Vec::new(),
            orders: ThinVec::new(),
            reserved: Money::ZERO,
            warned: false,
            grants: Money::ZERO,
            held_closes: 0,
            topped_up: None,
            standing: Standing::default(),
        }
    }

    /// Where its owner stands on boards.
    #[inline]
    pub fn seat(&self) -> Seat {
        Seat { account: self.id.account, district: self.standing.district, joined: self.standing.joined }
    }

    /// One of its open positions.
    #[inline]
    pub fn position(&self, id: PositionId) -> Option<&Position> {
        self.positions.get(self.place_of(id)?)
    }

    #[inline]
    pub(crate) fn position_mut(&mut self, id: PositionId) -> Option<&mut Position> {
        let place = self.place_of(id)?;
        self.positions.get_mut(place)
    }

    /// Adds a position, the youngest. Most books hold one or two: room for four each would cost more than the books.
    pub(crate) fn add_position(&mut self, position: Position) {
        if self.positions.len() == self.positions.capacity() {
            self.positions.reserve_exact((self.positions.len() / 4).max(1));
        }
        self.positions.push(position);
    }

    pub(crate) fn remove_position(&mut self, id: PositionId) -> Option<Position> {
        let place = self.place_of(id)?;
        let gone = self.positions.remove(place);
        // Room for one more is soon used again; room for all that a book ever held would stay for the season.
        let held = self.positions.len();
        let enough = held.saturating_add((held / 4).max(1));
        if held == 0 || self.positions.capacity() > enough {
            self.positions.shrink_to_fit();
        }
        Some(gone)
    }

    /// Something of every cache line of it.
    #[inline]
    pub(crate) fn glance(&self) -> u64 {
        let held = self.positions.first().map_or(0, |position| position.opened_at.0);
        held ^ self.balance.units().cast_unsigned() ^ self.standing.glance()
    }

    /// Ids sort by age, and so do positions.
    #[inline]
    fn place_of(&self, id: PositionId) -> Option<usize> {
        self.positions.binary_search_by_key(&id, |position| position.id).ok()
    }
}

impl Standings for Table<Book> {
    fn at(&self, slot: u32) -> Option<(Seat, &Standing)> {
        Table::at(self, slot).map(|book| (book.seat(), &book.standing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_four_books_are_no_more_than_the_allocators_classes_of_twenty_kibibytes() {
        assert!(64 * size_of::<Book>() <= 20 * 1_024, "{}", size_of::<Book>());
    }
}
