//! The leak: a free option without taking anything back. An order that rests is refused at its fill when the margin is
//! not there; whoever can make it vanish in the last millisecond, by reserving all the rest for orders that will never
//! fill, keeps the order only when he has seen a goal. He holds some defenders too, whose drift makes the tick leave him
//! a little less than he had.

use crate::fixture::Position;
use crate::id::OrderId;
use crate::outcome::Receipt;
use crate::redteam::cast::Player;
use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::units::{Direction, Lots, Money, Price};

/// What he holds for its drift.
const BALLAST: Lots = Lots::from_units(6);
/// What each order is for.
const ORDER: Lots = Lots::from_units(5);

/// Less than the ballast loses in a tick: 0.02 of 0.08 points.
const NEAR_ENOUGH: i64 = 20_000;

/// A market order for a forward every third tick, in the hope of a goal.
#[derive(Default)]
pub struct MarginOption {
    target: Option<Player>,
    order: Option<OrderId>,
    fillers: Vec<OrderId>,
    ballast: Vec<crate::id::PositionId>,
    seen: bool,
    ticks: u64,
}

impl MarginOption {
    /// Reserves what is free, as nearly as three kinds of margin allow, for orders far from the mark.
    fn fill_up(&mut self, desk: &mut Desk<'_>) {
        let Some(free) = desk.state().portfolio(desk.book(0)).map(|p| p.free) else { return };
        let candidates = candidates(desk);
        let Some(best) = nearest(free, &candidates) else { return };
        for ((player, direction, _), lots) in candidates.into_iter().zip(best) {
            if lots > 0 {
                let mut order = desk.order(0, player.instrument, direction, Lots::from_units(lots));
                let mark = desk.mark(player.instrument).units();
                let far = if direction == Direction::Long { mark.saturating_div(2) } else { mark.saturating_mul(2) };
                order.limit = Some(Price::from_units(far));
                if let Ok(Receipt::Resting { order, .. }) = desk.place(order) {
                    self.fillers.push(order);
                }
            }
        }
    }
}

/// Three whose margins a share have no common measure, with the margin of a share.
fn candidates(desk: &Desk<'_>) -> Vec<(Player, Direction, Money)> {
    let kinds = [(Position::Midfielder, Direction::Long), (Position::Defender, Direction::Long), (Position::Forward, Direction::Short)];
    let of = |(position, direction)| {
        desk.cast().of_position(position).collect::<Vec<_>>().into_iter().rev().find_map(|player| {
            let order = desk.order(0, player.instrument, direction, Lots::from_units(1));
            desk.state().quote(&order).ok().map(|quote| (player, direction, quote.position.margin))
        })
    };
    kinds.into_iter().filter_map(of).collect()
}

/// How many of each come nearest to `free` from below.
fn nearest(free: Money, candidates: &[(Player, Direction, Money)]) -> Option<[i64; 3]> {
    let [a, b, c] = candidates else { return None };
    let (a, b, c) = (a.2.units().max(1), b.2.units().max(1), c.2.units().max(1));
    let mut best: Option<(i64, [i64; 3])> = None;
    let mut left_a = free.units();
    let mut of_a = 0_i64;
    while left_a >= 0 {
        let (mut left_b, mut of_b) = (left_a, 0_i64);
        while left_b >= 0 {
            let of_c = left_b.checked_div(c).unwrap_or(0);
            let rest = left_b.saturating_sub(of_c.saturating_mul(c));
            if best.is_none_or(|(known, _)| rest < known) {
                best = Some((rest, [of_a, of_b, of_c]));
            }
            if rest < NEAR_ENOUGH {
                return Some([of_a, of_b, of_c]);
            }
            (left_b, of_b) = (left_b.saturating_sub(b), of_b.saturating_add(1));
        }
        (left_a, of_a) = (left_a.saturating_sub(a), of_a.saturating_add(1));
    }
    best.map(|(_, counts)| counts)
}

impl Trader for MarginOption {
    fn name(&self) -> &'static str {
        "order starved of margin unless a goal is seen"
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        let Some(target) = self.target.or_else(|| desk.cast().of_position(Position::Forward).next()) else { return };
        self.target = Some(target);
        match news {
            News::BeforeKickOff => {
                let defender = desk.cast().of_position(Position::Defender).next();
                if let Some(Ok(Receipt::Opened { position, .. })) = defender.map(|p| desk.open(0, p.instrument, Direction::Long, BALLAST)) {
                    self.ballast.push(position.id);
                }
            }
            News::Glimpsed(event) if event.kind.is_goal() => self.seen |= desk.named(event.instrument.as_ref()) == Some(target.instrument),
            News::Told(event) if event.kind.is_goal() => self.seen = false,
            News::BeforeTick => {
                let rests = self.order.take().is_some();
                if rests && !self.seen {
                    self.fill_up(desk);
                }
            }
            News::Ticked => {
                for filler in std::mem::take(&mut self.fillers) {
                    desk.cancel(0, filler);
                }
                for position in desk.positions(0).into_iter().filter(|id| !self.ballast.contains(id)) {
                    desk.close(0, position, None);
                }
                self.ticks = self.ticks.wrapping_add(1);
                if self.ticks.is_multiple_of(3)
                    && let Ok(Receipt::Resting { order, .. }) = desk.open(0, target.instrument, Direction::Long, ORDER)
                {
                    self.order = Some(order);
                }
            }
            _ => {}
        }
    }
}
