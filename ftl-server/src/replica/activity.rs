//! Activity (R9.4): the latest of the pitch and of everybody's trades, for everybody. It names districts, never accounts.
//!
//! Kept in memory by whoever applies the journal, so every process tells the same; what lies further back than streams
//! can resume from is left out, and a process that has just started knows only what it has applied since. Trades come by
//! the hundred in a second, goals do not: they have lists of their own, so that none pushes the other out.

use std::collections::VecDeque;

use ftl_core::event::{Event, PositionClosed, PositionOpened};
use ftl_core::fixture::MatchEvent;
use ftl_core::id::{BookId, FixtureId, InstrumentId};
use ftl_core::outcome::Outcome;
use ftl_core::position::CloseReason;
use ftl_core::rulebook::Rounding;
use ftl_core::rulebook::curve::price_per_share;
use ftl_core::time::At;
use ftl_core::units::{Direction, Lots, Price};
use parking_lot::RwLock;

use crate::wire::League;
use crate::wire::position::{exit_price, slug};

/// Trades that are kept, and as many washouts.
const TRADES: usize = 200;
/// What happened on the pitch: a few matches whole.
const NEWS: usize = 1_000;

/// See the module.
#[derive(Debug, Default)]
pub struct Activity(RwLock<Lists>);

#[derive(Debug, Default)]
struct Lists {
    news: VecDeque<Item>,
    trades: VecDeque<Item>,
    washouts: VecDeque<Item>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Item {
    /// The entry.
    pub seq: u64,
    /// Its place among the events of the entry.
    pub n: u32,
    /// When it became known.
    pub at: At,
    /// What.
    pub what: What,
}

/// The kinds.
#[derive(Clone, Debug)]
pub enum What {
    /// On the pitch.
    Match {
        /// Where.
        fixture: FixtureId,
        /// As it stands, corrections done.
        event: MatchEvent,
        /// It did not happen.
        taken_back: bool,
    },
    /// Somebody's fill.
    Trade(Fill),
    /// Somebody was washed out.
    Washout(Fill),
    /// An event of the list is otherwise, or is gone: no line of its own, it changes one.
    Corrected {
        /// Where.
        fixture: FixtureId,
        /// Which, and what stands in its place.
        event: ftl_core::id::EventId,
        /// `None`: it was taken back.
        replacement: Option<MatchEvent>,
    },
}

/// A fill as everybody may know it.
#[derive(Clone, Debug)]
pub struct Fill {
    /// In what.
    pub instrument: InstrumentId,
    /// The position's.
    pub direction: Direction,
    /// `true` opened, `false` closed.
    pub opened: bool,
    /// Of a close: why.
    pub reason: Option<CloseReason>,
    /// How much.
    pub lots: Lots,
    /// The average, rounded against the trader.
    pub price: Price,
    /// The trader's district, by its place in the league's list.
    pub district: Option<u16>,
}

impl Activity {
    /// Begins anew: the state was loaded from elsewhere.
    pub(crate) fn forget(&self) {
        *self.0.write() = Lists::default();
    }

    /// Adds items in the order of the journal.
    pub(crate) fn push(&self, items: Vec<Item>) {
        if items.is_empty() {
            return;
        }
        let mut lists = self.0.write();
        for item in items {
            lists.add(item);
        }
    }

    /// The latest first, those that `wanted` takes.
    pub fn latest(&self, limit: usize, wanted: impl Fn(&Item) -> bool) -> Vec<Item> {
        let lists = self.0.read();
        let all = [&lists.news, &lists.trades, &lists.washouts];
        let mut items: Vec<Item> =
            all.into_iter().flat_map(|list| list.iter().rev().filter(|item| wanted(item)).take(limit)).cloned().collect();
        items.sort_unstable_by_key(|item| std::cmp::Reverse((item.seq, item.n)));
        items.truncate(limit);
        items
    }
}

impl Lists {
    fn add(&mut self, item: Item) {
        let (list, most) = match &item.what {
            What::Match { .. } => (&mut self.news, NEWS),
            What::Trade(_) => (&mut self.trades, TRADES),
            What::Washout(_) => (&mut self.washouts, TRADES),
            What::Corrected { fixture, event, replacement } => return self.correct(fixture, event, replacement.as_ref()),
        };
        list.push_back(item);
        if list.len() > most {
            list.pop_front();
        }
    }

