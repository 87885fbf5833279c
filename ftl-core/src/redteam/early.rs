//! The leak: somebody in the stadium knows before the feed tells, and finds somebody who still trades at the old price.

use std::collections::BTreeSet;

use crate::fixture::{EventKind, MatchEvent};
use crate::id::{InstrumentIdx, OrderId};
use crate::outcome::Receipt;
use crate::redteam::campaign::{Campaign, Plan};
use crate::redteam::cast::Cast;
use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::state::State;
use crate::time::{At, Span};
use crate::units::Direction;

/// How he trades on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// At once.
    Market,
    /// At the mark of now, taken back a minute later.
    Limit,
}

/// Trades whom the event will move, the way it will move them, and leaves two minutes later.
pub struct Early {
    name: &'static str,
    goals: bool,
    manner: Manner,
    campaign: Campaign,
    limits: Vec<(OrderId, At)>,
}

impl Early {
    /// On goals.
    pub fn goals(name: &'static str, manner: Manner) -> Self {
        Self { name, goals: true, manner, campaign: Campaign::default(), limits: Vec::new() }
    }

    /// On everything else that moves a price; market orders.
    pub fn others(name: &'static str) -> Self {
        Self { goals: false, ..Self::goals(name, Manner::Market) }
    }
}

impl Trader for Early {
    fn name(&self) -> &'static str {
        self.name
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        match news {
            News::Glimpsed(event) if event.kind.is_goal() == self.goals => {
                let now = desk.now();
                for (instrument, direction) in moved_by(event, desk.state(), desk.cast(), desk.fixture()) {
                    match self.manner {
                        // Only what fills before the feed has told it is worth having: he does not try again.
                        Manner::Market => self.campaign.add(Plan::new(instrument, direction, now, Some(Span::minutes(2))), desk),
                        Manner::Limit => {
                            let mut order = desk.order(0, instrument, direction, desk.share());
                            order.limit = Some(desk.mark(instrument));
                            if let Ok(Receipt::Resting { order, .. }) = desk.place(order) {
                                self.limits.push((order, now.after(Span::minutes(1))));
                            }
                        }
                    }
                }
            }
            News::Ticked if self.manner == Manner::Limit => {
                let now = desk.now();
                for (order, _) in self.limits.extract_if(.., |(_, until)| *until <= now) {
                    desk.cancel(0, order);
                }
                let held: Vec<_> = desk.state().positions_of(desk.book(0)).map(|row| (row.id, row.opened_at)).collect();
                for (position, _) in held.into_iter().filter(|(_, since)| now >= since.after(Span::minutes(2))) {
                    desk.close(0, position, None);
                }
            }
            News::Ticked => self.campaign.go_on(desk),
            _ => {}
        }
    }
}

/// Whom an event will move, and which way to trade them.
pub(super) fn moved_by(
    event: &MatchEvent,
    state: &State,
    cast: &Cast,
    fixture: Option<&crate::fixture::Fixture>,
) -> BTreeSet<(InstrumentIdx, Direction)> {
    let named =
        |slug: &Option<crate::id::InstrumentId>| slug.as_ref().and_then(|slug| state.find_instrument(slug.as_str())).map(|row| row.idx);
    let (who, other) = (named(&event.instrument), named(&event.related));
    let side = who.and_then(|idx| fixture?.participant(idx)).map(|p| p.side);
    let mut moved = BTreeSet::new();
    let mut add = |instrument: Option<InstrumentIdx>, direction| {
        let plays = |idx: &InstrumentIdx| fixture.and_then(|f| f.participant(*idx)).is_some_and(|p| p.appearance.off.is_none());
        if let Some(instrument) = instrument.filter(|idx| cast.is_open(*idx) && plays(idx)) {
            moved.insert((instrument, direction));
        }
    };
    match event.kind {
        EventKind::Goal | EventKind::PenaltyGoal => {
            add(who, Direction::Long);
            add(other, Direction::Long);
            side.into_iter().flat_map(|side| cast.defence(side.other())).for_each(|p| add(Some(p.instrument), Direction::Short));
        }
        EventKind::OwnGoal => {
            add(who, Direction::Short);
            side.into_iter().flat_map(|side| cast.defence(side)).for_each(|p| add(Some(p.instrument), Direction::Short));
        }
        EventKind::ShotOnTarget
        | EventKind::KeyPass
        | EventKind::Tackle
        | EventKind::Interception
        | EventKind::Clearance
        | EventKind::Aerial
        | EventKind::Save
        | EventKind::SaveInsideBox => add(who, Direction::Long),
        EventKind::PenaltySaved => {
            add(who, Direction::Long);
            add(other, Direction::Short);
        }
        EventKind::PenaltyMissed | EventKind::Yellow | EventKind::SecondYellow | EventKind::Red => add(who, Direction::Short),
        EventKind::PenaltyAwarded
        | EventKind::Substitution
        | EventKind::VarCheck
        | EventKind::CheckEnded
        | EventKind::Restart
        | EventKind::ShootoutGoal
        | EventKind::ShootoutMiss => {}
    }
    moved
}
