//! Follows what moved by a third of a percent or more, with a stop, and leaves after ten minutes.

use super::Intent;
use super::view::{View, lots};
use crate::seeded::Seeded;
use crate::time::Span;
use crate::units::Direction;

pub(super) fn decide(view: &View<'_>, draws: &mut Seeded) -> Option<Intent> {
    let held = view.positions();
    if let Some(old) = held.iter().find(|p| view.age(p) > Span::minutes(10)) {
        return Some(Intent::Close(old.id));
    }
    let (instrument, moved) = view.mover(draws)?;
    if held.len() >= 5 || moved.abs() < 33 {
        return None;
    }
    let direction = if moved > 0 { Direction::Long } else { Direction::Short };
    view.open_between(instrument, direction, lots(draws, 10, 50), 250, 500)
}
