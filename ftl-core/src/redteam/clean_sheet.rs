//! The leak: a clean sheet that is nearly certain and not yet in the price.

use crate::fixture::{MatchPhase, Position};
use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::units::Direction;

/// In minute 87, before the window closes, trades everybody whose sheet is clean.
pub struct Minute87 {
    name: &'static str,
    direction: Direction,
    done: bool,
}

impl Minute87 {
    /// Always one way.
    pub fn new(name: &'static str, direction: Direction) -> Self {
        Self { name, direction, done: false }
    }
}

impl Trader for Minute87 {
    fn name(&self) -> &'static str {
        self.name
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        let minute = desk.fixture().filter(|f| f.phase == MatchPhase::SecondHalf).and_then(|f| f.display_minute());
        let (News::Ticked, Some(87), false) = (news, minute, self.done) else { return };
        self.done = true;
        let cast = desk.cast();
        let defence: Vec<_> = cast.of_position(Position::Goalkeeper).chain(cast.of_position(Position::Defender)).collect();
        for player in defence {
            let keeps =
                desk.fixture().and_then(|f| f.participant(player.instrument)).is_some_and(|p| p.appearance.conceded_after.is_none());
            if keeps {
                let _ = desk.open(0, player.instrument, self.direction, desk.share());
            }
        }
    }
}
