//! Engine and auditor: two models made from the same rules must say and hold the same.

use ftl_core::boards::{BoardKind, BoardScope, BoardWindow};
use ftl_core::event::Event;
use ftl_core::fixture::{MatchEvent, MatchPhase};
use ftl_core::id::{BookId, InstrumentIdx};
use ftl_core::order::{Order, OrderAction};
use ftl_core::rejection::Rejection;
use ftl_core::state::State;
use ftl_core::time::{MatchClock, Week};

use super::{Finding, Moment};
use crate::auditor::boards::Board;
use crate::auditor::{AuditedFill, Auditor, FillReason, Intent, Listed, Resting, Verdict};
use crate::holds;

/// The auditor, and whether the boards' own rules have changed: from then on, when a score was reached depends on the
/// rules of that time, which the auditor does not keep.
pub struct Witness {
    auditor: Auditor,
    board_rules_changed: bool,
}

impl Witness {
    pub fn new() -> Self {
        Self { auditor: Auditor::new(), board_rules_changed: false }
    }

    pub fn check(&mut self, moment: &Moment) -> Finding {
        let verdict = self.auditor.apply(moment.entry);
        self.board_rules_changed |= moment.before.genesis().is_some() && moment.before.rules().boards != moment.after.rules().boards;
        said(moment, &verdict)?;
        if moment.after.genesis().is_none() {
            return Ok(());
        }
        self.accounts(moment.after)?;
        self.instruments(moment.after)?;
        self.positions(moment.after)?;
        self.orders(moment.after)?;
        self.fixtures(moment.after)?;
        self.boards(moment)
    }

    fn accounts(&self, state: &State) -> Finding {
        let ledger = *state.ledger();
        holds!(self.auditor.ledger == ledger, "the ledger holds {ledger:?}, the auditor {:?}", self.auditor.ledger);
        holds!(self.auditor.accounts.len() == state.accounts().count(), "the auditor has {} accounts", self.auditor.accounts.len());
        for row in &self.auditor.accounts {
            let book = state.book(BookId::season(row.id)).ok_or_else(|| format!("no book of {}", row.id))?;
            let suspended = state.account(row.id).is_some_and(|account| account.suspended);
            let (ours, its) = ((book.balance, book.warned, suspended), (row.balance, row.warned, row.suspended));
            holds!(ours == its, "balance, warned, suspended of {} are {ours:?}, the auditor has {its:?}", row.id);
        }
        Ok(())
    }

    fn instruments(&self, state: &State) -> Finding {
        holds!(
            self.auditor.instruments.len() == state.instruments().count(),
            "the auditor has {} instruments",
            self.auditor.instruments.len()
        );
        for (n, (row, its)) in state.instruments().zip(&self.auditor.instruments).enumerate() {
            let slug = &its.slug;
            let wide = |price: ftl_core::units::Price| i128::from(price.units());
            let frozen = row.frozen || state.fixture_of(row).is_some_and(ftl_core::fixture::Fixture::awaits_final);
            let mark = state.mark(row.idx).unwrap_or_default();
            holds!(row.form == its.form, "form of {slug} is {}, the auditor has {}", row.form, its.form);
            let prices = (wide(row.live_base), wide(row.bump), wide(mark));
            let audited = (self.auditor.live_base(n), self.auditor.bump(n), self.auditor.mark(n));
            holds!(prices == audited, "base, bump and mark of {slug} are {prices:?}, the auditor has {audited:?}");
            let ours = (row.active, frozen, row.side_cap, row.review);
            let audited = (its.active, self.auditor.is_frozen(n), its.side_cap, its.review);
            holds!(ours == audited, "active, frozen, side cap, review of {slug} are {ours:?}, the auditor has {audited:?}");
        }
        Ok(())
    }

