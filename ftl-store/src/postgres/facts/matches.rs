//! `fixtures`, `fixture_squads`, `match_events`.

use std::collections::BTreeSet;

use ftl_core::fixture::{MatchEvent, MatchPhase};
use ftl_core::id::{EventId, FixtureId, InstrumentId};
use ftl_core::projection::{MatchChanges, MatchEventChange, Run, match_changes};

use super::{FlushError, Target, columns};
use crate::postgres::column::{code, ordered};
use crate::postgres::copy::CopyRows;

pub(super) async fn write(to: &mut Target<'_>, run: Run<'_>) -> Result<u64, FlushError> {
    let changes = match_changes(run);
    Ok(announce(to, &changes).await? + list(to, &changes).await? + move_on(to, &changes).await?)
}

/// Matches that were announced, with their squads.
async fn announce(to: &mut Target<'_>, changes: &MatchChanges) -> Result<u64, FlushError> {
    let (mut rows, mut squads) = (CopyRows::of(14), CopyRows::of(4));
    for row in &changes.made {
        rows.row()
            .text(to.league)
            .text(row.fixture.as_str())
            .text(&row.home)
            .text(&row.away)
            .bigint(ordered(row.kick_off.0))
            .text(&serde_json::to_string(&row.coverage).unwrap_or_default())
            .bigint(ordered(row.created_at.0))
            .bigint(ordered(row.created_seq.0))
            .text(&code(&MatchPhase::Scheduled))
            .bigint(ordered(row.created_at.0))
            .bigint(ordered(row.created_seq.0))
            .bigint(0)
            .integer(0)
            .integer(0);
        for (slug, side) in &row.squad {
            squads.row().text(to.league).text(row.fixture.as_str()).text(slug.as_str()).text(&code(side));
        }
    }
    Ok(to.copy("fixtures", rows).await? + to.copy("fixture_squads", squads).await?)
}

/// Events that were reported, corrected, taken back.
async fn list(to: &mut Target<'_>, changes: &MatchChanges) -> Result<u64, FlushError> {
    type Listed<'a> = (&'a (FixtureId, EventId), &'a MatchEventChange, &'a MatchEvent);
    let listed: Vec<Listed<'_>> = changes.events.iter().filter_map(|(key, change)| Some((key, change, change.event.as_ref()?))).collect();
    let mut written = 0;
    if !listed.is_empty() {
        let rows = listed.iter();
        columns!(rows =>
            fixture: |((fixture, _), ..)| fixture.as_str().to_owned(),
            id: |((_, id), ..)| id.as_str().to_owned(),
            kind: |(.., event)| code(&event.kind),
            minute: |(.., event)| i32::from(event.minute),
            stoppage: |(.., event)| i32::from(event.offset),
            clock: |(.., event)| event.clock.map(|clock| ordered(clock.0)),
            slug: |(.., event)| text(event.instrument.as_ref()),
            related: |(.., event)| text(event.related.as_ref()),
            scores: |(.., event)| event.kind.is_goal(),
            own_goal: |(.., event)| event.kind == ftl_core::fixture::EventKind::OwnGoal,
            state: |(_, change, _)| change.standing.code(),
            reported_at: |(_, change, _)| change.reported.map(|(at, _)| ordered(at.0)),
            reported_seq: |(_, change, _)| change.reported.map(|(_, seq)| ordered(seq.0)),
            changed: |(_, change, _)| ordered(change.changed.0),
        );
        let statement = format!(
            "INSERT INTO {events} (league, fixture, event, kind, minute, stoppage, clock_ms, slug, related, goal_for, state,
                                   reported_at, reported_seq, changed_seq)
             SELECT $1, c.fixture, c.event, c.kind, c.minute, c.stoppage, c.clock, c.slug, c.related,
                 CASE WHEN c.scores AND s.side IS NOT NULL THEN CASE WHEN c.own_goal = (s.side = 'home') THEN 'away' ELSE 'home' END END,
                 c.state, c.reported_at, c.reported_seq, c.changed
             FROM unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::integer[], $7::bigint[], $8::text[], $9::text[],
                         $10::boolean[], $11::boolean[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[])
                 AS c (fixture, event, kind, minute, stoppage, clock, slug, related,
                       scores, own_goal, state, reported_at, reported_seq, changed)
             LEFT JOIN {squads} AS s ON s.league = $1 AND s.fixture = c.fixture AND s.slug = c.slug
             ON CONFLICT (league, fixture, event) DO UPDATE SET
                 kind = excluded.kind, minute = excluded.minute, stoppage = excluded.stoppage, clock_ms = excluded.clock_ms,
                 slug = excluded.slug, related = excluded.related, goal_for = excluded.goal_for,
                 state = excluded.state, changed_seq = excluded.changed_seq",
            events = to.table("match_events"),
            squads = to.table("fixture_squads")
        );
        written += to
            .execute(&statement, |query| {
                let query = query.bind(fixture).bind(id).bind(kind).bind(minute).bind(stoppage).bind(clock).bind(slug);
                let query = query.bind(related).bind(scores).bind(own_goal).bind(state);
                query.bind(reported_at).bind(reported_seq).bind(changed)
            })
            .await?;
    }
    let gone: Vec<_> = changes.events.iter().filter(|(_, change)| change.event.is_none()).collect();
    if !gone.is_empty() {
        let rows = gone.iter();
        columns!(rows =>
            fixture: |((fixture, _), _)| fixture.as_str().to_owned(),
            id: |((_, id), _)| id.as_str().to_owned(),
            state: |(_, change)| change.standing.code(),
            changed: |(_, change)| ordered(change.changed.0),
        );
        let statement = format!(
            "UPDATE {} AS t SET state = c.state, changed_seq = c.changed
             FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS c (fixture, event, state, changed)
             WHERE t.league = $1 AND t.fixture = c.fixture AND t.event = c.event",
            to.table("match_events")
        );
        let found = to.execute(&statement, |query| query.bind(fixture).bind(id).bind(state).bind(changed)).await?;
        written += to.all_found("match_events", gone.len(), found)?;
    }
    Ok(written)
}

