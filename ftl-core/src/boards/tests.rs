#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
use proptest::prelude::*;

use super::{BoardKey, BoardKind, BoardScope, Boards, Closed, EquityBoard, Seat, Standing};
use crate::id::{AccountId, Seq};
use crate::rules::{BoardRules, Rules};
use crate::units::Money;

fn rules() -> BoardRules {
    Rules::fair(1_000).boards
}

fn seat(n: u128) -> Seat {
    Seat { account: AccountId(n), district: u16::try_from(n % 3).unwrap() }
}

fn points(n: i64) -> Money {
    Money::from_units(n * 1_000_000)
}

fn won(n: i64, fixture: u32) -> Closed {
    Closed { pnl: points(n), whole: true, fixture: Some(fixture), voided: None }
}

fn order(boards: &Boards, kind: BoardKind) -> Vec<u128> {
    boards.ranking(kind, BoardScope::Overall).unwrap().iter().map(|key| key.account.0).collect()
}

#[test]
fn the_higher_score_leads_then_who_reached_it_first_then_the_lower_account() {
    let mut boards = Boards::default();
    let mut standings: Vec<Standing> = vec![Standing::default(); 5];
    for (n, result, seq) in [(4, 10, 1), (2, 10, 2), (1, 10, 2), (3, 20, 3)] {
        boards.closed(&mut standings[n], seat(n as u128), won(result, 0), Seq(seq), &rules());
    }
    assert_eq!(order(&boards, BoardKind::Pnl), [3, 4, 1, 2]);
}

#[test]
fn a_score_that_comes_back_was_reached_again() {
    let mut boards = Boards::default();
    let mut standings: Vec<Standing> = vec![Standing::default(); 2];
    boards.closed(&mut standings[0], seat(0), won(10, 0), Seq(1), &rules());
    boards.closed(&mut standings[1], seat(1), won(10, 0), Seq(2), &rules());
    assert_eq!(order(&boards, BoardKind::Pnl), [0, 1]);
    boards.closed(&mut standings[0], seat(0), won(-1, 0), Seq(3), &rules());
    boards.closed(&mut standings[0], seat(0), won(1, 0), Seq(4), &rules());
    assert_eq!(order(&boards, BoardKind::Pnl), [1, 0]);
    boards.closed(&mut standings[1], seat(1), won(0, 0), Seq(5), &rules());
    assert_eq!(order(&boards, BoardKind::Pnl), [1, 0]);
}

#[test]
fn roi_needs_five_positions_in_three_fixtures_and_divides_by_five_thousand_at_least() {
    let mut boards = Boards::default();
    let mut standing = Standing::default();
    for (n, fixture) in [0, 1, 1, 70].into_iter().enumerate() {
        boards.closed(&mut standing, seat(0), won(10, fixture), Seq(n as u64 + 1), &rules());
        assert_eq!(order(&boards, BoardKind::Roi), []);
    }
    boards.closed(&mut standing, seat(0), won(10, 70), Seq(5), &rules());
    assert_eq!(order(&boards, BoardKind::Roi), [0]);
    assert_eq!(standing.roi(&rules()), 10_000);
    boards.opened(&mut standing, seat(0), points(15_000), Seq(6), &rules());
    assert_eq!(standing.roi(&rules()), 3_333);
    assert_eq!(boards.ranking(BoardKind::Roi, BoardScope::Overall).unwrap().at(1).unwrap().reached, Seq(6));
}

#[test]
fn parts_count_on_pnl_and_voided_positions_nowhere() {
    let mut boards = Boards::default();
    let mut standing = Standing::default();
    boards.opened(&mut standing, seat(0), points(2), Seq(1), &rules());
    boards.closed(&mut standing, seat(0), Closed { voided: Some(points(2)), ..won(0, 0) }, Seq(2), &rules());
    assert_eq!((order(&boards, BoardKind::Pnl), standing.committed), (vec![], Money::ZERO));
    boards.closed(&mut standing, seat(0), Closed { whole: false, ..won(10, 0) }, Seq(3), &rules());
    assert_eq!(boards.ranking(BoardKind::Pnl, BoardScope::Overall).unwrap().at(1).unwrap().score, points(10).units());
    assert_eq!(standing.closed_positions, 0);
}

#[test]
fn bots_stand_on_boards_only_where_the_rules_say_so() {
    let mut standing = Standing { bot: true, ..Standing::default() };
    let mut boards = Boards::default();
    boards.closed(&mut standing, seat(0), won(10, 0), Seq(1), &rules());
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
        boards.closed(standing, seat(n as u128), won(n as i64, 0), Seq(1), &rules());
    }
    let view = boards.view(BoardKind::Pnl, BoardScope::District(1), Some((seat(13), &standings[13])), &rules(), 2, 1);
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

proptest! {
    #[test]
    fn boards_that_moved_with_every_fill_equal_boards_rebuilt(
        fills in prop::collection::vec((0..20u128, -5i64..5, any::<bool>(), 0..80u32, 0..4_000i64), 0..400)
    ) {
        let rules = BoardRules { roi_min_positions: 3, roi_min_fixtures: 2, bots: true, ..rules() };
        let mut boards = Boards::default();
        let mut standings = vec![Standing::default(); 20];
        for (seq, (account, pnl, whole, fixture, margin)) in fills.into_iter().enumerate() {
            let standing = &mut standings[account as usize];
            let closed = Closed { whole, ..won(pnl, fixture) };
            boards.opened(standing, seat(account), points(margin), Seq(seq as u64), &rules);
            boards.closed(standing, seat(account), closed, Seq(seq as u64), &rules);
        }
        let rebuilt = Boards::rebuild(&rules, (0..20u128).map(|n| (seat(n), &standings[n as usize])));
        let rows = |boards: &Boards, kind, scope| boards.ranking(kind, scope).map(|r| r.iter().copied().collect::<Vec<BoardKey>>()).unwrap_or_default();
        for kind in [BoardKind::Pnl, BoardKind::Roi] {
            for scope in [BoardScope::Overall, BoardScope::District(0), BoardScope::District(1), BoardScope::District(2)] {
                prop_assert_eq!(rows(&boards, kind, scope), rows(&rebuilt, kind, scope));
            }
        }
    }
}
