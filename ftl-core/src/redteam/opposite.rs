//! The leak: debts that the league takes over. Of two accounts on opposite sides, as deep in as margin allows, one wins
//! what the other loses; if the loser can lose more than he has, the league pays the difference (R5.4). Margin must cover
//! what can happen between two judgements (R4.7).

use crate::fixture::{Position, Side};
use crate::id::InstrumentIdx;
use crate::redteam::desk::{Desk, SHARE};
use crate::redteam::{News, Trader};
use crate::units::{Direction, Lots, Money, Price};

/// As many lots as the free margin of a seat allows.
fn all_in(desk: &Desk<'_>, seat: usize, instrument: InstrumentIdx, direction: Direction, parts: i64) -> Lots {
    let Some(free) = desk.state().portfolio(desk.book(seat)).map(|p| p.free) else { return Lots::ZERO };
    let share = desk.state().quote(&desk.order(seat, instrument, direction, SHARE)).map_or(Money::MAX, |quote| quote.position.margin);
    let shares = free.wide().div_floor(share.wide().get().max(1)).div_floor(parts);
    // Own impact costs a little of the margin.
    Lots::from_units(shares.clamp_i64())
}

/// Pairs of accounts: on one footballer each of a pair, or one account long on a whole defence and the other short.
pub struct TwoAccounts {
    name: &'static str,
    whole_defence: bool,
}

impl TwoAccounts {
    /// On single footballers, or on all of a defence at once.
    pub fn new(name: &'static str, whole_defence: bool) -> Self {
        Self { name, whole_defence }
    }
}

impl Trader for TwoAccounts {
    fn name(&self) -> &'static str {
        self.name
    }

    fn seats(&self) -> usize {
        if self.whole_defence { 2 } else { 8 }
    }

    fn purse(&self) -> Money {
        super::play::SEED
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        match news {
            News::BeforeKickOff => self.begin(desk),
            News::Ticked => self.leave_what_is_single(desk),
            _ => {}
        }
    }
}

impl TwoAccounts {
    /// When one side is washed out the other takes its gain.
    fn leave_what_is_single(&self, desk: &mut Desk<'_>) {
        for seat in 0..self.seats() {
            let against = if seat.is_multiple_of(2) { seat.saturating_add(1) } else { seat.saturating_sub(1) };
            let held = |seat| desk.state().positions_of(desk.book(seat)).map(|row| (row.instrument, row.id)).collect::<Vec<_>>();
            let (mine, others) = (held(seat), held(against));
            for (instrument, position) in mine {
                if !others.iter().any(|(other, _)| *other == instrument) {
                    desk.close(seat, position, None);
                }
            }
        }
    }

    fn begin(&self, desk: &mut Desk<'_>) {
        if self.whole_defence {
            let defence: Vec<_> = desk.cast().defence(Side::Away).collect();
            for (seat, direction) in [(0, Direction::Long), (1, Direction::Short)] {
                let mut parts = i64::try_from(defence.len()).unwrap_or(1);
                for player in &defence {
                    let lots = all_in(desk, seat, player.instrument, direction, parts);
                    let _ = desk.open(seat, player.instrument, direction, lots);
                    parts = parts.saturating_sub(1);
                }
            }
            return;
        }
        let firsts: Vec<_> = Position::ALL.iter().filter_map(|position| desk.cast().of_position(*position).last()).collect();
        for (pair, player) in firsts.into_iter().enumerate() {
            let seat = pair.saturating_mul(2);
            for (seat, direction) in [(seat, Direction::Long), (seat.saturating_add(1), Direction::Short)] {
                let lots = all_in(desk, seat, player.instrument, direction, 1);
                let _ = desk.open(seat, player.instrument, direction, lots);
            }
        }
    }
}

/// One account, long and short of the same forwards, each side with a take profit: it takes what comes first.
pub struct OneAccount;

impl Trader for OneAccount {
    fn name(&self) -> &'static str {
        "opposite, one account"
    }

    fn purse(&self) -> Money {
        super::play::SEED
    }

    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>) {
        if !matches!(news, News::BeforeKickOff) {
            return;
        }
        let forwards: Vec<_> = desk.cast().of_position(Position::Forward).collect();
        let mut parts = i64::try_from(forwards.len()).unwrap_or(1).saturating_mul(2);
        for player in forwards {
            for (direction, percent) in [(Direction::Long, 104_i64), (Direction::Short, 96)] {
                let lots = all_in(desk, 0, player.instrument, direction, parts);
                let mut order = desk.order(0, player.instrument, direction, lots);
                let profit = (desk.mark(player.instrument).wide() * percent).div_floor(100_i64);
                order.take_profit = Some(Price::from_units(profit.clamp_i64()));
                let _ = desk.place(order);
                parts = parts.saturating_sub(1);
            }
        }
    }
}
