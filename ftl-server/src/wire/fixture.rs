//! A match: where it stands, who plays, what happened.

use ftl_core::fixture::{Coverage, EventKind, Fixture, MatchEvent, MatchPhase, Participant, Reported, Side};
use ftl_core::id::{EventId, FixtureId, InstrumentId};
use ftl_core::units::Score;
use serde::Serialize;
use utoipa::ToSchema;

use super::{League, Time};

/// A match.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FixtureView {
    #[schema(value_type = String)]
    id: FixtureId,
    home: String,
    away: String,
    #[schema(value_type = String)]
    kick_off: Time,
    #[schema(value_type = String, example = "first_half")]
    phase: MatchPhase,
    /// R6.1: whether it is on, breaks included.
    live: bool,
    /// Goals of each side.
    score: ScoreView,
    /// The minute as football shows it; `null` while no ball is in play.
    minute: Option<u64>,
    /// Time played since kick-off, in milliseconds.
    clock_ms: u64,
    coverage: Vec<CoverageView>,
}

/// Goals by the list of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScoreView {
    home: usize,
    away: usize,
}

impl From<&Fixture> for ScoreView {
    fn from(fixture: &Fixture) -> Self {
        Self { home: fixture.goals(Side::Home), away: fixture.goals(Side::Away) }
    }
}

/// What the feed delivers (R3.6).
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CoverageView {
    #[schema(value_type = String, example = "goal")]
    reported: Reported,
    /// The declared 99th percentile of its lag, in milliseconds.
    lag_ms: Option<u64>,
}

impl From<&Coverage> for CoverageView {
    fn from(coverage: &Coverage) -> Self {
        Self { reported: coverage.reported, lag_ms: coverage.lag.map(|lag| lag.0) }
    }
}

impl From<&Fixture> for FixtureView {
    fn from(fixture: &Fixture) -> Self {
        Self {
            id: fixture.id.clone(),
            home: fixture.home.clone(),
            away: fixture.away.clone(),
            kick_off: Time(fixture.kick_off),
            phase: fixture.phase,
            live: fixture.is_live(),
            score: ScoreView::from(fixture),
            minute: fixture.display_minute(),
            clock_ms: fixture.clock.0,
            coverage: fixture.coverage.iter().map(CoverageView::from).collect(),
        }
    }
}

/// `GET fixtures/{id}`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FixtureAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    #[serde(flatten)]
    /// The match.
    pub fixture: FixtureView,
}

/// A footballer of a squad.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SquadMember {
    #[schema(value_type = String)]
    instrument: InstrumentId,
    name: String,
    #[schema(value_type = String)]
    position: ftl_core::fixture::Position,
    /// On the pitch at kick-off.
    starts: bool,
    /// On the pitch now.
    on_pitch: bool,
    /// R3.2.
    #[schema(value_type = String)]
    score: Score,
}

/// `GET fixtures/{id}/squads`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SquadsAnswer {
    seq: u64,
    home: Vec<SquadMember>,
    away: Vec<SquadMember>,
}

impl SquadsAnswer {
    /// As they are now.
    pub fn of(league: &League, fixture: &Fixture) -> Self {
        let member = |p: &Participant| SquadMember {
            instrument: p.slug.clone(),
            name: league.instrument(p.instrument).map(|row| row.footballer.name.clone()).unwrap_or_default(),
            position: p.position,
            starts: p.starts,
            on_pitch: fixture.is_live() && p.appearance.on_pitch(fixture.clock),
            score: p.appearance.score,
        };
        let side = |side| fixture.squad.iter().filter(|p| p.side == side).map(member).collect();
        Self { seq: league.seq().0, home: side(Side::Home), away: side(Side::Away) }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    #[schema(value_type = String)]
    event_id: EventId,
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "goal")]
    kind: EventKind,
    minute: u16,
    offset: u16,
    /// Time played when it happened, in milliseconds.
    clock_ms: Option<u64>,
    #[schema(value_type = Option<String>)]
    instrument: Option<InstrumentId>,
    #[schema(value_type = Option<String>)]
    related: Option<InstrumentId>,
}

impl From<&MatchEvent> for EventView {
    fn from(event: &MatchEvent) -> Self {
        Self {
            event_id: event.id.clone(),
            kind: event.kind,
            minute: event.minute,
            offset: event.offset,
            clock_ms: event.clock.map(|clock| clock.0),
            instrument: event.instrument.clone(),
            related: event.related.clone(),
        }
    }
}

/// `GET fixtures/{id}/events`: the list as it stands, corrections done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventsAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// In the order of reporting.
    pub events: Vec<EventView>,
}
