//! What a season comes to, gathered from its entries and outcomes as they happen. It only reads.
//!
//! ```text
//!  entry, outcome, state ─▶ Tally ─┬─ counts, bad debt, the house and its bound
//!                                  ├─ MatchLine of each match: drift, washouts
//!                                  ├─ MarkOut of each persona: where the mark was 1, 5, 30, 60 s after a fill
//!                                  ├─ People: who was washed out, what everybody has in the end
//!                                  └─ BaseMoves: what the red team made of what the crowd does not move
//! ```

mod base_moves;
mod drift;
mod mark_out;
mod people;

use std::collections::BTreeMap;

use crate::command::Action;
use crate::event::{CloseReason, Event, PositionClosed, PositionOpened};
use crate::fixture::{Fixture, MatchPhase, Side};
use crate::id::{AccountId, FixtureId};
use crate::ledger::PostingReason;
use crate::outcome::{Entry, Outcome, Receipt};
use crate::state::State;
use crate::time::{At, Span};
use crate::units::Money;

pub use drift::{Drift, Goals};
pub use mark_out::{HORIZONS, MarkOut};
pub use people::PersonaLine;

use base_moves::BaseMoves;
use drift::{Drifts, News};
use mark_out::MarkOuts;
use people::People;

/// Between two looks at the house's bound, which costs what the league has of instruments.
const BOUND_EVERY: Span = Span::minutes(5);

/// A match of the season.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatchLine {
    /// Which.
    pub fixture: FixtureId,
    /// Team names.
    pub teams: [String; 2],
    /// The score at full time.
    pub goals: [usize; 2],
    /// When it kicked off.
    pub kick_off: At,
    /// Whether it was played to an end.
    pub played: bool,
    /// Positions closed by washout.
    pub washouts: u64,
    /// Careless traders who opened a position in it, and of these who were washed out in it.
    pub careless: [u64; 2],
    /// The mean move of the price of those who played, from kick-off to full time, in 10⁻⁶ of it.
    pub drift_ppm: i64,
    /// What the house had won from traders when it ended.
    pub house: Money,
}

/// See the module.
#[derive(Debug)]
pub struct Tally {
    /// Orders accepted, filled at once or resting: opens and users' closes.
    pub orders: u64,
    /// Positions opened, and closes of any kind, those at full time included.
    pub fills: u64,
    /// Positions closed by washout.
    pub washouts: u64,
    /// Washouts by how many events had moved the price since the position was opened: none, one, two, more.
    pub washouts_by_events: [u64; 4],
    /// Washouts by one event at most, in the first six minutes of the position.
    pub sudden_washouts: u64,
    /// What insurance and the house paid for flat books below nothing (R5.4).
    pub bad_debt: Money,
    /// The most that the present book could have cost the house at any moment looked at (R7.2).
    pub house_bound: Money,
    /// Orders cancelled, by the reason's code.
    pub cancelled: BTreeMap<String, u64>,
    /// Commands refused, by the rejection's code.
    pub refused: BTreeMap<String, u64>,
    /// In the order of announcement.
    pub matches: Vec<MatchLine>,
    drifts: Drifts,
    mark_outs: MarkOuts,
    people: People,
    /// Of whoever is none of the traders: the red team.
    base_moves: BaseMoves,
    at: At,
    bound_due: At,
}

impl Tally {
    /// Of a season with these traders and the numbers of their tempers.
    pub(super) fn of(traders: impl Iterator<Item = (AccountId, u8)>) -> Self {
        Self {
            orders: 0,
            fills: 0,
            washouts: 0,
            washouts_by_events: [0; 4],
            sudden_washouts: 0,
            bad_debt: Money::ZERO,
            house_bound: Money::ZERO,
            cancelled: BTreeMap::new(),
            refused: BTreeMap::new(),
            matches: Vec::new(),
            drifts: Drifts::default(),
            mark_outs: MarkOuts::default(),
            people: People::of(traders),
            base_moves: BaseMoves::default(),
            at: At(0),
            bound_due: At(0),
        }
    }

    /// How prices moved, by position in the order of [`Position::ALL`](crate::fixture::Position::ALL), and of those who
    /// scored.
    pub fn drifts(&self) -> (&[Drift; 4], &Drift) {
        (&self.drifts.by_position, &self.drifts.scorers)
    }

    /// What a goal did to its scorer's price, by position in the order of [`Position::ALL`](crate::fixture::Position::ALL).
    pub fn goals(&self) -> &[Goals; 4] {
        &self.drifts.goals
    }

    /// Prices at kick-off of those who played, by position, as they came.
    pub fn prices(&self) -> &[Vec<Money>; 4] {
        &self.drifts.prices
    }

    /// By persona, then by horizon.
    pub fn mark_outs(&self) -> &[[MarkOut; 4]] {
        self.mark_outs.by_persona()
    }

    /// Traders who lost a position by washout.
    pub fn washed_out(&self) -> u64 {
        self.people.washed_out()
    }

    /// What the personas came to in a league.
    pub fn personas(&self, state: &State) -> Vec<PersonaLine> {
        self.people.personas(state)
    }

    /// What every trader has, in the order of their accounts.
    pub fn wealth(&self, state: &State) -> Vec<Money> {
        self.people.wealth(state)
    }

    /// What an account of the red team made of moves that are not the crowd's.
    pub(super) fn made_of_base_moves(&self, account: AccountId) -> Money {
        self.base_moves.made(account)
    }

