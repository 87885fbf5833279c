//! `ftl migrate`: brings a database's tables up to what this program knows, or says what it would do.

use std::process::ExitCode;

use clap::Args;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::migrations::{self, Migration};
use serde_json::json;

use crate::failure::Failure;
use crate::output;

/// Brings a Postgres database's tables up to date.
///
/// Programs that start at once take turns; what is applied already is left alone. A league in a directory needs none of
/// this: the server that opens it brings its files up to date.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl migrate --dry-run
  ftl migrate --database-url postgres://ftl@localhost/ftl")]
pub struct Migrate {
    /// The database.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Only prints what would be applied.
    #[arg(long)]
    dry_run: bool,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let Some(url) = &self.database_url else {
            let text = "no database is named: set DATABASE_URL or --database-url; a league in a directory needs no ftl migrate";
            return Err(Failure::could_not_run(text));
        };
        let database = Database::at(url)?;
        let steps = if self.dry_run { migrations::plan(&database).await? } else { migrations::run(&database).await? };
        if self.json {
            let names: Vec<_> = steps.iter().map(|step| json!({"number": step.number, "name": step.name})).collect();
            output::json(&json!({"dryRun": self.dry_run, "migrations": names}))?;
        } else {
            output::text_lines(&self.told(&steps))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn told(&self, steps: &[Migration]) -> String {
        match (steps.len(), self.dry_run) {
            (0, _) => "the database is up to date\n".to_owned(),
            (_, false) => steps.iter().map(|step| format!("applied {}\n", step.name)).collect(),
            (_, true) => steps.iter().map(|step| format!("-- {}\n{}\n", step.name, step.sql.trim_end())).collect(),
        }
    }
}
