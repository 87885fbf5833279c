//! Realised results by book, of the season and of each week, as the `pnl` board counts them (R8, `boards::Record`).
//!
//! A board notes when a score changed or came onto it, and a book comes onto it with its first close that was not
//! voided. A run does not know whether that was before it, so a change says both: when the score was reached if the book
//! stood on the board already, and when if it did not.

use std::collections::BTreeMap;

use super::run::Run;
use crate::boards::BoardWindow;
use crate::event::Event;
use crate::id::{BookId, Seq};
use crate::position::CloseReason;
use crate::time::Week;
use crate::units::{Lots, Money};

/// A book in a window; the season comes before the weeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeaderboardKey {
    /// `None`: the season.
    pub week: Option<Week>,
    /// A season book.
    pub book: BookId,
}

impl LeaderboardKey {
    /// The window as boards name it.
    pub fn window(&self) -> BoardWindow {
        self.week.map_or(BoardWindow::Season, BoardWindow::Week)
    }
}

/// What a run changes of a book's record in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeaderboardChange {
    /// To be added.
    pub realised: Money,
    /// Positions that closed whole, to be added.
    pub closed_positions: u32,
    /// Something closed that was not voided: the book stands on the board from now on.
    pub has_closed: bool,
    /// The last entry that changed the score of a book that stood on the board before the run.
    pub reached: Option<Seq>,
    /// The last entry that changed the score of a book that did not.
    pub reached_by_newcomer: Option<Seq>,
}

impl LeaderboardChange {
    fn close(&mut self, pnl: Money, voided: bool, whole: bool, seq: Seq) {
        let moves = pnl != Money::ZERO;
        if moves {
            self.reached = Some(seq);
        }
        let comes_onto_it = !voided && !self.has_closed;
        if comes_onto_it || (moves && self.has_closed) {
            self.reached_by_newcomer = Some(seq);
        }
        self.realised += pnl;
        self.has_closed |= !voided;
        if whole && !voided {
            self.closed_positions = self.closed_positions.saturating_add(1);
        }
    }
}

/// What a run does to the records of season books.
pub fn leaderboard_changes(run: Run<'_>) -> BTreeMap<LeaderboardKey, LeaderboardChange> {
    let mut changes: BTreeMap<LeaderboardKey, LeaderboardChange> = BTreeMap::new();
    for outcome in run.outcomes() {
        for event in &outcome.events {
            let Event::PositionClosed(closed) = event else { continue };
            if closed.book.number != 0 {
                continue;
            }
            let (voided, whole) = (closed.reason == CloseReason::Voided, closed.remaining == Lots::ZERO);
            for week in [None, Some(Week::of(outcome.at))] {
                let key = LeaderboardKey { week, book: closed.book };
                changes.entry(key).or_default().close(closed.pnl, voided, whole, outcome.seq);
            }
        }
    }
    changes
}
