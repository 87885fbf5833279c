//! R11.10: there and back with nobody in between never gains, and an order in parts never costs less than in one.

use ftl_core::command::{Action, Command, OpenPosition};
use ftl_core::event::Event;
use ftl_core::id::{BookId, CommandId, InstrumentIdx, PositionId};
use ftl_core::outcome::Entry;
use ftl_core::state::State;
use ftl_core::units::{Direction, Lots, Money};

use super::{Finding, Moment};
use crate::holds;

/// One command in so many is followed by a trip; a trip is four commands on clones.
const EVERY: u64 = 23;

pub fn check(moment: &Moment) -> Finding {
    let seq = moment.after.seq().0;
    if !seq.is_multiple_of(EVERY) {
        return Ok(());
    }
    let state = moment.after;
    let open = |i: &&ftl_core::instrument::Instrument| i.active && !i.frozen && i.review.is_none() && !state.in_play(i);
    let markets: Vec<InstrumentIdx> = state.instruments().filter(open).map(|i| i.idx).collect();
    let books: Vec<BookId> =
        state.books().map(|book| book.id).filter(|id| state.account(id.account).is_some_and(|a| !a.suspended)).collect();
    let n = (seq / EVERY) as usize;
    let (Some(instrument), Some(book)) = (markets.get(n % markets.len().max(1)), books.get(n % books.len().max(1))) else { return Ok(()) };
    let direction = if n.is_multiple_of(2) { Direction::Long } else { Direction::Short };
    let lots = Lots::from_units([1, 7, 100, 333][n % 4]);
    trip(state, *book, *instrument, direction, lots)?;
    parts(state, *book, *instrument, direction, lots)
}

fn trip(state: &State, book: BookId, instrument: InstrumentIdx, direction: Direction, lots: Lots) -> Finding {
    let mut there = state.clone();
    let Some((position, _)) = open(&mut there, 1, book, instrument, direction, lots) else { return Ok(()) };
    for part in [None, Some(Lots::from_units(1 + lots.units() / 3))] {
        let mut back = there.clone();
        let mut gained = 0i128;
        for (n, lots) in [part, None].into_iter().enumerate().skip(usize::from(part.is_none())) {
            let outcome = back.apply(&entry(&back, 2 + n as u128, Action::ClosePosition { book, position, lots }));
            if others(&outcome.events, book) {
                return Ok(());
            }
            gained += closed(&outcome.events, position);
        }
        holds!(gained <= 0, "{direction:?} {lots} lots of {instrument:?} and back gained {gained}");
    }
    Ok(())
}

fn parts(state: &State, book: BookId, instrument: InstrumentIdx, direction: Direction, lots: Lots) -> Finding {
    let (mut whole, mut split) = (state.clone(), state.clone());
    let first = Lots::from_units(lots.units() / 3);
    if first <= Lots::ZERO {
        return Ok(());
    }
    let Some((_, at_once)) = open(&mut whole, 1, book, instrument, direction, lots) else { return Ok(()) };
    let Some((_, one)) = open(&mut split, 1, book, instrument, direction, first) else { return Ok(()) };
    let Some((_, two)) = open(&mut split, 2, book, instrument, direction, lots - first) else { return Ok(()) };
    let in_parts = one + two;
    holds!(at_once <= in_parts, "{direction:?} {lots} lots of {instrument:?} cost {at_once} at once and {in_parts} in parts");
    Ok(())
}

/// Opens; the position and its cost, where nothing else happened.
fn open(
    state: &mut State,
    id: u128,
    book: BookId,
    instrument: InstrumentIdx,
    direction: Direction,
    lots: Lots,
) -> Option<(PositionId, Money)> {
    let order = OpenPosition { book, instrument, direction, lots, limit: None, slippage: None, stop_loss: None, take_profit: None };
    let outcome = state.apply(&entry(state, id, Action::OpenPosition(order)));
    let fills = outcome.events.iter().filter(|event| matches!(event, Event::PositionClosed(_) | Event::PositionOpened(_)));
    let quiet = fills.count() == 1;
    outcome.events.iter().find_map(|event| match event {
        Event::PositionOpened(opened) if quiet && opened.book == book => Some((opened.position, opened.entry_cost)),
        _ => None,
    })
}

fn entry(state: &State, id: u128, action: Action) -> Entry {
    Entry { seq: state.seq().next(), at: state.at(), command: Command { id: CommandId(id), body: 0, not_after: None, action } }
}

/// Whether somebody else traded as well.
fn others(events: &[Event], book: BookId) -> bool {
    events.iter().any(|event| match event {
        Event::PositionClosed(closed) => closed.book != book,
        Event::PositionOpened(_) => true,
        _ => false,
    })
}

fn closed(events: &[Event], position: PositionId) -> i128 {
    let pnl = |event: &Event| match event {
        Event::PositionClosed(closed) if closed.position == position => i128::from(closed.pnl.units()),
        _ => 0,
    };
    events.iter().map(pnl).sum()
}
