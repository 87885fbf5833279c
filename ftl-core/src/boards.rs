//! Boards (R8): who leads, overall and in each district.
//!
//! ```text
//!  fill of an open ─▶ Standing::opened ─┐   what the book did (part of the state), and from it
//!  fill of a close ─▶ Standing::closed ─┴─▶ Boards::update: two keys each, pnl and roi, of the season and of the week ─▶ overall + district
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
mod reader;
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
pub use ranking::{Keys, Ranking, Stands};
pub use reader::{BoardReader, Places};
pub use record::Record;
pub use standing::{Closed, Moved, Standing, When};
pub use view::{BoardRow, BoardView};
pub use week::DistrictResult;

use rankings::Rankings;
use week::WeekBoards;

use crate::id::AccountId;
use crate::rules::BoardRules;
use crate::time::Week;

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

/// Where rankings find the standings that they rank: by the slot of the book.
pub trait Standings {
    /// Who has the book in a slot, and how it stands.
    fn at(&self, slot: u32) -> Option<(Seat, &Standing)>;
}

/// What a board ranks by.
#[derive(Clone, Copy)]
struct By<'a> {
    standings: &'a dyn Standings,
    rules: &'a BoardRules,
}

impl<'a> By<'a> {
    fn stands(self, slot: u32, key: impl Fn(Seat, &Standing) -> Option<BoardKey>) -> Stands {
        let found = self.standings.at(slot).and_then(|(seat, of)| Some((seat.district, key(seat, of)?)));
        found.unwrap_or((0, BoardKey::LAST))
    }

    /// The keys of a board.
    fn keys(self, kind: BoardKind, window: BoardWindow) -> impl Keys + 'a {
        move |slot| self.stands(slot, |seat, of| of.key(kind, window, seat, self.rules))
    }

    /// The keys of those who count for their district.
    fn contenders(self, week: Week) -> impl Keys + 'a {
        move |slot| self.stands(slot, |seat, of| of.contender_key(week, seat, self.rules))
    }
}

impl Boards {
    /// The boards that follow from these standings under `rules`.
    pub fn rebuild<'a>(rules: &BoardRules, standings: impl Iterator<Item = (u32, Seat, &'a Standing)>) -> Self {
        let standings: Vec<(u32, Seat, &Standing)> = standings.collect();
        let week = standings.iter().map(|(_, _, standing)| standing.last_week()).max().unwrap_or_default();
        let made = |week: Week| WeekBoards {
            week,
            rankings: Rankings::of(|kind| keys(&standings, |seat, of| of.key(kind, BoardWindow::Week(week), seat, rules))),
            contenders: Ranking::of(keys(&standings, |seat, of| of.contender_key(week, seat, rules))),
        };
        Self {
            season: Rankings::of(|kind| keys(&standings, |seat, of| of.key(kind, BoardWindow::Season, seat, rules))),
            week: made(week),
            before: Arc::new(made(week.before())),
        }
    }

    /// There was a fill in `week` in the book in `slot`; its standing says what is now, `moved` what was.
    pub fn update(&mut self, slot: u32, week: Week, moved: Option<Moved>, standings: &dyn Standings, rules: &BoardRules) {
        self.turn_to(week);
        let by = By { standings, rules };
        let Some(Moved { district, before, after }) = moved else { return };
        let seat = (slot, district);
        self.season.update(seat, before.season, after.season, BoardWindow::Season, by);
        self.week.rankings.update(seat, before.week, after.week, BoardWindow::Week(week), by);
        if before.contender != after.contender {
            self.week.contenders.change(seat, before.contender, after.contender, &by.contenders(week));
        }
    }

    /// To read them.
    pub fn read<'a>(&'a self, standings: &'a dyn Standings, rules: &'a BoardRules) -> BoardReader<'a> {
        BoardReader { boards: self, by: By { standings, rules } }
    }

    fn of(&self, week: Week) -> Option<&WeekBoards> {
        [&self.week, self.before.as_ref()].into_iter().find(|boards| boards.week == week)
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

/// The keys of those who stand on a board, each with its slot and district.
fn keys(standings: &[(u32, Seat, &Standing)], key: impl Fn(Seat, &Standing) -> Option<BoardKey>) -> Vec<(Stands, u32)> {
    standings.iter().filter_map(|(slot, seat, standing)| Some(((seat.district, key(*seat, standing)?), *slot))).collect()
}
