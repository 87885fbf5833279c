//! R11.2: a flat book is never negative; and a book knows its own rows.

use ftl_core::units::Money;

use super::{Finding, Moment};
use crate::holds;

pub fn check(moment: &Moment) -> Finding {
    let state = moment.after;
    for book in state.books() {
        holds!(!book.positions.is_empty() || book.balance >= Money::ZERO, "flat book {:?} holds {}", book.id, book.balance);
        let reserved: Money = state.orders_of(book.id).map(|order| order.reserved).sum();
        holds!(book.reserved == reserved, "book {:?} reserves {}, its orders {reserved}", book.id, book.reserved);
        let positions = state.positions().filter(|p| p.book == book.id).count();
        let orders = state.orders().filter(|o| o.book == book.id).count();
        holds!(
            (positions, orders) == (state.positions_of(book.id).count(), state.orders_of(book.id).count())
                && (positions, orders) == (book.positions.len(), book.orders.len()),
            "book {:?} lists {} positions and {} orders, there are {positions} and {orders}",
            book.id,
            book.positions.len(),
            book.orders.len()
        );
    }
    for position in state.positions() {
        let mut closing: Vec<_> = state
            .orders()
            .filter(|o| matches!(o.action, ftl_core::order::OrderAction::Close { position: p } if p == position.id))
            .map(|o| (o.id, o.lots))
            .collect();
        closing.sort_unstable();
        let lots = closing.iter().map(|(_, lots)| *lots).sum::<ftl_core::units::Lots>();
        holds!(lots <= position.lots, "{lots} lots of position {} rest to close, it has {}", position.id, position.lots);
        holds!(
            state.closing(position).map(|order| (order.id, order.lots)).eq(closing.iter().copied()),
            "position {} knows other closes than rest",
            position.id
        );
    }
    Ok(())
}
