//! `BoardReader`: boards as readers see them. A ranking knows slots; with the standings beside it, it knows keys.

use super::{Board, BoardKey, BoardScope, BoardView, BoardWindow, Boards, By, DistrictResult, Keys, Ranking, Seat, Standing, Stands};
use crate::time::Week;

/// See the module. Made by [`State::boards`](crate::state::State::boards).
#[derive(Clone, Copy)]
pub struct BoardReader<'a> {
    pub(super) boards: &'a Boards,
    pub(super) by: By<'a>,
}

/// The places of one board.
pub struct Places<'a> {
    ranking: &'a Ranking,
    /// The district, or everybody.
    among: Option<u16>,
    keys: Box<dyn Fn(u32) -> Stands + 'a>,
}

impl<'a> BoardReader<'a> {
    /// The places of one board; `None` for a district where nobody has stood yet and for a week that is not known.
    pub fn ranking(&self, board: Board) -> Option<Places<'a>> {
        let ranking = match board.window {
            BoardWindow::Season => self.boards.season.get(board.kind),
            BoardWindow::Week(week) => self.boards.of(week)?.rankings.get(board.kind),
        };
        let among = match board.scope {
            BoardScope::Overall => None,
            BoardScope::District(district) => Some(district).filter(|district| ranking.knows(*district)).map(Some)?,
        };
        let keys = self.by.keys(board.kind, board.window);
        Some(Places { ranking, among, keys: Box::new(move |slot| keys.of(slot)) })
    }

    /// District against district in `week` (R8.1): all `count` of the league's list, the best first.
    pub fn district_table(&self, week: Week, count: u16) -> Vec<DistrictResult> {
        let keys = self.by.contenders(week);
        let contenders = self.boards.of(week).map(|boards| &boards.contenders);
        super::week::table(contenders, &keys, count)
    }

    /// The first `rows` of a board, and where `own` stands with up to `around` on either side.
    pub fn view(&self, board: Board, own: Option<(Seat, &Standing)>, rows: usize, around: usize) -> BoardView {
        let own = own.and_then(|(seat, standing)| standing.key(board.kind, board.window, seat, self.by.rules));
        let Some(places) = self.ranking(board) else { return BoardView::default() };
        BoardView::of(own.and_then(|key| places.rank_of(&key)), places.len(), rows, around, |rank| places.from(rank))
    }
}

impl Places<'_> {
    /// The rank of a key, from 1; `None` where it is not in.
    pub fn rank_of(&self, key: &BoardKey) -> Option<usize> {
        self.ranking.rank_of(key, self.among, &self.keys)
    }

    /// All keys from a rank on, with their ranks.
    pub fn from(&self, rank: usize) -> impl Iterator<Item = (usize, BoardKey)> {
        self.ranking.from(rank, self.among, &self.keys)
    }

    /// All keys in order.
    pub fn iter(&self) -> impl Iterator<Item = BoardKey> {
        self.from(1).map(|(_, key)| key)
    }

    /// The key of a rank, from 1.
    pub fn at(&self, rank: usize) -> Option<BoardKey> {
        self.from(rank.max(1)).next().filter(|(found, _)| *found == rank).map(|(_, key)| key)
    }

    /// How many stand on it.
    pub fn len(&self) -> usize {
        self.ranking.len(self.among)
    }

    /// Whether nobody does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
