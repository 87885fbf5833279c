//! R11.12: ranks are a permutation and equal a full sort of the standings (R8.2).

use super::Check;
use crate::boards::{BoardKey, BoardKind, BoardScope};
use crate::rulebook::Rulebook;
use crate::state::State;

/// Every board of every scope.
pub fn equal_a_full_sort<R: Rulebook>(state: &State<R>, check: &mut Check) {
    let districts = (0..state.boards().districts()).map(BoardScope::District);
    for scope in std::iter::once(BoardScope::Overall).chain(districts) {
        for kind in [BoardKind::Pnl, BoardKind::Roi] {
            let sorted = full_sort(state, kind, scope);
            let Some(ranking) = state.boards().ranking(kind, scope) else {
                check.that(sorted.is_empty(), state.seq(), || format!("board {kind:?} of {scope:?} is missing"));
                continue;
            };
            let equal = ranking.len() == sorted.len() && ranking.iter().eq(&sorted);
            check.that(equal, state.seq(), || format!("board {kind:?} of {scope:?} differs from a full sort"));
            let ranked = sorted.last().is_none_or(|last| ranking.rank_of(last) == Some(sorted.len()));
            check.that(ranked, state.seq(), || format!("board {kind:?} of {scope:?}: the last one's rank is not {}", sorted.len()));
        }
    }
}

fn full_sort<R: Rulebook>(state: &State<R>, kind: BoardKind, scope: BoardScope) -> Vec<BoardKey> {
    let rules = &state.rules().boards;
    let of_book = |book: &crate::book::Book| {
        let account = state.account(book.id.account)?;
        let inside = match scope {
            BoardScope::Overall => true,
            BoardScope::District(district) => account.district == district,
        };
        match kind {
            _ if !inside => None,
            BoardKind::Pnl => book.standing.pnl_key(account.id, rules),
            BoardKind::Roi => book.standing.roi_key(account.id, rules),
        }
    };
    let mut keys: Vec<BoardKey> = state.books().filter(|book| book.id.number == 0).filter_map(of_book).collect();
    keys.sort_by(|a, b| b.score.cmp(&a.score).then(a.reached.cmp(&b.reached)).then(a.account.cmp(&b.account)));
    keys
}