    fn positions(&self, state: &State) -> Finding {
        holds!(self.auditor.positions.len() == state.positions().count(), "the auditor has {} positions", self.auditor.positions.len());
        for its in &self.auditor.positions {
            let row = state.position(its.id).ok_or_else(|| format!("the auditor has position {}", its.id))?;
            let pending = row.pending.map(|p| (p.stop_loss, p.take_profit, p.due));
            let audited = its.pending.map(|p| (p.stop_loss, p.take_profit, p.due));
            let ours = (row.book, row.instrument, row.direction, row.lots, row.entry_cost, row.opened_at, row.stop_loss, row.take_profit);
            let instrument = InstrumentIdx(its.instrument as u16);
            let theirs = (its.book, instrument, its.direction, its.lots, its.entry_cost, its.opened_at, its.stop_loss, its.take_profit);
            holds!(
                ours == theirs && pending == audited,
                "position {} is {ours:?} {pending:?}, the auditor has {theirs:?} {audited:?}",
                its.id
            );
        }
        Ok(())
    }

    fn orders(&self, state: &State) -> Finding {
        holds!(self.auditor.orders.len() == state.orders().count(), "the auditor has {} orders", self.auditor.orders.len());
        for its in &self.auditor.orders {
            let row = state.order(its.id).ok_or_else(|| format!("the auditor has order {}", its.id))?;
            holds!(is_same_order(row, its), "order is {row:?}, the auditor has {its:?}");
        }
        Ok(())
    }

    fn fixtures(&self, state: &State) -> Finding {
        holds!(self.auditor.fixtures.len() == state.fixtures().count(), "the auditor has {} fixtures", self.auditor.fixtures.len());
        for (row, its) in state.fixtures().zip(&self.auditor.fixtures) {
            // When a phase began matters while it shows minutes.
            let began = |phase: MatchPhase, began: MatchClock| phase.base_minute().map(|_| began);
            let ours = (row.phase, row.clock, began(row.phase, row.phase_began));
            let theirs = (its.phase, its.clock, began(its.phase, its.phase_began));
            holds!(ours == theirs, "phase, clock, begin of {} are {ours:?}, the auditor has {theirs:?}", row.id);
            let ours: Vec<MatchEvent> = row.events.iter().map(|l| l.event.clone()).collect();
            let counted = |l: &Listed| MatchEvent { clock: Some(MatchClock(l.clock)), ..l.event.clone() };
            let theirs: Vec<MatchEvent> = its.events.iter().map(counted).collect();
            holds!(ours == theirs, "events of {} are\n{ours:?}\nthe auditor has\n{theirs:?}", row.id);
        }
        Ok(())
    }

    fn boards(&self, moment: &Moment) -> Finding {
        let moved = |event: &Event| matches!(event, Event::PositionOpened(_) | Event::PositionClosed(_) | Event::RulesChanged(_));
        if !moment.outcome.events.iter().any(moved) {
            return Ok(());
        }
        let state = moment.after;
        let districts = state.genesis().map(|genesis| genesis.districts.clone()).unwrap_or_default();
        for board in super::boards::all(state) {
            let district = match board.scope {
                BoardScope::Overall => None,
                BoardScope::District(place) => districts.get(usize::from(place)),
            };
            let week = match board.window {
                BoardWindow::Season => None,
                BoardWindow::Week(week) => Some(u64::from(week.0)),
            };
            let kind = match board.kind {
                BoardKind::Pnl => Board::Pnl,
                BoardKind::Roi => Board::Roi,
            };
            let ranking = state.boards().ranking(board);
            let mut ours: Vec<_> = ranking.iter().flat_map(|r| r.iter()).map(|k| (i128::from(k.score), k.reached, k.account)).collect();
            let mut theirs: Vec<_> =
                self.auditor.board(kind, district, week).into_iter().map(|row| (row.score, row.reached, row.account)).collect();
            if self.board_rules_changed {
                for rows in [&mut ours, &mut theirs] {
                    rows.iter_mut().for_each(|row| row.1 = ftl_core::id::Seq(0));
                    rows.sort();
                }
            }
            holds!(ours == theirs, "{board:?} is {ours:?}, the auditor has {theirs:?}");
        }
        let now = Week::of(state.at());
        for week in [now.before(), now] {
            for line in state.boards().district_table(week, districts.len() as u16) {
                let ours = (i128::from(line.score.units()), line.contenders as usize);
                let theirs = self.auditor.district(&districts[usize::from(line.district)], u64::from(week.0));
                holds!(ours == theirs, "district {} in week {} is {ours:?}, the auditor has {theirs:?}", line.district, week.0);
            }
        }
        Ok(())
    }
}

