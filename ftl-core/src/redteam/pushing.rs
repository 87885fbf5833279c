//! The leak: a crowd that buys together just before full time and is settled at the price that it has made. In classic
//! whoever comes early is paid by nobody but the league.

use crate::fixture::MatchPhase;
use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::units::{Direction, Lots};

/// Thirty accounts, four lots each.
#[derive(Default)]
pub struct Pushing {
    done: bool,
}

/// What each buys.
const LOTS: Lots = Lots::from_units(400);

impl Trader for Pushing {
    fn name(&self) -> &'static str {
        "pushing together before full time"
    }

    fn seats(&self) -> usize {
        30
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        let minute = desk.fixture().filter(|f| f.phase == MatchPhase::SecondHalf).and_then(|f| f.display_minute());
        let (News::Ticked, Some(87), false, Some(player)) = (news, minute, self.done, desk.cast().pushed) else { return };
        self.done = true;
        for seat in 0..self.seats() {
            let _ = desk.open(seat, player.instrument, Direction::Long, LOTS);
        }
    }
}
