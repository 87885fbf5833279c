//! Goes long on the footballers of the side that he is for, holds up to four of them, and lets the oldest go now and then.

use super::Intent;
use super::view::{View, lots};
use crate::fixture::Side;
use crate::seeded::Seeded;
use crate::units::Direction;

pub(super) fn decide(view: &View<'_>, draws: &mut Seeded) -> Option<Intent> {
    let held = view.positions();
    if held.len() >= 4 {
        let oldest = held.first()?;
        return draws.chance(1, 4).then_some(Intent::Close(oldest.id));
    }
    let side = if view.nature.is_multiple_of(2) { Side::Home } else { Side::Away };
    let own: Vec<_> = view.candidates().into_iter().filter(|p| p.side == side).map(|p| p.instrument).collect();
    let favourite = *draws.pick(&own)?;
    Some(view.open(favourite, Direction::Long, lots(draws, 5, 30)))
}
