#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
use proptest::prelude::*;

use super::{Board, BoardKey, BoardKind, BoardScope, BoardWindow, Boards, Closed, EquityBoard, Fixtures, Seat, Standing, When};
use crate::id::{AccountId, Seq};
use crate::rules::{BoardRules, Rules};
use crate::time::Week;
use crate::units::Money;

const WEEK: Week = Week(7);

fn rules() -> BoardRules {
    Rules::fair(1_000).boards
}

fn seat(n: u128) -> Seat {
    Seat { account: AccountId(n), district: u16::try_from(n % 3).unwrap(), joined: Week(0) }
}

fn points(n: i64) -> Money {
    Money::from_units(n * 1_000_000)
}

fn won(n: i64, fixture: u32) -> Closed {
    Closed { pnl: points(n), whole: true, fixture: Some(fixture), voided: None, opened_in: WEEK }
}

/// An entry of the first week.
fn entry(seq: u64) -> When {
    When { seq: Seq(seq), week: WEEK }
}

fn order(boards: &Boards, kind: BoardKind) -> Vec<u128> {
    boards.ranking(Board::of_season(kind, BoardScope::Overall)).unwrap().iter().map(|key| key.account.0).collect()
}

#[test]
fn the_higher_score_leads_then_who_reached_it_first_then_the_lower_account() {
    let mut boards = Boards::default();
    let mut standings: Vec<Standing> = vec![Standing::default(); 5];
    for (n, result, seq) in [(4, 10, 1), (2, 10, 2), (1, 10, 2), (3, 20, 3)] {
        boards.closed(&mut standings[n], seat(n as u128), won(result, 0), entry(seq), &rules());
    }
    assert_eq!(order(&boards, BoardKind::Pnl), [3, 4, 1, 2]);
}

#[test]
fn a_score_that_comes_back_was_reached_again() {
    let mut boards = Boards::default();
    let mut standings: Vec<Standing> = vec![Standing::default(); 2];
    boards.closed(&mut standings[0], seat(0), won(10, 0), entry(1), &rules());
    boards.closed(&mut standings[1], seat(1), won(10, 0), entry(2), &rules());
    assert_eq!(order(&boards, BoardKind::Pnl), [0, 1]);
    boards.closed(&mut standings[0], seat(0), won(-1, 0), entry(3), &rules());
    boards.closed(&mut standings[0], seat(0), won(1, 0), entry(4), &rules());
    assert_eq!(order(&boards, BoardKind::Pnl), [1, 0]);
    boards.closed(&mut standings[1], seat(1), won(0, 0), entry(5), &rules());
    assert_eq!(order(&boards, BoardKind::Pnl), [1, 0]);
}

#[test]
fn roi_needs_five_positions_in_three_fixtures_and_divides_by_five_thousand_at_least() {
    let mut boards = Boards::default();
    let mut standing = Standing::default();
    for (n, fixture) in [0, 1, 1, 70].into_iter().enumerate() {
        boards.closed(&mut standing, seat(0), won(10, fixture), entry(n as u64 + 1), &rules());
        assert_eq!(order(&boards, BoardKind::Roi), []);
    }
    boards.closed(&mut standing, seat(0), won(10, 70), entry(5), &rules());
    assert_eq!(order(&boards, BoardKind::Roi), [0]);
    assert_eq!(standing.season.roi(&rules()), 10_000);
    boards.opened(&mut standing, seat(0), points(15_000), entry(6), &rules());
    assert_eq!(standing.season.roi(&rules()), 3_333);
    assert_eq!(boards.ranking(Board::of_season(BoardKind::Roi, BoardScope::Overall)).unwrap().at(1).unwrap().reached, Seq(6));
}

#[test]
fn parts_count_on_pnl_and_voided_positions_nowhere() {
    let mut boards = Boards::default();
    let mut standing = Standing::default();
    boards.opened(&mut standing, seat(0), points(2), entry(1), &rules());
    boards.closed(&mut standing, seat(0), Closed { voided: Some(points(2)), ..won(0, 0) }, entry(2), &rules());
    assert_eq!((order(&boards, BoardKind::Pnl), standing.season.committed), (vec![], Money::ZERO));
    boards.closed(&mut standing, seat(0), Closed { whole: false, ..won(10, 0) }, entry(3), &rules());
    assert_eq!(boards.ranking(Board::of_season(BoardKind::Pnl, BoardScope::Overall)).unwrap().at(1).unwrap().score, points(10).units());
    assert_eq!(standing.season.closed_positions, 0);
}