    /// Time goes on to `at`; `state` is as it was until then.
    pub(super) fn time_is(&mut self, at: At, state: &State) {
        if at == self.at {
            return;
        }
        self.at = at;
        self.mark_outs.until(at, state);
    }

    /// Takes in an entry and what became of it; `state` is that after it.
    pub(super) fn observe(&mut self, entry: &Entry, outcome: &Outcome, state: &State) {
        match &outcome.answer.result {
            Ok(Receipt::Opened { .. } | Receipt::Closed { .. } | Receipt::Resting { .. }) => {
                add_one(&mut self.orders);
                self.people.ordered(entry);
            }
            Ok(Receipt::Done) => self.match_day(&entry.command.action, state),
            Ok(Receipt::Listed(_) | Receipt::Modified { .. } | Receipt::Cancelled { .. }) => {}
            // What is refused to the red team is its own affair.
            Err(_) if entry.command.id.0 == u128::from(entry.seq.0) => {}
            Err(rejection) => add_one(self.refused.entry(rejection.code().to_owned()).or_default()),
        }
        let news = News::of(&entry.command.action, state);
        for event in &outcome.events {
            self.event(event, news, state);
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "the others are no part of the tally")]
    fn match_day(&mut self, action: &Action, state: &State) {
        match action {
            Action::CreateFixture(create) => self.matches.push(MatchLine {
                fixture: create.fixture.clone(),
                teams: [create.home.clone(), create.away.clone()],
                kick_off: create.kick_off,
                ..MatchLine::default()
            }),
            Action::EnterPhase { fixture, phase: MatchPhase::FirstHalf } => {
                if let Some(fixture) = state.fixture(fixture) {
                    self.drifts.begin(fixture, state);
                }
            }
            Action::TickClock { .. } if self.at >= self.bound_due => {
                self.bound_due = self.at.after(BOUND_EVERY);
                self.house_bound = self.house_bound.max(state.risk().worst_loss);
            }
            Action::FinishFixture { fixture } | Action::AbandonFixture { fixture } => {
                if let Some(fixture) = state.fixture(fixture) {
                    self.full_time(fixture, state);
                }
            }
            _ => {}
        }
    }

    fn full_time(&mut self, fixture: &Fixture, state: &State) {
        let drift_ppm = self.drifts.end(fixture, state);
        let Some(line) = self.matches.iter_mut().rev().find(|line| line.fixture == fixture.id) else { return };
        line.drift_ppm = drift_ppm;
        line.played = true;
        line.goals = [fixture.goals(Side::Home), fixture.goals(Side::Away)];
        line.house = state.ledger().house;
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "the others are no part of the tally")]
    fn event(&mut self, event: &Event, news: News, state: &State) {
        match event {
            Event::PositionOpened(opened) => self.opened(opened, state),
            Event::PositionClosed(closed) => self.closed(closed, state),
            Event::PriceChanged { instrument, live_base, bump, .. } => {
                self.drifts.moved(*instrument, *live_base, news, state);
                self.base_moves.moved(*instrument, *live_base + *bump);
            }
            Event::OrderCancelled { reason, .. } => add_one(self.cancelled.entry(reason.code().to_owned()).or_default()),
            Event::ValuePosted { reason: PostingReason::BadDebt, postings: [wallet, _], .. } => self.bad_debt += wallet.amount,
            _ => {}
        }
    }

    fn opened(&mut self, opened: &PositionOpened, state: &State) {
        add_one(&mut self.fills);
        let Some(trader) = self.people.find(opened.book) else { return self.base_moves.opened(opened, state) };
        let persona = self.people.opened(trader, opened, self.drifts.events_of(opened.instrument), self.at);
        self.mark_outs.filled(persona, opened, state.rules().contract_size, self.at);
        let place = place_of(opened.instrument, state).unwrap_or(self.matches.len().saturating_sub(1));
        if let Some(line) = self.matches.get_mut(place)
            && self.people.first_careless_open(trader, place)
        {
            add_one(&mut line.careless[0]);
        }
    }

    fn closed(&mut self, closed: &PositionClosed, state: &State) {
        add_one(&mut self.fills);
        self.base_moves.closed(closed, state.rules().contract_size);
        let entry = self.people.closed(closed);
        if closed.reason != CloseReason::Washout {
            return;
        }
        add_one(&mut self.washouts);
        let events = entry.map_or(0, |entry| self.drifts.events_of(closed.instrument).saturating_sub(entry.events));
        if let Some(count) = self.washouts_by_events.get_mut(usize::try_from(events.min(3)).unwrap_or(3)) {
            add_one(count);
        }
        if events <= 1 && self.at.since(closed.opened_at) <= Span::minutes(6) {
            add_one(&mut self.sudden_washouts);
        }
        let Some(place) = place_of(closed.instrument, state) else { return };
        if let Some(line) = self.matches.get_mut(place) {
            add_one(&mut line.washouts);
            if self.people.washed(closed.book, place) {
                add_one(&mut line.careless[1]);
            }
        }
    }
}

/// The match that an instrument is in: fixtures are numbered in the order of announcement, like the lines.
fn place_of(instrument: crate::id::InstrumentIdx, state: &State) -> Option<usize> {
    usize::try_from(state.instrument(instrument)?.fixture?).ok()
}

fn add_one(n: &mut u64) {
    *n = n.saturating_add(1);
}
