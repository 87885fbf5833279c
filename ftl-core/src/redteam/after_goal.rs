//! The leak: a price that everybody knows will fall (or rise) after a goal, as classic's bump does for two minutes.

use crate::redteam::campaign::{Campaign, Plan};
use crate::redteam::desk::Desk;
use crate::redteam::play::is_goal;
use crate::redteam::{News, Trader};
use crate::time::Span;
use crate::units::Direction;

/// Trades scorer and assist as soon as the goal is told and the rules let him, and leaves two minutes later.
pub struct AfterGoal {
    name: &'static str,
    direction: Direction,
    campaign: Campaign,
}

impl AfterGoal {
    /// Always one way.
    pub fn new(name: &'static str, direction: Direction) -> Self {
        Self { name, direction, campaign: Campaign::default() }
    }
}

impl Trader for AfterGoal {
    fn name(&self) -> &'static str {
        self.name
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        match news {
            News::Told(event) if is_goal(event) => {
                for slug in [&event.instrument, &event.related] {
                    let Some(instrument) = desk.named(slug.as_ref()).filter(|idx| desk.cast().is_open(*idx)) else { continue };
                    let give_up = desk.now().after(Span::minutes(6));
                    self.campaign.add(Plan::new(instrument, self.direction, give_up, Some(Span::minutes(2))), desk);
                }
            }
            News::Ticked => self.campaign.go_on(desk),
            _ => {}
        }
    }
}