#[test]
fn bots_stand_on_boards_only_where_the_rules_say_so() {
    let mut standing = Standing { bot: true, ..Standing::default() };
    let mut boards = Boards::default();
    boards.closed(&mut standing, seat(0), won(10, 0), entry(1), &rules());
    assert_eq!(order(&boards, BoardKind::Pnl), []);
    let with_bots = BoardRules { bots: true, ..rules() };
    let boards = Boards::rebuild(&with_bots, [(seat(0), &standing)].into_iter());
    assert_eq!(order(&boards, BoardKind::Pnl), [0]);
}

#[test]
fn a_view_shows_the_head_and_the_neighbourhood_of_who_asks() {
    let mut boards = Boards::default();
    let mut standings: Vec<Standing> = vec![Standing::default(); 30];
    for (n, standing) in standings.iter_mut().enumerate() {
        boards.closed(standing, seat(n as u128), won(n as i64, 0), entry(1), &rules());
    }
    let view = boards.view(Board::of_season(BoardKind::Pnl, BoardScope::District(1)), Some((seat(13), &standings[13])), &rules(), 2, 1);
    let accounts = |rows: &[super::BoardRow]| rows.iter().map(|row| (row.rank, row.account.0)).collect::<Vec<_>>();
    assert_eq!(accounts(&view.rows), [(1, 28), (2, 25)]);
    assert_eq!(accounts(&view.neighbours), [(5, 16), (6, 13), (7, 10)]);
    assert_eq!((view.own.unwrap().rank, view.total), (6, 10));
}

