//! R11.12: every board is what a full sort of all books says, and its ranks are 1 to n.

use ftl_core::boards::{BoardKey, BoardKind, BoardScope};
use ftl_core::event::Event;

use super::{Finding, Moment};
use crate::holds;

pub fn check(moment: &Moment) -> Finding {
    let moved = |event: &Event| matches!(event, Event::PositionOpened(_) | Event::PositionClosed(_) | Event::RulesChanged(_));
    if !moment.outcome.events.iter().any(moved) {
        return Ok(());
    }
    let state = moment.after;
    let districts = state.genesis().map_or(0, |genesis| genesis.districts.len()) as u16;
    let scopes = std::iter::once(BoardScope::Overall).chain((0..districts).map(BoardScope::District));
    for scope in scopes {
        for kind in [BoardKind::Pnl, BoardKind::Roi] {
            let mut sorted: Vec<BoardKey> = state
                .books()
                .filter_map(|book| {
                    let account = state.account(book.id.account)?;
                    let here = scope == BoardScope::Overall || scope == BoardScope::District(account.district);
                    let rules = &state.rules().boards;
                    let key = match kind {
                        BoardKind::Pnl => book.standing.pnl_key(account.id, rules),
                        BoardKind::Roi => book.standing.roi_key(account.id, rules),
                    };
                    key.filter(|_| here)
                })
                .collect();
            sorted.sort_by(|a, b| b.score.cmp(&a.score).then(a.reached.cmp(&b.reached)).then(a.account.cmp(&b.account)));
            let ranking = state.boards().ranking(kind, scope);
            let kept: Vec<BoardKey> = ranking.map(|r| r.iter().copied().collect()).unwrap_or_default();
            holds!(kept == sorted, "{kind:?} {scope:?} is {kept:?}, sorted {sorted:?}");
            for (rank, key) in (1..).zip(&sorted) {
                let found = ranking.and_then(|r| r.rank_of(key));
                holds!(found == Some(rank), "{key:?} of {kind:?} {scope:?} ranks {found:?}, not {rank}");
            }
        }
    }
    Ok(())
}
