//! `ftl backup` and `ftl restore`: a league's directory copied while it serves, and the way back.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use ftl_core::journal::Clock;
use ftl_store::backup::{self, Manifest};
use ftl_store::clock::SystemClock;
use ftl_store::data_dir::DataDir;

use crate::failure::Failure;
use crate::league::place::Where;
use crate::output;

/// Copies a league to a directory, consistent while it serves.
#[derive(Args)]
#[command(after_help = "Example: ftl backup ./backup-monday --data ./ftl-data")]
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
#[derive(Args)]
#[command(after_help = "Example: ftl restore ./backup-monday --data ./ftl-data")]
pub struct Restore {
    /// The backup's directory.
    #[arg(value_name = "DIR")]
    from: PathBuf,
    #[command(flatten)]
    place: Where,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let manifest = backup::backup(&DataDir::at(self.place.directory()?), &self.to, SystemClock.now()).await?;
        say(&manifest, self.json, &format!("backed up to {}", self.to.display()))
    }
}

impl Restore {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let directory = self.place.directory()?;
        let manifest = backup::restore(&self.from, &DataDir::at(&directory)).await?;
        say(&manifest, self.json, &format!("restored to {}", directory.display()))
    }
}

fn say(manifest: &Manifest, json: bool, done: &str) -> Result<ExitCode, Failure> {
    if json {
        output::json(manifest)?;
    } else {
        let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
        let (league, head, files) = (&manifest.league.league, manifest.head, manifest.files.len());
        output::text_lines(&format!("{done}\nleague {league} up to entry {head}, {files} files, {bytes} bytes\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}
