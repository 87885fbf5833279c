//! The leak: a goal that may be taken back. A take profit that fills on it keeps what never was; a short under check
//! gains by every goal that falls.

use crate::fixture::{EventKind, MatchPhase, Position};
use crate::redteam::campaign::{Campaign, Plan};
use crate::redteam::cast::Player;
use crate::redteam::desk::Desk;
use crate::redteam::{News, Trader};
use crate::time::Span;
use crate::units::{Direction, Price};

/// Buys forwards and midfielders in the second minute, with a take profit 3 % above.
#[derive(Default)]
pub struct TakeProfit {
    done: bool,
}

impl Trader for TakeProfit {
    fn name(&self) -> &'static str {
        "VAR, take profit"
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        let minute = desk.fixture().filter(|f| f.phase == MatchPhase::FirstHalf).and_then(|f| f.display_minute());
        let (News::Ticked, Some(1), false) = (news, minute, self.done) else { return };
        self.done = true;
        let cast = desk.cast();
        let wanted: Vec<Player> = cast.of_position(Position::Forward).chain(cast.of_position(Position::Midfielder)).collect();
        for player in wanted {
            let mut order = desk.order(0, player.instrument, Direction::Long, desk.share());
            let above = desk.mark(player.instrument).wide() * 103_i64;
            order.take_profit = Some(Price::from_units(above.div_ceil(100_i64).clamp_i64()));
            let _ = desk.place(order);
        }
    }
}

/// Sells the scorer as soon as a check of his goal is announced, and leaves two minutes later.
#[derive(Default)]
pub struct ShortUnderCheck {
    campaign: Campaign,
}

impl Trader for ShortUnderCheck {
    fn name(&self) -> &'static str {
        "VAR, shorting a goal under check"
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        match news {
            News::Told(event) if event.kind == EventKind::VarCheck => {
                let Some(instrument) = desk.named(event.instrument.as_ref()).filter(|idx| desk.cast().is_open(*idx)) else { return };
                let give_up = desk.now().after(Span::minutes(6));
                self.campaign.add(Plan::new(instrument, Direction::Short, give_up, Some(Span::minutes(2))), desk);
            }
            News::Ticked => self.campaign.go_on(desk),
            _ => {}
        }
    }
}
