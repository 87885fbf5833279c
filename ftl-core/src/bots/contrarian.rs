//! Leans against what moved by half a percent or more, and takes a quarter of it.

use super::Intent;
use super::view::{View, lots};
use crate::seeded::Seeded;
use crate::time::Span;
use crate::units::Direction;

pub(super) fn decide(view: &View<'_>, draws: &mut Seeded) -> Option<Intent> {
    let held = view.positions();
    if let Some(old) = held.iter().find(|p| view.age(p) > Span::minutes(15)) {
        return Some(Intent::Close(old.id));
    }
    let (instrument, moved) = view.mover(draws)?;
    if held.len() >= 5 || moved.abs() < 50 {
        return None;
    }
    let direction = if moved > 0 { Direction::Short } else { Direction::Long };
    let quarter = moved.abs().checked_div(4).unwrap_or(0).max(20);
    view.open_between(instrument, direction, lots(draws, 10, 50), 400, quarter)
}
