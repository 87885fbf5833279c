//! `ftl backup` and `ftl restore`: a league copied while it serves, and the way back. A backup of a database is a directory
//! like any other, so that a league can move from one kind of store to the other.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use ftl_core::journal::Clock;
use ftl_store::backup::database::{self, Half};
use ftl_store::backup::{self, Manifest};
use ftl_store::clock::SystemClock;
use ftl_store::data_dir::DataDir;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::leagues::OrderedBy;
use ftl_store::postgres::migrations;
use serde_json::json;

use crate::failure::Failure;
use crate::league::place::{Place, Where};
use crate::output;

/// Copies a league to a directory, consistent while it serves.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl backup ./backup-monday --data ./ftl-data
  ftl backup ./backup-monday --database-url postgres://ftl@localhost/ftl")]
pub struct Backup {
    /// Where to; must be empty or not exist.
    #[arg(value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    place: Where,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

/// Makes a league from a backup; every file is checked against the manifest first.
///
/// A league in a database is ordered by Redis where REDIS_URL is set. Nothing that is there is overwritten.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl restore ./backup-monday --data ./ftl-data
  ftl restore ./backup-monday --database-url postgres://ftl@localhost/ftl
  ftl restore ./backup-monday --only journal && ftl restore ./backup-tuesday --only accounts")]
pub struct Restore {
    /// The backup's directory.
    #[arg(value_name = "DIR")]
    from: PathBuf,
    #[command(flatten)]
    place: Where,
    /// One half, into a database: the other may be of another moment.
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Only {
    /// The journal and what was set aside.
    Journal,
    /// Names, districts, sessions.
    Accounts,
}

impl From<Only> for Half {
    fn from(only: Only) -> Self {
        match only {
            Only::Journal => Self::Journal,
            Only::Accounts => Self::Accounts,
        }
    }
}

impl Backup {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let now = SystemClock.now();
        let manifest = match self.place.place() {
            Place::Directory(path) => backup::backup(&DataDir::at(path), &self.to, now).await?,
            Place::Database { url, league } => {
                let database = Database::at(&url)?;
                migrations::require_current(&database).await?;
                database::backup(&database, &league, &self.to, now).await?
            }
        };
        if self.json {
            output::json(&manifest)?;
        } else {
            output::text_lines(&told(&manifest, &format!("backed up to {}", self.to.display())))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        match self.place.place() {
            Place::Directory(_) if self.only.is_some() => Err(Failure::refused("--only is for a database: a directory is restored whole")),
            Place::Directory(path) => {
                let manifest = backup::restore(&self.from, &DataDir::at(&path)).await?;
                if self.json {
                    output::json(&manifest)?;
                } else {
                    output::text_lines(&told(&manifest, &format!("restored to {}", path.display())))?;
                }
                Ok(ExitCode::SUCCESS)
            }
            Place::Database { url, league } => self.fill_database(&url, &league).await,
        }
    }

    async fn fill_database(&self, url: &str, league: &str) -> Result<ExitCode, Failure> {
        let database = Database::at(url)?;
        database.require_durable().await?;
        migrations::run(&database).await?;
        let redis = std::env::var("REDIS_URL").is_ok_and(|url| !url.trim().is_empty());
        let ordered_by = if redis { OrderedBy::Redis } else { OrderedBy::Postgres };
        let done = database::restore(&self.from, &database, league, self.only.map(Half::from), ordered_by).await?;
        if self.json {
            output::json(&json!({"manifest": done.manifest, "unnamed": done.unnamed, "unopened": done.unopened}))?;
        } else {
            let mut text = told(&done.manifest, "restored to the database; a flusher makes the rest anew");
            if done.unnamed > 0 {
                text.push_str(&format!("{} accounts of the journal have no name: they play on without one\n", done.unnamed));
            }
            if done.unopened > 0 {
                text.push_str(&format!("{} accounts are not in the journal: their first request opens them\n", done.unopened));
            }
            output::text_lines(&text)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn told(manifest: &Manifest, done: &str) -> String {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let (league, head, files) = (&manifest.league.league, manifest.head, manifest.files.len());
    format!("{done}\nleague {league} up to entry {head}, {files} files, {bytes} bytes\n")
}
