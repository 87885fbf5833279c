//! A trader's decision: what his temper does with what he sees. He keeps nothing but who he is; what he holds is in the
//! state, as it is for everybody.

use crate::book::Book;
use crate::command::{Action, OpenPosition};
use crate::id::{AccountId, BookId};
use crate::position::Position;
use crate::seeded::Seeded;
use crate::state::State;
use crate::time::{At, Span, Week};
use crate::units::{Direction, Lots, Money, Price, Wide};

use super::look::{Candidate, Look};
use super::persona::{PERSONAS, Persona, Way};

/// Below this a flat book asks for the weekly top-up.
const POOR: Money = Money::from_units(1_000_000_000);
/// A limit order is taken back after this.
const LIMIT_STANDS: Span = Span::minutes(8);
/// Candidates that somebody compares who looks for a move or a value.
const COMPARED: usize = 5;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trader {
    book: BookId,
    persona: u8,
    is_for_home: bool,
}

impl Trader {
    /// Somebody of this temper.
    pub fn new(persona: u8, draws: &mut Seeded) -> Self {
        Self { book: BookId::season(draws.account_id()), persona, is_for_home: draws.chance(1, 2) }
    }

    /// Who he is.
    pub const fn account(&self) -> AccountId {
        self.book.account
    }

    /// His temper's place in [`PERSONAS`].
    pub const fn persona_number(&self) -> u8 {
        self.persona
    }

    /// His temper.
    pub fn persona(&self) -> &'static Persona {
        PERSONAS.get(usize::from(self.persona)).unwrap_or(&PERSONAS[0])
    }

    /// What he does now, if anything. What the state would refuse is mostly not asked for.
    pub fn decide(&self, look: &Look, state: &State, now: At, draws: &mut Seeded) -> Option<Action> {
        let book = state.book(self.book)?;
        if book.positions.is_empty() && book.orders.is_empty() && book.balance < POOR {
            return top_up(state, book, now).or_else(|| self.open(look, state, book, draws));
        }
        let held = book.positions.first();
        if let Some(position) = held
            && let Some(action) = self.leave(look, state, position, now, draws)
        {
            return Some(action);
        }
        if let Some(stale) = book.orders.first().and_then(|oldest| state.order(*oldest)) {
            let limit = matches!(stale.action, crate::order::OrderAction::Open { limit: Some(_), .. });
            if limit && stale.cancel_due.is_none() && now.since(stale.placed_at) > LIMIT_STANDS {
                return Some(Action::CancelOrder { book: self.book, order: stale.id });
            }
        }
        if book.positions.len().saturating_add(book.orders.len()) >= self.persona().most {
            return None;
        }
        self.open(look, state, book, draws)
    }

    /// Closes the oldest position, or moves its stop.
    fn leave(&self, look: &Look, state: &State, position: &Position, now: At, draws: &mut Seeded) -> Option<Action> {
        let instrument = state.instrument(position.instrument)?;
        if state.closing(position).next().is_some() || instrument.frozen || instrument.review.is_some() {
            return None;
        }
        let persona = self.persona();
        let mark = state.mark_of(instrument);
        let gone = match persona.way {
            // The value has gone: the mark is where the priors say, or beyond.
            Way::Value(from) => look.candidates.iter().find(|c| c.instrument == position.instrument).is_some_and(|c| {
                let dear = c.dear.saturating_mul(position.direction.sign());
                dear >= from.checked_div(4).unwrap_or(0)
            }),
            // Nobody holds a coin to its last minute.
            Way::Coin => now.since(position.opened_at) > persona.hold || draws.chance(1, 6),
            Way::Long | Way::OwnSide | Way::With(_) | Way::Against(_) => now.since(position.opened_at) > persona.hold,
        };
        if gone {
            return Some(Action::ClosePosition { book: self.book, position: position.id, lots: None });
        }
        let (stop, profit) = persona.bracket.filter(|_| persona.trails && draws.chance(1, 3))?;
        let (stop_loss, take_profit) = bracket(mark, position.direction, stop, profit);
        let better = position.stop_loss.is_none_or(|old| (stop_loss - old).units().saturating_mul(position.direction.sign()) > 0);
        better.then_some(Action::ModifyPosition {
            book: self.book,
            position: position.id,
            stop_loss: Some(stop_loss),
            take_profit: Some(take_profit),
        })
    }

    fn open(&self, look: &Look, state: &State, book: &Book, draws: &mut Seeded) -> Option<Action> {
        let persona = self.persona();
        let (candidate, direction) = self.whom(look, draws)?;
        let committed: Money = book.positions.iter().map(|p| p.committed).sum();
        let free = book.balance - book.reserved - committed;
        let part = i64::try_from(draws.between(persona.size.0, persona.size.1)).unwrap_or(0);
        let lots = affordable(state, candidate.margin(direction), free, part).min(candidate.room(direction)).min(state.rules().max_lots);
        if lots < state.rules().min_lots {
            return None;
        }
        let mark = state.mark(candidate.instrument)?;
        let limit = persona.limit.map(|most| {
            let away = i64::try_from(draws.between(5, most)).unwrap_or(5);
            shifted(mark, away.saturating_mul(direction.opposite().sign()))
        });
        let (stop_loss, take_profit) = match persona.bracket {
            Some((stop, profit)) => {
                let (stop, profit) = bracket(mark, direction, stop, profit);
                (Some(stop), Some(profit))
            }
            None => (None, None),
        };
        Some(Action::OpenPosition(OpenPosition {
            book: self.book,
            instrument: candidate.instrument,
            direction,
            lots,
            limit,
            slippage: None,
            stop_loss,
            take_profit,
        }))
    }

    /// In whom, and which way.
    fn whom<'a>(&self, look: &'a Look, draws: &mut Seeded) -> Option<(&'a Candidate, Direction)> {
        let towards = |up: bool| if up { Direction::Long } else { Direction::Short };
        match self.persona().way {
            Way::Coin => Some((draws.pick(&look.candidates)?, towards(draws.chance(1, 2)))),
            Way::Long => Some((draws.pick(&look.candidates)?, towards(draws.chance(4, 5)))),
            Way::OwnSide => {
                let mut drawn = (0..COMPARED).filter_map(|_| draws.pick(&look.candidates));
                Some((drawn.find(|c| c.is_home == self.is_for_home)?, Direction::Long))
            }
            Way::With(from) => {
                let mover = furthest(look, draws, |c| c.moved)?;
                (mover.moved.saturating_abs() >= from).then_some((mover, towards(mover.moved > 0)))
            }
            Way::Against(from) => {
                let mover = furthest(look, draws, |c| c.moved)?;
                (mover.moved.saturating_abs() >= from).then_some((mover, towards(mover.moved < 0)))
            }
            Way::Value(from) => {
                let dear = furthest(look, draws, |c| c.dear)?;
                (dear.dear.saturating_abs() >= from).then_some((dear, towards(dear.dear < 0)))
            }
        }
    }
}

