//! Does anything: opens either way, closes any of his own.

use super::Intent;
use super::view::{View, lots};
use crate::seeded::Seeded;
use crate::units::Direction;

pub(super) fn decide(view: &View<'_>, draws: &mut Seeded) -> Option<Intent> {
    let held = view.positions();
    let full = u64::try_from(held.len()).unwrap_or(u64::MAX);
    // The more he holds, the likelier he closes: six positions at most.
    if draws.chance(full, 6) {
        return draws.pick(&held).map(|position| Intent::Close(position.id));
    }
    let direction = if draws.chance(1, 2) { Direction::Long } else { Direction::Short };
    Some(view.open(view.anybody(draws)?, direction, lots(draws, 1, 60)))
}
