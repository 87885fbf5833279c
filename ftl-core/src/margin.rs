//! `margin::replay` (R5.6): the reference of washouts for one book, and the "while you were away" report.
//!
//! ```text
//!  outcomes ──History──▶ steps (prices with the book's own effect taken out, its own trades, judgements)
//!                          └──replay(book at t0, steps)──▶ closes: the same, at the same prices, as it happened live
//! ```
//! It looks at one book alone and knows no index: R11.6 holds it against the engine.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Event, PositionClosed};
use crate::fixture::Position as Playing;
use crate::id::{BookId, InstrumentIdx, OrderId, PositionId};
use crate::ledger::LedgerAccount;
use crate::order::OrderAction;
use crate::position::CloseReason;
use crate::rulebook::curve::{fee, notional};
use crate::rulebook::{Curve, MarginPolicy, PricingCurve, Rounding, Rulebook};
use crate::rules::Rules;
use crate::state::State;
use crate::units::{Direction, Lots, Money, Price, Wide};

/// A book as far as margin goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The wallet.
    pub balance: Money,
    /// What is open.
    pub positions: BTreeMap<PositionId, Holding>,
    /// The curves of what the league lists, the book's own lots taken out.
    pub curves: BTreeMap<InstrumentIdx, OthersCurve>,
    /// Its equity was gone in this entry: all of its positions close.
    pub sweeping: bool,
}

/// An open position as far as margin goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// In what.
    pub instrument: InstrumentIdx,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub lots: Lots,
    /// R1.2.
    pub entry_cost: Money,
}

/// An instrument's curve without the book's own lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OthersCurve {
    /// Decides margin.
    pub position: Playing,
    /// `live_base + bump`.
    pub base: Price,
    /// The others' imbalance.
    pub net: Lots,
    /// R3.9: what margin looks at instead of the mark.
    pub review: Option<Price>,
}

/// What happened to the book's world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A curve moved.
    Curve(InstrumentIdx, OthersCurve),
    /// The book traded, by its own will or by a stop, profit or settlement.
    Opened(PositionId, Holding),
    /// A part of a position, or all of it, left the book other than by washout.
    Left {
        /// Which.
        position: PositionId,
        /// How much of it.
        lots: Lots,
        /// The entry cost that left with it.
        entry_cost: Money,
    },
    /// The wallet changed other than by washout.
    Paid(Money),
    /// R5.5: it is the book's turn to be judged; it loses one position at most.
    Judged,
    /// The entry is over.
    Ended,
}

/// A close by washout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// Which position.
    pub position: PositionId,
    /// What the fill brought (long) or cost (short, negative).
    pub exit_value: Money,
    /// Realised.
    pub pnl: Money,
}

/// R5.3 for one book: at each `Step::Judged`, at or below the washout level, it loses the position with the lowest
/// unrealised result (ties: the older), on the curve; once its equity was gone it goes on until it is flat.
pub fn replay<R: Rulebook>(rules: &Rules, mut book: Standing, steps: &[Step]) -> Vec<Close> {
    let mut closes = Vec::new();
    for step in steps {
        match step {
            Step::Curve(instrument, curve) => {
                book.curves.insert(*instrument, *curve);
            }
            Step::Opened(position, holding) => {
                book.positions.insert(*position, *holding);
            }
            Step::Left { position, lots, entry_cost } => book.reduce(*position, *lots, *entry_cost),
            Step::Paid(amount) => book.balance += *amount,
            Step::Judged => closes.extend(book.judge::<R>(rules)),
            Step::Ended => book.sweeping = false,
        }
    }
    closes
}