/// Phases, clocks, and the scores that the lists of events make.
async fn move_on(to: &mut Target<'_>, changes: &MatchChanges) -> Result<u64, FlushError> {
    let mut touched: BTreeSet<&FixtureId> = changes.moved.keys().collect();
    touched.extend(changes.events.keys().map(|(fixture, _)| fixture));
    if touched.is_empty() {
        return Ok(0);
    }
    let none = Default::default();
    let rows = touched.iter().map(|fixture| (fixture, changes.moved.get(*fixture).unwrap_or(&none)));
    columns!(rows =>
        fixture: |(fixture, _)| fixture.as_str().to_owned(),
        phase: |(_, patch)| patch.phase.map(|(phase, ..)| code(&phase)),
        phase_at: |(_, patch)| patch.phase.map(|(_, at, _)| ordered(at.0)),
        phase_seq: |(_, patch)| patch.phase.map(|(.., seq)| ordered(seq.0)),
        clock: |(_, patch)| patch.clock.map(|clock| ordered(clock.0)),
    );
    let statement = format!(
        "UPDATE {fixtures} AS t SET
             phase = coalesce(c.phase, t.phase), phase_at = coalesce(c.phase_at, t.phase_at),
             phase_seq = coalesce(c.phase_seq, t.phase_seq), clock_ms = coalesce(c.clock, t.clock_ms),
             home_goals = c.home_goals, away_goals = c.away_goals
         FROM (SELECT c.*,
                   (SELECT count(*) FROM {events} e WHERE e.league = $1 AND e.fixture = c.fixture
                        AND e.goal_for = 'home' AND e.state <> 'withdrawn') AS home_goals,
                   (SELECT count(*) FROM {events} e WHERE e.league = $1 AND e.fixture = c.fixture
                        AND e.goal_for = 'away' AND e.state <> 'withdrawn') AS away_goals
               FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
                   AS c (fixture, phase, phase_at, phase_seq, clock)) AS c
         WHERE t.league = $1 AND t.fixture = c.fixture",
        fixtures = to.table("fixtures"),
        events = to.table("match_events")
    );
    let found = to.execute(&statement, |query| query.bind(fixture).bind(phase).bind(phase_at).bind(phase_seq).bind(clock)).await?;
    to.all_found("fixtures", touched.len(), found)
}

fn text(id: Option<&InstrumentId>) -> Option<String> {
    id.map(|id| id.as_str().to_owned())
}
