//! [`Answers`] in the history's database: in the order of entries, and found by the first half of their ids.

use async_trait::async_trait;
use ftl_core::codec;
use ftl_core::id::{CommandId, Seq};
use ftl_core::outcome::Outcome;
use ftl_core::projection::ProjectionError;
use ftl_core::time::At;
use sqlx::Row;

use super::projections::rows::{id, insert};
use super::projections::{SqliteProjections, unavailable};
use super::{bits, ordered};
use crate::answers::{Answers, PastAnswer};

const INSERT: &str = "INSERT INTO answer (seq, id, at, body, answer)";

#[async_trait]
impl Answers for SqliteProjections {
    async fn answered(&self) -> Result<Seq, ProjectionError> {
        self.watermark_of("answers").await
    }

    async fn remember(&self, from: Seq, to: Seq, outcomes: &[Outcome]) -> Result<(), ProjectionError> {
        let mut guard = self.writer().await?;
        let mut transaction = Self::begin(&mut guard).await?;
        Self::advance(&mut transaction, "answers", from, to).await?;
        // A replayed outcome is the first one's again.
        let first: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.replayed).collect();
        insert(&mut transaction, INSERT, "", &first, |row, outcome| {
            row.push_bind(bits(outcome.seq.0))
                .push_bind(outcome.id.0.to_be_bytes().to_vec())
                .push_bind(ordered(outcome.at.0))
                .push_bind(bits(outcome.body))
                .push_bind(codec::encode(&outcome.answer));
        })
        .await?;
        transaction.commit().await.map_err(unavailable)
    }

    async fn find(&self, id: CommandId) -> Result<Option<PastAnswer>, ProjectionError> {
        // An id that came again when it was forgotten keeps its first answer.
        let query = "SELECT seq, at, body, answer FROM answer WHERE substr(id, 1, 8) = substr(?1, 1, 8) AND id = ?1 ORDER BY seq LIMIT 1";
        let row = sqlx::query(query).bind(id.0.to_be_bytes().to_vec()).fetch_optional(&self.readers).await.map_err(unavailable)?;
        let Some(row) = row else { return Ok(None) };
        let number = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned).map_err(unavailable);
        let answer =
            codec::decode(row.try_get(3).map_err(unavailable)?).map_err(|error| ProjectionError::Unavailable(error.to_string()))?;
        Ok(Some(PastAnswer { seq: Seq(number(0)?), at: At(number(1)?), body: number(2)?, answer }))
    }

    async fn ids(&self, after: Option<CommandId>, limit: usize) -> Result<Vec<(CommandId, At)>, ProjectionError> {
        // No id is before the empty one. Its beginning is cut here: SQLite says that of nothing it is NULL.
        let after = after.map(|id| id.0.to_be_bytes().to_vec()).unwrap_or_default();
        let begins = after.get(..8).unwrap_or_default().to_vec();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = "SELECT id, at FROM answer WHERE substr(id, 1, 8) >= ?2 AND id > ?1 ORDER BY substr(id, 1, 8), id LIMIT ?3";
        let rows = sqlx::query(query).bind(after).bind(begins).bind(limit).fetch_all(&self.readers).await.map_err(unavailable)?;
        let one = |row: &sqlx::sqlite::SqliteRow| Ok((CommandId(id(row.try_get(0)?)?), At(row.try_get::<i64, _>(1)?.cast_unsigned())));
        rows.iter().map(one).collect::<Result<_, sqlx::Error>>().map_err(unavailable)
    }

    async fn forget_before(&self, at: At) -> Result<u64, ProjectionError> {
        let mut writer = self.writer().await?;
        // Times never go back: what is older lies before the first that is not.
        let query =
            "DELETE FROM answer WHERE seq < coalesce((SELECT seq FROM answer WHERE at >= ? ORDER BY seq LIMIT 1), 9223372036854775807)";
        let done = sqlx::query(query).bind(ordered(at.0)).execute(Self::connection(&mut writer)?).await;
        Ok(done.map_err(unavailable)?.rows_affected())
    }
}