#[test]
fn the_equity_board_ranks_what_books_are_worth() {
    let board = EquityBoard::of((0..10u128).map(|n| (Seat { district: 2, ..seat(n) }, points(10 - (n as i64) / 2))));
    let view = board.view(BoardScope::District(2), Some(AccountId(3)), 3, 1);
    assert_eq!(view.rows.iter().map(|row| row.account.0).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(view.own.unwrap().rank, 4);
    assert!(board.ranking(BoardScope::District(1)).unwrap().is_empty());
    assert!(board.ranking(BoardScope::District(3)).is_none());
}

/// A fill in `week`, three matches of it at a time.
fn win_in(boards: &mut Boards, standing: &mut Standing, who: Seat, week: u32, seq: u64, result: i64) {
    for fixture in 0..3 {
        let closed = Closed { opened_in: Week(week), ..won(if fixture == 0 { result } else { 0 }, week * 10 + fixture) };
        boards.closed(standing, who, closed, When { seq: Seq(seq), week: Week(week) }, &rules());
    }
}

#[test]
fn a_week_begins_with_nothing_and_the_week_before_it_stays_as_it_ended() {
    let mut boards = Boards::default();
    let mut standings: Vec<Standing> = vec![Standing::default(); 3];
    win_in(&mut boards, &mut standings[0], seat(0), 7, 1, 30);
    win_in(&mut boards, &mut standings[1], seat(1), 7, 2, 20);
    win_in(&mut boards, &mut standings[1], seat(1), 8, 3, 5);
    win_in(&mut boards, &mut standings[2], seat(2), 8, 4, 9);
    let of_week = |boards: &Boards, week| -> Vec<(u128, i64)> {
        let ranking = boards.ranking(Board::of_week(Week(week), BoardKind::Pnl, BoardScope::Overall));
        ranking.into_iter().flat_map(|ranking| ranking.iter()).map(|key| (key.account.0, key.score / 1_000_000)).collect()
    };
    assert_eq!(of_week(&boards, 7), [(0, 30), (1, 20)]);
    assert_eq!(of_week(&boards, 8), [(2, 9), (1, 5)]);
    assert_eq!(of_week(&boards, 9), []);
    assert_eq!(order(&boards, BoardKind::Pnl), [0, 1, 2]);
    // Two weeks without anybody: what was before them is over.
    win_in(&mut boards, &mut standings[0], seat(0), 11, 5, 1);
    assert_eq!((of_week(&boards, 8), of_week(&boards, 10), of_week(&boards, 11)), (vec![], vec![], vec![(0, 1)]));
}

#[test]
fn a_week_takes_back_only_what_was_committed_in_it() {
    let mut boards = Boards::default();
    let mut standing = Standing::default();
    boards.opened(&mut standing, seat(0), points(9_000), When { seq: Seq(1), week: Week(7) }, &rules());
    boards.opened(&mut standing, seat(0), points(6_000), When { seq: Seq(2), week: Week(8) }, &rules());
    let void = Closed { voided: Some(points(9_000)), opened_in: Week(7), ..won(0, 0) };
    boards.closed(&mut standing, seat(0), void, When { seq: Seq(3), week: Week(8) }, &rules());
    assert_eq!(standing.season.committed, points(6_000));
    assert_eq!(standing.week(Week(8)).unwrap().committed, points(6_000));
    assert_eq!(standing.week(Week(7)).unwrap().committed, points(9_000));
}

#[test]
fn a_week_counts_its_first_matches_and_asks_for_no_more_of_them() {
    let rules = BoardRules { roi_min_positions: 1, roi_min_fixtures: 10, ..rules() };
    let mut boards = Boards::default();
    let mut standing = Standing::default();
    let board = Board::of_week(WEEK, BoardKind::Roi, BoardScope::Overall);
    let mut shown = Vec::new();
    for (seq, fixture) in [0, 1, 1, 0, 2, 3, 4, 5].into_iter().enumerate() {
        boards.closed(&mut standing, seat(0), won(1, fixture), entry(seq as u64), &rules);
        shown.push((standing.week(WEEK).unwrap().fixtures.count(), boards.ranking(board).unwrap().len()));
    }
    assert_eq!(shown, [(1, 0), (2, 0), (2, 0), (2, 0), (3, 0), (4, 1), (4, 1), (4, 1)]);
    assert_eq!(boards.ranking(Board::of_season(BoardKind::Roi, BoardScope::Overall)).unwrap().len(), 0);
}

#[test]
fn a_district_counts_its_ten_best_who_were_there_before_the_week_and_played_three_matches() {
    let mut boards = Boards::default();
    let in_district = |n: u128, district| Seat { district, ..seat(n) };
    let mut standings: Vec<Standing> = vec![Standing::default(); 20];
    // Twelve members with 1 to 12 points: the ten best make 75.
    for (n, standing) in (0..12).zip(&mut standings) {
        win_in(&mut boards, standing, in_district(n as u128, 0), 7, n, n as i64 + 1);
    }
    // A newcomer of the week, and somebody with two matches, count for nobody.
    win_in(&mut boards, &mut standings[12], Seat { joined: Week(7), ..in_district(12, 1) }, 7, 20, 1_000);
    for fixture in 0..2 {
        boards.closed(&mut standings[13], in_district(13, 1), won(500, fixture), entry(21), &rules());
    }
    win_in(&mut boards, &mut standings[14], in_district(14, 1), 7, 22, -3);
    let table = boards.district_table(WEEK, 4);
    let lines: Vec<_> = table.iter().map(|line| (line.rank, line.district, line.score.units(), line.contenders, line.best.len())).collect();
    let expected = [(Some(1), 0, 7_500_000, 12, 10), (Some(2), 1, -300_000, 1, 1), (None, 2, 0, 0, 0), (None, 3, 0, 0, 0)];
    assert_eq!(lines, expected);
    assert_eq!(table[0].reached, Seq(11));
    assert!(boards.district_table(Week(8), 4).iter().all(|line| line.rank.is_none()));
}

proptest! {
    #[test]
    fn boards_that_moved_with_every_fill_equal_boards_rebuilt(
        fills in prop::collection::vec((0..20u128, -5i64..5, any::<bool>(), 0..80u32, 0..4_000i64, 0..40u32), 0..400)
    ) {
        let rules = BoardRules { roi_min_positions: 3, roi_min_fixtures: 2, bots: true, ..rules() };
        let mut boards = Boards::default();
        let mut standings = vec![Standing::default(); 20];
        let mut week = Week(3);
        let seat = |n| Seat { joined: Week((n as u32) % 6), ..seat(n) };
        for (seq, (account, pnl, whole, fixture, margin, pause)) in fills.into_iter().enumerate() {
            // A week at a time, now and then two.
            week = Week(week.0 + [0, 1, 2][(pause as usize).saturating_sub(37)]);
            let standing = &mut standings[account as usize];
            let closed = Closed { whole, opened_in: week, ..won(pnl, fixture) };
            let when = When { seq: Seq(seq as u64), week };
            boards.opened(standing, seat(account), points(margin), when, &rules);
            boards.closed(standing, seat(account), closed, when, &rules);
        }
        let rebuilt = Boards::rebuild(&rules, (0..20u128).map(|n| (seat(n), &standings[n as usize])));
        let rows = |boards: &Boards, board| boards.ranking(board).map(|r| r.iter().copied().collect::<Vec<BoardKey>>()).unwrap_or_default();
        for window in [BoardWindow::Season, BoardWindow::Week(week), BoardWindow::Week(week.before())] {
            for kind in [BoardKind::Pnl, BoardKind::Roi] {
                for scope in [BoardScope::Overall, BoardScope::District(0), BoardScope::District(1), BoardScope::District(2)] {
                    let board = Board { kind, scope, window };
                    prop_assert_eq!(rows(&boards, board), rows(&rebuilt, board));
                }
            }
        }
        for week in [week, week.before()] {
            prop_assert_eq!(boards.district_table(week, 3), rebuilt.district_table(week, 3));
        }
    }
}
