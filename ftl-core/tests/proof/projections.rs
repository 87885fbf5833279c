//! Rows folded from outcomes, without a state, against the state that the outcomes came from: after every run of a
//! drawn league, whatever its length.

use std::collections::BTreeMap;
use std::sync::Arc;

use ftl_core::boards::{BoardKind, BoardWindow};
use ftl_core::command::AccountKind;
use ftl_core::fixture::{EventKind, Side};
use ftl_core::id::{AccountId, EventId, FixtureId, InstrumentIdx, OrderId, PositionId, Seq};
use ftl_core::instrument::Instrument;
use ftl_core::journal::{BatchId, StoredBatch};
use ftl_core::ledger::LedgerAccount;
use ftl_core::order::OrderAction;
use ftl_core::outcome::Entry;
use ftl_core::projection::*;
use ftl_core::state::State;
use ftl_core::units::{Lots, Money};

use crate::numbers::Numbers;
use crate::workload::Workload;

/// Tables as a store keeps them.
#[derive(Default)]
struct Tables {
    accounts: BTreeMap<AccountId, AccountRow>,
    balances: BTreeMap<LedgerAccount, Money>,
    instruments: BTreeMap<InstrumentIdx, InstrumentRow>,
    positions: BTreeMap<PositionId, PositionRow>,
    orders: BTreeMap<OrderId, OrderRow>,
    fixtures: BTreeMap<FixtureId, (FixtureRow, FixturePatch)>,
    events: BTreeMap<(FixtureId, EventId), MatchEventChange>,
    results: BTreeMap<LeaderboardKey, (LeaderboardChange, Seq)>,
}

fn write<K: Ord + Copy + std::fmt::Debug, R, P: Patch<R>>(table: &mut BTreeMap<K, R>, changes: Changes<K, R, P>) {
    for (key, row) in changes.made {
        assert!(table.insert(key, row).is_none(), "{key:?} is made twice");
    }
    for (key, patch) in changes.changed {
        patch.apply(table.get_mut(&key).unwrap_or_else(|| panic!("{key:?} is changed and was never made")));
    }
}

impl Tables {
    fn write(&mut self, run: Run<'_>) {
        write(&mut self.accounts, account_changes(run));
        write(&mut self.instruments, instrument_changes(run));
        write(&mut self.positions, position_changes(run));
        write(&mut self.orders, order_changes(run));
        for (account, amount) in balance_changes(run) {
            *self.balances.entry(account).or_default() += amount;
        }
        let matches = match_changes(run);
        for row in matches.made {
            self.fixtures.insert(row.fixture.clone(), (row, FixturePatch::default()));
        }
        for (fixture, patch) in matches.moved {
            let (_, place) = self.fixtures.get_mut(&fixture).unwrap();
            place.phase = patch.phase.or(place.phase);
            place.clock = patch.clock.or(place.clock);
        }
        for (key, change) in matches.events {
            let row = self.events.entry(key).or_insert_with(|| change.clone());
            row.event = change.event.or(row.event.take());
            (row.standing, row.changed) = (change.standing, change.changed);
        }
        for (key, change) in leaderboard_changes(run) {
            let (row, reached) = self.results.entry(key).or_default();
            let moved = if row.has_closed { change.reached } else { change.reached_by_newcomer };
            *reached = moved.unwrap_or(*reached);
            row.realised += change.realised;
            row.closed_positions += change.closed_positions;
            row.has_closed |= change.has_closed;
        }
    }

    fn compare(&self, state: &State) {
        let districts = &state.genesis().unwrap().districts;
        assert_eq!(self.accounts.len(), state.accounts().count());
        for account in state.accounts() {
            let row = &self.accounts[&account.id];
            assert_eq!((row.kind, row.suspended, row.opened_at), (account.kind, account.suspended, account.since));
            assert_eq!(row.district, districts[usize::from(account.district)]);
        }
        let balance = |account| self.balances.get(&account).copied().unwrap_or_default();
        for book in state.books() {
            assert_eq!(balance(LedgerAccount::Wallet(book.id)), book.balance);
        }
        let ledger = state.ledger();
        let own = [LedgerAccount::House, LedgerAccount::Insurance, LedgerAccount::Fees, LedgerAccount::Mint].map(balance);
        assert_eq!(own, [ledger.house, ledger.insurance, ledger.fees, ledger.mint]);
        self.compare_instruments(state);
        self.compare_positions(state);
        self.compare_orders(state);
        self.compare_matches(state);
        self.compare_results(state);
    }

