//! `ftl import`: a tournament's file into a league: into its directory, or through the server that holds it.

mod over_http;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ftl_core::openfootball::{Imported, Tournament};
use ftl_core::source::SourceError;
use ftl_store::data_dir::OpenError;
use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;
use crate::league::place::Where;
use crate::league::writing::Writing;
use crate::output;

/// Files larger than this are no tournament: what a server takes, too.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Imports a tournament: its footballers, its matches, its goals.
#[derive(Args)]
pub struct Import {
    #[command(subcommand)]
    form: Form,
}

#[derive(Subcommand)]
enum Form {
    Openfootball(Openfootball),
}

/// A tournament of the openfootball projects, in any of their JSON forms.
///
/// The league is made where the directory holds none. Importing again appends nothing; a file that has changed becomes
/// corrections. A file that does not read is refused whole, with its line and field; a match whose goals contradict its
/// score is left out, with a warning.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl import openfootball worldcup.json --data ./league
  ftl import openfootball worldcup.json --squads worldcup.squads.json --data ./league --json
  OPERATOR_TOKEN=… ftl import openfootball worldcup.json --url http://127.0.0.1:8080")]
struct Openfootball {
    /// The tournament's file.
    file: PathBuf,
    /// Its squads: who plays where.
    #[arg(long, value_name = "FILE")]
    squads: Option<PathBuf>,
    #[command(flatten)]
    place: Where,
    /// Imports through the server at this address instead, as the operator whose token is in OPERATOR_TOKEN.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

impl Import {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let Form::Openfootball(import) = self.form;
        let texts = Texts { file: text_of(&import.file)?, squads: import.squads.as_deref().map(text_of).transpose()? };
        // Read before anything is opened, and here even where a server reads it again: the failure names the file.
        let tournament = Tournament::parse(&texts.file, texts.squads.as_deref()).map_err(|error| import.refused(&error))?;
        let imported = match &import.url {
            Some(url) => over_http::import(url, &texts).await?,
            None => into_directory(&tournament, &import.place.directory()?).await?,
        };
        if import.json {
            output::json(&imported)?
        } else {
            output::text_lines(&summary(&imported))?
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Openfootball {
    fn refused(&self, error: &SourceError) -> Failure {
        let beside = self.squads.as_ref().map(|squads| format!(" (or {})", squads.display())).unwrap_or_default();
        Failure::refused(format!("{}{beside}: {error}; nothing was imported", self.file.display()))
    }
}

/// The files as they are.
struct Texts {
    file: String,
    squads: Option<String>,
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let size = std::fs::metadata(path).map_err(|error| Failure::file(path, &error))?.len();
    if size > LARGEST {
        return Err(Failure::refused(format!("{}: {size} bytes; a file may have {LARGEST}", path.display())));
    }
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => Failure::refused(format!("{}: is no text in UTF-8", path.display())),
        _ => Failure::file(path, &error),
    })
}

async fn into_directory(tournament: &Tournament, path: &Path) -> Result<Imported, Failure> {
    let league = std::env::var("LEAGUE").unwrap_or_else(|_| "main".to_owned());
    let league = Writing::open_or_create(path, &league).await.map_err(through_its_server)?;
    let mut writing = Writing::of(league, path).await?;
    let before = writing.state.seq();
    let plan = tournament.plan(&writing.state);
    let bar = bar(plan.batches.len());
    for batch in plan.commands() {
        writing.append(batch).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let imported = Imported::of(plan.summary, before, writing.state.seq());
    writing.close().await?;
    Ok(imported)
}

/// A league that a server holds takes an import through it.
fn through_its_server(error: OpenError) -> Failure {
    match error {
        OpenError::Locked { .. } => Failure::could_not_run(format!(
            "{error}; if that is a server, import through it: --url http://127.0.0.1:8080, with its OPERATOR_TOKEN in the environment"
        )),
        other => other.into(),
    }
}

fn bar(batches: usize) -> ProgressBar {
    if !output::is_watched() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(batches as u64);
    if let Ok(style) = ProgressStyle::with_template("{human_pos} of {human_len} batches {wide_bar:.green} {eta}") {
        bar.set_style(style);
    }
    bar
}

/// What it came to, for people.
fn summary(imported: &Imported) -> String {
    let of = &imported.summary;
    let mut lines = format!(
        "{}: {} matches, {} of them with a score alone; {} goals; {} footballers\n",
        of.tournament, of.matches, of.score_only, of.goals, of.instruments
    );
    for (n, what) in [(of.not_played, "not played yet"), (of.cancelled, "called off"), (of.refused, "not taken, see below")] {
        if n > 0 {
            lines.push_str(&format!("  {n} {what}\n"));
        }
    }
    if imported.seq_after == imported.seq_before {
        lines.push_str(&format!("nothing to append: the league has it all, at entry {}\n", imported.seq_after));
    } else {
        let (added, corrections) = (of.added, of.corrections);
        lines.push_str(&format!(
            "{added} matches and {corrections} corrections appended, entries {} to {}\n",
            imported.seq_before + 1,
            imported.seq_after
        ));
    }
    for warning in &of.warnings {
        lines.push_str(&format!("warning: {warning}\n"));
    }
    lines
}