/// Of a few drawn candidates the one with the largest figure, whatever its sign.
fn furthest<'a>(look: &'a Look, draws: &mut Seeded, figure: impl Fn(&Candidate) -> i64) -> Option<&'a Candidate> {
    let drawn = (0..COMPARED).filter_map(|_| draws.pick(&look.candidates));
    drawn.max_by_key(|c| (figure(c).unsigned_abs(), c.instrument))
}

/// Lots whose margin is that part of what is free.
fn affordable(state: &State, margin: Price, free: Money, part: i64) -> Lots {
    let one = margin.wide() * i64::from(state.rules().contract_size);
    if free <= Money::ZERO || one <= Wide::ZERO {
        return Lots::ZERO;
    }
    // Money is in 10⁻⁶ and margin × shares in 10⁻⁴ point: the factor of 100 that is missing is that of a lot's 10⁻².
    Lots::from_units((free.wide() * part).div_floor(one * 10_000).clamp_i64())
}

/// `price`, moved by so many basis points.
fn shifted(price: Price, bps: i64) -> Price {
    Price::from_units((price.wide() * (Wide::of(10_000) + Wide::of(bps))).div_floor(10_000).clamp_i64())
}

/// Stop loss and take profit around a mark.
fn bracket(mark: Price, direction: Direction, stop: i64, profit: i64) -> (Price, Price) {
    let towards = |bps: i64| shifted(mark, bps.saturating_mul(direction.sign()));
    (towards(stop.saturating_neg()), towards(profit))
}

/// R4.8, where it is due.
fn top_up(state: &State, book: &Book, now: At) -> Option<Action> {
    let rules = state.rules().top_up?;
    let due = book.held_closes >= rules.closed_positions && book.topped_up != Some(Week::of(now)) && book.balance < rules.to;
    due.then_some(Action::TopUp { book: book.id })
}
