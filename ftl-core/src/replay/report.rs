//! What a replay came to: gathered from its outcomes, finished with the state that they made.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::boards::{Board, BoardKey, BoardKind, BoardScope};
use crate::event::{CloseReason, Event, PositionClosed};
use crate::fixture::MatchPhase;
use crate::hash::Hash;
use crate::id::{AccountId, FixtureId, InstrumentId, InstrumentIdx, Seq};
use crate::outcome::{Outcome, Receipt};
use crate::rules::Preset;
use crate::state::State;
use crate::units::{Money, Price, Score};

/// Lines of a board in the report.
const BOARD_LINES: usize = 10;

/// See the module; what `ftl replay --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayReport {
    /// The match.
    pub fixture: FixtureId,
    /// The rules.
    pub rules: Preset,
    /// The seed.
    pub seed: u64,
    /// The last entry.
    pub seq: Seq,
    /// The state's hash there.
    pub hash: Hash,
    /// Everybody in the squads, in the order of listing.
    pub instruments: Vec<InstrumentLine>,
    /// Orders that were accepted, filled at once or resting: opens and users' closes.
    pub orders: u64,
    /// Fills: positions opened and closes of any kind, those at full time included.
    pub fills: u64,
    /// Orders that were cancelled, by the reason's code.
    pub cancelled: BTreeMap<String, u64>,
    /// Commands that were refused, by the rejection's code.
    pub refused: BTreeMap<String, u64>,
    /// Closes by washout.
    pub washouts: u64,
    /// R6.2: the one price of everybody in the squads at full time.
    pub settled_at: BTreeMap<InstrumentId, Price>,
    /// The first ten of the boards overall.
    pub boards: ReplayBoards,
    /// What the house has won from traders, negative where it lost.
    pub house: Money,
    #[serde(skip)]
    contract_size: u32,
}

/// An instrument's way through the match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstrumentLine {
    /// His slug.
    pub slug: InstrumentId,
    /// The mark when he was listed.
    pub open: Price,
    /// The mark at the end.
    pub close: Price,
    /// The lowest mark.
    pub low: Price,
    /// The highest mark.
    pub high: Price,
}

/// Boards overall.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplayBoards {
    /// By realised result, in points.
    pub pnl: Vec<BoardLine>,
    /// By return on margin committed; a season's board (three fixtures), mostly empty after one.
    pub roi: Vec<BoardLine>,
}

/// One line of a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoardLine {
    /// From 1.
    pub rank: u64,
    /// Who.
    pub account: AccountId,
    /// In the board's unit.
    pub score: String,
}

impl ReplayReport {
    /// An empty one.
    pub(super) fn of(fixture: &FixtureId, rules: Preset, seed: u64) -> Self {
        Self {
            fixture: fixture.clone(),
            rules,
            seed,
            seq: Seq(0),
            hash: Hash::default(),
            instruments: Vec::new(),
            orders: 0,
            fills: 0,
            cancelled: BTreeMap::new(),
            refused: BTreeMap::new(),
            washouts: 0,
            settled_at: BTreeMap::new(),
            boards: ReplayBoards::default(),
            house: Money::ZERO,
            contract_size: 1,
        }
    }

    /// Takes in the next outcome.
    pub fn observe(&mut self, outcome: &Outcome) {
        self.seq = outcome.seq;
        outcome.events.iter().for_each(|event| self.event(event));
        if outcome.replayed {
            return;
        }
        match &outcome.answer.result {
            Ok(Receipt::Opened { .. } | Receipt::Closed { .. } | Receipt::Resting { .. }) => add_one(&mut self.orders),
            Ok(Receipt::Done | Receipt::Listed(_) | Receipt::Modified { .. } | Receipt::Cancelled { .. }) => {}
            Err(rejection) => add_one(self.refused.entry(rejection.code().to_owned()).or_default()),
        }
    }

    /// What only the state knows: its hash, the boards, the house.
    pub fn finish(&mut self, state: &mut State) {
        self.hash = state.hash();
        self.house = state.ledger().house;
        let lines = |kind, score: fn(i64) -> String| {
            let ranking = state.boards().ranking(Board::of_season(kind, BoardScope::Overall));
            let line = |key: BoardKey, rank| BoardLine { rank, account: key.account, score: score(key.score) };
            ranking
                .map(|ranking| (1..).zip(ranking.iter().take(BOARD_LINES)).map(|(rank, key)| line(key, rank)).collect())
                .unwrap_or_default()
        };
        let pnl = lines(BoardKind::Pnl, |score| Money::from_units(score).to_string());
        let roi = lines(BoardKind::Roi, |score| Score::from_units(score).to_string());
        self.boards = ReplayBoards { pnl, roi };
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "the others are no part of the report")]
    fn event(&mut self, event: &Event) {
        match event {
            Event::LeagueFounded(genesis) => self.contract_size = genesis.rules.contract_size,
            Event::InstrumentListed { footballer, live_base: mark, .. } => {
                let slug = footballer.instrument.clone();
                self.instruments.push(InstrumentLine { slug, open: *mark, close: *mark, low: *mark, high: *mark });
            }
            Event::PriceChanged { instrument, mark, .. } => self.mark(*instrument, *mark),
            Event::PositionOpened(opened) => {
                add_one(&mut self.fills);
                self.mark(opened.instrument, opened.mark);
            }
            Event::PositionClosed(closed) => self.closed(closed),
            Event::OrderCancelled { reason, .. } => add_one(self.cancelled.entry(reason.code().to_owned()).or_default()),
            Event::PhaseEntered { phase: MatchPhase::Finished | MatchPhase::Abandoned, .. } => self.full_time(),
            _ => {}
        }
    }

    fn mark(&mut self, instrument: InstrumentIdx, mark: Price) {
        let Some(line) = self.instruments.get_mut(instrument.index()) else { return };
        line.close = mark;
        line.low = line.low.min(mark);
        line.high = line.high.max(mark);
    }

    fn closed(&mut self, closed: &PositionClosed) {
        add_one(&mut self.fills);
        if closed.reason == CloseReason::Washout {
            add_one(&mut self.washouts);
        }
        if closed.reason == CloseReason::AutoExitFt {
            // One price for all times the shares is exact: 0.50 lots at 201.2345 are 10061.725000.
            let shares = closed.lots.wide() * i64::from(self.contract_size);
            let price = Price::from_units(closed.exit_value.wide().magnitude().div_floor(shares).clamp_i64());
            if let Some(line) = self.instruments.get(closed.instrument.index()) {
                self.settled_at.entry(line.slug.clone()).or_insert(price);
            }
        }
        self.mark(closed.instrument, closed.mark);
    }

    /// Whoever has no position has no imbalance either: the mark is his clearing price.
    fn full_time(&mut self) {
        let settled: BTreeSet<InstrumentId> = self.settled_at.keys().cloned().collect();
        let rest = self.instruments.iter().filter(|line| !settled.contains(&line.slug));
        self.settled_at.extend(rest.map(|line| (line.slug.clone(), line.close)));
    }
}

const fn add_one(n: &mut u64) {
    *n = n.saturating_add(1);
}
