//! Frames for everybody: how a match stands, what happened in it, whether an instrument can be traded, and what others do.
//!
//! Of what others do, a frame names instrument, direction, lots and district: never who, at what price or with what gain.

use ftl_core::event::Event;
use ftl_core::fixture::{EventKind, Fixture, MatchPhase};
use ftl_core::id::{AccountId, District, EventId, FixtureId, InstrumentId, InstrumentIdx, Seq};
use ftl_core::instrument::Instrument;
use ftl_core::outcome::Outcome;
use ftl_core::position::CloseReason;
use ftl_core::time::At;
use ftl_core::units::{Direction, Lots, Price};
use serde::Serialize;

use crate::wire::board::BoardLine;
use crate::wire::fixture::{EventView, ScoreView};
use crate::wire::instrument::{InstrumentView, ReviewView};
use crate::wire::position::slug;
use crate::wire::{League, Time};

/// A frame of an entry that everybody may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PublicFrame {
    /// Whether an instrument can be traded; only the newest matters.
    Status(StatusFrame),
    /// How a match stands; only the newest matters.
    Fixture(FixtureFrame),
    /// What happened in a match.
    Event(EventFrame),
    /// What others do.
    Activity(ActivityFrame),
}

/// Whether an instrument can be traded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusFrame {
    /// Its number.
    pub idx: u16,
    /// Its slug.
    pub instrument: InstrumentId,
    /// The entry.
    pub seq: u64,
    /// Its time.
    pub at: Time,
    /// On the market.
    pub active: bool,
    /// Trading stands.
    pub frozen: bool,
    /// R3.9: no opens or closes.
    pub under_review: Option<ReviewView>,
    /// The match that he is in.
    pub fixture: Option<FixtureId>,
    /// R4.4: orders rest.
    pub in_play: bool,
}

impl StatusFrame {
    /// As it stands on the market.
    pub(crate) fn now(row: &InstrumentView, seq: Seq, at: At) -> Self {
        Self {
            idx: row.idx,
            instrument: row.id.clone(),
            seq: seq.0,
            at: Time(at),
            active: row.active,
            frozen: row.frozen,
            under_review: row.under_review.clone(),
            fixture: row.fixture.clone(),
            in_play: row.in_play,
        }
    }

    /// As it is now.
    pub(crate) fn of(league: &League, row: &Instrument) -> Self {
        Self {
            idx: row.idx.0,
            instrument: row.footballer.instrument.clone(),
            seq: league.seq().0,
            at: Time(league.at()),
            active: row.active,
            frozen: row.frozen,
            under_review: row.review.map(|review| ReviewView { mark: review.mark, until: Time(review.until()) }),
            fixture: league.fixture_of(row).map(|fixture| fixture.id.clone()),
            in_play: league.in_play(row),
        }
    }
}

/// How a match stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FixtureFrame {
    /// Which.
    pub fixture: FixtureId,
    /// The entry.
    pub seq: u64,
    /// Its time.
    pub at: Time,
    /// R6.1.
    pub phase: MatchPhase,
    /// Whether it is on, breaks included.
    pub live: bool,
    /// Goals of each side.
    pub score: ScoreView,
    /// The minute as football shows it; `null` while no ball is in play.
    pub minute: Option<u64>,
    /// Time played since kick-off, in milliseconds.
    pub clock_ms: u64,
}

impl FixtureFrame {
    /// As it is now.
    pub(crate) fn of(league: &League, fixture: &Fixture) -> Self {
        Self {
            fixture: fixture.id.clone(),
            seq: league.seq().0,
            at: Time(league.at()),
            phase: fixture.phase,
            live: fixture.is_live(),
            score: ScoreView::from(fixture),
            minute: fixture.display_minute(),
            clock_ms: fixture.clock.0,
        }
    }
}

/// Something happened in a match, or did not after all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventFrame {
    /// Which match.
    pub fixture: FixtureId,
    /// The entry.
    pub seq: u64,
    /// Its place among the public frames of the entry.
    pub n: u32,
    /// Its time.
    pub at: Time,
    /// What became of the list.
    pub change: Change,
    /// The event's id; a correction keeps the place of what it replaces.
    pub event_id: EventId,
    /// The event as it stands now; `null` when it was taken back.
    pub event: Option<EventView>,
}

/// What became of the list of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Reported,
    /// It reads otherwise.
    Corrected,
    /// It did not happen.
    TakenBack,
}

/// What others do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityFrame {
    /// The entry.
    pub seq: u64,
    /// Its place among the public frames of the entry.
    pub n: u32,
    /// Its time.
    pub at: Time,
    /// What.
    #[serde(flatten)]
    pub deed: Deed,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Deed {
    /// A position was opened.
    Opened(Traded),
    /// A position was closed, or a part of it.
    Closed(Traded),
    /// R5.3: everything of somebody's was closed.
    WashedOut(Traded),
    /// A goal by the list of events.
    Goal {
        /// Of which match.
        fixture: FixtureId,
        /// Who scored, where that is known.
        instrument: Option<InstrumentId>,
        /// As football counts it.
        minute: u16,
    },
}

/// A fill as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Traded {
    /// In what.
    pub instrument: InstrumentId,
    /// Which way the position is.
    pub direction: Direction,
    /// How much.
    pub lots: Lots,
    /// For which district its owner plays.
    pub district: Option<District>,
    /// R4.9; of what was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<CloseReason>,
}

