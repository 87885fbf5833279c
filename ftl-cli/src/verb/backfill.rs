//! `ftl backfill`: projections of a database built anew from the journal, while the league is served.

use std::process::ExitCode;

use clap::Args;
use ftl_store::postgres::backfill::Backfill as Building;
use ftl_store::postgres::watermarks::Projection;
use serde_json::json;

use crate::failure::Failure;
use crate::league::Reading;
use crate::league::again::Again;
use crate::league::execution::bar;
use crate::league::place::{Place, Where};
use crate::output;

/// Builds a database's projections anew from the journal.
///
/// Executes the journal again into new tables, catches up, and puts them in the place of the old ones in one transaction.
/// Servers and flushers may go on meanwhile. A league in a directory does this by itself: remove history.db and start.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl backfill
  ftl backfill --table bars --table price_ticks")]
pub struct Backfill {
    #[command(flatten)]
    place: Where,
    /// Only this projection; again for each.
    #[arg(long, value_name = "NAME")]
    table: Vec<String>,
    /// The first entry; what comes before it is needed too, so it takes 1.
    #[arg(long, value_name = "SEQ", default_value_t = 1)]
    from: u64,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

impl Backfill {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let place = self.place.place();
        let Place::Database { league, .. } = &place else {
            return Err(Failure::could_not_run(
                "no database is named: set DATABASE_URL or --database-url; a directory's history is written anew by removing history.db",
            ));
        };
        if self.from != 1 {
            return Err(Failure::refused("--from takes 1: a projection is the sum of everything before it"));
        }
        let projections = self.projections()?;
        let reading = Reading::open(&place).await?;
        let Some(database) = reading.database() else { return Err(Failure::could_not_run("the league is in no database")) };
        let mut source = Again::of(reading.entries(), reading.quarantine.clone(), bar(reading.head.0));
        let building = Building::of(database, league);
        let built = building.rebuild(&projections, &mut source).await.map_err(Failure::could_not_run)?;
        building.close().await;
        let names: Vec<&str> = projections.iter().map(|projection| projection.name()).collect();
        if self.json {
            output::json(&json!({"projections": names, "seq": built.seq, "rows": built.rows}))?;
        } else {
            let text = format!("built anew up to entry {}, {} rows: {}", built.seq, built.rows, names.join(", "));
            output::text_lines(&output::wrapped(&text, 0))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn projections(&self) -> Result<Vec<Projection>, Failure> {
        if self.table.is_empty() {
            return Ok(Projection::ALL.to_vec());
        }
        let named = |name: &String| {
            let known = || Projection::ALL.map(Projection::name).join(", ");
            Projection::named(name).ok_or_else(|| Failure::refused(format!("there is no projection {name}; there are {}", known())))
        };
        self.table.iter().map(named).collect()
    }
}
