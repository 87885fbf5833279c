//! R11.5: what indexes and bands found is what a scan of everybody finds.
//!
//! After every command nobody may be left whose stop, washout or limit is reached. And the events of the command are
//! walked one by one: every close by a stop, a profit or a washout must have been due, and its turn in R5.5's order.

use std::collections::BTreeSet;

use ftl_core::event::{Event, PositionClosed};
use ftl_core::id::{BookId, PositionId};
use ftl_core::order::{Order, OrderAction};
use ftl_core::position::{CloseReason, Position};
use ftl_core::state::State;
use ftl_core::units::{Direction, Price};

use super::{Finding, Moment};
use crate::holds;

pub fn check(moment: &Moment) -> Finding {
    nobody_is_missed(moment)?;
    let due = |event: &Event| match event {
        Event::PositionClosed(closed) => matches!(closed.reason, CloseReason::StopLoss | CloseReason::TakeProfit | CloseReason::Washout),
        _ => false,
    };
    if !moment.outcome.events.iter().any(due) {
        return Ok(());
    }
    let mut state = moment.before.clone();
    // Books whose equity was gone at their turn go on until they are flat.
    let mut emptying: BTreeSet<BookId> = BTreeSet::new();
    for event in &moment.outcome.events {
        if let Event::PositionClosed(closed) = event {
            match closed.reason {
                CloseReason::StopLoss | CloseReason::TakeProfit => trigger_was_due(&state, closed)?,
                CloseReason::Washout => {
                    washout_was_due(&state, closed, &emptying)?;
                    if worth(&state, closed.book).0 <= 0 {
                        emptying.insert(closed.book);
                    }
                }
                _ => {}
            }
        }
        state.evolve(event);
        emptying.retain(|book| state.positions_of(*book).next().is_some());
    }
    Ok(())
}

fn nobody_is_missed(moment: &Moment) -> Finding {
    let state = moment.after;
    for position in state.positions() {
        holds!(reached(state, position).is_none(), "position {} should have closed: {:?}", position.id, reached(state, position));
    }
    for book in state.books() {
        let worth = worth(state, book.id);
        holds!(!washed_out(state, worth), "book {:?} should have been washed out: equity and used are {worth:?}", book.id);
    }
    // A change of rules (costs) may bring a limit within reach; nobody looks before something moves.
    let looked = |order: &Order| moment.outcome.events.iter().any(|event| moves(event, order));
    for order in state.orders().filter(|order| looked(order)) {
        holds!(!fillable(state, order), "limit order {} should have filled", order.id);
    }
    Ok(())
}

/// Whether an event changed the price of the order's instrument.
fn moves(event: &Event, order: &Order) -> bool {
    match event {
        Event::PriceChanged { instrument, .. } | Event::ReviewEnded { instrument } => *instrument == order.instrument,
        Event::PositionOpened(opened) => opened.instrument == order.instrument,
        Event::PositionClosed(closed) => closed.instrument == order.instrument,
        _ => false,
    }
}

/// R4.6, at the mark; nobody looks during a review.
fn reached(state: &State, position: &Position) -> Option<CloseReason> {
    let row = state.instrument(position.instrument)?;
    if row.review.is_some() {
        return None;
    }
    let gain = |price: Price| i128::from(price.units()) * i128::from(position.direction.sign());
    let mark = gain(mark_of(state, position));
    if position.stop_loss.is_some_and(|stop| mark <= gain(stop)) {
        return Some(CloseReason::StopLoss);
    }
    position.take_profit.is_some_and(|profit| mark >= gain(profit)).then_some(CloseReason::TakeProfit)
}

fn trigger_was_due(state: &State, closed: &PositionClosed) -> Finding {
    let position = state.position(closed.position).ok_or("a position closed that was not open")?;
    let found = reached(state, position);
    holds!(found == Some(closed.reason), "position {} closed by {:?}, a scan finds {found:?}", position.id, closed.reason);
    let first = first_trigger(state);
    holds!(first == Some(position.id), "position {} closed by its stop before {first:?}", position.id);
    Ok(())
}

fn washout_was_due(state: &State, closed: &PositionClosed, emptying: &BTreeSet<BookId>) -> Finding {
    let first = first_trigger(state);
    holds!(first.is_none(), "book {:?} was washed out before the stop of {first:?}", closed.book);
    let lowest = state.books().map(|book| book.id).filter(|id| emptying.contains(id) || washed_out(state, worth(state, *id))).min();
    holds!(lowest == Some(closed.book), "book {:?} was washed out, a scan finds {lowest:?}", closed.book);
    let lowest = state.positions_of(closed.book).map(|p| (unrealised(state, p), p.id)).min().map(|(_, id)| id);
    holds!(lowest == Some(closed.position), "a washout closed {}, the lowest was {lowest:?}", closed.position);
    Ok(())
}

