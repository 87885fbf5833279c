//! The leak: a penalty awarded is three quarters of a goal; until it is taken the price must not be traded.

use crate::fixture::EventKind;
use crate::redteam::campaign::{Campaign, Plan};
use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::time::Span;
use crate::units::Direction;

/// When he hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In the stadium.
    Glimpsed,
    /// From the feed.
    Told,
}

/// Buys the taker and sells the defence that faces him.
pub struct Penalty {
    name: &'static str,
    when: When,
    campaign: Campaign,
}

impl Penalty {
    /// One who hears of it then.
    pub fn new(name: &'static str, when: When) -> Self {
        Self { name, when, campaign: Campaign::default() }
    }
}

impl Trader for Penalty {
    fn name(&self) -> &'static str {
        self.name
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        let event = match (news, self.when) {
            (News::Told(event), When::Told) | (News::Glimpsed(event), When::Glimpsed) if event.kind == EventKind::PenaltyAwarded => event,
            (News::Ticked, _) => return self.campaign.go_on(desk),
            _ => return,
        };
        let Some(taker) = desk.named(event.instrument.as_ref()) else { return };
        let Some(side) = desk.fixture().and_then(|f| f.participant(taker)).map(|p| p.side) else { return };
        let defence = desk.cast().defence(side.other()).map(|p| (p.instrument, Direction::Short));
        let takes = Some((taker, Direction::Long)).filter(|_| desk.cast().is_open(taker));
        let trades: Vec<_> = defence.chain(takes).collect();
        for (instrument, direction) in trades {
            let give_up = desk.now().after(Span::minutes(2));
            self.campaign.add(Plan::new(instrument, direction, give_up, Some(Span::minutes(2))), desk);
        }
    }
}
