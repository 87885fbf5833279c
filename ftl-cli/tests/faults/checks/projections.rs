//! Every projection is, row by row, what the journal makes when it is executed again.

use std::sync::Arc;

use async_trait::async_trait;
use ftl_core::id::Seq;
use ftl_core::journal::ChainCheck;
use ftl_core::projection::Executed;
use ftl_server::wire::League;
use ftl_store::archive::Archive;
use ftl_store::postgres::backfill::{Backfill, Source};
use ftl_store::postgres::batches::PostgresBatches;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::flusher::FlushError;
use ftl_store::postgres::watermarks::Projection;

use crate::clients::LEAGUE;

/// Differences that are told of a table.
const FEW: usize = 2;

pub async fn check(database_url: &str) -> Vec<String> {
    let database = Database::at(database_url).unwrap();
    let batches = PostgresBatches::new(&database, LEAGUE);
    let mut anew = Anew { batches, league: League::new(), check: ChainCheck::default(), ahead: Vec::new() };
    match Backfill::of(&database, LEAGUE).differences(&Projection::ALL, &mut anew, FEW).await {
        Ok(differences) => differences.iter().map(|found| format!("{found:?}")).collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// The batches executed again.
struct Anew {
    batches: PostgresBatches,
    league: League,
    check: ChainCheck,
    ahead: Vec<Executed>,
}

#[async_trait]
impl Source for Anew {
    async fn read(&mut self, after: Seq) -> Result<Vec<Executed>, FlushError> {
        self.ahead.retain(|executed| executed.batch.last() > after);
        if self.ahead.is_empty() {
            for batch in self.batches.read(self.check.tip.seq, 4_096).await? {
                self.check.follow(&batch)?;
                let outcomes = batch.entries().map(|entry| Arc::new(self.league.apply(&entry))).collect();
                self.ahead.push(Executed { batch, outcomes });
            }
        }
        Ok(self.ahead.clone())
    }
}