impl Standing {
    /// A book as it stands in a state.
    pub fn of<R: Rulebook>(state: &State<R>, id: BookId) -> Self {
        let holding = |p: &crate::position::Position| {
            (p.id, Holding { instrument: p.instrument, direction: p.direction, lots: p.lots, entry_cost: p.entry_cost })
        };
        let positions: BTreeMap<PositionId, Holding> = state.positions_of(id).map(holding).collect();
        let mut book = Self {
            balance: state.book(id).map(|row| row.balance).unwrap_or_default(),
            positions,
            curves: BTreeMap::new(),
            sweeping: false,
        };
        book.curves = state
            .instruments()
            .map(|row| {
                let net = row.net - book.net(row.idx);
                (row.idx, OthersCurve { position: row.footballer.position, base: row.base(), net, review: row.review.map(|r| r.mark) })
            })
            .collect();
        book
    }

    fn net(&self, instrument: InstrumentIdx) -> Lots {
        self.positions.values().filter(|h| h.instrument == instrument).map(|h| h.direction.signed(h.lots)).sum()
    }

    fn curve(&self, instrument: InstrumentIdx) -> Option<(Curve, OthersCurve)> {
        let others = *self.curves.get(&instrument)?;
        Some((Curve { base: others.base, net: others.net + self.net(instrument) }, others))
    }

    fn unrealised<R: Rulebook>(&self, rules: &Rules, holding: &Holding) -> Wide {
        self.mark::<R>(rules, holding)
            .map_or(Wide::ZERO, |(mark, _)| holding.direction.wide() * notional(rules, mark, holding.lots) - holding.entry_cost.wide())
    }

    fn mark<R: Rulebook>(&self, rules: &Rules, holding: &Holding) -> Option<(Price, Playing)> {
        let (curve, others) = self.curve(holding.instrument)?;
        Some((others.review.unwrap_or_else(|| R::Pricing::mark(rules, curve)), others.position))
    }

    fn judge<R: Rulebook>(&mut self, rules: &Rules) -> Option<Close> {
        let equity = self.balance.wide() + self.positions.values().map(|h| self.unrealised::<R>(rules, h)).sum();
        let margin = |h: &Holding| {
            let (mark, playing) = self.mark::<R>(rules, h)?;
            Some(notional(rules, R::Margin::per_share(rules, playing, h.direction, mark), h.lots))
        };
        let used: Wide = self.positions.values().filter_map(margin).sum();
        self.sweeping = !self.positions.is_empty() && (self.sweeping || equity <= Wide::ZERO);
        let washed_out = used > Wide::ZERO && equity * 10_000 <= used * rules.margin.washout_at.wide();
        let lowest = self.positions.iter().map(|(id, h)| (self.unrealised::<R>(rules, h), *id)).min().map(|(_, id)| id);
        lowest.filter(|_| washed_out || self.sweeping).and_then(|id| self.close::<R>(rules, id))
    }

    fn close<R: Rulebook>(&mut self, rules: &Rules, id: PositionId) -> Option<Close> {
        let holding = *self.positions.get(&id)?;
        let (curve, _) = self.curve(holding.instrument)?;
        let direction = holding.direction.opposite();
        let value = R::Pricing::fill_value(rules, curve, direction, holding.lots, Rounding::against(direction)).ok()?;
        let exit_value = if holding.direction == Direction::Long { value } else { -value };
        let pnl = exit_value - holding.entry_cost;
        self.positions.remove(&id);
        self.balance += pnl - fee(rules, value);
        Some(Close { position: id, exit_value, pnl })
    }

    fn reduce(&mut self, id: PositionId, lots: Lots, entry_cost: Money) {
        let Some(holding) = self.positions.get_mut(&id) else { return };
        holding.lots -= lots;
        holding.entry_cost -= entry_cost;
        if holding.lots == Lots::ZERO {
            self.positions.remove(&id);
        }
    }
}

/// Turns outcomes into one book's steps, and into the washouts that happened live.
#[derive(Clone, Debug)]
pub struct History {
    book: BookId,
    world: Standing,
    limit_orders: BTreeSet<OrderId>,
    /// What happened to the book's world.
    pub steps: Vec<Step>,
    /// What happened live.
    pub closes: Vec<Close>,
}

