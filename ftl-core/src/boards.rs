//! Boards (R8): who leads, overall and in each district.
//!
//! ```text
//!  fill of an open ─▶ Boards::opened ─┐    Standing (in the book, part of the state), and from it
//!  fill of a close ─▶ Boards::closed ─┴─▶  two keys each, pnl and roi, of the season and of the week ─▶ overall + district
//! ```
//! Called by `evolve`, in the engine; read by whoever shows a board. A board is derived: it follows from the standings
//! and the rules alone, is rebuilt after a restore or a change of rules, and is no part of the state's hash.
//! It must never decide anything about trading.
//!
//! Who stands on a board: the season books of persons (of bots too under `boards.bots`), on `pnl` from the first
//! close on, on `roi` once `roi_min_positions` closed in `roi_min_fixtures` matches.
//! When new rules change who stands where, everybody keeps the entry at which he last reached something.
//!
//! A week's boards begin with the first fill of the week and end with the first fill of a later one; those of the week
//! before it are kept. A reader asks for a week by its number, so that a board is over when its week is.

mod equity;
mod fixtures;
mod key;
mod ranking;
mod rankings;
mod record;
mod standing;
#[cfg(test)]
mod tests;
mod view;
mod week;

use std::sync::Arc;

pub use equity::EquityBoard;
pub use fixtures::{Fixtures, SeasonFixtures, WeekFixtures};
pub use key::BoardKey;
pub use ranking::Ranking;
pub use record::Record;
pub use standing::{Closed, Standing, When};
pub use view::{BoardRow, BoardView};
pub use week::DistrictResult;

use rankings::Rankings;
use standing::AllKeys;
use week::WeekBoards;

use crate::id::AccountId;
use crate::rules::BoardRules;
use crate::time::Week;
use crate::units::Money;

/// What a board compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoardKind {
    /// Realised result, in 10⁻⁶ point.
    Pnl,
    /// Realised result over margin committed, in 10⁻⁶.
    Roi,
}

/// Among whom a board compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BoardScope {
    /// Everybody.
    Overall,
    /// A district, by its place in the league's list.
    District(u16),
}

/// Over which time a board compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BoardWindow {
    /// Since the league was founded.
    Season,
    /// What closed in a week. Boards know the last week that anybody traded in and the one before it.
    Week(Week),
}

/// Which board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    /// What it compares.
    pub kind: BoardKind,
    /// Among whom.
    pub scope: BoardScope,
    /// Over which time.
    pub window: BoardWindow,
}

impl Board {
    /// Of the whole season.
    pub const fn of_season(kind: BoardKind, scope: BoardScope) -> Self {
        Self { kind, scope, window: BoardWindow::Season }
    }
    /// Of one week.
    pub const fn of_week(week: Week, kind: BoardKind, scope: BoardScope) -> Self {
        Self { kind, scope, window: BoardWindow::Week(week) }
    }
}

/// Where an account stands: who it is, its district's place in the league's list, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Who.
    pub account: AccountId,
    /// Where.
    pub district: u16,
    /// The week that it was opened in.
    pub joined: Week,
}

/// The boards that move with every fill.
#[derive(Clone, Debug, Default)]
pub struct Boards {
    season: Rankings,
    /// Of the last week that anybody traded in.
    week: WeekBoards,
    /// Of the week before that one.
    before: Arc<WeekBoards>,
}

impl Boards {
    /// The boards that follow from these standings under `rules`.
    pub fn rebuild<'a>(rules: &BoardRules, standings: impl Iterator<Item = (Seat, &'a Standing)>) -> Self {
        let standings: Vec<(Seat, &Standing)> = standings.collect();
        let week = standings.iter().map(|(_, standing)| standing.last_week()).max().unwrap_or_default();
        let made = |week: Week| WeekBoards {
            week,
            rankings: Rankings::of(|kind| keys(&standings, |seat, of| of.key(kind, BoardWindow::Week(week), seat, rules))),
            contenders: rankings::by_district(&keys(&standings, |seat, of| of.contender_key(week, seat, rules))),
        };
        Self {
            season: Rankings::of(|kind| keys(&standings, |seat, of| of.key(kind, BoardWindow::Season, seat, rules))),
            week: made(week),
            before: Arc::new(made(week.before())),
        }
    }

    /// A position was opened with this margin: the divisor of `roi` grows.
    pub fn opened(&mut self, standing: &mut Standing, seat: Seat, margin: Money, when: When, rules: &BoardRules) {
        let before = standing.keys(when.week, seat, rules);
        standing.commit(margin, when, rules);
        self.update(seat, when.week, &before, &standing.keys(when.week, seat, rules));
    }

    /// A position or a part of it was closed.
    pub fn closed(&mut self, standing: &mut Standing, seat: Seat, closed: Closed, when: When, rules: &BoardRules) {
        let before = standing.keys(when.week, seat, rules);
        standing.close(&closed, when, rules);
        self.update(seat, when.week, &before, &standing.keys(when.week, seat, rules));
    }

    /// The ranking of one board; `None` for a district where nobody has stood yet and for a week that is not known.
    pub fn ranking(&self, board: Board) -> Option<&Ranking<BoardKey>> {
        match board.window {
            BoardWindow::Season => self.season.get(board.kind, board.scope),
            BoardWindow::Week(week) => self.of(week)?.rankings.get(board.kind, board.scope),
        }
    }

    /// District against district in `week` (R8.1): all `count` of the league's list, the best first.
    pub fn district_table(&self, week: Week, count: u16) -> Vec<DistrictResult> {
        self.of(week).map_or_else(|| WeekBoards::of(week).table(count), |boards| boards.table(count))
    }

    /// The first `rows` of a board, and where `own` stands with up to `around` on either side.
    pub fn view(&self, board: Board, own: Option<(Seat, &Standing)>, rules: &BoardRules, rows: usize, around: usize) -> BoardView {
        let own = own.and_then(|(seat, standing)| standing.key(board.kind, board.window, seat, rules));
        self.ranking(board).map(|ranking| BoardView::of(ranking, own, rows, around)).unwrap_or_default()
    }

    fn of(&self, week: Week) -> Option<&WeekBoards> {
        [&self.week, self.before.as_ref()].into_iter().find(|boards| boards.week == week)
    }

    fn update(&mut self, seat: Seat, week: Week, before: &AllKeys, after: &AllKeys) {
        self.turn_to(week);
        self.season.update(seat.district, before.season, after.season);
        self.week.update(seat.district, before, after);
    }

    /// Begins the boards of `week` if they are not those that move.
    fn turn_to(&mut self, week: Week) {
        if self.week.week == week {
            return;
        }
        let ended = std::mem::replace(&mut self.week, WeekBoards::of(week));
        self.before = Arc::new(if ended.week == week.before() { ended } else { WeekBoards::of(week.before()) });
    }
}

/// The keys of those who stand on a board, each with its district.
fn keys(standings: &[(Seat, &Standing)], key: impl Fn(Seat, &Standing) -> Option<BoardKey>) -> Vec<(u16, BoardKey)> {
    standings.iter().filter_map(|(seat, standing)| Some((seat.district, key(*seat, standing)?))).collect()
}