/// A bar of the mark, as far as it has come (R2.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "bar", rename_all = "camelCase")]
pub struct BarFrame {
    /// The instrument's number.
    pub idx: u16,
    /// Its slug.
    pub instrument: InstrumentId,
    /// The last entry in it.
    pub seq: u64,
    /// How long it is.
    pub interval: &'static str,
    /// Its first moment.
    pub start: Time,
    /// The first mark.
    pub open: Price,
    /// The highest.
    pub high: Price,
    /// The lowest.
    pub low: Price,
    /// The last so far.
    pub close: Price,
}

/// The head of a board.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename = "leaderboard", rename_all = "camelCase")]
pub struct LeaderboardFrame {
    /// The entry that it is as of.
    pub seq: u64,
    /// `pnl`.
    pub kind: &'static str,
    /// `season`.
    pub window: &'static str,
    /// How many stand on it.
    pub total: u64,
    /// The first ones.
    pub rows: Vec<BoardLine>,
}

/// Makes the public frames of an entry.
pub(super) struct Public<'a> {
    league: &'a League,
    outcome: &'a Outcome,
    frames: Vec<PublicFrame>,
    /// Matches and instruments that the entry touched, each once.
    fixtures: Vec<FixtureId>,
    instruments: Vec<InstrumentIdx>,
}

impl<'a> Public<'a> {
    pub(super) fn new(league: &'a League, outcome: &'a Outcome) -> Self {
        Self { league, outcome, frames: Vec::new(), fixtures: Vec::new(), instruments: Vec::new() }
    }

    pub(super) fn tell(&mut self, event: &Event) {
        match event {
            Event::InstrumentListed { instrument, .. }
            | Event::InstrumentFrozen { instrument, .. }
            | Event::InstrumentDeactivated { instrument }
            | Event::ReviewHeld { instrument, .. }
            | Event::ReviewEnded { instrument } => self.instrument(*instrument),
            Event::FixtureCreated { fixture, squad, .. } => {
                self.fixture(fixture);
                squad.iter().for_each(|(idx, _)| self.instrument(*idx));
            }
            Event::PhaseEntered { fixture, .. } => {
                self.fixture(fixture);
                if let Some(row) = self.league.fixture(fixture) {
                    row.squad.iter().for_each(|participant| self.instrument(participant.instrument));
                }
            }
            Event::ClockTicked { fixture, .. } => self.fixture(fixture),
            Event::EventReported { fixture, event } => {
                self.event(fixture, Change::Reported, &event.id, Some(EventView::from(event)));
                if matches!(event.kind, EventKind::Goal | EventKind::PenaltyGoal | EventKind::OwnGoal) {
                    let goal = Deed::Goal { fixture: fixture.clone(), instrument: event.instrument.clone(), minute: event.minute };
                    self.activity(goal);
                }
            }
            Event::EventCorrected { fixture, event, replacement } => {
                let change = if replacement.is_some() { Change::Corrected } else { Change::TakenBack };
                self.event(fixture, change, event, replacement.as_ref().map(EventView::from));
            }
            Event::PositionOpened(opened) => {
                let deed = self.traded(opened.instrument, opened.direction, opened.lots, opened.book.account, None);
                self.activity(Deed::Opened(deed));
            }
            Event::PositionClosed(closed) => {
                let deed = self.traded(closed.instrument, closed.direction, closed.lots, closed.book.account, Some(closed.reason));
                let washed_out = closed.reason == CloseReason::Washout;
                self.activity(if washed_out { Deed::WashedOut(deed) } else { Deed::Closed(deed) });
            }
            _ => {}
        }
    }

    pub(super) fn finish(mut self) -> Vec<PublicFrame> {
        let league = self.league;
        let fixtures = self.fixtures.iter().filter_map(|id| league.fixture(id));
        self.frames.extend(fixtures.map(|row| PublicFrame::Fixture(FixtureFrame::of(league, row))));
        let instruments = self.instruments.iter().filter_map(|idx| league.instrument(*idx));
        self.frames.extend(instruments.map(|row| PublicFrame::Status(StatusFrame::of(league, row))));
        self.frames
    }

    fn fixture(&mut self, id: &FixtureId) {
        if !self.fixtures.contains(id) {
            self.fixtures.push(id.clone());
        }
    }

    fn instrument(&mut self, idx: InstrumentIdx) {
        if !self.instruments.contains(&idx) {
            self.instruments.push(idx);
        }
    }

    fn event(&mut self, fixture: &FixtureId, change: Change, event_id: &EventId, event: Option<EventView>) {
        let (seq, at) = (self.outcome.seq.0, Time(self.outcome.at));
        let frame = EventFrame { fixture: fixture.clone(), seq, n: self.next(), at, change, event_id: event_id.clone(), event };
        self.frames.push(PublicFrame::Event(frame));
        self.fixture(fixture);
    }

    fn activity(&mut self, deed: Deed) {
        let frame = ActivityFrame { seq: self.outcome.seq.0, n: self.next(), at: Time(self.outcome.at), deed };
        self.frames.push(PublicFrame::Activity(frame));
    }

    fn next(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    fn traded(&self, idx: InstrumentIdx, direction: Direction, lots: Lots, account: AccountId, reason: Option<CloseReason>) -> Traded {
        let place = self.league.account(account).map(|account| usize::from(account.district));
        let names = self.league.genesis().map(|genesis| genesis.districts.as_slice()).unwrap_or_default();
        let district = place.and_then(|place| names.get(place)).cloned();
        Traded { instrument: slug(self.league, idx), direction, lots, district, reason }
    }
}
