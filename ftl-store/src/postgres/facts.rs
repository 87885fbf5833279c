//! Writing facts: each projection's rows, from a run of executed entries into its tables, in the caller's transaction.
//!
//! ```text
//!  made rows   ─▶ COPY                     (they hold everything that the run did to them)
//!  changed rows ─▶ UPDATE … FROM unnest()  (each once, with the sum of what the run did to it)
//! ```
//! A change of a row that is not there means that the tables are damaged: nothing is written then, and the projection is
//! to be built anew.

mod accounts;
mod bars;
mod command_ids;
mod history;
mod instruments;
mod leaderboard;
mod matches;
mod orders;
mod positions;
mod wallets;

pub(super) use history::History;

use ftl_core::id::Seq;
use ftl_core::outcome::Outcome;
use ftl_core::projection::{Executed, Run};
use sqlx::PgConnection;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::copy::CopyRows;
use super::flusher::FlushError;
use super::watermarks::Projection;

/// Where rows go: a league's, in tables whose names end in `suffix`.
pub(super) struct Target<'a> {
    pub(super) connection: &'a mut PgConnection,
    pub(super) league: &'a str,
    pub(super) suffix: &'a str,
}

/// Executed entries, and the history rows that they make, made once for all projections.
pub(super) struct Facts<'a> {
    pub(super) executed: &'a [Executed],
    pub(super) history: History,
}

impl<'a> Facts<'a> {
    /// What is behind `after` in `executed`.
    pub(super) fn behind(after: Seq, executed: &'a [Executed]) -> Self {
        Self { executed, history: History::of(Run::behind(after, executed)) }
    }

    /// Writes what is behind `after` of a projection.
    pub(super) async fn write(&self, projection: Projection, after: Seq, to: &mut Target<'_>) -> Result<u64, FlushError> {
        let run = Run::behind(after, self.executed);
        match projection {
            Projection::Accounts => accounts::write(to, run).await,
            Projection::Wallets => wallets::write(to, run).await,
            Projection::Instruments => instruments::write(to, run).await,
            Projection::CfdPositions => positions::write(to, run).await,
            Projection::Orders => orders::write(to, run).await,
            Projection::Fixtures => matches::write(to, run).await,
            Projection::Leaderboard => leaderboard::write(to, run).await,
            Projection::CommandIds => command_ids::write(to, run.outcomes()).await,
            Projection::Trades | Projection::LedgerPostings | Projection::PriceTicks | Projection::Bars => {
                self.history.write(projection, after, to).await
            }
        }
    }
}

/// Writes answers, in order.
pub(super) async fn write_answers(to: &mut Target<'_>, outcomes: &[Outcome]) -> Result<u64, FlushError> {
    command_ids::write(to, outcomes.iter()).await
}

impl Target<'_> {
    /// The name of one of our tables here.
    pub(super) fn table(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }

    async fn copy(&mut self, table: &str, rows: CopyRows) -> Result<u64, FlushError> {
        Ok(rows.send(self.connection, &self.table(table)).await?)
    }

    /// Runs a statement whose `{…}` stand for our tables, with the league as its first argument.
    async fn execute<'q>(
        &mut self,
        statement: &'q str,
        bind: impl FnOnce(Query<'q, sqlx::Postgres, PgArguments>) -> Query<'q, sqlx::Postgres, PgArguments>,
    ) -> Result<u64, FlushError> {
        let query = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(self.league.to_owned());
        Ok(bind(query).execute(&mut *self.connection).await?.rows_affected())
    }

    /// Refuses a change that did not find all of its rows.
    fn all_found(&self, table: &'static str, changed: usize, found: u64) -> Result<u64, FlushError> {
        if u64::try_from(changed).is_ok_and(|changed| changed == found) {
            Ok(found)
        } else {
            Err(FlushError::Damaged { table, changed, found })
        }
    }
}

/// Arrays of columns, for a statement that unnests them.
macro_rules! columns {
    ($rows:expr => $($name:ident: $value:expr),+ $(,)?) => {
        $(let $name: Vec<_> = $rows.clone().map($value).collect();)+
    };
}
use columns;
