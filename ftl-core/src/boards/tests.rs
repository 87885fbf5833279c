#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
use proptest::prelude::*;

use super::{
    Board, BoardKey, BoardKind, BoardReader, BoardScope, BoardWindow, Boards, Closed, EquityBoard, Fixtures, Seat, Standing, Standings,
    When,
};
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

/// Boards, and the standings that they rank, each in the slot of its account's number.
struct League {
    boards: Boards,
    standings: Vec<(Seat, Standing)>,
    rules: BoardRules,
}

impl Standings for Vec<(Seat, Standing)> {
    fn at(&self, slot: u32) -> Option<(Seat, &Standing)> {
        self.get(slot as usize).map(|(seat, standing)| (*seat, standing))
    }
}

impl League {
    fn of(count: u128, seat: impl Fn(u128) -> Seat) -> Self {
        Self { boards: Boards::default(), standings: (0..count).map(|n| (seat(n), Standing::default())).collect(), rules: rules() }
    }

    fn opened(&mut self, n: usize, margin: Money, when: When) {
        let (seat, standing) = &mut self.standings[n];
        let moved = standing.opened(*seat, margin, when, &self.rules);
        self.boards.update(n as u32, when.week, moved, &self.standings, &self.rules);
    }

    fn closed(&mut self, n: usize, closed: Closed, when: When) {
        let (seat, standing) = &mut self.standings[n];
        let moved = standing.closed(*seat, &closed, when, &self.rules);
        self.boards.update(n as u32, when.week, moved, &self.standings, &self.rules);
    }

    fn read(&self) -> BoardReader<'_> {
        self.boards.read(&self.standings, &self.rules)
    }

    fn rebuild(&mut self) {
        let standings = (0u32..).zip(&self.standings).map(|(slot, (seat, standing))| (slot, *seat, standing));
        self.boards = Boards::rebuild(&self.rules, standings);
    }

    fn rows(&self, board: Board) -> Vec<BoardKey> {
        self.read().ranking(board).map(|ranking| ranking.iter().collect()).unwrap_or_default()
    }

    fn order(&self, kind: BoardKind) -> Vec<u128> {
        self.rows(Board::of_season(kind, BoardScope::Overall)).iter().map(|key| key.account.0).collect()
    }

    fn standing(&self, n: usize) -> &Standing {
        &self.standings[n].1
    }
}

#[test]
fn the_higher_score_leads_then_who_reached_it_first_then_the_lower_account() {
    let mut league = League::of(5, seat);
    for (n, result, seq) in [(4, 10, 1), (2, 10, 2), (1, 10, 2), (3, 20, 3)] {
        league.closed(n, won(result, 0), entry(seq));
    }
    assert_eq!(league.order(BoardKind::Pnl), [3, 4, 1, 2]);
}

#[test]
fn a_score_that_comes_back_was_reached_again() {
    let mut league = League::of(2, seat);
    league.closed(0, won(10, 0), entry(1));
    league.closed(1, won(10, 0), entry(2));
    assert_eq!(league.order(BoardKind::Pnl), [0, 1]);
    league.closed(0, won(-1, 0), entry(3));
    league.closed(0, won(1, 0), entry(4));
    assert_eq!(league.order(BoardKind::Pnl), [1, 0]);
    league.closed(1, won(0, 0), entry(5));
    assert_eq!(league.order(BoardKind::Pnl), [1, 0]);
}

#[test]
fn roi_needs_five_positions_in_three_fixtures_and_divides_by_five_thousand_at_least() {
    let mut league = League::of(1, seat);
    for (n, fixture) in [0, 1, 1, 70].into_iter().enumerate() {
        league.closed(0, won(10, fixture), entry(n as u64 + 1));
        assert_eq!(league.order(BoardKind::Roi), []);
    }
    league.closed(0, won(10, 70), entry(5));
    assert_eq!(league.order(BoardKind::Roi), [0]);
    assert_eq!(league.standing(0).season.roi(&rules()), 10_000);
    league.opened(0, points(15_000), entry(6));
    assert_eq!(league.standing(0).season.roi(&rules()), 3_333);
    assert_eq!(league.read().ranking(Board::of_season(BoardKind::Roi, BoardScope::Overall)).unwrap().at(1).unwrap().reached, Seq(6));
}

