//! The leak: an order in ten parts that costs less, or a position closed in ten parts that brings more, than in one
//! (R2.2, R1.2: rounding too).

use crate::outcome::Receipt;
use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::units::{Direction, Lots};

/// Before kick-off, when orders fill at once and nobody else trades the footballer.
pub struct Splitting {
    name: &'static str,
    splits_open: bool,
}

/// A part, and ten of them.
const PART: Lots = Lots::from_units(7);
const WHOLE: Lots = Lots::from_units(70);

impl Splitting {
    /// Splits the open, or the close.
    pub fn new(name: &'static str, splits_open: bool) -> Self {
        Self { name, splits_open }
    }
}

impl Trader for Splitting {
    fn name(&self) -> &'static str {
        self.name
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        let (News::BeforeKickOff, Some(player)) = (news, desk.cast().split) else { return };
        for direction in [Direction::Long, Direction::Short] {
            if self.splits_open {
                for _ in 0..10 {
                    let _ = desk.open(0, player.instrument, direction, PART);
                }
                desk.close_all(0);
            } else if let Ok(Receipt::Opened { position, .. }) = desk.open(0, player.instrument, direction, WHOLE) {
                while desk.close(0, position.id, Some(PART)) {}
            }
        }
    }
}
