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
        for kind in [BoardKind::Pnl, BoardKind::Roi] {
            let key =
                |(seat, standing): &(Seat, &Standing)| Some((seat.district, standing.key(kind, window, *seat, &state.rules().boards)?));
            let sorted = sorted(standings.iter().filter_map(key));
            board(state, Board { kind, scope: BoardScope::Overall, window }, sorted.iter().map(|(_, key)| *key), check);
            for (district, keys) in (0..).zip(by_district(districts, &sorted)) {
                board(state, Board { kind, scope: BoardScope::District(district), window }, keys.into_iter(), check);
            }
        }
    }
    table(state, week, districts, &standings, check);
    table(state, week.before(), districts, &standings, check);
}

fn board<R: Rulebook>(state: &State<R>, board: Board, sorted: impl ExactSizeIterator<Item = BoardKey> + Clone, check: &mut Check) {
    let (count, last) = (sorted.len(), sorted.clone().last());
    let Some(ranking) = state.boards().ranking(board) else {
        return check.that(count == 0, state.seq(), || format!("{board:?} is missing"));
    };
    let equal = ranking.len() == count && ranking.iter().eq(sorted);
    check.that(equal, state.seq(), || format!("{board:?} differs from a full sort"));
    let ranked = last.is_none_or(|last| ranking.rank_of(&last) == Some(count));
    check.that(ranked, state.seq(), || format!("{board:?}: the last one's rank is not {count}"));
}

/// District against district.
fn table<R: Rulebook>(state: &State<R>, week: Week, districts: u16, standings: &[(Seat, &Standing)], check: &mut Check) {
    let lines = state.boards().district_table(week, districts);
    let key = |(seat, standing): &(Seat, &Standing)| Some((seat.district, standing.contender_key(week, *seat, &state.rules().boards)?));
    let sorted = sorted(standings.iter().filter_map(key));
    for (district, keys) in (0..).zip(by_district(districts, &sorted)) {
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

/// Everybody's key in order, with his district.
fn sorted(keys: impl Iterator<Item = (u16, BoardKey)>) -> Vec<(u16, BoardKey)> {
    let mut keys: Vec<(u16, BoardKey)> = keys.collect();
    keys.sort_unstable_by(|(_, a), (_, b)| b.score.cmp(&a.score).then(a.reached.cmp(&b.reached)).then(a.account.cmp(&b.account)));
    keys
}

/// What is in order stays so in each district.
fn by_district(districts: u16, sorted: &[(u16, BoardKey)]) -> Vec<Vec<BoardKey>> {
    let mut keys = vec![Vec::new(); usize::from(districts)];
    for (district, key) in sorted {
        if let Some(keys) = keys.get_mut(usize::from(*district)) {
            keys.push(*key);
        }
    }
    keys
}
