//! Small and often, with a stop and a profit less than a percent away; gone after two minutes.

use super::Intent;
use super::view::{View, lots};
use crate::seeded::Seeded;
use crate::time::Span;
use crate::units::Direction;

pub(super) fn decide(view: &View<'_>, draws: &mut Seeded) -> Option<Intent> {
    let held = view.positions();
    if let Some(old) = held.iter().find(|p| view.age(p) > Span::minutes(2)) {
        return Some(Intent::Close(old.id));
    }
    if held.len() >= 3 {
        return None;
    }
    let instrument = view.anybody(draws)?;
    // With a fresh move, else either way.
    let direction = match view.tape.moved(instrument) {
        1.. => Direction::Long,
        ..=-1 => Direction::Short,
        0 if draws.chance(1, 2) => Direction::Long,
        0 => Direction::Short,
    };
    view.open_between(instrument, direction, lots(draws, 2, 15), 60, 80)
}