    fn compare_instruments(&self, state: &State) {
        assert_eq!(self.instruments.len(), state.instruments().count());
        for instrument in state.instruments() {
            let row = &self.instruments[&instrument.idx];
            let seen = Instrument {
                footballer: Arc::new(row.footballer.clone()),
                active: row.active,
                frozen: row.frozen,
                form: row.form,
                live_base: row.live_base,
                bump: row.bump,
                net: row.net,
                side_cap: row.side_cap,
                review: row.review,
                ..instrument.clone()
            };
            assert_eq!(&seen, instrument);
            assert_eq!(Some(row.mark), state.mark(instrument.idx));
        }
    }

    fn compare_positions(&self, state: &State) {
        let open: Vec<_> = self.positions.values().filter(|row| row.closed.is_none()).collect();
        assert_eq!(open.len(), state.open_positions());
        for row in open {
            let held = state.position(row.position).unwrap();
            assert_eq!((row.book, row.instrument, row.direction), (held.book, held.instrument, held.direction));
            assert_eq!((row.lots, row.entry_cost, row.margin), (held.lots, held.entry_cost, held.committed));
            assert_eq!((row.opened_at, row.stop_loss, row.take_profit), (held.opened_at, held.stop_loss, held.take_profit));
            assert_eq!(row.pending, held.pending);
        }
        for row in self.positions.values().filter(|row| row.closed.is_some()) {
            assert_eq!((row.lots, row.entry_cost), (Lots::ZERO, Money::ZERO), "{row:?}");
        }
    }

    fn compare_orders(&self, state: &State) {
        let resting: Vec<_> = self.orders.values().filter(|row| row.end.is_none()).collect();
        assert_eq!(resting.len(), state.orders().count());
        for row in resting {
            let order = state.order(row.order).unwrap();
            assert_eq!((row.book, row.instrument, row.lots), (order.book, order.instrument, order.lots));
            assert_eq!((row.placed_at, row.placed_seq, row.due), (order.placed_at, order.placed_by, order.due));
            assert_eq!((row.reserved, row.cancel_due), (order.reserved, order.cancel_due));
            let action = match (row.opens, row.direction) {
                (true, Some(direction)) => OrderAction::Open {
                    direction,
                    limit: row.limit,
                    slippage: row.slippage,
                    stop_loss: row.stop_loss,
                    take_profit: row.take_profit,
                },
                _ => OrderAction::Close { position: row.position.unwrap() },
            };
            assert_eq!(action, order.action);
        }
        for position in self.positions.values() {
            let end = self.orders[&position.order].end.as_ref();
            assert!(matches!(end.map(|end| &end.how), Some(OrderFate::Filled { position: filled, .. }) if *filled == position.position));
        }
    }

    fn compare_matches(&self, state: &State) {
        assert_eq!(self.fixtures.len(), state.fixtures().count());
        for fixture in state.fixtures() {
            let (row, place) = &self.fixtures[&fixture.id];
            assert_eq!((&row.home, &row.away, row.kick_off), (&fixture.home, &fixture.away, fixture.kick_off));
            let phase = place.phase.map_or(Default::default(), |(phase, ..)| phase);
            assert_eq!((phase, place.clock.unwrap_or_default()), (fixture.phase, fixture.clock));
            let squad: Vec<_> = fixture.squad.iter().map(|participant| (participant.slug.clone(), participant.side)).collect();
            assert_eq!(row.squad, squad);
            let listed: Vec<_> = self
                .events
                .iter()
                .filter(|((of, _), change)| *of == fixture.id && change.standing != EventStanding::Withdrawn)
                .map(|(_, change)| change.event.as_ref().unwrap())
                .collect();
            assert_eq!(listed.len(), fixture.events.len());
            for side in [Side::Home, Side::Away] {
                let goals = listed.iter().filter(|event| {
                    let of = row.squad.iter().find(|(slug, _)| Some(slug) == event.instrument.as_ref()).map(|(_, of)| *of);
                    let scores = if event.kind == EventKind::OwnGoal { of.map(Side::other) } else { of };
                    event.kind.is_goal() && scores == Some(side)
                });
                assert_eq!(goals.count(), fixture.goals(side));
            }
        }
    }

