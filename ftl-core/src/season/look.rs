//! What every trader sees of a match at one moment, taken down once for all who act in it.

use crate::fixture::{Fixture, MatchPhase, Participant, Position};
use crate::id::InstrumentIdx;
use crate::rulebook::scoring::prior_mean;
use crate::rulebook::{MarginPolicy, WorstEventMargin};
use crate::rules::{Formula, Rules};
use crate::state::State;
use crate::time::Span;
use crate::units::{Direction, Lots, Price, Score, Wide};

/// Looks that a move is measured over: two minutes of match time at the pace of R3.8.
const KEPT: usize = 24;

/// The marks of a match at the last looks.
#[derive(Clone, Debug, Default)]
pub(super) struct Tape {
    /// By look, round and round, then by place in the squad.
    marks: Vec<Price>,
    squad: usize,
    looks: usize,
}

impl Tape {
    /// One more look.
    pub fn note(&mut self, state: &State, fixture: &Fixture) {
        if self.squad != fixture.squad.len() {
            *self = Self { marks: vec![Price::ZERO; fixture.squad.len().saturating_mul(KEPT)], squad: fixture.squad.len(), looks: 0 };
        }
        let row = self.row(self.looks);
        for (place, participant) in fixture.squad.iter().enumerate() {
            if let (Some(kept), Some(mark)) = (self.marks.get_mut(row.saturating_add(place)), state.mark(participant.instrument)) {
                *kept = mark;
            }
        }
        self.looks = self.looks.saturating_add(1);
    }

    fn row(&self, look: usize) -> usize {
        look.checked_rem(KEPT).unwrap_or(0).saturating_mul(self.squad)
    }

    /// How far the mark of a place has come since the oldest look that is kept, in basis points.
    fn moved(&self, place: usize) -> i64 {
        let last = self.looks.saturating_sub(1);
        let first = self.looks.saturating_sub(KEPT);
        let mark = |look| self.marks.get(self.row(look).saturating_add(place)).copied();
        let (Some(from), Some(to)) = (mark(first), mark(last)) else { return 0 };
        if from <= Price::ZERO { 0 } else { ((to - from).wide() * 10_000).div_floor(from.wide()).clamp_i64() }
    }
}

/// A footballer who may be traded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub instrument: InstrumentIdx,
    pub is_home: bool,
    /// The move of the last two minutes, in basis points.
    pub moved: i64,
    /// How far the mark is from what whoever knows the priors expects at full time, in basis points of it: above 0 it
    /// is dear.
    pub dear: i64,
    /// R4.7: margin a share, long and short.
    margin: [Price; 2],
    /// R2.4: what is left of the side for everybody, long and short.
    room: [Lots; 2],
}

impl Candidate {
    /// R4.7.
    pub const fn margin(&self, direction: Direction) -> Price {
        match direction {
            Direction::Long => self.margin[0],
            Direction::Short => self.margin[1],
        }
    }
    /// R2.4, R2.6: nothing where the side may not be opened.
    pub const fn room(&self, direction: Direction) -> Lots {
        match direction {
            Direction::Long => self.room[0],
            Direction::Short => self.room[1],
        }
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// Whom one may open; nobody once the window is closed.
    pub candidates: Vec<Candidate>,
    /// Before kick-off.
    pub before: bool,
}

impl Look {
    /// Takes down a match as it is.
    pub fn take_down(&mut self, state: &State, fixture: &Fixture, tape: &Tape) {
        self.candidates.clear();
        self.before = fixture.phase == MatchPhase::Scheduled;
        if !(self.before || fixture.is_live()) || is_late(state.rules(), fixture) {
            return;
        }
        for (place, participant) in fixture.squad.iter().enumerate() {
            let plays = if self.before { is_expected(fixture, participant) } else { participant.appearance.on_pitch(fixture.clock) };
            if plays {
                self.candidates.extend(candidate(state, fixture, participant, tape.moved(place)));
            }
        }
    }
}

/// Whether somebody is to play, before kick-off: without a line-up everybody is.
fn is_expected(fixture: &Fixture, participant: &Participant) -> bool {
    participant.starts || !fixture.lined_up[participant.side.index()]
}

/// R4.2: opens are over.
fn is_late(rules: &Rules, fixture: &Fixture) -> bool {
    let Some(window) = rules.in_play else { return false };
    let minute = fixture.display_minute().unwrap_or(0);
    match fixture.phase {
        MatchPhase::SecondHalf => minute >= u64::from(window.last_open_minute),
        MatchPhase::ExtraTime => minute >= u64::from(window.last_open_minute_extra),
        MatchPhase::Penalties => true,
        MatchPhase::Scheduled
        | MatchPhase::FirstHalf
        | MatchPhase::HalfTime
        | MatchPhase::Finished
        | MatchPhase::Finalised
        | MatchPhase::Abandoned
        | MatchPhase::Postponed => false,
    }
}

fn candidate(state: &State, fixture: &Fixture, participant: &Participant, moved: i64) -> Option<Candidate> {
    let row = state.instrument(participant.instrument)?;
    if !row.active || row.frozen || row.review.is_some() {
        return None;
    }
    let rules = state.rules();
    let mark = state.mark_of(row);
    let expected = expected(rules, fixture, participant, row.live_base);
    let dear = if expected > Price::ZERO { ((mark - expected).wide() * 10_000).div_floor(expected.wide()).clamp_i64() } else { 0 };
    let margin = |direction| WorstEventMargin::per_share(rules, participant.position, direction, mark);
    let room = |direction| {
        let limited = is_limited(rules, participant.position, row.live_base, direction);
        if limited { Lots::ZERO } else { row.side_cap - row.gross(direction) }
    };
    Some(Candidate {
        instrument: participant.instrument,
        is_home: participant.side == crate::fixture::Side::Home,
        moved,
        dear,
        margin: [margin(Direction::Long), margin(Direction::Short)],
        room: [room(Direction::Long), room(Direction::Short)],
    })
}

/// R2.6, as everybody can read it.
fn is_limited(rules: &Rules, position: Position, base: Price, direction: Direction) -> bool {
    let Some(limit) = rules.price_limit else { return false };
    let multiple = if position == Position::Goalkeeper { limit.long_above_floor_goalkeeper } else { limit.long_above_floor };
    let one = Wide::of(10_000);
    match direction {
        Direction::Long => base.wide() * one < rules.floor.wide() * multiple.wide(),
        Direction::Short => base.wide() * limit.short_below_ceiling.wide() > rules.ceiling.wide() * one,
    }
}

/// The price at full time that whoever knows the priors expects: a footballer whose form is not at the mean of his
/// position comes back to it by w × the part of a match that is left (R3.4).
fn expected(rules: &Rules, fixture: &Fixture, participant: &Participant, base: Price) -> Price {
    let Formula::Martingale { weight, length, .. } = rules.scoring.formula else { return base };
    let mean = prior_mean(rules, participant.position);
    let previous = if fixture.phase == MatchPhase::Scheduled { return base } else { participant.appearance.previous };
    let left = length.0.saturating_sub(fixture.clock.0);
    let back: Score = mean - previous;
    let form = (back.wide() * weight.wide() * Wide::of(clamped(left))).div_floor(Wide::of(clamped(length.0.max(1))) * 10_000);
    let max = rules.scoring.max_expected[participant.position.index()].wide().max(Wide::of(1));
    let moved = (form * (rules.ceiling - rules.floor).wide()).div_floor(max);
    base + Price::from_units(moved.clamp_i64())
}

fn clamped(ms: u64) -> i64 {
    i64::try_from(Span(ms).0).unwrap_or(i64::MAX)
}
