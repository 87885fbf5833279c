//! The leak: a limit order that fills at a price that is gone. Set before kick-off it does not rest in play; events do not
//! cancel it; it must still fill only at what the price is when its time comes.

use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::units::{Direction, Price};

/// Sets limits on everybody, one and four per cent from the mark, and holds what fills.
pub struct RestingLimits {
    name: &'static str,
    direction: Direction,
}

impl RestingLimits {
    /// Always one way.
    pub fn new(name: &'static str, direction: Direction) -> Self {
        Self { name, direction }
    }
}

impl Trader for RestingLimits {
    fn name(&self) -> &'static str {
        self.name
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        if !matches!(news, News::BeforeKickOff) {
            return;
        }
        for player in desk.cast().open.clone() {
            for away in [1_i64, 4] {
                let percent = 100_i64.saturating_sub(away.saturating_mul(self.direction.sign()));
                let mut order = desk.order(0, player.instrument, self.direction, desk.share());
                let limit = (desk.mark(player.instrument).wide() * percent).div_floor(100_i64);
                order.limit = Some(Price::from_units(limit.clamp_i64()));
                let _ = desk.place(order);
            }
        }
    }
}