    fn correct(&mut self, wanted: &FixtureId, id: &ftl_core::id::EventId, replacement: Option<&MatchEvent>) {
        for item in self.news.iter_mut().rev() {
            if let What::Match { fixture, event, taken_back } = &mut item.what
                && *fixture == *wanted
                && event.id == *id
            {
                match replacement {
                    Some(now) => *event = now.clone(),
                    None => *taken_back = true,
                }
                return;
            }
        }
    }
}

/// What an entry has to tell everybody; `league` is the state right behind it.
pub(crate) fn items_of(league: &League, outcome: &Outcome, items: &mut Vec<Item>) {
    for (n, event) in (0u32..).zip(&outcome.events) {
        let what = match event {
            Event::EventReported { fixture, event } => What::Match { fixture: fixture.clone(), event: event.clone(), taken_back: false },
            Event::EventCorrected { fixture, event, replacement } => {
                What::Corrected { fixture: fixture.clone(), event: event.clone(), replacement: replacement.clone() }
            }
            Event::PositionOpened(opened) => What::Trade(Fill::opened(league, opened)),
            Event::PositionClosed(closed) => match closed.reason {
                CloseReason::Washout => What::Washout(Fill::closed(league, closed)),
                CloseReason::User | CloseReason::StopLoss | CloseReason::TakeProfit => What::Trade(Fill::closed(league, closed)),
                // A whistle settles everybody at once: that is one thing, and the pitch tells it.
                CloseReason::AutoExitFt | CloseReason::Deactivated | CloseReason::Voided => continue,
            },
            _ => continue,
        };
        items.push(Item { seq: outcome.seq.0, n, at: outcome.at, what });
    }
}

impl Fill {
    fn opened(league: &League, opened: &PositionOpened) -> Self {
        let price = price_per_share(league.rules(), opened.entry_cost, opened.lots, Rounding::against(opened.direction));
        Self {
            instrument: slug(league, opened.instrument),
            direction: opened.direction,
            opened: true,
            reason: None,
            lots: opened.lots,
            price,
            district: district_of(league, opened.book),
        }
    }

    fn closed(league: &League, closed: &PositionClosed) -> Self {
        Self {
            instrument: slug(league, closed.instrument),
            direction: closed.direction,
            opened: false,
            reason: Some(closed.reason),
            lots: closed.lots,
            price: exit_price(league.rules(), closed.direction, closed.exit_value, closed.lots),
            district: district_of(league, closed.book),
        }
    }
}

fn district_of(league: &League, book: BookId) -> Option<u16> {
    league.account(book.account).map(|account| account.district)
}

#[cfg(test)]
mod tests {
    use ftl_core::fixture::EventKind;
    use ftl_core::id::EventId;

    use super::*;

    fn goal(seq: u64, id: &str) -> Item {
        let event =
            MatchEvent { id: EventId::from(id), kind: EventKind::Goal, minute: 1, offset: 0, clock: None, instrument: None, related: None };
        Item { seq, n: 0, at: At(seq), what: What::Match { fixture: FixtureId::from("f"), event, taken_back: false } }
    }

    fn trade(seq: u64) -> Item {
        let fill = Fill {
            instrument: InstrumentId::from("a"),
            direction: Direction::Long,
            opened: true,
            reason: None,
            lots: Lots::default(),
            price: Price::default(),
            district: Some(3),
        };
        Item { seq, n: 0, at: At(seq), what: What::Trade(fill) }
    }

    #[test]
    fn many_trades_push_no_goal_out() {
        let activity = Activity::default();
        activity.push(vec![goal(1, "g")]);
        activity.push((2..2_000).map(trade).collect());
        let latest = activity.latest(500, |_| true);
        assert_eq!(latest.len(), TRADES + 1);
        assert_eq!((latest[0].seq, latest[TRADES].seq), (1_999, 1));
    }

    #[test]
    fn a_goal_that_is_taken_back_stays_and_says_so() {
        let activity = Activity::default();
        let correction = What::Corrected { fixture: FixtureId::from("f"), event: EventId::from("g"), replacement: None };
        activity.push(vec![goal(1, "g"), goal(2, "h"), Item { seq: 3, n: 0, at: At(3), what: correction }]);
        let gone: Vec<bool> =
            activity.latest(9, |_| true).iter().map(|item| matches!(item.what, What::Match { taken_back: true, .. })).collect();
        assert_eq!(gone, [false, true]);
    }
}
