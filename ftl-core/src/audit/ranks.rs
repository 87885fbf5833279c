//! R11.12: ranks are a permutation and equal a full sort of the standings (R8.2), of the season and of the last two
//! weeks; and district against district is what the standings say (R8.1).

use super::Check;
use crate::boards::{Board, BoardKey, BoardKind, BoardScope, BoardWindow, Seat, Standing};
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::time::Week;
use crate::units::Wide;

/// R8.1.
const BEST: i32 = 10;

/// Every board of every scope and window.
pub fn equal_a_full_sort<R: Rulebook>(state: &State<R>, check: &mut Check) {
    let districts = state.genesis().map_or(0, |genesis| u16::try_from(genesis.districts.len()).unwrap_or(u16::MAX));
    let standings: Vec<(Seat, &Standing)> = state
        .books()
        .filter(|book| book.id.number == 0)
        .filter_map(|book| Some((state.account(book.id.account)?.seat(), &book.standing)))
        .collect();
    let week = standings.iter().map(|(_, standing)| standing.last_week()).max().unwrap_or_default();
    for window in [BoardWindow::Season, BoardWindow::Week(week), BoardWindow::Week(week.before())] {
        for scope in std::iter::once(BoardScope::Overall).chain((0..districts).map(BoardScope::District)) {
            for kind in [BoardKind::Pnl, BoardKind::Roi] {
                board(state, Board { kind, scope, window }, &standings, check);
            }
        }
    }
    table(state, week, districts, &standings, check);
    table(state, week.before(), districts, &standings, check);
}

fn board<R: Rulebook>(state: &State<R>, board: Board, standings: &[(Seat, &Standing)], check: &mut Check) {
    let key = |(seat, standing): &(Seat, &Standing)| standing.key(board.kind, board.window, *seat, &state.rules().boards);
    let inside = |(seat, _): &&(Seat, &Standing)| board.scope == BoardScope::Overall || board.scope == BoardScope::District(seat.district);
    let sorted = sorted(standings.iter().filter(inside).filter_map(key));
    let Some(ranking) = state.boards().ranking(board) else {
        return check.that(sorted.is_empty(), state.seq(), || format!("{board:?} is missing"));
    };
    let equal = ranking.len() == sorted.len() && ranking.iter().eq(sorted.iter().copied());
    check.that(equal, state.seq(), || format!("{board:?} differs from a full sort"));
    let ranked = sorted.last().is_none_or(|last| ranking.rank_of(last) == Some(sorted.len()));
    check.that(ranked, state.seq(), || format!("{board:?}: the last one's rank is not {}", sorted.len()));
}

/// District against district.
fn table<R: Rulebook>(state: &State<R>, week: Week, districts: u16, standings: &[(Seat, &Standing)], check: &mut Check) {
    let lines = state.boards().district_table(week, districts);
    for district in 0..districts {
        let members = standings.iter().filter(|(seat, _)| seat.district == district);
        let keys = sorted(members.filter_map(|(seat, standing)| standing.contender_key(week, *seat, &state.rules().boards)));
        let best = keys.iter().take(usize::try_from(BEST).unwrap_or_default());
        let score = best.map(|key| Wide::of(key.score)).sum::<Wide>().div_floor(BEST).clamp_i64();
        let shown = lines.iter().find(|line| line.district == district).map(|line| (line.score.units(), line.contenders));
        let expected = (score, u64::try_from(keys.len()).unwrap_or(u64::MAX));
        check.that(shown == Some(expected), state.seq(), || {
            format!("district {district} in week {} is {shown:?}, not {expected:?}", week.0)
        });
    }
    let in_order = lines.is_sorted_by(|a, b| (a.rank.is_some(), a.score) >= (b.rank.is_some(), b.score));
    check.that(in_order, state.seq(), || format!("the districts of week {} are out of order", week.0));
}

fn sorted(keys: impl Iterator<Item = BoardKey>) -> Vec<BoardKey> {
    let mut keys: Vec<BoardKey> = keys.collect();
    keys.sort_by(|a, b| b.score.cmp(&a.score).then(a.reached.cmp(&b.reached)).then(a.account.cmp(&b.account)));
    keys
}