#[test]
fn parts_count_on_pnl_and_voided_positions_nowhere() {
    let mut league = League::of(1, seat);
    league.opened(0, points(2), entry(1));
    league.closed(0, Closed { voided: Some(points(2)), ..won(0, 0) }, entry(2));
    assert_eq!((league.order(BoardKind::Pnl), league.standing(0).season.committed), (vec![], Money::ZERO));
    league.closed(0, Closed { whole: false, ..won(10, 0) }, entry(3));
    assert_eq!(
        league.read().ranking(Board::of_season(BoardKind::Pnl, BoardScope::Overall)).unwrap().at(1).unwrap().score,
        points(10).units()
    );
    assert_eq!(league.standing(0).season.closed_positions, 0);
}

#[test]
fn bots_stand_on_boards_only_where_the_rules_say_so() {
    let mut league = League::of(1, seat);
    league.standings[0].1.bot = true;
    league.closed(0, won(10, 0), entry(1));
    assert_eq!(league.order(BoardKind::Pnl), []);
    league.rules.bots = true;
    league.rebuild();
    assert_eq!(league.order(BoardKind::Pnl), [0]);
}

#[test]
fn a_view_shows_the_head_and_the_neighbourhood_of_who_asks() {
    let mut league = League::of(30, seat);
    for n in 0..30 {
        league.closed(n, won(n as i64, 0), entry(1));
    }
    let board = Board::of_season(BoardKind::Pnl, BoardScope::District(1));
    let view = league.read().view(board, Some((seat(13), league.standing(13))), 2, 1);
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
    assert!(board.keys(BoardScope::District(1)).is_empty());
    assert!(board.keys(BoardScope::District(3)).is_empty());
}

/// A fill in `week`, three matches of it at a time.
fn win_in(league: &mut League, n: usize, week: u32, seq: u64, result: i64) {
    for fixture in 0..3 {
        let closed = Closed { opened_in: Week(week), ..won(if fixture == 0 { result } else { 0 }, week * 10 + fixture) };
        league.closed(n, closed, When { seq: Seq(seq), week: Week(week) });
    }
}

#[test]
fn a_week_begins_with_nothing_and_the_week_before_it_stays_as_it_ended() {
    let mut league = League::of(3, seat);
    for (n, week, seq, result) in [(0, 7, 1, 30), (1, 7, 2, 20), (1, 8, 3, 5), (2, 8, 4, 9)] {
        win_in(&mut league, n, week, seq, result);
    }
    let of_week = |league: &League, week| -> Vec<(u128, i64)> {
        let rows = league.rows(Board::of_week(Week(week), BoardKind::Pnl, BoardScope::Overall));
        rows.iter().map(|key| (key.account.0, key.score / 1_000_000)).collect()
    };
    assert_eq!(of_week(&league, 7), [(0, 30), (1, 20)]);
    assert_eq!(of_week(&league, 8), [(2, 9), (1, 5)]);
    assert_eq!(of_week(&league, 9), []);
    assert_eq!(league.order(BoardKind::Pnl), [0, 1, 2]);
    // Two weeks without anybody: what was before them is over.
    win_in(&mut league, 0, 11, 5, 1);
    assert_eq!((of_week(&league, 8), of_week(&league, 10), of_week(&league, 11)), (vec![], vec![], vec![(0, 1)]));
}

#[test]
fn a_week_takes_back_only_what_was_committed_in_it() {
    let mut league = League::of(1, seat);
    league.opened(0, points(9_000), When { seq: Seq(1), week: Week(7) });
    league.opened(0, points(6_000), When { seq: Seq(2), week: Week(8) });
    let void = Closed { voided: Some(points(9_000)), opened_in: Week(7), ..won(0, 0) };
    league.closed(0, void, When { seq: Seq(3), week: Week(8) });
    assert_eq!(league.standing(0).season.committed, points(6_000));
    assert_eq!(league.standing(0).week(Week(8)).unwrap().committed, points(6_000));
    assert_eq!(league.standing(0).week(Week(7)).unwrap().committed, points(9_000));
}

