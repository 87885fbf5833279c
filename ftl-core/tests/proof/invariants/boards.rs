//! R11.12: every board is what a full sort of all books says, and its ranks are 1 to n; of the season, this week and the last.

use ftl_core::boards::{Board, BoardKey, BoardKind, BoardScope, BoardWindow};
use ftl_core::event::Event;
use ftl_core::state::State;
use ftl_core::time::Week;

use super::{Finding, Moment};
use crate::holds;

/// The boards that there are after an entry.
pub fn all(state: &State) -> Vec<Board> {
    let districts = state.genesis().map_or(0, |genesis| genesis.districts.len()) as u16;
    let scopes: Vec<BoardScope> = std::iter::once(BoardScope::Overall).chain((0..districts).map(BoardScope::District)).collect();
    let week = Week::of(state.at());
    let windows = [BoardWindow::Season, BoardWindow::Week(week), BoardWindow::Week(week.before())];
    let of_window =
        |window| scopes.iter().flat_map(move |scope| [BoardKind::Pnl, BoardKind::Roi].map(|kind| Board { kind, scope: *scope, window }));
    windows.into_iter().flat_map(of_window).collect()
}

pub fn check(moment: &Moment) -> Finding {
    let moved = |event: &Event| matches!(event, Event::PositionOpened(_) | Event::PositionClosed(_) | Event::RulesChanged(_));
    if !moment.outcome.events.iter().any(moved) {
        return Ok(());
    }
    let state = moment.after;
    for board in all(state) {
        let key = |book: &ftl_core::book::Book| {
            let account = state.account(book.id.account)?;
            let here = board.scope == BoardScope::Overall || board.scope == BoardScope::District(account.district);
            book.standing.key(board.kind, board.window, account.seat(), &state.rules().boards).filter(|_| here)
        };
        let mut sorted: Vec<BoardKey> = state.books().filter_map(key).collect();
        sorted.sort_by(|a, b| b.score.cmp(&a.score).then(a.reached.cmp(&b.reached)).then(a.account.cmp(&b.account)));
        let ranking = state.boards().ranking(board);
        let kept: Vec<BoardKey> = ranking.as_ref().map(|r| r.iter().collect()).unwrap_or_default();
        holds!(kept == sorted, "{board:?} is {kept:?}, sorted {sorted:?}");
        for (rank, key) in (1..).zip(&sorted) {
            let found = ranking.as_ref().and_then(|r| r.rank_of(key));
            holds!(found == Some(rank), "{key:?} of {board:?} ranks {found:?}, not {rank}");
        }
    }
    Ok(())
}
