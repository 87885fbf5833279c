//! The leak: a price that can only come back. Form is clamped at nothing, so near the floor a long loses little and wins
//! whole.

use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::units::Direction;

/// Buys every weak footballer as soon as the rules let him, and again each time that he is washed out or stopped.
pub struct NearFloor;

impl Trader for NearFloor {
    fn name(&self) -> &'static str {
        "buying near the floor"
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        if !matches!(news, News::BeforeKickOff | News::Ticked) {
            return;
        }
        for player in desk.cast().weak.clone() {
            let mine = |book| {
                let held = desk.state().positions_of(book).any(|row| row.instrument == player.instrument);
                held || desk.state().orders_of(book).any(|row| row.instrument == player.instrument)
            };
            if !mine(desk.book(0)) {
                let _ = desk.open(0, player.instrument, Direction::Long, desk.share());
            }
        }
    }
}
