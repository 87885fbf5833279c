//! The leak: a price that moves at kick-off because the clock starts, not because anything happened. In classic form is
//! counted from zero, so every price falls at the first whistle and rises all match.

use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::time::{At, Span};
use crate::units::Direction;

/// How long after the first tick he leaves.
const STAYS: Span = Span::minutes(5);

/// Opens everybody before kick-off and leaves some minutes later.
pub struct KickOff {
    name: &'static str,
    direction: Direction,
    first_tick: Option<At>,
}

impl KickOff {
    /// All one way.
    pub fn new(name: &'static str, direction: Direction) -> Self {
        Self { name, direction, first_tick: None }
    }
}

impl Trader for KickOff {
    fn name(&self) -> &'static str {
        self.name
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        match news {
            News::BeforeKickOff => {
                for player in desk.cast().open.clone() {
                    let _ = desk.open(0, player.instrument, self.direction, desk.share());
                }
            }
            News::Ticked => {
                let first = *self.first_tick.get_or_insert(desk.now());
                let since = desk.now().since(first);
                if since >= STAYS && since < STAYS.plus(STAYS) {
                    desk.close_all(0);
                }
            }
            _ => {}
        }
    }
}
