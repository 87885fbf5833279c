//! [`Answers`] in `command_ids`. The table grows by `COPY` and knows no uniqueness: an id that came twice keeps both
//! answers, and the first one is found.

use async_trait::async_trait;
use ftl_core::codec;
use ftl_core::id::{CommandId, Seq};
use ftl_core::outcome::Outcome;
use ftl_core::projection::ProjectionError;
use ftl_core::time::At;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::column::{Id, at, id, limited, ordered, seq};
use super::facts::{self, Target};
use super::projections::{PostgresProjections, unavailable};
use super::watermarks::{self, Projection};
use crate::answers::{Answers, PastAnswer};

#[async_trait]
impl Answers for PostgresProjections {
    async fn answered(&self) -> Result<Seq, ProjectionError> {
        let mut connection = self.pool.acquire().await.map_err(unavailable)?;
        watermarks::read(&mut connection, &self.league, Projection::CommandIds.name()).await.map_err(unavailable)
    }

    async fn remember(&self, from: Seq, to: Seq, outcomes: &[Outcome]) -> Result<(), ProjectionError> {
        let name = Projection::CommandIds.name();
        let mut transaction = self.pool.begin().await.map_err(unavailable)?;
        if !watermarks::advance(&mut transaction, &self.league, name, from, to).await.map_err(unavailable)? {
            let found = watermarks::read(&mut transaction, &self.league, name).await.map_err(unavailable)?;
            return Err(ProjectionError::WatermarkMoved { expected: from, found });
        }
        let mut target = Target { connection: &mut transaction, league: &self.league, suffix: "" };
        let written = facts::write_answers(&mut target, outcomes).await;
        written.map_err(|error| ProjectionError::Unavailable(error.to_string()))?;
        transaction.commit().await.map_err(unavailable)
    }

    async fn find(&self, id: CommandId) -> Result<Option<PastAnswer>, ProjectionError> {
        let row = sqlx::query("SELECT seq, at, body, answer FROM command_ids WHERE league = $1 AND id = $2 ORDER BY seq LIMIT 1")
            .bind(&self.league)
            .bind(Id(id.0))
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        row.as_ref().map(answer).transpose().map_err(unavailable)
    }

    async fn ids(&self, after: Option<CommandId>, limit: usize) -> Result<Vec<(CommandId, At)>, ProjectionError> {
        // No id is before the nil one, which is itself an id.
        let query = "SELECT id, min(at) AS at FROM command_ids WHERE league = $1 AND id >= $2 AND ($3 OR id > $2)
                     GROUP BY id ORDER BY id LIMIT $4";
        let from = Id(after.map_or(0, |id| id.0));
        let rows = sqlx::query(query).bind(&self.league).bind(from).bind(after.is_none()).bind(limited(limit)).fetch_all(&self.pool).await;
        let one = |row: &PgRow| Ok((CommandId(id(row, "id")?), at(row, "at")?));
        rows.and_then(|rows| rows.iter().map(one).collect()).map_err(unavailable)
    }

    async fn forget_before(&self, at: At) -> Result<u64, ProjectionError> {
        let done = sqlx::query("DELETE FROM command_ids WHERE league = $1 AND at < $2").bind(&self.league).bind(ordered(at.0));
        Ok(done.execute(&self.pool).await.map_err(unavailable)?.rows_affected())
    }
}

fn answer(row: &PgRow) -> Result<PastAnswer, sqlx::Error> {
    let answer = codec::decode(row.try_get("answer")?).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let body = row.try_get::<i64, _>("body")?.cast_unsigned();
    Ok(PastAnswer { seq: seq(row, "seq")?, at: at(row, "at")?, body, answer })
}