#[test]
fn a_week_counts_its_first_matches_and_asks_for_no_more_of_them() {
    let mut league = League::of(1, seat);
    (league.rules.roi_min_positions, league.rules.roi_min_fixtures) = (1, 10);
    let board = Board::of_week(WEEK, BoardKind::Roi, BoardScope::Overall);
    let mut shown = Vec::new();
    for (seq, fixture) in [0, 1, 1, 0, 2, 3, 4, 5].into_iter().enumerate() {
        league.closed(0, won(1, fixture), entry(seq as u64));
        shown.push((league.standing(0).week(WEEK).unwrap().fixtures.count(), league.read().ranking(board).unwrap().len()));
    }
    assert_eq!(shown, [(1, 0), (2, 0), (2, 0), (2, 0), (3, 0), (4, 1), (4, 1), (4, 1)]);
    assert_eq!(league.read().ranking(Board::of_season(BoardKind::Roi, BoardScope::Overall)).unwrap().len(), 0);
}

#[test]
fn a_district_counts_its_ten_best_who_were_there_before_the_week_and_played_three_matches() {
    // Twelve members of the first district with 1 to 12 points: the ten best make 75.
    let newcomer = 12;
    let mut league =
        League::of(20, |n| Seat { district: u16::from(n >= 12), joined: if n == newcomer { WEEK } else { Week(0) }, ..seat(n) });
    for n in 0..12 {
        win_in(&mut league, n, 7, n as u64, n as i64 + 1);
    }
    // A newcomer of the week, and somebody with two matches, count for nobody.
    win_in(&mut league, newcomer as usize, 7, 20, 1_000);
    for fixture in 0..2 {
        league.closed(13, won(500, fixture), entry(21));
    }
    win_in(&mut league, 14, 7, 22, -3);
    let table = league.read().district_table(WEEK, 4);
    let lines: Vec<_> = table.iter().map(|line| (line.rank, line.district, line.score.units(), line.contenders, line.best.len())).collect();
    let expected = [(Some(1), 0, 7_500_000, 12, 10), (Some(2), 1, -300_000, 1, 1), (None, 2, 0, 0, 0), (None, 3, 0, 0, 0)];
    assert_eq!(lines, expected);
    assert_eq!(table[0].reached, Seq(11));
    assert!(league.read().district_table(Week(8), 4).iter().all(|line| line.rank.is_none()));
}

proptest! {
    #[test]
    fn boards_that_moved_with_every_fill_equal_boards_rebuilt(
        fills in prop::collection::vec((0..20u128, -5i64..5, any::<bool>(), 0..80u32, 0..4_000i64, 0..40u32), 0..400)
    ) {
        let rules = BoardRules { roi_min_positions: 3, roi_min_fixtures: 2, bots: true, ..rules() };
        let mut league = League::of(20, |n| Seat { joined: Week((n as u32) % 6), ..seat(n) });
        league.rules = rules;
        let mut week = Week(3);
        for (seq, (account, pnl, whole, fixture, margin, pause)) in fills.into_iter().enumerate() {
            // A week at a time, now and then two.
            week = Week(week.0 + [0, 1, 2][(pause as usize).saturating_sub(37)]);
            let closed = Closed { whole, opened_in: week, ..won(pnl, fixture) };
            let when = When { seq: Seq(seq as u64), week };
            league.opened(account as usize, points(margin), when);
            league.closed(account as usize, closed, when);
        }
        let mut rebuilt = League { boards: Boards::default(), standings: league.standings.clone(), rules: league.rules };
        rebuilt.rebuild();
        for window in [BoardWindow::Season, BoardWindow::Week(week), BoardWindow::Week(week.before())] {
            for kind in [BoardKind::Pnl, BoardKind::Roi] {
                for scope in [BoardScope::Overall, BoardScope::District(0), BoardScope::District(1), BoardScope::District(2)] {
                    let board = Board { kind, scope, window };
                    prop_assert_eq!(league.rows(board), rebuilt.rows(board));
                }
            }
        }
        for week in [week, week.before()] {
            prop_assert_eq!(league.read().district_table(week, 3), rebuilt.read().district_table(week, 3));
        }
    }
}
