//! The leak: a stop loss as an exit that does not rest. Whoever sees what is coming sets it a hair from the mark, and the
//! drift of the next clock tick closes him at the old price.

use crate::redteam::desk::Desk;
use crate::redteam::early::moved_by;
use crate::redteam::{News, Trader};
use crate::units::{Direction, Price};

/// Holds everybody one way all match, and flees by stop loss from what he sees.
pub struct StopEdits {
    name: &'static str,
    direction: Direction,
}

impl StopEdits {
    /// All one way.
    pub fn new(name: &'static str, direction: Direction) -> Self {
        Self { name, direction }
    }
}

impl Trader for StopEdits {
    fn name(&self) -> &'static str {
        self.name
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        match news {
            News::BeforeKickOff => {
                for player in desk.cast().open.clone() {
                    let _ = desk.open(0, player.instrument, self.direction, desk.share());
                }
            }
            News::Glimpsed(event) => {
                let against = moved_by(event, desk.state(), desk.cast(), desk.fixture());
                for (instrument, _) in against.into_iter().filter(|(_, direction)| *direction != self.direction) {
                    let held = desk.state().positions_of(desk.book(0)).find(|row| row.instrument == instrument).map(|row| row.id);
                    let hair = Price::from_units(self.direction.sign());
                    if let Some(position) = held {
                        desk.set_stop(0, position, desk.mark(instrument) - hair);
                    }
                }
            }
            _ => {}
        }
    }
}
