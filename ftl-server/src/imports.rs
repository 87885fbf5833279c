//! Tournaments that are imported into the league: planned against a copy of the state, appended match by match.
//!
//! The commands of a match go into the journal one behind the other (`Replica::submit_together`), so nobody's order
//! stands between its kick-off and its end. One import at a time: the second is planned when the first is in.

use ftl_core::openfootball::{Imported, Summary, Tournament, still_free};
use ftl_core::source::SourceError;

use crate::app::App;
use crate::problem::Problem;
use crate::replica::append::Lane;

/// The files of an import.
pub struct Files {
    /// The tournament's text.
    pub tournament: String,
    /// Its squads'.
    pub squads: Option<String>,
}

impl App {
    /// Imports a tournament, or says what would be imported. What was begun goes on although nobody waits for it.
    pub async fn import(&self, files: Files, dry_run: bool) -> Result<Imported, Problem> {
        let app = self.clone();
        let task = tokio::spawn(async move { import(&app, files, dry_run).await });
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "an import failed");
            Err(Problem::internal())
        })
    }
}

async fn import(app: &App, files: Files, dry_run: bool) -> Result<Imported, Problem> {
    let _alone = app.importing.lock().await;
    let league = app.replica.read(Clone::clone)?;
    let before = league.seq();
    let planning = tokio::task::spawn_blocking(move || {
        let tournament = Tournament::parse(&files.tournament, files.squads.as_deref())?;
        Ok(tournament.plan(&league))
    });
    let planned = planning.await.map_err(|error| {
        tracing::error!(%error, "an import could not be planned");
        Problem::internal()
    })?;
    let plan = planned.map_err(refused)?;
    if dry_run || plan.batches.is_empty() {
        return Ok(Imported::of(plan.summary, before, before));
    }
    let mut after = before;
    let mut late = Summary::default();
    for batch in plan.commands() {
        // Since it was planned somebody may have opened a position.
        if let Err(why) = app.replica.read(|league| still_free(league, &batch))? {
            late.refused += 1;
            late.warnings.push(format!("{why}: a match was not imported"));
            continue;
        }
        for outcome in app.replica.submit_together(Lane::Feed, batch).await? {
            after = after.max(outcome.answer.seq);
            if let Err(rejection) = &outcome.answer.result {
                return Err(Problem::rejected(rejection, outcome.answer.seq));
            }
        }
    }
    let mut summary = plan.summary;
    summary.matches -= late.refused;
    summary.added -= late.refused;
    summary.refused += late.refused;
    summary.warnings.append(&mut late.warnings);
    Ok(Imported::of(summary, before, after))
}

/// A file that does not read is the client's to mend: the problem names line and field.
fn refused(error: SourceError) -> Problem {
    let field = match &error {
        SourceError::Malformed { field, .. } | SourceError::Contradiction { field, .. } => field.clone(),
    };
    Problem::invalid_field(field, error.to_string())
}