/// Answer, fills, cancellations, warnings, in their order.
fn said(moment: &Moment, verdict: &Verdict) -> Finding {
    let outcome = moment.outcome;
    // An id with another body is known and has no answer of its own: either word is right.
    let reused = outcome.answer.result == Err(Rejection::IdempotencyKeyReused);
    holds!(reused || verdict.replayed == outcome.replayed, "replayed is {}, the auditor says {}", outcome.replayed, verdict.replayed);
    let result = outcome.answer.result.clone().map(|_| ());
    holds!(is_same_answer(&result, &verdict.result), "it came to {result:?}, the auditor says {:?}", verdict.result);
    let fills: Vec<AuditedFill> = outcome.events.iter().filter_map(fill).collect();
    holds!(fills == verdict.fills, "fills are\n{fills:#?}\nthe auditor has\n{:#?}", verdict.fills);
    let (mut cancelled, mut warned, mut rearmed) = (Vec::new(), Vec::new(), Vec::new());
    for event in &outcome.events {
        match event {
            Event::OrderCancelled { order, reason, .. } => cancelled.push((*order, reason.code().to_owned())),
            Event::MarginWarned { book } => warned.push(*book),
            Event::MarginRearmed { book } => rearmed.push(*book),
            _ => {}
        }
    }
    holds!(cancelled == verdict.cancelled, "cancelled are {cancelled:?}, the auditor has {:?}", verdict.cancelled);
    holds!(warned == verdict.warned, "warned are {warned:?}, the auditor has {:?}", verdict.warned);
    holds!(rearmed == verdict.rearmed, "re-armed are {rearmed:?}, the auditor has {:?}", verdict.rearmed);
    Ok(())
}

fn fill(event: &Event) -> Option<AuditedFill> {
    match event {
        Event::PositionOpened(o) => Some(AuditedFill {
            position: o.position,
            book: o.book,
            instrument: o.instrument.index(),
            reason: FillReason::Opened,
            lots: o.lots,
            value: o.entry_cost,
            pnl: ftl_core::units::Money::ZERO,
        }),
        Event::PositionClosed(c) => Some(AuditedFill {
            position: c.position,
            book: c.book,
            instrument: c.instrument.index(),
            reason: FillReason::Closed(c.reason),
            lots: c.lots,
            value: c.exit_value,
            pnl: c.pnl,
        }),
        _ => None,
    }
}

/// The same code with the same figures; a field's name and what it takes are words.
fn is_same_answer(ours: &Result<(), Rejection>, theirs: &Result<(), Rejection>) -> bool {
    let words = |result: &Result<(), Rejection>| matches!(result, Err(Rejection::InvalidField { .. }));
    ours == theirs || (words(ours) && words(theirs))
}

fn is_same_order(row: &Order, its: &Resting) -> bool {
    let intent = match row.action {
        OrderAction::Open { direction, limit, slippage, stop_loss, take_profit } => {
            Intent::Open { direction, limit, slippage, stop_loss, take_profit }
        }
        OrderAction::Close { position } => Intent::Close { position },
    };
    let theirs = (its.book, InstrumentIdx(its.instrument as u16), its.intent, its.lots, its.due, its.reserved, its.cancel_due);
    (row.book, row.instrument, intent, row.lots, row.due, row.reserved, row.cancel_due) == theirs
}