fn first_trigger(state: &State) -> Option<PositionId> {
    state.positions().filter(|position| reached(state, position).is_some()).map(|position| position.id).min()
}

/// The limit's price is there, and the moment to look.
fn fillable(state: &State, order: &Order) -> bool {
    let OrderAction::Open { direction, limit: Some(limit), .. } = order.action else { return false };
    let Some(row) = state.instrument(order.instrument) else { return false };
    if row.review.is_some() || state.in_play(row) || order.due.is_some_and(|due| due > state.at()) {
        return false;
    }
    let rules = state.rules();
    let (q, contract) = (i128::from(order.lots.units()), i128::from(rules.contract_size));
    let way = 2 * i128::from(row.net.units()) + i128::from(direction.sign()) * q;
    let twice = 2_000_000 * i128::from(row.base().units()) * q * contract + i128::from(rules.k_mod.units()) * way * q * contract;
    let spread = i128::from(rules.spread_bps.0);
    let unit = 2_000_000 * 20_000;
    let edge = i128::from(limit.units()) * q * contract;
    match direction {
        Direction::Long => -(-(twice * (20_000 + spread))).div_euclid(unit) <= edge,
        Direction::Short => (twice * (20_000 - spread)).div_euclid(unit) >= edge,
    }
}

fn mark_of(state: &State, position: &Position) -> Price {
    state.mark(position.instrument).unwrap_or_default()
}

fn judged(state: &State, position: &Position) -> Price {
    let review = state.instrument(position.instrument).and_then(|row| row.review);
    review.map_or_else(|| mark_of(state, position), |review| review.mark)
}

fn shares(state: &State, position: &Position) -> i128 {
    i128::from(position.lots.units()) * i128::from(state.rules().contract_size)
}

fn unrealised(state: &State, position: &Position) -> i128 {
    let value = i128::from(judged(state, position).units()) * shares(state, position);
    i128::from(position.direction.sign()) * value - i128::from(position.entry_cost.units())
}

/// R5.1: equity and used margin; a position's margin is what the engine tells its trader, at the judged mark.
fn worth(state: &State, book: BookId) -> (i128, i128) {
    let balance = state.book(book).map_or(0, |book| i128::from(book.balance.units()));
    state.positions_of(book).fold((balance, 0), |(equity, used), position| {
        let margin = margin_per_share(state, position) * shares(state, position);
        (equity + unrealised(state, position), used + margin)
    })
}

/// R4.7.
fn margin_per_share(state: &State, position: &Position) -> i128 {
    use ftl_core::fixture::Position as Place;
    let rules = state.rules();
    let up = |a: i128, b: i128| -(-a).div_euclid(b);
    let plain = up(i128::from(judged(state, position).units()), i128::from(rules.margin.leverage));
    let Some(multiple) = rules.margin.gap_multiple else { return plain };
    let place = state.instrument(position.instrument).map_or(Place::Forward, |row| row.footballer.position);
    let weights = rules.scoring.weights[place.index()];
    let size = |score: ftl_core::units::Score| i128::from(score.units()).abs();
    let worst = match position.direction {
        Direction::Long => size(weights.red).max(size(weights.own_goal) + size(weights.conceded) + size(weights.clean_sheet)),
        Direction::Short => (size(weights.goal) + size(weights.shot_on_target))
            .max(size(weights.penalty_saved) + size(weights.save) + i128::from(weights.inside_box.units())),
    };
    let weight = match rules.scoring.formula {
        ftl_core::rules::Formula::Martingale { weight, .. } | ftl_core::rules::Formula::Blend { weight, .. } => i128::from(weight.0),
    };
    let span = i128::from(rules.ceiling.units() - rules.floor.units());
    let most = i128::from(rules.scoring.max_expected[place.index()].units());
    let gap = up(weight * worst * span, 10_000 * most);
    plain.max(up(gap * i128::from(multiple.0), 10_000))
}

fn washed_out(state: &State, (equity, used): (i128, i128)) -> bool {
    used > 0 && equity * 10_000 <= used * i128::from(state.rules().margin.washout_at.0)
}
