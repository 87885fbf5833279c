//! Leans against the crowd's imbalance with small market orders and keeps limits on both sides of the mark.

use super::view::{View, lots};
use super::{Intent, Wish};
use crate::seeded::Seeded;
use crate::time::Span;
use crate::units::{Direction, Lots};

/// The imbalance from which it leans, in hundredths of a lot.
const LEANS_FROM: Lots = Lots::from_units(100);

pub(super) fn decide(view: &View<'_>, draws: &mut Seeded) -> Option<Intent> {
    let resting: Vec<_> = view.state.orders_of(view.book).collect();
    if let Some(stale) = resting.iter().find(|order| order.cancel_due.is_none() && view.now.since(order.placed_at) > Span::minutes(6)) {
        return Some(Intent::Cancel(stale.id));
    }
    let held = view.positions();
    if held.len() >= 6 {
        return held.first().map(|oldest| Intent::Close(oldest.id));
    }
    if resting.len() >= 6 {
        return None;
    }
    let instrument = view.anybody(draws)?;
    let net = view.state.instrument(instrument)?.net;
    let against = if net > Lots::ZERO { Direction::Short } else { Direction::Long };
    if net.magnitude() >= LEANS_FROM && draws.chance(1, 2) {
        return Some(view.open(instrument, against, lots(draws, 10, 60)));
    }
    let direction = if draws.chance(1, 2) { Direction::Long } else { Direction::Short };
    let away = i64::try_from(draws.between(10, 60)).unwrap_or(10);
    let limit = view.mark_shifted(instrument, away.saturating_mul(direction.opposite().sign()))?;
    let wish = Wish { instrument, direction, lots: lots(draws, 10, 40), limit: Some(limit), stop_loss: None, take_profit: None };
    Some(Intent::Open(wish))
}
