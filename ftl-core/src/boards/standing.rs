//! `Standing`: what boards need to know of a book. Part of the book, and so of the state; kept by [`Boards`](super::Boards).
//!
//! ```text
//!  season    [ everything                                ]
//!  weeks     [ even weeks ][ odd weeks ]   this week's record overwrites that of two weeks ago
//! ```
//! Nothing happens at a week's turn: a book's record of the new week begins with its first fill in it, and the record of
//! the week before stays until the week after.

use serde::{Deserialize, Serialize};

use super::fixtures::{Fixtures, SeasonFixtures, WeekFixtures};
use super::record::{Keys, Record};
use super::{BoardKey, BoardKind, BoardWindow, Seat};
use crate::id::Seq;
use crate::rules::BoardRules;
use crate::time::Week;
use crate::units::Money;

/// R8.1: who is to count for his district closes positions in this many matches of the week.
const CONTENDER_FIXTURES: u32 = 3;

/// A book's record so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Standing {
    /// A program's book: on boards only under `boards.bots`.
    pub bot: bool,
    /// Its owner's district, by its place in the league's list.
    pub district: u16,
    /// The week that its account was opened in.
    pub joined: Week,
    /// Of the whole season.
    pub season: Record<SeasonFixtures>,
    /// Of the last even and the last odd week that the book traded in.
    pub(super) weeks: [Record<WeekFixtures>; 2],
}

/// A position, or a part of it, that closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Realised.
    pub pnl: Money,
    /// Whether nothing is left of the position.
    pub whole: bool,
    /// The number of the match that its footballer was in.
    pub fixture: Option<u32>,
    /// Undone by an operator, with the margin that it had committed: the position does not count.
    pub voided: Option<Money>,
    /// The week that it was opened in.
    pub opened_in: Week,
}

/// When a fill happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// The entry.
    pub seq: Seq,
    /// The week.
    pub week: Week,
}

/// An account's keys on all boards that a fill may move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct AllKeys {
    pub(super) season: Keys,
    pub(super) week: Keys,
    /// Among those who count for their district.
    pub(super) contender: Option<BoardKey>,
}

/// What a fill moves, if anything: where a book of a district stood before and stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    pub(super) district: u16,
    pub(super) before: AllKeys,
    pub(super) after: AllKeys,
}

impl Standing {
    /// Of a book that has not traded.
    pub fn of(bot: bool, district: u16, joined: Week) -> Self {
        Self { bot, district, joined, ..Self::default() }
    }

    /// A position was opened with this margin: the divisor of `roi` grows.
    pub fn opened(&mut self, seat: Seat, margin: Money, when: When, rules: &BoardRules) -> Option<Moved> {
        if !self.season.is_on_roi(rules) && !self.week(when.week).is_some_and(|record| record.is_on_roi(rules)) {
            self.commit(margin, when, rules);
            return None;
        }
        Some(self.moved(seat, when, rules, |standing| standing.commit(margin, when, rules)))
    }

    /// A position or a part of it was closed.
    pub fn closed(&mut self, seat: Seat, closed: &Closed, when: When, rules: &BoardRules) -> Option<Moved> {
        Some(self.moved(seat, when, rules, |standing| standing.close(closed, when, rules)))
    }

    fn moved(&mut self, seat: Seat, when: When, rules: &BoardRules, change: impl FnOnce(&mut Self)) -> Moved {
        let before = self.keys(when.week, seat, rules);
        change(self);
        Moved { district: seat.district, before, after: self.keys(when.week, seat, rules) }
    }

    /// Something of every cache line of it.
    #[inline]
    pub(crate) fn glance(&self) -> u64 {
        let [even, odd] = self.weeks.each_ref().map(|record| record.pnl_reached.0);
        self.season.pnl_reached.0 ^ u64::from(self.season.fixtures.count()) ^ even ^ odd
    }

    /// What the book did in `week`, if it is known: it is of the last two weeks.
    pub fn week(&self, week: Week) -> Option<&Record<WeekFixtures>> {
        self.weeks.get(slot(week)).filter(|record| record.fixtures.week == week)
    }

    /// The last week that the book traded in.
    pub fn last_week(&self) -> Week {
        self.weeks.iter().map(|record| record.fixtures.week).max().unwrap_or_default()
    }

    /// Where the book stands on a board, if it does.
    pub fn key(&self, kind: BoardKind, window: BoardWindow, seat: Seat, rules: &BoardRules) -> Option<BoardKey> {
        if !self.is_ranked(rules) {
            return None;
        }
        match window {
            BoardWindow::Season => self.season.key(kind, seat.account, rules),
            BoardWindow::Week(week) => self.week(week)?.key(kind, seat.account, rules),
        }
    }

    /// Where the book stands among those who count for their district in `week` (R8.1): members since before it, who
    /// closed positions in three of its matches.
    pub fn contender_key(&self, week: Week, seat: Seat, rules: &BoardRules) -> Option<BoardKey> {
        let counts = self.is_ranked(rules) && seat.joined < week;
        let record = self.week(week).filter(|record| counts && record.fixtures.count() >= CONTENDER_FIXTURES)?;
        record.key(BoardKind::Pnl, seat.account, rules)
    }

    fn keys(&self, week: Week, seat: Seat, rules: &BoardRules) -> AllKeys {
        if !self.is_ranked(rules) {
            return AllKeys::default();
        }
        AllKeys {
            season: self.season.keys(seat.account, rules),
            week: self.week(week).map(|record| record.keys(seat.account, rules)).unwrap_or_default(),
            contender: self.contender_key(week, seat, rules),
        }
    }

    fn commit(&mut self, margin: Money, when: When, rules: &BoardRules) {
        self.season.commit(margin, when.seq, rules);
        self.turn_to(when.week).commit(margin, when.seq, rules);
    }

    fn close(&mut self, closed: &Closed, when: When, rules: &BoardRules) {
        self.season.close(closed, closed.voided, when.seq, rules);
        // What an earlier week had committed is not this week's to take back.
        let voided = closed.voided.map(|margin| if closed.opened_in == when.week { margin } else { Money::ZERO });
        self.turn_to(when.week).close(closed, voided, when.seq, rules);
    }

    /// A seeded fault: the new week goes on where the one before it ended.
    pub(crate) fn carry_over(&mut self, week: Week) {
        if let Some(mut record) = self.week(week.before()).filter(|_| self.week(week).is_none()).cloned() {
            record.fixtures.week = week;
            self.weeks[slot(week)] = record;
        }
    }

    fn is_ranked(&self, rules: &BoardRules) -> bool {
        !self.bot || rules.bots
    }

    /// The record of `week`, begun if need be.
    fn turn_to(&mut self, week: Week) -> &mut Record<WeekFixtures> {
        let record = &mut self.weeks[slot(week)];
        if record.fixtures.week != week {
            *record = Record { fixtures: WeekFixtures::of(week), ..Record::default() };
        }
        record
    }
}

/// Even weeks, odd weeks.
fn slot(week: Week) -> usize {
    usize::from(!week.is_even())
}