    fn compare_results(&self, state: &State) {
        for book in state.books().filter(|book| book.id.number == 0) {
            let season = self.results.get(&LeaderboardKey { week: None, book: book.id });
            let (row, reached) = season.copied().unwrap_or_default();
            let record = &book.standing.season;
            assert_eq!((row.realised, row.closed_positions, row.has_closed), (record.realised, record.closed_positions, record.has_closed));
            assert_eq!(reached, record.pnl_reached, "{row:?}");
            let week = book.standing.last_week();
            let Some(record) = book.standing.week(week) else { continue };
            let (row, reached) = self.results.get(&LeaderboardKey { week: Some(week), book: book.id }).copied().unwrap_or_default();
            assert_eq!((row.realised, row.has_closed, reached), (record.realised, record.has_closed, record.pnl_reached));
            let bot = state.account(book.id.account).is_some_and(|account| account.kind == AccountKind::Bot);
            let seat = book.seat();
            let key = book.standing.key(BoardKind::Pnl, BoardWindow::Week(week), seat, &state.rules().boards);
            assert_eq!(key.is_some(), row.has_closed && (!bot || state.rules().boards.bots));
        }
    }
}

fn executed(entries: Vec<Entry>, outcomes: Vec<Arc<ftl_core::outcome::Outcome>>) -> Executed {
    let first = entries[0].seq;
    let batch = StoredBatch {
        batch_id: BatchId(u128::from(first.0)),
        prev: BatchId(0),
        first,
        at: entries[0].at,
        epoch: 0,
        chain: Default::default(),
        commands: entries.into_iter().map(|entry| entry.command).collect(),
    };
    Executed { batch, outcomes }
}

#[test]
fn rows_folded_from_outcomes_are_what_the_state_holds() {
    let (mut closed, mut cancelled, mut corrected) = (0, 0, 0);
    for seed in 0..12 {
        let (mut state, mut workload, mut numbers) = (State::new(), Workload::of(seed), Numbers::of(seed));
        let (mut tables, mut written) = (Tables::default(), Seq(0));
        let mut pending: Vec<Executed> = Vec::new();
        for _ in 0..120 {
            for _ in 0..numbers.below(5) {
                let (mut entries, mut outcomes) = (Vec::new(), Vec::new());
                for _ in 0..1 + numbers.below(12) {
                    let entry = workload.next(&state);
                    let outcome = state.apply(&entry);
                    workload.learn(&entry, &outcome);
                    entries.push(entry);
                    outcomes.push(Arc::new(outcome));
                }
                pending.push(executed(entries, outcomes));
            }
            // What is written already may come again: a run begins at its watermark.
            let run = Run::behind(written, &pending);
            assert!(run.is_gapless());
            tables.write(run);
            written = run.last();
            assert_eq!(written, state.seq());
            pending.drain(..pending.len().saturating_sub(2));
            if state.genesis().is_some() {
                tables.compare(&state);
            }
        }
        closed += tables.positions.values().filter(|row| row.closed.is_some()).count();
        cancelled +=
            tables.orders.values().filter(|row| matches!(row.end.as_ref().map(|end| &end.how), Some(OrderFate::Cancelled(_)))).count();
        corrected += tables.events.values().filter(|row| row.standing != EventStanding::Reported).count();
    }
    assert!(closed > 500 && cancelled > 50 && corrected > 10, "{closed} {cancelled} {corrected}");
}

#[test]
fn a_run_leaves_out_what_is_behind_its_watermark() {
    let (mut state, mut workload) = (State::new(), Workload::of(3));
    let (mut entries, mut outcomes) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let entry = workload.next(&state);
        outcomes.push(Arc::new(state.apply(&entry)));
        entries.push(entry);
    }
    let all = [executed(entries, outcomes)];
    let run = Run::behind(Seq(7), &all);
    assert_eq!(run.outcomes().map(|outcome| outcome.seq).collect::<Vec<_>>(), [Seq(8), Seq(9), Seq(10)]);
    assert_eq!((run.last(), run.is_gapless()), (Seq(10), true));
    assert_eq!(Run::behind(Seq(12), &all).last(), Seq(12));
    assert!(!Run::behind(Seq(3), &[executed(vec![workload.next(&state)], Vec::new())]).is_gapless());
    let none: Run<'_> = Run::behind(Seq(5), &[]);
    assert_eq!((none.last(), none.is_gapless(), none.outcomes().count()), (Seq(5), true, 0));
}