impl History {
    /// Begins with a book as it stands.
    pub fn begin<R: Rulebook>(state: &State<R>, book: BookId) -> Self {
        let is_limit = |order: &&crate::order::Order| matches!(order.action, OrderAction::Open { limit: Some(_), .. });
        let limit_orders = state.orders().filter(is_limit).map(|order| order.id).collect();
        Self { book, world: Standing::of(state, book), limit_orders, steps: Vec::new(), closes: Vec::new() }
    }

    /// Adds what one entry came to.
    pub fn observe(&mut self, events: &[Event]) {
        for event in events {
            self.observe_one(event);
        }
        if !events.is_empty() {
            self.steps.extend([Step::Judged, Step::Ended]);
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "nothing else touches a book's margin")]
    fn observe_one(&mut self, event: &Event) {
        match event {
            Event::InstrumentListed { instrument, footballer, live_base, .. } => {
                let curve = OthersCurve { position: footballer.position, base: *live_base, net: Lots::ZERO, review: None };
                self.change(*instrument, |known| *known = Some(curve));
            }
            Event::PriceChanged { instrument, live_base, bump, .. } => {
                let base = *live_base + *bump;
                self.change(*instrument, |known| known.iter_mut().for_each(|curve| curve.base = base));
            }
            Event::ReviewHeld { instrument, review } => {
                self.change(*instrument, |known| known.iter_mut().for_each(|curve| curve.review = Some(review.mark)));
            }
            Event::ReviewEnded { instrument } => {
                self.change(*instrument, |known| known.iter_mut().for_each(|curve| curve.review = None));
            }
            Event::OrderPlaced(order) => {
                if matches!(order.action, OrderAction::Open { limit: Some(_), .. }) {
                    self.limit_orders.insert(order.id);
                }
            }
            Event::PositionOpened(opened) => {
                if self.limit_orders.remove(&opened.order) {
                    self.steps.push(Step::Judged);
                }
                if opened.book == self.book {
                    let holding = Holding {
                        instrument: opened.instrument,
                        direction: opened.direction,
                        lots: opened.lots,
                        entry_cost: opened.entry_cost,
                    };
                    self.world.positions.insert(opened.position, holding);
                    self.steps.push(Step::Opened(opened.position, holding));
                    self.steps.push(Step::Paid(-opened.fee));
                } else {
                    self.shift(opened.instrument, opened.direction.signed(opened.lots));
                }
            }
            Event::PositionClosed(closed) => self.observe_close(closed),
            Event::ValuePosted { postings, .. } => {
                for posting in postings.iter().filter(|p| p.account == LedgerAccount::Wallet(self.book)) {
                    self.steps.push(Step::Paid(posting.amount));
                }
            }
            _ => {}
        }
    }

    fn observe_close(&mut self, closed: &PositionClosed) {
        // R5.5: whoever is washed out was found after every account below him had been judged.
        if closed.reason == CloseReason::Washout && closed.book >= self.book {
            self.steps.push(Step::Judged);
        }
        if closed.book != self.book {
            return self.shift(closed.instrument, -closed.direction.signed(closed.lots));
        }
        self.world.reduce(closed.position, closed.lots, closed.entry_cost);
        if closed.reason == CloseReason::Washout {
            return self.closes.push(Close { position: closed.position, exit_value: closed.exit_value, pnl: closed.pnl });
        }
        self.steps.push(Step::Left { position: closed.position, lots: closed.lots, entry_cost: closed.entry_cost });
        self.steps.push(Step::Paid(closed.pnl - closed.fee));
    }

    fn shift(&mut self, instrument: InstrumentIdx, lots: Lots) {
        self.change(instrument, |known| known.iter_mut().for_each(|curve| curve.net += lots));
    }

    fn change(&mut self, instrument: InstrumentIdx, change: impl FnOnce(&mut Option<OthersCurve>)) {
        let mut known = self.world.curves.get(&instrument).copied();
        change(&mut known);
        if let Some(curve) = known {
            self.world.curves.insert(instrument, curve);
            self.steps.push(Step::Curve(instrument, curve));
        }
    }
}
