//! `leaderboard`.

use ftl_core::projection::{Run, leaderboard_changes};

use super::{FlushError, Target, columns};
use crate::postgres::column::{Id, ordered};

/// The week of rows that are of the season.
const SEASON: i64 = -1;

pub(super) async fn write(to: &mut Target<'_>, run: Run<'_>) -> Result<u64, FlushError> {
    let changes = leaderboard_changes(run);
    if changes.is_empty() {
        return Ok(0);
    }
    let changed = changes.iter();
    columns!(changed =>
        week: |(key, _)| key.week.map_or(SEASON, |week| week.0.into()),
        account: |(key, _)| Id(key.book.account.0),
        realised: |(_, change)| change.realised.units(),
        closed_positions: |(_, change)| i64::from(change.closed_positions),
        has_closed: |(_, change)| change.has_closed,
        reached: |(_, change)| change.reached.map(|seq| ordered(seq.0)),
        by_newcomer: |(_, change)| change.reached_by_newcomer.map(|seq| ordered(seq.0)),
    );
    // An upsert knows the old row only by what it would insert, and here the old row decides: the change is made where
    // there is a row, and otherwise put in.
    let table = to.table("leaderboard");
    let statement = format!(
        "WITH c AS MATERIALIZED (
             SELECT * FROM unnest($2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::boolean[], $7::bigint[], $8::bigint[])
                 AS c (week, account, realised, closed_positions, has_closed, reached, by_newcomer)
         ), changed AS (
             UPDATE {table} AS t SET
                 realised = t.realised + c.realised, closed_positions = t.closed_positions + c.closed_positions,
                 has_closed = t.has_closed OR c.has_closed,
                 reached = coalesce(CASE WHEN t.has_closed THEN c.reached ELSE c.by_newcomer END, t.reached)
             FROM c WHERE t.league = $1 AND t.week = c.week AND t.account = c.account
             RETURNING t.week, t.account
         )
         INSERT INTO {table} (league, week, account, realised, closed_positions, has_closed, reached)
         SELECT $1, week, account, realised, closed_positions, has_closed, coalesce(by_newcomer, 0) FROM c
         WHERE NOT EXISTS (SELECT FROM changed WHERE changed.week = c.week AND changed.account = c.account)"
    );
    to.execute(&statement, |query| {
        query.bind(week).bind(account).bind(realised).bind(closed_positions).bind(has_closed).bind(reached).bind(by_newcomer)
    })
    .await?;
    Ok(u64::try_from(changes.len()).unwrap_or(u64::MAX))
}
