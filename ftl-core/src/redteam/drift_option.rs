//! The leak: a free option. A limit order at the mark is reached by the drift of the next clock tick for certain; if it
//! can be taken back until then, it is left standing only when a goal has been seen that the feed has not told yet.
//! It is why taking back rests as long as placing does.

use crate::fixture::Position;
use crate::id::OrderId;
use crate::outcome::Receipt;
use crate::redteam::cast::Player;
use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::units::Direction;

/// One forward; a limit order every third tick.
#[derive(Default)]
pub struct DriftOption {
    target: Option<Player>,
    order: Option<OrderId>,
    seen: bool,
    ticks: u64,
}

impl Trader for DriftOption {
    fn name(&self) -> &'static str {
        "limit order taken back unless a goal is seen"
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        let Some(target) = self.target.or_else(|| desk.cast().of_position(Position::Forward).next()) else { return };
        self.target = Some(target);
        match news {
            News::Glimpsed(event) if event.kind.is_goal() => self.seen |= desk.named(event.instrument.as_ref()) == Some(target.instrument),
            News::Told(event) if event.kind.is_goal() => self.seen = false,
            News::BeforeTick => {
                if let Some(order) = self.order.take().filter(|_| !self.seen) {
                    desk.cancel(0, order);
                }
            }
            News::Ticked => {
                desk.close_all(0);
                self.ticks = self.ticks.wrapping_add(1);
                if self.ticks.is_multiple_of(3) && !self.seen {
                    let mut order = desk.order(0, target.instrument, Direction::Long, desk.share());
                    order.limit = Some(desk.mark(target.instrument));
                    if let Ok(Receipt::Resting { order, .. }) = desk.place(order) {
                        self.order = Some(order);
                    }
                }
            }
            _ => {}
        }
    }
}
