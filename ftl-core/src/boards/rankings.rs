//! `Rankings`: the two boards of everybody and every district, for one window. Moved by [`Boards`](super::Boards).

use super::ranking::Stands;
use super::record::Keys;
use super::{BoardKind, BoardWindow, By, Ranking};

/// Both boards.
#[derive(Clone, Debug, Default)]
pub(super) struct Rankings {
    pnl: Ranking,
    roi: Ranking,
}

impl Rankings {
    /// The boards of everybody's keys, each with its district and slot.
    pub(super) fn of(mut keys: impl FnMut(BoardKind) -> Vec<(Stands, u32)>) -> Self {
        Self { pnl: Ranking::of(keys(BoardKind::Pnl)), roi: Ranking::of(keys(BoardKind::Roi)) }
    }

    /// The ranking of one board.
    pub(super) fn get(&self, kind: BoardKind) -> &Ranking {
        match kind {
            BoardKind::Pnl => &self.pnl,
            BoardKind::Roi => &self.roi,
        }
    }

    /// Moves what changed of the book in a slot, of a district.
    pub(super) fn update(&mut self, seat: (u32, u16), before: Keys, after: Keys, window: BoardWindow, by: By<'_>) {
        if before.pnl != after.pnl {
            self.pnl.change(seat, before.pnl, after.pnl, &by.keys(BoardKind::Pnl, window));
        }
        if before.roi != after.roi {
            self.roi.change(seat, before.roi, after.roi, &by.keys(BoardKind::Roi, window));
        }
    }
}
