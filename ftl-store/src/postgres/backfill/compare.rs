//! Projections against a rebuild of them: every row that is not what the journal makes, for an audit.

use ftl_core::projection::Executed;
use sqlx::{Connection, PgConnection, Row};

use super::{Backfill, BackfillError, Building, Projection, Source, read_up_to, release, tables};
use crate::postgres::column::limited;
use crate::postgres::watermarks;

/// Answers older than this may have been dropped, in milliseconds.
const ANSWERS_KEPT: &str = "86400000";

/// A row that is in one of the two only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which table.
    pub table: &'static str,
    /// `true`: it is stored and the journal does not make it; `false`: the journal makes it and it is not stored.
    pub stored: bool,
    /// As PostgreSQL writes it.
    pub row: String,
}

impl Backfill {
    /// What differs between projections as they are stored and as `source`, from the first entry on, makes them: at most
    /// `limit` rows a table, none where they are equal. Flushers may go on meanwhile: each projection is compared as it
    /// was at one moment.
    pub async fn differences(
        &self,
        projections: &[Projection],
        source: &mut dyn Source,
        limit: usize,
    ) -> Result<Vec<Difference>, BackfillError> {
        let lock = self.begin().await?;
        let mut connection = self.pool.acquire().await?;
        tables::make(&mut connection, projections, tables::CHECK).await?;
        let mut building = Building::new(&self.league, projections, tables::CHECK);
        building.go_on(&mut connection, source, self.lowest(projections).await?).await?;
        let mut tail = Vec::new();
        read_up_to(source, building.built.seq, self.highest(projections).await?, &mut tail).await?;
        building.make_days(&mut connection, &tail).await?;
        let found = self.compare(&mut connection, &building, source, tail, limit).await?;
        tables::drop(&mut connection, projections, tables::CHECK).await?;
        release(lock).await?;
        Ok(found)
    }

    async fn compare(
        &self,
        connection: &mut PgConnection,
        building: &Building<'_>,
        source: &mut dyn Source,
        mut tail: Vec<Executed>,
        limit: usize,
    ) -> Result<Vec<Difference>, BackfillError> {
        let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
        let mut differences = Vec::new();
        for projection in building.projections {
            let watermark = watermarks::read(&mut transaction, &self.league, projection.name()).await?;
            read_up_to(source, building.built.seq, watermark, &mut tail).await?;
            let behind: Vec<_> = tail.iter().take_while(|executed| executed.batch.last() <= watermark).cloned().collect();
            let end = behind.last().map_or(building.built.seq, |executed| executed.batch.last());
            if end != watermark {
                return Err(BackfillError::SourceEnds { projection: projection.name(), watermark, source_end: end });
            }
            let alone = Building { projections: std::slice::from_ref(projection), days: Default::default(), ..*building };
            alone.write(&mut transaction, &behind).await?;
            for table in projection.tables() {
                differences.extend(differing(&mut transaction, &self.league, table, limit).await?);
            }
        }
        transaction.rollback().await?;
        Ok(differences)
    }
}

async fn differing(connection: &mut PgConnection, league: &str, table: &'static str, limit: usize) -> Result<Vec<Difference>, sqlx::Error> {
    let check = format!("{table}{}", tables::CHECK);
    // A retry asks for the answers of a day; older ones are dropped some time later.
    let kept = match table {
        "command_ids" => format!("WHERE at > (SELECT max(at) FROM {check}) - {ANSWERS_KEPT}"),
        _ => String::new(),
    };
    let mut differences = Vec::new();
    for stored in [true, false] {
        let (of, but) = if stored { (table, check.as_str()) } else { (check.as_str(), table) };
        let query = format!(
            "WITH theirs AS (SELECT * FROM {of} WHERE league = $1), ours AS (SELECT * FROM {but} WHERE league = $1)
             SELECT t::text FROM (SELECT * FROM theirs {kept} EXCEPT ALL SELECT * FROM ours {kept}) AS t LIMIT $2"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query)).bind(league).bind(limited(limit)).fetch_all(&mut *connection).await?;
        for row in rows {
            differences.push(Difference { table, stored, row: row.try_get(0)? });
        }
    }
    Ok(differences)
}
