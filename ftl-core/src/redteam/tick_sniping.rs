//! The leak: a clock tick whose move is known before it comes. Two are looked at: the drift of R3.4, and the clean sheet
//! of R3.5, whose table goes by minutes: if it jumped at full minutes, whoever holds a defender for those five seconds
//! alone would take the reward of the whole minute for a twelfth of its risk.

use crate::fixture::{MatchPhase, Position};
use crate::redteam::cast::Player;
use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::time::{At, Span};
use crate::units::Direction;

/// Between two clock ticks.
const TICK: u64 = 5_000;
/// A minute of match time.
const MINUTE: u64 = 60_000;

/// The clock at a tick so many ticks from the last one.
fn minute_in(desk: &Desk<'_>, ticks: u64) -> Option<u64> {
    let fixture = desk.fixture().filter(|fixture| matches!(fixture.phase, MatchPhase::FirstHalf | MatchPhase::SecondHalf))?;
    fixture.clock.0.saturating_add(ticks.saturating_mul(TICK)).checked_div(MINUTE)
}

/// Shorts two forwards for the drift of one tick, once a minute.
#[derive(Default)]
pub struct Drift {
    last: Option<At>,
}

impl Trader for Drift {
    fn name(&self) -> &'static str {
        "clock-tick sniping, drift"
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        if !matches!(news, News::Ticked) {
            return;
        }
        desk.close_all(0);
        let rested = self.last.is_none_or(|last| desk.now().since(last) >= Span(MINUTE));
        if rested && minute_in(desk, 0).is_some() {
            self.last = Some(desk.now());
            let forwards: Vec<Player> = desk.cast().of_position(Position::Forward).take(2).collect();
            for player in forwards {
                let _ = desk.open(0, player.instrument, Direction::Short, desk.share());
            }
        }
    }
}

/// Holds three who may keep a clean sheet from the last tick of a minute to the first of the next.
#[derive(Default)]
pub struct CleanSheetMinute {
    cast: Vec<Player>,
}

impl Trader for CleanSheetMinute {
    fn name(&self) -> &'static str {
        "clock-tick sniping, clean sheet"
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        match news {
            News::BeforeKickOff => {
                let keepers = desk.cast().of_position(Position::Goalkeeper).take(1);
                let defenders = desk.cast().of_position(Position::Defender);
                self.cast = keepers.chain(defenders.step_by(3).take(2)).collect();
            }
            News::Ticked => {
                desk.close_all(0);
                if minute_in(desk, 2) == minute_in(desk, 1) {
                    return;
                }
                for player in &self.cast {
                    let keeps = desk
                        .fixture()
                        .and_then(|f| f.participant(player.instrument))
                        .is_some_and(|p| p.appearance.conceded_after.is_none());
                    if keeps {
                        let _ = desk.open(0, player.instrument, Direction::Long, desk.share());
                    }
                }
            }
            _ => {}
        }
    }
}
