//! `ftl snapshot`: the state of a league that nobody serves, computed twice and kept beside its journal, so that the
//! next start applies only what comes after.

use std::process::ExitCode;

use clap::Args;
use ftl_core::state::State;
use ftl_store::data_dir::{DataDir, OpenOptions};
use ftl_store::snapshots::SnapshotHead;
use serde_json::json;

use crate::failure::Failure;
use crate::league::Reading;
use crate::league::execution::Execution;
use crate::league::place::Where;
use crate::output;

/// Computes the state from the whole journal and keeps it as a confirmed snapshot.
#[derive(Args)]
#[command(after_help = "Example: ftl snapshot --data ./ftl-data")]
pub struct Snapshot {
    #[command(flatten)]
    place: Where,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

impl Snapshot {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let path = self.place.directory()?;
        let league = DataDir::at(&path).open(OpenOptions::default()).await?;
        let (journal, snapshots) = (league.journal.opened_at().clone(), league.snapshots.clone());
        let reading = Reading::of(league, &path).await?;
        let mut execution = Execution::from_the_start(&reading, reading.head);
        // The second computation runs no rule: it absorbs what the first one says happened.
        let mut second: State = State::new().with_quarantine(reading.quarantine.clone());
        while let Some((_, outcome)) = execution.next().await? {
            second.absorb(&outcome);
        }
        let (hash, confirming, seq) = (execution.state.hash(), second.hash(), execution.state.seq());
        let image = execution.state.snapshot();
        let written = tokio::task::spawn_blocking(move || {
            snapshots.write(&SnapshotHead { journal, state_hash: hash }, &image.encode())?;
            snapshots.confirm(seq, &confirming)
        });
        written.await.map_err(Failure::could_not_run)??;
        drop(execution);
        if let Some(league) = reading.directory() {
            league.close().await?;
        }
        if self.json {
            output::json(&json!({"seq": seq, "hash": hash}))?;
        } else {
            output::text_lines(&format!("a snapshot after entry {seq}, hash {hash}\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
